"""Round trips: from the first share bought to the last one sold."""

from collections.abc import Iterable, Mapping

from attrs import frozen

from sellcore.backtest.execution import Execution
from sellcore.order import Side


@frozen
class Trade:
    """
    A round trip.

    Attributes:
        ticker: Of what was bought and sold.
        shares: Bought, and sold again.
        entry_time: Of the first purchase, seconds since 1970 UTC.
        entry_price: Average over all purchases, slippage included.
        exit_time: Of the last sale.
        exit_price: Average over all sales.
        commission: Of all its fills.
        pnl: What is left of sales minus purchases minus commission.
        bars: From the bar of the first purchase to the bar of the last sale.
        reason: Why the last sale was decided.
    """

    ticker: str
    shares: float
    entry_time: int
    entry_price: float
    exit_time: int
    exit_price: float
    commission: float
    pnl: float
    bars: int
    reason: str


def round_trips(executions: Iterable[Execution], reasons: Mapping[int, str]) -> tuple[Trade, ...]:
    """
    Return the closed round trips, in the order they were closed.

    Args:
        executions: In time order.
        reasons: Of the orders, by number.
    """
    trades: list[Trade] = []
    running: dict[str, list[Execution]] = {}
    shares: dict[str, float] = {}
    for execution in executions:
        ticker = execution.ticker
        running.setdefault(ticker, []).append(execution)
        sign = 1 if execution.side is Side.BUY else -1
        shares[ticker] = shares.get(ticker, 0.0) + sign * execution.shares
        if shares[ticker] == 0:  # the last sale is of all that is held, to the last bit
            trades.append(_trade(running.pop(ticker), reasons))
    return tuple(trades)


def _trade(fills: list[Execution], reasons: Mapping[int, str]) -> Trade:
    bought = [fill for fill in fills if fill.side is Side.BUY]
    sold = [fill for fill in fills if fill.side is Side.SELL]
    shares = sum(fill.shares for fill in bought)
    return Trade(
        ticker=fills[0].ticker,
        shares=shares,
        entry_time=fills[0].time,
        entry_price=sum(fill.value for fill in bought) / shares,
        exit_time=fills[-1].time,
        exit_price=sum(fill.value for fill in sold) / sum(fill.shares for fill in sold),
        commission=sum(fill.commission for fill in fills),
        pnl=sum(fill.cash for fill in fills),
        bars=fills[-1].row - fills[0].row,
        reason=reasons[fills[-1].order],
    )
