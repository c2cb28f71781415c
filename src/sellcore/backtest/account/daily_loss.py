"""
The kill switch: what an account has lost since the day before, and whether it is too much.

Equity adds up in floats, whose last digit is no reason to stop or to go on. So a
loss next to the limit is counted again in the decimals that were quoted, exactly.
"""

from bisect import bisect_right
from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from sellcore.backtest.account.book import Book
from sellcore.backtest.account.equity import last_close
from sellcore.backtest.account.phases import Moment, Phase
from sellcore.backtest.account.times import AccountTimes
from sellcore.backtest.decisions import Decisions
from sellcore.order import Side
from sellcore.quoting import rounded

_NEAR = 1e-6
"""Percent of the equity; what adding up in floats leaves is less by far."""

EquityAt = Callable[[Moment], float | Fraction]


def stopped(
    book: Book,
    decided: Sequence[Decisions],
    times: AccountTimes,
    now: int,
    capital: float,
    most: float,
) -> str | None:
    """
    Return why nothing is ordered for the rest of the day, or None.

    Args:
        book: What was bought and sold.
        decided: All tickers.
        times: Of theirs.
        now: End of a bar.
        capital: What the account started with.
        most: The loss that stops, in percent of the equity at the end of the day before.
    """

    def roughly(moment: Moment) -> float:
        done = bisect_right(book.moments, moment)
        equity = book.balances[done - 1] if done else capital
        return equity + sum(
            shares * last_close(each, moment[0]) for each, shares in _held(book, decided, moment)
        )

    def exactly(moment: Moment) -> Fraction:
        equity = _quoted(capital)
        for fill in book.executions[: bisect_right(book.moments, moment)]:
            value = _quoted(fill.shares) * _quoted(fill.price)
            equity += (value if fill.side is Side.SELL else -value) - _quoted(fill.commission)
        for each, shares in _held(book, decided, moment):
            equity += _quoted(shares) * _quoted(last_close(each, moment[0]))
        return equity

    loss = _lost(roughly, times, now, capital)
    too_much = loss is not None and loss >= most
    if loss is not None and abs(loss - most) < _NEAR:
        told = _lost(exactly, times, now, capital)
        too_much = told is not None and told >= _quoted(most)
    if loss is None or not too_much:
        return None
    return (
        f"kill switch: the account lost {rounded(float(loss))} % since the day before, "
        f"the limit is {most:g} %"
    )


def _lost(
    equity_at: EquityAt, times: AccountTimes, now: int, capital: float
) -> float | Fraction | None:
    """Return the largest loss at a close of today, in percent; None where nothing was there."""
    last = int(np.searchsorted(times.end, now))
    first = int(np.searchsorted(times.date, times.date[last]))
    lowest = min(equity_at((end, Phase.AT_CLOSE)) for end in times.end[first : last + 1].tolist())
    before = equity_at((int(times.end[first - 1]), Phase.AT_CLOSE)) if first else _quoted(capital)
    if before <= 0:
        return None
    return (before - lowest) * 100 / before


def _held(
    book: Book, decided: Sequence[Decisions], moment: Moment
) -> list[tuple[Decisions, float]]:
    """Return the tickers that are held at a moment, and how many shares of each."""
    held = []
    for each in decided:
        holding = book.holdings[each.ticker]
        steps = bisect_right(holding.moments, moment)
        if steps and (shares := holding.steps[steps - 1][0]):
            held.append((each, shares))
    return held


def _quoted(value: float) -> Fraction:
    """Return the decimal that a float was read from."""
    return Fraction(repr(float(value)))
