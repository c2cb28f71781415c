"""
How likely the best of many rules is luck.

Whoever tries 28 rules finds a good one among them even where none is. Two measures
say how good the best of so many would look by chance alone: the deflated Sharpe
ratio, from a few moments, and White's reality check, by drawing histories anew.
"""

import math
from statistics import NormalDist

import numpy as np
from attrs import frozen

from sellcore.bar import Floats
from sellcore.errors import InvalidValue

EULER_GAMMA = 0.577_215_664_901_532_9

BLOCK = 10.0
"""Mean length of the stretches that are drawn, in returns: two weeks of days."""

DRAWS = 2_000
"""Histories drawn anew: the probability is then known to about one in a hundred."""

_AT_ONCE = 100
"""Histories drawn in one piece, so that memory does not follow their number."""

_LEAST = 3
"""Returns, below which nothing can be said."""

_NORMAL = NormalDist()


@frozen
class DeflatedSharpe:
    """
    The best of several rules, beside what chance would make of as many.

    Attributes:
        best: Which rule it is, from 0.
        sharpe: Its Sharpe ratio, a bar (not a year).
        by_chance: The best Sharpe ratio expected of as many rules without any skill.
        probability: That the true ratio lies above that: the deflated Sharpe ratio.
            0.95 and more is called significant.
        trials: How many rules were tried.
        bars: Returns of each.
    """

    best: int
    sharpe: float
    by_chance: float
    probability: float
    trials: int
    bars: int


@frozen
class RealityCheck:
    """
    The best of several rules against a benchmark, and against luck.

    Attributes:
        best: Which rule it is, from 0.
        excess: Its mean return above the benchmark's, a bar.
        p_value: How likely a best as good as that is where no rule beats the benchmark.
            0.05 and below is called significant.
        draws: How many histories were drawn.
        block: Mean length of the stretches they are made of.
    """

    best: int
    excess: float
    p_value: float
    draws: int
    block: float


def deflated_sharpe(returns: Floats) -> DeflatedSharpe:
    """
    Return the deflated Sharpe ratio of the best rule.

    Args:
        returns: Shape (rules, bars), of each rule that was tried, good or bad: leaving
            out the bad ones is what makes the best look skilled.

    Raises:
        InvalidValue: fewer than two rules or three bars, or what is no number.

    Source:
        Bailey and Lopez de Prado, "The deflated Sharpe ratio", Journal of Portfolio Management
        40 (2014): ``probabilistic_sharpe`` against ``expected_best``.
    """
    _check(returns, least=2)
    ratios = sharpe_ratios(returns)
    best = int(np.argmax(ratios))
    by_chance = expected_best(float(np.var(ratios, ddof=1)), len(ratios))
    own = returns[best] - returns[best].mean()
    spread = math.sqrt(float(np.mean(own**2)))
    skewness = float(np.mean(own**3)) / spread**3 if spread else 0.0
    kurtosis = float(np.mean(own**4)) / spread**4 if spread else 3.0
    sharpe, bars = float(ratios[best]), returns.shape[1]
    probability = probabilistic_sharpe(sharpe, by_chance, bars, skewness, kurtosis)
    return DeflatedSharpe(best, sharpe, by_chance, probability, len(ratios), bars)


def sharpe_ratios(returns: Floats) -> Floats:
    """Return mean / std(ddof=1) of each row, a bar; 0 where nothing moves."""
    means, spreads = returns.mean(axis=1), returns.std(axis=1, ddof=1)
    moves = spreads > np.abs(means) * 1e-12
    ratios: Floats = np.divide(means, spreads, out=np.zeros(len(means)), where=moves)
    return ratios


def expected_best(variance: float, trials: int) -> float:
    """
    Return the best Sharpe ratio to expect of several rules without skill.

    Args:
        variance: Of the ratios of all of them.
        trials: How many; at least 2. Rules that resemble each other count as fewer than
            they are, so the whole number errs on the careful side.

    Source:
        sqrt(V) * ((1 - g) * z(1 - 1 / N) + g * z(1 - 1 / (N * e))), with g Euler's constant
        and z the inverse of the normal distribution; equation 1 of the article above.
    """
    high = _NORMAL.inv_cdf(1 - 1 / trials)
    higher = _NORMAL.inv_cdf(1 - 1 / (trials * math.e))
    return math.sqrt(variance) * ((1 - EULER_GAMMA) * high + EULER_GAMMA * higher)


def probabilistic_sharpe(
    sharpe: float, threshold: float, bars: int, skewness: float, kurtosis: float
) -> float:
    """
    Return the probability that the true Sharpe ratio lies above a threshold.

    Args:
        sharpe: As measured, a bar.
        threshold: Alike.
        bars: Returns it was measured on, at least 2.
        skewness: Of the returns; 0 for normal ones.
        kurtosis: Of the returns; 3 for normal ones.

    Source:
        Z((SR - SR0) * sqrt(T - 1) / sqrt(1 - skewness * SR + (kurtosis - 1) / 4 * SR ** 2));
        equation 2 of the article above.
    """
    # Never negative: kurtosis is at least 1 + skewness ** 2.
    uncertain = math.sqrt(max(1 - skewness * sharpe + (kurtosis - 1) / 4 * sharpe**2, 1e-300))
    return _NORMAL.cdf((sharpe - threshold) * math.sqrt(bars - 1) / uncertain)


def reality_check(
    returns: Floats,
    benchmark: Floats,
    generator: np.random.Generator,
    *,
    draws: int = DRAWS,
    block: float = BLOCK,
) -> RealityCheck:
    """
    Return how likely the best rule's lead over a benchmark is luck.

    Args:
        returns: Shape (rules, bars), of each rule that was tried.
        benchmark: Shape (bars,), of buying and holding for instance.
        generator: Seeded by the caller: the same seed, the same answer.
        draws: Histories to draw, at least 1.
        block: Mean length of the stretches that they are made of, at least 1: within one,
            returns keep the order in which they depend on each other.

    Raises:
        InvalidValue: shapes differ, there are fewer than three bars, or what is no number.

    Source:
        White, "A reality check for data snooping", Econometrica 68 (2000): with d the mean
        excess returns, V = max(sqrt(T) * d), V* = max(sqrt(T) * (d* - d)) over histories drawn
        by the stationary bootstrap of Politis and Romano (1994);
        p = (1 + #{V* >= V}) / (1 + draws), the 1 for the history that happened.
    """
    _check(returns, least=1)
    if benchmark.shape != returns.shape[1:] or not np.all(np.isfinite(benchmark)):
        raise InvalidValue(
            f"the benchmark must have {returns.shape[1]} finite returns, one for each bar"
        )
    if draws < 1 or not 1 <= block < math.inf:
        raise InvalidValue(f"draws {draws} and block {block:g} must both be at least 1")
    excess = returns - benchmark
    means = excess.mean(axis=1)
    centred = np.ascontiguousarray((excess - means[:, np.newaxis]).T)
    reached = 0
    for first in range(0, draws, _AT_ONCE):
        count = min(_AT_ONCE, draws - first)
        drawn = _times_drawn(len(benchmark), count, block, generator) @ centred
        reached += int(np.count_nonzero(drawn.max(axis=1) / len(benchmark) >= means.max()))
    best = int(np.argmax(means))
    return RealityCheck(best, float(means[best]), (1 + reached) / (1 + draws), draws, block)


def _times_drawn(bars: int, count: int, block: float, generator: np.random.Generator) -> Floats:
    """Return how often each bar is in each of some histories, shape (count, bars)."""
    place = np.arange(bars)
    begins = generator.random((count, bars)) < 1 / block
    begins[:, 0] = True
    since = np.maximum.accumulate(np.where(begins, place, 0), axis=1)
    starts = np.take_along_axis(generator.integers(bars, size=(count, bars)), since, axis=1)
    drawn = (starts + place - since) % bars + bars * np.arange(count)[:, np.newaxis]
    times = np.bincount(drawn.reshape(-1), minlength=count * bars)
    return times.reshape(count, bars).astype(np.float64)


def _check(returns: Floats, least: int) -> None:
    if returns.ndim != 2 or len(returns) < least or returns.shape[1] < _LEAST:
        raise InvalidValue(
            f"returns have shape {returns.shape}, expected at least {least} rules and {_LEAST} bars"
        )
    if not np.all(np.isfinite(returns)):
        raise InvalidValue("a return is not a finite number; leave out the warm-up")
