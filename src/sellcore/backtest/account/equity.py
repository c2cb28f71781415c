"""What the account is worth: at a moment while it runs, and as a curve afterwards."""

from collections.abc import Sequence

import numpy as np

from sellcore.arrays import Floats, Seconds
from sellcore.backtest.account.book import Book
from sellcore.backtest.account.phases import Moment, Phase
from sellcore.backtest.account.times import AccountTimes
from sellcore.backtest.curve import Curve, TickerCurve
from sellcore.backtest.decisions import Decisions


def values_at(book: Book, decided: Sequence[Decisions], time: int) -> dict[str, float]:
    """Return what is held of each ticker now, at the last close known at ``time``."""
    values = {}
    for each in decided:
        if shares := book.holdings[each.ticker].shares:
            values[each.ticker] = shares * last_close(each, time)
    return values


def last_close(decisions: Decisions, time: int) -> float:
    """Return what a share is worth at a time that is not before its ticker's first bar."""
    bars = decisions.bars
    row = int(bars.end.searchsorted(time, side="right")) - 1
    # Held without a close yet is only what was bought at the open of its first bar.
    return float(bars.close[row]) if row >= 0 else float(bars.open[0])


def curve(book: Book, decided: Sequence[Decisions], times: AccountTimes, capital: float) -> Curve:
    """Return the account at the close of every bar, from the changes in its book."""
    cash = _as_of(book.moments, np.array([capital, *book.balances])[:, None], times.end)[:, 0]
    exposure = np.zeros(len(times.end))
    tickers = {}
    for each in decided:
        holding = book.holdings[each.ticker]
        changes = np.array([(0.0, 0.0, 0.0), *holding.steps])
        shares, cost, realised = _as_of(holding.moments, changes, times.end).T
        rows = np.searchsorted(each.bars.end, times.end, side="right") - 1
        price = np.where(rows < 0, np.nan, each.bars.close[rows])
        value = np.where(shares == 0, 0.0, shares * price)
        tickers[each.ticker] = TickerCurve(shares, price, realised, value - cost)
        exposure += value
    return Curve(times.end, cash + exposure, cash, exposure, tickers)


def _as_of(moments: Sequence[Moment], states: Floats, ends: Seconds) -> Floats:
    """Return the state at each end; the first state holds before the first moment."""
    keys = np.array([time * 4 + phase for time, phase in moments], dtype=np.int64)
    as_of: Floats = states[np.searchsorted(keys, ends * 4 + Phase.AT_CLOSE, side="right")]
    return as_of
