"""Trading hours of one exchange: the calendar's sessions, looked up by instant."""

from bisect import bisect_left, bisect_right
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from attrs import define, field, frozen
from numpy.typing import NDArray

from sellcore.errors import CalendarError
from sellcore.instant import to_epoch
from sellcore.ports.sessions import SessionCalendar
from sellcore.session import Session

ASSUMED_ZONE = "America/New_York"
_A_YEAR_OF_EVERY_CALENDAR = 2022
_ASSUMED_OPEN, _ASSUMED_CLOSE = time(9, 30), time(16, 0)

Integers = NDArray[np.int64]


@frozen(eq=False)
class SessionColumns:
    """
    Sessions as columns of shape (n,).

    Attributes:
        day: Proleptic ordinal of the exchange's date.
        open: Seconds since 1970 UTC; close likewise.
    """

    day: Integers
    open: Integers
    close: Integers


@define
class Hours:
    """
    The sessions of one exchange, a year at a time.

    Where the calendar knows nothing, New York's regular hours on weekdays are
    assumed, so that data of any age and exchange can be served.
    """

    exchange: str
    _calendar: SessionCalendar
    _years: dict[int, tuple[Session, ...]] = field(factory=dict)
    _columns: dict[int, SessionColumns] = field(factory=dict)
    _zone: str = ""

    @property
    def zone(self) -> str:
        """IANA name of the exchange's zone."""
        if not self._zone:
            found = self._year(_A_YEAR_OF_EVERY_CALENDAR)
            self._zone = found[0].zone if found else ASSUMED_ZONE
        return self._zone

    @property
    def zone_info(self) -> ZoneInfo:
        """The exchange's zone."""
        return ZoneInfo(self.zone)

    def sessions(self, first: date, last: date) -> list[Session]:
        """Return the sessions of [first, last], in order."""
        found = [s for year in range(first.year, last.year + 1) for s in self._year(year)]
        low = bisect_left(found, first, key=lambda s: s.day)
        return found[low : bisect_right(found, last, key=lambda s: s.day)]

    def columns(self, first: date, last: date) -> SessionColumns:
        """Return the sessions of [first, last] as columns."""
        years = [self._year_columns(year) for year in range(first.year, last.year + 1)]
        day = np.concatenate([columns.day for columns in years])
        rows = slice(*np.searchsorted(day, [first.toordinal(), last.toordinal() + 1]))
        opened = np.concatenate([columns.open for columns in years])
        closed = np.concatenate([columns.close for columns in years])
        return SessionColumns(day[rows], opened[rows], closed[rows])

    def day_of(self, moment: datetime) -> date:
        """Return the exchange's date at an instant."""
        return moment.astimezone(self.zone_info).date()

    def session_at(self, moment: datetime) -> Session | None:
        """Return the session that is open at an instant, or None."""
        day = self.day_of(moment)
        return next((s for s in self.sessions(day, day) if s.contains(moment)), None)

    def next_open(self, moment: datetime) -> datetime:
        """Return the first opening at or after an instant."""
        day = self.day_of(moment)
        coming = self.sessions(day, day + timedelta(days=21))
        return next(s.open for s in coming if s.open >= moment)

    def last_opened(self, moment: datetime, count: int) -> list[Session]:
        """Return the last sessions that had opened by an instant, oldest first."""
        last = self.day_of(moment)
        first = last - timedelta(days=count * 2 + 14)
        return [s for s in self.sessions(first, last) if s.open <= moment][-count:]

    def _year(self, year: int) -> tuple[Session, ...]:
        if year not in self._years:
            first, last = date(year, 1, 1), date(year, 12, 31)
            try:
                self._years[year] = self._calendar.sessions(self.exchange, first, last)
            except CalendarError:  # the year may be known in part
                days = (first + timedelta(days=n) for n in range((last - first).days + 1))
                self._years[year] = tuple(s for day in days for s in self._one_day(day))
        return self._years[year]

    def _year_columns(self, year: int) -> SessionColumns:
        if year not in self._columns:
            found = self._year(year)
            self._columns[year] = SessionColumns(
                np.array([s.day.toordinal() for s in found], dtype=np.int64),
                np.array([to_epoch(s.open) for s in found], dtype=np.int64),
                np.array([to_epoch(s.close) for s in found], dtype=np.int64),
            )
        return self._columns[year]

    def _one_day(self, day: date) -> tuple[Session, ...]:
        try:
            return self._calendar.sessions(self.exchange, day, day)
        except CalendarError:
            return (_assumed(day),) if day.weekday() < 5 else ()


def _assumed(day: date) -> Session:
    zone = ZoneInfo(ASSUMED_ZONE)
    return Session(
        day,
        datetime.combine(day, _ASSUMED_OPEN, zone).astimezone(UTC),
        datetime.combine(day, _ASSUMED_CLOSE, zone).astimezone(UTC),
        ASSUMED_ZONE,
    )
