"""A backtest as one JSON document: what ``--json`` prints and ``summary.json`` keeps."""

from datetime import timedelta
from enum import Enum
from typing import Any

from attrs import fields, has

from sellcli.screen.json_forms import Json
from sellcore.backtest.account.orders import OrderState
from sellcore.backtest.account.result import Backtest
from sellcore.backtest.metrics import Metrics
from sellcore.backtest.trades import Trade
from sellcore.instant import from_epoch, iso


def backtest_form(found: Backtest) -> dict[str, Json]:
    """Return all that a backtest comes to, but for its ledgers."""
    return {
        "config_hash": found.config_hash,
        "since": None if found.since is None else found.since.isoformat(),
        "metrics": _metrics(found.metrics),
        "hold_metrics": _metrics(found.hold_metrics),
        "tickers": {ticker: _ticker(found, ticker) for ticker in found.decisions},
        "left_out": dict(found.too_short),
        "orders": {
            str(state): sum(order.state is state for order in found.orders) for state in OrderState
        },
        "actions": [str(action) for action in found.actions],
        "assumptions": assumptions_form(found.assumptions),
        "assumptions_in_words": list(found.assumptions_in_words),
    }


def trade_form(trade: Trade) -> dict[str, Json]:
    """Return a round trip."""
    form = {each.name: getattr(trade, each.name) for each in fields(Trade)}
    return {**form, "entry_time": _moment(trade.entry_time), "exit_time": _moment(trade.exit_time)}


def assumptions_form(value: Any) -> Json:
    """Return a value of assumptions, and those inside it, by the names that the core has."""
    if has(type(value)):
        return {each.name: assumptions_form(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, timedelta):
        return value.total_seconds()
    form: Json = str(value) if isinstance(value, Enum) else value
    return form


def _metrics(metrics: Metrics) -> dict[str, Json]:
    form = {each.name: getattr(metrics, each.name) for each in fields(Metrics)}
    deepest = metrics.drawdown
    return {
        **form,
        "start": _moment(metrics.start),
        "end": _moment(metrics.end),
        "costs": metrics.costs,
        "drawdown": {
            "depth": deepest.depth,
            "peak": _moment(deepest.peak),
            "trough": _moment(deepest.trough),
            "recovery": _moment(deepest.recovery),
            "bars": deepest.bars,
            "days": deepest.days,
        },
    }


def _ticker(found: Backtest, ticker: str) -> dict[str, Json]:
    decisions, own = found.decisions[ticker], found.curve.tickers[ticker]
    hold = found.hold.tickers[ticker]
    bars = decisions.bars
    return {
        "rule": str(decisions.rule),
        "warm_up": decisions.warm_up,
        "bars": len(bars) - decisions.first,
        "start": _moment(int(bars.start[decisions.first])),
        "end": _moment(int(bars.end[-1])),
        "trades": sum(trade.ticker == ticker for trade in found.trades),
        "shares": float(own.shares[-1]),
        "realised": float(own.realised[-1]),
        "unrealised": float(own.unrealised[-1]),
        "hold_pnl": float(hold.realised[-1] + hold.unrealised[-1]),
    }


def _moment(seconds: int | None) -> str | None:
    return None if seconds is None else iso(from_epoch(seconds))
