"""A test that starts on a date: what comes before fills the averages and counts for nothing."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import daily, random_walk
from tests.builders import rule

from sellcore.backtest import Assumptions, Entry, backtest
from sellcore.errors import InvalidValue

FIRST = date(2020, 1, 2)
OPENED, CLOSED = random_walk(400, seed=11)
BARS = {"X": daily(CLOSED, OPENED)}
RECLAIM = Assumptions(entry=Entry.RECLAIM)


@settings(max_examples=25, deadline=None)
@given(day=st.integers(0, 399), text=st.sampled_from(["SMA,20,D", "EMA,10,D"]))
def test_decisions_from_a_date_on_are_those_of_the_whole_history(day: int, text: str) -> None:
    """Whatever the date: the same side of the same average, an EMA's seed included."""
    wanted = rule(text)
    whole = backtest(BARS, wanted, RECLAIM).decisions["X"]

    later = backtest(BARS, wanted, RECLAIM, since=FIRST + timedelta(days=day)).decisions["X"]

    assert later.first == max(day, wanted.required_bars - 1)
    assert later.side.tolist() == whole.side.tolist()
    assert later.averages[later.first :].tolist() == whole.averages[later.first :].tolist()


def test_the_account_starts_at_the_open_of_the_first_bar_of_the_date() -> None:
    """It buys at that open, beside buy-and-hold, and no equity is told of an earlier bar."""
    found = backtest(BARS, rule("SMA,5,D"), RECLAIM, since=FIRST + timedelta(days=100))

    start = int(BARS["X"].start[100])
    assert (found.metrics.start, found.hold_metrics.start) == (start, start)
    assert found.fills[0].time == found.hold_fills[0].time == start
    assert found.fills[0].price == pytest.approx(OPENED[100] * 1.0002, rel=1e-12)
    assert len(found.equity) == 300
    assert found.warm_up == {"X": 100}


def test_the_date_is_told_and_is_part_of_the_hash() -> None:
    """Another date is another question, and the result says which one it was."""
    whole = backtest(BARS, rule("SMA,5,D"))
    later = backtest(BARS, rule("SMA,5,D"), since=date(2020, 3, 1))

    assert whole.config_hash != later.config_hash
    assert "the account starts on 2020-03-01 or later; bars before fill the averages" in (
        later.assumptions_in_words
    )


def test_a_date_behind_the_last_bar_is_refused() -> None:
    """There is nothing to test, and the line says from when on."""
    with pytest.raises(InvalidValue, match=r"no bar from 2030-01-01 on; begin earlier, or"):
        backtest(BARS, rule("SMA,5,D"), since=date(2030, 1, 1))


def test_enough_bars_of_before_are_not_called_too_few() -> None:
    """Five bars are enough for SMA(5); what is missing is one from that date on."""
    with pytest.raises(InvalidValue, match=r"^X: SMA\(5\) D has no bar from 2030-01-02 on; "):
        backtest({"X": daily([10.0] * 5)}, rule("SMA,5,D"), since=date(2030, 1, 2))
    with pytest.raises(InvalidValue, match=r"^X: SMA\(5\) D needs 5 closed bars, has 4; "):
        backtest({"X": daily([10.0] * 4)}, rule("SMA,5,D"), since=date(2030, 1, 2))


def test_an_account_starts_with_its_earliest_ticker() -> None:
    """Whichever that is by name: before it nothing is counted, and behind it all is."""
    late, early = BARS["X"][50:], BARS["X"]

    found = backtest({"A": late, "B": early}, rule("SMA,5,D"), RECLAIM)

    assert found.metrics.start == found.hold_metrics.start == int(early.start[4])
    assert found.curve.time[0] == early.end[4]


def test_one_bar_to_decide_is_enough_to_take_part() -> None:
    """A history as long as the average is bought on its last bar, beside longer ones."""
    both = {"A": daily([10.0] * 5), "B": daily([10.0] * 9)}

    found = backtest(both, rule("SMA,5,D"), RECLAIM)

    assert (list(found.decisions), found.too_short) == (["A", "B"], {})
    assert [fill.ticker for fill in found.fills] == ["A", "B"]
    assert len(backtest({"A": both["A"]}, rule("SMA,5,D"), RECLAIM).equity) == 1


@pytest.mark.parametrize("other", ["A", "B"])
def test_every_tickers_rule_is_part_of_the_hash(other: str) -> None:
    """Whichever ticker follows another rule: it is another question."""
    both = {"A": BARS["X"], "B": BARS["X"]}
    rules = dict.fromkeys(both, rule("SMA,5,D"))

    one = backtest(both, rules).config_hash
    assert backtest(both, rules | {other: rule("EMA,5,D")}).config_hash != one
