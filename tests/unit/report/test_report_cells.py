"""Cells of the page stand below their own heads, and figures of costs count all of them."""

import re
from html import unescape

import pytest
from attrs import evolve
from tests.backtest_builders import daily
from tests.builders import rule
from tests.report_runs import RULE, a_run, a_sweep

from adapters.report.headline import COSTS, compared, deepest_fall, outcome
from adapters.report.render import render
from adapters.report.tables import ticker_rows, trade_rows
from sellcore import BarSeries
from sellcore.backtest import FREE, Assumptions, backtest
from sellcore.backtest.drawdown import Drawdown
from sellcore.charts.palette import DARK, LIGHT


def cells_below(page, head):
    """Return the heads of the table that has one such head, and its rows, cell by cell."""
    (table,) = [t for t in re.findall(r"<table.*?</table>", page, re.DOTALL) if head in t]
    heads = re.findall(r'<th scope="col".*?>(.*?)</th>', table)
    rows = re.findall(r"<tr>(<th scope=\"row\".*?)</tr>", table, re.DOTALL)
    parted = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL) for row in rows]
    return heads, [list(map(unescape, row)) for row in parted]


@pytest.fixture(scope="module")
def run():
    """Return a run of two tickers."""
    return a_run("NASDAQ:MSFT", "NYSE:KO")


@pytest.fixture(scope="module")
def page(run):
    """Return its page."""
    return render(run, title="cells", sweep=a_sweep("NASDAQ:MSFT", lengths=(5,)))


def test_a_trade_stands_below_its_heads(run, page):
    """Bought when and at what, then sold when and at what."""
    heads, rows = cells_below(page, ">Bought<")

    assert " ".join(heads) == "Ticker Bought at Sold at Shares Bars Result % Reason"
    assert rows == [
        [
            *(each.ticker, each.entry, each.entry_price, each.exit, each.exit_price),
            *(each.shares, each.bars, each.pnl, each.percent, each.reason),
        ]
        for each in trade_rows(run)
    ]


def test_a_gain_and_a_loss_have_the_colour_that_says_so(page):
    """What begins with a minus is worse, what begins with a plus is better."""
    trades = page[page.index("<h2>Trades") : page.index("What came of each ticker")]
    told = re.findall(r'<td class="number (better|worse)">(.)[\d,.]+</td>', trades)

    assert {"\N{MINUS SIGN}", "+"} <= {sign for _, sign in told}
    assert {(verdict == "better", sign == "+") for verdict, sign in told} == {
        (True, True),
        (False, False),
    }


def test_a_trade_that_came_to_nothing_is_no_gain(run):
    """Its money could have lain still."""
    (row,) = trade_rows(evolve(run, trades=(evolve(run.trades[0], pnl=0.0),)))

    assert not row.gained


def test_a_ticker_stands_below_its_heads(run, page):
    """Warm-up is not what was decided, and what is realised is not what may yet be lost."""
    heads, rows = cells_below(page, ">Warm-up<")

    assert heads[2:] == [
        *("Bars", "Warm-up", "Trades", "Still held", "Realised", "Unrealised", "Costs")
    ]
    assert rows == [
        [
            *(each.ticker, each.rule, each.bars, each.warm_up, each.trades),
            *(each.held, each.realised, each.unrealised, each.costs),
        ]
        for each in ticker_rows(run)
    ]


def test_a_ticker_is_told_as_it_stands_at_the_end(run):
    """Shares, what was earned and what is unrealised are those after the last bar."""
    for row in ticker_rows(run):
        own = run.curve.tickers[row.ticker]
        told = [
            float(text.replace(",", "").replace("\N{MINUS SIGN}", "-"))
            for text in (row.held, row.realised, row.unrealised)
        ]
        ends = [own.shares[-1], own.realised[-1], own.unrealised[-1]]
        assert told == pytest.approx(ends, abs=0.005)
    bought = backtest({"T": daily([100.0] * 40)}, RULE)
    sold = backtest({"T": daily([*[100.0] * 30, *[90.0] * 10])}, RULE)
    assert [ticker_rows(each)[0].held for each in (bought, sold)] == ["999", "0"]


def test_costs_are_commission_and_slippage(run):
    """Of the final equity and of each trade as well."""
    metrics = evolve(run.metrics, commission=30.0, slippage=70.0, final_equity=10_000.0, trades=8)

    told = {f.name: f.account for f in compared(evolve(run, metrics=metrics), COSTS)}

    assert told["Together"] == "100.00"
    assert told["Of the final equity"] == "1.00\N{NO-BREAK SPACE}%"
    assert told["For each closed trade"] == "12.50"


def test_falls_are_told_of_both_and_in_days_and_bars(run):
    """The fall of holding is its own; a week has five bars."""
    fall = Drawdown(0.25, 1_583_107_200, 1_583_193_600, None, bars=5, days=7.0)
    own = evolve(run.metrics, drawdown=fall)
    held = evolve(run.hold_metrics, drawdown=evolve(fall, depth=0.4))
    shown = evolve(run, metrics=own, hold_metrics=held)

    assert "was 25.0\N{NO-BREAK SPACE}%, that of buy and hold 40.0\N{NO-BREAK SPACE}%." in (
        outcome(shown)
    )
    assert deepest_fall(shown).endswith("7 days or 5 bars below the peak.")


def test_the_line_below_the_title_counts_what_was_tested():
    """Four tickers by name and the others by number; closes of the account, without warm-up."""
    run = a_run(*"ABCDEF", count=60)

    page = render(run, title="six")

    assert "A, B, C, D and 2 more \N{MIDDLE DOT} SMA(20) D" in page
    assert f"\N{MIDDLE DOT} {run.metrics.bars} closes" in page
    assert run.metrics.bars == 41


def test_four_tickers_are_all_named_and_there_are_no_others():
    """Nobody is told of 0 more."""
    page = render(a_run(*"ABCD", count=60), title="four")

    assert "A, B, C, D \N{MIDDLE DOT} SMA(20) D" in page


@pytest.mark.parametrize(("tickers", "told"), [(("A",), False), (("A", "B", "C"), True)])
def test_a_median_is_told_of_where_there_is_one(tickers, told):
    """Of a single ticker it is the figure itself."""
    page = render(a_run(count=60), title="map", sweep=a_sweep(*tickers, count=60, lengths=(5,)))

    assert (f"the median of {len(tickers)} tickers" in page) is told


def test_colours_go_from_day_to_night(page):
    """The page exchanges each colour of a chart, which is drawn by day, for one by night."""
    assert f'["{LIGHT.ink}","{DARK.ink}"]' in page
    assert f'["{LIGHT.paper}","{DARK.paper}"]' in page


def test_days_of_the_page_are_those_of_the_exchange():
    """Sydney's Monday begins on Sunday at 23:00 UTC; the page knows Monday alone."""
    closes = [10.0] * 5 + [9.0, 9.5, 9.0]
    days = daily(closes, first=1_583_708_400)  # 2020-03-08T23:00:00Z
    bars = BarSeries(
        days.start,
        days.start + 6 * 3_600,
        *(days.open, days.high, days.low, days.close, days.volume),
    )
    found = backtest({"ASX:BHP": bars}, rule("SMA,5,D"), Assumptions(costs=FREE))

    (row,) = trade_rows(found)
    assert (row.entry, row.exit) == ("2020-03-13", "2020-03-15")
    assert deepest_fall(found).startswith("The deepest: 10.0\N{NO-BREAK SPACE}%, from 2020-03-13 ")
    assert "down to 2020-03-14" in deepest_fall(found)
    assert "2020-03-13 to 2020-03-16 \N{MIDDLE DOT} 4 closes" in unescape(render(found, title="x"))
