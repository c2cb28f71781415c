"""Rules that were tried: their returns, checked, and how they compare."""

import numpy as np

from sellcore.arrays import Floats
from sellcore.errors import InvalidValue

_LEAST = 3
"""Returns, below which nothing can be said."""


def sharpe_ratios(returns: Floats) -> Floats:
    """Return mean / std(ddof=1) of each row, a bar; 0 where nothing moves."""
    means, spreads = returns.mean(axis=1), returns.std(axis=1, ddof=1)
    moves = spreads > np.abs(means) * 1e-12
    ratios: Floats = np.divide(means, spreads, out=np.zeros(len(means)), where=moves)
    return ratios


def numbers_of(returns: object) -> Floats:
    """Return returns as an array, and refuse what is none: words, or rows of several lengths."""
    try:
        numbers: Floats = np.ascontiguousarray(returns, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"returns must be numbers of shape (rules, bars): {error}") from None
    return numbers


def as_returns(values: Floats, least: int) -> Floats:
    """
    Return the returns of rules as an array, whatever table they came in.

    A data frame is no array: ``frame[0]`` is its first column, not its first rule.

    Args:
        values: Shape (rules, bars).
        least: How many rules there must be.

    Raises:
        InvalidValue: fewer than ``least`` rules, fewer than three bars, or what is no number.
    """
    returns = numbers_of(values)
    if returns.ndim != 2 or len(returns) < least or returns.shape[1] < _LEAST:
        raise InvalidValue(
            f"returns have shape {returns.shape}, expected at least {least} rules and {_LEAST} bars"
        )
    if not np.all(np.isfinite(returns)):
        raise InvalidValue("a return is not a finite number; leave out the warm-up")
    return returns
