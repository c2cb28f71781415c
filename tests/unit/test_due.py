"""Which bars want a decision, from when and until when."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_session, at, nasdaq, new_york

from sellcore.due import DueBar, bars_of, due, next_look
from sellcore.policy import AtClose, Policy
from sellcore.session import Session
from sellcore.timeframe import Timeframe

FRIDAY, MONDAY, TUESDAY = (new_york(date(2022, 5, day)) for day in (20, 23, 24))
HALF_DAY = new_york(date(2022, 11, 25), "13:00")
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
WINDOW, SETTLE, CLOSING_SETTLE = 10 * MINUTE, 30 * SECOND, 60 * SECOND
YEAR = nasdaq(date(2022, 1, 3), date(2022, 12, 30))
policies = st.builds(Policy, at_close=st.sampled_from(AtClose))


def ends(bars: tuple[DueBar, ...]) -> list[str]:
    return [f"{bar.end:%d %H:%M}" for bar in bars]


def test_hours_of_a_day() -> None:
    """New York's seven, by their ends; the first lasts half an hour."""
    assert ends(bars_of([FRIDAY], Timeframe.HOUR, Policy())) == [
        f"20 {hour}:00" for hour in range(14, 21)
    ]


def test_hours_of_a_half_day() -> None:
    """Four, the last at 13:00 in New York."""
    bars = bars_of([HALF_DAY], Timeframe.HOUR, Policy())

    assert ends(bars) == ["25 15:00", "25 16:00", "25 17:00", "25 18:00"]
    assert [bar.closes_session for bar in bars] == [False, False, False, True]


def test_last_hour_of_a_session_may_be_half_a_one() -> None:
    """London closes at 16:30: that bar is decided as well."""
    london = a_session(date(2022, 5, 20), "Europe/London", "08:00", "16:30")

    bars = bars_of([london], Timeframe.HOUR, Policy())

    assert ends(bars[-2:]) == ["20 15:00", "20 15:30"]
    assert [bar.closes_session for bar in bars[-2:]] == [False, True]


@pytest.mark.parametrize(
    ("friday", "monday", "shift"), [((3, 11), (3, 14), -1), ((11, 4), (11, 7), 1)]
)
def test_hours_follow_the_exchanges_clock(
    friday: tuple[int, int], monday: tuple[int, int], shift: int
) -> None:
    """Over both changes of the clocks the same hours of New York are decided."""
    before, after = (
        bars_of([new_york(date(2022, *day))], Timeframe.HOUR, Policy()) for day in (friday, monday)
    )

    assert [bar.end.hour - shift for bar in after] == [bar.end.hour for bar in before]


@pytest.mark.parametrize("session", [FRIDAY, HALF_DAY])
def test_day_is_one_bar_that_closes_its_session(session: Session) -> None:
    """Its end is the session's close."""
    (bar,) = bars_of([session], Timeframe.DAY, Policy())

    assert bar.end == session.close
    assert bar.closes_session


def test_bar_inside_a_session_is_decided_within_the_window_after_its_end() -> None:
    """From settle after its end until the window is over."""
    bar = bars_of([FRIDAY, MONDAY], Timeframe.HOUR, Policy())[0]

    assert bar == DueBar(
        end=at("2022-05-20 14:00"),
        final_at=at("2022-05-20 14:00:30"),
        deadline=at("2022-05-20 14:10"),
        closes_session=False,
    )


@pytest.mark.parametrize("timeframe", Timeframe)
@pytest.mark.parametrize("at_close", [AtClose.NEXT_OPEN, AtClose.SUBMIT, AtClose.SKIP])
def test_last_bar_of_a_session_is_decided_until_the_window_after_the_next_open(
    timeframe: Timeframe, at_close: AtClose
) -> None:
    """Over the weekend too."""
    bars = bars_of([FRIDAY, MONDAY], timeframe, Policy(at_close=at_close))

    (last,) = [bar for bar in bars if bar.end == FRIDAY.close]
    assert last == DueBar(
        end=at("2022-05-20 20:00"),
        final_at=at("2022-05-20 20:01"),
        deadline=at("2022-05-23 13:40"),
        closes_session=True,
    )


@pytest.mark.parametrize("timeframe", Timeframe)
def test_last_bar_of_a_session_is_decided_before_the_close_with_pre_close(
    timeframe: Timeframe,
) -> None:
    """On the forming bar, until the close, and marked."""
    policy = Policy(at_close=AtClose.PRE_CLOSE, pre_close=90 * SECOND)

    *hours, last = bars_of([FRIDAY], timeframe, policy)

    assert last == DueBar(
        end=at("2022-05-20 20:00"),
        final_at=at("2022-05-20 19:58:30"),
        deadline=at("2022-05-20 20:00"),
        closes_session=True,
        provisional=True,
    )
    assert not any(bar.provisional for bar in hours)


def test_where_no_next_session_is_known_the_window_follows_the_close() -> None:
    """A calendar that ends tonight."""
    assert bars_of([FRIDAY], Timeframe.DAY, Policy())[0].deadline == FRIDAY.close + WINDOW


@given(policies, st.sampled_from(Timeframe), st.data())
def test_due_are_the_bars_behind_the_last_look_whose_reading_can_be_final(
    policy: Policy, timeframe: Timeframe, data: st.DataObject
) -> None:
    """Any two instants of a year: each bar between is due, exactly as it is cut, none else."""
    span = (YEAR[5].open, YEAR[-8].close)
    instants = st.datetimes(
        span[0].replace(tzinfo=None),
        span[1].replace(tzinfo=None),
        timezones=st.just(span[0].tzinfo),
    )
    after = data.draw(instants)
    now = data.draw(instants | st.timedeltas(0 * SECOND, 100 * MINUTE).map(after.__add__))

    found = due(YEAR, timeframe, policy, after=after, now=now)

    everything = bars_of(YEAR, timeframe, policy)
    assert list(found) == [bar for bar in everything if after < bar.end and bar.final_at <= now]


def test_nothing_is_due_before_the_first_session() -> None:
    """A calendar may begin tomorrow."""
    early = FRIDAY.open - timedelta(days=1)

    assert due([FRIDAY], Timeframe.HOUR, Policy(), after=early, now=early) == ()
    assert due([], Timeframe.HOUR, Policy(), after=early, now=early) == ()


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ("2022-05-20 13:59:00", "2022-05-20 14:00:00"),
        ("2022-05-20 13:59:59.5", "2022-05-20 14:00:00"),
        ("2022-05-20 14:00:00", "2022-05-20 14:00:30"),
        ("2022-05-20 14:00:30", "2022-05-20 14:01:00"),
        ("2022-05-20 14:30:00", "2022-05-20 14:31:00"),
        ("2022-05-20 20:00:00", "2022-05-20 20:01:00"),
        ("2022-05-20 20:00:30", "2022-05-20 20:01:00"),
        ("2022-05-21 12:00:30", "2022-05-21 12:01:00"),
        ("2022-05-23 13:30:00", "2022-05-23 13:31:00"),
    ],
)
def test_next_look_is_at_the_minute_or_when_a_bar_is_final(now: str, expected: str) -> None:
    """At night it is the minute too: a clock that was set must be noticed."""
    assert next_look([(FRIDAY, MONDAY)], Policy(), at(now)) == at(expected)


def test_next_look_before_the_close_with_pre_close() -> None:
    """The provisional decision has an instant of its own."""
    policy = Policy(at_close=AtClose.PRE_CLOSE, pre_close=90 * SECOND)

    assert next_look([(FRIDAY,)], policy, at("2022-05-20 19:58:00")) == at("2022-05-20 19:58:30")


@pytest.mark.parametrize(
    "now", ["2022-05-20 19:59:59.9", "2022-05-20 20:00:00", "2022-05-20 20:00:44"]
)
def test_next_look_behind_the_close_is_when_its_bar_is_final(now: str) -> None:
    """The session is over, its last bar is not settled yet."""
    policy = Policy(closing_settle=45 * SECOND)

    expected = "20:00:00" if now.endswith("59.9") else "20:00:45"
    assert next_look([(FRIDAY, MONDAY)], policy, at(now)) == at(f"2022-05-20 {expected}")


def test_exchanges_with_other_hours_are_all_looked_at() -> None:
    """The earliest of their bars sets the pace."""
    london = Session(FRIDAY.day, at("2022-05-20 07:00"), at("2022-05-20 15:30"), "Europe/London")

    assert next_look([(FRIDAY,), (london,)], Policy(), at("2022-05-20 12:00:00")) == at(
        "2022-05-20 12:00:30"
    )


@given(
    policies,
    st.datetimes(
        datetime(2022, 5, 20), datetime(2022, 5, 25), timezones=st.just(at("2022-01-01").tzinfo)
    ),
)
def test_no_bar_becomes_final_between_two_looks(policy: Policy, now: datetime) -> None:
    """The next look lies ahead, within a minute, and at or before every final reading."""
    sessions = (FRIDAY, MONDAY, TUESDAY)

    moment = next_look([sessions], policy, now)

    finals = {bar.final_at for each in Timeframe for bar in bars_of(sessions, each, policy)}
    assert now < moment <= now + MINUTE
    assert not any(now < final < moment for final in finals)
