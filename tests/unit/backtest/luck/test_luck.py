"""How likely the best rule is luck: answers known from print, from theory, or planted."""

import math

import numpy as np
import pytest

from sellcore.backtest.luck.deflated_sharpe import (
    deflated_sharpe,
    expected_best,
    probabilistic_sharpe,
)
from sellcore.backtest.luck.reality_check import reality_check
from sellcore.backtest.luck.trials import sharpe_ratios
from sellcore.backtest.luck.walk_forward import walk_forward
from sellcore.errors import InvalidValue


def noise(seed, rules=14, bars=500):
    """Return daily returns of rules that know nothing."""
    return np.random.default_rng(seed).normal(0, 0.01, (rules, bars))


def test_the_example_in_print_comes_out():
    """100 trials with a variance of 1/2, a Sharpe of 2.5 a year over 1,250 days: 0.90."""
    by_chance = expected_best(0.5 / 250, 100)
    found = probabilistic_sharpe(2.5 / math.sqrt(250), by_chance, 1_250, -3, 10)

    assert by_chance == pytest.approx(0.1132, abs=5e-5)
    assert found == pytest.approx(0.9004, abs=5e-5)


def test_the_expected_best_is_the_mean_best_of_many_draws():
    """Of 28 ratios drawn from one normal distribution, to two percent: it is a limit."""
    drawn = np.random.default_rng(1).normal(0, 0.3, (40_000, 28)).max(axis=1).mean()

    assert expected_best(0.09, 28) == pytest.approx(drawn, rel=0.02)


def test_an_even_chance_is_a_half():
    """A ratio equal to the threshold lies above it in half of all cases."""
    assert probabilistic_sharpe(0.07, 0.07, 900, -1, 8) == 0.5


def test_noise_is_not_taken_for_skill():
    """The best of 14 that know nothing passes 0.95 in one of ten runs at most."""
    passed = [deflated_sharpe(noise(seed)).probability > 0.95 for seed in range(200)]

    assert np.mean(passed) < 0.1


def test_a_planted_edge_is_found():
    """One rule that earns a Sharpe of 3 a year is named, and is no luck."""
    returns = noise(4, bars=1_500)
    returns[5] += 3 / math.sqrt(252) * 0.01
    found = deflated_sharpe(returns)
    check = reality_check(returns, np.zeros(1_500), np.random.default_rng(2), draws=500)

    assert (found.best, check.best) == (5, 5)
    assert found.probability > 0.99
    assert check.p_value < 0.01


def test_the_moments_are_those_of_the_best_rule():
    """Skewness and kurtosis of one rule, added up one return at a time."""
    returns = np.random.default_rng(8).gamma(2.0, 0.01, (3, 60)) - 0.015
    found = deflated_sharpe(returns)
    own = returns[found.best].tolist()
    mean = sum(own) / 60
    second, third, fourth = (sum((r - mean) ** k for r in own) / 60 for k in (2, 3, 4))
    sharpe = mean / math.sqrt(second * 60 / 59)
    ratios = [np.mean(row) / np.std(row, ddof=1) for row in returns]

    assert found.sharpe == pytest.approx(sharpe)
    assert found.by_chance == pytest.approx(expected_best(np.var(ratios, ddof=1), 3))
    assert found.probability == pytest.approx(
        probabilistic_sharpe(sharpe, found.by_chance, 60, third / second**1.5, fourth / second**2)
    )


def test_returns_that_come_in_runs_count_for_fewer_than_they_are():
    """Each one ten times in a row: a lead of one standard error happens in one of six histories."""
    once = np.random.default_rng(3).normal(0, 1, 100)
    once += 1 / math.sqrt(100) - once.mean()
    returns = np.repeat(once / once.std(), 10)[np.newaxis]

    def p_value(block):
        benchmark, generator = np.zeros(1_000), np.random.default_rng(5)
        return reality_check(returns, benchmark, generator, block=block).p_value

    assert p_value(50.0) == pytest.approx(0.16, abs=0.05)
    assert p_value(1.0) < 0.01  # as if they were a thousand


def test_p_values_of_noise_are_about_uniform():
    """Where no rule beats the benchmark, a p-value of 0.1 comes up about once in ten."""
    found = np.array(
        [
            reality_check(
                noise(seed, rules=5, bars=250),
                np.zeros(250),
                np.random.default_rng(seed),
                draws=200,
            ).p_value
            for seed in range(300)
        ]
    )

    for level in (0.1, 0.25, 0.5, 0.75, 0.9):
        assert np.mean(found <= level) == pytest.approx(level, abs=0.1)


def test_the_same_seed_gives_the_same_answer():
    """Luck is drawn by the caller's generator and nobody else."""
    told = [
        reality_check(noise(3), np.zeros(500), np.random.default_rng(7), draws=150)
        for _ in range(2)
    ]

    assert told[0] == told[1]


def test_the_benchmark_itself_is_no_lead():
    """A rule that is the benchmark leads by nothing, which is always reached."""
    benchmark = noise(1)[0]

    assert reality_check(
        benchmark[np.newaxis], benchmark, np.random.default_rng(1), draws=99
    ).p_value == pytest.approx(1.0)


def test_a_curve_that_never_moves_has_no_ratio():
    """Neither zero nor a constant return is divided by rounding."""
    assert sharpe_ratios(np.array([[0.0] * 9, [0.001] * 9])).tolist() == [0.0, 0.0]


@pytest.mark.parametrize(
    "returns",
    [np.zeros(5), np.zeros((1, 9)), np.zeros((3, 2)), np.full((3, 9), np.nan)],
    ids=["one rule", "one trial", "two bars", "nan"],
)
def test_what_cannot_be_judged_is_refused(returns):
    """In one line."""
    with pytest.raises(InvalidValue, match="return"):
        deflated_sharpe(returns)


def test_a_benchmark_of_another_length_is_refused():
    """Excess returns need a return of both for each bar."""
    with pytest.raises(InvalidValue, match="500 finite returns"):
        reality_check(noise(1), np.zeros(499), np.random.default_rng(1))


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_a_benchmark_with_a_hole_is_refused(hole):
    """Every excess behind it would be none, and no rule better than another."""
    benchmark = noise(1)[0]
    benchmark[7] = hole

    with pytest.raises(InvalidValue, match="500 finite returns"):
        reality_check(noise(2), benchmark, np.random.default_rng(1))


def test_a_table_is_read_rule_by_rule():
    """Columns of a data frame are bars here as well: the best rule is a row."""
    pandas = pytest.importorskip("pandas")
    returns = noise(4, rules=6, bars=50)
    frame = pandas.DataFrame(returns)

    assert deflated_sharpe(frame) == deflated_sharpe(returns)
    assert deflated_sharpe(returns.tolist()) == deflated_sharpe(returns)
    walked = walk_forward(frame, train=20, test=10)
    assert walked.returns.tolist() == walk_forward(returns, train=20, test=10).returns.tolist()
    seeds = [np.random.default_rng(1) for _ in range(2)]
    one, other = (
        reality_check(table, hold, seed, draws=50)
        for table, hold, seed in zip(
            (frame, returns), (pandas.Series(np.zeros(50)), np.zeros(50)), seeds, strict=True
        )
    )
    assert one == other


def test_a_generator_is_asked_for():
    """A seed alone is none; the line says how one is made."""
    with pytest.raises(InvalidValue, match=r"generator 1 is no numpy.*default_rng\(1\)"):
        reality_check(noise(1), np.zeros(500), 1)


def test_every_bar_is_drawn_as_often_as_any_other():
    """A stretch that reaches the end goes on at the beginning, so that no bar is preferred."""
    returns = np.zeros((1, 40))
    returns[0, -1] = 1.0  # with a history that stops at its end this one would be drawn too often
    others = np.zeros((1, 40))
    others[0, 5] = 1.0

    last, inner = (
        reality_check(each, np.zeros(40), np.random.default_rng(2), draws=4_000, block=20.0)
        for each in (returns, others)
    )

    assert last.p_value == pytest.approx(inner.p_value, abs=0.03)


def test_the_history_that_happened_is_one_of_them() -> None:
    """No draw does as well as a lead that never fails, and yet no chance is nothing."""
    held = np.array([0.01, -0.02, 0.03, 0.0, 0.01])

    found = reality_check(held[np.newaxis] + 0.01, held, np.random.default_rng(1), draws=99)

    assert found.p_value == pytest.approx(0.01)


@pytest.mark.parametrize("draws", [1, 99, 1_001])
def test_what_is_no_better_than_holding_is_always_reached(draws: int) -> None:
    """Each history counts once, however they are drawn."""
    held = np.array([0.01, -0.02, 0.03, 0.0, 0.01])

    found = reality_check(held[np.newaxis], held, np.random.default_rng(1), draws=draws)

    assert (found.p_value, found.draws) == (1.0, draws)


def test_the_worst_rule_is_never_the_best() -> None:
    """However far it lies from nothing."""
    small, bad = [0.01, -0.005, 0.01, 0.0], [-0.05, -0.051, -0.049, -0.05]

    assert deflated_sharpe(np.array([small, bad])).best == 0


def test_returns_that_are_all_one_have_no_ratio() -> None:
    """What rounding leaves of their spread is none: a tenth is no binary number."""
    assert sharpe_ratios(np.full((1, 7), 0.1)).tolist() == [0.0]


def test_returns_that_hardly_move_have_a_high_ratio_and_are_not_flat():
    """A hundredth of the mean is a spread; nothing at all is none."""
    steady = 0.01 + 0.00005 * (-1.0) ** np.arange(40)
    flat = np.full(40, 0.02)

    found = deflated_sharpe(np.array([flat, steady]))

    assert found.best == 1
    assert found.sharpe == pytest.approx(0.01 / np.std(steady, ddof=1))


@pytest.mark.parametrize("block", [0.0, 0.5, 0.999, -1.0, float("inf")])
def test_stretches_of_less_than_a_bar_are_refused(block):
    """A stretch that is drawn has a bar at least."""
    with pytest.raises(InvalidValue, match="must both be at least 1"):
        reality_check(np.ones((2, 9)), np.zeros(9), np.random.default_rng(1), block=block)
