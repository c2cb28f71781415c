"""Bars: OHLCV over half-open intervals [start, end), in UTC."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso, to_epoch

if TYPE_CHECKING:
    from sellcore.charts.figure import Figure
    from sellcore.frames import DataFrame, Table
    from sellcore.rule import MovingAverageRule

Seconds = NDArray[np.int64]
"""Whole seconds since 1970-01-01 UTC."""

Floats = NDArray[np.float64]
"""Prices in the instrument's currency, or volumes in shares."""

PRICES = ("open", "high", "low", "close")
COLUMNS = ("start", "end", *PRICES, "volume")

_LATEST = to_epoch(datetime(9999, 1, 1, tzinfo=UTC))
"""Above it are no seconds since 1970, but parts of them."""


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
    given = np.asarray(values)
    if given.dtype.kind == "M":  # numpy's own times are in UTC, in parts of a second perhaps
        if np.isnat(given).any():
            raise InvalidValue("a bar's start or end is no time (NaT)")
        given = given.astype("datetime64[s]")
    elif given.dtype.kind == "O":
        raise InvalidValue(
            f"a bar's time {given.flat[0]!r} is no whole second since 1970 UTC; give numbers, or "
            "numpy's datetime64 in UTC"
        )
    array = np.array(given, dtype=np.int64)
    if given.dtype.kind == "f" and not np.array_equal(array, given):
        raise InvalidValue("a bar's start or end is not a whole second since 1970 UTC")
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
        start: Shape (n,), seconds since 1970 UTC; numpy's datetime64 is taken as well, in UTC.
        end: Alike, above start, at most the next start.
        open: Shape (n,), prices; high, low, close alike. A float64 carries the
            decimal that was quoted: the shortest decimal that reads back as it.
        volume: Shape (n,), shares as the source counts them.

    Raises:
        InvalidValue: shapes differ, times are no whole seconds, bars overlap or run
            backwards, or a price is not a finite number above zero.
    """

    start: Seconds = field(converter=_seconds)
    end: Seconds = field(converter=_seconds)
    open: Floats = field(converter=_floats)
    high: Floats = field(converter=_floats)
    low: Floats = field(converter=_floats)
    close: Floats = field(converter=_floats)
    volume: Floats = field(converter=_floats)

    def __attrs_post_init__(self) -> None:
        _check(tuple(getattr(self, name) for name in COLUMNS), firsts=())

    def __len__(self) -> int:
        return len(self.start)

    def __repr__(self) -> str:
        if not len(self):
            return "BarSeries(no bars)"
        first, last = (iso(from_epoch(int(each))) for each in (self.start[0], self.end[-1]))
        return f"BarSeries({len(self):,} bars, {first} to {last})"

    def __iter__(self) -> Iterator[Bar]:
        for row in zip(*(getattr(self, name).tolist() for name in COLUMNS), strict=True):
            yield Bar(from_epoch(row[0]), from_epoch(row[1]), *row[2:])

    def __getitem__(self, rows: slice | NDArray[np.bool_] | NDArray[np.intp]) -> "BarSeries":
        columns = [getattr(self, name)[rows] for name in COLUMNS]
        if isinstance(rows, slice) and (rows.step is None or rows.step > 0):
            return _unchecked(columns)  # a part of a valid series, in its order, is valid
        return BarSeries(*columns)

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
        """Return a series without bars; read-only as it is, one does for all."""
        return _EMPTY

    @classmethod
    def split(cls, columns: Sequence[Seconds | Floats], counts: Sequence[int]) -> list["BarSeries"]:
        """
        Cut columns that hold many series one after another into those series.

        All are checked at once and share the memory given, which is what makes
        reading a thousand stored series quick.

        Args:
            columns: The arrays of COLUMNS in that order, int64 and float64, each of
                shape (n,). The caller gives them away: they become read-only.
            counts: How many bars each series has, in turn; together n.

        Raises:
            InvalidValue: as for one series, or the counts do not add up to n.
        """
        if min(counts, default=0) < 0 or any(len(column) != sum(counts) for column in columns):
            raise InvalidValue(f"the counts of the series must add up to {len(columns[0])} bars")
        ends = np.cumsum(counts, dtype=np.int64).tolist()
        firsts = [0, *ends[:-1]] if ends else []
        _check(columns, firsts)
        for column in columns:
            column.flags.writeable = False
        return [
            _unchecked([column[first:end] for column in columns])
            for first, end in zip(firsts, ends, strict=True)
        ]

    def then(self, later: "BarSeries") -> "BarSeries":
        """
        Return these bars followed by later ones.

        Raises:
            InvalidValue: ``later`` begins before the last of these bars ends.
        """
        if not len(self) or not len(later):
            return later if len(later) else self
        if later.start[0] < self.end[-1]:
            raise InvalidValue("bars must be in order and apart, each ending after its start")
        columns = [np.concatenate([getattr(self, n), getattr(later, n)]) for n in COLUMNS]
        for column in columns:
            column.flags.writeable = False
        return _unchecked(columns)

    def where(self, wanted: NDArray[np.bool_]) -> "BarSeries":
        """Return the bars that are wanted, ``wanted`` of shape (n,); quick where they are a run."""
        rows = wanted.nonzero()[0]
        if not len(rows):
            return self[:0]
        first, end = int(rows[0]), int(rows[-1]) + 1
        return self[first:end] if end - first == len(rows) else self[rows]

    def with_last(self, values: Sequence[float]) -> "BarSeries":
        """
        Return these bars, the last one with other values: open, high, low, close, volume.

        Raises:
            InvalidValue: there is no bar, or a price is not a finite number above zero.
        """
        if not len(self) or not (min(values[:4]) > 0 and max(values[:4]) < np.inf):
            raise InvalidValue("a bar's prices must be finite numbers above zero")
        columns: list[Seconds | Floats] = [self.start, self.end]
        for name, value in zip(COLUMNS[2:], values, strict=True):
            column = getattr(self, name).copy()
            column[-1] = value
            column.flags.writeable = False
            columns.append(column)
        return _unchecked(columns)

    def same(self, other: "BarSeries") -> bool:
        """Say whether both hold the same bars, value for value."""
        return all(np.array_equal(getattr(self, n), getattr(other, n)) for n in COLUMNS)

    def until(self, end: int) -> "BarSeries":
        """Return the bars whose end is at most ``end`` (seconds since 1970 UTC)."""
        return self[: int(self.end.searchsorted(end, side="right"))]

    def begun_by(self, moment: int) -> "BarSeries":
        """Return the bars that start at ``moment`` (seconds since 1970 UTC) or before."""
        return self[: int(self.start.searchsorted(moment, side="right"))]

    def to_arrow(self) -> "Table":
        """
        Return the columns as an Arrow table, times in UTC.

        Raises:
            NotInstalled: pyarrow cannot be loaded.
        """
        from sellcore.frames import arrow_table, bar_columns

        return arrow_table(bar_columns(self))

    def to_pandas(self) -> "DataFrame":
        """
        Return the columns as a pandas data frame, each bar named by its end, times in UTC.

        Raises:
            NotInstalled: pandas cannot be loaded.
        """
        from sellcore.frames import bar_columns, data_frame

        return data_frame(bar_columns(self), index="end")

    def plot(self, rule: "MovingAverageRule | None" = None) -> "Figure":
        """
        Draw the closes, with the average of a rule where one is given.

        Raises:
            InvalidValue: there is no bar.
            NotInstalled: plotly cannot be loaded.
        """
        from sellcore.charts.figure import figure
        from sellcore.charts.series import closes

        return figure(closes(self, rule))


def _check(columns: Sequence[Seconds | Floats], firsts: Sequence[int]) -> None:
    """Hold ``columns`` to the promises of a series, or of those that begin at ``firsts``."""
    start, end, *prices = columns[: 2 + len(PRICES)]
    if start.ndim != 1 or any(column.shape != start.shape for column in columns):
        raise InvalidValue("the columns of a bar series must have one shape (n,)")
    if len(end) and end.max() > _LATEST:
        raise InvalidValue(
            f"a bar's end {int(end.max())} lies behind the year 9999; give seconds since 1970 UTC, "
            "not parts of them"
        )
    overlaps = start[1:] < end[:-1]
    if len(firsts) > 1 and len(overlaps):
        inner = np.array(firsts)
        overlaps[inner[(inner > 0) & (inner <= len(overlaps))] - 1] = False
    if (end <= start).any() or overlaps.any():
        raise InvalidValue("bars must be in order and apart, each ending after its start")
    for name, column in zip(PRICES, prices, strict=True):
        if len(column) and not (column.min() > 0 and column.max() < np.inf):  # nor NaN
            raise InvalidValue(f"a bar's {name} must be a finite number above zero")


def _unchecked(columns: Sequence[Seconds | Floats]) -> BarSeries:
    """Build a series from read-only columns that are known to be valid."""
    series = object.__new__(BarSeries)
    for name, column in zip(COLUMNS, columns, strict=True):
        object.__setattr__(series, name, column)
    return series


_EMPTY = BarSeries(*([()] * len(COLUMNS)))
