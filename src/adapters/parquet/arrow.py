"""
Everything that needs pyarrow: writing Parquet, and reading it as other tools do.

Columns go to and from numpy by their buffers. ``pa.array`` and ``to_numpy`` would
do, but where pandas is installed they import it, which takes longer than reading
the whole cache.
"""

import inspect
import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from adapters.parquet.damage import Damaged
from adapters.parquet.layout import SCHEMA_VERSION
from adapters.parquet.seal import BLANK, MARK, checksum, seal_position
from sellcore.arrays import Floats, Seconds

_UNKNOWN = 900_000_000_000_000
"""Stands for a column's offset, this plus its number, until the file is laid out."""

_ONE_PAGE = {"max_rows_per_page": 2**31 - 1, "data_page_size": 2**40}
"""So that a column's numbers lie in one piece."""

_Numbers = Mapping[str, Seconds | Floats]


def sealed_parquet(
    numbers: _Numbers, labels: Mapping[str, pa.Array], index: Mapping[str, object]
) -> bytearray:
    """
    Return the bytes of a sealed file.

    Args:
        numbers: Columns to lie plain in the file, all of one length.
        labels: Columns for those who look at the file with other tools.
        index: What is to be known of the file without parsing it, as JSON.
    """
    columns = {**labels, **{name: column_of(values) for name, values in numbers.items()}}
    fields = [pa.field(name, column.type, nullable=False) for name, column in columns.items()]
    table = pa.table(list(columns.values()), schema=pa.schema(fields))
    places = {name: _UNKNOWN + number for number, name in enumerate(numbers)}
    whole = {"schema_version": SCHEMA_VERSION, "rows": len(table), "columns": places, **index}
    content = _written(table, list(labels), json.dumps(whole, separators=(",", ":")))
    offsets = _offsets(content, numbers)
    at = seal_position(content)
    for name, place in places.items():
        start = content.index(b"%d" % place, at)
        digits = b"%15d" % offsets[name] if name in offsets else b"null".rjust(15)
        content[start : start + 15] = digits
    content[at : at + len(BLANK)] = checksum(content, at)
    return content


def column_of(values: NDArray[np.int32] | Seconds | Floats) -> pa.Array:
    """Return an array as a column; it must not change afterwards."""
    plain = np.ascontiguousarray(values)
    kind = pa.from_numpy_dtype(plain.dtype)
    return pa.Array.from_buffers(kind, len(plain), [None, pa.py_buffer(plain)])


def labels_of(
    con_ids: Sequence[int], tickers: Sequence[str], counts: Sequence[int]
) -> dict[str, pa.Array]:
    """
    Return the columns ``con_id`` and ``ticker`` of series with ``counts`` rows each, in turn.

    A lone surrogate in a ticker, which is no text, is written out as an escape.
    """
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    return {
        "con_id": column_of(np.array(con_ids, dtype=np.int64)[owner]),
        "ticker": coded_texts(tickers, owner),
    }


def coded_texts(texts: Sequence[str], codes: NDArray[np.int32]) -> pa.Array:
    """Return a dictionary column: row i reads ``texts[codes[i]]``; surrogates are escaped."""
    encoded = [text.encode("utf-8", "backslashreplace") for text in texts]
    ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))]
    values = pa.Array.from_buffers(pa.string(), len(encoded), buffers)
    return pa.DictionaryArray.from_arrays(column_of(codes), values)


def same(column: pa.ChunkedArray, values: pa.Array) -> bool:
    """Say whether two columns read alike, whether they hold texts as a dictionary or not."""
    plain = pa.string() if pa.types.is_dictionary(values.type) else values.type
    return bool(column.cast(plain).equals(pa.chunked_array([values]).cast(plain)))


def read_table(content: bytes | bytearray, columns: Sequence[str]) -> pa.Table:
    """
    Read a file as any Parquet reader does.

    Raises:
        Damaged: it is none, or lacks a column.
    """
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        # Threads gain little here, and one that lets go of our bytes while the process
        # ends aborts it ("terminate called without an active exception").
        return file.read(columns=list(columns), use_threads=False)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise Damaged(f"cannot be read as Parquet ({type(error).__name__})") from error


def read_numbers(content: bytes | bytearray, columns: Mapping[str, str]) -> dict[str, Any]:
    """
    Read columns without nulls as arrays, shape (rows,).

    Raises:
        Damaged: a column is not there, not of that type, or has nulls.
    """
    table = read_table(content, list(columns))
    return {name: _array(table.column(name), np.dtype(dtype)) for name, dtype in columns.items()}


def read_version(content: bytes | bytearray) -> int | None:
    """Return the schema version in the footer, or None where there is none to be found."""
    try:
        texts = pq.read_metadata(pa.BufferReader(content)).metadata or {}
    except (pa.ArrowException, OSError, ValueError):
        return None
    written = texts.get(b"schema_version", b"")
    return int(written) if written.isdigit() else None


def _written(table: pa.Table, labels: Sequence[str], index: str) -> bytearray:
    footer = {"schema_version": str(SCHEMA_VERSION), "seal": MARK + BLANK.decode() + index}
    known = inspect.signature(pq.write_table).parameters
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(footer),
        sink,
        row_group_size=max(1, len(table)),
        use_dictionary=list(labels),
        compression="none",  # prices hardly shrink, and reading is what has to be quick
        write_statistics=False,
        **{name: value for name, value in _ONE_PAGE.items() if name in known},
    )
    return bytearray(sink.getvalue())


def _offsets(content: bytearray, numbers: _Numbers) -> dict[str, int]:
    """Return where each column lies in one plain piece, proven by reading it there."""
    group = pq.read_metadata(pa.BufferReader(content)).row_group(0)
    chunks = {group.column(i).path_in_schema: group.column(i) for i in range(group.num_columns)}
    offsets = {}
    for name, values in numbers.items():
        end = chunks[name].data_page_offset + chunks[name].total_compressed_size
        start = end - values.nbytes
        if content[start:end] == values.tobytes():
            offsets[name] = start
    return offsets


def _array(column: pa.ChunkedArray, dtype: np.dtype[Any]) -> Seconds | Floats:
    if column.type != pa.from_numpy_dtype(dtype) or column.null_count:
        raise Damaged(f"has a column that is not plain {dtype.name}")
    values = column.combine_chunks()
    if not len(values):
        return np.empty(0, dtype)
    return np.frombuffer(values.buffers()[1], dtype, len(values), values.offset * dtype.itemsize)
