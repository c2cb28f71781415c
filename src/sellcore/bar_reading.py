"""The bars that one bar of a holding is decided on, or why they cannot be had yet."""

from datetime import datetime

from attrs import frozen

from sellcore.aggregation import aggregate
from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.due import DueBar
from sellcore.errors import InvalidValue
from sellcore.evaluation import known_tail
from sellcore.instant import iso, to_epoch
from sellcore.rule import MovingAverageRule
from sellcore.series import closed
from sellcore.snapshot import Holding
from sellcore.split_guard import unrestated
from sellcore.timeframe import SOURCE, Timeframe
from sellcore.trading_days import TradingDays


@frozen
class Reading:
    """
    What a bar is decided on.

    Attributes:
        bars: The closed bars up to it, behind the last gap.
        gap: Where that gap ends, UTC; None where there is none.
    """

    bars: BarSeries
    gap: datetime | None


@frozen
class Unreadable:
    """
    A bar that cannot be decided on, now or not at all.

    Attributes:
        reason: Why, one line for people.
    """

    reason: str


def read_bar(holding: Holding, rule: MovingAverageRule, bar: DueBar) -> Reading | Unreadable:
    """
    Return the bars to decide ``bar`` on, it being the last, or why they cannot be had yet.

    An hour is read only when the half hour that ends it is there: its close is
    the one that decides, and a late bar must not be taken for no trade.
    """
    found = _usable_reading(holding, rule, bar)
    if isinstance(found, Reading):
        return found
    unanswered = holding.unanswered.get(SOURCE[rule.timeframe])
    return Unreadable(f"{found}; {unanswered}" if unanswered else found)


def _usable_reading(holding: Holding, rule: MovingAverageRule, bar: DueBar) -> Reading | str:
    """Return the bars to decide ``bar`` on, or why not, of what is stored alone."""
    source = SOURCE[rule.timeframe]
    stored = holding.series.get(source)
    if stored is None:
        return "no bars of it are stored"
    end, name = to_epoch(bar.end), f"the bar that ends {iso(bar.end)}"
    at = int(stored.bars.end.searchsorted(end))
    if at == len(stored.bars) or int(stored.bars.end[at]) != end:
        return f"no bar that ends {iso(bar.end)} has come: nothing was traded, or it is late"
    if bar.provisional:
        read_at = holding.read_at.get(source)
        if read_at is None or read_at < bar.final_at:
            return f"{name} was last read before {iso(bar.final_at)}"
    elif not stored.coverage.contains(int(stored.bars.start[at]), end):
        return f"{name} is not final yet"
    days = TradingDays.of(holding.sessions)
    if doubt := unrestated(stored.bars, days, bar.end, holding.sighting):
        return doubt
    try:
        usable = _usable_bars(holding, rule.timeframe, bar)
    except InvalidValue as fault:  # one holding's bars must not stop the others
        return str(fault)
    if not len(usable.bars) or int(usable.bars.end[-1]) != end:
        return f"not all of {name} is known"
    return usable


def _usable_bars(holding: Holding, timeframe: Timeframe, bar: DueBar) -> Reading:
    stored = holding.series[SOURCE[timeframe]]
    coverage = stored.coverage
    if bar.provisional:
        coverage |= Coverage(((int(stored.bars.start[-1]), to_epoch(bar.end)),))
    days = TradingDays.of(holding.sessions)
    if timeframe is Timeframe.DAY:
        bars = closed(stored.bars, coverage)
    elif bar.provisional:
        bars = aggregate(stored.bars, days, coverage)
    else:
        bars = stored.hours(days)
    return Reading(*known_tail(bars.until(to_epoch(bar.end)), coverage, days))
