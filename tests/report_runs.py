"""Backtests for the report and the charts: small, made up, and the same at each run."""

from tests.backtest_builders import daily, random_walk

from adapters.memory_bars import MemoryBars
from sellcore import MovingAverageRule
from sellcore.backtest import Assumptions, Backtest, Entry, Sweep, backtest, sweep
from sellcore.rule import AverageKind
from sellcore.timeframe import Timeframe

RULE = MovingAverageRule(AverageKind.SMA, 20, Timeframe.DAY)
REENTERING = Assumptions(entry=Entry.RECLAIM)


def walks(*tickers, count=300):
    """Return days of made-up prices for each ticker."""
    drawn = (random_walk(count, seed) for seed, _ in enumerate(tickers, start=5))
    return {t: daily(c, o) for t, (o, c) in zip(tickers, drawn, strict=True)}


def a_run(*tickers, count=300, assumptions=REENTERING) -> Backtest:
    """Return a backtest of RULE on made-up prices."""
    return backtest(walks(*tickers or ("NASDAQ:MSFT",), count=count), RULE, assumptions)


def a_sweep(*tickers, count=300, lengths=(5, 20, 50)) -> Sweep:
    """Return a sweep of both kinds over the same prices."""
    bars = walks(*tickers or ("NASDAQ:MSFT",), count=count)
    rules = [MovingAverageRule(k, n, Timeframe.DAY) for k in AverageKind for n in lengths]
    return sweep(MemoryBars({Timeframe.DAY: bars}), rules, REENTERING)
