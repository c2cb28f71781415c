"""
The bar cache of 500 holdings, beside one Parquet file per series.

A month of half hours and the days that EMA(200) needs: 403 and 661 bars each.
Cold figures are whole processes, from start to exit.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.parquet.average_store import ParquetAverageStore
from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.reading import read_cache
from bench.measure import Goal, Row, Unit, medians
from sellcore.average_table import AVERAGES, AverageTable
from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS
from sellcore.coverage import Coverage
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries
from sellcore.timeframe import Granularity, Timeframe

HOLDINGS = 500
BARS = {Granularity.HALF_HOUR: (403, 1_800), Granularity.DAY: (661, 86_400)}
"""Bars a series, and seconds a bar."""

REPEATS = 15


def rows() -> Iterable[Row]:
    """Yield every figure of this module."""
    with TemporaryDirectory(prefix="sellcli-bench-", dir=Path.cwd()) as name:
        folder, files = Path(name) / "cache", Path(name) / "files"
        with ParquetBarStore(folder) as store:
            store.merge(list(whole_series()))
            store.compact()
            series = dict(store.load())
        write_files(files, series)
        yield from read_rows(folder, files)
        yield from cold_rows(folder)
        yield from merge_rows(folder, files, series)
        yield average_row(Path(name) / "averages")


def whole_series() -> Iterator[SeriesUpdate]:
    """Make up every series, prices to the cent."""
    random = np.random.default_rng(7)
    for con_id in range(HOLDINGS):
        for granularity, (bars, step) in BARS.items():
            start = np.arange(bars) * step
            close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.01, bars))), 2)
            yield SeriesUpdate(
                SeriesKey(con_id, granularity, f"NASDAQ:T{con_id}"),
                BarSeries(start, start + step, close, close, close, close, np.ones(bars)),
                Coverage(((0, bars * step),)),
                replaces_all=True,
            )


def one_minute(minute: int) -> list[SeriesUpdate]:
    """Return the forming half hour of every series, as it stands at that minute."""
    bars, step = BARS[Granularity.HALF_HOUR]
    start = (bars + minute // 30) * step
    close = [100 + minute / 100]
    bar = BarSeries([start], [start + step], close, close, close, close, close)
    coverage = Coverage(((0, start),))
    return [
        SeriesUpdate(SeriesKey(con_id, Granularity.HALF_HOUR, f"NASDAQ:T{con_id}"), bar, coverage)
        for con_id in range(HOLDINGS)
    ]


def table_of(bars: BarSeries) -> pa.Table:
    """Return a series as the reference stores it."""
    return pa.table({name: getattr(bars, name) for name in COLUMNS})


def write_files(folder: Path, series: Mapping[SeriesKey, StoredSeries]) -> None:
    """Write the reference: a file for each series, each replaced atomically."""
    folder.mkdir(exist_ok=True)
    for key, stored in series.items():
        path = folder / f"{key.con_id}-{key.granularity}.parquet"
        pq.write_table(table_of(stored.bars), path.with_suffix(".new"))
        path.with_suffix(".new").replace(path)


def read_files(files: Sequence[Path]) -> list[BarSeries]:
    """Read the reference back to series."""
    tables = (pq.ParquetFile(path).read() for path in files)
    return [BarSeries(*(table.column(name).to_numpy() for name in COLUMNS)) for table in tables]


def read_rows(folder: Path, files: Path) -> Iterable[Row]:
    """Compare reading everything, the files being in the system's memory."""
    paths = sorted(files.iterdir())
    size = sum(path.stat().st_size for path in folder.iterdir())
    ours, theirs, machine = medians(
        [
            lambda: read_cache(folder),
            lambda: read_files(paths),
            lambda: [path.read_bytes() for path in folder.iterdir()],
        ],
        REPEATS // 3,
    )
    what = f"cache of {HOLDINGS} holdings"
    against = f"{len(paths):,} Parquet files"
    yield Row(f"{what}, read", ours, Unit.SECONDS, theirs, against, machine, Goal(0.050))
    stored = sum(path.stat().st_size for path in paths)
    yield Row(f"{what}, size", size, Unit.BYTES, stored, against)


def cold_rows(folder: Path) -> Iterable[Row]:
    """Measure reading everything in a process of its own, and the memory that takes."""
    read = f"from pathlib import Path; from adapters.parquet.reading import read_cache; {_KEEP}"
    ours, theirs, machine = medians(
        [
            lambda: run(read, folder),
            lambda: run("import pyarrow.parquet"),
            lambda: run(""),
        ],
        REPEATS,
    )
    what = "cache read, cold process"
    against = "a process that imports pyarrow.parquet; machine: python -c pass"
    yield Row(what, ours, Unit.SECONDS, theirs, against, machine, Goal(0.200))
    used, without = peak(read, folder), peak("import pyarrow.parquet")
    yield Row("cache read, peak memory", used, Unit.BYTES, without, "import pyarrow.parquet")


_KEEP = "import sys; kept = read_cache(Path(sys.argv[1]))"


def run(code: str, *arguments: Path) -> str:
    """Run a script in a process of its own, from start to exit."""
    done = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout


def peak(code: str, *arguments: Path) -> int:
    """Return the most memory a script's process ever held, bytes; 0 where that is not told."""
    if not Path("/proc/self/status").exists():
        return 0
    told = "\nprint(*(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    return int(run(code + told, *arguments).split()[1]) * 1024


def merge_rows(
    folder: Path, files: Path, series: Mapping[SeriesKey, StoredSeries]
) -> Iterable[Row]:
    """Compare storing one minute's bars durably, then reading them back, then compacting."""
    minutes = [one_minute(minute) for minute in range(60)]
    half_hours = {k: v for k, v in series.items() if k.granularity is Granularity.HALF_HOUR}
    with ParquetBarStore(folder) as store, synced_file(files / "machine") as write:
        journal = folder / "bars.journal"
        before = journal.stat().st_size
        store.merge(minutes[0])
        record = bytes(journal.stat().st_size - before)
        following = count(1)
        ours, theirs, machine = medians(
            [
                lambda: store.merge(minutes[next(following)]),
                lambda: write_files(files, half_hours),
                lambda: write(record),
            ],
            REPEATS // 3,
        )
        what = f"a minute's bars of {HOLDINGS} series"
        against = "rewriting a Parquet file per series, not even synced"
        yield Row(f"{what}, durable", ours, Unit.SECONDS, theirs, against, machine, Goal(0.005))
        for number in range(next(following), len(minutes)):
            store.merge(minutes[number])
        (ours,) = medians([lambda: read_cache(folder)], REPEATS // 3)
        yield Row("cache read, an hour in the journal", ours)
        (ours,) = medians([store.compact], REPEATS // 3)
        yield Row("cache compacted", ours)


@contextmanager
def synced_file(path: Path) -> Iterator[Callable[[bytes], object]]:
    """Yield a function that appends bytes to a file and has the device keep them."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT)

    def write(data: bytes) -> None:
        os.write(descriptor, data)
        os.fsync(descriptor)

    try:
        yield write
    finally:
        os.close(descriptor)


def average_row(folder: Path) -> Row:
    """Measure storing the latest averages of every holding."""
    shutil.rmtree(folder, ignore_errors=True)
    values = np.linspace(1, 2, HOLDINGS)
    table = AverageTable(
        np.arange(HOLDINGS),
        [f"NASDAQ:T{con_id}" for con_id in range(HOLDINGS)],
        np.arange(HOLDINGS),
        values,
        dict.fromkeys(AVERAGES, values),
    )
    store = ParquetAverageStore(folder)
    (ours,) = medians([lambda: store.replace(Timeframe.HOUR, table)], REPEATS)
    return Row(f"averages of {HOLDINGS} holdings, durable", ours)
