"""How long to wait before the next attempt to connect."""

from collections.abc import Callable
from random import Random

FIRST = 1.0
"""Seconds; the longest wait before the first attempt, doubled before each further one."""

LONGEST = 60.0
"""Seconds; no wait is longer."""

_DOUBLINGS = 6


def delays(rng: Random) -> Callable[[int], float]:
    """
    Return the waits of an exponential backoff with full jitter.

    Many programs that lose one gateway together must not come back together,
    so each wait is drawn anew from all of [0, limit).

    Args:
        rng: Draws the jitter; seed it for waits that can be repeated.

    Returns:
        A function from the number of the attempt, 1 for the first, to the
        seconds to wait before it.
    """

    def delay(attempt: int) -> float:
        doublings = min(max(attempt - 1, 0), _DOUBLINGS)
        return rng.uniform(0.0, min(LONGEST, FIRST * 2**doublings))

    return delay
