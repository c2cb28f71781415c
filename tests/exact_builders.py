"""Closes beside their averages, told by whole numbers alone."""

from decimal import Decimal
from fractions import Fraction
from itertools import accumulate

import numpy as np
from hypothesis import strategies as st

from sellcore.exact import below_average, sides_of_average
from sellcore.rule import AverageKind

SMA = AverageKind.SMA

cents = st.integers(1, 2_000).map(lambda ticks: ticks / 100)
prices = st.one_of(
    cents,
    st.integers(1, 10**7).map(lambda ticks: ticks / 10_000),
    st.sampled_from([0.0001, 0.1, 0.3, 812_345.67, 1e-9, 1e15, 123_456_789.123_456_7]),
    st.floats(min_value=5e-324, allow_infinity=False, allow_nan=False),
)


def whole_ticks(closes: list[float]) -> list[int]:
    """Return the quoted decimals as whole numbers of one common unit."""
    quoted = [Decimal(repr(float(close))) for close in closes]
    unit = min((price.as_tuple().exponent for price in quoted), default=0)
    return [int(Fraction(price) / Fraction(10) ** unit) for price in quoted]


def signs_by_fractions(closes: list[float], kind: AverageKind, length: int) -> list[int]:
    """Return the sign of close minus average from bar length - 1 on, by whole numbers alone."""
    prices = whole_ticks(closes)
    sums = [0, *accumulate(prices)]
    if len(prices) < length:
        return []
    if kind is SMA:
        gaps = [
            length * prices[bar] - (sums[bar + 1] - sums[bar + 1 - length])
            for bar in range(length - 1, len(prices))
        ]
    else:
        gaps, average, unit = [], sums[length], length
        for bar in range(length - 1, len(prices)):
            if bar >= length:
                average = (length - 1) * average + 2 * prices[bar] * unit
                unit *= length + 1
            gaps.append(prices[bar] * unit - average)
    return [(gap > 0) - (gap < 0) for gap in gaps]


def assert_exact(closes: list[float], kind: AverageKind, length: int) -> None:
    """Compare every cell with whole numbers, the warm-up with False, or no side."""
    expected = signs_by_fractions(closes, kind, length)
    warm_up = [0] * (len(closes) - len(expected))

    assert sides_of_average(closes, kind, length).tolist() == warm_up + expected
    below = [sign < 0 for sign in warm_up + expected]
    assert below_average(closes, kind, length).tolist() == below


def with_sma_ties(seed: int, length: int, bars: int) -> list[int]:
    """Return ticks where every few bars the close equals its SMA."""
    rng = np.random.default_rng(seed)
    planted = rng.integers(900, 1100, length).tolist()
    while len(planted) < bars:
        planted += rng.integers(900, 1100, int(rng.integers(1, 4))).tolist()
        planted[-1] -= sum(planted[1 - length :]) % (length - 1)
        planted.append(sum(planted[1 - length :]) // (length - 1))
    return planted


def with_ema_ties(seed: int, length: int, bars: int, off_by: int = 0) -> list[int]:
    """Return ticks where every other close equals its EMA, or would but for the first price."""
    rng = np.random.default_rng(seed)
    average = 10_000
    planted = [average + off_by] + [average] * (length - 1)
    while len(planted) < bars:
        step = int(rng.integers(-9, 10))
        planted += [average + step * (length + 1), average + 2 * step]
        average += 2 * step
    return planted
