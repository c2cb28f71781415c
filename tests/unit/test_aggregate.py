"""Hours from half hours: bounds, completeness, conservation, and the broker's own way."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sellcore.aggregate import aggregate, hour_buckets
from sellcore.bar import Bar, BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.instant import to_epoch
from sellcore.series import upsert
from sellcore.session import Session

RESOURCES = Path(__file__).parents[1] / "resources"
DATA = Path(__file__).parents[2].parent / "shared" / "data"
HALF_HOUR = timedelta(minutes=30)
PRICES_AND_VOLUME = ("open", "high", "low", "close", "volume")


def a_session(day: date, zone: str, opens: str, closes: str) -> Session:
    start, end = (
        datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))
        for clock in (opens, closes)
    )
    return Session(day, start, end, zone)


def new_york(day: date, closes: str = "16:00") -> Session:
    return a_session(day, "America/New_York", "09:30", closes)


def a_bar(start: datetime, price: float = 10.0, *, minutes: int = 30, volume: float = 1.0) -> Bar:
    end = start + timedelta(minutes=minutes)
    return Bar(start, end, price, price, price, price, volume)


def slots(session: Session) -> Iterator[datetime]:
    """Yield the starts of a session's half hours."""
    start = session.open
    while start < session.close:
        yield start
        start += HALF_HOUR


def clocks(sessions: tuple[Session, ...]) -> list[str]:
    """Return each hour as the exchange's clock shows it: ``09:30-10:00``."""
    zone = ZoneInfo(sessions[0].zone)
    return [
        "-".join(datetime.fromtimestamp(edge, zone).strftime("%H:%M") for edge in edges)
        for edges in zip(*(side.tolist() for side in hour_buckets(sessions)), strict=True)
    ]


FRIDAY = new_york(date(2022, 5, 20))
HALF_DAY = new_york(date(2022, 11, 25), "13:00")


# Where hours are cut


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


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "America", "EST (x)"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    """Without the zone's clock the hours cannot be told; the error names it."""
    with pytest.raises(InvalidValue, match="is not known here"):
        hour_buckets((Session(FRIDAY.day, FRIDAY.open, FRIDAY.close, zone),))


# Which hours come out


def read_table(name: str) -> list[dict[str, str]]:
    lines = (RESOURCES / name).read_text(encoding="utf-8").splitlines()
    return list(csv.DictReader(line for line in lines if not line.startswith("#")))


def row_to_bar(row: dict[str, str]) -> Bar:
    start = datetime.fromisoformat(row["start"])
    end = datetime.fromisoformat(row["end"]) if "end" in row else start + HALF_HOUR
    values = [float(row[name]) for name in PRICES_AND_VOLUME]
    return Bar(start, end, *values)


def test_hours_equal_the_hand_made_table() -> None:
    """Two days around the end of daylight saving and a half day, added up by hand."""
    sessions = (new_york(date(2022, 11, 4)), new_york(date(2022, 11, 7)), HALF_DAY)
    expected = [row_to_bar(row) for row in read_table("hours.csv")]

    found = aggregate(BarSeries.of(map(row_to_bar, read_table("half_hours.csv"))), sessions)

    assert list(found) == expected


def test_an_hour_is_withheld_until_its_last_half_hour_is_there() -> None:
    """Of 09:30, 10:00 and 10:30, the hour from 10:00 comes with the third."""
    bars = BarSeries.of(map(a_bar, list(slots(FRIDAY))[:3]))

    assert [len(aggregate(bars[:known], [FRIDAY])) for known in range(4)] == [0, 1, 1, 2]


@pytest.mark.parametrize(
    ("covered", "expected"),
    [
        ([("13:30", "20:00")], ["13:30", "14:00"]),
        ([("13:30", "14:30")], ["13:30"]),
        ([("14:00", "15:00")], ["14:00"]),
        ([("13:30", "14:59")], ["13:30"]),
        ([("13:30", "14:30"), ("14:31", "20:00")], ["13:30"]),  # a gap inside the hour
        ([("13:30", "14:30"), ("14:30", "15:00")], ["13:30", "14:00"]),
        ([], []),
    ],
)
def test_an_hour_comes_out_only_where_all_of_it_is_covered(
    covered: list[tuple[str, str]], expected: list[str]
) -> None:
    """Not knowing any part of an hour is a reason to withhold it, bars or no bars."""

    def at(clock: str) -> datetime:
        return datetime.combine(FRIDAY.day, time.fromisoformat(clock), UTC)

    bars = BarSeries.of(a_bar(at(clock)) for clock in ("13:30", "14:00", "14:30"))
    coverage = Coverage(tuple((to_epoch(at(low)), to_epoch(at(high))) for low, high in covered))

    found = aggregate(bars, [FRIDAY], coverage)

    assert [bar.start for bar in found] == [at(clock) for clock in expected]


def test_one_traded_half_hour_makes_a_covered_hour() -> None:
    """No trade in a half hour is normal: the hour is made of the other one."""
    first, second = list(slots(FRIDAY))[1:3]
    day = Coverage(((to_epoch(FRIDAY.open), to_epoch(FRIDAY.close)),))

    for start in (first, second):
        (found,) = aggregate(BarSeries.of([a_bar(start, 12.5)]), [FRIDAY], day)
        assert found == Bar(first, second + HALF_HOUR, 12.5, 12.5, 12.5, 12.5, 1.0)


def test_no_bars_or_no_sessions_make_no_hours() -> None:
    """Nothing in, nothing out, with coverage or without."""
    day = Coverage(((to_epoch(FRIDAY.open), to_epoch(FRIDAY.close)),))

    assert len(aggregate(BarSeries.empty(), [FRIDAY], day)) == 0
    assert len(aggregate(BarSeries.empty(), [FRIDAY])) == 0
    assert len(aggregate(BarSeries.of([a_bar(FRIDAY.open)]), [])) == 0


def test_bars_outside_every_session_are_left_out() -> None:
    """Half hours before the open and after the close belong to no hour."""
    start = FRIDAY.open - 4 * HALF_HOUR
    bars = BarSeries.of(a_bar(start + n * HALF_HOUR, volume=2.0**n) for n in range(25))

    found = aggregate(bars, [FRIDAY])

    assert found.volume.sum() == sum(2.0**n for n in range(4, 17))


def test_a_nominal_end_beyond_the_close_is_cut() -> None:
    """Oslo closes at 16:20; the half hour from 16:00 belongs to its last hour."""
    oslo = a_session(date(2022, 5, 20), "Europe/Oslo", "09:00", "16:20")

    (found,) = aggregate(BarSeries.of([a_bar(oslo.close - timedelta(minutes=20))]), [oslo])

    assert (found.start, found.end) == (oslo.close - timedelta(minutes=20), oslo.close)


def test_a_half_hour_begun_before_a_late_open_belongs_to_the_first_hour() -> None:
    """An open delayed to 09:40 leaves the half hour from 09:30 in regular hours."""
    late = a_session(date(2022, 5, 20), "America/New_York", "09:40", "16:00")

    (found,) = aggregate(BarSeries.of([a_bar(FRIDAY.open)]), [late])

    assert (found.start, found.end) == (late.open, FRIDAY.open + HALF_HOUR)


@pytest.mark.parametrize("minutes", [31, 60, 390, 60 * 24 * 30])
def test_a_bar_over_the_edge_of_an_hour_is_refused(minutes: int) -> None:
    """A bar that no single hour can hold is an error with a way out, never a wrong hour."""
    bars = BarSeries.of([a_bar(FRIDAY.open, minutes=minutes)])

    with pytest.raises(InvalidValue, match=r"2022-05-20T13:30:00Z .* 30-minute bars"):
        aggregate(bars, [FRIDAY, HALF_DAY])


# Laws

DAYS = (
    *(new_york(date(2022, 3, day)) for day in (10, 11, 14, 15)),
    *(new_york(date(2022, 11, day)) for day in (4, 7)),
    HALF_DAY,
)
EXCHANGES = st.sampled_from(
    [
        DAYS,
        tuple(
            a_session(date(2022, month, day), "Europe/London", "08:00", "16:30")
            for month, day in ((3, 14), (3, 25), (3, 28), (10, 28), (10, 31))
        ),
        tuple(a_session(date(2022, 5, day), "Asia/Kolkata", "09:15", "15:30") for day in (19, 20)),
        tuple(
            a_session(date(2022, 4, day), "Australia/Adelaide", "10:00", "16:00") for day in (1, 4)
        ),
    ]
)
PRICES = st.integers(1, 100_000).map(lambda ticks: ticks / 100)


def half_hours_of(session: Session) -> list[tuple[datetime, datetime]]:
    """Return the half hours of a session between the clock's half hours, by the clock."""
    zone = ZoneInfo(session.zone)
    marks = [session.open]
    while marks[-1] < session.close:
        local = marks[-1].astimezone(zone)
        marks.append(min(marks[-1] + timedelta(minutes=30 - local.minute % 30), session.close))
    return list(pairwise(marks))


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[Session, ...], BarSeries]:
    """Sessions of one exchange, and bars for some of their half hours."""
    sessions = draw(EXCHANGES)
    bars = []
    for session in sessions:
        for start, end in half_hours_of(session):
            if draw(st.integers(0, 3)):
                low, a, b, high = sorted(draw(st.lists(PRICES, min_size=4, max_size=4)))
                first, last = draw(st.permutations([a, b]))
                volume = float(draw(st.integers(0, 10**9)))
                bars.append(Bar(start, end, first, high, low, last, volume))
    return sessions, BarSeries.of(bars)


def everything(sessions: tuple[Session, ...]) -> Coverage:
    return Coverage(((to_epoch(sessions[0].open), to_epoch(sessions[-1].close)),))


def by_hand(bars: BarSeries, sessions: tuple[Session, ...]) -> dict[tuple[date, int], list[Bar]]:
    """Group bars by session date and the hour their start shows on the exchange's clock."""
    hours: dict[tuple[date, int], list[Bar]] = {}
    for bar in bars:
        for session in sessions:
            if session.contains(bar.start):
                hour = bar.start.astimezone(ZoneInfo(session.zone)).hour
                hours.setdefault((session.day, hour), []).append(bar)
    return hours


def named(hours: BarSeries, zone: str) -> dict[tuple[date, int], Bar]:
    local = ZoneInfo(zone)
    return {
        (bar.start.astimezone(local).date(), bar.start.astimezone(local).hour): bar for bar in hours
    }


@settings(deadline=None, max_examples=60)
@given(histories())
def test_every_hour_is_its_half_hours_folded(
    history: tuple[tuple[Session, ...], BarSeries],
) -> None:
    """First open, highest high, lowest low, last close, all volume; nothing lost or added."""
    sessions, bars = history
    parts = by_hand(bars, sessions)

    found = named(aggregate(bars, sessions, everything(sessions)), sessions[0].zone)

    assert found.keys() == parts.keys()
    for name, hour in found.items():
        assert hour.open == parts[name][0].open
        assert hour.high == max(part.high for part in parts[name])
        assert hour.low == min(part.low for part in parts[name])
        assert hour.close == parts[name][-1].close
        assert hour.volume == sum(part.volume for part in parts[name])
    assert sum(hour.volume for hour in found.values()) == sum(bar.volume for bar in bars)


@settings(deadline=None, max_examples=60)
@given(histories(), st.data())
def test_later_half_hours_never_change_an_hour(
    history: tuple[tuple[Session, ...], BarSeries], data: st.DataObject
) -> None:
    """The hours of any beginning are the beginning of the hours, coverage known or not."""
    sessions, bars = history
    known = data.draw(st.integers(0, len(bars)))
    whole = aggregate(bars, sessions)

    early = aggregate(bars[:known], sessions)

    assert early.same(whole[: len(early)])
    if known:
        until = Coverage(((to_epoch(sessions[0].open), int(bars.end[known - 1])),))
        assert early.same(aggregate(bars, sessions, until))


@settings(deadline=None, max_examples=40)
@given(histories(), st.data())
def test_half_hours_delivered_again_change_nothing(
    history: tuple[tuple[Session, ...], BarSeries], data: st.DataObject
) -> None:
    """A piece of the history that arrives twice leaves every hour as it was."""
    sessions, bars = history
    low, high = sorted(data.draw(st.tuples(*[st.integers(0, len(bars))] * 2)))

    again = upsert(bars, bars[low:high])

    assert aggregate(again, sessions).same(aggregate(bars, sessions))


@settings(deadline=None, max_examples=40)
@given(histories())
def test_hours_made_of_hours_are_the_same_hours(
    history: tuple[tuple[Session, ...], BarSeries],
) -> None:
    """Folding what is folded already changes nothing."""
    sessions, bars = history
    hours = aggregate(bars, sessions)

    assert aggregate(hours, sessions).same(hours)


@settings(deadline=None, max_examples=40)
@given(histories())
def test_sessions_apart_make_the_hours_they_make_together(
    history: tuple[tuple[Session, ...], BarSeries],
) -> None:
    """No hour depends on which other days were asked for."""
    sessions, bars = history
    known = everything(sessions)

    apart = [bar for session in sessions for bar in aggregate(bars, [session], known)]

    assert apart == list(aggregate(bars, sessions, known))


# The broker's own bars


def recorded(name: str) -> pa.Table:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"needs ../shared/data/{name}")
    return pq.read_table(path)


def recorded_bars(name: str, minutes: int) -> list[Bar]:
    columns = (recorded(name)[column].to_pylist() for column in ("ts", *PRICES_AND_VOLUME))
    length = timedelta(minutes=minutes)
    return [Bar(start, start + length, *row) for start, *row in zip(*columns, strict=True)]


def test_hours_of_recorded_bars_equal_hours_cut_from_five_minutes() -> None:
    """Two and a half years of SPY from the broker, cut by a plain loop over 5-minute bars."""
    zone = ZoneInfo("America/New_York")
    half_hours = recorded_bars("intraday/spy_30min_2018_2020h1.parquet", 30)
    days = {bar.start.astimezone(zone).date() for bar in half_hours}
    sessions = tuple(
        Session(
            date.fromisoformat(str(row["session"])[:10]),
            row["open_utc"],
            row["close_utc"],
            str(zone),
        )
        for row in recorded("nyse_sessions.parquet").to_pylist()
    )
    expected: dict[tuple[date, int], list[float]] = {}
    for bar in recorded_bars("intraday/spy_5min_2018_2020h1.parquet", 5):
        local = bar.start.astimezone(zone)
        if local.date() not in days:  # the recording begins late on these, says its manifest
            continue
        first = [bar.open, bar.high, bar.low, bar.close, 0.0]
        hour = expected.setdefault((local.date(), local.hour), first)
        hour[1:4] = [max(hour[1], bar.high), min(hour[2], bar.low), bar.close]
        hour[4] += bar.volume

    found = named(aggregate(BarSeries.of(half_hours), sessions), str(zone))

    assert len(found) > 4000
    assert expected == {
        name: [hour.open, hour.high, hour.low, hour.close, hour.volume]
        for name, hour in found.items()
    }
