"""Equity curves of all columns of a block, a few rules at a time."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.arrays import Counts, Floats
from sellcore.backtest.universe.block import Block
from sellcore.backtest.universe.columns import Columns

Pairs = NDArray[np.complex128]
"""Cash and shares."""

_CELLS = 80_000
"""Bars of curves worked on at a time, over all columns: they stay in the cache."""


@frozen(eq=False)
class Curves:
    """
    What columns are worth at each close; behind a series' own bars they stay what they were.

    Attributes:
        equity: Shape (rules, series, n), the capital before the first turn.
        invested: Alike, the part of it that is in the stock.
    """

    equity: Floats
    invested: Floats


def curve_parts(
    block: Block, columns: Columns, capital: float, equity: Floats | None = None
) -> Iterator[tuple[slice, Curves]]:
    """
    Yield the curves of a block's columns, a few rules at a time.

    They are written over those before: memory at hand costs nothing, new memory has to be
    found page by page. So a part is gone when the next is asked for, but for its equity
    where that has a place to go to.

    Args:
        block: The bars.
        columns: The block's.
        capital: What a column is worth before its first turn.
        equity: Shape (rules, series, n), where all parts' equity goes to.

    Yields:
        Which rules these are, and their curves.
    """
    series, width = block.closes.shape
    rules = (len(columns.turns.firsts) - 1) // series
    most = min(rules, max(1, _CELLS // block.closes.size))
    room = Curves(*np.empty((2, most, series, width)))
    states, lasting = _states(columns, capital, width)
    begins = _leads(columns)[::series].tolist()
    for first in range(0, rules, most):
        end = min(first + most, rules)
        part = Curves(room.equity[: end - first], room.invested[: end - first])
        if equity is not None:
            part = Curves(equity[first:end], part.invested)
        own = slice(begins[first], begins[end] if end < rules else None)
        _write(states[own], lasting[own], block, part)
        yield slice(first, end), part


def curves_of(block: Block, columns: Columns, capital: float) -> Curves:
    """Return the curves of all of a block's columns, as ``curve_parts`` does by and by."""
    series, width = block.closes.shape
    curves = Curves(*np.empty((2, (len(columns.turns.firsts) - 1) // series, series, width)))
    _write(*_states(columns, capital, width), block, curves)
    return curves


def _write(states: Pairs, lasting: Counts, block: Block, into: Curves) -> None:
    """Work out the curves of whole rules."""
    pairs = np.repeat(states, lasting).reshape(into.equity.shape)
    np.multiply(pairs.imag, block.closes, out=into.invested)
    np.add(pairs.real, into.invested, out=into.equity)


def _states(columns: Columns, capital: float, width: int) -> tuple[Pairs, Counts]:
    """
    Return what columns have and how long: the capital up to the first turn, then by turns.

    Cash and shares are one complex number: where stays are short, repeating each of a pair
    by itself takes nearly twice as long as repeating pairs.
    """
    turns, levels = columns.turns, columns.levels
    lead = _leads(columns)
    count = len(lead)
    turn = np.ones(len(turns.bars) + count, dtype=np.bool_)
    turn[lead] = False
    begins = np.empty(len(turn), dtype=np.int64)
    begins[lead] = np.arange(count) * width
    begins[turn] = np.repeat(begins[lead], turns.counts) + turns.bars
    states = np.full(len(turn), complex(capital, 0.0))
    states.real[turn], states.imag[turn] = levels.cash, levels.shares
    return states, np.diff(begins, append=count * width)


def _leads(columns: Columns) -> Counts:
    """Return where each column's states begin, shape (columns,)."""
    firsts = columns.turns.firsts[:-1]
    leads: Counts = firsts + np.arange(len(firsts))
    return leads
