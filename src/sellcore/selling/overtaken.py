"""Whether what an intent was decided on still stands: its rule, and the bar that signalled."""

from sellcore.bar_reading import Unreadable, read_bar
from sellcore.due import DueBar
from sellcore.evaluation import evaluate
from sellcore.instant import iso, to_epoch
from sellcore.merge import TOLERANCE
from sellcore.order import OrderIntent
from sellcore.outcome import Outcome
from sellcore.quoting import quoted
from sellcore.selling.intent_record import IntentRecord
from sellcore.snapshot import Holding
from sellcore.timeframe import SOURCE


def overtaken(holding: Holding, record: IntentRecord) -> str | None:
    """
    Return why an intent that has waited is not meant any more, or None where it is.

    Over a night a person may give the holding another rule, or sell it and buy it back,
    and the broker may correct the bar: the later value wins. One that differs by more
    than a correction is of another scale, and nothing that was decided on the old one
    holds.

    Args:
        holding: As it is now; what stands in the way of deciding it says nothing here.
        record: Of an intent on it.
    """
    intent = record.intent
    if holding.obstacle is not None:
        return None
    if holding.rule != intent.rule:
        now = "no rule" if holding.rule is None else str(holding.rule)
        return f"it follows {now} now, not {intent.rule} any more"
    if holding.epoch != intent.epoch:
        return "the position was closed since, and this is another one"
    close = _close_of(holding, intent)
    if close is None or close == record.close or record.decided_at < intent.bar_end:
        return None
    bar = f"the close of {iso(intent.bar_end)}"
    corrected = f"{bar} was corrected from {quoted(record.close)} to {quoted(close)}"
    if abs(close / record.close - 1) > TOLERANCE:
        return f"{corrected}: a split, or a restated history"
    reading = read_bar(holding, intent.rule, _bar_of(record))
    if isinstance(reading, Unreadable):
        return f"{corrected}: {reading.reason}"
    found = evaluate(reading.bars, intent.rule)
    return None if found.outcome is Outcome.SIGNAL else f"{corrected}: {found.reason}"


def _close_of(holding: Holding, intent: OrderIntent) -> float | None:
    """Return the close of the bar that signalled as it is stored now; None where none is."""
    stored = holding.series.get(SOURCE[intent.rule.timeframe])
    if stored is None:
        return None
    bars, end = stored.bars, to_epoch(intent.bar_end)
    at = int(bars.end.searchsorted(end))
    return float(bars.close[at]) if at < len(bars) and int(bars.end[at]) == end else None


def _bar_of(record: IntentRecord) -> DueBar:
    end = record.intent.bar_end
    return DueBar(end, final_at=end, deadline=record.deadline, closes_session=False)
