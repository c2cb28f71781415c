"""What every average store promises, held against the one in memory and the one in Parquet."""

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters.memory_store import MemoryAverageStore
from adapters.parquet.average_store import ParquetAverageStore
from sellcore.average_table import AVERAGES, AverageTable
from sellcore.errors import StorageError
from sellcore.ports.average_store import AverageStore
from sellcore.rule import AverageKind
from sellcore.timeframe import Timeframe


def a_table(rows: int = 2, value: float = 10.0, ticker: str = "NASDAQ:A") -> AverageTable:
    averages = {name: [value * name[1]] * rows for name in AVERAGES}
    averages[AverageKind.EMA, 200] = [float("nan")] * rows
    return AverageTable(range(rows), [ticker] * rows, range(rows), [value] * rows, averages)


class AverageStoreContract:
    """One test for each promise of the port; a store's test class inherits them."""

    def opened(self) -> AbstractContextManager[AverageStore]:
        """Return an empty store for the length of a ``with`` block."""
        raise NotImplementedError

    def test_nothing_is_stored_at_first(self) -> None:
        """None says so; an empty table would be an answer."""
        with self.opened() as store:
            assert store.read(Timeframe.HOUR) is None
            assert list(store.problems()) == []

    def test_each_timeframe_holds_what_was_stored_last(self) -> None:
        """Hourly and daily averages do not touch each other."""
        with self.opened() as store:
            store.replace(Timeframe.HOUR, a_table(3))
            store.replace(Timeframe.DAY, a_table(1, 7.0))
            store.replace(Timeframe.HOUR, a_table(2, 8.0))

            hours, days = store.read(Timeframe.HOUR), store.read(Timeframe.DAY)
            assert hours is not None
            assert days is not None
            assert hours.same(a_table(2, 8.0))
            assert days.same(a_table(1, 7.0))

    @settings(
        deadline=None,
        max_examples=40,
        suppress_health_check=[HealthCheck.differing_executors],  # each store runs it, on purpose
    )
    @given(
        values=st.lists(st.floats(), max_size=5),
        ticker=st.text(st.characters(exclude_categories=["Cs"]), max_size=200),
    )
    def test_any_value_comes_back_as_it_was(self, values: list[float], ticker: str) -> None:
        """NaN too, which says that there were too few bars."""
        count = len(values)
        table = AverageTable(
            range(count), [ticker] * count, range(count), values, dict.fromkeys(AVERAGES, values)
        )
        with self.opened() as store:
            store.replace(Timeframe.DAY, table)
            found = store.read(Timeframe.DAY)
            assert found is not None
            assert found.same(table)


class TestMemoryAverageStore(AverageStoreContract):
    """The store that tests and notebooks use."""

    @contextmanager
    def opened(self) -> Iterator[AverageStore]:
        yield MemoryAverageStore()


class TestParquetAverageStore(AverageStoreContract):
    """The store on disk."""

    @contextmanager
    def opened(self) -> Iterator[AverageStore]:
        with TemporaryDirectory() as folder:
            yield ParquetAverageStore(Path(folder) / "cache")


def test_a_damaged_file_is_told_and_replaced(tmp_path: Path) -> None:
    """It holds nothing that cannot be computed anew."""
    store = ParquetAverageStore(tmp_path)
    store.replace(Timeframe.DAY, a_table())
    path = tmp_path / "averages-1d.parquet"
    path.write_bytes(path.read_bytes()[:-9])

    assert store.read(Timeframe.DAY) is None
    (line,) = store.problems()
    assert line.endswith("; its averages are computed anew")

    store.replace(Timeframe.DAY, a_table(1))
    assert store.read(Timeframe.DAY) is not None


def test_a_failed_replacement_leaves_what_was_stored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing half-written takes the file's name."""
    store = ParquetAverageStore(tmp_path)
    store.replace(Timeframe.DAY, a_table(1))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", _refuse)
        with pytest.raises(StorageError, match=r"averages-1d\.parquet.*make it writable"):
            store.replace(Timeframe.DAY, a_table(5))

    found = store.read(Timeframe.DAY)
    assert found is not None
    assert found.same(a_table(1))


def _refuse(*args: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_hourly_averages_are_never_read_as_daily(tmp_path: Path) -> None:
    """A file under the wrong name is damage."""
    store = ParquetAverageStore(tmp_path)
    store.replace(Timeframe.HOUR, a_table())
    (tmp_path / "averages-1h.parquet").rename(tmp_path / "averages-1d.parquet")

    assert store.read(Timeframe.DAY) is None
    assert len(store.problems()) == 1
