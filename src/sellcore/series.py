"""What is stored of one instrument's bars at one granularity."""

from collections.abc import Sequence
from functools import cached_property

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from sellcore.aggregation import aggregate
from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS
from sellcore.coverage import Coverage
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays


@frozen(cache_hash=True)
class SeriesKey:
    """
    Names a stored series; equal by contract id and granularity, never by text.

    Attributes:
        con_id: The broker's contract id.
        granularity: Half hours or days.
        ticker: The label, ``EXCHANGE:SYMBOL``.
    """

    con_id: int
    granularity: Granularity
    ticker: str = field(eq=False)

    def __str__(self) -> str:
        return f"{self.ticker}:{self.granularity}"


@frozen
class StoredSeries:
    """
    Bars and the intervals they are known to be complete over.

    Attributes:
        bars: Oldest first; the last one may still be forming.
        coverage: Where the bars are final. A bar is closed when coverage holds its end.
    """

    bars: BarSeries
    coverage: Coverage
    _hours: "tuple[TradingDays, BarSeries] | None" = field(
        default=None, init=False, eq=False, repr=False
    )

    @cached_property
    def closed(self) -> BarSeries:
        """The closed bars: those that lie inside coverage."""
        return closed(self.bars, self.coverage)

    def hours(self, sessions: TradingDays) -> BarSeries:
        """
        Return the complete hours that these half hours make up; kept for the next call.

        Args:
            sessions: Of the instrument's exchange, around all bars.

        Raises:
            InvalidValue: as ``aggregate``.
        """
        if self._hours is None or self._hours[0] is not sessions:
            made = aggregate(self.bars, sessions, self.coverage)
            object.__setattr__(self, "_hours", (sessions, made))
            return made
        return self._hours[1]

    def with_forming(self, values: Sequence[float]) -> "StoredSeries":
        """
        Return the series, the last bar of which forms still, with that bar's new values.

        Args:
            values: Open, high, low, close and volume.
        """
        moved = StoredSeries(self.bars.with_last(values), self.coverage)
        if self.coverage.until is None or self.coverage.until < self.bars.end[-1]:
            # Neither the closed bars nor the complete hours have moved.
            object.__setattr__(moved, "closed", self.closed)
            object.__setattr__(moved, "_hours", self._hours)
        return moved


def closed(bars: BarSeries, coverage: Coverage) -> BarSeries:
    """Return the bars that lie inside ``coverage`` as a whole."""
    return bars.where(are_closed(bars, coverage))


def are_closed(bars: BarSeries, coverage: Coverage) -> NDArray[np.bool_]:
    """Say of each bar, shape (n,), whether it lies inside ``coverage`` as a whole."""
    if not coverage:
        return np.zeros(len(bars), dtype=np.bool_)
    if len(coverage.intervals) == 1:  # as nearly always
        low, high = coverage.intervals[0]
        return (bars.start >= low) & (bars.end <= high)
    lows, highs = np.array(coverage.intervals, dtype=np.int64).T
    at = lows.searchsorted(bars.start, side="right") - 1
    inside: NDArray[np.bool_] = (at >= 0) & (bars.end <= highs[at])
    return inside


@frozen
class SeriesUpdate:
    """
    A change to a stored series, as small as it can be.

    Attributes:
        key: The series.
        bars: New and revised bars; a stored bar of the same start is replaced.
        coverage: The whole coverage after the change.
        replaces_all: The stored bars are dropped first (fetched anew in whole).
    """

    key: SeriesKey
    bars: BarSeries
    coverage: Coverage
    replaces_all: bool = False


def apply(stored: StoredSeries | None, update: SeriesUpdate) -> StoredSeries:
    """Return what a store must hold after ``update``."""
    if stored is None or update.replaces_all:
        return StoredSeries(update.bars, update.coverage)
    return StoredSeries(upsert(stored.bars, update.bars), update.coverage)


def upsert(old: BarSeries, new: BarSeries) -> BarSeries:
    """Return the bars of both; where two start together, the new one stands."""
    if not len(old) or not len(new):
        return new if len(new) else old
    first = int(old.start.searchsorted(new.start[0]))
    replaced = old.start[first:]
    if np.array_equal(replaced, new.start[: len(replaced)]):  # the tail, as nearly always
        return old[:first].then(new)
    kept = old[~np.isin(old.start, new.start)]
    order = np.argsort(np.concatenate([kept.start, new.start]), kind="stable")
    return BarSeries(*(np.concatenate([getattr(kept, n), getattr(new, n)])[order] for n in COLUMNS))
