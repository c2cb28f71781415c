"""The figures of many equity curves at once, by the formulas of ``sellcore.backtest.metrics``."""

import numpy as np
from attrs import frozen

from sellcore.backtest.curves import drawdowns
from sellcore.bar import Floats
from sellcore.exact_block import Counts


@frozen(eq=False)
class Figures:
    """
    One value for each column, NaN where there is none.

    Attributes:
        final_equity: At the last close.
        cagr: Growth a year, as a part.
        volatility: Of the returns from close to close, a year.
        sharpe: Mean return over its deviation, a year.
        sortino: Mean return over the deviation of losses, a year.
        max_drawdown: The deepest fall from a peak, as a part of it: 0 or below.
        calmar: CAGR over the deepest fall.
    """

    final_equity: Floats
    cagr: Floats
    volatility: Floats
    sharpe: Floats
    sortino: Floats
    max_drawdown: Floats
    calmar: Floats


def figures_of(equity: Floats, firsts: Counts, counts: Counts, periods: Floats) -> Figures:
    """
    Measure curves.

    Args:
        equity: Shape (columns, n): at each close; before its first bar the capital,
            behind its last what it was there.
        firsts: Shape (columns,), at least 1, where each column begins.
        counts: Shape (columns,), how many bars its series has; not above ``firsts``
            where the column never began.
        periods: Shape (columns,), bars a year.
    """
    bars = counts - firsts
    capital, final = equity[:, 0], equity[:, -1]
    with np.errstate(divide="ignore", invalid="ignore"):
        returns = np.divide(equity[:, 1:], equity[:, :-1])
        returns -= 1.0
        means = returns.sum(axis=1) / bars
        losses = np.minimum(returns, 0.0)
        np.square(losses, out=losses)
        below = np.sqrt(losses.sum(axis=1) / bars)
        spread = _deviations(returns, means, firsts, counts)
        cagr = (final / capital) ** (periods / bars) - 1.0
        fallen = drawdowns(equity)
        figures = Figures(
            final_equity=final.copy(),
            cagr=cagr,
            volatility=spread * np.sqrt(periods),
            sharpe=_ratio(means, spread) * np.sqrt(periods),
            sortino=_ratio(means, below) * np.sqrt(periods),
            max_drawdown=fallen,
            calmar=_ratio(cagr, -fallen),
        )
    for values in (getattr(figures, name) for name in FIGURES):
        values[bars < 1] = np.nan
    return figures


FIGURES = tuple(each.name for each in Figures.__attrs_attrs__)
"""The names of the figures, in their order."""


def _deviations(returns: Floats, means: Floats, firsts: Counts, counts: Counts) -> Floats:
    """Return the sample deviation of each column's own returns; NaN of fewer than two."""
    returns -= means[:, np.newaxis]
    bars = np.arange(1, returns.shape[1] + 1)
    returns *= (bars >= firsts[:, np.newaxis]) & (bars < counts[:, np.newaxis])
    np.square(returns, out=returns)
    freedom = np.where(counts - firsts > 1, counts - firsts - 1.0, np.nan)
    deviations: Floats = np.sqrt(returns.sum(axis=1) / freedom)
    return deviations


def _ratio(value: Floats, risk: Floats) -> Floats:
    """Return value over risk, NaN where there is no risk."""
    return np.divide(value, risk, out=np.full_like(value, np.nan), where=risk > 0)
