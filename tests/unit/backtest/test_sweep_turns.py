"""Where the columns of a sweep turn, and what they are worth, against a loop over single bars."""

import math
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellcore.backtest.assumptions import FREE, IB_FIXED, Assumptions, Costs, Entry, Fill
from sellcore.backtest.block import blocks
from sellcore.backtest.columns import final_equities
from sellcore.backtest.turns import turns_of
from sellcore.bar import BarSeries
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

DAY = 86_400
CAPITAL = 10_000.0
ALL = [MovingAverageRule(kind, n, Timeframe.DAY) for kind in AverageKind for n in LENGTHS]
SHORT = [rule for rule in ALL if rule.required_bars <= 20]

PROPORTIONAL = Costs(per_share=0, percent=0.1, minimum=0, maximum_pct=None, slippage_bps=5)
ODD = Costs(fixed=0.3, per_share=0.01, percent=0.02, minimum=2.0, maximum_pct=0.5, slippage_bps=7)
EVERY_COST = {"free": FREE, "proportional": PROPORTIONAL, "ib": IB_FIXED, "odd": ODD}


def bars_of(opens, closes):
    start = np.arange(len(opens)) * DAY
    return BarSeries(start, start + DAY, opens, closes, closes, closes, closes)


def a_walk(seed, bars):
    """Return bars in cents whose closes often equal their averages."""
    rng = np.random.default_rng(seed)
    cents = 1_000 + np.cumsum(rng.integers(-4, 5, bars))
    return bars_of(
        np.maximum(cents + rng.integers(-3, 4, bars), 1) / 100, np.maximum(cents, 1) / 100
    )


def sides_by_fractions(closes, rule):
    """Return -1, 0, 1 for each bar that can be decided, by fractions alone."""
    quoted = [Fraction(Decimal(repr(close))) for close in closes]
    n, signs = rule.length, {}
    average = sum(quoted[:n]) / n
    for bar in range(n - 1, len(quoted)):
        if rule.kind is AverageKind.SMA:
            average = sum(quoted[bar + 1 - n : bar + 1]) / n
        elif bar >= n:
            average += Fraction(2, n + 1) * (quoted[bar] - average)
        if bar + 1 >= rule.required_bars:
            signs[bar] = (quoted[bar] > average) - (quoted[bar] < average)
    return signs


def bought(budget, price, costs, whole):
    """Return the most shares that a budget pays for, found by trying."""
    step = 1.0 if whole else 2.0**-40
    low, high = 0, int(budget / price / step) + 2
    while high - low > 1:
        middle = (low + high) // 2
        shares = middle * step
        if shares * price + commission(shares, price, costs) <= budget:
            low = middle
        else:
            high = middle
    return low * step


def commission(shares, price, costs):
    value = shares * price
    if value == 0:
        return 0.0
    asked = costs.fixed + costs.per_share * shares + costs.percent * value / 100
    asked = costs.minimum if asked < costs.minimum else asked
    most = float("inf") if costs.maximum_pct is None else costs.maximum_pct * value / 100
    return most if asked > most else asked


def equity_bar_by_bar(bars, rule, assumptions):
    """Return the equity at each close from the first decidable bar on, one bar at a time."""
    costs, opens, closes = assumptions.costs, bars.open.tolist(), bars.close.tolist()
    signs = sides_by_fractions(closes, rule)
    cash, shares, wanted, equity = assumptions.capital, 0.0, None, []
    for bar in range(len(closes)):
        if bar not in signs:
            continue
        if not equity:
            price = opens[bar] * (1 + costs.slippage_bps / 10_000)
            shares = bought(cash, price, costs, assumptions.whole_shares)
            cash -= shares * price + commission(shares, price, costs)
        if assumptions.fill is Fill.SAME_CLOSE:
            wanted = signs[bar] or None
        where = opens if assumptions.fill is Fill.NEXT_OPEN else closes
        if wanted == -1 and shares:
            price = where[bar] * (1 - costs.slippage_bps / 10_000)
            cash += shares * price - commission(shares, price, costs)
            shares = 0.0
        elif wanted == 1 and not shares and assumptions.entry is Entry.RECLAIM:
            price = where[bar] * (1 + costs.slippage_bps / 10_000)
            shares = bought(cash, price, costs, assumptions.whole_shares)
            cash -= shares * price + commission(shares, price, costs)
        equity.append(cash + shares * closes[bar])
        wanted = signs[bar] or None
    return equity


def assert_worth(series, rules, assumptions):
    worth = final_equities(series, rules, assumptions)
    for row, bars in enumerate(series):
        for number, rule in enumerate(rules):
            equity = equity_bar_by_bar(bars, rule, assumptions)
            expected = equity[-1] if equity else math.nan

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
    series = [bars_of(*zip(*row, strict=True)) for row in rows]
    assumptions = Assumptions(
        fill=fill, entry=entry, costs=EVERY_COST[costs], capital=20.0, whole_shares=whole
    )

    assert_worth(series, SHORT, assumptions)


def test_no_turn_precedes_the_open_after_its_decision():
    """A column buys at the first decidable bar's open, and never turns on the bar it decides."""
    bars = a_walk(6, 200)
    for rule in SHORT:
        signs = sides_by_fractions(bars.close.tolist(), rule)
        [block] = blocks([bars])
        turns = turns_of(block, [rule], Fill.NEXT_OPEN, Entry.RECLAIM)

        assert turns.bars[0] == rule.required_bars - 1
        assert [signs[bar - 1] for bar in turns.bars[1:].tolist()] == [
            (-1) ** (turn + 1) for turn in range(len(turns.bars) - 1)
        ]
        assert turns.prices.tolist() == bars.open[turns.bars].tolist()


def test_a_history_too_short_for_a_rule_is_never_bought():
    """An account that cannot decide does not begin."""
    bars = a_walk(7, 49)
    rule = MovingAverageRule(AverageKind.SMA, 50, Timeframe.DAY)
    [block] = blocks([bars])

    assert turns_of(block, [rule], Fill.NEXT_OPEN, Entry.RECLAIM).counts.tolist() == [0]


def test_the_first_decidable_bar_may_be_the_last():
    """It is bought at its open, and what it decides is never filled."""
    bars = bars_of([10.0] * 50, [10.0] * 49 + [9.0])
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
