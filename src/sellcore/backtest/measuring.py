"""What a sweep knows of each rule on each series, beside buying the series and holding it."""

from collections.abc import Mapping, Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.block import Block, blocks
from sellcore.backtest.curves import equity_curves
from sellcore.backtest.figures import FIGURES, Figures, figures_of
from sellcore.backtest.levels import Levels, join, levels_of
from sellcore.backtest.turns import Turns, turns_of
from sellcore.bar import BarSeries, Floats
from sellcore.exact_block import Counts
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Timeframe

COLUMNS: Mapping[str, float | int] = {
    **dict.fromkeys(FIGURES, np.nan),
    "exposure": np.nan,
    "trades": 0,
    "warm_up": 0,
    "bars": 0,
    **{f"hold_{name}": np.nan for name in FIGURES},
}
"""
The names of the columns, and what stands in them where there are no bars.

FIGURES are described in ``sellcore.backtest.figures``; with ``hold_`` in front they are those of
buying at the same bar and holding. exposure: the part of the bars at whose close the stock
was held. trades: round trips, bought and sold. warm_up: bars before the first that can be
decided, which count for nothing else. bars: those that were decided.
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
    years = np.array([_bars_a_year(bars, rules[0]) if len(bars) else np.nan for bars in series])
    for block, own, hold in zip(cut, ruled, held, strict=True):
        for name, values in _of_block(block, rules, own, hold, years, assumptions).items():
            whole[name][block.rows] = values.reshape(len(rules), -1).T
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
    rules: Sequence[MovingAverageRule],
    ruled: _Account,
    held: _Account,
    years: Floats,
    assumptions: Assumptions,
) -> dict[str, Floats | Counts]:
    """Return every column of a block's columns, shape (rules * series,)."""
    series = len(block.rows)
    firsts = np.repeat([rule.required_bars - 1 for rule in rules], series)
    counts = np.tile(block.counts, len(rules))
    periods = np.tile(years[block.rows], len(rules))

    def figures(account: _Account) -> Figures:
        equity = equity_curves(block, account.turns, account.levels, assumptions.capital)
        return figures_of(equity, firsts, counts, periods)

    own, hold = figures(ruled), figures(held)
    held_bars, trades = _held(ruled, counts)
    bars = np.maximum(counts - firsts, 0)
    return {
        **{name: getattr(own, name) for name in FIGURES},
        "exposure": np.divide(held_bars, bars, out=np.full(len(bars), np.nan), where=bars > 0),
        "trades": trades,
        "warm_up": np.minimum(firsts, counts),
        "bars": bars,
        **{f"hold_{name}": getattr(hold, name) for name in FIGURES},
    }


def _held(account: _Account, counts: Counts) -> tuple[Counts, Counts]:
    """Return at how many closes each column held its stock, and how often it sold it."""
    turns = account.turns
    columns = len(counts)
    owner = np.repeat(np.arange(columns), turns.counts)
    bought = account.levels.shares > 0
    before = np.concatenate(([False], bought[:-1]))  # a column begins with a purchase
    first = np.zeros(len(bought), dtype=np.bool_)
    first[turns.firsts[:-1][turns.counts > 0]] = True
    sold = before & ~bought & ~first
    bars = np.where(bought, -turns.bars, np.where(sold, turns.bars, 0))
    last = turns.firsts[1:][turns.counts > 0] - 1
    held = np.bincount(owner, bars, columns).astype(np.int64)
    still = np.zeros(columns, dtype=np.bool_)
    still[turns.counts > 0] = bought[last]
    held += np.where(still, counts, 0)
    return held, np.bincount(owner[sold], minlength=columns)


def _bars_a_year(bars: BarSeries, rule: MovingAverageRule) -> float:
    days = len(np.unique(bars.start // 86_400))
    return 252.0 if rule.timeframe is Timeframe.DAY else 252.0 * len(bars) / days
