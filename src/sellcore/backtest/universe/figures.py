"""The figures of many curves at once, by the formulas of ``sellcore.backtest.metrics``."""

import numpy as np
from attrs import fields, frozen

from sellcore.arrays import Counts, Floats
from sellcore.backtest.drawdown import ROUNDING
from sellcore.backtest.universe.curves import Curves
from sellcore.backtest.universe.drawdown import drawdowns

_NO_SPREAD = 1e-13
"""Returns that spread less are all one, as ``metrics`` has it."""

_TOO_LARGE = 700.0
"""The logarithm of a growth that is no float any more."""


@frozen(eq=False)
class Figures:
    """
    One value for each column, NaN where ``metrics`` has none.

    Attributes:
        final_equity: At the last close.
        cagr: Compound growth a year.
        volatility: Of the returns from close to close, a year.
        sharpe: Mean return over its deviation, a year.
        sortino: Mean return over the deviation of losses, a year.
        max_drawdown: Depth of the deepest fall from a peak, as a part of the peak.
        calmar: CAGR over that depth.
        exposure: Mean of what is held / equity, over all closes.
        time_in_market: The part of closes at which anything is held.
    """

    final_equity: Floats
    cagr: Floats
    volatility: Floats
    sharpe: Floats
    sortino: Floats
    max_drawdown: Floats
    calmar: Floats
    exposure: Floats
    time_in_market: Floats


FIGURES = tuple(each.name for each in fields(Figures))
"""The names of the figures, in their order."""


def figures_of(curves: Curves, firsts: Counts, counts: Counts, periods: Floats) -> Figures:
    """
    Measure curves.

    Args:
        curves: Of (rules, series) that are columns: before a column's first bar its capital,
            behind its last what it was there.
        firsts: Shape (columns,), at least 1, the bar that each column begins with.
        counts: Shape (columns,), how many bars its series has; not above ``firsts``
            where the column never began.
        periods: Shape (columns,), bars a year.
    """
    equity, invested = (each.reshape(len(firsts), -1) for each in (curves.equity, curves.invested))
    bars = np.maximum(counts - firsts, 0)
    one, two = (np.where(bars >= least, bars, np.nan) for least in (1, 2))
    columns = np.arange(equity.shape[1])
    inside = (columns >= firsts[:, np.newaxis]) & (columns < counts[:, np.newaxis])
    returns = _quotients(equity[:, 1:], equity[:, :-1], 1.0) - 1.0
    means = returns.sum(axis=1) / one
    losses = np.minimum(returns, 0.0)
    downside = np.sqrt(np.square(losses, out=losses).sum(axis=1) / two)
    returns -= means[:, np.newaxis]
    returns *= inside[:, 1:]
    spread = np.sqrt(np.square(returns, out=returns).sum(axis=1) / (two - 1))
    held = _quotients(invested, equity, 0.0)
    held *= inside
    with np.errstate(divide="ignore", over="ignore"):
        growth = np.log(np.maximum(equity[:, -1], 0.0) / equity[:, 0]) * (periods / one)
        cagr = np.where(growth < _TOO_LARGE, np.expm1(growth), np.nan)
    fallen = drawdowns(equity)
    fallen[fallen <= ROUNDING] = 0.0
    return Figures(
        final_equity=np.where(bars, equity[:, -1], np.nan),
        cagr=cagr,
        volatility=spread * np.sqrt(periods),
        sharpe=_ratio(means, spread, _NO_SPREAD) * np.sqrt(periods),
        sortino=_ratio(means, downside, _NO_SPREAD) * np.sqrt(periods),
        max_drawdown=np.where(bars, fallen, np.nan),
        calmar=_ratio(cagr, fallen, 0.0),
        exposure=held.sum(axis=1) / one,
        time_in_market=np.count_nonzero(held > 0, axis=1) / one,
    )


def _quotients(values: Floats, of: Floats, otherwise: float) -> Floats:
    """Return values / of, and ``otherwise`` where all is lost."""
    with np.errstate(divide="ignore", invalid="ignore"):
        quotients = np.divide(values, of)
    if of.min() <= 0:
        quotients[of <= 0] = otherwise
    return quotients


def _ratio(value: Floats, risk: Floats, least: float) -> Floats:
    """Return value over risk, NaN where the risk is no more than ``least``."""
    return np.divide(value, risk, out=np.full_like(value, np.nan), where=risk > least)
