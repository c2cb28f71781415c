"""Where a listing's finest bars come from: files of the data folder, or the generator."""

from collections.abc import Mapping
from datetime import date
from typing import Protocol
from zoneinfo import ZoneInfo

import numpy as np
from attrs import define, field

from adapters.gateway.bar_files import FileBars, FileSize
from adapters.gateway.bar_sizes import cut_days, local_days
from adapters.gateway.columns import Columns, Integers, join
from adapters.gateway.generator import Generator
from adapters.gateway.hours import Hours, SessionColumns


class Source(Protocol):
    """The finest bars of one listing, the future included."""

    def pieces(self, first: int, until: int) -> Columns:
        """Return the finest bars that start in [first, until), seconds since 1970 UTC."""
        ...

    def last_piece(self, moment: int) -> Columns:
        """Return the last finest bar that starts at or before the moment, or none."""
        ...

    def days(self, until: int, *, regular: bool) -> Columns:
        """Return one bar per day, whole days only, of those that end at or before ``until``."""
        ...

    @property
    def first(self) -> int | None:
        """Where the first bar starts, seconds since 1970 UTC."""
        ...


@define
class Files:
    """
    Bars read from files; on each exchange date the finest file that has bars of it counts.

    A date that only a daily file has becomes one piece as long as its session.
    """

    _all: Columns
    _sessions: SessionColumns
    _zone: ZoneInfo
    _days: dict[bool, Columns] = field(factory=dict)

    @classmethod
    def of(cls, files: Mapping[FileSize, FileBars], hours: Hours) -> "Files":
        """Merge the files of one listing."""
        taken = np.array([], dtype=np.int64)
        parts = []
        for size in (FileSize.MINUTE, FileSize.FIVE_MINUTES, FileSize.HALF_HOUR):
            if size not in files:
                continue
            bars = _intraday(files[size], size)
            dates = local_days(bars.start, hours.zone_info)
            fresh = ~np.isin(dates, taken)
            taken = np.union1d(taken, dates[fresh])
            parts.append(bars[fresh])
        if FileSize.DAY in files:
            parts.append(_daily(files[FileSize.DAY], taken, hours))
        merged = join(parts)
        merged = merged[np.argsort(merged.start, kind="stable")]
        days = local_days(merged.start, hours.zone_info)
        span = (days[0], days[-1]) if len(days) else (1, 0)
        return cls(merged, _columns(hours, *span), hours.zone_info)

    def pieces(self, first: int, until: int) -> Columns:
        """See Source."""
        return self._all.between(first, until)

    def last_piece(self, moment: int) -> Columns:
        """See Source."""
        row = int(np.searchsorted(self._all.start, moment, side="right"))
        return self._all[max(row - 1, 0) : row]

    def days(self, until: int, *, regular: bool) -> Columns:
        """See Source."""
        if regular not in self._days:
            self._days[regular] = cut_days(self._all, self._sessions, self._zone, regular=regular)
        whole = self._days[regular]
        return whole[: int(np.searchsorted(whole.end, until, side="right"))]

    @property
    def first(self) -> int | None:
        """See Source."""
        return int(self._all.start[0]) if len(self._all) else None


@define
class Generated:
    """Bars that the generator makes as they are asked for; regular hours only."""

    _generator: Generator
    _daily: Columns = field(factory=Columns.empty)

    def pieces(self, first: int, until: int) -> Columns:
        """See Source."""
        sessions = self._generator.sessions
        low = int(np.searchsorted(sessions.close, first, side="right"))
        high = int(np.searchsorted(sessions.open, until))
        return self._generator.minutes(low, max(low, high)).between(first, until)

    def last_piece(self, moment: int) -> Columns:
        """See Source."""
        row = int(np.searchsorted(self._generator.sessions.open, moment, side="right"))
        if row == 0:
            return Columns.empty()
        bars = self._generator.minutes(row - 1, row)
        place = int(np.searchsorted(bars.start, moment, side="right"))
        return bars[place - 1 : place]

    def days(self, until: int, *, regular: bool) -> Columns:
        """See Source."""
        wanted = int(np.searchsorted(self._generator.sessions.close, until, side="right"))
        known = len(self._daily)
        if wanted > known:
            self._daily = join([self._daily, self._generator.daily(known, wanted)])
        return self._daily[:wanted]

    @property
    def first(self) -> int | None:
        """See Source."""
        opened = self._generator.sessions.open
        return int(opened[0]) if len(opened) else None


@define
class Nothing:
    """No bars at all: a contract that is held and has no data."""

    first: int | None = None

    def pieces(self, first: int, until: int) -> Columns:
        """See Source."""
        return Columns.empty()

    def last_piece(self, moment: int) -> Columns:
        """See Source."""
        return Columns.empty()

    def days(self, until: int, *, regular: bool) -> Columns:
        """See Source."""
        return Columns.empty()


def _intraday(rows: FileBars, size: FileSize) -> Columns:
    prices = (rows.open, rows.high, rows.low, rows.close)
    return Columns.of_prices(rows.stamp, rows.stamp + size.seconds, prices, rows.volume)


def _daily(rows: FileBars, taken: Integers, hours: Hours) -> Columns:
    """Return the days that no intraday file has, and that the calendar calls a session."""
    if not len(rows.stamp):
        return Columns.empty()
    sessions = _columns(hours, rows.stamp[0], rows.stamp[-1])
    kept = np.isin(rows.stamp, sessions.day) & ~np.isin(rows.stamp, taken)
    place = np.searchsorted(sessions.day, rows.stamp[kept])
    prices = tuple(column[kept] for column in (rows.open, rows.high, rows.low, rows.close))
    return Columns.of_prices(
        sessions.open[place],
        sessions.close[place],
        (prices[0], prices[1], prices[2], prices[3]),
        rows.volume[kept],
    )


def _columns(hours: Hours, first: int, last: int) -> SessionColumns:
    if first > last:
        return SessionColumns(*(np.array([], dtype=np.int64) for _ in range(3)))
    return hours.columns(date.fromordinal(int(first)), date.fromordinal(int(last)))
