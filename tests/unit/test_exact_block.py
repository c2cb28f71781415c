"""Decisions of whole blocks against whole numbers, added up anew for each cell."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.exact_block import sides
from sellcore.rule import LENGTHS, AverageKind

SMA, EMA = AverageKind.SMA, AverageKind.EMA

cents = st.integers(1, 2_000).map(lambda ticks: ticks / 100)
near_each_other = st.sampled_from([9.99, 10.0, 10.01])
prices = st.one_of(
    cents,
    st.integers(1, 10**7).map(lambda ticks: ticks / 10_000),
    st.sampled_from([0.0001, 0.1, 0.3, 812_345.67, 1e-9, 1e15, 123_456_789.123_456_7]),
    cents.map(lambda price: price * 0.973_123_456_789),
)
rows = st.one_of(*(st.lists(kind, min_size=1, max_size=50) for kind in (prices, near_each_other)))


def signs_by_fractions(closes, kind, length):
    """Return the sign of close minus average from bar length - 1 on, as fractions say."""
    quoted = [Fraction(Decimal(repr(close))) for close in closes]
    signs, average = [], sum(quoted[:length]) / length
    for bar in range(length - 1, len(quoted)):
        if kind is SMA:
            average = sum(quoted[bar + 1 - length : bar + 1]) / length
        elif bar >= length:
            average += Fraction(2, length + 1) * (quoted[bar] - average)
        signs.append((quoted[bar] > average) - (quoted[bar] < average))
    return signs


def block_of(series):
    """Return closes padded with the last price, and how many are each series' own."""
    width = max(len(closes) for closes in series)
    padded = [closes + closes[-1:] * (width - len(closes)) for closes in series]
    return np.array(padded), np.array([len(closes) for closes in series])


def assert_exact(series, asked):
    """Compare every cell of every series and average with fractions."""
    closes, counts = block_of(series)
    found = sides(closes, counts, asked)
    for number, (kind, length) in enumerate(asked):
        equal = np.zeros(closes.size, dtype=bool)
        equal[found.equal[number]] = True
        equal = equal.reshape(closes.shape)
        for row, own in enumerate(series):
            if len(own) < length:
                continue
            expected = signs_by_fractions(own, kind, length)
            below, ties = found.below[number, row, : len(own)], equal[row, : len(own)]

            assert below.tolist() == [False] * (length - 1) + [sign < 0 for sign in expected]
            assert ties.tolist() == [False] * (length - 1) + [sign == 0 for sign in expected]


@given(st.lists(rows, min_size=1, max_size=4), st.integers(1, 12))
def test_every_cell_of_a_block_is_exact(series, length):
    """Series of different lengths and decimals stand side by side, ties included."""
    longest = max(len(closes) for closes in series)
    asked = [(kind, n) for kind in AverageKind for n in {1, min(length, longest), longest}]

    assert_exact(series, asked)


@pytest.mark.parametrize("factor", [1.0, 0.973_123_456_789, 1e6])
def test_the_lengths_of_rules_are_exact_on_long_histories(factor):
    """Cents, adjusted prices and prices of six figures are decided alike."""
    steps = np.random.default_rng(3).integers(-9, 10, (3, 420))
    walk = np.round(10 + np.cumsum(steps, axis=1) / 100, 2) * factor
    series = [walk[0].tolist(), walk[1, :333].tolist(), walk[2, :210].tolist()]

    assert_exact(series, [(kind, length) for kind in AverageKind for length in LENGTHS])


def test_a_price_that_does_not_move_equals_its_averages():
    """A halted stock gives no signal, whatever decimals its price has."""
    series = [[price] * 260 for price in (10.01, 10.01 / 3, 812_345.67)]
    closes, counts = block_of(series)
    asked = [(kind, length) for kind in AverageKind for length in LENGTHS]
    found = sides(closes, counts, asked)

    assert not found.below.any()
    assert [len(places) for places in found.equal] == [3 * (261 - n) for _, n in asked]


def test_a_neighbour_changes_nothing():
    """What is decided on a series does not depend on what stands beside it."""
    rng = np.random.default_rng(5)
    own = np.round(20 + np.cumsum(rng.integers(-3, 4, 300)) / 100, 2)
    odd = rng.random(300) + 1 / 3
    asked = [(kind, length) for kind in AverageKind for length in LENGTHS]
    alone = sides(own[np.newaxis], np.array([300]), asked)
    beside = sides(np.stack([odd, own]), np.array([300, 300]), asked)

    assert np.array_equal(alone.below[:, 0], beside.below[:, 1])
    for single, both in zip(alone.equal, beside.equal, strict=True):
        assert (single + 300).tolist() == both[both >= 300].tolist()


@pytest.mark.parametrize("length", LENGTHS)
def test_sums_on_both_sides_of_32_bits_are_exact(length):
    """Prices of six figures in cents, whose windows add up to 2 ** 31 ticks, more or less."""
    steps = np.random.default_rng(length).integers(-99, 100, 3 * length)
    ticks = 2**31 // length + np.cumsum(steps)

    assert_exact([(ticks / 100).tolist()], [(SMA, length)])
