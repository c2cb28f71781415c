"""A backtest as JSON holds all of it, each number under its own name."""

from datetime import timedelta

import pytest
from attrs import evolve, frozen
from tests.backtest_builders import daily
from tests.report_runs import RULE, a_run

from sellcli.screen.backtest_forms import assumptions_form, backtest_form
from sellcore.backtest import Assumptions, backtest, parse_actions


def test_costs_are_commission_and_slippage() -> None:
    """Both stand there, and what they come to together."""
    run = a_run()

    metrics = backtest_form(run)["metrics"]

    assert run.metrics.slippage > 0
    assert metrics["costs"] == pytest.approx(metrics["commission"] + metrics["slippage"])


def test_a_ticker_begins_with_the_first_bar_that_is_decided() -> None:
    """Warm-up bars are counted, and are no part of it; holding is counted to the end."""
    run = a_run()
    bars = run.decisions["NASDAQ:MSFT"].bars
    held = run.hold.tickers["NASDAQ:MSFT"]

    form = backtest_form(run)["tickers"]["NASDAQ:MSFT"]

    assert bars.start[19] == run.metrics.start
    assert form["start"] == backtest_form(run)["metrics"]["start"]
    assert (form["warm_up"], form["bars"]) == (19, 281)
    assert form["hold_pnl"] == pytest.approx(held.realised[-1] + held.unrealised[-1])
    assert form["hold_pnl"] == pytest.approx(run.hold_metrics.final_equity - 100_000)


def test_orders_are_counted_by_what_became_of_them() -> None:
    """One bought, one has no bar to be filled in."""
    run = backtest({"T": daily([*[100.0] * 30, 90.0])}, RULE)

    counted = {state: count for state, count in backtest_form(run)["orders"].items() if count}

    assert counted == {"filled": 1, "no bar follows": 1}


def test_what_was_left_out_and_what_was_adjusted_is_told() -> None:
    """A ticker that is too short with its bars; each split and dividend."""
    actions = parse_actions("ticker,date,kind,value\nT,2020-01-20,split,2\n")
    closes = [100.0] * 18 + [50.0] * 22
    bars = {"T": daily(closes, closes), "S": daily([100.0] * 5)}
    run = backtest(bars, RULE, Assumptions(), actions)

    form = backtest_form(run)

    assert form["actions"] == ["split 2 of T on 2020-01-20"]
    assert form["left_out"] == {"S": "S: SMA(20) D needs 20 closed bars, has 5"}


@frozen
class Patience:
    """Something that lasts."""

    lasts: timedelta


def test_a_time_span_is_told_in_seconds() -> None:
    """All of them, also where it is longer than a day."""
    assert assumptions_form(Patience(timedelta(days=1, seconds=30))) == {"lasts": 86_430.0}


def test_every_ticker_counts_its_own_trades() -> None:
    """They add up to those of the account."""
    run = a_run("A", "B")
    alone = evolve(run, trades=tuple(trade for trade in run.trades if trade.ticker == "A"))

    tickers = backtest_form(alone)["tickers"]

    assert (tickers["A"]["trades"], tickers["B"]["trades"]) == (len(alone.trades), 0)


def test_the_return_is_of_the_capital() -> None:
    """Not of what was left of it at the first close."""
    metrics = backtest_form(backtest({"T": daily([*[100.0] * 20, *[90.0] * 20])}, RULE))["metrics"]

    assert metrics["total_return"] == pytest.approx(metrics["final_equity"] / 100_000 - 1)
    assert metrics["total_return"] < -0.0001
