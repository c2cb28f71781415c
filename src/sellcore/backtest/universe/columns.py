"""
The columns of a sweep: one account for each rule on each series, by its turns alone.

Blocks are decided one by one and settled together, because a commission with a
minimum is worked out turn by turn over all columns at once.
"""

from collections.abc import Sequence
from datetime import date

import numpy as np
from attrs import evolve, frozen

from sellcore.arrays import Counts, Floats
from sellcore.backtest.account.engine import backtest
from sellcore.backtest.assumptions import Assumptions, Entry
from sellcore.backtest.universe.block import Block
from sellcore.backtest.universe.levels import Levels, levels_of, purchases
from sellcore.backtest.universe.turns import Turns, entries_of, turns_of
from sellcore.bar import BarSeries
from sellcore.order import Side
from sellcore.rule import MovingAverageRule


@frozen(eq=False)
class Columns:
    """The turns of a block's columns, and what each had after them."""

    turns: Turns
    levels: Levels


def columns_of(
    series: Sequence[BarSeries],
    cut: Sequence[Block],
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions,
) -> list[Columns]:
    """
    Return the columns of each block.

    Args:
        series: All of them.
        cut: Their blocks.
        rules: Of one timeframe.
        assumptions: For fills, entries and costs.
    """
    decided = [turns_of(block, rules, assumptions.fill, assumptions.entry) for block in cut]
    levels = levels_of(decided, assumptions)
    return [
        _retried(Columns(turns, after), block, series, rules, assumptions)
        for turns, after, block in zip(decided, levels, cut, strict=True)
    ]


def held_columns(
    cut: Sequence[Block], rules: Sequence[MovingAverageRule], assumptions: Assumptions
) -> list[Columns]:
    """Return the same columns bought alike, at the first bar each can decide, and held."""
    bought = [entries_of(block, rules) for block in cut]
    return [Columns(*own) for own in zip(bought, levels_of(bought, assumptions), strict=True)]


def sales(columns: Columns) -> Counts:
    """Return how often each column sold what it held: its closed round trips."""
    counts = columns.turns.counts
    owner = np.repeat(np.arange(len(counts)), counts)
    had = np.concatenate(([0.0], columns.levels.shares[:-1]))
    had[columns.turns.firsts[:-1][counts > 0]] = 0.0
    sold = (columns.levels.shares == 0) & (had > 0)
    return np.bincount(owner[sold], minlength=len(counts))


def _retried(
    columns: Columns,
    block: Block,
    series: Sequence[BarSeries],
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions,
) -> Columns:
    """
    Return the columns with those replaced where a purchase bought nothing.

    Where not one share can be paid for, the next bar that closes above is another
    chance; no turn tells of it, so a backtest goes through that column order by order.
    """
    if assumptions.entry is not Entry.RECLAIM:
        return columns
    turns, levels = columns.turns, columns.levels
    failed = np.flatnonzero(purchases(turns) & (levels.shares == 0))
    if not len(failed):
        return columns
    missed = np.unique(np.searchsorted(turns.firsts, failed, side="right") - 1).tolist()
    fields = (turns.bars, turns.prices, levels.cash, levels.shares)
    each = list(zip(*(np.split(field, turns.firsts[1:-1]) for field in fields), strict=True))
    for column in missed:
        rule, place = divmod(column, len(block.rows))
        each[column] = _order_by_order(
            series[int(block.rows[place])], rules[rule], assumptions, block.since
        )
    bars, prices, cash, shares = (np.concatenate(field) for field in zip(*each, strict=True))
    firsts = np.cumsum([0, *(len(column[0]) for column in each)])
    return Columns(Turns(firsts, bars, prices), Levels(cash, shares))


def _order_by_order(
    bars: BarSeries, rule: MovingAverageRule, assumptions: Assumptions, since: date | None
) -> tuple[Counts, Floats, Floats, Floats]:
    """Return bars, prices, cash and shares of one column's turns."""
    # The bars are ready to be decided: nobody is to ask about their jumps again.
    ready = evolve(assumptions, allow_jumps=True)
    fills = backtest({"": bars}, rule, ready, since=since).fills
    cash = assumptions.capital + np.cumsum([fill.cash for fill in fills])
    return (
        np.array([fill.row for fill in fills], dtype=np.int64),
        np.array([fill.price for fill in fills], dtype=np.float64),
        cash.astype(np.float64),
        np.array([fill.shares if fill.side is Side.BUY else 0.0 for fill in fills]),
    )
