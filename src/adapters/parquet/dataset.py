"""
A universe of bars as a Parquet dataset: one file or many, here or wherever Arrow can read.

A file either has a column ``ticker`` (or ``symbol``) or holds one ticker, named by a
folder ``ticker=NASDAQ:MSFT`` or by the file itself, ``NASDAQ_MSFT_1d.parquet``.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from urllib.parse import unquote

import numpy as np
import pyarrow as pa
import pyarrow.fs as pafs
from attrs import evolve, frozen

from adapters.parquet.dataset_file import LABELS, Piece, Place, are_days, read_pieces, read_tickers
from adapters.parquet.dataset_series import Wanted, series_of
from sellcore.bar import BarSeries
from sellcore.errors import ConfigError, StorageError
from sellcore.ports.sessions import SessionCalendar
from sellcore.timeframe import Timeframe

_SIZES = ("1d", "30m", "1h")
_FINER = ("1m", "5m")
"""Files of the simulated gateway's data folder that are too fine to be decided on."""


@frozen(eq=False)
class DatasetBars:
    """
    The bar source over a dataset; it holds where things are, not the bars.

    Attributes:
        location: What was opened, a local path or a URI.
        files: By ticker, in order, the paths of the files that have bars of it.
        wanted: What is asked of each ticker's history.
    """

    location: str
    files: Mapping[str, tuple[str, ...]]
    wanted: Wanted

    def tickers(self) -> Sequence[str]:
        """Return every ticker, sorted."""
        return tuple(self.files)

    def only(self, tickers: Sequence[str]) -> "DatasetBars":
        """Return the same dataset, knowing of these tickers alone."""
        files = {ticker: self.files[ticker] for ticker in tickers if ticker in self.files}
        return evolve(self, files=files)

    def load(self, tickers: Sequence[str], timeframe: Timeframe) -> Mapping[str, BarSeries]:
        """
        Return the bars of some tickers; only the row groups that may hold them are read.

        A bar lasts until the next begins: a day at most, or an hour. Half hours are built
        into the exchange's hours. A row that is alone in its file does not tell how long it
        is: those of a ticker are looked at together.

        Raises:
            InvalidValue: rows out of order or there twice, prices that are none, bars that
                are missing; the line names file, ticker and time.
            StorageError: a file cannot be read.
        """
        system, _ = _filesystem(self.location)
        wanted = [ticker for ticker in tickers if ticker in self.files]
        by_file: dict[str, list[str]] = {}
        for ticker in wanted:
            for path in self.files[ticker]:
                by_file.setdefault(path, []).append(ticker)
        daily = timeframe is Timeframe.DAY
        pieces: dict[str, list[Piece]] = {ticker: [] for ticker in wanted}
        alone: dict[str, list[Piece]] = {}
        for path in sorted(by_file):
            for piece in read_pieces(Place(system, path, _label(path)), by_file[path]):
                if len(piece.start) == 1:
                    alone.setdefault(piece.ticker, []).append(piece)
                elif are_days(piece.start) is daily:
                    pieces[piece.ticker].append(piece)
        for ticker, rows in alone.items():
            if are_days(np.sort(np.concatenate([row.start for row in rows]))) is daily:
                pieces[ticker] += rows
        return {
            ticker: series_of(own, timeframe, self.wanted) for ticker, own in pieces.items() if own
        }


def open_dataset(
    location: str,
    calendar: SessionCalendar | None = None,
    *,
    allow_gaps: bool = False,
    since: date | None = None,
    until: date | None = None,
) -> DatasetBars:
    """
    Look which tickers a dataset has, and where.

    Args:
        location: A file or folder, as a local path or as a URI of ``pyarrow.fs``
            (``file://``, ``s3://``, ``gs://``, ``hdfs://``).
        calendar: Left out, half hours cannot be built into hours, nobody knows which
            bars are missing, and days must be stamped with a date or a midnight: one that
            is stamped with its open in America counts as the day after.
        allow_gaps: See ``Wanted``.
        since: Alike.
        until: Alike.

    Raises:
        ConfigError: nothing is there, or no Parquet file.
        StorageError: a file cannot be read.
    """
    system, root = _filesystem(location)
    found: dict[str, list[str]] = {}
    for path in _paths(system, root, location):
        for ticker in read_tickers(Place(system, path, _label(path))):
            found.setdefault(ticker, []).append(path)
    files = {ticker: tuple(found[ticker]) for ticker in sorted(found)}
    return DatasetBars(location, files, Wanted(calendar, allow_gaps, since, until))


def _filesystem(location: str) -> tuple[pafs.FileSystem, str]:
    try:
        if "://" in location:
            system, path = pafs.FileSystem.from_uri(location)
            return system, path
    except (OSError, ValueError, NotImplementedError, pa.ArrowException) as error:
        raise ConfigError(f"dataset {location}: {_first_line(error)}; check the URI") from None
    return pafs.LocalFileSystem(), Path(location).absolute().as_posix()


def _paths(system: pafs.FileSystem, root: str, location: str) -> list[str]:
    """Return the Parquet files below a root, sorted; hidden ones are passed over."""
    try:
        [info] = system.get_file_info([root])
        if info.type is pafs.FileType.File:
            return [root]
        if info.type is not pafs.FileType.Directory:
            raise ConfigError(f"dataset {location}: no such file or folder; check the path")
        below = system.get_file_info(pafs.FileSelector(root, recursive=True))
    except (OSError, pa.ArrowException) as error:
        raise StorageError(f"dataset {location}: {_first_line(error)}; try again later") from None
    paths = sorted(
        info.path
        for info in below
        if info.type is pafs.FileType.File and _is_part(info.path.removeprefix(root))
    )
    if not paths:
        raise ConfigError(f"dataset {location}: holds no .parquet file; give it some bars")
    return paths


def _is_part(path: str) -> bool:
    parts = PurePosixPath(path).parts
    finer = PurePosixPath(path).stem.endswith(tuple(f"_{size}" for size in _FINER))
    hidden = any(part.startswith((".", "_")) for part in parts)
    return path.lower().endswith(".parquet") and not hidden and not finer


def _label(path: str) -> str:
    """Return the ticker that folders or the file are named for."""
    where = PurePosixPath(path)
    for part in where.parts[:-1]:
        name, is_key, value = part.partition("=")
        if is_key and name.lower() in LABELS:
            return unquote(value)
    stem, _, size = where.stem.rpartition("_")
    if size in _SIZES:
        exchange, _, symbol = stem.partition("_")
        return f"{exchange}:{symbol}" if symbol else exchange
    return where.stem


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
