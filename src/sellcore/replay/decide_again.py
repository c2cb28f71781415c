"""Deciding a bar of the past again, by the live code, on what was closed by its end."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from math import nan

import numpy as np
from attrs import field, frozen

from sellcore.bar import BarSeries
from sellcore.bar_reading import Unreadable, read_bar
from sellcore.coverage import FAR_FUTURE, Coverage
from sellcore.due import DueBar, bars_of
from sellcore.evaluation import Evaluation, evaluate, with_gap
from sellcore.instant import iso, to_epoch
from sellcore.instrument import Instrument
from sellcore.policy import Policy
from sellcore.position import Position
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.series import StoredSeries
from sellcore.snapshot import Holding
from sellcore.timeframe import SOURCE, Granularity, Timeframe
from sellcore.trading_days import TradingDays

LONGEST_WINDOW = timedelta(hours=1)
"""The longest window that the settings take."""


@frozen
class History:
    """
    What is known now of one holding.

    Attributes:
        series: Its stored bars.
        sessions: Of its exchange, around all its bars; none where the calendar knows none.
    """

    series: Mapping[Granularity, StoredSeries] = field(factory=dict)
    sessions: TradingDays = field(factory=TradingDays)


@frozen
class NoSuchBar(Unreadable):
    """No session of the exchange brings a bar that ends there."""


@frozen
class Again:
    """
    A bar decided again.

    Attributes:
        bars: The closed bars up to it, behind the last gap.
        used: Those of them that this evaluation rests on.
        evaluation: What the live code makes of them.
    """

    bars: BarSeries
    used: BarSeries
    evaluation: Evaluation


def decide_again(
    history: History, rule: MovingAverageRule, end: datetime, bars_used: int | None = None
) -> Again | Unreadable:
    """
    Decide the bar that ends at ``end`` on the bars that were closed by then.

    Args:
        history: What is known now; later bars are left out.
        rule: The rule that was applied.
        end: End of the bar, UTC.
        bars_used: How many bars an EMA was made of then. A cache that has been
            filled anew may reach further back, and another seed is another average.

    Returns:
        The evaluation and its bars, or why that bar cannot be read.
    """
    bar = _bar_that_ends(history.sessions, rule.timeframe, end, Policy())
    if bar is None:
        return NoSuchBar(f"no bar of its sessions ends {iso(end)}")
    reading = read_bar(_as_it_was(history, rule, end), rule, bar)
    if isinstance(reading, Unreadable):
        return reading
    used = bars = reading.bars
    if rule.kind is AverageKind.EMA and bars_used is not None and bars_used < len(bars):
        used = bars[len(bars) - bars_used :]
    return Again(bars, used, with_gap(evaluate(used, rule), reading.gap))


def is_covered(history: History, timeframe: Timeframe, end: datetime) -> bool:
    """Say whether what is stored claims to know the instant at which a bar ended."""
    stored = history.series.get(SOURCE[timeframe])
    moment = to_epoch(end)
    return stored is not None and stored.coverage.contains(moment - 1, moment)


def out_of_time(history: History, timeframe: Timeframe, end: datetime, moment: datetime) -> bool:
    """Say whether a bar could not be decided any more at a moment, whatever the settings were."""
    bar = _bar_that_ends(history.sessions, timeframe, end, Policy(window=LONGEST_WINDOW))
    return bar is not None and moment > bar.deadline


def _bar_that_ends(
    sessions: TradingDays, timeframe: Timeframe, end: datetime, policy: Policy
) -> DueBar | None:
    """Return the bar of that end; that it was decided provisionally is no matter any more."""
    at = int(np.searchsorted(sessions.closes, to_epoch(end)))
    near = bars_of(sessions[at : at + 2], timeframe, policy)
    return next((bar for bar in near if bar.end == end), None)


def _as_it_was(history: History, rule: MovingAverageRule, end: datetime) -> Holding:
    """Return a holding that knows nothing behind ``end``; how much of it was held is no matter."""
    source, moment = SOURCE[rule.timeframe], to_epoch(end)
    stored = history.series.get(source)
    series = {}
    if stored is not None:
        known = stored.coverage - Coverage(((moment, FAR_FUTURE),))
        series[source] = StoredSeries(stored.bars.until(moment), known)
    nobody = Instrument(con_id=0, symbol="", exchange="", currency="")
    return Holding(
        position=Position("", nobody, Decimal(1), nan),
        rule=rule,
        sessions=history.sessions,
        series=series,
        orders=(),
        watched_from=end,
    )
