"""Rules over all tickers: which did best, counted by hand."""

import math
import statistics

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import rule

from sellcore.backtest import RuleReturns, deflated_sharpe
from sellcore.backtest.universe.ranking import ranking, standing, wins

RULES = (rule("SMA,5,D"), rule("SMA,20,D"), rule("EMA,10,D"))
RETURNS = st.lists(st.floats(-0.2, 0.2), min_size=2, max_size=40)


def returns_of(*rows: list[float]) -> RuleReturns:
    whole = np.array(rows)
    days = np.arange(whole.shape[1])
    return RuleReturns(RULES[: len(rows)], days, whole, whole[0], ("X:Y",), ())


def test_the_steadiest_gain_comes_first_and_a_flat_line_last() -> None:
    """The order is that of the Sharpe ratio; a rule that never traded has none."""
    found = ranking(returns_of([0.05, -0.04, 0.03], [0.01, 0.012, 0.011], [0.0, 0.0, 0.0]))

    assert [each.rule for each in found] == [RULES[1], RULES[0], RULES[2]]
    assert found[-1].sharpe is None


def test_cash_is_better_than_a_loss() -> None:
    """A rule that was out of the market all along comes before one that lost money in it."""
    returns = returns_of([0.01, -0.04, 0.01], [0.0, 0.0, 0.0], [0.03, -0.01, 0.01])
    found = ranking(returns)

    assert [each.rule for each in found] == [RULES[2], RULES[1], RULES[0]]
    worse = returns_of([0.01, -0.04, 0.01], [0.0, 0.0, 0.0])
    assert ranking(worse)[0].rule == RULES[deflated_sharpe(worse.returns).best] == RULES[1]


def test_of_rules_that_earned_alike_the_first_asked_for_comes_first() -> None:
    """As the measures of luck take it, which name the best by its place."""
    found = ranking(returns_of([0.01, 0.02], [0.01, 0.02], [0.03, 0.02]))

    assert [each.rule for each in found] == [RULES[2], RULES[0], RULES[1]]


@given(earned=RETURNS)
def test_figures_are_those_of_the_daily_returns(earned: list[float]) -> None:
    """Growth, its rate, deviation and the deepest fall, each by its formula."""
    found = standing(np.array(earned))

    growth, peak, fall = 1.0, 1.0, 0.0
    for each in earned:
        growth *= 1 + each
        peak = max(peak, growth)
        fall = max(fall, 1 - growth / peak)
    assert found.growth == pytest.approx(growth, rel=1e-12)
    assert found.cagr == pytest.approx(growth ** (252 / len(earned)) - 1, rel=1e-9, abs=1e-12)
    assert found.max_drawdown == pytest.approx(fall, abs=1e-12)
    spread = statistics.stdev(earned) * math.sqrt(252)
    assert found.volatility == pytest.approx(spread, rel=1e-9, abs=1e-12)


def test_wins_count_only_tickers_that_have_figures() -> None:
    """More than holding is a win, as much is none, and what has no figure is not counted."""
    assert wins([2.0, 1.0, math.nan, 0.5], [1.0, 1.0, 1.0, 1.0]) == (1, 3)
