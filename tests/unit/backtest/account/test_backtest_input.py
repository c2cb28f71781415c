"""What a backtest refuses, with one line each."""

from datetime import date

import numpy as np
import pytest
from tests.backtest_builders import DAY, OPENS, daily, hourly
from tests.builders import rule

from sellcore import BarSeries
from sellcore.backtest import Action, ActionKind, Assumptions, backtest
from sellcore.backtest.decisions import decide
from sellcore.errors import Disagreement, InvalidValue

SMA5 = rule("SMA,5,D")
FLAT = [10.0] * 8


@pytest.mark.parametrize(
    ("bars", "rules", "line"),
    [
        ({}, SMA5, "there is no ticker to test; give the bars of at least one"),
        ({"X": daily(FLAT)}, {}, "X has bars and no rule; give it one, e.g. SMA,50,1H"),
        (
            {"X": daily(FLAT)},
            {"X": SMA5, "Y": SMA5},
            "Y has a rule and no bars; give its bars or leave it out",
        ),
        (
            {"X": daily(FLAT[:4])},
            SMA5,
            "X: SMA(5) D needs 5 closed bars, has 4; give a longer history or a shorter rule",
        ),
        (
            {"X": BarSeries.empty()},
            SMA5,
            "X: SMA(5) D needs 5 closed bars, has 0; give a longer history or a shorter rule",
        ),
        (
            {"X": hourly(FLAT)},
            SMA5,
            "X: bars 60 minutes apart for SMA(5) D; give daily bars",
        ),
        (
            {"X": hourly(FLAT[:2])},
            SMA5,
            "X: bars 60 minutes apart for SMA(5) D; give daily bars",
        ),
        (
            {"X": daily(FLAT)},
            rule("SMA,5,1H"),
            "X: a bar of 6.5 hours for SMA(5) 1H; give hourly bars "
            "(sellcore.aggregate cuts them from half hours)",
        ),
    ],
)
def test_what_cannot_be_tested_is_refused_in_one_line(bars: dict, rules: object, line: str) -> None:
    """The value met, what was expected, what to do."""
    with pytest.raises(InvalidValue) as refused:
        backtest(bars, rules)

    assert str(refused.value) == line


def with_jump(ratio: float, row: int = 5) -> list[float]:
    """Return closes that fall to a part over night."""
    return [60.0 if place < row else round(60.0 / ratio, 4) for place in range(8)]


@pytest.mark.parametrize("ratio", [1.5, 2, 3, 4, 7, 10, 20, 1 / 2, 1 / 5, 1 / 10])
def test_a_split_without_an_action_is_refused(ratio: float) -> None:
    """The day, the prices and both ways out are named."""
    closes = with_jump(ratio)
    told = f"{ratio:g}:1" if ratio > 1 else f"1:{1 / ratio:g}"
    opens = [60.0] * 5 + closes[5:]

    with pytest.raises(InvalidValue) as refused:
        backtest({"X": daily(closes, opens)}, SMA5)

    line = str(refused.value)
    assert line.startswith("X: the jump from 60.00 to ")
    assert line.endswith(
        f" on 2020-01-07 looks like a split {told} without an action; give the action, or "
        "allow_jumps where it is real"
    )


@pytest.mark.parametrize("ratio", [2, 4, 1 / 10])
def test_its_action_lets_a_split_pass(ratio: float) -> None:
    """Nothing is gained or lost by it."""
    closes = with_jump(ratio)
    bars = daily(closes, [60.0] * 5 + closes[5:])
    split = Action("X", date(2020, 1, 7), ActionKind.SPLIT, ratio)

    found = backtest({"X": bars}, SMA5, Assumptions(), [split])

    assert found.equity.tolist() == pytest.approx([found.equity[0]] * 4, rel=1e-4)


def test_a_dividend_is_no_action_for_a_split() -> None:
    """On its day a split went untold: that is what is missing, and the dividend may stay."""
    bars = daily(with_jump(2), [60.0] * 5 + [30.0] * 3)
    dividend = Action("X", date(2020, 1, 7), ActionKind.DIVIDEND, 0.5)

    with pytest.raises(InvalidValue, match=r"looks like a split 2:1 without an action; give the"):
        backtest({"X": bars}, SMA5, Assumptions(), [dividend])


def test_of_two_jumps_the_first_is_told() -> None:
    """It is the one to look up; the other comes up once that is settled."""
    opens = [60.0] * 5 + [30.0] * 5 + [10.0] * 5

    with pytest.raises(InvalidValue, match=r"the jump from 60\.00 to 30\.00"):
        backtest({"X": daily(opens, opens)}, SMA5)


def test_a_jump_that_is_real_can_be_allowed() -> None:
    """A price that halves without a split loses half of the account."""
    bars = daily(with_jump(2), [60.0] * 5 + [30.0] * 3)

    found = backtest({"X": bars}, SMA5, Assumptions(allow_jumps=True))

    assert found.final_equity == pytest.approx(50_000, rel=1e-2)


@pytest.mark.parametrize("change", [0.62, 0.75, 0.88, 1.2, 1.3, 1.6, 1.7])
def test_a_jump_that_is_no_simple_ratio_passes(change: float) -> None:
    """News move prices, too."""
    closes = [60.0] * 5 + [60.0 * change] * 3

    backtest({"X": daily(closes, closes)}, SMA5)


def test_a_fall_within_the_day_is_no_split() -> None:
    """Splits happen over night: the next open is where the close was."""
    closes = [60.0] * 5 + [30.0] * 3

    backtest({"X": daily(closes)}, SMA5)


def test_a_jump_between_the_hours_of_a_day_is_no_split() -> None:
    """Only what happens over night can be one."""
    bars = hourly([60.0] * 9 + [30.0] * 5)
    opens = bars.open.copy()
    opens[9] = 30.0
    moved = BarSeries(bars.start, bars.end, opens, bars.high, bars.low, bars.close, bars.volume)

    backtest({"X": moved}, rule("SMA,5,1H"))


def test_an_action_on_bars_that_are_adjusted_already_is_refused() -> None:
    """It would make a jump where there was none."""
    split = Action("X", date(2020, 1, 7), ActionKind.SPLIT, 4)

    with pytest.raises(
        InvalidValue, match=r"leaves a jump from 15\.00 to 60\.00 on 2020-01-07; are the"
    ):
        backtest({"X": daily([60.0] * 8)}, SMA5, Assumptions(), [split])


@pytest.mark.parametrize("ratio", [12, 100, 1 / 33, 1.45, 1e100])
def test_a_split_of_any_ratio_leaves_no_jump_of_its_own(ratio: float) -> None:
    """What was told of is known, simple or not; another day may move as much."""
    split = Action("X", date(2020, 1, 7), ActionKind.SPLIT, ratio)
    raw = [60.0] * 5 + [60.0 / ratio] * 3
    news = [60.0] * 3 + [60.0 * 1.45] * 5

    backtest({"X": daily(raw, raw)}, SMA5, Assumptions(), [split])
    with pytest.raises(InvalidValue, match=r"split .* leaves a jump from \S+ to 60\.00 on 2020-"):
        backtest({"X": daily([60.0] * 8)}, SMA5, Assumptions(), [split])
    early = Action("X", date(2019, 1, 7), ActionKind.SPLIT, 1.45)
    backtest({"X": daily(news, news)}, SMA5, Assumptions(), [early])


def test_a_split_on_a_day_without_a_bar_counts_from_the_next_one() -> None:
    """A holiday at the exchange: the first session behind it trades at the new price."""
    split = Action("X", date(2020, 1, 6), ActionKind.SPLIT, 4)
    traded = np.array([True] * 4 + [False] + [True] * 5)  # none on the 6th
    raw = [60.0] * 4 + [15.0] * 6

    found = backtest({"X": daily(raw, raw).where(traded)}, SMA5, Assumptions(), [split])

    assert found.decisions["X"].bars.close.tolist() == [15.0] * 9
    with pytest.raises(InvalidValue, match=r"leaves a jump from 15\.00 to 60\.00 on 2020-01-07"):
        backtest({"X": daily([60.0] * 10).where(traded)}, SMA5, Assumptions(), [split])


@pytest.mark.parametrize("volume", [float("nan"), -1.0])
def test_a_volume_that_is_no_number_is_refused_where_it_counts(volume: float) -> None:
    """A cap on volume needs volumes; without one they do not matter."""
    bars = daily(FLAT, volume=volume)

    with pytest.raises(InvalidValue, match=r"^X: a bar's volume is not a number, zero or above"):
        backtest({"X": bars}, SMA5, Assumptions(volume_cap=0.1))
    assert backtest({"X": bars}, SMA5).equity.tolist()


def test_decisions_that_differ_from_the_live_rule_are_never_acted_on() -> None:
    """An error in the arrays would be found at the first order it leads to."""
    honest = decide("X", daily([10.0] * 5 + [9.0]), SMA5)
    wrong = type(honest)("X", SMA5, honest.bars, np.zeros(6, dtype=np.int8), honest.first)

    assert str(honest.evaluation(5).outcome) == "signal"
    with pytest.raises(Disagreement, match="live says signal, the history hold"):
        wrong.evaluation(5)


def test_decisions_of_every_bar_are_told_as_live_tells_them() -> None:
    """Abstain in the warm-up, then signal or hold."""
    decided = decide("X", daily([10.0] * 5 + [9.0, 11.0]), SMA5)

    assert [str(each) for each in decided.outcomes] == ["abstain"] * 4 + ["hold", "signal", "hold"]
    assert np.isnan(decided.averages[:4]).all()
    assert decided.averages[4:].tolist() == pytest.approx([10.0, 9.8, 10.0])


@pytest.mark.parametrize(
    ("bars", "rules", "line"),
    [
        (daily(FLAT), SMA5, "BarSeries names no ticker; give bars by ticker"),
        ({"X": {"close": FLAT}}, SMA5, "X: dict is no BarSeries; make one of it"),
        ({"X": daily(FLAT)}, "SMA,5,D", "'SMA,5,D' is no rule; sellcore.rule.parse_rule reads"),
    ],
    ids=["no ticker", "no series", "no rule"],
)
def test_what_a_notebook_gives_by_mistake_is_named(bars: object, rules: object, line: str) -> None:
    """Bars without a ticker, a table for a series, a word for a rule: one line each."""
    with pytest.raises(InvalidValue) as refused:
        backtest(bars, rules)

    assert str(refused.value).startswith(line)


def test_a_day_is_a_date() -> None:
    """Neither of the account nor of an action is it a word."""
    with pytest.raises(InvalidValue, match=r"since '2020-01-31' is no date"):
        backtest({"X": daily(FLAT)}, SMA5, since="2020-01-31")
    with pytest.raises(InvalidValue, match=r"day '2020-01-31' of an action of X is no date"):
        Action("X", "2020-01-31", ActionKind.SPLIT, 2)


def test_costs_and_limits_are_values_of_their_own() -> None:
    """A number is neither."""
    with pytest.raises(InvalidValue, match=r"costs 1.0 is no Costs; make one"):
        Assumptions(costs=1.0)
    with pytest.raises(InvalidValue, match=r"limits 5 is no SellingPolicy; make one"):
        Assumptions(limits=5)


def long(seconds: int, count: int = 40) -> BarSeries:
    """Return bars of that length, one after the other."""
    start = 1_577_975_400 + seconds * np.arange(count)
    return BarSeries(start, start + seconds, *[np.full(count, 10.0)] * 5)


@pytest.mark.parametrize(
    ("bars", "told"),
    [
        (long(7_200), "a bar of 2 hours for SMA"),
        (long(5_400), "a bar of 1.5 hours for SMA"),
        (long(1_800), "bars of mostly 30 minutes for SMA"),
        (long(300), "bars of mostly 5 minutes for SMA"),
    ],
    ids=["two hours", "an hour and a half", "half hours", "minutes"],
)
def test_bars_that_are_no_hours_are_refused(bars: BarSeries, told: str) -> None:
    """An average of fifty half hours is not one of fifty hours."""
    with pytest.raises(InvalidValue, match=rf"^X: {told}.*; give hourly bars \(sellcore.aggregate"):
        backtest({"X": bars}, rule("SMA,5,1H"))


def test_the_half_hours_that_a_session_begins_with_are_hours() -> None:
    """New York opens at half past: one bar of seven is short, and so is all of one morning."""
    starts = [OPENS + DAY * day + each for day in range(3) for each in (0, 1_800, 5_400, 9_000)]
    ends = [OPENS + DAY * day + each for day in range(3) for each in (1_800, 5_400, 9_000, 12_600)]
    hours = BarSeries(starts, ends, *[[10.0] * 12] * 5)

    assert len(backtest({"X": hours}, rule("SMA,5,1H")).equity) == 8
    assert len(backtest({"X": long(1_800, count=6)}, rule("SMA,5,1H")).equity) == 2


@pytest.mark.parametrize(("hours", "passes"), [(8, False), (11, False), (12, True), (24, True)])
def test_several_bars_a_day_are_no_days(hours: int, passes: bool) -> None:
    """Bars eight hours apart are three a day; a day is at least half of one."""
    start = OPENS + 3_600 * hours * np.arange(12)
    prices = [np.full(12, 10.0)] * 4
    bars = BarSeries(start, start + 3_600, *prices, np.full(12, 1e6))

    if passes:
        assert backtest({"X": bars}, SMA5).equity.tolist()
    else:
        with pytest.raises(InvalidValue, match=f"bars {hours * 60} minutes apart for SMA"):
            backtest({"X": bars}, SMA5)
