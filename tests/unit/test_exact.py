"""Decisions against exact fractions of the quoted decimals, ties above all."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.exact_builders import (
    assert_exact,
    cents,
    prices,
    signs_by_fractions,
    with_ema_ties,
    with_sma_ties,
)

from sellcore.average import ema, sma
from sellcore.errors import InvalidValue
from sellcore.exact import below_average, compare_to_average, exact_average, sides_of_average
from sellcore.rule import LENGTHS, AverageKind

SMA, EMA = AverageKind.SMA, AverageKind.EMA

any_kind = st.sampled_from(AverageKind)
any_length = st.one_of(st.integers(1, 40), st.sampled_from(LENGTHS))
series = st.one_of(
    st.lists(prices, max_size=60),
    st.lists(cents, max_size=60),
    st.lists(st.sampled_from([9.99, 10.0, 10.01]), max_size=60),
)


@given(series, any_kind, any_length)
@settings(max_examples=300)
def test_every_cell_equals_the_fraction(closes, kind, length):
    """Whatever the prices, each cell is what exact arithmetic says."""
    assert_exact(closes, kind, length)


@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(0, 5))
def test_closes_equal_to_their_sma_are_not_below_it(seed, length, decimals):
    """Planted ties hold, at any tick size."""
    closes = [tick / 10**decimals for tick in with_sma_ties(seed, length, length + 30)]

    assert 0 in signs_by_fractions(closes, SMA, length)
    assert_exact(closes, SMA, length)


@given(st.integers(0, 10**6), st.integers(2, 60), st.integers(0, 5), st.integers(-1, 1))
def test_closes_equal_or_next_to_their_ema_are_on_the_right_side(seed, length, decimals, off_by):
    """Planted ties hold; missed by a sliver that floats cannot see, they fall on its side."""
    planted = with_ema_ties(seed, length, length + 60, off_by)
    closes = [tick / 10**decimals for tick in planted]

    assert (0 in signs_by_fractions(closes, EMA, length)) == (off_by == 0)
    assert_exact(closes, EMA, length)


@pytest.mark.parametrize("length", LENGTHS)
def test_float_averages_would_get_planted_ties_wrong(length):
    """The planted cells have teeth: comparing floats fails on them, for both kinds."""
    by_sma = [tick / 100 for tick in with_sma_ties(1, length, 1200)]
    by_ema = [tick / 100 for tick in with_ema_ties(1, length, 1200)]

    assert np.any((np.array(by_sma) < sma(by_sma, length)) != below_average(by_sma, SMA, length))
    assert np.any((np.array(by_ema) < ema(by_ema, length)) != below_average(by_ema, EMA, length))
    assert_exact(by_sma, SMA, length)
    assert_exact(by_ema, EMA, length)


@given(st.lists(st.integers(1, 99_999), min_size=1, max_size=40), any_kind, st.integers(1, 12))
def test_ten_times_the_prices_decide_the_same(whole, kind, length):
    """The unit that prices are quoted in has no say."""
    expected = below_average([tick / 100 for tick in whole], kind, length)

    for scale in (10, 1, 1000, 1e-3):
        closes = [tick / scale for tick in whole]
        assert below_average(closes, kind, length).tolist() == expected.tolist()


@given(series, series, any_kind, any_length)
def test_later_bars_never_change_what_was_decided(closes, later, kind, length):
    """A decision looks at no bar after its own."""
    whole = below_average(closes + later, kind, length)

    assert below_average(closes, kind, length).tolist() == whole[: len(closes)].tolist()


@given(series, any_kind, any_length)
@example([0.1, 0.2, 0.4], SMA, 2)
@example([0.125, 0.25, 0.375], EMA, 2)
def test_the_last_bar_alone_decides_as_the_whole_series_does(closes, kind, length):
    """What live decisions use agrees with what the backtest uses, and with the fraction."""
    expected = signs_by_fractions(closes, kind, length)
    if not expected:
        with pytest.raises(InvalidValue, match=f"needs {length} closes, has {len(closes)}"):
            compare_to_average(closes, kind, length)
        return

    found = compare_to_average(closes, kind, length)
    assert found.side == expected[-1]
    assert bool(below_average(closes, kind, length)[-1]) == (expected[-1] < 0)
    average = exact_average(closes, kind, length)
    gap = Fraction(Decimal(repr(closes[-1]))) - average
    assert (gap > 0) - (gap < 0) == expected[-1]
    assert found.average == pytest.approx(float(average), rel=2e-15, abs=5e-324)
    assert kind is EMA or found.average == float(average)


@pytest.mark.parametrize("off_by", [-1, 0, 1])
@pytest.mark.parametrize("length", [2, 5, 20, 200])
def test_last_bar_that_floats_cannot_tell_is_settled_by_itself(length, off_by):
    """Neither the bar before it nor one of the first speaks for it."""
    planted = with_ema_ties(5, length, length + 12, off_by)
    for bars in range(length, len(planted) + 1):
        closes = [tick / 100 for tick in planted[:bars]]

        assert (
            compare_to_average(closes, EMA, length).side
            == (signs_by_fractions(closes, EMA, length)[-1])
        )


@pytest.mark.parametrize(
    ("closes", "length", "side"),
    [
        ([4e18, 5e18], 2, 1),
        ([5e18, 4e18], 2, -1),
        ([2.0**52 - 1] * 2047 + [2.0**52], 2048, 1),
        ([-4e18, -5e18], 2, -1),
    ],
)
def test_sums_that_64_bits_do_not_hold_are_right(closes, length, side):
    """By a little or by much: nothing wraps around."""
    assert sides_of_average(closes, SMA, length)[-1] == side
    assert compare_to_average(closes, SMA, length).side == side


def test_sides_take_a_byte_each():
    """A sweep holds millions of them."""
    assert sides_of_average([1.0, 2.0], SMA, 5).dtype == np.int8
    assert sides_of_average([1.0, 2.0], SMA, 2).dtype == np.int8


@given(st.lists(cents, min_size=3, max_size=30), st.integers(1, 3))
def test_exact_average_is_the_textbook_fraction(closes, length):
    """The EMA is alpha times the close plus the rest of the one before, from the SMA on."""
    quoted = [Fraction(Decimal(repr(close))) for close in closes]
    average = sum(quoted[:length], Fraction()) / length
    for price in quoted[length:]:
        average += Fraction(2, length + 1) * (price - average)

    assert exact_average(closes, EMA, length) == average
    assert exact_average(closes, SMA, length) == sum(quoted[-length:], Fraction()) / length


@pytest.mark.parametrize("kind", AverageKind)
@pytest.mark.parametrize("length", [1, 5, 200])
def test_constant_series_never_signals(kind, length):
    """A price that stands still equals its average on a hundred thousand bars."""
    assert not below_average(np.full(100_000, 12.34), kind, length).any()


@pytest.mark.parametrize("length", [5, 200])
def test_long_standstill_keeps_the_side_it_came_from(length):
    """After one tick down the close stays below its EMA for ever, above after one up."""
    lower = [10.01] * length + [10.0] * 20_000
    higher = [10.0] * length + [10.01] * 20_000

    assert below_average(lower, EMA, length)[length:].all()
    assert not below_average(higher, EMA, length).any()
    assert compare_to_average(higher, EMA, length).side == 1


def test_break_after_a_long_standstill_is_settled_beyond_any_float():
    """A close 10 ** -170 from its EMA is on the side that whole numbers say."""
    standstill = [10.0] * 1000 + [10.03, 10.01]

    assert_exact([9.99, *standstill], EMA, 5)
    assert_exact([10.01, *standstill], EMA, 5)
    assert signs_by_fractions([9.99, *standstill], EMA, 5)[-1] == 1
    assert signs_by_fractions([10.01, *standstill], EMA, 5)[-1] == -1


@pytest.mark.parametrize("length", range(2, 12))
def test_an_interval_too_wide_to_decide_is_made_narrower(monkeypatch, length):
    """Begun with a single binary place, the EMA's interval still ends on the right side."""
    monkeypatch.setattr("sellcore.exact_ema._FIRST_BITS", 1)
    monkeypatch.setattr("sellcore.exact_ema.error_bound", lambda *_: math.inf)
    rng = np.random.default_rng(length)

    for bars in rng.integers(length, length + 9, 100):
        assert_exact(rng.integers(1, 30, bars).tolist(), EMA, length)
    for off_by in (-1, 0, 1):
        planted = with_ema_ties(3, length, 4 * length + 60, off_by)
        assert_exact([tick / 100 for tick in planted], EMA, length)


def test_prices_of_seventeen_digits_and_of_extreme_sizes_are_exact():
    """Adjusted prices, denormals and the largest floats mix without a wrong cell."""
    rng = np.random.default_rng(4)
    adjusted = (rng.integers(2000, 9000, 300) / 100 * 0.971_234_567_890_12).tolist()
    extreme = [5e-324, 1.7e308, 0.01, 1e-300, 1.7e308, 5e-324, 5e-324] * 4
    large = (2.0**53 + 2.0 * rng.integers(0, 9, 80)).tolist()

    for closes in (adjusted, extreme, large):
        for kind in AverageKind:
            for length in (1, 2, 3, 5, 20, 50):
                assert_exact(closes, kind, length)


def test_whole_numbers_and_other_arrays_are_read_as_prices():
    """Integers, lists and strided views decide as the same prices in a plain array."""
    whole = np.array([[5, 1], [4, 1], [3, 1], [6, 1], [4, 1]])

    assert below_average(whole[:, 0], "sma", 3).tolist() == [False, False, True, False, True]
    assert below_average([5, 4, 3, 6, 4], "SMA", 3).tolist() == [False, False, True, False, True]
    assert below_average([], "EMA", 3).tolist() == []
    assert below_average([1.0, 2.0], "EMA", 3).tolist() == [False, False]


@pytest.mark.parametrize(
    ("closes", "kind", "length"),
    [
        ([1.0, float("nan")], SMA, 1),
        ([1.0, float("-inf")], EMA, 1),
        ([[1.0], [2.0]], SMA, 1),
        ([[1.0, 2.0], [2.0, 1.0]], EMA, 2),
        ([1.0], SMA, 0),
        ([1.0], "WMA", 1),
        (["x"], EMA, 1),
    ],
    ids=["nan", "inf", "two series", "two of two", "length zero", "unknown kind", "word"],
)
def test_what_cannot_be_decided_is_refused(closes, kind, length):
    """No number, no shape and no kind is guessed."""
    for decide in (below_average, compare_to_average, exact_average):
        with pytest.raises(InvalidValue):
            decide(closes, kind, length)


@pytest.mark.parametrize("kind", AverageKind)
def test_refusal_says_what_was_met_and_what_was_expected(kind):
    """The shape of one instrument's closes, and enough of them."""
    with pytest.raises(InvalidValue) as two:
        below_average([[1.0, 2.0, 3.0]], kind, 2)
    with pytest.raises(InvalidValue) as few:
        exact_average([1.0, 2.0], kind, 3)

    assert str(two.value) == "closes have shape (1, 3), expected (n,), one instrument"
    assert str(few.value) == f"{kind}(3) needs 3 closes, has 2"
