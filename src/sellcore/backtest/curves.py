"""Equity curves of all columns of a block, and how deep each one fell."""

import numpy as np
from attrs import frozen

from sellcore.backtest.block import Block
from sellcore.backtest.levels import Levels
from sellcore.backtest.turns import Turns
from sellcore.bar import Floats
from sellcore.exact_block import Booleans, Counts


@frozen(eq=False)
class Curves:
    """
    What columns are worth at each close; behind a series' own bars they stay what they were.

    Attributes:
        equity: Shape (columns, n), the capital before the first turn.
        invested: Alike, the part of it that is in the stock.
    """

    equity: Floats
    invested: Floats


def curves_of(block: Block, turns: Turns, levels: Levels, capital: float) -> Curves:
    """
    Return the curves of a block's columns.

    Args:
        block: The bars.
        turns: Of the block's columns.
        levels: After each turn.
        capital: What a column is worth before its first turn.
    """
    series, width = block.closes.shape
    columns = len(turns.firsts) - 1
    lead = turns.firsts[:-1] + np.arange(columns)
    turn = np.ones(len(turns.bars) + columns, dtype=np.bool_)
    turn[lead] = False
    begins = np.empty(len(turn), dtype=np.int64)
    begins[lead] = np.arange(columns) * width
    begins[turn] = np.repeat(begins[lead], turns.counts) + turns.bars
    lasting = np.diff(begins, append=columns * width)
    invested = _lasting(levels.shares, 0.0, turn, lasting)
    by_rule = invested.reshape(-1, series, width)
    np.multiply(by_rule, block.closes, out=by_rule)
    equity = _lasting(levels.cash, capital, turn, lasting)
    equity += invested
    return Curves(equity.reshape(columns, width), invested.reshape(columns, width))


def _lasting(values: Floats, before: float, turn: Booleans, lasting: Counts) -> Floats:
    """Return a value for every bar: each for as long as it lasts, ``before`` ahead of the first."""
    all_values = np.full(len(turn), before)
    all_values[turn] = values
    return np.repeat(all_values, lasting)


def drawdowns(equity: Floats) -> Floats:
    """Return the depth of each curve's deepest fall: (peak - trough) / peak, from 0 to 1."""
    ratios: Floats = np.maximum.accumulate(equity, axis=1)
    np.divide(equity, ratios, out=ratios)
    deepest: Floats = 1.0 - ratios.min(axis=1)
    return deepest
