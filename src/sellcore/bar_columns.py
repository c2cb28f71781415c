"""The columns of bars: read from what people give, and held to what a series promises."""

from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from sellcore.arrays import Floats, Seconds
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso, to_epoch

PRICES = ("open", "high", "low", "close")
COLUMNS = ("start", "end", *PRICES, "volume")

IN_ORDER = "bars must be in order and apart, each ending after its start"
"""What is told of bars that are not."""

_EARLIEST = to_epoch(datetime(1, 1, 1, tzinfo=UTC))
_LATEST = to_epoch(datetime(9999, 1, 1, tzinfo=UTC))
"""Above it are no seconds since 1970, but parts of them."""


def seconds_of(values: object) -> Seconds:
    """Return times as whole seconds since 1970 UTC, read-only."""
    given = np.asarray(values)
    if given.dtype.kind == "M":  # numpy's own times are in UTC, in parts of a second perhaps
        if np.isnat(given).any():
            raise InvalidValue("a bar's start or end is no time (NaT)")
        given = given.astype("datetime64[s]")
    elif given.dtype.kind not in "iuf":
        given = np.array([_second(value) for value in given.ravel()]).reshape(given.shape)
    array = np.array(given, dtype=np.int64)
    if given.dtype.kind == "f" and not np.array_equal(array, given):
        raise InvalidValue("a bar's start or end is not a whole second since 1970 UTC")
    array.flags.writeable = False
    return array


def _second(value: object) -> float:
    """Return what a single time stands for, which must say of itself where it lies."""
    if isinstance(value, datetime):
        if value.tzinfo is None:
            raise InvalidValue(f"a bar's time {value!r} names no zone; give one in UTC")
        return value.timestamp()
    raise InvalidValue(
        f"a bar's time {str(value)!r} is no whole second since 1970 UTC; give numbers, or times "
        "that name their zone"
    )


def floats_of(values: object) -> Floats:
    """Return prices or volumes as floats, read-only."""
    try:
        array = np.array(values, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidValue(f"a bar's prices and its volume must be numbers: {error}") from None
    array.flags.writeable = False
    return array


def check_columns(columns: Sequence[Seconds | Floats], firsts: Sequence[int]) -> None:
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
        wrong = end <= start
        wrong[1:] |= overlaps
        row = int(np.argmax(wrong))
        begins, ends = (_told(int(each[row])) for each in (start, end))
        before = f", bar {row - 1} ends at {_told(int(end[row - 1]))}" if row else ""
        raise InvalidValue(f"{IN_ORDER}; bar {row} begins at {begins} and ends at {ends}{before}")
    for name, column in zip(PRICES, prices, strict=True):
        if len(column) and not (column.min() > 0 and column.max() < np.inf):  # nor NaN
            row = int(np.argmin((column > 0) & (column < np.inf)))
            raise InvalidValue(
                f"a bar's {name} must be a finite number above zero; bar {row} has {column[row]:g}"
            )


def _told(seconds: int) -> str:
    """Return a time in words, and a number that is none as it is."""
    return iso(from_epoch(seconds)) if _EARLIEST <= seconds < _LATEST else str(seconds)
