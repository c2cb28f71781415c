"""The bar sizes of the API, and cutting each out of the finest bars there are."""

from datetime import UTC, date, datetime, timedelta
from enum import Enum
from functools import lru_cache
from zoneinfo import ZoneInfo

import numpy as np

from adapters.gateway.columns import Columns, Integers, grouped
from adapters.gateway.hours import SessionColumns

_DAY = 86_400
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()


class BarSize(Enum):
    """Every size that the API knows; the value is its only spelling there."""

    SECOND = "1 secs"
    SECONDS_5 = "5 secs"
    SECONDS_10 = "10 secs"
    SECONDS_15 = "15 secs"
    SECONDS_30 = "30 secs"
    MINUTE = "1 min"
    MINUTES_2 = "2 mins"
    MINUTES_3 = "3 mins"
    MINUTES_5 = "5 mins"
    MINUTES_10 = "10 mins"
    MINUTES_15 = "15 mins"
    MINUTES_20 = "20 mins"
    MINUTES_30 = "30 mins"
    HOUR = "1 hour"
    HOURS_2 = "2 hours"
    HOURS_3 = "3 hours"
    HOURS_4 = "4 hours"
    HOURS_8 = "8 hours"
    DAY = "1 day"
    WEEK = "1 week"
    MONTH = "1 month"

    @property
    def seconds(self) -> int:
        """Length of an intraday bar; 0 for a day and longer."""
        number, unit = self.value.split()
        return int(number) * {"sec": 1, "min": 60, "hour": 3600}.get(unit.rstrip("s"), 0)


def zone_offsets(moments: Integers, zone: ZoneInfo) -> Integers:
    """Return the zone's offset from UTC in seconds, as of noon UTC on each moment's date."""
    days, place = np.unique(moments // _DAY, return_inverse=True)
    offsets = [_offset_on(day, zone) for day in days.tolist()]
    return np.array(offsets, dtype=np.int64)[place]


@lru_cache(maxsize=1 << 16)
def _offset_on(day: int, zone: ZoneInfo) -> int:
    noon = datetime.fromtimestamp(day * _DAY + _DAY // 2, UTC)
    return int((noon.astimezone(zone).utcoffset() or timedelta()).total_seconds())


def local_days(moments: Integers, zone: ZoneInfo) -> Integers:
    """Return the proleptic ordinal of each moment's date in the zone."""
    return (moments + zone_offsets(moments, zone)) // _DAY + _EPOCH_ORDINAL


def session_rows(moments: Integers, sessions: SessionColumns) -> Integers:
    """Return which session each moment lies in, -1 for none."""
    row = np.searchsorted(sessions.open, moments, side="right") - 1
    if not len(sessions.open):
        return row
    return np.where((row >= 0) & (moments < sessions.close[row]), row, -1)


def cut_intraday(
    pieces: Columns, seconds: int, sessions: SessionColumns, zone: ZoneInfo, *, regular: bool
) -> Columns:
    """
    Cut bars at the clock of the exchange: 09:30-10:00, 10:00-11:00, ... for an hour.

    Args:
        pieces: The finest bars; those that do not fit into the size are left out.
        seconds: Size of the bars.
        sessions: Sessions that the pieces lie in.
        zone: The exchange's.
        regular: Regular hours only, cut at each session's open and close too.
    """
    length = pieces.end - pieces.start
    pieces = pieces[(length <= seconds) & (seconds % np.maximum(length, 1) == 0)]
    row = session_rows(pieces.start, sessions)
    if regular:
        pieces, row = pieces[row >= 0], row[row >= 0]
    bucket = pieces.start - (pieces.start + zone_offsets(pieces.start, zone)) % seconds
    start, end = bucket, bucket + seconds
    if regular:
        start = np.maximum(start, sessions.open[row])
        end = np.minimum(end, sessions.close[row])
    return grouped(pieces, bucket, start, end)


def cut_days(
    pieces: Columns, sessions: SessionColumns, zone: ZoneInfo, *, regular: bool
) -> Columns:
    """Cut one bar per session, or per date of the exchange when not only regular hours count."""
    if not regular:
        return grouped(pieces, local_days(pieces.start, zone), pieces.start, pieces.end)
    row = session_rows(pieces.start, sessions)
    pieces, row = pieces[row >= 0], row[row >= 0]
    return grouped(pieces, row, sessions.open[row], sessions.close[row])


def cut_longer(days: Columns, size: BarSize, zone: ZoneInfo) -> Columns:
    """Cut weeks or months out of daily bars; a day stays as it is."""
    if size is BarSize.DAY:
        return days
    ordinals = local_days(days.end - 1, zone)
    if size is BarSize.WEEK:
        key = (ordinals - 1) // 7
    else:
        dates = [date.fromordinal(int(day)) for day in ordinals]
        key = np.array([day.year * 12 + day.month for day in dates], dtype=np.int64)
    return grouped(days, key, days.start, days.end)
