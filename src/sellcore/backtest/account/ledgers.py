"""The ledgers of a backtest: everything that happened, as columns."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sellcore.arrays import Floats
from sellcore.backtest.live_averages import live_averages
from sellcore.bar_columns import COLUMNS as BAR_COLUMNS
from sellcore.errors import InvalidValue
from sellcore.frames import Columns, Numbers, times

if TYPE_CHECKING:
    from sellcore.backtest.account.result import Backtest


def columns_of(run: "Backtest", ledger: str) -> Columns:
    """
    Return a ledger's columns.

    Raises:
        InvalidValue: there is no such ledger.
    """
    if ledger not in LEDGERS:
        raise InvalidValue(f"ledger {ledger!r} is not one of {', '.join(LEDGERS)}")
    return LEDGERS[ledger](run)


def _equity(run: "Backtest") -> Columns:
    """Return the account at the close of every bar, beside buy-and-hold."""
    return {
        "time": times(run.curve.time),
        "equity": run.curve.equity,
        "cash": run.curve.cash,
        "exposure": run.curve.exposure,
        "hold": run.hold.equity,
    }


def _positions(run: "Backtest") -> Columns:
    """Return each ticker's part of the account, at every time of the account."""
    parts = run.curve.tickers
    return {
        "ticker": [ticker for ticker in parts for _ in run.curve.time],
        "time": times(np.tile(run.curve.time, len(parts))),
        **{
            name: np.concatenate([getattr(part, name) for part in parts.values()])
            for name in ("shares", "price", "realised", "unrealised")
        },
    }


def _bars(run: "Backtest") -> Columns:
    """Return every bar, as adjusted."""
    series = [each.bars for each in run.decisions.values()]
    joined = {
        name: np.concatenate([getattr(bars, name) for bars in series]) for name in BAR_COLUMNS
    }
    return {
        "ticker": _tickers(run),
        **joined,
        "start": times(joined["start"]),
        "end": times(joined["end"]),
    }


def _decisions(run: "Backtest") -> Columns:
    """Return what was said of every bar, beside the average that live compares with."""
    every = run.decisions.values()
    return {
        "ticker": _tickers(run),
        "bar_end": times(np.concatenate([each.bars.end for each in every])),
        "rule": [str(each.rule) for each in every for _ in range(len(each.bars))],
        "close": np.concatenate([each.bars.close for each in every]),
        "average": np.concatenate([live_averages(each) for each in every]),
        "outcome": [str(outcome) for each in every for outcome in each.outcomes],
    }


def _orders(run: "Backtest") -> Columns:
    """Return the orders, in the order they were decided."""
    return {
        "number": _whole(order.number for order in run.orders),
        "ticker": [order.ticker for order in run.orders],
        "side": [str(order.side) for order in run.orders],
        "decided_at": times([order.decided_at for order in run.orders]),
        "kind": [str(order.kind) for order in run.orders],
        "limit": _numbers(order.limit for order in run.orders),
        "shares": _numbers(order.shares for order in run.orders),
        "filled": _numbers(order.filled for order in run.orders),
        "state": [str(order.state) for order in run.orders],
        "reason": [order.reason for order in run.orders],
        "denied": ["; ".join(order.denied) for order in run.orders],
    }


def _fills(run: "Backtest") -> Columns:
    """Return the fills, as they happened."""
    return {
        "order": _whole(fill.order for fill in run.fills),
        "ticker": [fill.ticker for fill in run.fills],
        "side": [str(fill.side) for fill in run.fills],
        "time": times([fill.time for fill in run.fills]),
        "shares": _numbers(fill.shares for fill in run.fills),
        "price": _numbers(fill.price for fill in run.fills),
        "commission": _numbers(fill.commission for fill in run.fills),
        "slippage": _numbers(fill.slippage for fill in run.fills),
    }


def _trades(run: "Backtest") -> Columns:
    """Return the closed round trips, as they were closed."""
    return {
        "ticker": [trade.ticker for trade in run.trades],
        "shares": _numbers(trade.shares for trade in run.trades),
        "entry_time": times([trade.entry_time for trade in run.trades]),
        "entry_price": _numbers(trade.entry_price for trade in run.trades),
        "exit_time": times([trade.exit_time for trade in run.trades]),
        "exit_price": _numbers(trade.exit_price for trade in run.trades),
        "commission": _numbers(trade.commission for trade in run.trades),
        "pnl": _numbers(trade.pnl for trade in run.trades),
        "bars": _whole(trade.bars for trade in run.trades),
        "reason": [trade.reason for trade in run.trades],
    }


LEDGERS: Mapping[str, Callable[["Backtest"], Columns]] = {
    "equity": _equity,
    "positions": _positions,
    "bars": _bars,
    "decisions": _decisions,
    "orders": _orders,
    "fills": _fills,
    "trades": _trades,
}
"""By name; the names are those that people give."""

INDEX: Mapping[str, str] = {"equity": "time", "orders": "number"}
"""The column that names a ledger's rows, where one does."""


def _tickers(run: "Backtest") -> Sequence[str]:
    return [ticker for ticker, each in run.decisions.items() for _ in range(len(each.bars))]


def _whole(values: Iterable[int]) -> Numbers:
    return np.fromiter(values, dtype=np.int64)


def _numbers(values: Iterable[float | None]) -> Floats:
    return np.fromiter((np.nan if value is None else value for value in values), np.float64)
