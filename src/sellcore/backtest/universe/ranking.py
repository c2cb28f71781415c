"""Rules of a sweep, best first, over all tickers together, beside buying and holding them."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats
from sellcore.backtest.drawdown import drawdown
from sellcore.backtest.metrics import TRADING_DAYS, cagr, sharpe, volatility
from sellcore.backtest.universe.daily_returns import RuleReturns
from sellcore.rule import MovingAverageRule


@frozen
class Standing:
    """
    What an equal part of each ticker came to, from day to day; a year is 252 days.

    Attributes:
        rule: None for buying and holding.
        growth: What one unit of currency became.
        cagr: Compound growth a year; see ``metrics``.
        volatility: Of the daily returns, a year.
        sharpe: Of them, a year.
        max_drawdown: The deepest fall from a peak, as a part of the peak.
    """

    rule: MovingAverageRule | None
    growth: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    max_drawdown: float


def ranking(found: RuleReturns) -> tuple[Standing, ...]:
    """Return all rules, the highest Sharpe ratio first; one that never moved counts as zero."""
    every = [standing(own, rule) for own, rule in zip(found.returns, found.rules, strict=True)]
    return tuple(sorted(every, key=_height, reverse=True))


def standing(returns: Floats, rule: MovingAverageRule | None = None) -> Standing:
    """Return what daily returns, shape (days,) with at least one day, come to."""
    growth: Floats = np.cumprod(1 + returns, dtype=np.float64)
    final = float(growth[-1])
    days = np.arange(1, len(returns) + 1)
    return Standing(
        rule=rule,
        growth=final,
        cagr=cagr(1.0, final, len(returns) / TRADING_DAYS),
        volatility=volatility(returns, TRADING_DAYS),
        sharpe=sharpe(returns, TRADING_DAYS),
        max_drawdown=drawdown(growth, days, capital=1.0, began=0).depth,
    )


def wins(own: Sequence[float], hold: Sequence[float]) -> tuple[int, int]:
    """
    Return on how many tickers a rule came to more than holding, and of how many.

    Args:
        own: Final equity by ticker, NaN where there is none.
        hold: Of buying and holding.
    """
    pairs = [(mine, held) for mine, held in zip(own, hold, strict=True) if mine == mine]
    return sum(mine > held for mine, held in pairs), len(pairs)


def _height(each: Standing) -> float:
    return 0.0 if each.sharpe is None else each.sharpe  # as the measures of luck count it
