"""The tables of the report: trades, and what came of each ticker, in words."""

from collections.abc import Callable

from attrs import frozen

from adapters.report.wording import (
    amount,
    cents,
    moment,
    price,
    shares,
    signed_cents,
    signed_percent,
)
from sellcore.backtest.account.result import Backtest
from sellcore.backtest.trades import Trade

MOST_TRADES = 1_000
"""Rows of the table of trades: more would make the page slow, and nobody reads them."""


@frozen
class TradeRow:
    """A round trip, or shares that are held at the end, in words."""

    ticker: str
    entry: str
    entry_price: str
    exit: str
    exit_price: str
    shares: str
    bars: str
    pnl: str
    percent: str
    gained: bool
    reason: str


@frozen
class TickerRow:
    """What came of a ticker, in words."""

    ticker: str
    rule: str
    bars: str
    warm_up: str
    trades: str
    held: str
    realised: str
    unrealised: str
    costs: str


def trade_rows(run: Backtest) -> list[TradeRow]:
    """Return the last MOST_TRADES closed trades, as they were closed."""
    days = {ticker: run.calendar(ticker) for ticker in run.decisions}
    return [
        _trade_row(trade, moment if run.is_intraday else days[trade.ticker])
        for trade in run.trades[-MOST_TRADES:]
    ]


def _trade_row(trade: Trade, when: Callable[[int], object]) -> TradeRow:
    return TradeRow(
        ticker=trade.ticker,
        entry=str(when(trade.entry_time)),
        entry_price=price(trade.entry_price),
        exit=str(when(trade.exit_time)),
        exit_price=price(trade.exit_price),
        shares=shares(trade.shares),
        bars=amount(trade.bars),
        pnl=signed_cents(trade.pnl),
        percent=signed_percent(trade.pnl / (trade.entry_price * trade.shares)),
        gained=trade.pnl > 0,
        reason=trade.reason,
    )


def ticker_rows(run: Backtest) -> list[TickerRow]:
    """Return a row for each ticker that takes part, in their order."""
    costs = dict.fromkeys(run.decisions, 0.0)
    for fill in run.fills:
        costs[fill.ticker] += fill.commission + fill.slippage
    closed = dict.fromkeys(run.decisions, 0)
    for trade in run.trades:
        closed[trade.ticker] += 1
    return [
        TickerRow(
            ticker=ticker,
            rule=str(decided.rule),
            bars=amount(len(decided.bars) - decided.warm_up),
            warm_up=amount(decided.warm_up),
            trades=amount(closed[ticker]),
            held=shares(float(run.curve.tickers[ticker].shares[-1])),
            realised=signed_cents(float(run.curve.tickers[ticker].realised[-1])),
            unrealised=signed_cents(float(run.curve.tickers[ticker].unrealised[-1])),
            costs=cents(costs[ticker]),
        )
        for ticker, decided in run.decisions.items()
    ]
