"""
On which side of its EMA each close lies, settled exactly.

Floats decide every bar whose distance from the EMA exceeds a proven error
bound. Two facts settle the others, with c the close in ticks, E the EMA,
n the length, and (n + 1) E' = (n - 1) E + 2 c' from one bar to the next:

1. While the close does not change, E - c only shrinks by (n - 1) / (n + 1), so
   a run of equal closes lies on one side throughout: its first bar settles it.
2. Once E is not a whole number of ticks it never is again, so it can equal no
   close any more. For a prime p in the denominator of E divides n (the seed's)
   or n + 1, hence not n - 1 (halve all three coefficients where n is odd: what
   is left of n - 1 and n + 1 differs by 1), so p stays in the denominator of
   (n - 1) E, is not cancelled by the whole number 2 c', and dividing by n + 1
   cannot remove it.

So ties are found in plain integers, which end at the first E that is not whole;
from there on an interval around E, made narrower until the close lies outside,
must come to an end.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.arrays import Floats
from sellcore.average import ema
from sellcore.ema_kernel import levels
from sellcore.ticks import Ticks

Signs = NDArray[np.int8]
"""-1 where the close lies below the average, 0 where they are equal, 1 above."""

_FIRST_BITS = 128


def ema_signs(closes: Floats, ticks: Ticks, length: int) -> Signs:
    """
    Return the exact sign of close minus EMA at each bar from length - 1 on.

    Args:
        closes: Shape (n,), finite, n at least length.
        ticks: The same prices in ticks.
        length: At least 1.

    Returns:
        Shape (n - length + 1,).
    """
    if length == 1:
        return np.zeros(len(closes), dtype=np.int8)
    settled = closes[length - 1 :]
    distance = settled - ema(closes, length)[length - 1 :]
    largest = float(np.max(np.abs(closes)))
    unsure = np.abs(distance) <= error_bound(len(closes), length, largest)
    signs: Signs = np.sign(distance).astype(np.int8)
    if not unsure.any():
        return signs
    starts = np.concatenate(([True], settled[1:] != settled[:-1]))
    heads = np.flatnonzero(starts)
    of_runs = signs[heads]
    open_runs = np.flatnonzero(unsure[heads])
    if len(open_runs):
        bars = (heads[open_runs] + length - 1).tolist()
        of_runs[open_runs] = _settle(ticks[: bars[-1] + 1].tolist(), length, bars)
    spread: Signs = of_runs[np.cumsum(starts) - 1]
    return spread


def clear_side_of_ema(closes: Floats, average: float, length: int) -> int:
    """
    Return the sign of close minus EMA at the last bar where floats can tell it, else 0.

    Most bars need no ticks, and the ticks of adjusted prices are long to find.

    Args:
        closes: Shape (n,), finite, n at least length.
        average: The EMA at the last bar, as ``ema`` gives it.
        length: At least 1.
    """
    distance = float(closes[-1]) - average
    bound = error_bound(len(closes), length, float(np.max(np.abs(closes))))
    return 0 if abs(distance) <= bound else (distance > 0) - (distance < 0)


def error_bound(bars: int, length: int, largest: float) -> float:
    """
    Return how far a float EMA can lie from the exact one of the quoted decimals.

    A value passes through at most two products a level, of at most 17 terms with
    weights rounded once, in whatever order the library adds them: 18 roundings
    each, of 2 ** -53. The seed has at most one for each of its terms and three
    more; prices, and the comparison, have one each. All weights are positive and
    sum to 1, so each counts at most the largest price. The bound is more than
    twice their sum, and as much again for results too small to be rounded
    relatively.
    """
    roundings = 40 * levels(bars) + length + 20
    return roundings * (largest * 2.0**-52 + 2.0**-1074)


@frozen
class _Recurrence:
    """``whole * E' = old * E + new * c'``, the coefficients without a common factor."""

    old: int
    new: int
    whole: int

    @classmethod
    def of(cls, length: int) -> "_Recurrence":
        if length % 2:
            return cls((length - 1) // 2, 1, (length + 1) // 2)
        return cls(length - 1, 2, length + 1)


def _settle(ticks: Sequence[int], length: int, bars: Sequence[int]) -> list[int]:
    """Return the exact sign at each of ``bars``, which ascend and end with the last tick."""
    step = _Recurrence.of(length)
    signs: dict[int, int] = {}
    bar, numerator, denominator = length - 1, sum(ticks[:length]), length
    while numerator % denominator == 0 and bar < len(ticks):
        average = numerator // denominator
        signs[bar] = (ticks[bar] > average) - (ticks[bar] < average)
        bar += 1
        if bar < len(ticks):
            numerator, denominator = step.old * average + step.new * ticks[bar], step.whole
    bits = _FIRST_BITS
    left = [asked for asked in bars if asked >= bar]
    while left:
        start = (numerator << bits) // denominator
        signs |= _signs_outside_interval(ticks[bar:], step, start, bits, bar, left)
        left = [asked for asked in left if asked not in signs]
        bits *= 2
    return [signs[asked] for asked in bars]


def _signs_outside_interval(
    ticks: Sequence[int], step: _Recurrence, low: int, bits: int, first: int, bars: Sequence[int]
) -> dict[int, int]:
    """
    Return the signs that ``bits`` binary places of the EMA settle, by bar.

    The EMA, known never to be whole, lies in [low, low + width) / 2 ** bits. A step
    shrinks what is unknown by old / whole and adds at most one for rounding down,
    so width = whole / (whole - old) = (length + 1) / 2, rounded up, holds throughout.

    Args:
        ticks: From bar ``first`` on.
        step: The recurrence.
        low: Of bar ``first``.
        bits: Binary places of low.
        first: The bar that ticks start at.
        bars: The bars asked for, each at least first.
    """
    width = -(-step.whole // (step.whole - step.old))
    asked, signs = set(bars), {}
    for bar, tick in enumerate(ticks, first):
        if bar > first:
            low = (step.old * low + ((step.new * tick) << bits)) // step.whole
        if bar in asked:
            close = tick << bits
            if close <= low:
                signs[bar] = -1
            elif close >= low + width:
                signs[bar] = 1
    return signs
