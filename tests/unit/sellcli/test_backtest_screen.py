"""A backtest on a screen: each number stands behind its own name, and a loss reads as one."""

import io
from datetime import UTC, datetime

import pytest
from attrs import evolve
from rich.console import Console
from rich.table import Table
from rich.text import Text
from tests.backtest_builders import daily, hourly
from tests.report_runs import RULE, a_run

from sellcli.screen.backtest_tables import (
    account_table,
    headline,
    show_backtest,
    subject,
    tickers_table,
    told_when,
    trades_table,
    unfilled,
)
from sellcore import AverageKind, BarSeries, MovingAverageRule, Timeframe
from sellcore.backtest import FREE, Assumptions, Backtest, backtest
from sellcore.backtest.drawdown import Drawdown
from sellcore.backtest.trades import Trade
from sellcore.rule import parse_rule

WIDE = 300


def at(*moment: int) -> int:
    """Return seconds since 1970 of a moment in UTC."""
    return int(datetime(*moment, tzinfo=UTC).timestamp())


def rows_of(table: Table) -> list[list[str]]:
    """Return the cells of a table, row by row, without their colours."""
    columns = [[str(cell) for cell in column.cells] for column in table.columns]
    return [list(row) for row in zip(*columns, strict=True)]


def spoken(ticker: str, moment: int) -> str:
    """Say when something happened to a ticker."""
    return f"{ticker} at {moment}"


TRADE = Trade(
    ticker="NASDAQ:MSFT",
    shares=1250.5,
    entry_time=at(2020, 3, 2, 14, 30),
    entry_price=100.0,
    exit_time=at(2020, 3, 10, 15, 30),
    exit_price=90.5,
    commission=2.0,
    pnl=-11_881.75,
    bars=6,
    reason="close 90.50 is below SMA(20) 95.0000",
)


def test_every_figure_stands_behind_its_name() -> None:
    """No two of these are alike, so none can stand for another."""
    run = a_run()
    fall = Drawdown(0.25, at(2020, 3, 2, 21), at(2020, 4, 1, 20), at(2020, 5, 4, 20), 44, 63.0)
    metrics = evolve(
        run.metrics,
        final_equity=123_456.78,
        total_return=0.2346,
        cagr=-0.1,
        volatility=0.2,
        sharpe=1.11,
        sortino=2.22,
        drawdown=fall,
        calmar=3.33,
        trades=1234,
        hit_rate=0.4,
        average_win=500.5,
        average_loss=-250.25,
        exposure=0.5,
        time_in_market=0.6,
        turnover=7.77,
        commission=12.34,
        slippage=56.78,
    )

    shown = rows_of(account_table(evolve(run, metrics=metrics), WIDE))

    assert [(name, own) for name, own, _ in shown] == [
        ("final equity", "123,456.78"),
        ("total return", "+23.46 %"),
        ("growth a year (CAGR)", "-10.00 %"),
        ("volatility a year", "20.00 %"),
        ("Sharpe", "1.11"),
        ("Sortino", "2.22"),
        ("deepest drawdown", "-25.00 %"),
        ("  from", "2020-03-02 to 2020-04-01"),
        ("  recovered", "2020-05-04, 63 days"),
        ("Calmar", "3.33"),
        ("round trips", "1,234"),
        ("  that earned", "40.00 %"),
        ("  average win", "500.50"),
        ("  average loss", "-250.25"),
        ("exposure", "50.00 %"),
        ("time in the market", "60.00 %"),
        ("turnover a year", "7.77"),
        ("commission", "12.34"),
        ("slippage", "56.78"),
    ]
    assert shown[0][2] == f"{run.hold_metrics.final_equity:,.2f}"


def test_the_headline_counts_the_closes() -> None:
    """One is one close, and thousands are told apart."""
    run = a_run()
    one, many = (evolve(run, metrics=evolve(run.metrics, bars=bars)) for bars in (1, 12_345))

    assert headline(one).endswith(", 1 close")
    assert headline(many).endswith(", 12,345 closes")


@pytest.mark.parametrize(
    ("tickers", "told"), [("ABCD", "A, B, C, D"), ("ABCDE", "5 tickers"), ("A", "A")]
)
def test_a_handful_of_tickers_is_named_and_more_are_counted(tickers: str, told: str) -> None:
    """In the order they were given."""
    assert subject(a_run(*tickers, count=60)) == f"SMA(20) D on {told}"


def test_the_account_is_named_by_its_capital_to_the_cent() -> None:
    """Whoever gave cents finds them again."""
    run = a_run()
    cents = evolve(run, assumptions=evolve(run.assumptions, capital=12_345.67))

    assert account_table(cents, WIDE).title == "the account of 12,345.67"


def test_each_ticker_is_told_with_what_is_its_own() -> None:
    """Bars that were decided, round trips, and what holding it would have earned."""
    run = a_run("NASDAQ:MSFT", "NYSE:KO")

    shown = rows_of(tickers_table(run, WIDE))

    assert [row[0] for row in shown] == list(run.decisions)
    for ticker, rule, bars, warm_up, trips, shares, realised, unrealised, held in shown:
        own, hold = run.curve.tickers[ticker], run.hold.tickers[ticker]
        assert (rule, bars, warm_up) == ("SMA(20) D", "281", "19")
        assert int(trips) == len([trade for trade in run.trades if trade.ticker == ticker])
        assert shares == f"{own.shares[-1]:,.10g}"
        assert realised == f"{own.realised[-1]:+,.2f}"
        assert unrealised == f"{own.unrealised[-1]:+,.2f}"
        assert held == f"{hold.realised[-1] + hold.unrealised[-1]:+,.2f}"


def test_a_loss_is_red_and_a_gain_is_green() -> None:
    """As everywhere."""
    losing = list(trades_table([TRADE], 1, WIDE, spoken).columns[6].cells)
    gaining = list(trades_table([evolve(TRADE, pnl=3.2)], 1, WIDE, spoken).columns[6].cells)

    assert [(str(cell), cell.style) for cell in losing if isinstance(cell, Text)] == [
        ("-11,881.75", "red")
    ]
    assert [(str(cell), cell.style) for cell in gaining if isinstance(cell, Text)] == [
        ("+3.20", "green")
    ]


def test_both_ends_of_a_trade_stand_in_their_columns() -> None:
    """Bought at 100, sold at 90.50, each said to be when it was."""
    (told,) = rows_of(trades_table([TRADE], 1, WIDE, spoken))

    assert told[:6] == [
        *("NASDAQ:MSFT", "NASDAQ:MSFT at 1583159400", "NASDAQ:MSFT at 1583854200"),
        *("1,250.5", "100.00", "90.50"),
    ]


def test_a_day_is_the_exchanges_though_it_begins_before_midnight_utc() -> None:
    """Sydney opens at 23:00 UTC of the day before: nothing is bought there on a Sunday."""
    monday = 1_583_708_400  # 2020-03-08T23:00:00Z
    closes = [10.0] * 5 + [9.0, 8.0, 8.0]
    days = daily(closes, first=monday)
    sydney = BarSeries(
        days.start,
        days.start + 6 * 3_600,
        *(days.open, days.high, days.low, days.close, days.volume),
    )

    run = backtest({"ASX:BHP": sydney}, parse_rule("SMA,5,D"), Assumptions(costs=FREE))

    when = told_when(run)
    assert headline(run) == "SMA(5) D on ASX:BHP, 2020-03-13 to 2020-03-16, 4 closes"
    assert [when("ASX:BHP", fill.time) for fill in run.fills] == ["2020-03-13", "2020-03-15"]
    told = {row[0].strip(): row[1] for row in rows_of(account_table(run, WIDE))}
    assert told["from"] == "2020-03-13 to 2020-03-14"


def test_each_tickers_days_are_those_of_its_own_exchange() -> None:
    """New York beside it does not move Sydney's Friday to Thursday."""
    closes = [10.0] * 5 + [9.0, 8.0, 8.0]
    new_york = daily(closes, first=1_583_764_200)  # 2020-03-09T14:30:00Z
    days = daily(closes, first=1_583_708_400)  # 2020-03-08T23:00:00Z
    sydney = BarSeries(
        days.start,
        days.start + 6 * 3_600,
        *(days.open, days.high, days.low, days.close, days.volume),
    )
    both = {"ASX:BHP": sydney, "NYSE:KO": new_york}

    run = backtest(both, parse_rule("SMA,5,D"), Assumptions(costs=FREE))

    when = told_when(run)
    told = [(fill.ticker, when(fill.ticker, fill.time)) for fill in run.fills[:2]]
    assert told == [("ASX:BHP", "2020-03-13"), ("NYSE:KO", "2020-03-13")]


def test_one_rule_of_hours_among_rules_of_days_tells_the_hour() -> None:
    """Which of two fills of a day came first, nobody could tell otherwise."""
    bars = {"NYSE:H": hourly([10.0] * 40), "NYSE:D": daily([10.0] * 8)}
    rules = {"NYSE:H": parse_rule("SMA,5,1H"), "NYSE:D": parse_rule("SMA,5,D")}

    run = backtest(bars, rules, Assumptions(costs=FREE))

    when = told_when(run)
    assert [when(fill.ticker, fill.time) for fill in run.fills] == [
        "2020-01-02 18:30",
        "2020-01-06 14:30",
    ]


def screen_of(run: Backtest, trades: int) -> str:
    """Return what a wide terminal without colours shows."""
    out = io.StringIO()
    show_backtest(Console(file=out, width=WIDE, color_system=None), run, {}, trades)
    return out.getvalue()


def test_the_trades_that_are_listed_are_the_last_ones() -> None:
    """With two asked for, the last two, and of how many."""
    run = a_run()
    *_, last = run.trades

    shown = screen_of(evolve(run, trades=(TRADE, *run.trades)), 2)

    assert f"the last 2 of {len(run.trades) + 1} round trips" in shown
    assert last.reason in shown
    assert TRADE.reason not in shown


def test_a_time_of_day_is_told_of_hours_alone() -> None:
    """Days have a date."""
    closes = [*[100.0] * 30, 90.0, 91.0]
    hours = MovingAverageRule(AverageKind.SMA, 20, Timeframe.HOUR)

    assert "2020-01-06 17:30" in screen_of(backtest({"T": hourly(closes)}, hours), 1)
    assert "14:30" not in screen_of(backtest({"T": daily(closes)}, RULE), 1)


def test_orders_that_came_to_nothing_are_told_with_the_reason_of_the_last() -> None:
    """A share that nobody can pay for, and a sale on the last bar: neither is passed over."""
    dear = daily([300.0] * 8)
    falls = daily([10.0] * 7 + [9.0])
    assumed = Assumptions(costs=FREE, capital=500.0)

    run = backtest({"NYSE:A": dear, "NYSE:B": falls}, parse_rule("SMA,5,D"), assumed)

    assert unfilled(run) == [
        "1 order not filled (denied), the last to buy NYSE:A, decided 2020-01-06: what may be "
        "spent buys nothing at 300.0000",
        "1 order not filled (no bar follows), the last to sell NYSE:B, decided 2020-01-09",
    ]
    dearer = daily([300.0] * 8, first=int(dear.start[1]))
    (both,) = unfilled(backtest({"NYSE:A": dear, "NYSE:C": dearer}, parse_rule("SMA,5,D"), assumed))
    assert both.startswith("2 orders not filled (denied), the last to buy NYSE:C, decided 2020-01-")
    assert unfilled(backtest({"X": daily([10.0] * 8)}, parse_rule("SMA,5,D"), assumed)) == []
    assert "\n1 order not filled (denied)" in screen_of(run, 0)


def test_every_origin_of_the_bars_is_told() -> None:
    """Each once, in words; simulated ones may be made up."""
    out = io.StringIO()
    origins = {"A": "simulated", "B": "imported", "C": "broker", "D": "imported"}
    show_backtest(Console(file=out, width=WIDE, color_system=None), a_run(), origins, 0)

    told = "bars: broker, imported, of simulated days, which may be made up"
    assert told in [line.rstrip() for line in out.getvalue().splitlines()]
