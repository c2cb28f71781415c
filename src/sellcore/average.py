"""
SMA and EMA over closes, as floats: for display, backtests and first guesses.

Whether a close lies below its average is settled in ``sellcore.exact``.
"""

from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from sellcore.arrays import Floats
from sellcore.ema_kernel import write_emas
from sellcore.errors import InvalidValue
from sellcore.prices import read_kind, read_length, read_prices
from sellcore.rule import LENGTHS, AverageKind
from sellcore.sma_kernel import write_smas

_SAFE = 2.0**960
"""Below this, a window of any length that fits in memory can be summed without overflow."""


def sma(closes: ArrayLike, length: int) -> Floats:
    """
    Return the simple moving average, one value per bar.

    Args:
        closes: Prices in the instrument's currency, shape (n,) or (series, n), oldest first.
        length: Window in bars, at least 1.

    Returns:
        The same shape: the mean of the bar and the length - 1 bars before it. The first
        length - 1 values are NaN. Relative error at most 1e-15 for prices above zero.

    Raises:
        InvalidValue: length < 1, or closes hold NaN, infinity or what is no number.
    """
    average: Floats = averages(closes, AverageKind.SMA, (length,))[0]
    return average


def ema(closes: ArrayLike, length: int) -> Floats:
    """
    Return the exponential moving average, one value per bar.

    Args:
        closes: Prices in the instrument's currency, shape (n,) or (series, n), oldest first.
        length: Settles alpha, at least 1.

    Returns:
        The same shape. The first length - 1 values are NaN. Relative error at most
        1e-15 for prices above zero.

    Raises:
        InvalidValue: length < 1, or closes hold NaN, infinity or what is no number.

    Source:
        alpha = 2 / (length + 1), seeded at index length - 1 with the mean of the first
        length closes, as TA-Lib and most charts do.
    """
    average: Floats = averages(closes, AverageKind.EMA, (length,))[0]
    return average


def averages(
    closes: ArrayLike,
    kind: AverageKind | str,
    lengths: Sequence[int] = LENGTHS,
    out: Floats | None = None,
) -> Floats:
    """
    Return the averages of several lengths, which share most of the work.

    Args:
        closes: Prices in the instrument's currency, shape (..., n), oldest first.
        kind: SMA or EMA.
        lengths: Windows in bars, each at least 1.
        out: Where to write: float64 in C order, shape (len(lengths), ..., n). Left out, it
            is a new array; using one again spares the cost of fresh memory.

    Returns:
        Shape (len(lengths), ..., n), NaN in the first length - 1 places.

    Raises:
        InvalidValue: a length < 1, closes hold NaN or infinity, or out does not fit.
    """
    write = _WRITERS[read_kind(kind)]
    wanted = tuple(read_length(length) for length in lengths)
    prices, largest = read_prices(closes)
    shape = (len(wanted), *prices.shape)
    result = np.empty(shape) if out is None else out
    if result.shape != shape or result.dtype != np.float64 or not result.flags.c_contiguous:
        raise InvalidValue(f"out must be float64 in C order of shape {shape}")
    if prices.size == 0:
        return result
    n = prices.shape[-1]
    flat = np.ascontiguousarray(prices).reshape(-1, n)
    rows = list(result.reshape(len(wanted), len(flat), n))
    if largest < _SAFE:
        write(rows, flat, wanted)
    else:
        write(rows, flat * 2.0**-64, wanted)
        with np.errstate(over="ignore"):  # an average may round past the largest price
            result *= 2.0**64
        np.clip(result, -largest, largest, out=result)
    return result


_WRITERS = {AverageKind.SMA: write_smas, AverageKind.EMA: write_emas}
