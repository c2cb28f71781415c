"""Bars: OHLCV over half-open intervals [start, end), in UTC."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from sellcore.arrays import Floats, Seconds
from sellcore.bar_columns import COLUMNS, IN_ORDER, check_columns, floats_of, seconds_of
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso, to_epoch

if TYPE_CHECKING:
    from sellcore.charts.figure import Figure
    from sellcore.frames import Columns, DataFrame, Table
    from sellcore.rule import MovingAverageRule


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


@frozen(eq=False)
class BarSeries:
    """
    Bars of one instrument, oldest first, apart from each other, read-only.

    Attributes:
        start: Shape (n,), seconds since 1970 UTC; taken as well are numpy's datetime64, in UTC,
            and times that name their zone.
        end: Alike, above start, at most the next start.
        open: Shape (n,), prices; high, low, close alike. A float64 carries the
            decimal that was quoted: the shortest decimal that reads back as it.
        volume: Shape (n,), shares as the source counts them.

    Raises:
        InvalidValue: shapes differ, times are no whole seconds, bars overlap or run
            backwards, or a price is not a finite number above zero.
    """

    start: Seconds = field(converter=seconds_of)
    end: Seconds = field(converter=seconds_of)
    open: Floats = field(converter=floats_of)
    high: Floats = field(converter=floats_of)
    low: Floats = field(converter=floats_of)
    close: Floats = field(converter=floats_of)
    volume: Floats = field(converter=floats_of)

    def __attrs_post_init__(self) -> None:
        check_columns(tuple(getattr(self, name) for name in COLUMNS), firsts=())

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
        check_columns(columns, firsts)
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
            raise InvalidValue(IN_ORDER)
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
        from sellcore.frames import arrow_table

        return arrow_table(self._as_columns())

    def to_pandas(self) -> "DataFrame":
        """
        Return the columns as a pandas data frame, each bar named by its end, times in UTC.

        Raises:
            NotInstalled: pandas cannot be loaded.
        """
        from sellcore.frames import data_frame

        return data_frame(self._as_columns(), index="end")

    def _as_columns(self) -> "Columns":
        """Return the columns, with times as tables know them."""
        from sellcore.frames import times

        plain = {name: getattr(self, name) for name in COLUMNS}
        return {**plain, "start": times(self.start), "end": times(self.end)}

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


def _unchecked(columns: Sequence[Seconds | Floats]) -> BarSeries:
    """Build a series from read-only columns that are known to be valid."""
    series = object.__new__(BarSeries)
    for name, column in zip(COLUMNS, columns, strict=True):
        object.__setattr__(series, name, column)
    return series


_EMPTY = BarSeries(*([()] * len(COLUMNS)))
