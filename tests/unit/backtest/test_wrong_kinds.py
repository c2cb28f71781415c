"""What a notebook gives by mistake: one line that names it, and never another answer in silence."""

from collections.abc import Callable
from datetime import UTC, date, datetime

import numpy as np
import pytest
from tests.backtest_builders import daily
from tests.builders import rule

from adapters.memory_bars import MemoryBars
from sellcore import AverageKind, BarSeries, MovingAverageRule, Timeframe
from sellcore.backtest import (
    FREE,
    Action,
    ActionKind,
    Adjustment,
    Assumptions,
    Costs,
    Entry,
    Fill,
    adjust,
    backtest,
    deflated_sharpe,
    look_ahead,
    reality_check,
    rule_returns,
    sweep,
    walk_forward,
)
from sellcore.errors import InvalidValue

SMA5 = rule("SMA,5,D")
BARS = daily([10.0 + (n % 7) / 10 for n in range(40)])
SOURCE = MemoryBars({Timeframe.DAY: {"X": BARS}})
GIVEN = Assumptions()
RETURNS = np.random.default_rng(1).normal(0, 0.01, (2, 40))
SPLIT = Action("X", date(2020, 1, 9), ActionKind.SPLIT, 2)
LUCK = np.random.default_rng(2)
NOON = datetime(2020, 1, 9, 12)


def closes(bars: BarSeries, _: MovingAverageRule) -> np.ndarray:
    """Decide by the close alone."""
    return bars.close


def bars_of(**columns: object) -> BarSeries:
    """Return the bars with other columns."""
    names = ("start", "end", "open", "high", "low", "close", "volume")
    return BarSeries(**{name: getattr(BARS, name) for name in names} | columns)


MISTAKES: dict[str, tuple[Callable[[], object], str]] = {
    "a kind in words": (
        lambda: MovingAverageRule("SMA", 5, Timeframe.DAY),
        "kind 'SMA' is not one of AverageKind.SMA, AverageKind.EMA",
    ),
    "a timeframe in words": (
        lambda: MovingAverageRule(AverageKind.SMA, 5, "D"),
        "timeframe 'D' is not one of Timeframe.HOUR, Timeframe.DAY",
    ),
    "a length with a point": (
        lambda: MovingAverageRule(AverageKind.SMA, 5.0, Timeframe.DAY),
        "length 5.0 is not one of 5, 10, 20",
    ),
    "rules in words": (
        lambda: backtest({"X": BARS}, {"X": "SMA,5,D"}),
        "'SMA,5,D' is no rule; sellcore.rule.parse_rule reads one from text",
    ),
    "assumptions in a dict": (
        lambda: backtest({"X": BARS}, SMA5, {"capital": 5}),
        "assumptions {'capital': 5} is no Assumptions; make one",
    ),
    "costs for assumptions": (
        lambda: backtest({"X": BARS}, SMA5, FREE),
        "is no Assumptions; make one",
    ),
    "one action": (
        lambda: backtest({"X": BARS}, SMA5, GIVEN, SPLIT),
        "actions split 2 of X on 2020-01-09 are no list of Action; parse_actions reads one",
    ),
    "actions in words": (
        lambda: backtest({"X": BARS}, SMA5, GIVEN, "actions.csv"),
        "actions 'actions.csv' are no list of Action; parse_actions reads one",
    ),
    "actions of tuples": (
        lambda: backtest({"X": BARS}, SMA5, GIVEN, [("X", date(2020, 1, 9), "split", 2)]),
        "are no list of Action",
    ),
    "since a time": (
        lambda: backtest({"X": BARS}, SMA5, since=NOON),
        "since datetime.datetime(2020, 1, 9, 12, 0) is no date",
    ),
    "an action at a time": (
        lambda: Action("X", NOON, ActionKind.SPLIT, 2),
        "day datetime.datetime(2020, 1, 9, 12, 0) of an action of X is no date",
    ),
    "an action of a word": (
        lambda: Action("X", date(2020, 1, 9), ActionKind.SPLIT, "2"),
        "split '2' of X on 2020-01-09 is not a number above zero",
    ),
    "a ticker that is a number": (
        lambda: backtest({1: BARS, "X": BARS}, SMA5),
        "ticker 1 is no text; name it, e.g. 'NYSE:KO'",
    ),
    "capital in words": (lambda: Assumptions(capital="5"), "capital '5' is not a number above 0"),
    "no capital": (lambda: Assumptions(capital=None), "capital None is not a number above 0"),
    "costs in words": (lambda: Costs(fixed="1"), "fixed '1' is not a number at least 0"),
    "shares in words": (
        lambda: Assumptions(whole_shares="no"),
        "whole_shares 'no' is not True or False",
    ),
    "jumps in words": (lambda: Assumptions(allow_jumps=0), "allow_jumps 0 is not True or False"),
    "a member of another set": (
        lambda: Assumptions(entry=Fill.NEXT_OPEN),
        "entry <Fill.NEXT_OPEN: 'next open'> is not one of Entry.HELD, Entry.RECLAIM",
    ),
    "an adjustment in words": (
        lambda: adjust(BARS, [SPLIT], "total return"),
        "adjustment 'total return' is not one of Adjustment.PRICE, Adjustment.TOTAL_RETURN",
    ),
    "a sweep of one rule": (
        lambda: sweep(SOURCE, SMA5, GIVEN),
        "are no list of rules; give [parse_rule('SMA,50,D')]",
    ),
    "a sweep of words": (
        lambda: sweep(SOURCE, ["SMA,5,D"], GIVEN),
        "'SMA,5,D' is no rule; sellcore.rule.parse_rule reads one from text",
    ),
    "a sweep of one word": (
        lambda: sweep(SOURCE, "SMA,5,D", GIVEN),
        "rules 'SMA,5,D' are no list of rules",
    ),
    "returns of one rule": (lambda: rule_returns(SOURCE, SMA5, GIVEN), "are no list of rules"),
    "a sweep by a dict": (lambda: sweep(SOURCE, [SMA5], {}), "assumptions {} is no Assumptions"),
    "one ticker": (
        lambda: sweep(SOURCE, [SMA5], GIVEN, tickers="X"),
        "tickers 'X' are no list of texts; give ['X']",
    ),
    "a chunk in words": (
        lambda: sweep(SOURCE, [SMA5], GIVEN, chunk="5"),
        "chunk '5' is not a whole number",
    ),
    "a number for an executor": (
        lambda: sweep(SOURCE, [SMA5], GIVEN, executor=2),
        "executor 2 is no concurrent.futures.Executor",
    ),
    "a source of series": (
        lambda: MemoryBars({Timeframe.DAY: BARS}),
        "bars of D name no ticker; give {Timeframe.DAY: {'NYSE:KO': bars}}",
    ),
    "a source of tables": (
        lambda: MemoryBars({Timeframe.DAY: {"X": BARS.to_pandas()}}),
        "X: DataFrame is no BarSeries; make one of it",
    ),
    "a source of a list": (
        lambda: MemoryBars([BARS]),
        "list is no table of bars; give {Timeframe.DAY: {'NYSE:KO': bars}}",
    ),
    "returns in words": (lambda: deflated_sharpe("x"), "returns must be numbers of shape"),
    "returns of two lengths": (
        lambda: deflated_sharpe([[0.1, 0.2, 0.3], [0.1]]),
        "returns must be numbers of shape (rules, bars)",
    ),
    "a benchmark in words": (
        lambda: reality_check(RETURNS, "hold", LUCK),
        "the benchmark must have 40 finite returns",
    ),
    "a benchmark of days": (
        lambda: reality_check(RETURNS, [date(2020, 1, 2)] * 40, LUCK),
        "the benchmark must have 40 finite returns",
    ),
    "half a draw": (
        lambda: reality_check(RETURNS, RETURNS[0], LUCK, draws=1.5),
        "draws 1.5 is not a whole number",
    ),
    "a block in words": (
        lambda: reality_check(RETURNS, RETURNS[0], LUCK, block="two weeks"),
        "block 'two weeks' is not a number",
    ),
    "half a bar of training": (
        lambda: walk_forward(RETURNS, train=3.5, test=1),
        "train 3.5 is not a whole number",
    ),
    "training in words": (
        lambda: walk_forward(RETURNS, train=9, test=3, training="anchored"),
        "training 'anchored' is not one of Training.ANCHORED, Training.ROLLING",
    ),
    "a row before the first": (
        lambda: look_ahead(closes, BARS, SMA5, rows=[-1]),
        "row -1 is none of the 40 bars",
    ),
    "a row behind the last": (
        lambda: look_ahead(closes, BARS, SMA5, rows=[3, 40]),
        "row 40 is none of the 40 bars",
    ),
    "times in words": (
        lambda: bars_of(start=[str(each) for each in BARS.start.astype("M8[s]")]),
        "a bar's time '2020-01-02T14:30:00' is no whole second since 1970 UTC",
    ),
    "a time without a zone": (
        lambda: bars_of(start=[NOON] * 40),
        "a bar's time datetime.datetime(2020, 1, 9, 12, 0) names no zone",
    ),
    "prices in words": (
        lambda: bars_of(close=["ten"] * 40),
        "a bar's prices and its volume must be numbers",
    ),
    "a price that is none": (
        lambda: bars_of(close=np.where(np.arange(40) == 7, np.nan, BARS.close)),
        "a bar's close must be a finite number above zero; bar 7 has nan",
    ),
    "a price without end": (
        lambda: bars_of(high=np.where(np.arange(40) == 3, np.inf, BARS.high)),
        "a bar's high must be a finite number above zero; bar 3 has inf",
    ),
    "a price below zero": (
        lambda: bars_of(low=np.where(np.arange(40) > 30, -1.5, BARS.low)),
        "a bar's low must be a finite number above zero; bar 31 has -1.5",
    ),
    "bars that run backwards": (
        lambda: BarSeries(*(getattr(BARS, n)[::-1] for n in BarSeries.__annotations__)),
        "each ending after its start; bar 1 begins at 2020-02-09T14:30:00Z",
    ),
    "a bar that is there twice": (
        lambda: BARS[np.array([0, 1, 1, 2])],
        "each ending after its start; bar 2 begins at 2020-01-03T14:30:00Z",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_named_in_one_line(name: str) -> None:
    """The value met and what to give instead; no traceback of the library's insides."""
    make, line = MISTAKES[name]

    with pytest.raises(InvalidValue) as refused:
        make()

    assert line in str(refused.value)
    assert "\n" not in str(refused.value)


def test_times_of_any_zone_are_the_same_instants() -> None:
    """A column of pandas that names its zone, and Python's own times, are told apart by nothing."""
    pd = pytest.importorskip("pandas", reason="the extra [notebook] is not installed")
    utc = pd.to_datetime(BARS.start, unit="s", utc=True)
    ends = [datetime.fromtimestamp(int(each), UTC) for each in BARS.end]

    for start in (utc, utc.tz_convert("America/New_York"), pd.Series(utc), utc.to_pydatetime()):
        assert bars_of(start=start, end=ends).same(BARS)


def test_a_table_of_pandas_comes_back_as_the_bars_it_was_made_of() -> None:
    """What to_pandas gives, BarSeries takes."""
    table = BARS.to_pandas().reset_index()

    assert BarSeries(**{name: table[name] for name in table}).same(BARS)


def test_a_length_of_numpy_is_a_whole_number() -> None:
    """np.int64(5) is 5, and prints so."""
    made = MovingAverageRule(AverageKind.SMA, np.int64(5), Timeframe.DAY)

    assert (made, str(made)) == (SMA5, "SMA(5) D")
    assert repr(made) == repr(SMA5)


def test_numbers_of_numpy_are_numbers() -> None:
    """Whatever a table's cell is."""
    made = Assumptions(capital=np.float32(1_000), volume_cap=np.float64(0.5))

    assert backtest({"X": BARS}, SMA5, made).metrics.final_equity > 0
    assert adjust(BARS, [], Adjustment.PRICE) is BARS


WHOLE = {"fixed": 1, "per_share": 1, "percent": 1, "minimum": 1, "slippage_bps": 1}


@pytest.mark.parametrize("whole_shares", [True, False])
@pytest.mark.parametrize("costs", [{}, WHOLE, WHOLE | {"maximum_pct": 1}])
def test_a_whole_number_is_the_float_of_it(whole_shares: bool, costs: dict[str, int]) -> None:
    """10 dollars are 10.0 dollars, for an account as for a sweep."""

    def assumed(kind: type) -> Assumptions:
        return Assumptions(
            capital=kind(1_000),
            costs=Costs(**{name: kind(value) for name, value in costs.items()}),
            entry=Entry.RECLAIM,
            whole_shares=whole_shares,
        )

    whole, point = (sweep(SOURCE, [SMA5], assumed(kind)) for kind in (int, float))
    accounts = [backtest({"X": BARS}, SMA5, assumed(kind)) for kind in (int, float)]

    assert {name: values.tobytes() for name, values in whole.columns.items()} == {
        name: values.tobytes() for name, values in point.columns.items()
    }
    assert accounts[0].equity.tobytes() == accounts[1].equity.tobytes()
    assert accounts[0].config_hash == accounts[1].config_hash


def test_a_sweep_takes_the_same_for_granted_as_a_backtest() -> None:
    """Left out, the assumptions are those of Assumptions()."""
    assert sweep(SOURCE, [SMA5]).assumptions == backtest({"X": BARS}, SMA5).assumptions == GIVEN
    told = (rule_returns(SOURCE, [SMA5]), rule_returns(SOURCE, [SMA5], GIVEN))
    assert told[0].returns.tobytes() == told[1].returns.tobytes()


def test_a_value_at_the_end_of_a_cell_is_a_line_for_a_person() -> None:
    """No wall of numbers: who holds what, how many windows, which bars."""
    run = backtest({"X": BARS}, SMA5, Assumptions(costs=FREE, capital=1_040.0))
    walked = walk_forward(np.full((2, 9), 0.01), train=3, test=2)

    assert repr(run.curve.tickers["X"]) == (
        "TickerCurve(36 closes, 0 shares at last, realised -30.00, unrealised +0.00)"
    )
    assert repr(walked) == "WalkForward(3 windows, 1 rule chosen, 6 bars: 1 became 1.0615)"
    assert repr(SOURCE) == "MemoryBars(1 of D)"
    assert repr(MemoryBars({})) == "MemoryBars(none)"
