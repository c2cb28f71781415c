"""The figures and tables of the report say what the run says."""

from attrs import evolve
from tests.backtest_builders import daily, hourly
from tests.report_runs import RULE, a_run

from adapters.report.headline import CARDS, COSTS, FIGURES, compared, deepest_fall, outcome
from adapters.report.tables import MOST_TRADES, ticker_rows, trade_rows
from adapters.report.wording import percent, ratio
from sellcore import AverageKind, MovingAverageRule, Timeframe
from sellcore.backtest import FREE, Assumptions, Entry, backtest
from sellcore.backtest.trades import Trade


def figure_of(figures, name):
    return next(figure for figure in figures if figure.name == name)


def with_metrics(run, **changes):
    return evolve(run, metrics=evolve(run.metrics, **changes))


def test_more_equity_is_better_and_more_costs_are_worse():
    """The colour of a figure says which of both is ahead."""
    run = a_run()
    rich = with_metrics(run, final_equity=run.hold_metrics.final_equity + 5, commission=1e6)
    poor = with_metrics(run, final_equity=run.hold_metrics.final_equity - 5, commission=0.0)

    assert figure_of(compared(rich, CARDS), "Final equity").verdict == "better"
    assert figure_of(compared(poor, CARDS), "Final equity").verdict == "worse"
    assert figure_of(compared(rich, COSTS), "Commission").verdict == "worse"
    assert figure_of(compared(poor, COSTS), "Commission").verdict == "better"


def test_what_is_a_matter_of_taste_has_no_colour():
    """Time in the market and what wins were worth are neither better nor worse for being more."""
    run = a_run()
    tastes = ("Exposure", "Time in market", "Turnover a year", "Closed trades", "Hit rate")
    more = with_metrics(run, exposure=2.0, time_in_market=2.0, turnover=9e9, trades=9, hit_rate=1.0)
    less = evolve(with_metrics(run, hit_rate=0.1), hold_metrics=more.metrics)

    for each in (more, less):
        figures = compared(each, [*CARDS, *FIGURES])
        assert {figure.verdict for figure in figures if figure.name in tastes} == {""}


def test_what_reads_alike_is_neither_better_nor_worse():
    """A difference that nobody can see has no colour; nor has a figure that is not there."""
    run = a_run()
    alike = with_metrics(run, final_equity=run.hold_metrics.final_equity + 1e-9, sharpe=None)

    assert figure_of(compared(alike, CARDS), "Final equity").verdict == ""
    assert figure_of(compared(alike, CARDS), "Sharpe ratio").verdict == ""
    assert figure_of(compared(alike, CARDS), "Sharpe ratio").account == "\N{EN DASH}"


def test_every_figure_stands_beside_that_of_holding():
    """All figures of the metrics are told, each of both."""
    run = a_run()

    figures = compared(run, FIGURES)

    assert [figure.name for figure in figures] == [kind.name for kind in FIGURES]
    read = {figure.name: (figure.account, figure.hold) for figure in figures}
    own, held = run.metrics, run.hold_metrics
    assert read["Sharpe ratio"] == (ratio(own.sharpe), ratio(held.sharpe))
    assert read["Maximum drawdown"] == (percent(own.drawdown.depth), percent(held.drawdown.depth))
    assert read["Closed trades"] == (str(own.trades), "0")


def test_the_outcome_is_told_in_numbers():
    """Two sentences hold the end, the lead and the deepest falls."""
    run = with_metrics(a_run(), final_equity=123_456.4, total_return=0.234564)
    run = evolve(run, hold_metrics=evolve(run.hold_metrics, final_equity=100_000.0))

    told = outcome(run)

    assert told.startswith(
        "100,000 became 123,456 (+23.5\xa0%), 23,456 more than buy and hold. The deepest fall was "
    )
    assert f"{run.metrics.drawdown.depth * 100:.1f}\xa0%, that of buy and hold" in told


def test_an_outcome_that_is_alike_is_told_as_such():
    """Nobody is told of a lead of nothing."""
    run = a_run()
    run = with_metrics(run, final_equity=run.hold_metrics.final_equity + 0.3)

    assert ", as much as buy and hold." in outcome(run)


def test_the_deepest_fall_is_told_with_its_dates():
    """From the peak to the trough, and when it was made good."""
    closes = [*[100.0] * 20, *[101.0] * 5, 80.0, 90.0, *[102.0] * 5]
    run = backtest({"T": daily(closes)}, RULE, Assumptions(entry=Entry.RECLAIM, costs=FREE))
    last = evolve(run, metrics=evolve(run.metrics, drawdown=run.hold_metrics.drawdown))

    assert deepest_fall(last).startswith("The deepest: 20.")
    assert "down to 2020-01-27, made good on 2020-01-29." in deepest_fall(last)
    assert "not made good by the end" in deepest_fall(run)


def test_an_account_that_never_fell_is_told_as_such():
    """There is no deepest fall where there was none."""
    run = backtest({"T": daily([100.0] * 40)}, RULE, Assumptions(costs=FREE))

    assert deepest_fall(run) == "The account never fell below what it once was."


def test_trades_are_told_as_they_were_closed():
    """Each row is a round trip of the run, with its reason."""
    run = a_run("NYSE:KO", "NYSE:IBM")

    rows = trade_rows(run)

    assert len(rows) == len(run.trades) > 5
    for row, trade in zip(rows, run.trades, strict=True):
        assert (row.ticker, row.reason) == (trade.ticker, trade.reason)
        assert row.pnl.replace(",", "").replace("\N{MINUS SIGN}", "-") == f"{trade.pnl:+.2f}"
        assert row.gained is (trade.pnl > 0)
        assert len(row.entry) == len("2020-01-02")


def test_both_ends_of_a_trade_stand_where_they_belong():
    """Bought on the second of March at 100, sold on the tenth at 90.5."""
    trade = Trade(
        ticker="NASDAQ:MSFT",
        shares=1250.5,
        entry_time=1_583_159_400,
        entry_price=100.0,
        exit_time=1_583_850_600,
        exit_price=90.5,
        commission=2.0,
        pnl=-11_881.75,
        bars=6,
        reason="close 90.50 is below SMA(20) 95.0000",
    )

    (row,) = trade_rows(evolve(a_run(), trades=(trade,)))

    assert (row.entry, row.entry_price) == ("2020-03-02", "100.0000")
    assert (row.exit, row.exit_price) == ("2020-03-10", "90.5000")
    assert (row.shares, row.bars) == ("1,250.5", "6")
    assert row.percent == "\N{MINUS SIGN}9.5\N{NO-BREAK SPACE}%"
    assert not row.gained


def test_of_too_many_trades_the_last_are_told():
    """A page of tens of thousands of rows would help nobody."""
    run = a_run()
    many = evolve(run, trades=run.trades * (MOST_TRADES // len(run.trades) + 2))

    rows = trade_rows(many)

    assert len(rows) == MOST_TRADES
    assert rows[-1].reason == run.trades[-1].reason


def test_hours_are_told_in_the_table():
    """Where there are several bars a day, a date alone would not say which."""
    closes = [*[100.0] * 30, 90.0, 91.0]
    rule = MovingAverageRule(AverageKind.SMA, 20, Timeframe.HOUR)
    run = backtest({"T": hourly(closes)}, rule)

    (row,) = trade_rows(run)

    assert len(row.exit) == len("2020-01-02 14:30")


def test_each_ticker_is_told_with_its_warm_up_and_costs():
    """Costs of all tickers add up to those of the account; bars are those that could be decided."""
    run = a_run("NYSE:KO", "NYSE:IBM")

    rows = ticker_rows(run)

    assert [row.ticker for row in rows] == ["NYSE:IBM", "NYSE:KO"]
    assert [(row.warm_up, row.bars) for row in rows] == [("19", "281")] * 2
    together = sum(float(row.costs.replace(",", "")) for row in rows)
    assert abs(together - run.metrics.costs) < 0.011
