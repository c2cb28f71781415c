"""What lies in a cache folder, and writing it anew."""

from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path

from attrs import frozen

from adapters.parquet.average_store import ParquetAverageStore
from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.durable import storage_error
from adapters.parquet.layout import DAMAGED, durable_files
from adapters.parquet.reading import read_cache
from sellcore.average_table import AverageTable
from sellcore.coverage import Coverage
from sellcore.instant import from_epoch
from sellcore.series import SeriesKey, StoredSeries
from sellcore.timeframe import Timeframe

ComputeAverages = Callable[[Mapping[SeriesKey, StoredSeries]], Mapping[Timeframe, AverageTable]]
"""Computes the averages of all stored series; the composition root knows how."""


@frozen
class SeriesInfo:
    """
    One stored series.

    Attributes:
        key: Ticker, granularity and contract id.
        bars: How many.
        first: Start of the first bar, UTC, or None where there are none.
        last: End of the last bar, UTC.
        coverage: Where the bars are final.
    """

    key: SeriesKey
    bars: int
    first: datetime | None
    last: datetime | None
    coverage: Coverage


@frozen
class FileInfo:
    """A file in the cache folder, and its size in bytes."""

    name: str
    size: int


@frozen
class CacheInfo:
    """
    What is in a cache folder.

    Attributes:
        series: By ticker and granularity.
        files: Those that belong to the cache, files that were set aside included.
        problems: One line for each part that cannot be read.
    """

    series: tuple[SeriesInfo, ...]
    files: tuple[FileInfo, ...]
    problems: tuple[str, ...]


@frozen
class Rebuilt:
    """
    What a rebuilt cache holds.

    Attributes:
        series: How many series could be read.
        bars: How many bars they hold.
        averages: Rows written for each timeframe.
        problems: One line for each part that was set aside.
    """

    series: int
    bars: int
    averages: Mapping[Timeframe, int]
    problems: tuple[str, ...]


def info(folder: Path) -> CacheInfo:
    """
    Say what is in ``folder``, changing nothing; another process may be writing.

    Raises:
        StorageError: a file cannot be read at all, or a later program wrote it.
    """
    reading = read_cache(folder)
    keys = sorted(reading.series, key=lambda k: (k.ticker, k.granularity.value, k.con_id))
    return CacheInfo(
        tuple(_series_info(key, reading.series[key]) for key in keys),
        tuple(cache_files(folder)),
        tuple(str(damage) for damage in reading.damages),
    )


def rebuild(folder: Path, compute_averages: ComputeAverages) -> Rebuilt:
    """
    Write the base files anew from all that can be read, and the averages from those.

    Raises:
        StorageError: the folder is being written by another process, or cannot be
            written; what could be read before can be read still.
    """
    with ParquetBarStore(folder) as store:
        store.compact()
        series = store.load()
        averages = ParquetAverageStore(folder)
        rows = {}
        for timeframe, table in compute_averages(series).items():
            averages.replace(timeframe, table)
            rows[timeframe] = len(table)
        bars = sum(len(stored.bars) for stored in series.values())
        return Rebuilt(len(series), bars, rows, tuple(store.problems()))


def _series_info(key: SeriesKey, stored: StoredSeries) -> SeriesInfo:
    bars = stored.bars
    return SeriesInfo(
        key,
        len(bars),
        from_epoch(int(bars.start[0])) if len(bars) else None,
        from_epoch(int(bars.end[-1])) if len(bars) else None,
        stored.coverage,
    )


def cache_files(folder: Path) -> list[FileInfo]:
    """
    Return the files in ``folder`` that belong to the cache, those set aside included.

    Raises:
        StorageError: the folder cannot be read.
    """
    names = {path.name for path in durable_files(folder)}
    try:
        return [
            FileInfo(path.name, path.stat().st_size)
            for path in (sorted(folder.iterdir()) if folder.exists() else [])
            if path.name.partition(DAMAGED)[0] in names and path.is_file()
        ]
    except OSError as error:
        raise storage_error("read", folder, error) from error
