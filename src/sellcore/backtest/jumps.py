"""Jumps over night that look like a split nobody told of."""

from collections.abc import Mapping
from datetime import date

import numpy as np
from attrs import frozen

from sellcore.backtest.dates import day_number, day_of, trading_dates
from sellcore.bar import BarSeries

_WHOLE = (2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 50)
"""New shares for an old one, or old ones for a new one."""

_WITHIN = 0.04
"""How far from a ratio a price may open and still look like it: the market moves, too."""

_BANDS = np.array(
    [(1.5, 0.03)]  # narrower: a fall by a third happens without a split as well
    + [(float(ratio), _WITHIN) for ratio in _WHOLE]
    + [(1 / ratio, _WITHIN) for ratio in _WHOLE]
)
"""Ratios, and how near to each a change must be."""


@frozen
class Jump:
    """
    A price that is another one over night.

    Attributes:
        last: The last day at the old price.
        day: The first session at the new price.
        close: The last price before.
        open: The first one after.
        ratio: Of the split it looks like: how many new shares an old one became.
    """

    last: date
    day: date
    close: float
    open: float
    ratio: float


def first_jump(bars: BarSeries, splits: Mapping[date, float] | None = None) -> Jump | None:
    """
    Return the first change over night that is near a simple ratio, or None.

    Args:
        bars: Of one ticker, its corporate actions taken out.
        splits: Ratios by ex-day, simple or not: taken out of bars that were adjusted
            before, one leaves such a change on its day.
    """
    if len(bars) < 2:
        return None
    dates = trading_dates(bars.start, bars.end)
    before, after = bars.close[:-1], bars.open[1:]
    change = before / after
    # Few bars change that much at all: only those are compared with each ratio.
    far = np.flatnonzero((dates[1:] > dates[:-1]) & (np.abs(np.log(change)) > np.log(1.4)))
    ratios, within = _BANDS.T
    near = np.abs(change[far, None] / ratios - 1) <= within
    hits = far[near.any(axis=1)].tolist()
    for day, ratio in (splits or {}).items():
        row = int(dates.searchsorted(day_number(day))) - 1
        if (
            row in far
            and min(abs(change[row] * ratio - 1), abs(change[row] / ratio - 1)) <= _WITHIN
        ):
            hits.append(row)
    if not hits:
        return None
    row = min(hits)
    return Jump(
        last=day_of(int(dates[row])),
        day=day_of(int(dates[row + 1])),
        close=float(before[row]),
        open=float(after[row]),
        ratio=float(ratios[int(np.argmin(np.abs(change[row] / ratios - 1)))]),
    )
