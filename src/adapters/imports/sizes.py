"""How long the bars of a file are, by its name, by its stamps, or as it was told."""

import numpy as np
from numpy.typing import NDArray

from sellcore.errors import InvalidValue

DAY = 0
"""Stands for a day's length, which is not fixed."""

SIZES = {"1m": 60, "2m": 120, "3m": 180, "5m": 300, "10m": 600, "15m": 900, "30m": 1800, "1d": DAY}
"""The lengths of bars, in seconds, that half hours and days can be made of."""

_ALMOST_A_DAY = 20 * 3600
"""Seconds: stamps this far apart are of days, clock changes and half days included."""

_HALF_HOUR = 1800


def are_days(stamps: NDArray[np.int64]) -> bool:
    """Say whether no two stamps, shape (n,) and oldest first, may be of one day."""
    return bool(np.all(np.diff(stamps) >= _ALMOST_A_DAY))


def usual_step(stamps: NDArray[np.int64]) -> int:
    """Return how far, in seconds, stamps of one day mostly lie apart; DAY where none do."""
    steps = np.diff(stamps)
    lengths, counts = np.unique(steps[steps < _ALMOST_A_DAY], return_counts=True)
    return int(lengths[np.argmax(counts)]) if len(lengths) else DAY


def size_of(stamps: NDArray[np.int64]) -> int:
    """
    Return the length of bars, in seconds, that stamps tell; DAY for days.

    Args:
        stamps: Shape (n,), seconds, oldest first, each once.

    Raises:
        InvalidValue: they tell none that can be used, and which they tell.
    """
    if len(stamps) < 2:
        raise InvalidValue("a single bar does not tell how long it is; say so with --size")
    usual = usual_step(stamps)
    if usual == DAY:
        return DAY
    if usual > _HALF_HOUR:
        raise InvalidValue(
            f"its bars are {usual // 60} minutes apart; hours are built from bars of 30 minutes "
            "or less, bring those"
        )
    least = int(np.diff(stamps).min())
    if usual not in SIZES.values() or least < usual:
        apart = usual if least == usual else f"{least} to {usual}"
        raise InvalidValue(
            f"its bars are {apart} seconds apart, which is none of {', '.join(SIZES)}; "
            "say which with --size"
        )
    return usual
