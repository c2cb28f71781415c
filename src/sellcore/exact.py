"""
Whether a close lies below its average: exact on every cell, ties included.

Prices are the decimals that the broker quoted (``sellcore.ticks``). Averages in
floats put closes that equal their average on either side of it; here an SMA is
compared in whole ticks, length * close against the sum of the window, and an
EMA in whole numbers wherever floats cannot tell (``sellcore.exact_ema``).
"""

from fractions import Fraction

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from sellcore.arrays import Floats
from sellcore.average import ema
from sellcore.errors import InvalidValue
from sellcore.exact_ema import Signs, clear_side_of_ema, ema_signs
from sellcore.prices import read_kind, read_length, read_prices
from sellcore.rule import AverageKind
from sellcore.ticks import Ticks, ticks

__all__ = [
    "Comparison",
    "below_average",
    "compare_to_average",
    "exact_average",
    "sides_of_average",
    "ticks",
]


def below_average(closes: ArrayLike, kind: AverageKind | str, length: int) -> NDArray[np.bool_]:
    """
    Say for each bar whether it closed below its average, strictly and exactly.

    Args:
        closes: Prices in the instrument's currency, shape (n,), oldest first. Each counts as
            the decimal that was quoted: the shortest one that reads back as the float.
        kind: SMA, or EMA seeded with the mean of the first length closes.
        length: In bars, at least 1; the average includes the bar itself.

    Returns:
        Shape (n,); False in the warm-up, which is the first length - 1 bars.

    Raises:
        InvalidValue: length < 1, or closes are not finite numbers of shape (n,).

    Source:
        Equal to ``fractions.Fraction`` over ``Decimal(repr(close))`` on every cell.
    """
    return sides_of_average(closes, kind, length) < 0


def sides_of_average(closes: ArrayLike, kind: AverageKind | str, length: int) -> Signs:
    """
    Say for each bar on which side of its average it closed, exactly.

    Args:
        closes: Prices, shape (n,), oldest first, as for ``below_average``.
        kind: SMA or EMA.
        length: In bars, at least 1.

    Returns:
        Shape (n,): -1 below the average, 0 equal to it, 1 above it; 0 in the warm-up,
        which is the first length - 1 bars.

    Raises:
        InvalidValue: what ``below_average`` refuses.
    """
    family, bars, prices = _read(closes, kind, length)
    sides: Signs = np.zeros(len(prices), dtype=np.int8)
    if len(prices) >= bars:
        sides[bars - 1 :] = _signs(prices, family, bars)
    return sides


@frozen
class Comparison:
    """
    The last bar against its average.

    Attributes:
        side: -1 where it closed below the average, 0 where they are equal, 1 above; exact.
        average: In the instrument's currency: of an SMA the float nearest to it, of an
            EMA within 1e-15 of it.
    """

    side: int
    average: float


def compare_to_average(closes: ArrayLike, kind: AverageKind | str, length: int) -> Comparison:
    """
    Return the average at the last bar, and on which side of it that bar closed, exactly.

    Args:
        closes: Prices, shape (n,), oldest first, as for ``below_average``; at least length.
        kind: SMA or EMA.
        length: In bars, at least 1.

    Raises:
        InvalidValue: fewer closes than length, or what ``below_average`` refuses.
    """
    family, bars, prices = _read_enough(closes, kind, length)
    match family:
        case AverageKind.SMA:
            whole, decimals = ticks(prices[-bars:])
            quoted: list[int] = whole.tolist()
            total, scaled = sum(quoted), bars * quoted[-1]
            # Whole numbers of any size are divided with one rounding.
            return Comparison((scaled > total) - (scaled < total), total / (bars * 10**decimals))
        case AverageKind.EMA:
            average = float(ema(prices, bars)[-1])
            clear = clear_side_of_ema(prices, average, bars)
            return Comparison(clear or int(_signs(prices, family, bars)[-1]), average)


def exact_average(closes: ArrayLike, kind: AverageKind | str, length: int) -> Fraction:
    """
    Return the exact average at the last bar, in the instrument's currency.

    Args:
        closes: Prices, shape (n,), oldest first, as for ``below_average``; at least length.
        kind: SMA or EMA. An EMA's fraction grows by some bits with each bar.
        length: In bars, at least 1.

    Raises:
        InvalidValue: fewer closes than length, or what ``below_average`` refuses.
    """
    family, bars, prices = _read_enough(closes, kind, length)
    used = prices[-bars:] if family is AverageKind.SMA else prices
    whole, decimals = ticks(used)
    quoted: list[int] = whole.tolist()
    numerator, denominator = sum(quoted[:bars]), bars
    for tick in quoted[bars:]:
        numerator = (bars - 1) * numerator + 2 * tick * denominator
        denominator *= bars + 1
    return Fraction(numerator, denominator * 10**decimals)


def _signs(closes: Floats, kind: AverageKind, length: int) -> Signs:
    """Return the sign of close minus average at each bar from length - 1 on."""
    whole, _ = ticks(closes)
    match kind:
        case AverageKind.SMA:
            return _sma_signs(whole, length)
        case AverageKind.EMA:
            return ema_signs(closes, whole, length)


def _sma_signs(whole: Ticks, length: int) -> Signs:
    # Sums may wrap around; their differences are right as long as a window's sum,
    # and length times a close, fit. Otherwise Python integers take over.
    if whole.dtype != object and length * max(-int(whole.min()), int(whole.max())) >= 2**63:
        whole = whole.astype(object)
    sums = np.concatenate(([0], np.cumsum(whole, dtype=whole.dtype)))
    windows = sums[length:] - sums[:-length]
    scaled = whole[length - 1 :] * length
    return (scaled > windows).astype(np.int8) - (scaled < windows).astype(np.int8)


def _read(
    closes: ArrayLike, kind: AverageKind | str, length: int
) -> tuple[AverageKind, int, Floats]:
    family, bars = read_kind(kind), read_length(length)
    prices, _ = read_prices(closes)
    if prices.ndim != 1:
        raise InvalidValue(f"closes have shape {prices.shape}, expected (n,), one instrument")
    return family, bars, prices


def _read_enough(
    closes: ArrayLike, kind: AverageKind | str, length: int
) -> tuple[AverageKind, int, Floats]:
    family, bars, prices = _read(closes, kind, length)
    if len(prices) < bars:
        raise InvalidValue(f"{family}({bars}) needs {bars} closes, has {len(prices)}")
    return family, bars, prices
