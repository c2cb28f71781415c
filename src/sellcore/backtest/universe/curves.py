"""Equity curves of all columns of a block, and how deep each one fell."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen

from sellcore.backtest.universe.block import Block
from sellcore.backtest.universe.columns import Columns
from sellcore.bar import Floats

_CELLS = 80_000
"""Bars of curves worked on at a time, over all columns."""

_DOUBLINGS = 6
"""A block's width is a multiple of 2 to that power."""


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
    # Cash and shares as one complex number: repeating a pair costs no more than repeating one.
    states = np.full(len(turn), complex(capital, 0.0))
    states.real[turn], states.imag[turn] = levels.cash, levels.shares
    pairs = np.repeat(states, lasting)
    shares = pairs.imag.reshape(-1, series, width)
    invested = np.multiply(shares, block.closes).reshape(count, width)
    equity = np.add(pairs.real.reshape(count, width), invested)
    return Curves(equity, invested)


def drawdowns(equity: Floats) -> Floats:
    """
    Return the depth of each curve's deepest fall: (peak - trough) / peak, from 0 to 1.

    Args:
        equity: Shape (columns, n), n a multiple of 64.
    """
    ratios = _peaks(equity)
    np.divide(equity, ratios, out=ratios)
    deepest: Floats = 1.0 - ratios.min(axis=1)
    return deepest


def _peaks(equity: Floats) -> Floats:
    """
    Return the running maximum of each curve.

    ``np.maximum.accumulate`` takes one bar after the other, and waits for each. Doubling finds
    the maximum of the last 2, 4, ... 64 bars of all at once; one after the other go
    only the ends of every 64.
    """
    reached, spare = equity, np.empty_like(equity)
    for power in range(_DOUBLINGS):
        shift = 1 << power
        spare[:, :shift] = reached[:, :shift]
        np.maximum(reached[:, shift:], reached[:, :-shift], out=spare[:, shift:])
        reached, spare = spare, np.empty_like(equity) if power == 0 else reached
    lane = 1 << _DOUBLINGS
    ends = np.maximum.accumulate(reached[:, lane - 1 :: lane], axis=1)
    lanes = reached.reshape(len(equity), -1, lane)
    np.maximum(lanes[:, 1:], ends[:, :-1, np.newaxis], out=lanes[:, 1:])
    return reached
