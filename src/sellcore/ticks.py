"""
Ticks: the decimals that the broker quoted, as whole numbers of one small unit.

A price of 0.1 is not one tenth once it is a float, but the float still tells
which decimal was quoted: the shortest one that reads back as it (what ``repr``
prints). In ticks, sums and comparisons are exact.
"""

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sellcore.arrays import Floats
from sellcore.errors import InvalidValue
from sellcore.prices import read_prices

Ticks = NDArray[np.int64] | NDArray[np.object_]
"""Whole numbers; Python integers (dtype object) where 64 bits are too few."""

EXACT = 2.0**52
"""
Below this a scaled price names its decimal.

If t < 2 ** 52 is whole and t / 10 ** k, rounded once, is the price, then no
other decimal of k places reads back as it: they lie 10 ** -k apart, and the
floats there lie closer. One of fewer digits would be among them. So t / 10 ** k
is the shortest decimal.
"""

MOST_DECIMALS = 22
"""10 ** 22 is the largest power of ten that a float holds exactly."""


def ticks(closes: ArrayLike) -> tuple[Ticks, int]:
    """
    Return closes as whole ticks, and how many decimals a tick has.

    Args:
        closes: Prices, shape (n,), finite; floats, or what converts to them.

    Returns:
        ticks, shape (n,), and decimals >= 0, such that closes[i] was quoted as
        ticks[i] / 10 ** decimals. The number of decimals is the smallest that
        holds all of them.

    Raises:
        InvalidValue: closes hold NaN or infinity, or have another shape.

    Source:
        ``Decimal(repr(close))``, found without text where 52 bits suffice.
    """
    prices, largest = read_prices(closes)
    if prices.ndim != 1:
        raise InvalidValue(f"closes have shape {prices.shape}, expected (n,)")
    for decimals in range(MOST_DECIMALS + 1):
        scale = 10.0**decimals
        if largest * scale >= EXACT:
            break
        scaled = np.rint(prices * scale)
        if (scaled / scale == prices).all():
            return scaled.astype(np.int64), decimals
    return _from_text(prices)


def _from_text(prices: Floats) -> tuple[Ticks, int]:
    """Return ticks and decimals of any finite prices, by the digits of their repr."""
    quoted = [_digits(price) for price in prices.tolist()]
    decimals = max(0, -min(power for _, power in quoted))
    whole = [digits * 10 ** (power + decimals) for digits, power in quoted]
    fits = max(map(abs, whole)) < 2**63
    return np.array(whole, dtype=np.int64 if fits else object), decimals


def _digits(price: float) -> tuple[int, int]:
    """Return (digits, power): the price was quoted as digits * 10 ** power."""
    mantissa, _, power = repr(price).partition("e")
    whole, _, part = mantissa.partition(".")
    part = part.rstrip("0")
    return int(whole + part), int(power or 0) - len(part)
