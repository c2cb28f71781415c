"""
What each rule earned from day to day, over a universe: what luck is judged by.

On each day the accounts of all tickers count alike. They are compared on the days on
which every rule can decide, so that none has a longer history than another.
"""

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor
from datetime import date

import numpy as np
from attrs import frozen

from sellcore.arrays import Counts, Floats
from sellcore.backtest.actions import Action
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.dates import Dates, trading_dates
from sellcore.backtest.universe.block import blocks
from sellcore.backtest.universe.chunks import (
    CHUNK,
    Asked,
    OnProgress,
    asked_of,
    load_ready,
    over_universe,
)
from sellcore.backtest.universe.columns import columns_of
from sellcore.backtest.universe.curves import curves_of
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.ports.bar_source import BarSource
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Timeframe


@frozen(eq=False)
class RuleReturns:
    """
    Returns of every rule from one trading day to the next.

    Attributes:
        rules: In the order asked for.
        days: Shape (days,), trading dates, days since 1970; those that a return ends on.
        returns: Shape (rules, days), mean over the tickers that have that day.
        hold: Shape (days,), of buying the same tickers and holding them.
        tickers: Those that count.
        too_short: Those that do not: some rule cannot decide two days of them.
    """

    rules: tuple[MovingAverageRule, ...]
    days: Dates
    returns: Floats
    hold: Floats
    tickers: tuple[str, ...]
    too_short: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"RuleReturns({len(self.rules)} rules on {len(self.tickers):,} tickers, "
            f"{len(self.days):,} days)"
        )


@frozen(eq=False)
class _Sums:
    """Returns of some tickers added up: rules, and last holding; and how many tickers."""

    days: Dates
    returns: Floats
    counts: Counts


def rule_returns(
    source: BarSource,
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions | None = None,
    actions: Sequence[Action] = (),
    *,
    since: date | None = None,
    tickers: Sequence[str] | None = None,
    executor: Executor | None = None,
    chunk: int = CHUNK,
    on_progress: OnProgress = lambda done, total: None,
) -> RuleReturns:
    """
    Return what each rule earned from day to day; arguments are those of ``sweep``.

    Means are added up chunk by chunk: another size of chunk may round them otherwise.

    Hourly accounts are looked at where a trading day ends.

    Raises:
        InvalidValue: as ``sweep``; or no ticker has two days that every rule can decide.
        StorageError: the source cannot be read.
    """
    asked = asked_of(rules, assumptions, actions, since)
    universe, parts = over_universe(_summed, asked, source, tickers, chunk, executor, on_progress)
    counted = [ticker for _, own in parts for ticker in own]
    if not counted:
        raise InvalidValue(
            f"no ticker of {len(universe)} has two days that every rule can decide; give longer "
            "histories or shorter rules"
        )
    total = _added(sums for sums, _ in parts)
    means = total.returns / total.counts
    return RuleReturns(
        rules=asked.rules,
        days=total.days,
        returns=means[:-1],
        hold=means[-1],
        tickers=tuple(counted),
        too_short=tuple(ticker for ticker in universe if ticker not in set(counted)),
    )


def _summed(
    asked: Asked, source: BarSource, tickers: Sequence[str]
) -> tuple[_Sums, tuple[str, ...]]:
    """Return the sums of a chunk, and the tickers in it that count."""
    rules = asked.rules
    ready = load_ready(asked, source, tickers)
    whole = [ticker for ticker in tickers if all(ticker in bars for bars in ready.values())]
    curves: dict[str, dict[Timeframe, tuple[Dates, Floats]]] = {ticker: {} for ticker in whole}
    for timeframe, bars in ready.items():
        own = [rule for rule in rules if rule.timeframe is timeframe]
        series = [bars[ticker] for ticker in whole]
        for row, daily in _at_day_ends(series, own, asked).items():
            curves[whole[row]][timeframe] = daily
    found = {}
    for ticker, by_timeframe in curves.items():
        if len(by_timeframe) == len(ready):
            days, returns = _returns(by_timeframe, rules)
            if len(days):
                found[ticker] = _Sums(days, returns, np.ones(len(days), dtype=np.int64))
    return _added(found.values()), tuple(found)


def _at_day_ends(
    series: Sequence[BarSeries], rules: Sequence[MovingAverageRule], asked: Asked
) -> Mapping[int, tuple[Dates, Floats]]:
    """
    Return each series' accounts at the last bar of each day that all of them can decide.

    Returns:
        By row: the days, and shape (rules + 1, days), last what is held itself.
    """
    found = {}
    cut = list(blocks(series, asked.since))
    for block, own in zip(cut, columns_of(series, cut, rules, asked.assumptions), strict=True):
        curves = curves_of(block, own, asked.assumptions.capital)
        firsts = block.firsts(rules).max(axis=0)
        for place, row in enumerate(block.rows.tolist()):
            bars = series[row]
            days = trading_dates(bars.start, bars.end)
            last = np.flatnonzero(np.append(days[1:] > days[:-1], True))
            last = last[last >= firsts[place]]
            worth = np.vstack([curves.equity[:, place, last], bars.close[last]])
            found[row] = (days[last], worth)
    return found


def _returns(
    by_timeframe: Mapping[Timeframe, tuple[Dates, Floats]], rules: Sequence[MovingAverageRule]
) -> tuple[Dates, Floats]:
    """Return one ticker's returns on the days that all timeframes have, in the rules' order."""
    days = next(iter(by_timeframe.values()))[0]
    for other, _ in by_timeframe.values():
        days = np.intersect1d(days, other)
    worth = np.empty((len(rules) + 1, len(days)))
    for timeframe, (own_days, own) in by_timeframe.items():
        places = np.searchsorted(own_days, days)
        numbers = [n for n, rule in enumerate(rules) if rule.timeframe is timeframe]
        worth[numbers] = own[:-1, places]
        worth[-1] = own[-1, places]
    before = worth[:, :-1]
    ratios = np.divide(worth[:, 1:], before, out=np.ones_like(before), where=before > 0)
    return days[1:], ratios - 1.0


def _added(parts: Iterable[_Sums]) -> _Sums:
    """Add sums up, in their order; no parts are no days."""
    each = list(parts)
    if not each:
        return _Sums(np.empty(0, np.int64), np.empty((0, 0)), np.empty(0, np.int64))
    each = [sums for sums in each if len(sums.days)] or each[:1]
    days = np.unique(np.concatenate([sums.days for sums in each]))
    returns = np.zeros((len(each[0].returns), len(days)))
    counts = np.zeros(len(days), dtype=np.int64)
    for sums in each:
        places = np.searchsorted(days, sums.days)
        returns[:, places] += sums.returns
        counts[places] += sums.counts
    return _Sums(days, returns, counts)
