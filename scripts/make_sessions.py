"""
Write the tables of src/adapters/calendar/tables from exchange_calendars.

    python scripts/make_sessions.py

Run it after an upgrade of exchange_calendars, read the difference, and let
tests/contract/test_session_calendar.py compare every session with the source.
"""

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, time, timedelta
from importlib.metadata import version
from pathlib import Path

import exchange_calendars
from exchange_calendars import ExchangeCalendar

TABLES = Path(__file__).parents[1] / "src" / "adapters" / "calendar" / "tables"
FIRST = {"XNYS": date(1990, 1, 1)}
FIRST_OF_OTHERS = date(2005, 1, 1)
LAST = date(2030, 12, 31)
CALENDARS = (
    *("XNYS", "XTSE"),
    *("XLON", "XETR", "XPAR", "XAMS", "XBRU", "XLIS", "XSWX", "XMIL", "XMAD", "XWBO", "XWAR"),
    *("XSTO", "XCSE", "XHEL", "XOSL"),
    *("XASX", "XHKG", "XTKS"),
)

Hours = tuple[time, time]
Period = tuple[date, date, Hours]


def main() -> None:
    """Write one table of regular hours, and one of exceptions for each calendar."""
    TABLES.mkdir(exist_ok=True)
    regular: list[Sequence[str]] = []
    for name in CALENDARS:
        first = FIRST.get(name, FIRST_OF_OTHERS)
        calendar = exchange_calendars.get_calendar(name, start=first, end=LAST)
        spans = periods(calendar, first, LAST)
        regular.extend(
            (name, str(calendar.tz), str(low), str(high), *clock(hours))
            for low, high, hours in spans
        )
        write(name, ("day", "open", "close"), exceptions(sessions(calendar), spans))
    write("regular", ("calendar", "zone", "first", "last", "open", "close"), regular)


def sessions(calendar: ExchangeCalendar) -> dict[date, Hours]:
    """Return the local hours of every session."""
    hours = zip(
        calendar.opens.dt.tz_convert(calendar.tz),
        calendar.closes.dt.tz_convert(calendar.tz),
        strict=True,
    )
    return {
        day.date(): (opens.time(), closes.time())
        for day, (opens, closes) in zip(calendar.sessions, hours, strict=True)
    }


def periods(calendar: ExchangeCalendar, first: date, last: date) -> list[Period]:
    """Return the spans of days within which the regular hours stayed the same."""
    changes = {
        since.date()
        for since, _ in (*calendar.open_times, *calendar.close_times)
        if since is not None and since.date() > first
    }
    starts = [first, *sorted(changes)]
    ends = [start - timedelta(1) for start in starts[1:]] + [last]
    return [
        (low, high, (at(calendar.open_times, low), at(calendar.close_times, low)))
        for low, high in zip(starts, ends, strict=True)
    ]


def at(clocks: Iterable[tuple[datetime | None, time]], day: date) -> time:
    """Return the clock time that was the regular one on ``day``."""
    return [hour for since, hour in clocks if since is None or since.date() <= day][-1]


def exceptions(found: dict[date, Hours], spans: list[Period]) -> Iterator[Sequence[str]]:
    """Yield a row for each day that is not as its weekday and period would have it."""
    for low, high, regular in spans:
        for offset in range((high - low).days + 1):
            day = low + timedelta(offset)
            expected = regular if day.weekday() < 5 else None
            if (actual := found.get(day)) != expected:
                yield str(day), *clock(actual)


def clock(hours: Hours | None) -> tuple[str, str]:
    """Return hours as ``09:30``; seconds appear only where there are some."""
    if hours is None:
        return "", ""
    opens, closes = (hour.isoformat("auto" if hour.second else "minutes") for hour in hours)
    return opens, closes


def write(name: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write one table, its source in the head."""
    with (TABLES / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
        source = f"exchange_calendars {version('exchange_calendars')}"
        file.write(f"# made by scripts/make_sessions.py from {source} (PyPI, Apache-2.0)\n")
        file.write("# clock times are the exchange's own; no times: no session\n")
        out = csv.writer(file, lineterminator="\n")
        out.writerow(columns)
        out.writerows(rows)


if __name__ == "__main__":
    main()
