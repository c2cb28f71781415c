"""Equity curves of all columns of a block, and how deep each one fell."""

import numpy as np

from sellcore.backtest.block import Block
from sellcore.backtest.levels import Levels
from sellcore.backtest.turns import Turns
from sellcore.bar import Floats
from sellcore.exact_block import Booleans, Counts


def equity_curves(block: Block, turns: Turns, levels: Levels, capital: float) -> Floats:
    """
    Return what each column is worth at each close.

    Args:
        block: The bars.
        turns: Of the block's columns.
        levels: After each turn.
        capital: What a column is worth before its first turn.

    Returns:
        Shape (columns, n). Behind a series' own bars a column stays what it was.
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
    equity = _lasting(levels.shares, 0.0, turn, lasting)
    by_rule = equity.reshape(-1, series, width)
    np.multiply(by_rule, block.closes, out=by_rule)
    np.add(equity, _lasting(levels.cash, capital, turn, lasting), out=equity)
    return equity.reshape(columns, width)


def _lasting(values: Floats, before: float, turn: Booleans, lasting: Counts) -> Floats:
    """Return a value for every bar: each for as long as it lasts, ``before`` ahead of the first."""
    all_values = np.full(len(turn), before)
    all_values[turn] = values
    return np.repeat(all_values, lasting)


def drawdowns(equity: Floats) -> Floats:
    """Return the deepest fall of each curve from its peak, as a part of it: 0 or below."""
    ratios: Floats = np.maximum.accumulate(equity, axis=1)
    np.divide(equity, ratios, out=ratios)
    deepest: Floats = ratios.min(axis=1) - 1.0
    return deepest
