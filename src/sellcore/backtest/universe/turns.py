"""
Turns: where each rule on each series goes into its stock and out of it.

A column is one rule on one series. Its turns alternate: bought, sold, bought and so
on, beginning with the purchase at the open of the first bar that can be decided.
"""

import itertools
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.arrays import Booleans, Counts, Floats, Places
from sellcore.backtest.assumptions import Entry, Fill
from sellcore.backtest.universe.block import Block
from sellcore.exact_block import Sides, sides
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
    firsts = block.firsts(rules)
    held = np.logical_not(decided.below)
    _write_before(held, block, firsts, value=True)  # for a first bar that is kept as it was before
    if entry is Entry.HELD:
        _sell_once(held)
    else:
        _keep_where_equal(held, decided.equal, firsts)
    _write_before(held, block, firsts - 1, value=False)  # bought, as if decided on the bar before
    _end(held, block, firsts, fill)
    return _filled(held, block, fill)


def entries_of(block: Block, rules: Sequence[MovingAverageRule]) -> Turns:
    """Return the first turn of every column alone: bought, and never sold."""
    firsts = block.firsts(rules)
    begun = (firsts < block.counts).reshape(-1)
    bars = firsts.reshape(-1)[begun]
    rows = np.tile(np.arange(len(block.rows)), len(rules))[begun]
    return Turns(np.concatenate(([0], np.cumsum(begun))), bars, block.opens[rows, bars])


def _runs(values: Counts) -> list[slice]:
    """Return where the same value stands side by side."""
    bounds = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    return [slice(*bound) for bound in itertools.pairwise(bounds)]


def _write_before(held: Booleans, block: Block, ends: Counts, *, value: bool) -> None:
    """Write each column's bars before its own of ``ends``, shape (rules, series)."""
    for rows in _runs(block.begins):
        for states, end in zip(held, ends[:, rows.start].tolist(), strict=True):
            states[rows, :end] = value


def _sell_once(held: Booleans) -> None:
    """Stay out from the first bar on that closed below."""
    width = held.shape[-1]
    ends = np.where(held.all(axis=-1), width, np.argmin(held, axis=-1))
    np.less(np.arange(width), ends[..., np.newaxis], out=held)


def _keep_where_equal(held: Booleans, equal: Sequence[Places], firsts: Counts) -> None:
    """Where a close equals its average nothing is done: it stays as it was the bar before."""
    flat, series, width = held.reshape(-1), *held.shape[1:]
    size = series * width
    places = np.concatenate([own + rule * size for rule, own in enumerate(equal)])
    columns, bars = np.divmod(places, width)
    places = places[bars >= firsts.reshape(-1)[columns]]
    if not len(places):
        return
    begins = np.concatenate(([True], np.diff(places) > 1))
    runs = places[begins]
    flat[places] = flat[runs - 1][np.cumsum(begins) - 1]


def _end(held: Booleans, block: Block, firsts: Counts, fill: Fill) -> None:
    """Let nothing change behind the last bar whose decision can be filled."""
    for rows in _runs(block.counts):
        count = int(block.counts[rows.start])
        end = count - 1 if fill is Fill.NEXT_OPEN else count
        held[:, rows, end:] = held[:, rows, max(end - 1, 0), np.newaxis]
    held[firsts >= block.counts] = False


def _filled(held: Booleans, block: Block, fill: Fill) -> Turns:
    """Return the bars at which each column changes, and the prices of its fills."""
    rules, series, width = held.shape
    bars = _changes(held)
    begins = np.arange(rules * series + 1) * width
    firsts = np.searchsorted(bars, begins)
    at = bars - np.repeat(begins[:-1:series], np.diff(firsts[::series]))
    bars -= np.repeat(begins[:-1], np.diff(firsts))  # the bar that was decided on
    if fill is Fill.NEXT_OPEN:
        bars += 1
        at += 1
        prices = block.opens.take(at)
    else:
        bought = firsts[:-1][np.diff(firsts) > 0]
        prices = block.closes.take(at)
        prices[bought] = block.opens.take(at[bought] + 1)
        bars[bought] += 1
    return Turns(firsts, bars, prices)


def _changes(held: Booleans) -> Places:
    """Return the places, counted through all of it, that are not as the bar before them."""
    flat = held.reshape(-1)
    changed = np.empty_like(flat)
    np.not_equal(flat[1:], flat[:-1], out=changed[1:])
    changed.reshape(held.shape)[..., 0] = False
    return np.flatnonzero(changed)
