"""What must be true of every decision of a story, worked out from the tape with fractions."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from typing import TYPE_CHECKING

from tests.integration.simulation.faults import Fault
from tests.integration.simulation.market import Tape, sessions

from sellcore.outcome import Outcome
from sellcore.record import DecisionRecord
from sellcore.selling.lifecycle import State
from sellcore.timeframe import Timeframe

if TYPE_CHECKING:
    from tests.integration.simulation.world import World

_ENDS = tuple(f"{state}: " for state in State)
_TOLD_OTHERWISE = {Fault.FROZEN_BARS, Fault.SPLIT}
"""With these the broker itself tells other bars than were traded."""

_TIME_TO_DECIDE = timedelta(minutes=11)


class Wrong(AssertionError):
    """A decision that should not have been taken, or was not."""


def decisions(world: "World") -> Iterator[DecisionRecord]:
    """Yield what was decided, without what became of the orders later."""
    for row in world.log.read():
        if row.action_executed is None and not row.reason.startswith(_ENDS):
            yield row


def are_right(world: "World") -> None:
    """Hold every decision against the tape, and every bar against the decisions."""
    taken = list(decisions(world))
    counts = Counter((row.con_id, row.timeframe, row.bar_end) for row in taken)
    twice = [bar for bar, count in counts.items() if count > 1]
    if twice:
        raise Wrong(f"decided twice: {twice}")
    for row in taken:
        early = row.close is not None and row.bar_end is not None and row.timestamp < row.bar_end
        if early and "provisional" not in row.reason:
            raise Wrong(f"{row.ticker} {row.bar_end} was decided before its end")
        _is_exact(world, row)
    _none_is_left_out(world, taken)
    _intents_are_explained(world, taken)


def _is_exact(world: "World", row: DecisionRecord) -> None:
    """Hold a signal, or a hold, against the tape's own closes."""
    if row.decision not in (Outcome.SIGNAL, Outcome.HOLD) or "provisional" in row.reason:
        return
    if _TOLD_OTHERWISE & world.dice.mood.faults:
        return
    assert row.ma_type is not None
    assert row.bars_used is not None
    tape = next(tape for name, tape in world.tapes.items() if name.con_id == row.con_id)
    closes = _closes(tape, row)
    kind, _, length = row.ma_type.rstrip(")").partition("(")
    average = _average(closes[-row.bars_used :], kind, int(length))
    below = closes[-1] < average
    if below != (row.decision is Outcome.SIGNAL):
        raise Wrong(
            f"{row.ticker} {row.bar_end:%d %H:%M} is a {row.decision.value} by the log, "
            f"with a close of {closes[-1]} cents and an average of {float(average)}"
        )


def _closes(tape: Tape, row: DecisionRecord) -> list[int]:
    """Return the true closes of the row's timeframe up to its bar, in cents."""
    assert row.bar_end is not None
    last = _seconds(row.bar_end)
    if row.timeframe is Timeframe.DAY:
        ends = [_seconds(session.close) for session in sessions()]
    else:  # New York has full hours where UTC does
        first = _seconds(sessions()[0].open)
        ends = [end for end in tape.ends(first, last) if end % 3600 == 0]
    return [tape.cents_at(end) for end in ends if end <= last]


def _average(closes: list[int], kind: str, length: int) -> Fraction:
    average = Fraction(sum(closes[:length]), length)
    if kind == "SMA":
        return Fraction(sum(closes[-length:]), length)
    for close in closes[length:]:
        average += Fraction(2, length + 1) * (close - average)
    return average


def _none_is_left_out(world: "World", taken: list[DecisionRecord]) -> None:
    """Behind the first bar that was decided of what is still held, each one is on record."""
    if Fault.PARTIAL_POSITIONS in world.dice.mood.faults:
        return  # what a process does not see when it begins is a new holding to it
    known: dict[int, set[datetime]] = {}
    for row in taken:
        if row.bar_end is not None and row.timeframe is Timeframe.HOUR:
            known.setdefault(row.con_id, set()).add(row.bar_end)
    for name, tape in world.tapes.items():
        decided = known.get(name.con_id)
        if not decided or not world.servers.held.get(name.con_id):
            continue
        for end in tape.ends(_seconds(min(decided)), _seconds(world.now - _TIME_TO_DECIDE)):
            bar = datetime.fromtimestamp(end, UTC)
            closes = any(session.close == bar for session in sessions())
            if end % 3600 == 0 and not closes and bar not in decided:
                raise Wrong(f"{name.ticker} {bar:%d %H:%M} was never decided, nor missed")


def _intents_are_explained(world: "World", taken: list[DecisionRecord]) -> None:
    """Every intent has the signal that it came from on record."""
    signals = {row.intent_id for row in taken if row.decision is Outcome.SIGNAL}
    for record in world.journal.intents():
        if record.intent_id not in signals:
            raise Wrong(f"intent {record.intent_id} has no signal in the audit log")


def _seconds(moment: datetime) -> int:
    return int(moment.timestamp())
