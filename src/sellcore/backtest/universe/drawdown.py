"""How deep curves fell, many at once."""

import numpy as np

from sellcore.arrays import Floats

_LANE = 128
"""Bars of which only the highest and the lowest are looked at first."""


def drawdowns(equity: Floats) -> Floats:
    """
    Return the depth of each curve's deepest fall: (peak - trough) / peak, at least 0.

    A running maximum waits for the bar before at every bar. So first only lanes are
    looked at, their lowest against the peak of all lanes before. Then bar by bar those
    that made a new peak, and whose lowest lies deeper below it than what was found.

    Args:
        equity: Shape (..., curves, n), n a multiple of 128; above 0 at the first bar.

    Returns:
        Shape (..., curves).
    """
    begins = np.arange(0, equity.shape[-1], _LANE)
    lows = np.minimum.reduceat(equity, begins, axis=-1)
    peaks = np.maximum.accumulate(np.maximum.reduceat(equity, begins, axis=-1), axis=-1)
    before = np.concatenate((equity[..., :1], peaks[..., :-1]), axis=-1)
    # A debt weighs less beside a higher peak, so for debts the lane's own bars must tell.
    lowest: Floats = np.where(lows < 0, 1.0, lows / before).min(axis=-1)
    np.minimum(lowest, 1.0, out=lowest)
    near = np.nonzero(lows / peaks < lowest[..., np.newaxis])
    bars = equity.reshape(*peaks.shape, _LANE)[near]
    tops = np.maximum(np.maximum.accumulate(bars, axis=1), before[near][:, np.newaxis])
    np.minimum.at(lowest, near[:-1], (bars / tops).min(axis=1))
    return 1.0 - lowest
