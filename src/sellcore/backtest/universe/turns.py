"""
Turns: where each rule on each series goes into its stock and out of it.

A column is one rule on one series. Its turns alternate: bought, sold, bought and so
on, beginning with the purchase at the open of the first bar that can be decided.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.backtest.assumptions import Entry, Fill
from sellcore.backtest.universe.block import Block
from sellcore.bar import Floats
from sellcore.exact_block import Booleans, Counts, Places, Sides, sides
from sellcore.rule import MovingAverageRule


@frozen(eq=False)
class Turns:
    """
    The turns of all columns of a block, column after column.

    Attributes:
        firsts: Shape (columns + 1,), where each column's turns begin, and where the last
            column's end. Columns come rule by rule, within a rule series by series.
        bars: Shape (turns,), the bar whose open or close the turn is filled at.
        prices: Shape (turns,), what that bar says, before slippage.
    """

    firsts: Counts
    bars: Counts
    prices: Floats

    @property
    def counts(self) -> Counts:
        """How many turns each column has, shape (columns,)."""
        return np.diff(self.firsts)


def turns_of(block: Block, rules: Sequence[MovingAverageRule], fill: Fill, entry: Entry) -> Turns:
    """
    Decide every bar of a block by every rule, and return what is bought and sold.

    A series without a bar that a rule can decide has no turn by it. The decision
    on a series' last bar has no fill at a next open.
    """
    return turns_by(block, decide_block(block, rules), rules, fill, entry)


def decide_block(block: Block, rules: Sequence[MovingAverageRule]) -> Sides:
    """Compare every close of a block with every rule's average, as far as it is long enough."""
    width = block.closes.shape[1]
    asked = [(rule.kind, min(rule.length, width)) for rule in rules]
    return sides(block.closes, block.counts, asked)


def turns_by(
    block: Block, decided: Sides, rules: Sequence[MovingAverageRule], fill: Fill, entry: Entry
) -> Turns:
    """Return what is bought and sold by decisions that are made already."""
    width = block.closes.shape[1]
    held = np.zeros(decided.below.shape, dtype=np.bool_)
    firsts = block.firsts(rules)
    for states, below, equal, own in zip(held, decided.below, decided.equal, firsts, strict=True):
        first = int(own.min())
        if first >= width:
            continue
        np.logical_not(below[:, first:], out=states[:, first:])
        states[:, first - 1] = True  # the purchase, as if decided on the bar before
        later = [(row, begin) for row, begin in enumerate(own.tolist()) if begin > first]
        for row, begin in later:
            states[row, first:begin] = True
        if entry is Entry.HELD:
            _sell_once(states[:, first:])
        else:
            _keep_where_equal(states, equal, own)
        for row, begin in later:
            states[row, first - 1 : begin - 1] = False
    _end(held, block.counts, firsts, fill)
    return _filled(held, block, fill)


def entries_of(block: Block, rules: Sequence[MovingAverageRule]) -> Turns:
    """Return the first turn of every column alone: bought, and never sold."""
    firsts = block.firsts(rules)
    begun = (firsts < block.counts).reshape(-1)
    bars = firsts.reshape(-1)[begun]
    rows = np.tile(np.arange(len(block.rows)), len(rules))[begun]
    return Turns(np.concatenate(([0], np.cumsum(begun))), bars, block.opens[rows, bars])


def _sell_once(states: Booleans) -> None:
    """Stay out from the first bar on that closed below."""
    ends = np.where(states.all(axis=1), states.shape[1], np.argmin(states, axis=1))
    np.less(np.arange(states.shape[1]), ends[:, np.newaxis], out=states)


def _keep_where_equal(states: Booleans, equal: Places, firsts: Counts) -> None:
    """Where a close equals its average nothing is done: it stays as it was the bar before."""
    flat = states.reshape(-1)
    rows, bars = np.divmod(equal, states.shape[1])
    places = equal[bars >= firsts[rows]]
    if not len(places):
        return
    begins = np.concatenate(([True], np.diff(places) > 1))
    runs = places[begins]
    flat[places] = flat[runs - 1][np.cumsum(begins) - 1]


def _end(held: Booleans, counts: Counts, firsts: Counts, fill: Fill) -> None:
    """Let nothing change behind the last bar whose decision can be filled."""
    deciding = counts - 1 if fill is Fill.NEXT_OPEN else counts
    for row, (count, end) in enumerate(zip(counts.tolist(), deciding.tolist(), strict=True)):
        held[:, row, end:] = held[:, row, max(end - 1, 0), np.newaxis]
        held[firsts[:, row] >= count, row] = False


def _filled(held: Booleans, block: Block, fill: Fill) -> Turns:
    """Return the bars at which each column changes, and the prices of its fills."""
    rules, series, width = held.shape
    changed = np.not_equal(held[:, :, 1:], held[:, :, :-1])
    places = np.flatnonzero(changed)
    firsts = np.searchsorted(places, np.arange(rules * series + 1) * (width - 1))
    counts = np.diff(firsts)
    columns = np.arange(rules * series)
    bars = places - np.repeat(columns * (width - 1) - 1, counts)  # the bar that was decided on
    at = bars + np.repeat(columns % series * width, counts)
    if fill is Fill.NEXT_OPEN:
        bars += 1
        at += 1
        prices = block.opens.reshape(-1)[at]
    else:
        bought = firsts[:-1][counts > 0]
        prices = block.closes.reshape(-1)[at]
        prices[bought] = block.opens.reshape(-1)[at[bought] + 1]
        bars[bought] += 1
    return Turns(firsts, bars, prices)
