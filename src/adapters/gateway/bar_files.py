"""The data folder: one CSV or Parquet file of bars per series."""

import csv
from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.errors import ConfigError, InvalidValue
from sellcore.instrument import parse_ticker

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
_NUMBERS = COLUMNS[1:]
_KINDS = (".csv", ".parquet")


class FileSize(Enum):
    """The bar sizes that files come in; the value is the end of the file's name."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HALF_HOUR = "30m"
    DAY = "1d"

    @property
    def seconds(self) -> int:
        """Length of a bar; a day's is not fixed and given as 0."""
        return {"1m": 60, "5m": 300, "30m": 1800, "1d": 0}[self.value]


@frozen
class BarFile:
    """One file of the folder: the bars of one ticker at one size."""

    path: Path
    ticker: str
    size: FileSize


@frozen(eq=False)
class FileBars:
    """
    The rows of a file, oldest first, each column of shape (n,).

    Attributes:
        stamp: Seconds since 1970 UTC of the bar's start; in a daily file the
            proleptic ordinal of the date.
        open: Price; high, low, close alike.
        volume: Shares as the file counts them.
    """

    stamp: NDArray[np.int64]
    open: NDArray[np.float64]
    high: NDArray[np.float64]
    low: NDArray[np.float64]
    close: NDArray[np.float64]
    volume: NDArray[np.float64]


def list_folder(folder: Path) -> list[BarFile]:
    """
    Return the bar files of a folder, ``EXCHANGE_SYMBOL_SIZE.csv`` or ``.parquet``.

    Raises:
        ConfigError: there is no such folder, it holds no bar file, or two files
            hold the same series.
    """
    if not folder.is_dir():
        raise ConfigError(f"data folder {folder}: no such folder")
    found = [file for path in sorted(folder.iterdir()) if (file := _bar_file(path)) is not None]
    if not found:
        raise ConfigError(
            f"data folder {folder}: holds no EXCHANGE_SYMBOL_1d.csv, _30m, _5m or _1m (or .parquet)"
        )
    seen: dict[tuple[str, FileSize], Path] = {}
    for file in found:
        other = seen.setdefault((file.ticker, file.size), file.path)
        if other != file.path:
            raise ConfigError(f"{file.path}: {other.name} holds the same series; keep one of them")
    return found


def _bar_file(path: Path) -> BarFile | None:
    exchange, _, rest = path.stem.partition("_")
    symbol, _, size = rest.rpartition("_")
    if path.suffix.lower() not in _KINDS or size not in (s.value for s in FileSize):
        return None
    try:
        return BarFile(path, parse_ticker(f"{exchange}:{symbol}"), FileSize(size))
    except InvalidValue as error:
        raise ConfigError(f"{path}: {error}; name it EXCHANGE_SYMBOL_{size}") from None


def read_file(file: BarFile) -> FileBars:
    """
    Read a file of bars.

    Raises:
        ConfigError: file and line, what was met, what was expected.
    """
    rows = _read_csv(file) if file.path.suffix.lower() == ".csv" else _read_parquet(file)
    stamps = np.array(
        [
            _stamp(file, line, text)
            for line, text in zip(rows.lines, rows.columns["ts"], strict=True)
        ],
        dtype=np.int64,
    )
    numbers = [_numbers(file, name, rows) for name in _NUMBERS]
    order = np.argsort(stamps, kind="stable")
    twice = np.flatnonzero(np.diff(stamps[order]) == 0)
    if len(twice):
        line = rows.lines[int(order[twice[0] + 1])]
        raise ConfigError(f"{file.path}: line {line}: this ts is there twice; keep one of them")
    return FileBars(stamps[order], *(column[order] for column in numbers))


@frozen
class _Rows:
    """The texts of a file, and the line that each row stands on."""

    columns: dict[str, Sequence[object]]
    lines: Sequence[int]


def _read_csv(file: BarFile) -> _Rows:
    try:
        with file.path.open(newline="", encoding="utf-8-sig") as handle:
            reader = csv.reader(handle)
            header = [name.strip().lower() for name in next(reader, [])]
            place = _places(file, header)
            kept: list[list[str]] = []
            lines: list[int] = []
            for row in reader:
                if not any(cell.strip() for cell in row):
                    continue
                if len(row) != len(header):
                    raise ConfigError(
                        f"{file.path}: line {reader.line_num}: {len(row)} columns, "
                        f"expected {len(header)}"
                    )
                kept.append(row)
                lines.append(reader.line_num)
    except OSError as error:
        cause = (error.strerror or str(error)).lower()
        raise ConfigError(f"{file.path}: {cause}; make it readable") from None
    except (UnicodeDecodeError, csv.Error):
        raise ConfigError(f"{file.path}: not a CSV file in UTF-8") from None
    columns = list(zip(*kept, strict=True)) or [()] * len(header)
    return _Rows({name: columns[place[name]] for name in COLUMNS}, lines)


def _places(file: BarFile, header: Sequence[str]) -> dict[str, int]:
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise ConfigError(
            f"{file.path}: line 1: no column {missing[0]!r}; expected {','.join(COLUMNS)}"
        )
    return {name: header.index(name) for name in COLUMNS}


def _read_parquet(file: BarFile) -> _Rows:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(file.path) as parquet:  # read_table would import pandas
            table = parquet.read()
    except (OSError, pa.ArrowException) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"{file.path}: not a readable Parquet file: {first}") from None
    _places(file, [str(name) for name in table.column_names])
    columns: dict[str, Sequence[object]] = {}
    for name in COLUMNS:
        column = table.column(name)
        values: Sequence[object]
        if pa.types.is_timestamp(column.type):  # as it is, it would import pandas
            seconds = column.cast(pa.timestamp("s", column.type.tz), safe=False)
            numbers = seconds.cast(pa.int64()).to_pylist()
            values = [None if n is None else datetime.fromtimestamp(n, UTC) for n in numbers]
        else:
            values = column.to_pylist()
        if pa.types.is_float32(column.type):  # the decimal that was meant, not its binary noise
            values = [
                None if value is None else float(str(np.float32(str(value)))) for value in values
            ]
        columns[name] = values
    return _Rows(columns, range(1, table.num_rows + 1))


def _stamp(file: BarFile, line: int, value: object) -> int:
    """Read the start of a bar; a time without a zone is in UTC."""
    try:
        moment = _moment(value)
    except ValueError:
        expected = "2022-05-20" if file.size is FileSize.DAY else "2022-05-20T13:30:00Z"
        raise ConfigError(
            f"{file.path}: line {line}: ts {value!r} is not ISO 8601, e.g. {expected}"
        ) from None
    if file.size is FileSize.DAY:
        return moment.toordinal()
    if not isinstance(moment, datetime):
        raise ConfigError(f"{file.path}: line {line}: ts {value!r} is a date, not an instant")
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)
    return int(zoned.timestamp())


def _moment(value: object) -> date:
    if isinstance(value, date):
        return value
    text = str(value).strip()
    return date.fromisoformat(text) if len(text) == 10 else datetime.fromisoformat(text)


def _numbers(file: BarFile, name: str, rows: _Rows) -> NDArray[np.float64]:
    """Read a column; prices are above zero, a missing volume is none."""
    texts = rows.columns[name]
    lowest = 0.0 if name == "volume" else np.nextafter(0.0, 1.0)
    try:
        values = np.array(texts, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(len(texts), np.nan)  # some row is at fault, or a volume is blank
    if np.all((values >= lowest) & (values < np.inf)):
        return values
    for i, text in enumerate(texts):
        try:
            value = float(str(text))
        except ValueError:
            blank = text is None or not str(text).strip()
            value = 0.0 if blank and name == "volume" else float("nan")
        if not lowest <= value < float("inf"):
            raise ConfigError(
                f"{file.path}: line {rows.lines[i]}: {name} {text!r} is not a "
                f"{'number' if name == 'volume' else 'price above zero'}"
            )
        values[i] = value
    return values
