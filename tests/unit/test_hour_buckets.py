"""Where hours are cut: at full hours of the exchange's clock, at its open and its close."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from tests.builders import bars_at, slots

from sellcore.aggregation import aggregate, hour_buckets
from sellcore.errors import InvalidValue
from sellcore.instant import to_epoch
from sellcore.session import Session


def a_session(day: date, zone: str, opens: str, closes: str) -> Session:
    start, end = (
        datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))
        for clock in (opens, closes)
    )
    return Session(day, start, end, zone)


def new_york(day: date, closes: str = "16:00") -> Session:
    return a_session(day, "America/New_York", "09:30", closes)


def clocks(sessions: tuple[Session, ...]) -> list[str]:
    """Return each hour as the exchange's clock shows it: ``09:30-10:00``."""
    zone = ZoneInfo(sessions[0].zone)
    return [
        "-".join(datetime.fromtimestamp(edge, zone).strftime("%H:%M") for edge in edges)
        for edges in zip(*(side.tolist() for side in hour_buckets(sessions)), strict=True)
    ]


FRIDAY = new_york(date(2022, 5, 20))
HALF_DAY = new_york(date(2022, 11, 25), "13:00")


def test_new_york_is_cut_at_the_clock_hours() -> None:
    """The first bar lasts half an hour, the other six a whole one."""
    expected = [
        *("09:30-10:00", "10:00-11:00", "11:00-12:00", "12:00-13:00"),
        *("13:00-14:00", "14:00-15:00", "15:00-16:00"),
    ]

    assert clocks((FRIDAY,)) == expected


def test_a_half_day_ends_with_the_session() -> None:
    """The day after Thanksgiving has four hours, the last one ending at 13:00."""
    expected = ["09:30-10:00", "10:00-11:00", "11:00-12:00", "12:00-13:00"]

    assert clocks((HALF_DAY,)) == expected


@pytest.mark.parametrize(
    ("zone", "opens", "closes", "expected"),
    [
        (
            "Asia/Kolkata",  # UTC+5:30
            "09:15",
            "12:30",
            ["09:15-10:00", "10:00-11:00", "11:00-12:00", "12:00-12:30"],
        ),
        ("Australia/Adelaide", "10:00", "12:00", ["10:00-11:00", "11:00-12:00"]),  # UTC+9:30
        ("Asia/Kathmandu", "11:00", "12:30", ["11:00-12:00", "12:00-12:30"]),  # UTC+5:45
        ("Europe/Oslo", "15:00", "16:20", ["15:00-16:00", "16:00-16:20"]),
        ("Europe/Paris", "12:59", "13:01", ["12:59-13:00", "13:00-13:01"]),
        ("UTC", "13:10", "13:50", ["13:10-13:50"]),
    ],
)
def test_hours_are_the_exchange_clocks_own(
    zone: str, opens: str, closes: str, expected: list[str]
) -> None:
    """Zones that are not whole hours off UTC are cut where their own clocks strike."""
    assert clocks((a_session(date(2022, 5, 20), zone, opens, closes),)) == expected


@pytest.mark.parametrize(
    ("zone", "opens", "day", "first", "second"),
    [
        ("America/New_York", "09:30", date(2022, 3, 11), "14:30", "15:00"),
        ("America/New_York", "09:30", date(2022, 3, 14), "13:30", "14:00"),
        ("America/New_York", "09:30", date(2022, 11, 4), "13:30", "14:00"),
        ("America/New_York", "09:30", date(2022, 11, 7), "14:30", "15:00"),
        ("Europe/London", "08:00", date(2022, 3, 14), "08:00", "09:00"),
        ("Europe/London", "08:00", date(2022, 3, 28), "07:00", "08:00"),
        ("Europe/London", "08:00", date(2022, 10, 28), "07:00", "08:00"),
        ("Europe/London", "08:00", date(2022, 10, 31), "08:00", "09:00"),
    ],
)
def test_hours_follow_each_zone_through_daylight_saving(
    zone: str, opens: str, day: date, first: str, second: str
) -> None:
    """In the weeks when New York and London disagree, each is cut by its own clock."""
    expected = [
        to_epoch(datetime.combine(day, time.fromisoformat(text), UTC)) for text in (first, second)
    ]

    starts, _ = hour_buckets((a_session(day, zone, opens, "16:00"),))

    assert starts[:2].tolist() == expected


def test_a_session_through_a_change_of_clocks_is_cut_at_full_hours() -> None:
    """A session that runs over the change has the hours its clock shows, 02:00 left out."""
    night = a_session(date(2022, 3, 13), "America/New_York", "00:30", "05:00")

    assert clocks((night,)) == ["00:30-01:00", "01:00-03:00", "03:00-04:00", "04:00-05:00"]


def test_hours_cannot_be_changed_by_who_reads_them() -> None:
    """What every caller shares is read-only."""
    for side in hour_buckets((FRIDAY,)):
        with pytest.raises(ValueError, match="read-only"):
            side[0] = 0


def test_sessions_out_of_order_are_refused() -> None:
    """Hours that overlap would count a trade twice."""
    with pytest.raises(InvalidValue, match="in order and apart"):
        hour_buckets((HALF_DAY, FRIDAY))


def test_open_between_two_minutes_ends_its_first_hour_on_the_full_one() -> None:
    """Seconds are no part of a clock hour either."""
    odd = Session(FRIDAY.day, FRIDAY.open + timedelta(seconds=45), FRIDAY.close, FRIDAY.zone)

    assert clocks((odd,))[:2] == ["09:30-10:00", "10:00-11:00"]


def an_evening(opens: str) -> Session:
    return a_session(date(2022, 5, 20), "America/New_York", opens, "20:00")


def test_session_that_opens_before_the_one_before_it_has_closed_is_refused() -> None:
    """By a minute too: that minute would count in two hours."""
    with pytest.raises(InvalidValue) as refusal:
        hour_buckets((FRIDAY, an_evening("15:59")))

    assert str(refusal.value) == (
        "the session of 2022-05-20 opens before the one before it has closed; "
        "sessions must be in order and apart"
    )


def test_session_may_open_as_the_one_before_it_closes() -> None:
    """No trade belongs to both."""
    assert clocks((FRIDAY, an_evening("16:00")))[6:8] == ["15:00-16:00", "16:00-17:00"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "America", "EST (x)"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """Without the zone's clock the hours cannot be told; the error names it."""
    with pytest.raises(InvalidValue, match="is not known here"):
        hour_buckets((Session(FRIDAY.day, FRIDAY.open, FRIDAY.close, zone),))


def test_refusal_of_a_zone_says_what_would_do() -> None:
    """A name, or the package that brings the names."""
    with pytest.raises(InvalidValue) as refusal:
        hour_buckets((Session(FRIDAY.day, FRIDAY.open, FRIDAY.close, "Mars/Olympus"),))

    assert str(refusal.value) == (
        "time zone 'Mars/Olympus' is not known here, expected an IANA name such as "
        "America/New_York; if it is one, install the tzdata package"
    )


@pytest.mark.parametrize("hour", range(1, 7))
def test_bar_that_spans_any_edge_of_a_day_is_refused(hour: int) -> None:
    """Its trades belong to no single hour, wherever in the day that is."""
    half_hours = slots(FRIDAY)
    row = 2 * hour - 2
    wide = (half_hours[row][0], half_hours[row + 1][1])
    cut = [*half_hours[:row], wide, *half_hours[row + 2 :]]

    with pytest.raises(InvalidValue, match="spans the edge of an hour"):
        aggregate(bars_at(cut, [1.0] * 12), (FRIDAY,))


def test_first_bar_that_spans_an_edge_is_named_with_it() -> None:
    """From 09:30 to 10:00 is whole; 10:30 to 11:30 and 13:30 to 14:30 are not."""
    half_hours = slots(FRIDAY)
    wide = [(half_hours[row][0], half_hours[row + 1][1]) for row in (2, 8)]
    cut = [*half_hours[:2], wide[0], *half_hours[4:8], wide[1], *half_hours[10:]]

    with pytest.raises(InvalidValue) as refusal:
        aggregate(bars_at(cut, [1.0] * 11), (FRIDAY,))

    assert str(refusal.value) == (
        "the bar from 2022-05-20T14:30:00Z to 2022-05-20T15:30:00Z "
        "spans the edge of an hour at 2022-05-20T15:00:00Z; "
        "hours are built from 30-minute bars of regular hours"
    )
