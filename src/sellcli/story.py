"""All that is on record of one bar of one holding."""

from collections.abc import Sequence

from attrs import frozen

from sellcore.bar_reading import Unreadable
from sellcore.ports.journal import Entry
from sellcore.record import DecisionRecord
from sellcore.replay.decide_again import Again
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.verdict import Check, from_json
from sellcore.usecases.sell import CHECKED


@frozen
class Story:
    """
    All that is on record of one bar of one holding.

    Attributes:
        decision: How it was decided.
        bars: What it rested on, as the cache holds it now, or why that cannot be had.
        results: What became of its signal, by the audit log.
        record: Its intent, by the journal, or None.
        entries: The intent's events.
    """

    decision: DecisionRecord
    bars: Again | Unreadable
    results: tuple[DecisionRecord, ...]
    record: IntentRecord | None
    entries: tuple[Entry, ...]

    @property
    def checks(self) -> Sequence[Check]:
        """The last answers of the safety checks."""
        told = [entry for entry in self.entries if entry.what == CHECKED]
        return from_json(told[-1].details) if told else ()
