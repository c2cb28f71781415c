"""
The averages that live compares with, to the last bit.

``Decisions.averages`` are for people, and differ from these in the last digit here
and there: live divides an SMA's sum once, and its EMA ends with the bar it decides.
"""

import numpy as np

from sellcore.arrays import Floats
from sellcore.average import ema
from sellcore.backtest.decisions import Decisions
from sellcore.rule import AverageKind
from sellcore.ticks import ticks

_EXACT = 2**53
"""Whole numbers up to here are floats, so that dividing two of them rounds once."""


def live_averages(decisions: Decisions) -> Floats:
    """
    Return the average that each bar is decided with.

    Returns:
        Shape (n,), equal to the ``average`` of the live evaluation's evidence; NaN on bars
        that are not decided.
    """
    closes, length, first = decisions.bars.close, decisions.rule.length, decisions.first
    averages = np.full(len(closes), np.nan)
    if first == len(closes):
        return averages
    if decisions.rule.kind is AverageKind.SMA:
        averages[first:] = _sma(closes, length)[first - length + 1 :]
    else:
        for row in range(first, len(closes)):
            averages[row] = ema(closes[: row + 1], length)[-1]
    return averages


def _sma(closes: Floats, length: int) -> Floats:
    """Return the means of all windows, each rounded once, shape (n - length + 1,)."""
    whole, decimals = ticks(closes)
    quoted = whole.astype(object) if length * int(np.max(whole)) >= _EXACT else whole
    sums = np.concatenate(([0], np.cumsum(quoted, dtype=quoted.dtype)))
    divisor = length * 10**decimals
    windows = sums[length:] - sums[:-length]
    if divisor >= _EXACT:
        windows = windows.astype(object)  # Python divides whole numbers with one rounding
    means: Floats = (windows / divisor).astype(np.float64)
    return means
