"""Regular hours as gateways tell them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.hours import parse_hours
from sellcore.session import Session

NEW_YORK = "America/New_York"


def at(day: int, hour: int, minute: int = 0) -> datetime:
    """Return a UTC instant of March 2025, when New York is four hours behind."""
    return datetime(2025, 3, day, hour, minute, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "hours"),
    [
        (
            "20250324:0930-20250324:1600;20250329:CLOSED",
            {
                date(2025, 3, 24): Session(date(2025, 3, 24), at(24, 13, 30), at(24, 20), NEW_YORK),
                date(2025, 3, 29): None,
            },
        ),
        (
            "20250324:0930-1600",
            {date(2025, 3, 24): Session(date(2025, 3, 24), at(24, 13, 30), at(24, 20), NEW_YORK)},
        ),
        (
            "20250324:0930-20250324:1200,20250324:1300-20250324:1600",
            {date(2025, 3, 24): Session(date(2025, 3, 24), at(24, 13, 30), at(24, 20), NEW_YORK)},
        ),
        (
            "20250324:0930-1200,1300-1600",
            {date(2025, 3, 24): Session(date(2025, 3, 24), at(24, 13, 30), at(24, 20), NEW_YORK)},
        ),
        (
            "20250323:1800-20250324:1700",
            {date(2025, 3, 24): Session(date(2025, 3, 24), at(23, 22), at(24, 21), NEW_YORK)},
        ),
        (
            "20250324:0000-20250324:2400",
            {date(2025, 3, 24): Session(date(2025, 3, 24), at(24, 4), at(25, 4), NEW_YORK)},
        ),
        (
            "20250324:0930-20250324:2359",
            {
                date(2025, 3, 24): Session(
                    date(2025, 3, 24), at(24, 13, 30), at(25, 3, 59), NEW_YORK
                )
            },
        ),
        ("20250324:0930-20250324:1600;rubbish;20250325:9-16", None),
        ("20250324:0930-20250324:1200;20250324:1300-20250324:1600", None),
        ("20250324:1300-20250324:1600;20250324:0930-20250324:1200", None),
        ("20250324:1300-20250324:1600,20250324:0930-20250324:1200", None),
        ("20250324:CLOSED;20250324:0930-20250324:1600", None),
        ("20250324:0930-20250324:1600;20250324:CLOSED", None),
    ],
)
def test_hours_become_sessions(text: str, hours: dict[date, Session | None] | None) -> None:
    """A day counts from its first opening to its last close, by the day it closes on."""
    monday = {date(2025, 3, 24): Session(date(2025, 3, 24), at(24, 13, 30), at(24, 20), NEW_YORK)}
    assert parse_hours(text, NEW_YORK) == (monday if hours is None else hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        ";",
        "CLOSED",
        "20250332:CLOSED",
        "20250324:1600-20250324:0930",
        "20250324:0930-20250324:2561",
        "20250324:0930-20250324:2401",
        "20250324:0930-20250324:2500",
        "20250324:0930-20250324:9959",
        "20250324:0960-20250324:1600",
        "20250324:0930",
        "20250324:0930-1200,1300",
        "0930-1600",
        "٢٠٢٥٠٣٢٤:0930-1600",
    ],
)
def test_what_cannot_be_read_is_left_out(text: str) -> None:
    """A malformed part says nothing about its day."""
    assert parse_hours(text, NEW_YORK) == {}


@pytest.mark.parametrize("day", [date(2025, 3, 8), date(2025, 3, 9), date(2025, 3, 10)])
def test_hours_follow_the_wall_clock_over_a_clock_change(day: date) -> None:
    """Half past nine is half past nine on both sides of the change to summer time."""
    session = parse_hours(f"{day:%Y%m%d}:0930-{day:%Y%m%d}:1600", NEW_YORK)[day]
    assert session is not None
    assert session.open.astimezone(ZoneInfo(NEW_YORK)).strftime("%H:%M") == "09:30"
    assert session.close - session.open == timedelta(hours=6, minutes=30)


@given(
    day=st.dates(date(1990, 1, 1), date(2090, 1, 1)),
    opens=st.integers(0, 24 * 60 - 1),
    length=st.integers(1, 24 * 60),
)
def test_written_hours_are_read_back(day: date, opens: int, length: int) -> None:
    """Any span that is written down comes back as the same span."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(minutes=opens)
    end = start + timedelta(minutes=length)
    hours = parse_hours(f"{start:%Y%m%d:%H%M}-{end:%Y%m%d:%H%M}", "UTC")
    (session,) = hours.values()
    assert session is not None
    assert (session.open, session.close) == (start, end)
    assert session.day == (end - timedelta(seconds=1)).date()


@given(st.text(alphabet="0123456789:-,;CLOSED ") | st.text())
def test_no_text_raises(text: str) -> None:
    """Whatever a gateway sends, the outcome is a mapping of days."""
    for day, session in parse_hours(text, NEW_YORK).items():
        assert session is None or session.day == day
