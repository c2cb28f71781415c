"""A clock that is wrong: nothing is decided on it, and nothing wrong is kept."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from tests.builders import MSFT, rule
from tests.desk import FRIDAY, HOUR, MINUTE, SECOND, Desk, all_of

from sellcore.timeframe import Granularity

EARLY = FRIDAY.open - 10 * MINUTE
EVENING = FRIDAY.close + 5 * MINUTE


def set_ahead(desk: Desk, moment: datetime, by: timedelta) -> None:
    def act() -> None:
        desk.clock.ahead = by

    desk.clock.at(moment, act)


def closes_kept(desk: Desk, granularity: Granularity) -> None:
    """Check that every bar kept as closed has the close it truly had."""
    kept = next(s for k, s in desk.store.load().items() if k.granularity is granularity)
    tape = desk.feed.tapes[MSFT, granularity]
    for bar in kept.closed:
        assert bar.close == tape.closes[bar.end]


@pytest.mark.parametrize("text", ["SMA,5,1H", "SMA,5,D"])
@pytest.mark.parametrize(
    ("ahead", "since", "until"),
    [
        (37 * SECOND, FRIDAY.open + 45 * MINUTE, FRIDAY.open + 75 * MINUTE),
        (2 * HOUR, FRIDAY.open + 45 * MINUTE, FRIDAY.open + 75 * MINUTE),
        (2 * HOUR, FRIDAY.open + 4 * HOUR, FRIDAY.open + 5 * HOUR),
        (-2 * HOUR, FRIDAY.open + 3 * HOUR + 45 * MINUTE, FRIDAY.open + 4 * HOUR + 15 * MINUTE),
        (-37 * SECOND, FRIDAY.open + 45 * MINUTE, FRIDAY.open + 75 * MINUTE),
    ],
)
def test_day_with_a_clock_that_was_wrong_for_a_while(
    text: str, ahead: timedelta, since: datetime, until: datetime
) -> None:
    """No bar is decided or kept wrongly; those of the meantime are missed, the others decided."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": rule(text)})
    desk.hold(MSFT, price=lambda n: 5000.0)  # forming bars are off by too little to be a split
    set_ahead(desk, since, ahead)
    set_ahead(desk, until, timedelta(0))

    desk.watch(EVENING + abs(ahead))

    times = {e.decision.bar_end: e.time for e in desk.events if hasattr(e, "decision")}
    wrong = {end for end in times if since < end + 10 * MINUTE and end < until}
    for decision in desk.decisions:
        assert decision.outcome.value == "hold" or decision.bar_end in wrong
        assert not since <= times[decision.bar_end] < until
    hours = 7 if text.endswith("H") else 1
    assert len(desk.outcomes()) == len(set(desk.outcomes()[1:])) + 1 == hours + 1
    for granularity in Granularity:
        closes_kept(desk, granularity)


def test_clock_that_is_wrong_from_the_start_decides_nothing() -> None:
    """It is said in one line, once."""
    desk = Desk(EARLY)
    desk.clock.ahead = 37 * SECOND

    desk.watch(EVENING + 37 * SECOND)

    assert desk.outcomes() == []
    told = [alert for alert in desk.alerts if "clock" in alert]
    assert told == [
        "this clock is 37 s ahead of the broker's; nothing is decided until they agree: "
        "synchronise it (NTP)"
    ]


def test_clock_that_drifts_is_told_once_and_decides() -> None:
    """Four seconds are a warning, whatever fraction each reading shows."""
    desk = Desk(EARLY)
    for minute in range(400):
        set_ahead(desk, EARLY + minute * MINUTE, timedelta(seconds=3.6 + minute % 3 / 2))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold")
    assert len([alert for alert in desk.alerts if "clock" in alert]) == 1


def test_clock_set_back_does_not_put_off_the_next_attempt_to_connect() -> None:
    """It was hours ahead when the line went down."""
    desk = Desk(EARLY)
    down = FRIDAY.open + 5 * MINUTE
    set_ahead(desk, down - 3 * MINUTE, 2 * HOUR)
    desk.clock.at(down, desk.broker.drop)
    desk.clock.at(down, lambda: desk.broker.refuse_logins("port closed"))
    set_ahead(desk, down + 5 * MINUTE, timedelta(0))
    desk.clock.at(down + 6 * MINUTE, lambda: desk.broker.refuse_logins(None))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold")


def test_clock_that_was_ahead_at_the_start_loses_no_bar_that_ends_after_it() -> None:
    """It showed tomorrow; what ends today is decided once it is right."""
    desk = Desk(FRIDAY.open + 5 * MINUTE)
    desk.clock.ahead = 24 * HOUR
    set_ahead(desk, FRIDAY.open + 15 * MINUTE, timedelta(0))

    desk.watch(EVENING + 24 * HOUR)

    assert desk.outcomes() == all_of("hold")


def test_bars_that_an_earlier_watch_had_from_the_future_are_not_known() -> None:
    """Its clock was ahead, and it kept what had not been traded yet as final."""
    ahead = Desk(FRIDAY.close + HOUR)
    ahead.watch(FRIDAY.close + 2 * HOUR)
    desk = Desk(FRIDAY.open + 5 * MINUTE)
    desk.store = ahead.store
    falls_at = FRIDAY.open + 90 * MINUTE
    for granularity in Granularity:
        tape = desk.feed.tapes[MSFT, granularity]
        closes = {end: 90.0 if end >= falls_at else 100.0 for end in tape.closes}
        desk.feed.trade(MSFT, evolve(tape, closes=closes))

    desk.watch(FRIDAY.open + 100 * MINUTE)

    assert desk.outcomes() == [("10:00", "hold"), ("11:00", "signal")]
    assert not [alert for alert in desk.alerts if "MSFT" in alert]
