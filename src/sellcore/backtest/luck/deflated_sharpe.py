"""
The best of many rules, beside what chance alone would make of as many.

Whoever tries 28 rules finds a good one among them even where none is. The deflated
Sharpe ratio says from a few moments how good the best of so many would look by chance.
"""

import math
from statistics import NormalDist

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats
from sellcore.backtest.luck.trials import as_returns, sharpe_ratios

EULER_GAMMA = 0.577_215_664_901_532_9

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
    returns = as_returns(returns, least=2)
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
