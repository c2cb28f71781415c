"""Hand-written facts of exchange history, and the manners of the session table."""

from datetime import UTC, date, datetime, time
from itertools import pairwise

import pytest

from adapters.calendar import SessionTable
from adapters.calendar.exchanges import CALENDARS
from adapters.calendar.tables import read_table
from sellcore.errors import CalendarError
from sellcore.session import Session

TABLE = SessionTable()


def the_session(exchange: str, day: date) -> Session:
    (found,) = TABLE.sessions(exchange, day, day)
    return found


@pytest.mark.parametrize(
    ("exchange", "day", "opens", "closes"),
    [
        ("NASDAQ", date(2022, 5, 20), time(13, 30), time(20, 0)),
        ("NASDAQ", date(2022, 11, 25), time(14, 30), time(18, 0)),  # day after Thanksgiving
        ("NYSE", date(2019, 7, 3), time(13, 30), time(17, 0)),  # eve of Independence Day
        ("NYSE", date(2022, 3, 11), time(14, 30), time(21, 0)),
        ("NYSE", date(2022, 3, 14), time(13, 30), time(20, 0)),  # daylight saving began
        ("NYSE", date(2022, 11, 4), time(13, 30), time(20, 0)),
        ("NYSE", date(2022, 11, 7), time(14, 30), time(21, 0)),  # daylight saving ended
        ("LSE", date(2022, 3, 25), time(8, 0), time(16, 30)),
        ("LSE", date(2022, 3, 28), time(7, 0), time(15, 30)),  # two weeks after New York
        ("LSE", date(2021, 12, 24), time(8, 0), time(12, 30)),
        ("IBIS", date(2022, 10, 31), time(8, 0), time(16, 30)),  # a week before New York
        ("SEHK", date(2011, 3, 4), time(2, 0), time(8, 0)),
        ("SEHK", date(2011, 3, 7), time(1, 30), time(8, 0)),  # opens half an hour earlier
        ("TSEJ", date(2024, 11, 1), time(0, 0), time(6, 0)),
        ("TSEJ", date(2024, 11, 5), time(0, 0), time(6, 30)),  # closes half an hour later
    ],
)
def test_hours_of_known_days(exchange: str, day: date, opens: time, closes: time) -> None:
    """Open and close, in UTC, of days whose hours are a matter of record."""
    found = the_session(exchange, day)

    assert found.open == datetime.combine(day, opens, UTC)
    assert found.close == datetime.combine(day, closes, UTC)


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (date(2001, 9, 11), date(2001, 9, 16)),  # the attacks
        (date(2004, 6, 11), date(2004, 6, 13)),  # mourning for President Reagan
        (date(2007, 1, 2), date(2007, 1, 2)),  # mourning for President Ford
        (date(2012, 10, 29), date(2012, 10, 30)),  # hurricane Sandy
        (date(2018, 12, 5), date(2018, 12, 5)),  # mourning for the elder President Bush
        (date(2022, 6, 18), date(2022, 6, 20)),  # the first Juneteenth, on its Monday
        (date(2025, 1, 9), date(2025, 1, 9)),  # mourning for President Carter
    ],
)
def test_new_york_was_closed(first: date, last: date) -> None:
    """Nothing was traded on days of storm, mourning and holiday."""
    assert TABLE.sessions("NYSE", first, last) == ()


def test_juneteenth_was_a_session_before_it_was_a_holiday() -> None:
    """A rule that came into force later does not reach back."""
    assert the_session("NYSE", date(2020, 6, 19)).close == datetime(2020, 6, 19, 20, tzinfo=UTC)


def test_one_session_spans_the_midday_break() -> None:
    """Tokyo pauses at noon; its session runs from the first open to the last close."""
    found = the_session("TSEJ", date(2022, 5, 20))

    assert (found.open.hour, found.close.hour) == (0, 6)


def test_the_exchange_is_read_in_any_case() -> None:
    """Names are trimmed and upper case before they are looked up."""
    day = date(2022, 5, 20)

    assert TABLE.sessions(" nasdaq ", day, day) == TABLE.sessions("NASDAQ", day, day)


def test_a_range_that_runs_backwards_holds_nothing() -> None:
    """No day lies both after the last and before the first."""
    assert TABLE.sessions("NYSE", date(2022, 5, 20), date(2022, 5, 19)) == ()


def test_the_same_question_gets_the_same_tuple() -> None:
    """What is derived from an answer may be remembered by the answer's identity."""
    first, last = date(2022, 5, 2), date(2022, 6, 1)

    assert TABLE.sessions("NYSE", first, last) is TABLE.sessions("NASDAQ", first, last)


def test_the_first_and_last_known_days_can_be_asked_for() -> None:
    """The bounds that an error names belong to what is known."""
    assert TABLE.sessions("NYSE", date(1990, 1, 1), date(1990, 1, 2))[0].day == date(1990, 1, 2)
    assert the_session("NYSE", date(2030, 12, 31)).day == date(2030, 12, 31)


@pytest.mark.parametrize("exchange", sorted(CALENDARS))
def test_every_listed_exchange_has_a_table(exchange: str) -> None:
    """No name leads to a table that was not shipped."""
    assert TABLE.sessions(exchange, date(2022, 5, 16), date(2022, 5, 20))


@pytest.mark.parametrize("calendar", sorted(set(CALENDARS.values())))
def test_periods_of_a_table_leave_no_gap(calendar: str) -> None:
    """Each period of regular hours starts on the day after the one before."""
    periods = read_table(calendar).periods

    assert all(b.first.toordinal() == a.last.toordinal() + 1 for a, b in pairwise(periods))
    assert all(period.hours[0] < period.hours[1] for period in periods)


def test_a_missing_table_is_one_line_that_says_what_to_do() -> None:
    """A broken installation is told, not traced."""
    with pytest.raises(CalendarError, match=r"XXXX cannot be read \(.*\); reinstall sellcli"):
        read_table("XXXX")
