"""What every journal does alike: which records it takes, and how it words its events."""

import json
from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from math import fsum
from operator import attrgetter

from attrs import fields

from sellcore.errors import IllegalMove, StorageError
from sellcore.instant import iso
from sellcore.order import Mode
from sellcore.ports.journal import Entry, Sent
from sellcore.selling.intent_record import IntentRecord, Move, check_new

PREPARED = "PREPARED"
"""What the first event of every intent is called; the others bear their happening's name."""

_SAID_ELSEWHERE = ("intent", "state", "words")
_FACTS = tuple(f.name for f in fields(IntentRecord) if f.name not in _SAID_ELSEWHERE)
_facts_of = attrgetter(*_FACTS)
_json = json.JSONEncoder(check_circular=False).encode


def check_prepared(records: Iterable[IntentRecord], mode: Mode, account: str) -> None:
    """
    Look over records that are to be put on record.

    Raises:
        StorageError: one is of another account or mode than the journal.
        IllegalMove: one has moved on already.
    """
    for record in records:
        intent = record.intent
        if intent.mode is not mode or intent.account != account:
            raise StorageError(
                f"intent {record.intent_id} is for {intent.account} in {intent.mode} mode;"
                f" the journal of {account} in {mode} mode does not take it"
            )
        check_new(record)


def stale(move: Move, found: IntentRecord | None) -> IllegalMove:
    """Return the error for a step that starts from something else than what is on record."""
    intent_id = move.before.intent_id
    if found is None:
        return IllegalMove(f"intent {intent_id} is not on record; prepare it first")
    return IllegalMove(
        f"intent {intent_id} is {found.state} and no longer as it was found"
        f" ({move.before.state}); read it again"
    )


def prepared(record: IntentRecord, intent_id: str) -> Entry:
    """Return the event that puts an intent on record."""
    intent = record.intent
    details = {
        "to": record.state.value,
        "order": str(intent),
        "rule": str(intent.rule),
        "bar_end": iso(intent.bar_end),
        "held": str(record.held),
        "close": record.close,
        "average": record.average,
    }
    return Entry(record.decided_at, intent_id, PREPARED, record.words, _json(details))


def happened(move: Move, intent_id: str) -> Entry:
    """Return the event of a step, with all that it changed."""
    details: dict[str, object] = {"from": move.before.state.value, "to": move.record.state.value}
    known = zip(_FACTS, _facts_of(move.before), _facts_of(move.record), strict=True)
    for name, old, new in known:
        if old is not new and old != new:
            details[name] = _plain(new)
    return Entry(move.at, intent_id, move.happening.name, move.record.words, _json(details))


def sent_in_all(orders: Iterable[tuple[str, float]]) -> Sent:
    """Return how many orders there were and what they were worth, from currencies and values."""
    values: dict[str, list[float]] = {}
    for currency, value in orders:
        values.setdefault(currency, []).append(value)
    count = sum(map(len, values.values()))
    return Sent(count, {currency: fsum(each) for currency, each in values.items()})


def went_flat(before: Decimal, now: Decimal) -> bool:
    """Whether a position was closed on the way from one quantity to the other."""
    return before > 0 >= now or before < 0 <= now


def _plain(value: object) -> object:
    match value:
        case datetime():
            return iso(value)
        case Decimal():
            return str(value)
        case tuple():
            return list(value)
        case _:
            return value
