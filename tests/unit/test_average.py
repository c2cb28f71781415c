"""The float averages against exact fractions, worked out here in the plainest way."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.average import averages, ema, sma
from sellcore.errors import InvalidValue
from sellcore.rule import LENGTHS, AverageKind

TOLERANCE = Fraction(1, 10**15)

prices = st.one_of(
    st.floats(min_value=1e-6, max_value=1e7),
    st.integers(1, 10**6).map(lambda cents: cents / 100),
    st.integers(1, 10**5).map(lambda parts: parts / 10_000),
    st.sampled_from([0.0001, 0.1, 715_000.01, 812_345.67]),
)
series = st.lists(prices, max_size=120)
any_length = st.one_of(st.integers(1, 130), st.sampled_from(LENGTHS))
any_kind = st.sampled_from(AverageKind)


def fractions_of(closes: list[float], kind: AverageKind, length: int) -> list[Fraction | None]:
    """Return the exact average at each bar, None in the warm-up."""
    exact = [Fraction(close) for close in closes]
    averages: list[Fraction | None] = []
    for bar, close in enumerate(exact):
        if bar < length - 1:
            averages.append(None)
        elif bar == length - 1 or kind is AverageKind.SMA:
            averages.append(sum(exact[bar - length + 1 : bar + 1], Fraction()) / length)
        else:
            averages.append(averages[-1] + Fraction(2, length + 1) * (close - averages[-1]))
    return averages


def assert_close(found: np.ndarray, expected: list[Fraction | None]) -> None:
    """Compare each value with its fraction, and NaN with None."""
    assert len(found) == len(expected)
    for value, fraction in zip(found.tolist(), expected, strict=True):
        if fraction is None:
            assert np.isnan(value)
        else:
            assert abs(Fraction(value) - fraction) <= TOLERANCE * fraction


@given(series, any_kind, any_length)
def test_average_is_within_1e15_of_the_fraction(closes, kind, length):
    """Every value of both kinds, for any length, lies within 1e-15 of the exact one."""
    found = averages(closes, kind, (length,))[0]

    assert_close(found, fractions_of(closes, kind, length))


@pytest.mark.parametrize("kind", AverageKind)
@pytest.mark.parametrize("length", [*LENGTHS, 1, 2, 12, 13, 64, 333, 1000])
@pytest.mark.parametrize("start", [0.013, 47.11, 812_345.67])
def test_long_history_stays_within_1e15(kind, length, start):
    """A thousand bars later the error is no larger, at any price."""
    steps = np.random.default_rng(length).normal(0, 0.02, 1200)
    closes = (start * np.exp(np.cumsum(steps))).tolist()

    assert_close(averages(closes, kind, (length,))[0], fractions_of(closes, kind, length))


@pytest.mark.parametrize("length", [*LENGTHS, 119, 125, 157, 266, 1000])
def test_constant_series_keeps_its_price_for_thousands_of_bars(length):
    """Roundings that fall the same way on every bar do not add up, whatever the price."""
    price = np.random.default_rng(length).uniform(1, 2, 60)
    closes = np.repeat(price[:, np.newaxis], 3000, axis=1)

    for kind in AverageKind:
        tail = averages(closes, kind, (length,))[0, :, length - 1 :]

        assert np.max(np.abs(tail - closes[:, length - 1 :]) / price[:, np.newaxis]) <= 1e-15


@given(st.integers(0, 5), st.integers(0, 40), any_kind, st.lists(any_length, max_size=4))
def test_rows_and_lengths_do_not_touch_each_other(rows, bars, kind, lengths):
    """A row of a batch has the value it has alone, in the shape promised."""
    closes = np.random.default_rng(rows * 41 + bars).uniform(1, 99, (rows, bars))

    found = averages(closes, kind, lengths)

    assert found.shape == (len(lengths), rows, bars)
    for i, length in enumerate(lengths):
        for row in range(rows):
            alone = averages(closes[row], kind, (length,))[0]
            np.testing.assert_allclose(found[i, row], alone, rtol=1e-15)


def test_batches_larger_than_a_tile_agree_with_single_rows():
    """Where tiles meet, no value is lost and none leaks from row to row."""
    closes = np.random.default_rng(1).uniform(1, 99, (70, 2017))

    for kind in AverageKind:
        found = averages(closes, kind)

        for row in (0, 1, 15, 16, 17, 33, 48, 69):
            np.testing.assert_allclose(found[:, row], averages(closes[row], kind), rtol=1e-15)


def test_a_history_larger_than_a_tile_is_averaged_as_a_whole():
    """One series alone, and each of several: bars of minutes reach that far."""
    closes = 50 + np.arange(200_100) % 11 / 4

    rows = ema(np.stack([closes, closes + 1]), 20)

    average = float(np.mean(closes[:20]))
    for close in closes[20:].tolist():
        average += 2 / 21 * (close - average)
    assert rows[:, -1] == pytest.approx([average, average + 1], rel=1e-12)
    np.testing.assert_allclose(ema(closes, 20), rows[0], rtol=1e-14)


def test_row_order_and_strides_of_the_input_do_not_matter():
    """Views, other number types and lists give what a plain array gives."""
    wide = np.random.default_rng(2).integers(1, 1000, (60, 8))
    plain = np.ascontiguousarray(wide.T, dtype=np.float64)

    for kind in AverageKind:
        expected = averages(plain, kind, (5, 20))

        np.testing.assert_array_equal(averages(wide.T, kind, (5, 20)), expected)
        np.testing.assert_array_equal(averages(plain.tolist(), kind, (5, 20)), expected)
        np.testing.assert_array_equal(averages(wide[::-1].T[:, ::-1], kind, (5, 20)), expected)


def test_hand_made_table_of_both_averages():
    """Small numbers that anyone can check on paper."""
    closes = [1.0, 2.0, 6.0, 3.0, 3.0]

    np.testing.assert_allclose(sma(closes, 3), [np.nan, np.nan, 3.0, 11 / 3, 4.0])
    np.testing.assert_allclose(ema(closes, 3), [np.nan, np.nan, 3.0, 3.0, 3.0])
    np.testing.assert_allclose(ema(closes, 2), [np.nan, 1.5, 4.5, 3.5, 19 / 6])


def test_length_one_is_the_close_itself():
    """An average over one bar is that bar."""
    closes = np.array([3.1, 0.7, 2e6])

    np.testing.assert_array_equal(sma(closes, 1), closes)
    np.testing.assert_array_equal(ema(closes, 1), closes)


def test_shapes_without_bars_and_windows_beyond_the_history():
    """Too little history is NaN throughout, none is an empty array."""
    for kind in AverageKind:
        assert averages([], kind).shape == (7, 0)
        assert averages(np.empty((0, 9)), kind).shape == (7, 0, 9)
        assert averages(np.empty((3, 0)), kind).shape == (7, 3, 0)
        assert np.isnan(averages([1.0, 2.0], kind, (3, 10**12))).all()


def test_prices_near_the_largest_float_do_not_overflow():
    """The mean of representable prices is representable."""
    largest = np.finfo(np.float64).max
    closes = [largest] * 30

    for kind in AverageKind:
        np.testing.assert_allclose(averages(closes, kind, (5,))[0, 4:], largest, rtol=1e-15)


def test_reused_output_holds_the_same_values():
    """What the memory held before leaves no trace."""
    closes = np.random.default_rng(3).uniform(1, 99, (4, 100))
    out = np.full((7, 4, 100), 77.0)

    for kind in AverageKind:
        returned = averages(closes, kind, out=out)

        assert returned is out
        np.testing.assert_array_equal(out, averages(closes, kind))


@pytest.mark.parametrize(
    ("closes", "length"),
    [
        ([1.0, float("nan")], 1),
        ([[1.0], [float("inf")]], 1),
        ([1.0, 2.0], 0),
        ([1.0, 2.0], -5),
        ([1.0, 2.0], 2.5),
        (1.0, 1),
        (["ten"], 1),
        ([[1.0, 2.0], [3.0]], 1),
        ([1j], 1),
        (None, 1),
    ],
    ids=["nan", "inf", "zero", "negative", "half", "scalar", "word", "ragged", "complex", "none"],
)
def test_what_is_no_price_or_no_length_is_refused(closes, length):
    """Nothing that cannot be averaged yields a number."""
    for average in (sma, ema):
        with pytest.raises(InvalidValue):
            average(closes, length)


def test_unknown_kind_and_unfit_output_are_refused():
    """A word that is no kind, and memory of another shape or type, raise at once."""
    with pytest.raises(InvalidValue, match="WMA"):
        averages([1.0], "WMA")
    with pytest.raises(InvalidValue, match=r"\(7, 2\)"):
        averages([1.0, 2.0], "SMA", out=np.empty((7, 3)))
    with pytest.raises(InvalidValue, match="float64"):
        averages([1.0, 2.0], "ema", out=np.empty((7, 2), dtype=np.float32))
