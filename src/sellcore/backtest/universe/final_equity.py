"""What every account is worth in the end: the quickest question there is."""

from collections.abc import Sequence

import numpy as np

from sellcore.arrays import Floats
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.universe.block import Block, blocks
from sellcore.backtest.universe.columns import Columns, columns_of
from sellcore.backtest.universe.levels import are_proportional, growth_of
from sellcore.backtest.universe.turns import Turns, turns_of
from sellcore.bar import BarSeries
from sellcore.rule import MovingAverageRule


def final_equities(
    series: Sequence[BarSeries], rules: Sequence[MovingAverageRule], assumptions: Assumptions
) -> Floats:
    """
    Return what each rule on each series is worth at its last close.

    Args:
        series: Bars of the rules' timeframe.
        rules: Of one timeframe.
        assumptions: For fills, entries and costs.

    Returns:
        Shape (series, rules); NaN where no bar can be decided.
    """
    worth = np.full((len(series), len(rules)), np.nan)
    cut = list(blocks(series))
    settled = None if are_proportional(assumptions) else columns_of(series, cut, rules, assumptions)
    for number, block in enumerate(cut):
        if settled is None:
            # Turns without a name are let go at once: their memory serves the next block.
            final = final_by_growth(
                block, turns_of(block, rules, assumptions.fill, assumptions.entry), assumptions
            )
        else:
            final = _final_by_levels(block, settled[number], assumptions.capital)
        begun = block.firsts(rules) < block.counts
        worth[block.rows] = np.where(begun, final.reshape(begun.shape), np.nan).T
    return worth


def final_by_growth(block: Block, turns: Turns, assumptions: Assumptions) -> Floats:
    """
    Return what a block's columns are worth where costs are proportional.

    Returns:
        Shape (columns,); the capital where nothing was ever bought.
    """
    final = growth_of(turns, assumptions) * assumptions.capital
    held = turns.counts % 2 == 1
    return np.where(held, final * _last_closes(block, turns), final)


def _final_by_levels(block: Block, columns: Columns, capital: float) -> Floats:
    turns, levels = columns.turns, columns.levels
    final = np.full(len(turns.firsts) - 1, capital)
    some = turns.counts > 0
    ends = turns.firsts[1:][some] - 1
    last = _last_closes(block, turns)[some]
    final[some] = levels.cash[ends] + levels.shares[ends] * last
    return final


def _last_closes(block: Block, turns: Turns) -> Floats:
    return np.tile(block.closes[:, -1], (len(turns.firsts) - 1) // len(block.rows))
