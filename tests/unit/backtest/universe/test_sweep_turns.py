"""Where the columns of a sweep turn, and what they are worth, against a loop over single bars."""

import math

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import (
    SHARED,
    daily,
    plain_loop,
    plain_sides,
    real_days,
    real_hours,
)

from sellcore.backtest.assumptions import FREE, IB_FIXED, Assumptions, Costs, Entry, Fill
from sellcore.backtest.universe.block import blocks
from sellcore.backtest.universe.final_equity import final_equities
from sellcore.backtest.universe.turns import turns_of
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

CAPITAL = 10_000.0
ALL = [MovingAverageRule(kind, n, Timeframe.DAY) for kind in AverageKind for n in LENGTHS]
SHORT = [rule for rule in ALL if rule.required_bars <= 20]

PROPORTIONAL = Costs(per_share=0, percent=0.1, minimum=0, maximum_pct=None, slippage_bps=5)
ODD = Costs(fixed=0.3, per_share=0.01, percent=0.02, minimum=2.0, maximum_pct=0.5, slippage_bps=7)
EVERY_COST = {"free": FREE, "proportional": PROPORTIONAL, "ib": IB_FIXED, "odd": ODD}


def a_walk(seed, bars):
    """Return bars in cents whose closes often equal their averages."""
    rng = np.random.default_rng(seed)
    cents = np.maximum(1_000 + np.cumsum(rng.integers(-4, 5, bars)), 10)
    return daily((cents / 100).tolist(), ((cents + rng.integers(-3, 4, bars)) / 100).tolist())


def assert_worth(series, rules, assumptions):
    worth = final_equities(series, rules, assumptions)
    for row, bars in enumerate(series):
        for number, rule in enumerate(rules):
            counted = plain_loop(
                bars,
                rule,
                costs=assumptions.costs,
                reclaim=assumptions.entry is Entry.RECLAIM,
                same_close=assumptions.fill is Fill.SAME_CLOSE,
                whole=assumptions.whole_shares,
                capital=assumptions.capital,
            )
            expected = counted.equity[-1] if counted.equity else math.nan

            assert worth[row, number] == pytest.approx(expected, rel=1e-9, nan_ok=True)


@pytest.mark.parametrize("whole", [False, True], ids=["fractions", "whole shares"])
@pytest.mark.parametrize("costs", EVERY_COST.values(), ids=EVERY_COST)
@pytest.mark.parametrize("entry", Entry)
@pytest.mark.parametrize("fill", Fill)
def test_final_equity_equals_a_loop_over_single_bars(fill, entry, costs, whole):
    """Whatever is assumed, a sweep and one bar after the other come to the same."""
    assumptions = Assumptions(
        fill=fill, entry=entry, costs=costs, capital=CAPITAL, whole_shares=whole
    )

    assert_worth([a_walk(1, 130), a_walk(2, 90), a_walk(3, 128)], SHORT, assumptions)


def test_every_length_is_worth_what_the_loop_says():
    """The longest averages, with their warm-up, on a long history."""
    assumptions = Assumptions(entry=Entry.RECLAIM, capital=CAPITAL)

    assert_worth([a_walk(4, 700)], ALL, assumptions)


real = pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")


@real
@pytest.mark.parametrize("costs", [IB_FIXED, PROPORTIONAL], ids=["ib", "proportional"])
def test_real_days_are_worth_what_the_loop_says(costs):
    """Raw, adjusted and of six figures, side by side."""
    series = [
        real_days("daily/ibm_2000_2013_raw.parquet"),
        real_days("daily/aapl_2013_2018_splitadj.parquet"),
        real_days("daily/wiki_aapl_2014_adj.parquet"),
        real_days("daily/wiki_brk_a_2014_raw.parquet"),
    ]
    whole = costs is IB_FIXED

    assert_worth(series, ALL, Assumptions(entry=Entry.RECLAIM, costs=costs, whole_shares=whole))


@real
def test_real_hours_are_worth_what_the_loop_says():
    """Recorded by the broker's own feed."""
    rules = [evolve(rule, timeframe=Timeframe.HOUR) for rule in ALL]

    assert_worth([real_hours()], rules, Assumptions(entry=Entry.RECLAIM))


price = st.integers(1, 40).map(lambda ticks: ticks / 4)
histories = st.lists(st.tuples(price, price), min_size=1, max_size=40)


@settings(max_examples=100)
@given(
    st.lists(histories, min_size=1, max_size=3),
    st.sampled_from(Fill),
    st.sampled_from(Entry),
    st.sampled_from(sorted(EVERY_COST)),
    st.booleans(),
)
def test_wild_prices_are_worth_what_the_loop_says(rows, fill, entry, costs, whole):
    """Ties, short histories and money that buys nothing included."""
    series = [daily(*zip(*row, strict=True)) for row in rows]
    assumptions = Assumptions(
        fill=fill, entry=entry, costs=EVERY_COST[costs], capital=20.0, whole_shares=whole
    )

    assert_worth(series, SHORT, assumptions)


def test_no_turn_precedes_the_open_after_its_decision():
    """A column buys at the first decidable bar's open, and never turns on the bar it decides."""
    bars = a_walk(6, 200)
    for rule in SHORT:
        signs = list(plain_sides(bars.close.tolist(), str(rule.kind), rule.length))
        [block] = blocks([bars])
        turns = turns_of(block, [rule], Fill.NEXT_OPEN, Entry.RECLAIM)

        assert turns.bars[0] == rule.required_bars - 1
        assert [signs[bar - 1] for bar in turns.bars[1:].tolist()] == [
            (-1) ** (turn + 1) for turn in range(len(turns.bars) - 1)
        ]
        assert turns.prices.tolist() == bars.open[turns.bars].tolist()


def test_a_history_longer_than_a_block_is_a_block_of_its_own():
    """Hours of decades, or of what trades around the clock, are swept like any others."""
    cents = 1_000 + np.arange(41_000) % 7
    bars = daily((cents / 100).tolist())

    found = list(blocks([bars, bars]))

    assert [(block.rows.tolist(), block.counts.tolist()) for block in found] == [
        ([0], [41_000]),
        ([1], [41_000]),
    ]


def test_a_history_too_short_for_a_rule_is_never_bought():
    """An account that cannot decide does not begin."""
    bars = a_walk(7, 49)
    rule = MovingAverageRule(AverageKind.SMA, 50, Timeframe.DAY)
    [block] = blocks([bars])

    assert turns_of(block, [rule], Fill.NEXT_OPEN, Entry.RECLAIM).counts.tolist() == [0]


def test_the_first_decidable_bar_may_be_the_last():
    """It is bought at its open, and what it decides is never filled."""
    bars = daily([10.0] * 49 + [9.0], [10.0] * 50)
    rule = MovingAverageRule(AverageKind.SMA, 50, Timeframe.DAY)
    free = Assumptions(costs=FREE, capital=100.0)

    assert final_equities([bars], [rule], free).tolist() == [[90.0]]


def test_a_neighbour_changes_no_bit():
    """A column is worth the same, to the last bit, whatever stands beside it."""
    series = [a_walk(seed, 100 + 9 * seed) for seed in range(9)]
    assumptions = Assumptions(entry=Entry.RECLAIM, costs=PROPORTIONAL, whole_shares=False)
    together = final_equities(series, SHORT, assumptions)
    alone = [final_equities([bars], SHORT, assumptions)[0] for bars in series]

    assert together.tobytes() == np.array(alone).tobytes()
