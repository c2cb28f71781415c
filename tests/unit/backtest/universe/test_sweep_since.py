"""A sweep that starts on a date: what comes before fills the averages and counts for nothing."""

import math
from datetime import date, timedelta

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import DAY, OPENS, daily, hourly, plain_loop, random_walk
from tests.builders import rule

from adapters.memory_bars import MemoryBars
from sellcore.backtest import (
    FREE,
    IB_FIXED,
    Assumptions,
    Entry,
    Fill,
    backtest,
    rule_returns,
    sweep,
)
from sellcore.bar import BarSeries
from sellcore.timeframe import Timeframe

FIRST = date(2020, 1, 2)
RECLAIM = Assumptions(entry=Entry.RECLAIM)
RULES = [rule(text) for text in ("SMA,5,D", "SMA,20,D", "EMA,5,D")]


def history(seed: int, begins: int, count: int) -> BarSeries:
    """Return a walk that begins so many days after the first of all."""
    opens, closes = random_walk(count, seed)
    return daily(closes, opens, first=OPENS + DAY * begins)


UNIVERSE = {
    "NYSE:A": history(1, 0, 120),
    "NYSE:B": history(2, 40, 100),
    "NYSE:C": history(3, 90, 60),
    "NYSE:D": history(4, 0, 30),
}
SOURCE = MemoryBars({Timeframe.DAY: UNIVERSE})


def figures_of(metrics, prefix: str = "") -> dict[str, float]:
    """Return the metrics of a backtest under the names of a sweep's columns."""
    names = ("final_equity", "cagr", "volatility", "sharpe", "sortino", "calmar", "exposure")
    found = {name: getattr(metrics, name) for name in (*names, "time_in_market")}
    found["max_drawdown"] = metrics.drawdown.depth
    return {prefix + name: math.nan if value is None else value for name, value in found.items()}


def assert_as_backtested(source, rules, assumptions, since) -> None:
    """Compare every column with a backtest of one ticker that starts on the same date."""
    found = sweep(source, rules, assumptions, since=since)
    for row, ticker in enumerate(found.tickers):
        for number, own in enumerate(rules):
            swept = {name: values[row, number] for name, values in found.columns.items()}
            bars = source.load([ticker], own.timeframe)[ticker]
            days = [FIRST + timedelta(days=int(start - OPENS) // DAY) for start in bars.start]
            first = max(own.required_bars - 1, sum(day < since for day in days))
            if first >= len(bars):
                assert (swept["bars"], swept["warm_up"]) == (0, len(bars))
                assert math.isnan(swept["final_equity"])
                continue
            told = backtest({ticker: bars}, own, assumptions, since=since)
            expected = figures_of(told.metrics) | figures_of(told.hold_metrics, "hold_")
            expected |= {"trades": len(told.trades), "warm_up": first, "bars": len(bars) - first}

            assert swept == pytest.approx(expected, rel=1e-9, abs=1e-12, nan_ok=True)


@pytest.mark.parametrize("day", [0, 3, 19, 60, 118, 119, 149])
@pytest.mark.parametrize("entry", Entry)
@pytest.mark.parametrize("fill", Fill)
def test_figures_are_those_of_a_backtest_that_starts_on_that_date(fill, entry, day) -> None:
    """Side by side in one block, tickers that began earlier, later, and that have ended."""
    assert_as_backtested(
        SOURCE, RULES, Assumptions(fill=fill, entry=entry), FIRST + timedelta(days=day)
    )


def test_hours_start_with_the_first_one_of_the_date() -> None:
    """A date is a trading day, whatever the hour of the clock."""
    _, closes = random_walk(7 * 40, seed=5)
    source = MemoryBars({Timeframe.HOUR: {"NYSE:H": hourly(closes)}})
    rules = [rule(text) for text in ("SMA,10,1H", "EMA,5,1H")]

    assert_as_backtested(source, rules, RECLAIM, FIRST + timedelta(days=17))


def test_money_that_buys_nothing_is_tried_again_from_that_date_on() -> None:
    """The bars before it are no chance, as they are none in a backtest."""
    dear = MemoryBars({Timeframe.DAY: {"NYSE:DEAR": history(8, 0, 200)}})

    assert_as_backtested(dear, RULES, evolve(RECLAIM, capital=101.0), FIRST + timedelta(days=70))


price = st.integers(1, 40).map(lambda ticks: ticks / 4)


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.tuples(price, price), min_size=21, max_size=60),
    st.integers(0, 59),
    st.sampled_from(Fill),
    st.sampled_from(Entry),
    st.sampled_from([FREE, IB_FIXED]),
)
def test_final_equity_is_that_of_a_loop_from_that_bar_on(rows, day, fill, entry, costs) -> None:
    """Ties included: what happened before the date neither holds nor sells anything."""
    bars = daily(*zip(*rows, strict=True))
    assumptions = Assumptions(
        fill=fill, entry=entry, costs=costs, capital=900.0, whole_shares=False, allow_jumps=True
    )
    source = MemoryBars({Timeframe.DAY: {"NYSE:X": bars}})
    found = sweep(source, RULES, assumptions, since=FIRST + timedelta(days=day))
    for number, own in enumerate(RULES):
        counted = plain_loop(
            bars,
            own,
            costs=costs,
            reclaim=entry is Entry.RECLAIM,
            same_close=fill is Fill.SAME_CLOSE,
            whole=False,
            capital=900.0,
            since=day,
        )
        expected = counted.equity[-1] if counted.equity else math.nan

        assert found.columns["final_equity"][0, number] == pytest.approx(
            expected, rel=1e-9, nan_ok=True
        )


@pytest.mark.parametrize("chunk", [1, 64])
def test_no_figure_depends_on_a_neighbour(chunk: int) -> None:
    """A ticker that starts later changes no bit of one that started before."""
    since = FIRST + timedelta(days=60)
    together = sweep(SOURCE, RULES, RECLAIM, since=since, chunk=chunk)
    for row, ticker in enumerate(UNIVERSE):
        alone = sweep(SOURCE, RULES, RECLAIM, since=since, tickers=[ticker])
        for name, values in together.columns.items():
            assert values[row].tobytes() == alone.columns[name][0].tobytes()


def test_daily_returns_are_those_from_that_date_on() -> None:
    """The first one ends on the day after it; each is that of backtests from that date on."""
    since = FIRST + timedelta(days=70)
    found = rule_returns(SOURCE, RULES, RECLAIM, since=since, tickers=["NYSE:A"])
    bars = UNIVERSE["NYSE:A"]
    worth = [backtest({"NYSE:A": bars}, own, RECLAIM, since=since).equity for own in RULES]

    assert found.days[0] == np.datetime64(since).astype(int) + 1
    for number, equity in enumerate(worth):
        assert found.returns[number].tolist() == pytest.approx(
            (equity[1:] / equity[:-1] - 1).tolist(), rel=1e-9, abs=1e-12
        )
    assert found.hold.tolist() == pytest.approx((bars.close[71:] / bars.close[70:-1] - 1).tolist())


def test_the_date_is_told_with_the_figures() -> None:
    """Whoever reads the result sees on what it rests; without a date there is nothing to see."""
    later = sweep(SOURCE, RULES, RECLAIM, since=date(2020, 2, 1))

    assert later.since == date(2020, 2, 1)
    assert set(later.assumptions_in_words) - set(
        sweep(SOURCE, RULES, RECLAIM).assumptions_in_words
    ) == {"the account starts on 2020-02-01 or later; bars before fill the averages"}
