"""Blocks: the bars of several series side by side, small enough to stay in the cache."""

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np
from attrs import frozen

from sellcore.arrays import Counts, Floats
from sellcore.backtest.decisions import first_since
from sellcore.bar import BarSeries
from sellcore.rule import MovingAverageRule

_STEP = 128
"""A series is padded to a multiple of it, so that many have one width and few bars are added."""

_CELLS = 40_000
"""Bars in a block: few enough for the cache, enough that a call costs little beside its work."""


@frozen(eq=False)
class Block:
    """
    Prices of several series.

    Attributes:
        rows: Shape (series,), which of the given series these are.
        counts: Shape (series,), how many bars each has.
        opens: Shape (series, n), in each instrument's currency, padded with the last one.
        closes: Alike.
        since: The trading date before which nothing is decided, where there is one.
        begins: Shape (series,), the first bar of that date or later.
    """

    rows: Counts
    counts: Counts
    opens: Floats
    closes: Floats
    since: date | None
    begins: Counts

    def firsts(self, rules: Sequence[MovingAverageRule]) -> Counts:
        """
        Return the first bar that each rule can decide of each series.

        Returns:
            Shape (rules, series), at least 1; not below a series' count where there is none.
        """
        warm_up = np.array([[rule.required_bars - 1] for rule in rules])
        firsts: Counts = np.maximum(warm_up, self.begins)
        return firsts


def blocks(series: Sequence[BarSeries], since: date | None = None) -> Iterator[Block]:
    """
    Cut series into blocks; one without bars is in none.

    The width of a block follows from each of its series alone, so that no figure
    of a series depends on what stands beside it.
    """
    by_width: dict[int, list[int]] = {}
    for row, bars in enumerate(series):
        if len(bars):
            by_width.setdefault(-(-len(bars) // _STEP) * _STEP, []).append(row)
    for width, rows in by_width.items():
        most = max(1, _CELLS // width)
        for first in range(0, len(rows), most):
            yield _block(series, rows[first : first + most], width, since)


def _block(
    series: Sequence[BarSeries], rows: Sequence[int], width: int, since: date | None
) -> Block:
    counts = np.array([len(series[row]) for row in rows])
    opens, closes = np.empty((2, len(rows), width))
    for place, row in enumerate(rows):
        count = len(series[row])
        for values, padded in ((series[row].open, opens), (series[row].close, closes)):
            padded[place, :count] = values
            padded[place, count:] = values[-1]
    begins = np.array([first_since(series[row], since) for row in rows])
    return Block(np.array(rows), counts, opens, closes, since, begins)
