"""Bars: OHLCV over half-open intervals [start, end), in UTC."""

from collections.abc import Iterable, Iterator
from datetime import datetime

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, to_epoch

Seconds = NDArray[np.int64]
"""Whole seconds since 1970-01-01 UTC."""

Floats = NDArray[np.float64]
"""Prices in the instrument's currency, or volumes in shares."""

PRICES = ("open", "high", "low", "close")
COLUMNS = ("start", "end", *PRICES, "volume")


@frozen
class Bar:
    """
    One bar.

    Attributes:
        start: First instant, UTC.
        end: First instant after it, UTC; a bar is named by its end.
        open: First price, in the instrument's currency; high, low, close alike.
        volume: Shares traded, as the source counts them.
    """

    start: datetime
    end: datetime
    open: float
    high: float
    low: float
    close: float
    volume: float = 0.0


def _seconds(values: object) -> Seconds:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _floats(values: object) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


@frozen(eq=False)
class BarSeries:
    """
    Bars of one instrument, oldest first, apart from each other, read-only.

    Attributes:
        start: Shape (n,), seconds since 1970 UTC.
        end: Shape (n,), seconds since 1970 UTC, above start, at most the next start.
        open: Shape (n,), prices; high, low, close alike. A float64 carries the
            decimal that was quoted: the shortest decimal that reads back as it.
        volume: Shape (n,), shares as the source counts them.

    Raises:
        InvalidValue: shapes differ, bars overlap or run backwards, or a price
            is not a finite number above zero.
    """

    start: Seconds = field(converter=_seconds)
    end: Seconds = field(converter=_seconds)
    open: Floats = field(converter=_floats)
    high: Floats = field(converter=_floats)
    low: Floats = field(converter=_floats)
    close: Floats = field(converter=_floats)
    volume: Floats = field(converter=_floats)

    def __attrs_post_init__(self) -> None:
        shape = self.start.shape
        if len(shape) != 1 or any(getattr(self, name).shape != shape for name in COLUMNS):
            raise InvalidValue("the columns of a bar series must have one shape (n,)")
        if np.any(self.end <= self.start) or np.any(self.start[1:] < self.end[:-1]):
            raise InvalidValue("bars must be in order and apart, each ending after its start")
        for name in PRICES:
            column = getattr(self, name)
            if not np.all(np.isfinite(column) & (column > 0)):
                raise InvalidValue(f"a bar's {name} must be a finite number above zero")

    def __len__(self) -> int:
        return len(self.start)

    def __iter__(self) -> Iterator[Bar]:
        for row in zip(*(getattr(self, name).tolist() for name in COLUMNS), strict=True):
            yield Bar(from_epoch(row[0]), from_epoch(row[1]), *row[2:])

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "BarSeries":
        return BarSeries(*(getattr(self, name)[rows] for name in COLUMNS))

    @classmethod
    def of(cls, bars: Iterable[Bar]) -> "BarSeries":
        """Build a series from single bars, oldest first."""
        rows = [
            (to_epoch(b.start), to_epoch(b.end), b.open, b.high, b.low, b.close, b.volume)
            for b in bars
        ]
        columns = zip(*rows, strict=True) if rows else [()] * len(COLUMNS)
        return cls(*columns)

    @classmethod
    def empty(cls) -> "BarSeries":
        """Return a series without bars."""
        return cls(*([()] * len(COLUMNS)))

    def same(self, other: "BarSeries") -> bool:
        """Say whether both hold the same bars, value for value."""
        return all(np.array_equal(getattr(self, n), getattr(other, n)) for n in COLUMNS)

    def until(self, end: int) -> "BarSeries":
        """Return the bars whose end is at most ``end`` (seconds since 1970 UTC)."""
        return self[: int(np.searchsorted(self.end, end, side="right"))]
