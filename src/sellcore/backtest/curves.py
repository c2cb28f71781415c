"""Equity curves of all columns of a block, and how deep each one fell."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen

from sellcore.backtest.block import Block
from sellcore.backtest.columns import Columns
from sellcore.bar import Floats
from sellcore.exact_block import Booleans, Counts

_CELLS = 80_000
"""Bars of curves worked on at a time, over all columns."""


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


def curve_parts(block: Block, columns: Columns, capital: float) -> Iterator[tuple[slice, Curves]]:
    """
    Yield the curves of a block's columns, a few rules at a time: those stay in the cache.

    Args:
        block: The bars.
        columns: The block's.
        capital: What a column is worth before its first turn.

    Yields:
        Which columns these are, and their curves.
    """
    count = len(columns.turns.firsts) - 1
    step = max(1, _CELLS // block.closes.size) * len(block.rows)
    for first in range(0, count, step):
        own = slice(first, min(first + step, count))
        yield own, curves_of(block, columns.part(own.start, own.stop), capital)


def curves_of(block: Block, columns: Columns, capital: float) -> Curves:
    """Return the curves of whole rules of a block; as ``curve_parts``, at once."""
    turns, levels = columns.turns, columns.levels
    series, width = block.closes.shape
    count = len(turns.firsts) - 1
    lead = turns.firsts[:-1] + np.arange(count)
    turn = np.ones(len(turns.bars) + count, dtype=np.bool_)
    turn[lead] = False
    begins = np.empty(len(turn), dtype=np.int64)
    begins[lead] = np.arange(count) * width
    begins[turn] = np.repeat(begins[lead], turns.counts) + turns.bars
    lasting = np.diff(begins, append=count * width)
    invested = _lasting(levels.shares, 0.0, turn, lasting)
    by_rule = invested.reshape(-1, series, width)
    np.multiply(by_rule, block.closes, out=by_rule)
    equity = _lasting(levels.cash, capital, turn, lasting)
    equity += invested
    return Curves(equity.reshape(count, width), invested.reshape(count, width))


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
