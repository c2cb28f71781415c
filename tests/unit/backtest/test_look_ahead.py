"""A decision that peeks is found and named by its bar; ours are found clean."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import SHARED, daily, hourly, random_walk, real_days
from tests.builders import rule

from sellcore import BarSeries, MovingAverageRule, below_average, sma
from sellcore.backtest import against_live, look_ahead
from sellcore.backtest.decisions import sides
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso

SMA5 = rule("SMA,5,D")


def shifted_closes(bars: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
    """Decide on the next bar's close; the last bar has only its own."""
    closes = np.append(bars.close[1:], bars.close[-1])
    return below_average(closes, wanted.kind, wanted.length)


def centred_average(bars: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
    """Compare with an average that reaches two bars into the future."""
    average = np.full(len(bars), np.nan)
    for row in range(len(bars)):
        average[row] = np.mean(bars.close[max(0, row - 2) : row + 3])
    return bars.close < average


def next_open(bars: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
    """Sell where the next bar opens lower."""
    opens = np.append(bars.open[1:], bars.close[-1])
    return (bars.close < sma(bars.close, wanted.length)) & (opens < bars.close)


def scaled_by_the_whole(bars: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
    """Compare with the mean of a history that nobody knows yet."""
    return bars.close < np.mean(bars.close)


PEEKS = [shifted_closes, centred_average, next_open, scaled_by_the_whole]


@pytest.mark.parametrize("decide", PEEKS)
def test_a_planted_peek_is_caught_and_its_bars_are_named(decide: object) -> None:
    """Each bar on which the test itself sees another decision is named, with its time."""
    opens, closes = random_walk(120, 5)
    bars = daily(closes, opens)
    whole = np.asarray(decide(bars, SMA5))
    changed = {
        row
        for known in range(len(bars))
        for row in range(known + 1)
        if decide(bars[: known + 1], SMA5)[row] != whole[row]
    }

    found = look_ahead(decide, bars, SMA5)

    assert len(changed) > 5
    assert {peek.row for peek in found.peeks} == changed
    assert not found.clean
    first = found.peeks[0]
    assert first.bar_end == int(bars.end[first.row])
    assert f"bar {first.row}, ending {iso(from_epoch(first.bar_end))}: " in str(first)


def test_a_peek_of_one_bar_is_caught_by_one_bar() -> None:
    """A single bar whose decision knows the next: that bar is named, no other."""

    def sly(bars: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
        decided = sides(bars, wanted)
        if len(bars) > 31 and bars.close[31] < bars.close[30]:
            decided[30] = -9
        return decided

    closes = random_walk(60, 3)[1]
    closes[31] = closes[30] - 1

    found = look_ahead(sly, daily(closes), SMA5)

    assert [(peek.row, peek.whole, peek.known) for peek in found.peeks] == [(30, -9, 30)]


@settings(max_examples=30)
@given(
    st.lists(st.integers(990, 1_010), min_size=30, max_size=60),
    st.sampled_from(["SMA,5,D", "SMA,20,D", "EMA,5,D"]),
)
def test_our_decisions_never_look_ahead(cents: list[int], text: str) -> None:
    """Neither with the future cut off, nor beside the live rule, ties included."""
    bars, wanted = daily([value / 10 for value in cents]), rule(text)

    assert look_ahead(sides, bars, wanted).clean
    assert against_live(bars, wanted).clean


@pytest.mark.parametrize("text", ["SMA,10,1H", "EMA,10,1H"])
def test_warm_up_is_counted(text: str) -> None:
    """Bars that the rule cannot decide are counted apart."""
    bars, wanted = hourly(random_walk(80, 1)[1]), rule(text)
    warm_up = wanted.required_bars - 1

    cut, live = look_ahead(sides, bars, wanted), against_live(bars, wanted)

    assert (cut.bars, cut.warm_up) == (80, warm_up)
    assert (live.bars, live.warm_up) == (80 - warm_up, warm_up)


def test_nothing_is_decided_in_the_warm_up() -> None:
    """An EMA has values there, and its seed still weighs too much."""
    wanted = rule("EMA,10,D")
    falling = [100.0 - row for row in range(wanted.required_bars + 1)]

    decided = sides(daily(falling), wanted)

    assert decided.tolist() == [0] * (wanted.required_bars - 1) + [-1, -1]


def test_a_decision_that_differs_from_the_live_rule_is_named() -> None:
    """A rule that takes equal for below is another rule."""

    def below_or_equal(bars: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
        return -(sides(bars, wanted) <= 0).astype(int)

    found = against_live(daily([10.0] * 7 + [9.0]), SMA5, below_or_equal)

    assert [(peek.row, peek.whole, peek.cut) for peek in found.peeks] == [
        (row, "signal", "hold") for row in (4, 5, 6)
    ]


def test_the_least_that_was_known_is_told_whatever_the_order() -> None:
    """A bar is told of once: with the first cut at which its decision changed."""
    bars = daily([100.0 + row for row in range(100)])

    found = look_ahead(lambda b, r: b.close - b.close.mean(), bars, SMA5, rows=[90, 70, 80])

    assert [peek.row for peek in found.peeks] == list(range(91))
    assert {peek.known for peek in found.peeks[:71]} == {70}
    assert {peek.known for peek in found.peeks[71:81]} == {80}


def test_only_the_bars_that_are_asked_for_are_cut_behind() -> None:
    """A long history can be sampled."""
    bars = daily(random_walk(100, 2)[1])

    found = look_ahead(shifted_closes, bars, SMA5, rows=[99, 50, 50])

    assert found.bars == 2
    assert {peek.row for peek in found.peeks} <= {50}


def test_decisions_of_another_shape_are_refused() -> None:
    """One value for each bar is what can be compared."""
    with pytest.raises(InvalidValue, match=r"shape \(7,\); give one for each bar"):
        look_ahead(lambda bars, _: bars.close[1:], daily([10.0] * 8), SMA5)


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")
def test_real_days_are_decided_as_live_decides_them() -> None:
    """Every bar of three years of IBM, given to the live rule as the last one known."""
    bars = real_days("daily/ibm_2000_2013_raw.parquet")[:750]

    for text in ("SMA,20,D", "EMA,20,D"):
        assert against_live(bars, rule(text)).clean


def test_no_value_is_the_same_as_no_value() -> None:
    """A decision that has no number in its warm-up does not peek."""
    bars = daily([10.0 + row % 7 for row in range(30)])

    def distance(known: BarSeries, wanted: MovingAverageRule) -> np.ndarray:
        return known.close / sma(known.close, wanted.length) - 1

    assert np.isnan(distance(bars, SMA5)).any()
    assert look_ahead(distance, bars, SMA5).clean
