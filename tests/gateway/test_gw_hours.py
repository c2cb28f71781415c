"""Hours of an exchange: the calendar's word where it has one, New York's hours elsewhere."""

from datetime import UTC, date, datetime

import pytest
from tests.gateway.gateway_stand import Weekdays, a_session

from adapters.gateway.hours import Hours
from sellcore.errors import CalendarError
from sellcore.session import Session

KNOWN_FROM, KNOWN_TO = date(2022, 11, 21), date(2022, 11, 30)


class ShortCalendar:
    """Knows ten days of November 2022 and raises for any range that leaves them."""

    def sessions(self, exchange: str, first: date, last: date) -> tuple[Session, ...]:
        if first < KNOWN_FROM or last > KNOWN_TO:
            raise CalendarError("known from 2022-11-21 to 2022-11-30")
        return Weekdays().sessions(exchange, first, last)


def test_known_days_of_a_year_count_when_others_are_unknown() -> None:
    """Thanksgiving is closed and the day after short, though December is not known."""
    found = Hours("NYSE", ShortCalendar()).sessions(date(2022, 11, 18), date(2022, 12, 1))

    assert [s.day.day for s in found] == [18, 21, 22, 23, 25, 28, 29, 30, 1]
    assert found[4] == a_session(date(2022, 11, 25))
    assert found[-1].close == datetime(2022, 12, 1, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "opens"),
    [
        (datetime(2022, 11, 25, 14, 30, tzinfo=UTC), datetime(2022, 11, 25, 14, 30, tzinfo=UTC)),
        (datetime(2022, 11, 25, 14, 31, tzinfo=UTC), datetime(2022, 11, 28, 14, 30, tzinfo=UTC)),
        (datetime(2022, 3, 12, 0, 0, tzinfo=UTC), datetime(2022, 3, 14, 13, 30, tzinfo=UTC)),
    ],
)
def test_next_open_skips_what_is_closed(moment: datetime, opens: datetime) -> None:
    """Weekends are skipped and the clock change is minded."""
    assert Hours("NYSE", Weekdays()).next_open(moment) == opens


def test_columns_are_the_sessions() -> None:
    """The columns hold what the values hold, over the turn of a year too."""
    hours = Hours("NYSE", Weekdays())
    first, last = date(2021, 12, 20), date(2022, 1, 20)
    columns = hours.columns(first, last)
    sessions = hours.sessions(first, last)

    assert columns.day.tolist() == [s.day.toordinal() for s in sessions]
    assert columns.open.tolist() == [s.open.timestamp() for s in sessions]
    assert columns.close.tolist() == [s.close.timestamp() for s in sessions]
