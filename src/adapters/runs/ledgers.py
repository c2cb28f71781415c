"""The ledgers of a backtest: what it saw, decided, ordered, did, and was worth."""

from collections.abc import Mapping

import numpy as np
import pyarrow as pa

from adapters.runs.columns import counts, flags, instants, numbers, parquet, repeated, texts
from sellcore.backtest.live_averages import live_averages
from sellcore.backtest.result import Backtest
from sellcore.bar import PRICES, Floats

Columns = dict[str, pa.Array]


def ledgers(found: Backtest) -> Mapping[str, bytes]:
    """
    Return the ledgers as Parquet files, by file name; the same backtest, the same bytes.

    Their columns are those of docs/reference/files.md: instants in UTC, prices and
    amounts in the currency of what is traded, null where there is no value.
    """
    made = {
        "bars": _bars(found),
        "decisions": _decisions(found),
        "orders": _orders(found),
        "fills": _fills(found),
        "equity": _equity(found),
        "trades": _trades(found),
    }
    return {f"{name}.parquet": parquet(columns) for name, columns in made.items()}


def _bars(found: Backtest) -> Columns:
    """All bars, adjusted; those of the warm-up are marked."""
    every = list(found.decisions.values())
    bars = [each.bars for each in every]
    warm_up = [np.arange(len(each.bars)) < each.first for each in every]
    values = {
        name: numbers(np.concatenate([getattr(own, name) for own in bars]))
        for name in (*PRICES, "volume")
    }
    return {
        "ticker": repeated([each.ticker for each in every], list(map(len, bars))),
        "start": instants(np.concatenate([own.start for own in bars])),
        "end": instants(np.concatenate([own.end for own in bars])),
        **values,
        "warm_up": flags(np.concatenate(warm_up)),
    }


def _decisions(found: Backtest) -> Columns:
    """Every bar that was decided, beside the average that it was compared with."""
    every = list(found.decisions.values())
    sizes = [len(each.bars) - each.first for each in every]
    outcomes = [str(outcome) for each in every for outcome in each.outcomes[each.first :]]
    return {
        "ticker": repeated([each.ticker for each in every], sizes),
        "rule": repeated([str(each.rule) for each in every], sizes),
        "bar_end": instants(np.concatenate([each.bars.end[each.first :] for each in every])),
        "close": numbers(np.concatenate([each.bars.close[each.first :] for each in every])),
        "average": numbers(np.concatenate([live_averages(each)[each.first :] for each in every])),
        "side": counts(np.concatenate([each.side[each.first :] for each in every])),
        "decision": texts(outcomes),
    }


def _orders(found: Backtest) -> Columns:
    orders = found.orders
    return {
        "order": counts([order.number for order in orders]),
        "ticker": texts([order.ticker for order in orders]),
        "side": texts([str(order.side) for order in orders]),
        "decided_at": instants([order.decided_at for order in orders]),
        "reason": texts([order.reason for order in orders]),
        "type": texts([str(order.kind) for order in orders]),
        "limit": numbers(order.limit for order in orders),
        "shares": numbers(order.shares for order in orders),
        "filled": numbers(order.filled for order in orders),
        "state": texts([str(order.state) for order in orders]),
        "denied": texts(["; ".join(order.denied) for order in orders]),
    }


def _fills(found: Backtest) -> Columns:
    fills = found.fills
    return {
        "order": counts([fill.order for fill in fills]),
        "ticker": texts([fill.ticker for fill in fills]),
        "side": texts([str(fill.side) for fill in fills]),
        "time": instants([fill.time for fill in fills]),
        "shares": numbers(fill.shares for fill in fills),
        "price": numbers(fill.price for fill in fills),
        "commission": numbers(fill.commission for fill in fills),
        "slippage": numbers(fill.slippage for fill in fills),
    }


def _equity(found: Backtest) -> Columns:
    curve = found.curve
    return {
        "time": instants(curve.time),
        "equity": numbers(curve.equity),
        "cash": numbers(curve.cash),
        "exposure": numbers(curve.exposure),
        "realised": numbers(_total(found, "realised")),
        "unrealised": numbers(_total(found, "unrealised")),
        "hold_equity": numbers(found.hold.equity),
    }


def _total(found: Backtest, name: str) -> Floats:
    """Add a figure up over all tickers; one without a close yet has nothing to add."""
    total: Floats = np.nansum(
        [getattr(each, name) for each in found.curve.tickers.values()], axis=0
    )
    return total


def _trades(found: Backtest) -> Columns:
    trades = found.trades
    return {
        "ticker": texts([trade.ticker for trade in trades]),
        "shares": numbers(trade.shares for trade in trades),
        "entry_time": instants([trade.entry_time for trade in trades]),
        "entry_price": numbers(trade.entry_price for trade in trades),
        "exit_time": instants([trade.exit_time for trade in trades]),
        "exit_price": numbers(trade.exit_price for trade in trades),
        "commission": numbers(trade.commission for trade in trades),
        "pnl": numbers(trade.pnl for trade in trades),
        "bars": counts([trade.bars for trade in trades]),
        "reason": texts([trade.reason for trade in trades]),
    }
