"""Bars of another source: fitted into sessions, and known no further than they show."""

import hashlib
from collections.abc import Iterator
from datetime import datetime

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.aggregation import fold
from sellcore.arrays import Floats, Seconds
from sellcore.bar import BarSeries
from sellcore.bar_columns import PRICES
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso, to_epoch
from sellcore.instrument import exchange_of
from sellcore.intake import HALF_HOUR
from sellcore.series import SeriesKey, StoredSeries
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays

_ID_BYTES = 6
"""Of a hash; the number stays below 2**53, which every reader of JSON can hold."""


@frozen(eq=False)
class ForeignBars:
    """
    Bars of one ticker as a file has them, oldest first, each time once.

    Attributes:
        ticker: ``EXCHANGE:SYMBOL``.
        source: The file, for complaints.
        seconds: How long a bar is; 0 for a day.
        stamp: Shape (n,), seconds since 1970 UTC: the bar's start; of days, midnight
            UTC of the exchange date.
        open: Shape (n,), prices above zero; high, low, close alike.
        volume: Shape (n,), shares as the source counts them, zero and more.
        line: Shape (n,), where each bar stands in the file.
    """

    ticker: str
    source: str
    seconds: int
    stamp: Seconds
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    line: NDArray[np.int64]

    @property
    def key(self) -> SeriesKey:
        """The series that they are stored as."""
        granularity = Granularity.HALF_HOUR if self.seconds else Granularity.DAY
        return SeriesKey(imported_id(self.ticker), granularity, self.ticker)


@frozen
class TakenOver:
    """
    What bars of another source come to.

    Attributes:
        key: The series.
        stored: Half hours or days, and where they are known.
        notes: What a person should know of them, one line each.
    """

    key: SeriesKey
    stored: StoredSeries
    notes: tuple[str, ...]


def imported_id(ticker: str) -> int:
    """
    Return the contract id of a ticker's imported bars: below zero, where no broker's is.

    What is held has the broker's id, so that no decision can ever find these bars.
    """
    digest = hashlib.sha256(ticker.encode()).digest()[:_ID_BYTES]
    return -1 - int.from_bytes(digest, "big")


def take_over(foreign: ForeignBars, sessions: TradingDays, now: datetime) -> TakenOver:
    """
    Return bars as they are stored: days, or half hours cut at each session's open and close.

    Within a session, what lies between its first bar and its last is known: where no
    bar is, nothing was traded. A session without any bar, and what lies before the first
    or behind the last of one, is not known. Of the last session of all, a half hour counts
    as known only when a bar reaches its end.

    Args:
        foreign: The bars.
        sessions: Of the ticker's exchange, around all of them.
        now: Bars that have not ended by then are left out.

    Raises:
        InvalidValue: no bar is left, or bars do not fit into half hours.
    """
    rows, at = _inside(foreign, sessions)
    fine = _fine_bars(foreign, rows, at, sessions)
    past = fine.end <= to_epoch(now)
    fine, at = fine.where(past), at[past]
    if not len(fine):
        exchange = exchange_of(foreign.ticker)
        raise InvalidValue(
            f"{foreign.source}: no bar of {foreign.ticker} lies in a past session of {exchange}, "
            f"the first is of {iso(from_epoch(int(foreign.stamp[0])))}; check exchange and zone"
        )
    bars = fine if foreign.seconds in (0, HALF_HOUR) else _half_hours(fine, sessions, at)
    stored = StoredSeries(bars, _coverage(fine, bars, sessions))
    notes = (
        *_left_out(foreign, len(rows), len(fine)),
        *_unbounded(fine),
        *_wanting(stored, sessions),
    )
    return TakenOver(foreign.key, stored, tuple(notes))


def _inside(foreign: ForeignBars, days: TradingDays) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return the rows that lie in sessions, and in which."""
    if not days:
        return np.empty(0, np.intp), np.empty(0, np.intp)
    if foreign.seconds == 0:
        at = np.minimum(np.searchsorted(days.midnights, foreign.stamp), len(days) - 1)
        inside = days.midnights[at] == foreign.stamp
    else:
        at = np.searchsorted(days.opens, foreign.stamp, side="right") - 1
        inside = (at >= 0) & (foreign.stamp < days.closes[at])
    rows = np.flatnonzero(inside)
    return rows, at[rows]


def _fine_bars(
    foreign: ForeignBars, rows: NDArray[np.intp], at: NDArray[np.intp], days: TradingDays
) -> BarSeries:
    """Return the bars of these rows, as long as the source has them."""
    values = [getattr(foreign, name)[rows] for name in (*PRICES, "volume")]
    if foreign.seconds == 0:
        return BarSeries(days.opens[at], days.closes[at], *values)
    start = foreign.stamp[rows]
    odd = np.flatnonzero((start % foreign.seconds != 0) & (start != days.opens[at]))
    if len(odd):
        line = int(foreign.line[rows[odd[0]]])
        raise InvalidValue(
            f"{foreign.source}: line {line}: a bar of {foreign.seconds // 60} minutes begins at "
            f"{iso(from_epoch(int(start[odd[0]])))}; say how long the bars are with --size"
        )
    end = (start // foreign.seconds + 1) * foreign.seconds
    return BarSeries(start, np.minimum(end, days.closes[at]), *values)


def _half_hours(fine: BarSeries, days: TradingDays, at: NDArray[np.intp]) -> BarSeries:
    """Fold finer bars, each of which lies in the session ``at``, into half hours."""
    bucket = fine.start // HALF_HOUR * HALF_HOUR
    first = np.flatnonzero(np.append(True, bucket[1:] != bucket[:-1]))
    starts = np.maximum(bucket[first], days.opens[at[first]])
    ends = np.minimum(bucket[first] + HALF_HOUR, days.closes[at[first]])
    return fold(fine, starts, ends)


def _coverage(fine: BarSeries, bars: BarSeries, days: TradingDays) -> Coverage:
    at = np.searchsorted(days.opens, bars.start, side="right") - 1
    first = np.flatnonzero(np.append(True, at[1:] != at[:-1]))
    last = np.append(first[1:], len(bars)) - 1
    starts, ends, session = bars.start[first].copy(), bars.end[last].copy(), at[first]
    if fine.end[-1] < ends[-1]:  # what the last half hour of all came to is not in the file
        ends[-1] = bars.start[-1]
    joined = (
        (session[1:] == session[:-1] + 1)
        & (starts[1:] == days.opens[session[1:]])
        & (ends[:-1] == days.closes[session[:-1]])
    )
    opens = starts[np.append(True, ~joined)]
    closes = ends[np.append(~joined, True)]
    return Coverage(tuple(zip(opens.tolist(), closes.tolist(), strict=True)))


def _left_out(foreign: ForeignBars, inside: int, past: int) -> Iterator[str]:
    if outside := len(foreign.stamp) - inside:
        yield f"{outside} of {len(foreign.stamp)} bars lie outside the sessions and are left out"
    if future := inside - past:
        yield f"{future} bars have not ended yet and are left out"


def _unbounded(bars: BarSeries) -> Iterator[str]:
    low = np.minimum(bars.open, bars.close) < bars.low
    high = np.maximum(bars.open, bars.close) > bars.high
    if count := int(np.count_nonzero(low | high)):
        yield f"{count} bars open or close beyond their own high or low; they are kept as they are"


def _wanting(stored: StoredSeries, days: TradingDays) -> Iterator[str]:
    """Say how many of the sessions between the first bar and the last are not known in whole."""
    bars = stored.bars
    first = int(np.searchsorted(days.opens, bars.start[0], side="right")) - 1
    last = int(np.searchsorted(days.opens, bars.start[-1], side="right"))
    opens, closes = days.opens[first:last], days.closes[first:last]
    low = np.searchsorted(bars.start, opens)
    high = np.searchsorted(bars.start, closes)
    empty = low == high
    lows, highs = np.array(stored.coverage.intervals, dtype=np.int64).reshape(-1, 2).T
    place = np.maximum(np.searchsorted(lows, opens, side="right") - 1, 0)
    whole = (lows[place] <= opens) & (closes <= highs[place]) if len(lows) else empty & ~empty
    if count := int(np.count_nonzero(empty)):
        day = days[first + int(np.flatnonzero(empty)[0])].day
        yield f"{count} of {len(opens)} sessions have no bar, the first of them on {day}"
    if count := int(np.count_nonzero(~whole & ~empty)):
        day = days[first + int(np.flatnonzero(~whole & ~empty)[0])].day
        yield f"{count} sessions begin late or end early, the first of them on {day}"
