"""
Arrow columns to and from numpy arrays, by their buffers.

``pa.array`` and ``to_numpy`` would do, but where pandas is installed they import
it, which takes longer than reading the whole cache.
"""

from collections.abc import Mapping, Sequence

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from adapters.parquet.damage import Damaged
from sellcore.bar import Floats, Seconds


def table_of(columns: Mapping[str, pa.Array]) -> pa.Table:
    """Return a table of columns that have no nulls and are not allowed any."""
    fields = [pa.field(name, column.type, nullable=False) for name, column in columns.items()]
    return pa.table(list(columns.values()), schema=pa.schema(fields))


def numbers(values: NDArray[np.int32] | Seconds | Floats) -> pa.Array:
    """Return an array as a column; it must not change afterwards."""
    plain = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(plain.dtype)
    return pa.Array.from_buffers(kind, len(plain), [None, pa.py_buffer(plain)])


def labels(texts: Sequence[str], owner: NDArray[np.int32]) -> pa.Array:
    """
    Return a dictionary column whose row i reads ``texts[owner[i]]``.

    A lone surrogate, which is no text, is written out as an escape.
    """
    encoded = [text.encode("utf-8", "backslashreplace") for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    dictionary = pa.Array.from_buffers(pa.string(), len(encoded), buffers)
    return pa.DictionaryArray.from_arrays(numbers(owner), dictionary)


def array(table: pa.Table, column: str, dtype: str) -> Seconds | Floats:
    """
    Return a column without nulls as an array, shape (rows,), in the memory it was read to.

    Raises:
        Damaged: the column is not of that type, or has nulls.
    """
    pieces = table.column(column)
    values = pieces.chunk(0) if pieces.num_chunks == 1 else pieces.combine_chunks()
    if values.type != pa.from_numpy_dtype(np.dtype(dtype)) or values.null_count:
        raise Damaged(f"has a column {column!r} that is not plain {np.dtype(dtype).name}")
    if not len(values):
        return np.empty(0, dtype)
    skipped = values.offset * np.dtype(dtype).itemsize
    return np.frombuffer(values.buffers()[1], dtype, len(values), skipped)
