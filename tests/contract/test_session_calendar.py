"""What every session calendar promises, and the shipped tables against their source."""

import subprocess
import sys
import warnings
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adapters.calendar import SessionTable
from sellcore.errors import CalendarError
from sellcore.ports.sessions import SessionCalendar
from sellcore.session import Session

SHARED = Path(__file__).parents[2].parent / "shared"
NYSE_SESSIONS = SHARED / "data" / "nyse_sessions.parquet"

EXCHANGES = st.sampled_from(["NASDAQ", "NYSE", "LSE", "IBIS", "TSEJ", "SEHK", "ASX"])
DAYS = st.dates(date(2005, 1, 1), date(2030, 12, 31))

Instants = Mapping[date, tuple[datetime, datetime]]
Source = tuple[str, Instants]


class SessionCalendarContract:
    """One test for each promise of the port; a calendar's test class inherits them."""

    calendar: SessionCalendar

    @settings(deadline=None)
    @given(exchange=EXCHANGES, first=DAYS, length=st.integers(0, 800))
    def test_sessions_are_in_order_and_inside_the_range(
        self, exchange: str, first: date, length: int
    ) -> None:
        """Every day asked for, none else, none twice, oldest first and apart."""
        last = min(first + timedelta(length), date(2030, 12, 31))

        found = self.calendar.sessions(exchange, first, last)

        days = [session.day for session in found]
        assert days == sorted(set(days))
        assert all(first <= day <= last for day in days)
        assert all(a.close < b.open for a, b in pairwise(found))

    @settings(deadline=None)
    @given(exchange=EXCHANGES, day=DAYS, length=st.integers(0, 40))
    def test_a_session_opens_before_it_closes_on_its_own_date(
        self, exchange: str, day: date, length: int
    ) -> None:
        """In the exchange's zone both ends of a session carry the session's date."""
        last = min(day + timedelta(length), date(2030, 12, 31))

        for session in self.calendar.sessions(exchange, day, last):
            assert session.open < session.close
            assert session.open.tzinfo is UTC
            assert session.close.tzinfo is UTC
            zone = ZoneInfo(session.zone)
            assert session.open.astimezone(zone).date() == session.day
            assert session.close.astimezone(zone).date() == session.day

    @settings(deadline=None)
    @given(exchange=EXCHANGES, first=DAYS, middle=DAYS, last=DAYS)
    def test_a_range_cut_in_two_has_the_same_sessions(
        self, exchange: str, first: date, middle: date, last: date
    ) -> None:
        """What is asked for in two pieces is what is asked for at once."""
        first, middle, last = sorted((first, middle, last))
        sessions = self.calendar.sessions

        whole = sessions(exchange, first, last)

        rest = sessions(exchange, middle + timedelta(1), last) if middle < last else ()
        assert whole == sessions(exchange, first, middle) + rest

    @pytest.mark.parametrize("exchange", ["MOON", "", "SMART", "N" * 200, "../../etc"])
    def test_an_unknown_exchange_is_an_error_never_an_empty_answer(self, exchange: str) -> None:
        """No sessions and not knowing are two answers; the error names the exchange."""
        with pytest.raises(CalendarError) as raised:
            self.calendar.sessions(exchange, date(2022, 5, 20), date(2022, 5, 20))

        assert repr(exchange) in str(raised.value)
        assert "\n" not in str(raised.value)

    @pytest.mark.parametrize(
        ("first", "last"),
        [
            (date(1980, 1, 2), date(2022, 5, 20)),
            (date(2022, 5, 20), date(2200, 1, 3)),
            (date(1980, 1, 2), date(1980, 1, 4)),
            (date(2200, 1, 3), date(2200, 1, 5)),
        ],
    )
    def test_a_range_that_leaves_what_is_known_is_an_error(self, first: date, last: date) -> None:
        """A range is answered in whole or not at all."""
        with pytest.raises(CalendarError, match="known from"):
            self.calendar.sessions("NASDAQ", first, last)


class TestSessionTable(SessionCalendarContract):
    """The shipped tables keep the port's promises."""

    calendar = SessionTable()


@pytest.fixture(scope="module")
def source() -> Callable[[str, date, date], Source]:
    """Ask the library that the tables come from; its own warnings are not ours."""

    def ask(calendar: str, first: date, last: date) -> Source:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            library = pytest.importorskip("exchange_calendars")
            theirs = library.get_calendar(calendar, start=first, end=last)
            rows = zip(theirs.sessions, theirs.opens, theirs.closes, strict=True)
            return str(theirs.tz), {
                day.date(): (opens.to_pydatetime(), closes.to_pydatetime())
                for day, opens, closes in rows
            }

    return ask


def instants(sessions: tuple[Session, ...]) -> Instants:
    return {session.day: (session.open, session.close) for session in sessions}


@pytest.mark.parametrize(
    ("exchange", "calendar"),
    [
        ("NYSE", "XNYS"),
        ("TSE", "XTSE"),
        ("LSE", "XLON"),
        ("IBIS", "XETR"),
        ("SBF", "XPAR"),
        ("AEB", "XAMS"),
        ("ENEXT.BE", "XBRU"),
        ("BVL", "XLIS"),
        ("EBS", "XSWX"),
        ("BVME", "XMIL"),
        ("BM", "XMAD"),
        ("VSE", "XWBO"),
        ("WSE", "XWAR"),
        ("SFB", "XSTO"),
        ("CPH", "XCSE"),
        ("HEX", "XHEL"),
        ("OSE", "XOSL"),
        ("ASX", "XASX"),
        ("SEHK", "XHKG"),
        ("TSEJ", "XTKS"),
    ],
)
def test_every_session_equals_the_source(
    source: Callable[[str, date, date], Source], exchange: str, calendar: str
) -> None:
    """Day for day and minute for minute, the tables say what exchange_calendars says."""
    first = date(1990, 1, 1) if calendar == "XNYS" else date(2005, 1, 1)
    last = date(2030, 12, 31)
    zone, expected = source(calendar, first, last)

    found = SessionTable().sessions(exchange, first, last)

    assert instants(found) == expected
    assert {session.zone for session in found} == {zone}


def test_new_york_equals_the_recorded_table() -> None:
    """Every session of the recorded NYSE table, early closes included, is ours."""
    if not NYSE_SESSIONS.exists():
        pytest.skip("needs ../shared/data/nyse_sessions.parquet")
    rows = pq.read_table(NYSE_SESSIONS).to_pylist()
    expected = {
        date.fromisoformat(str(row["session"])[:10]): (row["open_utc"], row["close_utc"])
        for row in rows
    }

    found = SessionTable().sessions("NASDAQ", min(expected), max(expected))

    assert instants(found) == expected


def test_no_pandas_at_run_time() -> None:
    """A process that asks for sessions has loaded neither pandas nor the tables' source."""
    program = (
        "import sys, datetime as dt\n"
        "from adapters.calendar import SessionTable\n"
        "day = dt.date(2022, 5, 20)\n"
        "assert len(SessionTable().sessions('NASDAQ', day, day)) == 1\n"
        "heavy = {'pandas', 'exchange_calendars', 'pyarrow', 'ib_async'} & set(sys.modules)\n"
        "assert not heavy, heavy\n"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (done.returncode, done.stderr) == (0, "")
