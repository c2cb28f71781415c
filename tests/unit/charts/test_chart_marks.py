"""What is marked on a chart lies where it belongs, and says which way is good."""

import numpy as np
import pytest
from attrs import evolve
from tests.backtest_builders import daily, hourly
from tests.report_runs import RULE, a_run, a_sweep

from sellcore.backtest import backtest
from sellcore.backtest.drawdown import Drawdown
from sellcore.charts.account import account, drawdown, equity
from sellcore.charts.chart import growth_axis, lines
from sellcore.charts.figure import figure
from sellcore.charts.palette import LIGHT
from sellcore.charts.price import price
from sellcore.charts.rules import heat_map
from sellcore.charts.series import closes


def seconds(*moments):
    return np.array(moments, dtype="datetime64[s]").astype(np.int64).tolist()


def trace_of(chart, name):
    return next(trace for trace in chart.traces if trace["name"] == name)


def fallen(run, depth, hold=0.0, *, recovery=None):
    """Return a run that fell as told, from its first close to its fifth."""
    fall = Drawdown(depth, int(run.times[0]), int(run.times[4]), recovery, 9, 9.0)
    held = evolve(fall, depth=hold)
    metrics = evolve(run.metrics, drawdown=fall)
    return evolve(run, metrics=metrics, hold_metrics=evolve(run.hold_metrics, drawdown=held))


@pytest.mark.parametrize("row", [9, None], ids=["made good", "not made good"])
def test_the_shade_of_a_fall_ends_where_it_was_made_good(row):
    """Else it goes on to the end; the note lies as deep as the fall."""
    run = a_run(count=60)
    back = None if row is None else int(run.times[row])
    shown = fallen(run, 0.25, recovery=back)

    for chart, axis in ((drawdown(shown), "y"), (account(shown), "y2")):
        (shade,), (note,) = chart.layout["shapes"], chart.layout["annotations"]
        assert seconds(shade["x1"]) == [run.metrics.end if back is None else back]
        assert (note["y"], note["yref"], shade["yref"]) == (-0.25, axis, f"{axis} domain")


@pytest.mark.parametrize(("own", "hold"), [(0.001, 0.5), (0.5, 0.001)])
def test_the_deeper_of_both_falls_gives_an_axis_its_digits(own, hold):
    """Both are drawn on it."""
    shown = fallen(a_run(count=60), own, hold)

    assert drawdown(shown).layout["yaxis"]["tickformat"] == ".0%"


def test_falls_of_holding_are_those_of_holding():
    """The second line of a drawdown is not the first once more; in one chart both lie below."""
    run = a_run()
    worth = np.array([100_000.0, *run.hold.equity.tolist()])
    expected = [value / worth[: row + 1].max() - 1 for row, value in enumerate(worth.tolist())]

    assert trace_of(drawdown(run), "buy and hold")["y"].tolist() == pytest.approx(
        expected, abs=1e-12
    )
    axes = [trace.get("yaxis", "y") for trace in account(run).traces]
    assert axes == ["y", "y", "y2", "y2"]


def test_a_ticker_is_drawn_with_its_own_fills_and_orders_alone():
    """What another one traded at another price is no mark on this chart."""
    run = a_run("NASDAQ:MSFT", "NYSE:KO")

    for ticker in run.decisions:
        chart = price(run, ticker)
        fills = [fill for fill in run.fills if fill.ticker == ticker]
        marks = [seconds(*trace_of(chart, name)["x"]) for name in ("bought", "sold")]
        assert sorted([*marks[0], *marks[1]]) == [fill.time for fill in fills]
        unfilled = [o for o in run.orders if o.ticker == ticker and not o.filled]
        shown = [trace for trace in chart.traces if trace["name"] == "not filled"]
        assert sum(len(trace["text"]) for trace in shown) == len(unfilled)


def test_an_order_of_another_ticker_is_not_drawn():
    """One ends on a sale without a bar to fill it; the other has none such."""
    flat, falling = [100.0] * 31, [*[100.0] * 30, 90.0]
    run = backtest({"A": daily(flat), "B": daily(falling)}, RULE)

    names = {t: [trace["name"] for trace in price(run, t).traces] for t in ("A", "B")}

    assert "not filled" in names["B"]
    assert "not filled" not in names["A"]


def test_an_order_that_was_filled_in_part_is_not_told_as_unfilled():
    """Its fills are there already."""
    run = a_run()
    order = run.orders[0]
    part = evolve(run, orders=(evolve(order, filled=order.shares / 2), *run.orders[1:]))

    def unfilled(drawn):
        return [t for t in price(drawn, "NASDAQ:MSFT").traces if t["name"] == "not filled"]

    assert len(unfilled(part)) == len(unfilled(run))


def test_why_an_order_was_denied_is_told_under_the_pointer():
    """A mark that only says not filled leaves a person to guess."""
    run = backtest({"T": daily([*[100.0] * 30, 90.0])}, RULE)
    *others, last = run.orders
    denied = evolve(run, orders=(*others, evolve(last, denied=("the kill switch is set",))))

    (text,) = trace_of(price(denied, "T"), "not filled")["text"]

    assert "the kill switch is set" in text


def test_a_fill_is_told_with_its_shares_its_price_and_its_time():
    """Shares come first, and the hour is one of twenty-four."""
    run = a_run()
    fill = next(fill for fill in run.fills if fill.ticker == "NASDAQ:MSFT")
    afternoon = evolve(fill, shares=1_250.0, price=80.5, time=1_583_190_060)
    shown = evolve(run, fills=(afternoon,))

    (text,) = trace_of(price(shown, "NASDAQ:MSFT"), "bought")["text"]

    assert text.startswith("bought 1,250 at 80.5000<br>2 Mar 2020, 23:01 UTC<br>")


def test_the_warm_up_is_shaded_up_to_the_first_bar_that_is_decided():
    """From the first bar's open to that bar's."""
    run = a_run(count=60)
    bars = run.decisions["NASDAQ:MSFT"].bars

    (shade,) = price(run, "NASDAQ:MSFT").layout["shapes"]

    assert seconds(shade["x0"], shade["x1"]) == [int(bars.start[0]), int(bars.start[19])]


def test_no_word_of_a_long_text_is_lost():
    """It is broken into lines, and every one of them is shown."""
    words = [f"word{number}" for number in range(60)]

    assert lines(" ".join(words)).replace("<br>", " ").split() == words


def test_what_falls_to_nothing_is_drawn_on_an_even_scale():
    """No logarithm tells of a debt."""
    assert "type" not in growth_axis([np.array([100.0, -1.0])])
    assert "type" not in growth_axis([np.array([100.0, 0.0])])


def test_times_of_a_notebook_are_milliseconds():
    """Which is what plotly counts in; as seconds all of it would lie in 1970."""
    run = a_run(count=60)

    drawn = figure(equity(run)).data[0].x

    assert list(drawn) == [1_000 * time for time in (run.metrics.start, *run.times.tolist())]


def test_an_axis_holds_all_of_the_first_bar_and_of_the_last():
    """A bar is as wide as it lasted."""
    bars = hourly([1.0, 2.0, 3.0])

    first, last = seconds(*closes(bars).layout["xaxis"]["range"])

    assert first <= bars.start[0]
    assert last >= bars.end[-1]


def judged(own, hold):
    """Return a sweep of one rule on one ticker with these Sharpe ratios."""
    swept = a_sweep(count=60, lengths=(5,))
    given = {"sharpe": own, "hold_sharpe": hold}
    columns = {
        name: np.full_like(values, given[name]) if name in given else values
        for name, values in swept.columns.items()
    }
    return evolve(swept, columns=columns)


def test_a_lead_is_green_and_a_lag_is_red():
    """Both are told by the same measure, and beyond a Sharpe ratio of 1 nothing is greener."""
    (cells,) = heat_map(judged(3.0, 0.5)).traces

    assert cells["colorscale"][0] == [0, LIGHT.loss]
    assert cells["colorscale"][-1] == [1, LIGHT.gain]
    assert (cells["zmin"], cells["zmax"]) == (-1.0, 1.0)
    (close,) = heat_map(judged(0.7, 0.5)).traces
    assert (close["zmin"], close["zmax"]) == pytest.approx((-0.2, 0.2))


def test_a_cell_tells_its_rule_and_what_holding_came_to():
    """Under the pointer each number stands behind its name."""
    (cells,) = heat_map(judged(3.0, 0.5)).traces

    row = cells["y"].index("SMA D")
    assert cells["hovertext"][row][0] == "SMA(5) D<br>Sharpe 3.00<br>buy and hold 0.50"
