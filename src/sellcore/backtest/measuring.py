"""What a sweep knows of each rule on each series, beside buying the series and holding it."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.backtest.assumptions import Assumptions, Entry
from sellcore.backtest.block import Block, blocks
from sellcore.backtest.curves import curves_of
from sellcore.backtest.dates import trading_dates
from sellcore.backtest.engine import backtest
from sellcore.backtest.figures import FIGURES, Figures, figures_of
from sellcore.backtest.levels import Levels, join, levels_of
from sellcore.backtest.metrics import TRADING_DAYS
from sellcore.backtest.turns import Turns, turns_of
from sellcore.bar import BarSeries, Floats
from sellcore.exact_block import Booleans, Counts
from sellcore.rule import MovingAverageRule

COLUMNS: Mapping[str, float | int] = {
    **dict.fromkeys(FIGURES, np.nan),
    "trades": 0,
    "warm_up": 0,
    "bars": 0,
    **{f"hold_{name}": np.nan for name in FIGURES},
}
"""
The names of the columns, and what stands in them where there are no bars.

FIGURES are described in ``sellcore.backtest.figures``; with ``hold_`` in front they are those of
buying at the same bar and holding. trades: round trips, bought and sold. warm_up: bars before
the first that can be decided, which count for nothing else. bars: those that were decided.
"""


@frozen(eq=False)
class _Account:
    """The turns of some columns, and what was had after each."""

    turns: Turns
    levels: Levels

    def part(self, first: int, end: int, columns: slice) -> "_Account":
        """Return the account of a block, by its turns and its columns in the whole."""
        firsts = self.turns.firsts[columns.start : columns.stop + 1] - first
        turns = Turns(firsts, self.turns.bars[first:end], self.turns.prices[first:end])
        return _Account(turns, Levels(self.levels.cash[first:end], self.levels.shares[first:end]))


def measure(
    series: Sequence[BarSeries], rules: Sequence[MovingAverageRule], assumptions: Assumptions
) -> dict[str, NDArray[np.float64] | NDArray[np.int64]]:
    """
    Measure rules of one timeframe on series of it.

    Returns:
        The columns of COLUMNS, each of shape (series, rules).
    """
    shape = (len(series), len(rules))
    whole = {name: np.full(shape, empty) for name, empty in COLUMNS.items()}
    cut = list(blocks(series))
    turns = [turns_of(block, rules, assumptions.fill, assumptions.entry) for block in cut]
    ruled = _accounts(turns, assumptions)
    held = _accounts([each.only_first() for each in turns], assumptions)
    firsts = [rule.required_bars - 1 for rule in rules]
    for block, own, hold in zip(cut, ruled, held, strict=True):
        periods = np.array([_bars_a_year(series[row], firsts) for row in block.rows])
        for name, values in _of_block(block, periods, firsts, own, hold, assumptions).items():
            whole[name][block.rows] = values.reshape(len(rules), -1).T
        if assumptions.entry is Entry.RECLAIM:
            for column in np.flatnonzero(_out_of_reach(own)).tolist():
                number, place = divmod(column, len(block.rows))
                row = int(block.rows[place])
                for name, value in _by_backtest(series[row], rules[number], assumptions).items():
                    whole[name][row, number] = np.nan if value is None else value
    return whole


def _accounts(parts: Sequence[Turns], assumptions: Assumptions) -> list[_Account]:
    """Settle the turns of all blocks together, and cut them apart again."""
    if not parts:
        return []
    joined, ends = join(parts)
    whole = _Account(joined, levels_of(joined, assumptions))
    columns = np.cumsum([0, *(len(part.firsts) - 1 for part in parts)]).tolist()
    bounds = ends.tolist()
    return [
        whole.part(bounds[n], bounds[n + 1], slice(columns[n], columns[n + 1]))
        for n in range(len(parts))
    ]


def _of_block(
    block: Block,
    periods: Floats,
    first_bars: Sequence[int],
    ruled: _Account,
    held: _Account,
    assumptions: Assumptions,
) -> dict[str, Floats | Counts]:
    """Return every column of a block's columns, shape (rules * series,)."""
    firsts = np.repeat(first_bars, len(block.rows))
    counts = np.tile(block.counts, len(first_bars))
    bars_a_year = periods.T.reshape(-1)

    def figures(account: _Account) -> Figures:
        curves = curves_of(block, account.turns, account.levels, assumptions.capital)
        return figures_of(curves, firsts, counts, bars_a_year)

    own, hold = figures(ruled), figures(held)
    return {
        **{name: getattr(own, name) for name in FIGURES},
        "trades": _sales(ruled),
        "warm_up": np.minimum(firsts, counts),
        "bars": np.maximum(counts - firsts, 0),
        **{f"hold_{name}": getattr(hold, name) for name in FIGURES},
    }


def _out_of_reach(account: _Account) -> Booleans:
    """
    Say of each column whether a purchase bought nothing: not one share could be paid for.

    It is then tried again on every bar that closes above, which no turn tells of.
    """
    counts = account.turns.counts
    owner = np.repeat(np.arange(len(counts)), counts)
    purchases = (np.arange(len(owner)) - account.turns.firsts[owner]) % 2 == 0
    missed = np.bincount(owner[purchases & (account.levels.shares == 0)], minlength=len(counts))
    return missed > 0


def _by_backtest(
    bars: BarSeries, rule: MovingAverageRule, assumptions: Assumptions
) -> Mapping[str, float | None]:
    """Return a column's figures from a backtest, order by order."""
    found = backtest({"": bars}, rule, assumptions)
    figures: dict[str, float | None] = {"trades": found.metrics.trades}
    for prefix, metrics in (("", found.metrics), ("hold_", found.hold_metrics)):
        for name in FIGURES:
            drawn = name == "max_drawdown"
            value = metrics.drawdown.depth if drawn else getattr(metrics, name)
            figures[prefix + name] = value
    return figures


def _sales(account: _Account) -> Counts:
    """Return how often each column sold what it held: its closed round trips."""
    counts = account.turns.counts
    owner = np.repeat(np.arange(len(counts)), counts)
    had = np.concatenate(([0.0], account.levels.shares[:-1]))  # a column begins with a purchase
    sold = (account.levels.shares == 0) & (had > 0)
    sold[account.turns.firsts[:-1][counts > 0]] = False
    return np.bincount(owner[sold], minlength=len(counts))


def _bars_a_year(bars: BarSeries, firsts: Sequence[int]) -> list[float]:
    """Return ``metrics.periods_per_year`` of a series from each of some bars on."""
    dates = trading_dates(bars.start, bars.end)
    days, begins, counts = np.unique(dates, return_index=True, return_counts=True)
    if len(days) == len(dates):
        return [float(TRADING_DAYS)] * len(firsts)
    years = []
    for first in firsts:
        day = int(np.searchsorted(begins, first, side="right")) - 1
        left = counts[day:].copy()
        left[0] -= first - begins[day]
        years.append(float(np.median(left)) * TRADING_DAYS)
    return years
