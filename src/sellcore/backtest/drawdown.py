"""The deepest fall of an equity curve below what it once was."""

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats, Seconds
from sellcore.backtest.dates import DAY

ROUNDING = 1e-13
"""A fall that is no deeper is none: what is left is rounding."""


@frozen
class Drawdown:
    """
    From a peak to its trough, and back.

    Attributes:
        depth: (peak - trough) / peak, from 0 to 1; 0 where equity never fell.
        peak: When the peak was, seconds since 1970 UTC; the account's first instant where
            that is its capital. None where equity never fell; trough alike.
        trough: When the lowest close after it was.
        recovery: The first close at the peak's equity again; None where there is none.
        bars: From the peak to the recovery, or to the last close.
        days: The same in days by the calendar.
    """

    depth: float
    peak: int | None
    trough: int | None
    recovery: int | None
    bars: int
    days: float


def drawdown(equity: Floats, time: Seconds, *, capital: float, began: int) -> Drawdown:
    """
    Return the deepest drawdown; of equally deep ones the first.

    Args:
        equity: Shape (n,), at the closes, n at least 1.
        time: Shape (n,), seconds since 1970 UTC.
        capital: Equity before the first close, which can be a peak.
        began: When that was.
    """
    values = np.concatenate(([capital], equity))
    times = np.concatenate(([began], time))
    highest = np.maximum.accumulate(values)
    below = 1 - values / highest
    trough = int(np.argmax(below))
    if below[trough] <= ROUNDING:
        return Drawdown(0.0, None, None, None, 0, 0.0)
    peak = int(np.argmax(values[: trough + 1] == highest[trough]))
    back = np.flatnonzero(values[trough:] >= highest[trough])
    recovery = trough + int(back[0]) if len(back) else None
    last = len(values) - 1 if recovery is None else recovery
    return Drawdown(
        depth=float(below[trough]),
        peak=int(times[peak]),
        trough=int(times[trough]),
        recovery=None if recovery is None else int(times[recovery]),
        bars=last - peak,
        days=float(times[last] - times[peak]) / DAY,
    )
