"""
One Parquet file of a dataset: which tickers it has, and the rows of some of them.

It is read a batch at a time, and only the row groups that may hold what is asked
for, so that a file can be larger than memory.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TypeVar

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.fs as pafs
import pyarrow.parquet as pq
from attrs import frozen
from numpy.typing import NDArray

from sellcore.arrays import Floats, Seconds
from sellcore.errors import StorageError

LABELS = ("ticker", "symbol")
STAMPS = ("ts", "timestamp", "datetime", "date", "time")
NUMBERS = ("open", "high", "low", "close", "volume")

_BATCH = 65_536
_DAY = 86_400
_NEARLY_A_DAY = 64_800

_Scalar = TypeVar("_Scalar", np.int32, np.int64, np.float64)


@frozen
class Place:
    """
    A file of a dataset.

    Attributes:
        system: Where it is.
        path: Its name there.
        label: Whose bars it has where no column says so.
    """

    system: pafs.FileSystem
    path: str
    label: str


@frozen(eq=False)
class Piece:
    """
    Rows of one ticker as a file has them, not checked yet.

    Attributes:
        path: The file.
        ticker: Whose rows.
        start: Shape (n,), seconds since 1970 UTC.
        numbers: Shape (5, n): open, high, low, close, volume; NaN where nothing stands.
    """

    path: str
    ticker: str
    start: Seconds
    numbers: Floats


def are_days(start: Seconds) -> bool:
    """Say whether stamps, ascending, are of days: midnights, or a day apart for the most part."""
    if not np.any(start % _DAY):
        return True
    return len(start) > 1 and float(np.median(np.diff(start))) >= _NEARLY_A_DAY


def read_tickers(place: Place) -> Sequence[str]:
    """
    Return every ticker that a file has rows of.

    Raises:
        StorageError: the file cannot be read, or lacks a column.
    """
    with _opened(place) as file:
        column = _columns(place, file)["ticker"]
        if column is None:
            return (place.label,) if file.metadata.num_rows else ()
        found: set[str] = set()
        for batch in file.iter_batches(_BATCH, columns=[column], use_threads=False):
            texts, codes = _labels(place, batch.column(0))
            found.update(texts[code] for code in np.unique(codes))
        return sorted(found)


def read_pieces(place: Place, tickers: Sequence[str]) -> Iterator[Piece]:
    """
    Yield the rows of some tickers, in the order they stand in the file.

    Raises:
        StorageError: the file cannot be read, or has columns that are no bars.
    """
    parts: dict[str, list[tuple[Seconds, Floats]]] = {ticker: [] for ticker in tickers}
    with _opened(place) as file:
        columns = _columns(place, file)
        label = columns["ticker"]
        leaf = _leaf(file, label)
        groups = [n for n in range(file.num_row_groups) if _may_hold(file, n, leaf, tickers)]
        names = [name for name in columns.values() if name is not None]
        for batch in file.iter_batches(_BATCH, groups, names, use_threads=False):
            stamps = _stamps(place, batch.column(columns["ts"]))
            numbers = np.stack(
                [_numbers(place, name, batch.column(columns[name])) for name in NUMBERS]
            )
            owners = None if label is None else _labels(place, batch.column(label))
            for ticker, rows in _rows(owners, place.label, len(stamps)):
                if ticker in parts:
                    parts[ticker].append((stamps[rows], numbers[:, rows]))
    for ticker, own in parts.items():
        if own:
            starts, values = zip(*own, strict=True)
            yield Piece(place.path, ticker, np.concatenate(starts), np.concatenate(values, axis=1))


@contextmanager
def _opened(place: Place) -> Iterator[pq.ParquetFile]:
    try:
        with place.system.open_input_file(place.path) as stream:
            schema = pq.read_schema(stream)
            coded = [name for name in schema.names if name.lower() in LABELS]
            yield pq.ParquetFile(stream, read_dictionary=coded)
    except (OSError, pa.ArrowException) as error:
        first = (str(error).splitlines() or [type(error).__name__])[0]
        raise StorageError(f"{place.path}: not a readable Parquet file: {first}") from None


def _columns(place: Place, file: pq.ParquetFile) -> Mapping[str, str | None]:
    """Return what each column is called in the file; ``ticker`` may be None."""
    names: dict[str, str] = {}
    for name in file.schema_arrow.names:
        plain = name.lower()
        if plain in names and plain in (*NUMBERS, *STAMPS, *LABELS):
            raise StorageError(
                f"{place.path}: each of {names[plain]!r}, {name!r} may be {plain!r}; leave one out"
            )
        names.setdefault(plain, name)
    found: dict[str, str | None] = {name: names.get(name) for name in NUMBERS}
    found["ts"] = next((names[name] for name in STAMPS if name in names), None)
    missing = next((name for name, column in found.items() if column is None), None)
    if missing is not None:
        raise StorageError(
            f"{place.path}: no column {missing!r}; expected ticker or symbol, ts, "
            f"{', '.join(NUMBERS)}"
        )
    return found | {"ticker": next((names[name] for name in LABELS if name in names), None)}


def _leaf(file: pq.ParquetFile, label: str | None) -> int | None:
    """Return where statistics of a column stand: a nested column before it counts as several."""
    paths = [file.schema.column(leaf).path for leaf in range(len(file.schema))]
    return None if label is None else paths.index(label)


def _may_hold(file: pq.ParquetFile, group: int, leaf: int | None, tickers: Sequence[str]) -> bool:
    """Say whether a row group may hold one of the tickers, by the statistics of their column."""
    if leaf is None:
        return True
    known = file.metadata.row_group(group).column(leaf).statistics
    if known is None or not known.has_min_max or not isinstance(known.min, str):
        return True
    return any(known.min <= ticker <= known.max for ticker in tickers)


def _labels(place: Place, column: pa.Array) -> tuple[Sequence[str], NDArray[np.int32]]:
    """Return the texts that a column of labels has, and the number of each row's."""
    coded = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    texts = coded.dictionary
    if pa.types.is_binary(texts.type) or pa.types.is_large_binary(texts.type):
        texts = texts.cast(pa.string())  # text that its writer did not mark as such
    if column.null_count:
        raise StorageError(f"{place.path}: a row has no ticker; say whose bar it is")
    codes = coded.indices.cast(pa.int32())
    return [str(text) for text in texts.to_pylist()], _plain(codes, np.int32)


def _rows(
    owners: tuple[Sequence[str], NDArray[np.int32]] | None, label: str, count: int
) -> Iterator[tuple[str, NDArray[np.intp] | slice]]:
    """Yield each ticker of a batch, and its rows."""
    if owners is None:
        yield label, slice(0, count)
        return
    texts, codes = owners
    order = np.argsort(codes, kind="stable")
    firsts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    for rows in np.split(order, firsts[1:]) if count else ():
        yield texts[codes[rows[0]]], rows


def _stamps(place: Place, column: pa.Array) -> Seconds:
    """Return when each bar begins, in seconds since 1970 UTC; a naive time is in UTC."""
    kind = column.type
    if column.null_count:
        raise StorageError(f"{place.path}: a row has no ts; say when its bar begins")
    if pa.types.is_date(kind):
        days = _plain(column.cast(pa.date32()).cast(pa.int32()), np.int32)
        return days.astype(np.int64) * _DAY
    if not pa.types.is_timestamp(kind):
        raise StorageError(f"{place.path}: ts is of type {kind}, expected a date or a timestamp")
    seconds = column.cast(pa.timestamp("s", kind.tz), safe=False).cast(pa.int64())
    return _plain(seconds, np.int64)


def _numbers(place: Place, name: str, column: pa.Array) -> Floats:
    """Return a column as float64; NaN where nothing stands, but no volume is none."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), 0.0 if name == "volume" else np.nan)
    if pa.types.is_floating(kind) or pa.types.is_decimal(kind):
        if kind != pa.float64():  # the decimal that was meant, not its binary noise
            column = column.cast(pa.string())
    elif not pa.types.is_integer(kind):
        raise StorageError(f"{place.path}: {name} is of type {kind}, expected numbers")
    filled = pc.fill_null(column.cast(pa.float64()), 0.0 if name == "volume" else float("nan"))
    return _plain(filled, np.float64)


def _plain(column: pa.Array, scalar: type[_Scalar]) -> NDArray[_Scalar]:
    """Return a column without nulls by its buffer; ``to_numpy`` would import pandas."""
    if not len(column):
        return np.empty(0, scalar)
    at = column.offset * np.dtype(scalar).itemsize
    return np.frombuffer(column.buffers()[1], scalar, len(column), at)
