"""Hourly bars from half-hour bars, cut where Interactive Brokers cuts its own."""

from collections.abc import Sequence
from functools import cache, lru_cache
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from sellcore.arrays import Seconds
from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso, to_epoch
from sellcore.session import Session

_HOUR = 3600
_NEVER = np.iinfo(np.int64).max

Rows = NDArray[np.intp]
"""Row numbers of a bar series."""


def aggregate(
    half_hours: BarSeries, sessions: Sequence[Session], coverage: Coverage | None = None
) -> BarSeries:
    """
    Return the complete 1H bars that half-hour bars of regular hours make up.

    A bar stands for one of ``hour_buckets``, from its first instant to its last:
    open of the first half hour, high and low of all, close of the last, volumes
    added. An hour without a trade has no bar. Half hours outside every session
    are left out; so is what a bar's nominal end reaches beyond a close.

    Args:
        half_hours: Shape (n,), regular hours only, prices in the instrument's currency.
        sessions: Of the instrument's exchange, in order; hours of other days are not built.
        coverage: Where the half hours are final; an hour comes out once all of
            it is covered. None takes the history as complete up to the end of
            the last bar, and every bar as closed.

    Returns:
        Shape (m,), oldest first. Later half hours never change an hour that was
        returned before.

    Raises:
        InvalidValue: a bar spans the edge of two hours, so that its trades belong to
            no single one (daily bars, for instance); or as ``hour_buckets``.

    Source:
        Recorded hourly bars of the broker: design, section 3.
    """
    starts, ends = _near(half_hours, *hour_buckets(sessions))
    low, high = _rows_of(half_hours, starts, ends)
    traded = low < high
    if coverage is None:
        complete = ends <= (half_hours.end[-1] if len(half_hours) else -_NEVER)
    else:
        complete = _covered(starts, ends, coverage)
    hours = (traded & complete).nonzero()[0]
    if not len(hours):
        return BarSeries.empty()
    return _fold(half_hours, low[hours], high[hours], starts[hours], ends[hours])


def fold(bars: BarSeries, starts: Seconds, ends: Seconds) -> BarSeries:
    """
    Return one bar for each interval: first open, highest, lowest, last close, volumes added.

    Args:
        bars: Shape (n,).
        starts: Shape (m,), seconds since 1970 UTC, in order and apart; each interval holds a bar.
        ends: Shape (m,), the instants at which they end.

    Raises:
        InvalidValue: a bar spans the edge of two of them.
    """
    low, high = _rows_of(bars, starts, ends)
    return _fold(bars, low, high, starts, ends)


def hour_buckets(sessions: Sequence[Session]) -> tuple[Seconds, Seconds]:
    """
    Return the first instants of all hours of ``sessions``, and the instants they end.

    Clock hours of the exchange's zone, cut at the session's open and close: New
    York has 09:30-10:00, 10:00-11:00 ... 15:00-16:00. Zones half an hour off UTC
    are cut at their own full hours.

    Returns:
        Two arrays of shape (n,), seconds since 1970 UTC, read-only.

    Raises:
        InvalidValue: the sessions overlap or are out of order, or a zone is unknown.
    """
    # A tuple is handed on as it is: trading days know their own hash.
    return _buckets(sessions if isinstance(sessions, tuple) else tuple(sessions))


@lru_cache(maxsize=256)
def _buckets(sessions: tuple[Session, ...]) -> tuple[Seconds, Seconds]:
    starts: list[int] = []
    ends: list[int] = []
    for session in sessions:
        edges = _edges(session)
        if ends and edges[0] < ends[-1]:
            raise InvalidValue(
                f"the session of {session.day} opens before the one before it has closed; "
                "sessions must be in order and apart"
            )
        starts += edges[:-1]
        ends += edges[1:]
    return _read_only(starts), _read_only(ends)


@lru_cache(maxsize=4096)
def _edges(session: Session) -> tuple[int, ...]:
    zone = _zone(session.zone)
    close = to_epoch(session.close)
    edges = [to_epoch(session.open)]
    while (following := _next_full_hour(edges[-1], zone)) < close:
        edges.append(following)
    return (*edges, close)


def _next_full_hour(instant: int, zone: ZoneInfo) -> int:
    """Return the next instant at which the zone's clocks show a full hour."""
    shown = from_epoch(instant).astimezone(zone)
    return instant + _HOUR - (shown.minute * 60 + shown.second)


@cache
def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise InvalidValue(
            f"time zone {name!r} is not known here, expected an IANA name such as "
            "America/New_York; if it is one, install the tzdata package"
        ) from None


def _read_only(instants: list[int]) -> Seconds:
    array = np.array(instants, dtype=np.int64)
    array.flags.writeable = False
    return array


def _near(bars: BarSeries, starts: Seconds, ends: Seconds) -> tuple[Seconds, Seconds]:
    """Leave out the hours before the first bar and after the last: years of sessions, often."""
    if not len(bars):
        return starts[:0], ends[:0]
    first = int(ends.searchsorted(bars.start[0], side="right"))
    last = int(starts.searchsorted(bars.end[-1], side="left"))
    return starts[first:last], ends[first:last]


def _rows_of(bars: BarSeries, starts: Seconds, ends: Seconds) -> tuple[Rows, Rows]:
    """Return the first row of each hour, and the row after its last; equal for no row."""
    low = bars.end.searchsorted(starts, side="right")
    high = bars.start.searchsorted(ends, side="left")
    shared = np.flatnonzero(low[1:] < high[:-1])
    if len(shared):
        row, hour = int(low[shared[0] + 1]), int(starts[shared[0] + 1])
        raise InvalidValue(
            f"the bar from {iso(from_epoch(bars.start[row]))} to {iso(from_epoch(bars.end[row]))} "
            f"spans the edge of an hour at {iso(from_epoch(hour))}; "
            "hours are built from 30-minute bars of regular hours"
        )
    return low, high


def _covered(starts: Seconds, ends: Seconds, coverage: Coverage) -> NDArray[np.bool_]:
    """Say for each [start, end) whether one interval of the coverage holds it whole."""
    known = np.array([(-_NEVER, -_NEVER), *coverage.intervals], dtype=np.int64)
    interval = known[:, 0].searchsorted(starts, side="right") - 1
    until: Seconds = known[interval, 1]
    return ends <= until


def _fold(bars: BarSeries, low: Rows, high: Rows, starts: Seconds, ends: Seconds) -> BarSeries:
    """Fold rows [low, high) of ``bars`` into one bar each; every range holds a row."""
    edges = np.column_stack([low, high]).ravel()
    if edges[-1] == len(bars):  # reduceat runs to the end by itself, and knows no row past it
        edges = edges[:-1]
    return BarSeries(
        starts,
        ends,
        bars.open[low],
        np.maximum.reduceat(bars.high, edges)[::2],
        np.minimum.reduceat(bars.low, edges)[::2],
        bars.close[high - 1],
        np.add.reduceat(bars.volume, edges)[::2],
    )
