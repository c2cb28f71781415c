"""
The lead of the best of many rules, beside the leads of histories drawn anew.

White's reality check asks how often chance alone, over histories made of stretches of
the one that happened, gives some rule a lead as large as the best one has.
"""

import math

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats
from sellcore.backtest.luck.trials import as_returns
from sellcore.errors import InvalidValue
from sellcore.kinds import number, whole_number

BLOCK = 10.0
"""Mean length of the stretches that are drawn, in returns: two weeks of days."""

DRAWS = 2_000
"""Histories drawn anew: the probability is then known to about one in a hundred."""

_AT_ONCE = 100
"""Histories drawn in one piece, so that memory does not follow their number."""


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
    returns = as_returns(returns, least=1)
    if not isinstance(generator, np.random.Generator):
        raise InvalidValue(
            f"generator {generator!r} is no numpy.random.Generator; give "
            "numpy.random.default_rng(1), with a seed of yours"
        )
    draws = whole_number("draws", draws)
    if number(block) is None:
        raise InvalidValue(f"block {block!r} is not a number; give bars, 10 for instance")
    if draws < 1 or not 1 <= block < math.inf:
        raise InvalidValue(f"draws {draws} and block {block:g} must both be at least 1")
    excess = returns - _finite(benchmark, returns.shape[1])
    means = excess.mean(axis=1)
    centred = np.ascontiguousarray((excess - means[:, np.newaxis]).T)
    reached = 0
    for first in range(0, draws, _AT_ONCE):
        count = min(_AT_ONCE, draws - first)
        drawn = _times_drawn(returns.shape[1], count, block, generator) @ centred
        reached += int(np.count_nonzero(drawn.max(axis=1) / returns.shape[1] >= means.max()))
    best = int(np.argmax(means))
    return RealityCheck(best, float(means[best]), (1 + reached) / (1 + draws), draws, block)


def _finite(benchmark: Floats, bars: int) -> Floats:
    told = f"the benchmark must have {bars} finite returns, one for each bar"
    try:
        returns: Floats = np.asarray(benchmark, dtype=np.float64)
    except (TypeError, ValueError):
        raise InvalidValue(told) from None
    if returns.shape != (bars,) or not np.all(np.isfinite(returns)):
        raise InvalidValue(told)
    return returns


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
