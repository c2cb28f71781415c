"""What the averages accept: prices, a kind and a length, read once and checked."""

import operator
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike

from sellcore.arrays import Floats
from sellcore.errors import InvalidValue
from sellcore.rule import AverageKind, parse_kind


def read_prices(prices: ArrayLike) -> tuple[Floats, float]:
    """
    Return prices as float64, and the largest magnitude among them.

    Args:
        prices: Shape (..., n), of any type that converts to float64 number by number.

    Returns:
        An array of the same shape (the caller's own where it already fits), and a
        magnitude, 0.0 where there are no prices.

    Raises:
        InvalidValue: no dimension, NaN, infinity, or something that is no number.
    """
    try:
        given = np.asarray(prices)
        if given.dtype.kind in "cmM":
            raise TypeError(f"{given.dtype} is not a real number")
        array: Floats = given.astype(np.float64, copy=False)
    except (TypeError, ValueError, OverflowError) as error:
        raise InvalidValue(f"closes must be numbers of shape (..., n): {error}") from None
    if array.ndim == 0:
        raise InvalidValue("closes must have shape (n,) or (series, n), not be a single number")
    if array.size == 0:
        return array, 0.0
    low, high = float(array.min()), float(array.max())
    if not (isfinite(low) and isfinite(high)):
        place = np.argwhere(~np.isfinite(array))[0]
        value = array[tuple(place)]
        raise InvalidValue(
            f"close {value} at {place.tolist()} is not a finite number; leave it out"
        )
    return array, max(-low, high)


def read_length(length: int) -> int:
    """Return a window in bars as an int; anything but a whole number above 0 is InvalidValue."""
    try:
        bars = operator.index(length)
    except TypeError:
        raise InvalidValue(f"length {length!r} is not a whole number of bars") from None
    if bars < 1:
        raise InvalidValue(f"length {bars} is below 1; a window holds at least one bar")
    return bars


def read_kind(kind: AverageKind | str) -> AverageKind:
    """Return the kind that is named, SMA or EMA in any case."""
    return kind if isinstance(kind, AverageKind) else parse_kind(str(kind))
