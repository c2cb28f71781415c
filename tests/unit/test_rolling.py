"""One bar at a time gives what the whole history gives."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellcore.average import averages
from sellcore.errors import InvalidValue
from sellcore.rolling import RollingAverages
from sellcore.rule import LENGTHS, AverageKind

SMA, EMA = AverageKind.SMA, AverageKind.EMA

prices = st.one_of(
    st.integers(1, 10**6).map(lambda ticks: ticks / 100),
    st.integers(1, 10**6).map(lambda ticks: ticks / 10_000),
    st.floats(min_value=1e-4, max_value=1e6),
)


def assert_agrees(rolling: RollingAverages, histories: list[list[float]]) -> None:
    """Compare both kinds with the batch over each whole history, to 1e-12."""
    assert rolling.bars.tolist() == [len(closes) for closes in histories]
    for row, closes in enumerate(histories):
        for kind, found in ((SMA, rolling.sma), (EMA, rolling.ema)):
            expected = averages(closes, kind)[:, -1] if closes else np.full(len(LENGTHS), np.nan)
            np.testing.assert_allclose(found[:, row], expected, rtol=1e-12)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_order_of_bars_agrees_with_the_whole_history(data):
    """Whatever series get bars, in whatever order, both averages match the batch."""
    counts = data.draw(st.lists(st.sampled_from([0, 1, 4, 5, 48, 199, 200, 260]), min_size=1))
    seed = data.draw(st.integers(0, 10**6))
    walk = np.random.default_rng(seed).integers(500, 1500, (len(counts), 260)) / 100
    histories = [row[:count].tolist() for row, count in zip(walk, counts, strict=True)]
    rolling = RollingAverages.start([np.array(closes) for closes in histories])
    assert_agrees(rolling, histories)

    every = st.lists(st.integers(0, len(counts) - 1), unique=True)
    for rows in data.draw(st.lists(every, min_size=1, max_size=8)):
        closes = [data.draw(prices) for _ in rows]
        rolling.add(np.array(rows, dtype=np.int64), closes)
        for row, close in zip(rows, closes, strict=True):
            histories[row].append(close)

        assert_agrees(rolling, histories)


def test_from_the_first_bar_on_every_average_appears_when_it_can():
    """Warm-up is NaN until the window is full, then the batch's value, bar by bar."""
    walk = np.random.default_rng(5).integers(900, 1100, (3, 420)) / 100
    rolling = RollingAverages.start([[], [], []])

    for bar in range(walk.shape[1]):
        rolling.add([0, 1, 2], walk[:, bar])
        assert np.isnan(rolling.sma[:, 0]).tolist() == [bar + 1 < length for length in LENGTHS]
        if bar % 7 == 0 or bar in (4, 5, 198, 199, 200, 255, 256, 257):
            assert_agrees(rolling, walk[:, : bar + 1].tolist())


def test_finer_prices_and_prices_beyond_any_tick_are_taken_in():
    """Cents, then mills, then seventeen digits, then cents again: no value is lost."""
    rng = np.random.default_rng(6)
    history = (rng.integers(900, 1100, 230) / 100).tolist()
    later = [9.995, 9.9951, 1e-7, 10.02 * 0.971_234_567_890_12, 812_345.67, 10.01]
    later += history
    rolling = RollingAverages.start([history, history[:3]])
    histories = [list(history), history[:3]]

    for close in later:
        rolling.add([0, 1], [close, close])
        for closes in histories:
            closes.append(close)
        assert_agrees(rolling, histories)


def test_prices_too_large_for_their_ticks_do_not_wrap_around():
    """Cents, then two hundred prices whose cents would overflow 64 bits when added up."""
    history = [9.99, 10.01] * 150
    rolling = RollingAverages.start([history])

    for _ in range(210):
        history.append(1e15)
        rolling.add([0], history[-1:])

    assert_agrees(rolling, [history])


def test_ten_thousand_bars_later_nothing_has_drifted():
    """The SMA is the fraction rounded; the EMA is within 1e-12 of the batch."""
    rng = np.random.default_rng(7)
    walk = np.round(500 * np.exp(np.cumsum(rng.normal(0, 0.01, (2, 10_000)), axis=1)), 2)
    rolling = RollingAverages.start(walk[:, :300])

    for bar in range(300, walk.shape[1]):
        rolling.add([0, 1], walk[:, bar])

    window = [Fraction(Decimal(repr(close))) for close in walk[0, -200:].tolist()]
    assert float(sum(window) / 200) == pytest.approx(rolling.sma[-1, 0], rel=1e-15)
    assert_agrees(rolling, walk.tolist())


def test_rows_that_got_no_bar_keep_their_averages():
    """A bar of one series leaves the others alone."""
    rolling = RollingAverages.start(np.arange(1.0, 901.0).reshape(3, 300))
    before = rolling.sma.copy(), rolling.ema.copy()

    rolling.add([1], [7.0])
    rolling.add([], [])

    for kept, now in zip(before, (rolling.sma, rolling.ema), strict=True):
        np.testing.assert_array_equal(now[:, [0, 2]], kept[:, [0, 2]])
        assert (now[:, 1] < kept[:, 1]).all()


def test_averages_cannot_be_written_from_outside():
    """What add computed is not changed by a slip of the caller."""
    rolling = RollingAverages.start([[1.0]])

    for values in (rolling.sma, rolling.ema):
        with pytest.raises(ValueError, match="read-only"):
            values[0, 0] = 1.0


@pytest.mark.parametrize(
    ("rows", "closes"),
    [
        ([0, 0], [1.0, 2.0]),
        ([2], [1.0]),
        ([-1], [1.0]),
        ([0.0], [1.0]),
        ([0], [float("nan")]),
        ([0], [1.7e308]),
        ([0, 1], [1.0]),
        (0, 1.0),
    ],
    ids=["twice", "beyond", "negative", "no index", "nan", "too large", "shapes", "scalar"],
)
def test_a_bad_bar_is_refused_and_nothing_is_taken_in(rows, closes):
    """After a refusal every series is as it was."""
    rolling = RollingAverages.start([[1.0] * 5, [2.0] * 5])

    with pytest.raises(InvalidValue):
        rolling.add(rows, closes)

    assert_agrees(rolling, [[1.0] * 5, [2.0] * 5])


def test_history_that_is_no_price_is_refused():
    """A NaN, or a single number for a series, cannot begin anything."""
    with pytest.raises(InvalidValue):
        RollingAverages.start([[1.0], [float("nan")]])
    with pytest.raises(InvalidValue):
        RollingAverages.start([1.0, 2.0])
