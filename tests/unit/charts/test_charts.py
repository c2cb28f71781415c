"""Charts show what happened: every number drawn is one of the run's, and no text is obeyed."""

import statistics

import numpy as np
import pytest
from attrs import astuple, evolve
from tests.backtest_builders import daily, hourly
from tests.report_runs import RULE, a_run, a_sweep, walks

from sellcore import AverageKind, MovingAverageRule, Timeframe
from sellcore.backtest import FREE, Assumptions, Entry, Fill, backtest
from sellcore.charts.account import account, drawdown, equity
from sellcore.charts.chart import lines, safe
from sellcore.charts.figure import figure
from sellcore.charts.palette import DARK, LIGHT
from sellcore.charts.price import price
from sellcore.charts.rules import heat_map
from sellcore.charts.series import closes
from sellcore.errors import InvalidValue


def trace_of(chart, name):
    return next(trace for trace in chart.traces if trace["name"] == name)


def seconds(moments):
    return moments.astype("datetime64[s]").astype(np.int64).tolist()


def falls(worth):
    """Return how far each value lies below the highest before it, by a plain loop."""
    highest, below = worth[0], []
    for value in worth:
        highest = max(highest, value)
        below.append(value / highest - 1)
    return below


def strings(value):
    """Return every text in a chart, at any depth."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, dict):
        return [text for each in value.values() for text in strings(each)]
    if isinstance(value, list | tuple):
        return [text for each in value for text in strings(each)]
    return []


def test_equity_is_drawn_from_the_capital_on():
    """Both lines begin with what there was before the first bar."""
    run = a_run()

    chart = equity(run)

    own, held = trace_of(chart, "the rule"), trace_of(chart, "buy and hold")
    assert own["y"].tolist() == [100_000.0, *run.equity.tolist()]
    assert held["y"].tolist() == [100_000.0, *run.hold.equity.tolist()]
    assert seconds(own["x"]) == [run.metrics.start, *run.times.tolist()]


def test_drawdown_is_the_fall_below_the_highest_so_far():
    """The area is what a plain loop finds, and its lowest point is the depth that is told."""
    run = a_run()

    own = trace_of(drawdown(run), "the rule")["y"]

    assert own.tolist() == pytest.approx(falls([100_000.0, *run.equity.tolist()]), abs=1e-12)
    assert own.min() == pytest.approx(-run.metrics.drawdown.depth, abs=1e-12)


def test_the_deepest_fall_is_shaded_from_peak_to_end():
    """The shade begins at the peak, and the note stands at the trough."""
    run = a_run()
    fall = run.metrics.drawdown

    (shade,), (note,) = (drawdown(run).layout[part] for part in ("shapes", "annotations"))

    assert seconds(np.array([shade["x0"]], dtype="datetime64[s]")) == [fall.peak]
    assert seconds(np.array([note["x"]], dtype="datetime64[s]")) == [fall.trough]
    assert note["text"] == f"deepest \N{MINUS SIGN}{fall.depth:.1%}"


def test_an_account_that_never_fell_has_no_deepest_fall():
    """Nothing is marked where nothing fell."""
    rising = [100.0 + row for row in range(60)]
    free = Assumptions(fill=Fill.NEXT_OPEN, costs=a_run().assumptions.costs, capital=1.0)
    run = backtest({"T": daily(rising)}, RULE, free)  # a capital that buys no share

    assert run.metrics.drawdown.peak is None
    assert drawdown(run).layout["shapes"] == []


def test_every_fill_is_marked_with_its_reason():
    """What was sold and bought is marked where it was, told with the rule's line."""
    run = a_run()
    reasons = {order.number: order.reason for order in run.orders}

    chart = price(run, "NASDAQ:MSFT")

    for side, name in (("SELL", "sold"), ("BUY", "bought")):
        own = [fill for fill in run.fills if fill.side.value == side]
        marks = trace_of(chart, name)
        assert len(own) > 3
        assert seconds(marks["x"]) == [fill.time for fill in own]
        assert marks["y"].tolist() == [fill.price for fill in own]
        for fill, text in zip(own, marks["text"], strict=True):
            assert reasons[fill.order] in text.replace("<br>", " ")


def test_prices_stand_out_while_they_are_held():
    """The dark line is there at each close at which shares were held, and at no other."""
    run = a_run()
    decided = run.decisions["NASDAQ:MSFT"]
    held = dict(zip(run.times.tolist(), run.curve.tickers["NASDAQ:MSFT"].shares > 0, strict=True))

    drawn = trace_of(price(run, "NASDAQ:MSFT"), "close while held")["y"]

    expected = [
        close if held.get(end) else None
        for end, close in zip(decided.bars.end.tolist(), decided.bars.close.tolist(), strict=True)
    ]
    assert [None if np.isnan(y) else y for y in drawn.tolist()] == expected


def test_a_signal_without_a_fill_is_marked_as_such():
    """The last bar's order has no bar to fill it: it is shown, hollow, with what became of it."""
    falling = [*[100.0] * 30, 90.0]
    run = backtest({"T": daily(falling)}, RULE, Assumptions(entry=Entry.HELD))

    marks = trace_of(price(run, "T"), "not filled")

    assert marks["y"].tolist() == [90.0]
    assert "SELL not filled: no bar follows" in marks["text"][0]


def test_a_ticker_that_takes_no_part_cannot_be_drawn():
    """A slip of the pen is answered with the tickers there are."""
    with pytest.raises(InvalidValue, match="NYSE:KO takes no part; those that do: NASDAQ:MSFT"):
        a_run().plot("NYSE:KO")


def test_text_of_others_is_shown_and_not_obeyed():
    """What looks like markup is drawn as it stands; our own line breaks alone are markup."""
    hostile = '<a href="x">&amp; %{y}'

    assert safe(hostile) == '&lt;a href="x"&gt;&amp;amp; %{y}'
    assert lines("<b>", "y " * 60).count("<") == lines("y " * 60).count("<br>") + 1
    run = backtest({hostile: daily([100.0] * 40)}, RULE)
    assert hostile not in figure(price(run, hostile)).layout.title.text


def test_a_series_draws_itself_with_the_average_of_a_rule():
    """Closes and average are those of the series, bar for bar."""
    bars = walks("T")["T"]

    chart = closes(bars, RULE)

    close, average = trace_of(chart, "close")["y"], trace_of(chart, "SMA(20)")["y"]
    assert close.tolist() == bars.close.tolist()
    assert np.isnan(average[:19]).all()
    assert average[50] == pytest.approx(statistics.fmean(bars.close[31:51].tolist()), rel=1e-12)


def test_a_series_without_bars_cannot_be_drawn():
    """An empty picture would look like a fault."""
    with pytest.raises(InvalidValue, match="there is no bar to draw"):
        daily([1.0])[:0].plot()


@pytest.mark.parametrize(
    ("last", "scale"), [(9.0, None), (11.0, "log")], ids=["nine times", "eleven times"]
)
def test_what_grows_far_is_drawn_on_a_logarithmic_scale(last, scale):
    """On an even scale, the first years of a stock that rose a hundredfold are a flat line."""
    axis = closes(daily([1.0, 2.0, last])).layout["yaxis"]

    assert axis.get("type") == scale
    assert ("logarithmic" in strings(axis)) == (scale == "log")


def test_hours_are_told_with_their_time():
    """Under the pointer, a daily bar has a date, an hourly one an hour as well."""
    assert closes(daily([1.0, 2.0])).layout["xaxis"]["hoverformat"] == "%-d %b %Y"
    assert "%H:%M UTC" in closes(hourly([1.0, 2.0, 3.0])).layout["xaxis"]["hoverformat"]


def test_the_heat_map_shows_the_median_over_the_tickers():
    """Each cell has the median Sharpe ratio in it and the median lead as its colour."""
    swept = a_sweep("A", "B", "C", lengths=(5, 50))

    (cells,) = heat_map(swept).traces

    assert cells["x"] == ["5", "50"]
    for number, rule in enumerate(swept.rules):
        row, column = cells["y"].index(f"{rule.kind} D"), cells["x"].index(str(rule.length))
        own = swept.columns["sharpe"][:, number].tolist()
        held = swept.columns["hold_sharpe"][:, number].tolist()
        lead = statistics.median(a - b for a, b in zip(own, held, strict=True))
        shown = float(cells["text"][row][column].replace("\N{MINUS SIGN}", "-"))
        assert cells["z"][row][column] == pytest.approx(lead, rel=1e-12)
        assert shown == pytest.approx(statistics.median(own), abs=0.005001)


def test_a_rule_that_decides_nothing_is_left_blank():
    """Too few bars are no zero."""
    swept = a_sweep(count=60, lengths=(5, 100))

    (cells,) = heat_map(swept).traces

    column = cells["x"].index("100")
    assert [row[column] for row in cells["text"]] == ["", ""]
    assert np.isnan(cells["z"][:, column]).all()


def test_the_chosen_rule_is_framed():
    """The frame lies around the cell of the rule, and is left out where it was not swept."""
    swept = a_sweep()
    chosen = MovingAverageRule(AverageKind.EMA, 50, Timeframe.DAY)
    other = MovingAverageRule(AverageKind.SMA, 200, Timeframe.DAY)

    (frame,) = heat_map(swept, chosen).layout["shapes"]

    assert (frame["x0"] + frame["x1"]) / 2 == ["5", "20", "50"].index("50")
    assert (frame["y0"] + frame["y1"]) / 2 == ["EMA D", "SMA D"].index("EMA D")
    assert heat_map(swept, other).layout["shapes"] == []


@pytest.mark.parametrize(
    "chart",
    [
        lambda run: equity(run),
        lambda run: drawdown(run),
        lambda run: account(run),
        lambda run: price(run, "NASDAQ:MSFT"),
        lambda run: heat_map(a_sweep(), RULE),
    ],
    ids=["equity", "drawdown", "account", "price", "rules"],
)
def test_every_chart_is_one_that_plotly_accepts(chart):
    """Plotly refuses what it does not know; and every colour is one of the palette's."""
    drawn = chart(a_run())

    shown = figure(drawn)

    assert len(shown.data) == len(drawn.traces)
    said = {text for text in strings([*drawn.traces, drawn.layout]) if text[:1] == "#"}
    assert said <= set(astuple(LIGHT))


def test_each_colour_by_day_has_one_by_night():
    """Colours are exchanged one for one, so none may stand for two."""
    assert len(set(astuple(LIGHT))) == len(astuple(LIGHT))
    assert not set(astuple(LIGHT)) & set(astuple(DARK))


def test_results_draw_themselves():
    """A notebook asks a value for its picture."""
    run = a_run()

    assert run.plot().layout.title.text == "Equity and drawdown, beside buy and hold"
    assert run.plot("NASDAQ:MSFT").layout.title.text == "NASDAQ:MSFT and SMA(20) D"
    assert a_sweep().plot().data[0].type == "heatmap"
    assert walks("T")["T"].plot(RULE).layout.title.text == "Closes and SMA(20) D"


@pytest.mark.parametrize(
    ("loss", "form"),
    [(0.5, ".0%"), (0.06, ".0%"), (0.01, ".1%"), (0.001, ".2%"), (0.0001, ".3%")],
)
def test_ticks_of_small_falls_differ(loss, form):
    """An axis of a fall of a thousandth is not five times 0 %."""
    costs = evolve(FREE, percent=loss * 100)
    run = backtest({"T": daily([100.0] * 40)}, RULE, Assumptions(costs=costs, whole_shares=False))
    fallen = run.metrics.drawdown.depth

    axis = drawdown(run).layout["yaxis"]

    assert fallen == pytest.approx(loss, rel=0.6)
    assert axis["tickformat"] == form
    assert account(run).layout["yaxis2"]["tickformat"] == form


def test_an_axis_without_a_fall_lies_below_none():
    """Room is left below the line, where falls would be, and not above it."""
    run = backtest({"T": daily([100.0] * 40)}, RULE, Assumptions(capital=1.0))

    assert drawdown(run).layout["yaxis"]["range"] == [-0.01, 0]


def test_a_short_span_has_room_for_two_lines_below_it():
    """Hours are labelled with their day below them; without room it was cut off."""
    run = backtest({"T": daily([100.0] * 20)}, RULE)

    for chart in (equity(run), drawdown(run), account(run), price(run, "T")):
        assert chart.layout["xaxis"]["automargin"] is True
