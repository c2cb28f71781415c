"""A backtest on a screen: the account beside buy-and-hold, each ticker, the last trades."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sellcli.screen.fitted_table import Column, fitted_table
from sellcli.screen.text import NONE, average
from sellcore.backtest.account.orders import OrderState
from sellcore.backtest.account.result import Backtest
from sellcore.backtest.drawdown import Drawdown
from sellcore.backtest.metrics import Metrics
from sellcore.backtest.trades import Trade
from sellcore.instant import from_epoch

Calendar = Callable[[int], date]
"""Tells the trading date of a moment."""


def show_backtest(
    console: Console, found: Backtest, origins: Mapping[str, object], trades: int
) -> None:
    """
    Print what a backtest comes to, and always what it takes for granted.

    Args:
        console: Where to.
        found: The backtest.
        origins: Whose bars each ticker's are.
        trades: So many of the last ones are listed.
    """
    console.print(Text(headline(found), style="bold"), soft_wrap=True)
    console.print(Text(f"bars: {_whose(origins)}", style="dim"), soft_wrap=True)
    console.print(account_table(found, console.width))
    console.print(tickers_table(found, console.width))
    listed = found.trades[-trades:] if trades else ()
    if listed:
        console.print(trades_table(listed, len(found.trades), console.width, told_when(found)))
    for line in unfilled(found):
        console.print(Text(line), soft_wrap=True)
    show_assumptions(console, found.assumptions_in_words)


def show_assumptions(console: Console, lines: Iterable[str]) -> None:
    """Print what a result takes for granted."""
    console.print(Text("taken for granted", style="dim"))
    for line in lines:
        console.print(Text(f"  {line}"), soft_wrap=True)


def headline(found: Backtest) -> str:
    """Return rules, tickers and period in one line."""
    metrics, day = found.metrics, found.calendar()
    first, last = day(metrics.start), day(metrics.end)
    closes = f"{metrics.bars:,} close{'' if metrics.bars == 1 else 's'}"
    return f"{subject(found)}, {first} to {last}, {closes}"


def subject(found: Backtest) -> str:
    """Return rules and tickers in a few words."""
    rules = sorted({str(each.rule) for each in found.decisions.values()})
    tickers = list(found.decisions)
    named = ", ".join(tickers) if len(tickers) <= 4 else f"{len(tickers)} tickers"
    told = rules[0] if len(rules) == 1 else f"{len(rules)} rules"
    return f"{told} on {named}"


def _whose(origins: Mapping[str, object]) -> str:
    kinds = sorted({str(origin) for origin in origins.values()})
    told = {"files": "from files", "simulated": "of simulated days, which may be made up"}
    return ", ".join(told.get(kind, kind) for kind in kinds)


def account_table(found: Backtest, width: int) -> Table:
    """Return the figures of the account, beside those of buying and holding."""
    columns = (
        Column("", right=False),
        Column("with the rule"),
        Column("buy and hold"),
    )
    day = found.calendar()
    own, hold = (_figures(each, day) for each in (found.metrics, found.hold_metrics))
    rows = [
        (name, Text(ruled, style="bold"), held)
        for (name, ruled), (_, held) in zip(own, hold, strict=True)
    ]
    title = f"the account of {found.assumptions.capital:,.2f}"
    return fitted_table(title, columns, rows, width)


def _figures(metrics: Metrics, day: Calendar) -> list[tuple[str, str]]:
    deepest = metrics.drawdown
    return [
        ("final equity", f"{metrics.final_equity:,.2f}"),
        ("total return", signed_part(metrics.total_return)),
        ("growth a year (CAGR)", signed_part(metrics.cagr)),
        ("volatility a year", part(metrics.volatility)),
        ("Sharpe", ratio(metrics.sharpe)),
        ("Sortino", ratio(metrics.sortino)),
        ("deepest drawdown", part(-deepest.depth if deepest.depth else 0.0)),
        ("  from", _fallen(deepest, day)),
        ("  recovered", _recovered(metrics, day)),
        ("Calmar", ratio(metrics.calmar)),
        ("round trips", f"{metrics.trades:,}"),
        ("  that earned", part(metrics.hit_rate)),
        ("  average win", average(metrics.average_win)),
        ("  average loss", average(metrics.average_loss)),
        ("exposure", part(metrics.exposure)),
        ("time in the market", part(metrics.time_in_market)),
        ("turnover a year", ratio(metrics.turnover)),
        ("commission", average(metrics.commission)),
        ("slippage", average(metrics.slippage)),
    ]


def _fallen(deepest: Drawdown, day: Calendar) -> str:
    if deepest.peak is None or deepest.trough is None:
        return NONE
    return f"{day(deepest.peak)} to {day(deepest.trough)}"


def _recovered(metrics: Metrics, day: Calendar) -> str:
    deepest = metrics.drawdown
    if not deepest.depth:
        return NONE
    when = "not yet" if deepest.recovery is None else day(deepest.recovery)
    return f"{when}, {deepest.days:,.0f} days"


_TICKER_COLUMNS = (
    Column("ticker", right=False),
    Column("rule", right=False, goes=1),
    Column("bars", goes=3),
    Column("warm-up", goes=4),
    Column("trips", goes=5),
    Column("shares left", goes=2),
    Column("realised"),
    Column("unrealised"),
    Column("held"),
)


def tickers_table(found: Backtest, width: int) -> Table:
    """Return what came of each ticker, and of holding it."""
    rows = []
    for ticker, decisions in found.decisions.items():
        own, hold = found.curve.tickers[ticker], found.hold.tickers[ticker]
        rows.append(
            (
                ticker,
                str(decisions.rule),
                f"{len(decisions.bars) - decisions.first:,}",
                f"{decisions.warm_up:,}",
                f"{sum(trade.ticker == ticker for trade in found.trades):,}",
                f"{own.shares[-1]:,.10g}",
                _coloured(float(own.realised[-1])),
                _coloured(float(own.unrealised[-1])),
                _coloured(float(hold.realised[-1] + hold.unrealised[-1])),
            )
        )
    return fitted_table("each ticker", _TICKER_COLUMNS, rows, width)


_TRADE_COLUMNS = (
    Column("ticker", right=False),
    Column("bought", right=False),
    Column("sold", right=False),
    Column("shares", goes=1),
    Column("at", goes=2),
    Column("sold at", goes=3),
    Column("earned"),
    Column("sold because", right=False, words=True),
)


def told_when(found: Backtest) -> Callable[[str, int], str]:
    """Return what tells when something happened to a ticker: the date, or the hour in UTC."""
    days = {ticker: found.calendar(ticker) for ticker in found.decisions}
    if found.is_intraday:
        return lambda ticker, moment: f"{from_epoch(moment):%Y-%m-%d %H:%M}"
    return lambda ticker, moment: str(days[ticker](moment))


def trades_table(
    trades: Sequence[Trade], of: int, width: int, when: Callable[[str, int], str]
) -> Table:
    """
    Return round trips, each with the reason it was sold for.

    Args:
        trades: Those that are shown.
        of: How many there were.
        width: Of the screen.
        when: Tells when something happened to a ticker.
    """
    shown = f"the last {len(trades)} of {of:,} round trips" if len(trades) < of else "round trips"
    rows = [
        (
            trade.ticker,
            when(trade.ticker, trade.entry_time),
            when(trade.ticker, trade.exit_time),
            f"{trade.shares:,.10g}",
            average(trade.entry_price),
            average(trade.exit_price),
            _coloured(trade.pnl),
            trade.reason,
        )
        for trade in trades
    ]
    return fitted_table(shown, _TRADE_COLUMNS, rows, width)


def unfilled(found: Backtest) -> list[str]:
    """Return a line for each way in which orders came to nothing, with the latest of them."""
    when, lines = told_when(found), []
    for state in OrderState:
        orders = [order for order in found.orders if order.state is state and not order.filled]
        if orders:
            last = orders[-1]
            decided = when(last.ticker, last.decided_at)
            reason = "".join(f": {each}" for each in last.denied[:1])
            lines.append(
                f"{len(orders):,} order{'s' * (len(orders) > 1)} not filled ({state}), the last "
                f"to {str(last.side).lower()} {last.ticker}, decided {decided}{reason}"
            )
    return lines


def part(value: float | None) -> str:
    """Return a part of a whole as a percentage."""
    return NONE if value is None else f"{value:.2%}".replace("%", " %")


def signed_part(value: float | None) -> str:
    """Return a part of a whole as a percentage with its sign."""
    return NONE if value is None else f"{value:+,.2%}".replace("%", " %")


def ratio(value: float | None) -> str:
    """Return a ratio with two decimals."""
    return NONE if value is None else f"{value:.2f}"


def _coloured(amount: float) -> Text:
    return Text(f"{amount:+,.2f}", style="red" if amount < 0 else "green" if amount > 0 else "")
