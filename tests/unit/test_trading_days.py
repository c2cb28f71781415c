"""Sessions as a sequence that knows its bounds."""

from datetime import UTC, date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_session, new_york

from sellcore.trading_days import TradingDays

SESSIONS = tuple(new_york(date(2022, 5, day)) for day in (18, 19, 20, 23))
DAYS = TradingDays(SESSIONS)
SECOND = timedelta(seconds=1)
edges = [moment for session in SESSIONS for moment in (session.open, session.close)]
moments = st.builds(
    lambda edge, off: edge + off * SECOND, st.sampled_from(edges), st.integers(-2, 2)
)


@given(moments | st.datetimes(datetime(2022, 5, 17), datetime(2022, 5, 25), timezones=st.just(UTC)))
def test_sessions_that_have_opened_and_closed_are_counted(moment: datetime) -> None:
    """The instant itself counts."""
    assert DAYS.begun(moment) == sum(session.open <= moment for session in SESSIONS)
    assert DAYS.ended(moment) == sum(session.close <= moment for session in SESSIONS)


def test_same_sessions_are_the_same_days() -> None:
    """As a key they stand for the plain tuple, and are not copied."""
    assert TradingDays.of(DAYS) is DAYS
    assert TradingDays.of(list(SESSIONS)) == DAYS == SESSIONS
    assert hash(DAYS) == hash(SESSIONS)
    assert {SESSIONS: 1}[DAYS] == 1


def test_bounds_are_seconds_since_1970() -> None:
    """And dates their midnights in UTC."""
    assert DAYS.opens.tolist() == [int(session.open.timestamp()) for session in SESSIONS]
    assert DAYS.closes.tolist() == [int(session.close.timestamp()) for session in SESSIONS]
    assert DAYS.midnights.tolist() == [
        86400 * session.day.toordinal() - 86400 * 719163 for session in SESSIONS
    ]


def test_date_of_a_session_is_its_exchanges_own() -> None:
    """Sydney opens on a Thursday in UTC, and its daily bar is Friday's."""
    sydney = a_session(date(2022, 12, 16), "Australia/Sydney", "10:00", "16:00")

    assert sydney.open == datetime(2022, 12, 15, 23, tzinfo=UTC)
    midnight = datetime(2022, 12, 16, tzinfo=UTC)
    assert TradingDays((sydney,)).midnights.tolist() == [int(midnight.timestamp())]
