"""Which hours half-hour bars make, case by case, and the broker's own bars."""

import csv
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sellcore.aggregation import aggregate
from sellcore.bar import Bar, BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.instant import to_epoch
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


FRIDAY = new_york(date(2022, 5, 20))
HALF_DAY = new_york(date(2022, 11, 25), "13:00")


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

    found = aggregate(BarSeries.of(half_hours), sessions)

    assert len(found) > 4000
    assert expected == {
        (start.date(), start.hour): [hour.open, hour.high, hour.low, hour.close, hour.volume]
        for hour in found
        for start in [hour.start.astimezone(zone)]
    }
