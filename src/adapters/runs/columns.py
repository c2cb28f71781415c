"""
Columns of ledgers, made from their buffers.

``pa.array`` would do, but where pandas is installed it imports that, which takes
longer than writing all ledgers.
"""

from collections.abc import Iterable, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import ArrayLike, NDArray

INSTANT = pa.timestamp("ms", tz="UTC")
"""Parquet has no whole seconds."""


def instants(seconds: ArrayLike) -> pa.Array:
    """Return a column of instants, given in seconds since 1970 UTC."""
    return _plain(np.asarray(seconds, dtype=np.int64) * 1_000, INSTANT)


def whole_days(numbers: ArrayLike) -> pa.Array:
    """Return a column of dates, given in days since 1970."""
    days = np.ascontiguousarray(np.asarray(numbers, dtype=np.int32))
    return pa.Array.from_buffers(pa.date32(), len(days), [None, pa.py_buffer(days)])


def counts(values: ArrayLike) -> pa.Array:
    """Return a column of whole numbers."""
    return _plain(np.asarray(values, dtype=np.int64), pa.int64())


def numbers(values: Iterable[float | None] | NDArray[np.float64]) -> pa.Array:
    """Return a column of floats, null where there is None or NaN."""
    if not isinstance(values, np.ndarray):
        values = np.array([np.nan if each is None else each for each in values], dtype=np.float64)
    missing = np.isnan(values)
    bits = pa.py_buffer(np.packbits(~missing, bitorder="little")) if missing.any() else None
    plain = np.ascontiguousarray(values)
    return pa.Array.from_buffers(pa.float64(), len(plain), [bits, pa.py_buffer(plain)])


def flags(values: NDArray[np.bool_]) -> pa.Array:
    """Return a column of yes and no."""
    bits = pa.py_buffer(np.packbits(values, bitorder="little"))
    return pa.Array.from_buffers(pa.bool_(), len(values), [None, bits])


def texts(values: Sequence[str]) -> pa.Array:
    """Return a column of texts; a lone surrogate, which is no text, is escaped."""
    encoded = [value.encode("utf-8", "backslashreplace") for value in values]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int64)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    return pa.Array.from_buffers(pa.large_string(), len(encoded), buffers).cast(pa.string())


def repeated(values: Sequence[str], times: Sequence[int]) -> pa.Array:
    """Return a column that reads each of some texts so many times, one after the other."""
    return texts(values).take(_plain(np.repeat(np.arange(len(values)), times), pa.int64()))


def parquet(columns: dict[str, pa.Array]) -> bytes:
    """Return columns as a Parquet file: the same columns, the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(list(columns.values()), names=list(columns)), sink)
    return bytes(sink.getvalue())


def _plain(values: NDArray[np.int64], kind: pa.DataType) -> pa.Array:
    whole = np.ascontiguousarray(values)
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(whole)])
