"""
The tables of ``tables/``: regular hours, and the days that differ from them.

``regular.csv`` has one row for each span of days on which a calendar kept the
same hours. ``<calendar>.csv`` has one row for each exception: an early close, a
late open, or, with both hours left empty, a weekday without a session. Times
are the exchange's own clock. ``scripts/make_sessions.py`` writes both.
"""

import csv
from collections.abc import Iterator, Mapping
from datetime import date, time
from functools import cache
from pathlib import Path

from attrs import frozen

from sellcore.errors import CalendarError

_FOLDER = Path(__file__).with_name("tables")

Hours = tuple[time, time]
"""First instant of a session and the first one after it, on the exchange's clock."""


@frozen
class Period:
    """
    Days on which a calendar kept the same regular hours.

    Attributes:
        first: First day.
        last: Last day, included.
        hours: On the weekdays of the period that are no exception.
    """

    first: date
    last: date
    hours: Hours


@frozen
class HoursTable:
    """
    The trading hours of one calendar.

    Attributes:
        zone: IANA name of the time zone that the hours are told in.
        periods: In order, each starting on the day after the one before.
        exceptions: Hours of single days; None means that there is no session.
    """

    zone: str
    periods: tuple[Period, ...]
    exceptions: Mapping[date, Hours | None]

    @property
    def first(self) -> date:
        """The first day that the table knows about."""
        return self.periods[0].first

    @property
    def last(self) -> date:
        """The last day that the table knows about."""
        return self.periods[-1].last

    def hours(self, day: date) -> Hours | None:
        """Return the hours of ``day``, or None when nothing is traded then."""
        if day in self.exceptions:
            return self.exceptions[day]
        if day.weekday() >= 5:
            return None
        return next((p.hours for p in self.periods if p.first <= day <= p.last), None)


@cache
def read_table(calendar: str) -> HoursTable:
    """
    Return the shipped table of a calendar, e.g. ``XNYS``; read once a process.

    Raises:
        CalendarError: the installed package lacks the table or holds a damaged one.
    """
    try:
        rows = [row[1:] for row in _rows("regular") if row[0] == calendar]
        periods = tuple(
            Period(date.fromisoformat(first), date.fromisoformat(last), _hours(opens, closes))
            for _, first, last, opens, closes in rows
        )
        exceptions = {
            date.fromisoformat(day): _hours(opens, closes) if opens else None
            for day, opens, closes in _rows(calendar)
        }
        return HoursTable(rows[0][0], periods, exceptions)
    except (OSError, ValueError, IndexError) as error:
        raise CalendarError(
            f"the sessions of {calendar} cannot be read ({error}); reinstall sellcli"
        ) from error


def _rows(name: str) -> Iterator[list[str]]:
    text = (_FOLDER / f"{name}.csv").read_text(encoding="utf-8")
    rows = csv.reader(line for line in text.splitlines() if not line.startswith("#"))
    next(rows)
    return rows


def _hours(opens: str, closes: str) -> Hours:
    return time.fromisoformat(opens), time.fromisoformat(closes)
