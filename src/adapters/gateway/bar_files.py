"""The data folder: one CSV or Parquet file of bars per series."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from functools import partial
from pathlib import Path

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from adapters.series_file import BarFile, FileSize, bar_file
from adapters.table_file import read_numbers, read_table
from sellcore.errors import ConfigError

__all__ = ["BarFile", "FileBars", "FileSize", "list_folder", "read_file"]

COLUMNS = ("ts", "open", "high", "low", "close", "volume")
_NUMBERS = COLUMNS[1:]


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
        raise ConfigError(
            f"data folder {folder}: no such folder; check the path, or give another folder of CSV "
            "or Parquet bars with --data"
        )
    found = [file for path in sorted(folder.iterdir()) if (file := bar_file(path)) is not None]
    if not found:
        raise ConfigError(
            f"data folder {folder}: holds no EXCHANGE_SYMBOL_1d.csv, _30m, _5m or _1m (or "
            ".parquet); name its files so, or give another folder with --data"
        )
    seen: dict[tuple[str, FileSize], Path] = {}
    for file in found:
        other = seen.setdefault((file.ticker, file.size), file.path)
        if other != file.path:
            raise ConfigError(f"{file.path}: {other.name} holds the same series; keep one of them")
    return found


def read_file(file: BarFile) -> FileBars:
    """
    Read a file of bars.

    Raises:
        ConfigError: file and line, what was met, what was expected.
    """
    table = read_table(file.path, partial(_places, file))
    stamps = np.array(
        [
            _stamp(file, line, text)
            for line, text in zip(table.lines, table.columns["ts"], strict=True)
        ],
        dtype=np.int64,
    )
    numbers = [read_numbers(file.path, table, name, price=name != "volume") for name in _NUMBERS]
    order = np.argsort(stamps, kind="stable")
    twice = np.flatnonzero(np.diff(stamps[order]) == 0)
    if len(twice):
        line = table.lines[int(order[twice[0] + 1])]
        raise ConfigError(f"{file.path}: line {line}: this ts is there twice; keep one of them")
    return FileBars(stamps[order], *(column[order] for column in numbers))


def _places(file: BarFile, names: Sequence[str]) -> dict[str, int]:
    header = [name.lower() for name in names]
    missing = [name for name in COLUMNS if name not in header]
    if missing:
        raise ConfigError(
            f"{file.path}: line 1: no column {missing[0]!r}; expected {','.join(COLUMNS)}"
        )
    return {name: header.index(name) for name in COLUMNS}


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
