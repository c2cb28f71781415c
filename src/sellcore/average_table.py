"""Computed averages of one timeframe, a row per series and bar, as they are kept on disk."""

from collections.abc import Iterable, Mapping

import numpy as np
from attrs import field, frozen

from sellcore.arrays import Floats, Seconds
from sellcore.errors import InvalidValue
from sellcore.rule import LENGTHS, AverageKind, AverageName

AVERAGES: tuple[AverageName, ...] = tuple((kind, n) for kind in AverageKind for n in LENGTHS)
"""Every average there is, in the order of the columns: SMA(5) to SMA(200), then EMA."""


def _seconds(values: object) -> Seconds:
    array = np.array(values, dtype=np.int64)
    array.flags.writeable = False
    return array


def _floats(values: object) -> Floats:
    array = np.array(values, dtype=np.float64)
    array.flags.writeable = False
    return array


def _labels(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


def _columns(values: Mapping[AverageName, object]) -> Mapping[AverageName, Floats]:
    if set(values) != set(AVERAGES):
        raise InvalidValue(f"a table of averages has {len(AVERAGES)} of them, not {len(values)}")
    return {name: _floats(values[name]) for name in AVERAGES}


@frozen(eq=False)
class AverageTable:
    """
    Averages, one row per series and bar, read-only.

    Attributes:
        con_id: Shape (n,), the broker's contract ids.
        ticker: n labels, ``EXCHANGE:SYMBOL``.
        end: Shape (n,), end of the row's bar, seconds since 1970 UTC.
        close: Shape (n,), that bar's close, in the instrument's currency.
        averages: For each of AVERAGES shape (n,), same currency; NaN where there
            are too few bars.

    Raises:
        InvalidValue: an average is missing, or the columns differ in length.
    """

    con_id: Seconds = field(converter=_seconds)
    ticker: tuple[str, ...] = field(converter=_labels)
    end: Seconds = field(converter=_seconds)
    close: Floats = field(converter=_floats)
    averages: Mapping[AverageName, Floats] = field(converter=_columns)

    def __attrs_post_init__(self) -> None:
        columns = [self.con_id, self.end, self.close, *self.averages.values()]
        if any(column.shape != (len(self.ticker),) for column in columns):
            raise InvalidValue("the columns of a table of averages must have one shape (n,)")

    def __len__(self) -> int:
        return len(self.ticker)

    @classmethod
    def empty(cls) -> "AverageTable":
        """Return a table without rows."""
        return cls((), (), (), (), dict.fromkeys(AVERAGES, ()))

    def same(self, other: "AverageTable") -> bool:
        """Say whether both hold the same rows, NaN where the other has NaN."""
        return self.ticker == other.ticker and all(
            np.array_equal(ours, theirs, equal_nan=ours.dtype.kind == "f")
            for ours, theirs in zip(_numbers(self), _numbers(other), strict=True)
        )


def _numbers(table: AverageTable) -> Iterable[Seconds | Floats]:
    return (table.con_id, table.end, table.close, *table.averages.values())
