"""One writer, many readers, no pandas, and file names that no ticker can bend."""

import os
import subprocess
import sys
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.contract.stored_bars import HOSTILE_TICKERS, a_key, an_update, content_of

from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.reading import BarReader
from sellcore.errors import StorageError
from sellcore.series import SeriesKey
from sellcore.timeframe import Granularity


def run(code: str, *arguments: str, path: str = "") -> str:
    """Run a script in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", dedent(code), *arguments],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join([path, *sys.path])},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


OPEN = """
    import sys
    from pathlib import Path
    from adapters.parquet.bar_store import ParquetBarStore
    from sellcore.errors import StorageError
    try:
        ParquetBarStore(Path(sys.argv[1]))
        print("opened")
    except StorageError as error:
        print(error)
"""


def test_a_second_writer_is_told_the_way_out(tmp_path: Path) -> None:
    """Another process, or the same one: until the first closes, nobody else writes."""
    with ParquetBarStore(tmp_path):
        line = run(OPEN, str(tmp_path))
        assert line == (
            f"the cache {tmp_path} is being written by another sellcli; "
            "stop that one, or use another folder (--cache-dir)"
        )
        with pytest.raises(StorageError, match="by another sellcli"):
            ParquetBarStore(tmp_path)
    assert run(OPEN, str(tmp_path)) == "opened"


def test_a_writer_that_died_blocks_nobody(tmp_path: Path) -> None:
    """The system gives the lock back; the file it leaves is no lock."""
    assert run(OPEN + "\n    import os; os._exit(0)", str(tmp_path)) == "opened"
    with ParquetBarStore(tmp_path) as store:
        assert dict(store.load()) == {}


def test_a_reader_sees_each_merge_while_the_writer_goes_on(tmp_path: Path) -> None:
    """Reading needs no lock, before a compaction or after it."""
    reader = BarReader(tmp_path)
    with ParquetBarStore(tmp_path) as store:
        for number in range(6):
            store.merge([an_update([number])])
            if number == 3:
                store.compact()
            assert content_of(reader.load()) == content_of(store.load())
            assert list(reader.problems()) == []


def test_a_reader_beside_a_busy_writer_always_sees_whole_merges(tmp_path: Path) -> None:
    """Compactions in between never show it half of anything, nor a problem."""
    with ParquetBarStore(tmp_path):
        pass  # the files are there from here on
    writer = subprocess.Popen(
        [sys.executable, "-c", dedent(_BUSY), str(tmp_path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    reader, seen = BarReader(tmp_path), [0]
    while writer.poll() is None:
        loaded = reader.load()
        assert list(reader.problems()) == []
        assert len({len(stored.bars) for stored in loaded.values()}) <= 1
        assert len(loaded) in (0, 3)
        seen.append(max((len(stored.bars) for stored in loaded.values()), default=0))
    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(reader.load()[a_key()].bars) == 60


_BUSY = """
    import sys
    from pathlib import Path
    from adapters.parquet.bar_store import ParquetBarStore
    from tests.contract.stored_bars import a_key, an_update
    with ParquetBarStore(Path(sys.argv[1])) as store:
        for number in range(60):
            store.merge([an_update([number], key=a_key(con_id)) for con_id in (1, 2, 3)])
            if number % 4 == 0:
                store.compact()
"""


def test_reading_what_is_not_there_makes_nothing(tmp_path: Path) -> None:
    """A reading command leaves no folder behind."""
    reader = BarReader(tmp_path / "cache")
    assert dict(reader.load()) == {}
    assert list(reader.problems()) == []
    assert not (tmp_path / "cache").exists()


@settings(deadline=None, max_examples=30)
@given(tickers=st.lists(st.one_of(st.text(max_size=200), st.sampled_from(HOSTILE_TICKERS))))
def test_no_ticker_changes_what_lies_in_the_folder(
    tmp_path_factory: pytest.TempPathFactory, tickers: list[str]
) -> None:
    """The names are always the same four, so none can lead anywhere else."""
    folder = tmp_path_factory.mktemp("outer") / "cache"
    with ParquetBarStore(folder) as store:
        store.merge(
            [
                an_update([1], key=SeriesKey(number, granularity, ticker))
                for number, ticker in enumerate(tickers)
                for granularity in Granularity
            ]
        )
    assert {path.name for path in folder.iterdir()} <= {
        ".lock",
        "bars-1d.parquet",
        "bars-30m.parquet",
        "bars.journal",
    }
    assert [path.name for path in folder.parent.iterdir()] == ["cache"]


def test_pandas_is_never_imported_though_it_is_there(tmp_path: Path) -> None:
    """Reading, merging, compacting, averages and inspection: none pulls it in."""
    stand_in = tmp_path / "site" / "pandas"
    stand_in.mkdir(parents=True)
    (stand_in / "__init__.py").write_text("__version__ = '2.2.0'\n")
    printed = run(_EVERYTHING, str(tmp_path / "cache"), path=str(stand_in.parent))
    assert "pandas imported: False, importable: True" in printed


def test_a_cold_start_reads_and_merges_without_pyarrow(tmp_path: Path) -> None:
    """Its import takes longer than reading the whole cache; only writing Parquet needs it."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([1])])
    code = """
        import sys
        from pathlib import Path
        from adapters.parquet.bar_store import ParquetBarStore
        from sellcore.series import SeriesUpdate
        store = ParquetBarStore(Path(sys.argv[1]))
        (key,) = store.load()
        stored = store.load()[key]
        store.merge([SeriesUpdate(key, stored.bars, stored.coverage)])
        print(len(store.load()), "pyarrow" in sys.modules, "pandas" in sys.modules)
    """
    assert run(code, str(tmp_path)) == "1 False False"


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="threads are counted by /proc")
def test_no_thread_is_left_that_could_abort_the_process_at_its_end(tmp_path: Path) -> None:
    """Arrow's workers may let go of Python's memory too late; we start none."""
    assert run(_EVERYTHING, str(tmp_path / "cache")).startswith("2 series, 0 new threads,")


_EVERYTHING = """
    import importlib.util, os, sys
    import pyarrow.parquet  # its allocator has a thread of its own
    from pathlib import Path
    from adapters.parquet.bar_store import ParquetBarStore
    from adapters.parquet.inspection import info, rebuild
    from adapters.parquet.reading import BarReader
    from adapters.parquet.verification import verify
    from sellcore.average_table import AVERAGES, AverageTable
    from sellcore.timeframe import Timeframe
    from tests.contract.stored_bars import a_key, an_update
    tasks = Path("/proc/self/task")
    threads = lambda: len(os.listdir(tasks)) if tasks.exists() else 0
    folder, before = Path(sys.argv[1]), threads()
    for _ in range(2):
        with ParquetBarStore(folder) as store:
            store.merge([an_update([1]), an_update([1], key=a_key(2))])
            store.compact()
            store.merge([an_update([2])])
            store.load()
    row = AverageTable([1], ["NASDAQ:T1"], [3600], [10.0], dict.fromkeys(AVERAGES, [1.0]))
    rebuild(folder, lambda series: {Timeframe.HOUR: row})
    assert not verify(folder).findings
    assert len(info(folder).series) == 2
    found = len(BarReader(folder).load())
    there = importlib.util.find_spec("pandas") is not None
    print(f"{found} series, {threads() - before} new threads,", end=" ")
    print(f"pandas imported: {'pandas' in sys.modules}, importable: {there}")
"""


def test_the_base_file_reads_as_ordinary_parquet(tmp_path: Path) -> None:
    """Any tool shows the bars with their tickers, sorted by series."""
    import pyarrow.parquet as pq

    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([2, 3], key=a_key(7), close=1.5), an_update([1])])

    table = pq.read_table(tmp_path / "bars-30m.parquet")
    assert table.column("con_id").to_pylist() == [1, 7, 7]
    assert table.column("ticker").to_pylist() == ["NASDAQ:T1", "NASDAQ:T7", "NASDAQ:T7"]
    assert table.column("start").to_pylist() == [1800, 3600, 5400]
    assert table.column("close").to_pylist() == [10.0, 1.5, 1.5]


def test_a_closed_store_refuses_politely(tmp_path: Path) -> None:
    """Closing twice does no harm; writing afterwards is an error in one line."""
    store = ParquetBarStore(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StorageError, match="was closed; open it again"):
        store.merge([an_update([1])])
