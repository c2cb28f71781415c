"""The hand-written compiled loop: one pass over the bars of a column, in floats."""

from collections.abc import Callable

import numpy as np

from bench.backtest_peers import ASSUMED, COSTS, RULES
from sellcore.arrays import Floats
from sellcore.rule import AverageKind

Loop = Callable[[Floats, Floats, Floats], Floats]


def compiled(*, curves: bool) -> Loop:
    """
    Return a loop (opens, closes, equity) -> figures, compiled by numba.

    Args:
        curves: Write the equity of every bar and return drawdowns; otherwise return the
            final equity and leave ``equity`` alone.

    Averages are running sums and recurrences, compared as floats: quicker than exact ones,
    and wrong where a close equals its average.
    """
    import numba

    kinds = np.array([rule.kind is AverageKind.EMA for rule in RULES])
    lengths = np.array([rule.length for rule in RULES])
    firsts = np.array([rule.required_bars - 1 for rule in RULES])
    sold = (1 - COSTS.slippage_bps / 1e4) * (1 - COSTS.percent / 100)
    bought = (1 + COSTS.slippage_bps / 1e4) * (1 + COSTS.percent / 100)
    capital = ASSUMED.capital

    @numba.njit(fastmath=False, nogil=True)  # type: ignore[misc]
    def loop(opens: Floats, closes: Floats, equity: Floats) -> Floats:
        tickers, bars = closes.shape
        result = np.empty((len(lengths), tickers))
        for rule in range(len(lengths)):
            length, first, is_ema = lengths[rule], firsts[rule], kinds[rule]
            alpha = 2.0 / (length + 1)
            for ticker in range(tickers):
                total, average = 0.0, 0.0
                cash, shares = capital, 0.0
                peak, deepest = capital, 0.0
                side = 0
                for bar in range(bars):
                    close = closes[ticker, bar]
                    if bar == first:
                        shares, cash = cash / (opens[ticker, bar] * bought), 0.0
                    elif bar > first:
                        if side < 0 and shares > 0:
                            cash, shares = shares * opens[ticker, bar] * sold, 0.0
                        elif side > 0 and shares == 0:
                            shares, cash = cash / (opens[ticker, bar] * bought), 0.0
                    if is_ema and bar >= length:
                        average += alpha * (close - average)
                    else:
                        total += close
                        if bar >= length:
                            total -= closes[ticker, bar - length]
                        average = total / length
                    if bar >= first:
                        side = -1 if close < average else 1 if close > average else 0
                    if curves:
                        worth = cash + shares * close
                        equity[rule, ticker, bar] = worth
                        peak = max(peak, worth)
                        deepest = max(deepest, 1 - worth / peak)
                result[rule, ticker] = deepest if curves else cash + shares * closes[ticker, -1]
        return result

    return loop  # type: ignore[no-any-return]
