"""Curves of a block: every bar, not only the last one."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtest_builders import daily, plain_loop, random_walk

from sellcore.backtest.assumptions import IB_FIXED, Assumptions, Costs, Entry
from sellcore.backtest.universe.block import blocks
from sellcore.backtest.universe.columns import columns_of
from sellcore.backtest.universe.curves import curve_parts, curves_of
from sellcore.backtest.universe.drawdown import drawdowns
from sellcore.backtest.universe.equity_curves import equity_curves
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

RULES = [
    MovingAverageRule(kind, length, Timeframe.DAY) for kind in AverageKind for length in LENGTHS
]
PROPORTIONAL = Costs(per_share=0, percent=0.1, minimum=0, maximum_pct=None)


def a_walk(seed, bars):
    opens, closes = random_walk(bars, seed)
    return daily(closes, opens)


@pytest.mark.parametrize(
    "assumptions",
    [
        Assumptions(entry=Entry.RECLAIM),
        Assumptions(entry=Entry.RECLAIM, costs=PROPORTIONAL, whole_shares=False),
    ],
    ids=["whole shares", "fractions"],
)
def test_every_bar_is_worth_what_the_loop_says(assumptions):
    """From the capital over each close to the last, and the same from there on."""
    series = [a_walk(1, 700), a_walk(2, 660), a_walk(3, 701)]
    [block] = blocks(series)
    [columns] = columns_of(series, [block], RULES, assumptions)
    equity = curves_of(block, columns, assumptions.capital).equity
    for number, rule in enumerate(RULES):
        for row, bars in enumerate(series):
            counted = plain_loop(
                bars,
                rule,
                costs=assumptions.costs,
                reclaim=True,
                same_close=False,
                whole=assumptions.whole_shares,
            )
            before = [assumptions.capital] * (len(bars) - len(counted.equity))
            expected = before + counted.equity
            found = equity[number, row]

            assert found[: len(bars)].tolist() == pytest.approx(expected, rel=1e-9)
            assert set(found[len(bars) :].tolist()) <= {found[len(bars) - 1]}


def test_what_is_invested_is_shares_at_the_close():
    """Nothing before the purchase, and never more than there is."""
    series = [a_walk(5, 300)]
    [block] = blocks(series)
    [columns] = columns_of(series, [block], RULES, Assumptions(costs=IB_FIXED))
    curves = curves_of(block, columns, 100_000.0)

    assert not curves.invested[0, 0, : RULES[0].required_bars - 1].any()
    assert np.all(curves.invested <= curves.equity)


def test_parts_are_the_whole():
    """A few rules at a time give the curves that all at once do, to the last bit."""
    series = [a_walk(seed, 1_000) for seed in range(20)]
    [block] = blocks(series)
    [columns] = columns_of(series, [block], RULES, Assumptions(entry=Entry.RECLAIM))
    whole = curves_of(block, columns, 100_000.0).equity
    parts = [(own, part.equity.copy()) for own, part in curve_parts(block, columns, 100_000.0)]

    assert len(parts) > 1
    assert [own.start for own, _ in parts] == [0, *(own.stop for own, _ in parts[:-1])]
    assert whole.tobytes() == np.concatenate([equity for _, equity in parts]).tobytes()


def test_curves_of_every_length_stand_in_the_order_asked_for():
    """Each like its own loop, capital without bars, and its last worth behind its end."""
    lengths = [700, 0, 300, 690, 1, 310, 40]
    series = [a_walk(seed, bars) for seed, bars in enumerate(lengths)]
    assumptions = Assumptions(entry=Entry.RECLAIM, costs=PROPORTIONAL, whole_shares=False)
    found = equity_curves(series, RULES, assumptions)

    assert found.equity.shape == (len(RULES), len(series), 700)
    for number, rule in enumerate(RULES):
        for row, bars in enumerate(series):
            counted = (
                []
                if not len(bars)
                else plain_loop(
                    bars, rule, costs=PROPORTIONAL, reclaim=True, same_close=False, whole=False
                ).equity
            )
            own = [assumptions.capital] * (len(bars) - len(counted)) + list(counted)
            expected = own + (own or [assumptions.capital])[-1:] * (700 - len(own))

            assert found.equity[number, row].tolist() == pytest.approx(expected, rel=1e-9)
            assert found.drawdown[number, row] == pytest.approx(
                deepest_fall(expected), rel=1e-9, abs=1e-12
            )


def test_no_series_have_no_curves():
    """Nothing is asked, and nothing comes of it."""
    found = equity_curves([], RULES, Assumptions())

    assert (found.equity.shape, found.drawdown.shape) == ((len(RULES), 0, 0), (len(RULES), 0))


def deepest_fall(equity):
    """Return the deepest fall from a peak, one bar after the other."""
    peak, deepest = equity[0], 0.0
    for worth in equity:
        peak = max(peak, worth)
        deepest = max(deepest, 1 - worth / peak)
    return deepest


worths = st.lists(st.floats(1, 1e6), min_size=1, max_size=200)


@given(st.lists(worths, min_size=1, max_size=3), st.integers(1, 4))
def test_drawdowns_are_the_deepest_falls(rows, lanes):
    """Wherever peak and trough lie, within a stretch of 128 bars or far apart."""
    width = 128 * max(lanes, -(-max(map(len, rows)) // 128))
    equity = np.array([(row * width)[:width] for row in rows])

    assert drawdowns(equity).tolist() == pytest.approx(
        [deepest_fall(row) for row in equity.tolist()], rel=1e-12, abs=1e-15
    )


@given(st.lists(st.floats(-0.2, 0.2), min_size=384, max_size=384), st.integers(0, 383))
def test_a_fall_to_nothing_and_below_is_one(steps, where):
    """An account that owes more than it has fell by more than all of it."""
    equity = 1e4 * np.exp(np.cumsum(np.array(steps) / 10))
    equity[where:] = -0.5 * equity[0]
    if where == 0:
        equity[0] = 1e4

    assert drawdowns(equity[np.newaxis])[0] == pytest.approx(deepest_fall(equity.tolist()))
