"""
Figures of an equity curve, each with its formula and how it is annualised.

A figure that has no value, the Sharpe ratio of a flat curve for instance, is
None, never NaN. Returns are those from one bar's close to the next; the first
bar's is from the capital. A year is as many bars as ``periods_per_year`` counts, for
growth as for deviations. The risk-free rate is taken for zero.
"""

import math
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats
from sellcore.backtest.curve import Curve
from sellcore.backtest.dates import Dates
from sellcore.backtest.drawdown import Drawdown, drawdown
from sellcore.backtest.execution import Execution
from sellcore.backtest.trades import Trade

TRADING_DAYS = 252
"""In a year."""
_ROUNDING = 1e-13
"""Returns that spread less are all one: what is left is rounding."""


@frozen
class Metrics:
    """
    What a curve comes to; None where a figure has no value.

    Attributes:
        start: First instant of the account, seconds since 1970 UTC.
        end: End of its last bar.
        bars: How many closes there are.
        periods_per_year: Bars in a year, as measured: bars in a trading day * 252.
        final_equity: At the last close.
        total_return: final_equity / capital - 1.
        cagr: See ``cagr``.
        volatility: See ``volatility``.
        sharpe: See ``sharpe``.
        sortino: See ``sortino``.
        drawdown: The deepest one; see ``drawdown``.
        calmar: cagr / depth of the deepest drawdown.
        trades: Round trips that were closed.
        hit_rate: The part of them that earned something, commission paid.
        average_win: Mean pnl of those, in the account's currency.
        average_loss: Mean pnl of the others, zero or below.
        exposure: Mean of what is held / equity, over all closes.
        time_in_market: The part of closes at which anything is held.
        turnover: Half of the value of all fills / mean equity / years.
        commission: Of all fills.
        slippage: What fills cost against the bars' prices.
    """

    start: int
    end: int
    bars: int
    periods_per_year: float
    final_equity: float
    total_return: float
    cagr: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    drawdown: Drawdown
    calmar: float | None
    trades: int
    hit_rate: float | None
    average_win: float | None
    average_loss: float | None
    exposure: float
    time_in_market: float
    turnover: float | None
    commission: float
    slippage: float

    @property
    def costs(self) -> float:
        """Commission and slippage together, in the account's currency."""
        return self.commission + self.slippage


def measure(
    curve: Curve,
    fills: Sequence[Execution],
    trades: Sequence[Trade],
    *,
    began: int,
    capital: float,
    periods: float,
) -> Metrics:
    """
    Return all figures of an account.

    Args:
        curve: Of at least one close.
        fills: All of them.
        trades: The closed ones.
        began: First instant of the account, seconds since 1970 UTC.
        capital: What it started with.
        periods: Bars in a year.
    """
    equity, end = curve.equity, int(curve.time[-1])
    returns = returns_of(equity, capital)
    years = len(equity) / periods
    growth = cagr(capital, float(equity[-1]), years)
    deepest = drawdown(equity, curve.time, capital=capital, began=began)
    held = np.divide(curve.exposure, equity, out=np.zeros(len(equity)), where=equity > 0)
    earned = [trade.pnl for trade in trades if trade.pnl > 0]
    lost = [trade.pnl for trade in trades if trade.pnl <= 0]
    return Metrics(
        start=began,
        end=end,
        bars=len(equity),
        periods_per_year=periods,
        final_equity=float(equity[-1]),
        total_return=float(equity[-1]) / capital - 1,
        cagr=growth,
        volatility=volatility(returns, periods),
        sharpe=sharpe(returns, periods),
        sortino=sortino(returns, periods),
        drawdown=deepest,
        calmar=growth / deepest.depth if growth is not None and deepest.depth > 0 else None,
        trades=len(trades),
        hit_rate=len(earned) / len(trades) if trades else None,
        average_win=sum(earned) / len(earned) if earned else None,
        average_loss=sum(lost) / len(lost) if lost else None,
        exposure=float(np.mean(held)),
        time_in_market=float(np.mean(curve.exposure > 0)),
        turnover=turnover(sum(fill.value for fill in fills), equity, years),
        commission=sum(fill.commission for fill in fills),
        slippage=sum(fill.slippage for fill in fills),
    )


def periods_per_year(dates: Dates) -> float:
    """
    Return how many bars a year has: the median of bars in a trading day, times 252.

    Daily bars: 252. Hourly ones in New York: 7 * 252 = 1,764; half days and days
    with holes do not move a median.

    Args:
        dates: The trading date of each bar, shape (n,), n at least 1.
    """
    _, bars = np.unique(dates, return_counts=True)
    return float(np.median(bars)) * TRADING_DAYS


def returns_of(equity: Floats, capital: float) -> Floats:
    """Return equity[i] / equity[i - 1] - 1, shape (n,), from the capital on; 0 once all is lost."""
    before = np.concatenate(([capital], equity[:-1]))
    ratio = np.divide(equity, before, out=np.ones(len(equity)), where=before > 0)
    returns: Floats = ratio - 1
    return returns


def cagr(capital: float, final: float, years: float) -> float | None:
    """
    Return the compound annual growth rate: (final / capital) ** (1 / years) - 1.

    -1 where all is lost; None where the rate is too large for a float.

    Args:
        capital: At the start, above zero.
        final: At the end.
        years: Bars / bars in a year, above zero.
    """
    if final <= 0:
        return -1.0
    growth = math.log(final / capital) / years
    return math.expm1(growth) if growth < 700 else None


def volatility(returns: Floats, periods: float) -> float | None:
    """Return std(returns, ddof=1) * sqrt(periods per year); None below two returns."""
    if len(returns) < 2:
        return None
    return float(np.std(returns, ddof=1)) * math.sqrt(periods)


def sharpe(returns: Floats, periods: float) -> float | None:
    """
    Return mean(returns) / std(returns, ddof=1) * sqrt(periods per year).

    None below two returns, and where they are all one.
    """
    spread = float(np.std(returns, ddof=1)) if len(returns) > 1 else 0.0
    if spread <= _ROUNDING:
        return None
    return float(np.mean(returns)) / spread * math.sqrt(periods)


def sortino(returns: Floats, periods: float) -> float | None:
    """
    Return mean(returns) / sqrt(mean(min(returns, 0) ** 2)) * sqrt(periods per year).

    The mean below the root is over all returns, gains counting as 0. None below two
    returns, and where there is no loss.
    """
    downside = math.sqrt(float(np.mean(np.minimum(returns, 0.0) ** 2))) if len(returns) > 1 else 0
    if downside <= _ROUNDING:
        return None
    return float(np.mean(returns)) / downside * math.sqrt(periods)


def turnover(traded: float, equity: Floats, years: float) -> float | None:
    """
    Return how often a year the account is turned over: traded / 2 / mean(equity) / years.

    None where the account is worth nothing on average.
    """
    mean = float(np.mean(equity))
    return traded / 2 / mean / years if mean > 0 else None
