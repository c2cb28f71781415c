"""How a watch begins: afresh, again in mid-hour, after days away."""

from datetime import datetime

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, rule
from tests.desk import (
    FRIDAY,
    HOUR,
    HOURS,
    MINUTE,
    MONDAY,
    SESSIONS,
    BrittleLog,
    Desk,
    all_of,
)

from adapters.memory_assignments import MemoryAssignments
from sellcore.assignment import Assignments
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Granularity
from sellcore.usecases.watch import begin, run

EARLY = FRIDAY.open - 10 * MINUTE
EVENING = FRIDAY.close + 5 * MINUTE


def test_restart_in_mid_hour_decides_nothing_twice_and_skips_nothing() -> None:
    """What the log holds is decided; what ended meanwhile is not forgotten."""
    desk = Desk(EARLY)
    desk.watch(FRIDAY.open + 100 * MINUTE)
    desk.true.moment = FRIDAY.open + 185 * MINUTE

    desk.watch(EVENING)

    expected = dict(all_of("hold")) | {"12:00": "missed"}
    assert desk.outcomes() == [("16:00", "hold"), *expected.items()]


def test_restart_within_the_window_of_an_hour_still_decides_it() -> None:
    """Nine minutes late is not too late."""
    desk = Desk(EARLY)
    desk.watch(FRIDAY.open + 85 * MINUTE)
    desk.true.moment = FRIDAY.open + 99 * MINUTE

    desk.watch(EVENING)

    assert desk.outcomes() == [("16:00", "hold"), *all_of("hold")]


def test_bars_that_were_decided_of_one_holding_are_not_of_another() -> None:
    """The log has this hour of the one; the other is new, and its hour is decided still."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.watch(FRIDAY.open + 92 * MINUTE)
    desk.hold(AAPL)

    desk.watch(FRIDAY.open + 95 * MINUTE)

    assert desk.outcomes() == [("16:00", "hold"), ("10:00", "hold"), ("11:00", "hold")]
    assert desk.outcomes(AAPL) == [("10:00", "missed"), ("11:00", "hold")]


def test_day_that_was_decided_is_not_its_last_hour() -> None:
    """The rule was changed to hours in the evening: the hour is decided by it, the day was."""
    desk = Desk(FRIDAY.close - MINUTE, {"NASDAQ:MSFT": rule("SMA,5,D")})
    desk.watch(EVENING)
    desk.assignments.assign("NASDAQ:MSFT", rule())

    desk.watch(EVENING + MINUTE)

    records = [(str(r.timeframe), r.bar_end) for r in desk.log.read()]
    assert records[-1] == ("1H", FRIDAY.close)
    assert records.count(("D", FRIDAY.close)) == 1


def test_restart_asks_for_no_more_than_is_not_stored() -> None:
    """A month of half hours is downloaded once: the next start waits for the day's alone."""
    desk = Desk(EARLY)

    def most_days(until: datetime) -> int:
        desk.feed.asked.clear()
        desk.watch(until)
        half_hours = [r for r in desk.feed.asked if r.granularity is Granularity.HALF_HOUR]
        return max(request.duration.count for request in half_hours)

    assert most_days(FRIDAY.open + HOUR) > 20
    assert most_days(FRIDAY.open + HOUR + 5 * MINUTE) == 1


def test_first_watch_of_a_day_owns_up_to_the_hours_it_missed() -> None:
    """It begins at 12:30: three hours of that session nobody watched."""
    desk = Desk(FRIDAY.open + 3 * HOUR)

    desk.watch(EVENING)

    expected = dict(all_of("hold")) | dict.fromkeys(HOURS[:3], "missed")
    assert desk.outcomes() == list(expected.items())


def test_watch_that_begins_at_night_decides_the_last_bar_of_the_day_before() -> None:
    """It can still be decided until the next open."""
    desk = Desk(FRIDAY.close + 3 * HOUR)

    desk.watch(FRIDAY.close + 4 * HOUR)

    assert desk.outcomes() == [("16:00", "hold")]


def test_days_away_are_recorded_as_missed() -> None:
    """From where the log ends; the last bar of Friday can still be decided on Monday."""
    thursday = SESSIONS[SESSIONS.index(FRIDAY) - 1]
    desk = Desk(thursday.close - 5 * MINUTE)
    desk.watch(thursday.close + 5 * MINUTE)
    before = len(desk.outcomes())
    desk.true.moment = MONDAY.open + 5 * MINUTE

    desk.watch(MONDAY.open + 6 * MINUTE)

    expected = dict(all_of("missed")) | {"16:00": "hold"}
    assert desk.outcomes()[before:] == list(expected.items())


@pytest.mark.parametrize("default", [rule("EMA,20,D"), None])
def test_person_is_asked_where_there_is_no_default(default: MovingAverageRule | None) -> None:
    """Either answer is stored at once; nobody is asked what is settled, nor told what they said."""
    desk = Desk(EARLY, {})
    desk.default_rule = default
    asked: list[str] = []

    def ask(ticker: str) -> MovingAverageRule:
        asked.append(ticker)
        return rule("SMA,5,1H")

    state = begin(desk.ports(), desk.terms(EVENING), ask)

    wanted = default or rule("SMA,5,1H")
    assert asked == ([] if default else ["NASDAQ:MSFT"])
    assert desk.alerts == [f"NASDAQ:MSFT had no rule: it follows {default} now"] * bool(default)
    assert dict(desk.assignments.load().rules) == state.rules == {"NASDAQ:MSFT": wanted}


def test_each_holding_is_asked_for_as_far_back_as_its_own_rule_needs() -> None:
    """Nor by the rule of another: what is asked for is paced, and the longest takes minutes."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": rule("SMA,200,1H"), "NASDAQ:AAPL": rule("EMA,200,D")})
    desk.hold(AAPL)

    desk.watch(EARLY)

    asked = {(r.instrument, r.granularity): str(r.duration) for r in desk.feed.asked}
    assert asked == {
        (MSFT, Granularity.HALF_HOUR): "37 D",  # 250 hours of 7 a day, and today
        (MSFT, Granularity.DAY): "1 Y",
        (AAPL, Granularity.HALF_HOUR): "31 D",
        (AAPL, Granularity.DAY): "3 Y",  # 662 days of 235 a year at least
    }


def test_people_are_asked_in_order_of_the_tickers() -> None:
    """Whoever looks for the next one in a list finds it."""
    desk = Desk(EARLY, {})
    desk.hold(evolve(MSFT, con_id=4, symbol="BRK B", exchange="NYSE"), 5)
    desk.hold(evolve(MSFT, con_id=5, symbol="T", exchange="NYSE"), 5)
    asked: list[str] = []

    begin(desk.ports(), desk.terms(EVENING), asked.append)

    assert asked == ["NASDAQ:MSFT", "NYSE:BRK B", "NYSE:T"]


def test_assignment_that_cannot_be_used_is_left_to_its_owner() -> None:
    """A default in its place would overwrite what somebody meant, and sell by it."""
    desk = Desk(EARLY, {})
    desk.default_rule = rule()
    assignments = Unclear()
    ports, terms = evolve(desk.ports(), assignments=assignments), desk.terms(EVENING)

    state = begin(ports, terms, None)
    run(ports, state, terms)

    assert assignments.load().rules == state.rules == {}
    assert "line 3: NASDAQ:MSFT has length 7" in desk.alerts
    assert desk.outcomes() == []


class Unclear(MemoryAssignments):
    """Assignments one of which has no length that is known."""

    def load(self) -> Assignments:
        problem = "line 3: NASDAQ:MSFT has length 7"
        return evolve(super().load(), problems=(problem,), unclear={"NASDAQ:MSFT": problem})


def test_trouble_with_what_is_stored_is_told_at_the_start() -> None:
    """A line of the log that was passed over may be a bar that was decided."""
    desk = Desk(EARLY)
    desk.log = Troubled()
    desk.store.problems = lambda: ("set aside bars.parquet",)  # type: ignore[method-assign]

    desk.watch(EARLY + MINUTE)

    assert desk.alerts == ["set aside bars.parquet", "signals.log line 3: no JSON; it is left out"]


class Troubled(BrittleLog):
    """A log one line of which cannot be read."""

    def problems(self) -> tuple[str, ...]:
        return ("signals.log line 3: no JSON; it is left out",)


def test_demonstration_does_not_heed_what_earlier_runs_decided() -> None:
    """It may be shown twice."""
    desk = Desk(EARLY)
    desk.watch(EVENING)
    desk.true.moment = EARLY
    ports, terms = desk.ports(), desk.terms(EVENING)

    state = begin(ports, evolve(terms, recall=False), None)
    run(ports, state, terms)

    assert len(desk.outcomes()) == 16
