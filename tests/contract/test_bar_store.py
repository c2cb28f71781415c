"""What every bar store promises, held against the one in memory and the one in Parquet."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from attrs import frozen
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.contract.stored_bars import (
    CHANGES,
    HALF_HOUR,
    HOSTILE_TICKERS,
    Discard,
    Merge,
    Table,
    a_key,
    an_update,
    content_of,
    rows_of,
    some_bars,
)

from adapters.memory_store import MemoryBarStore
from adapters.parquet.bar_store import ParquetBarStore
from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.ports.bar_store import BarStore
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries
from sellcore.timeframe import Granularity


class BarStoreContract:
    """One test for each promise of the port; a store's test class inherits them."""

    def opened(self) -> AbstractContextManager[BarStore]:
        """Return an empty store for the length of a ``with`` block."""
        raise NotImplementedError

    def test_an_unused_store_holds_nothing(self) -> None:
        """There is nothing to load, and nothing to complain about."""
        with self.opened() as store:
            assert dict(store.load()) == {}
            assert list(store.problems()) == []

    @settings(
        deadline=None,
        max_examples=40,
        suppress_health_check=[HealthCheck.differing_executors],  # each store runs it, on purpose
    )
    @given(changes=st.lists(CHANGES, max_size=6), looks=st.lists(st.booleans(), min_size=6))
    def test_any_changes_leave_what_a_table_kept_by_hand_holds(
        self, changes: list[Merge | Discard], looks: list[bool]
    ) -> None:
        """Merges and discards in any order, looked at in between or not."""
        table = Table()
        with self.opened() as store:
            for change, look in zip(changes, looks, strict=False):
                if isinstance(change, Merge):
                    store.merge(change.updates)
                else:
                    store.discard(change.keys)
                table.do(change)
                if look:
                    assert content_of(store.load()) == table.content()
            assert content_of(store.load()) == table.content()
            assert list(store.problems()) == []

    def test_a_bar_of_the_same_start_is_replaced(self) -> None:
        """A revised bar takes the place of the one before, wherever it stands."""
        with self.opened() as store:
            store.merge([an_update([1, 2, 3], close=10.0)])
            store.merge([an_update([2], close=11.0)])

            (stored,) = store.load().values()
            assert stored.bars.close.tolist() == [10.0, 11.0, 10.0]

    def test_replacing_all_drops_the_bars_before(self) -> None:
        """A series fetched anew in whole keeps nothing of the old one."""
        with self.opened() as store:
            store.merge([an_update([1, 2, 3])])
            store.merge([an_update([2], replaces_all=True)])

            (stored,) = store.load().values()
            assert rows_of(stored.bars) == rows_of(some_bars([2]))

    def test_the_coverage_of_the_last_update_stands(self) -> None:
        """Coverage may shrink: where it is not, we do not know."""
        with self.opened() as store:
            store.merge([SeriesUpdate(a_key(), some_bars([1]), Coverage(((0, 9), (20, 30))))])
            store.merge([SeriesUpdate(a_key(), some_bars([]), Coverage(((0, 5),)))])

            (stored,) = store.load().values()
            assert stored.coverage.intervals == ((0, 5),)
            assert len(stored.bars) == 1

    def test_series_are_told_apart_by_contract_and_granularity_only(self) -> None:
        """A renamed ticker is the same series, shown by its latest label."""
        renamed = SeriesKey(1, Granularity.HALF_HOUR, "NASDAQ:META")
        daily = SeriesKey(1, Granularity.DAY, "NASDAQ:FB")
        with self.opened() as store:
            store.merge([an_update([1], key=SeriesKey(1, Granularity.HALF_HOUR, "NASDAQ:FB"))])
            store.merge([an_update([2], key=renamed), an_update([7], key=daily)])

            stored = store.load()
            assert {str(key) for key in stored} == {"NASDAQ:META:30m", "NASDAQ:FB:1d"}
            assert len(stored[renamed].bars) == 2

    def test_an_overlapping_bar_is_refused_and_nothing_of_the_call_is_stored(self) -> None:
        """A bar that begins inside another is no revision of it."""
        first = an_update([1, 2, 3])
        inside = 2 * HALF_HOUR + HALF_HOUR // 2
        crooked = BarSeries([inside], [inside + HALF_HOUR], *[[9.0]] * 5)
        with self.opened() as store:
            store.merge([first])
            with pytest.raises(InvalidValue):
                store.merge(
                    [an_update([5], key=a_key(2)), SeriesUpdate(a_key(), crooked, Coverage())]
                )

            stored = store.load()
            assert set(stored) == {a_key()}
            assert rows_of(stored[a_key()].bars) == rows_of(first.bars)
            assert stored[a_key()].coverage == first.coverage

    def test_two_updates_of_one_series_in_one_call_count_in_turn(self) -> None:
        """The later of the two stands."""
        with self.opened() as store:
            store.merge([an_update([1, 2], close=1.0), an_update([2], close=2.0)])

            (stored,) = store.load().values()
            assert stored.bars.close.tolist() == [1.0, 2.0]

    def test_a_discarded_series_is_gone_and_may_come_back(self) -> None:
        """Nothing of the bars before is left; discarding what is not there does no harm."""
        with self.opened() as store:
            store.merge([an_update([1, 2]), an_update([1], key=a_key(2))])
            store.discard([a_key(), a_key(99)])
            assert set(store.load()) == {a_key(2)}

            store.merge([an_update([2], close=5.0)])
            assert rows_of(store.load()[a_key()].bars) == rows_of(some_bars([2], 5.0))

    def test_what_was_loaded_does_not_change_afterwards(self) -> None:
        """A plan made on loaded bars is not moved by a later merge."""
        with self.opened() as store:
            store.merge([an_update([1, 2])])
            loaded = store.load()
            before = content_of(loaded)
            store.merge([an_update([2], close=99.0), an_update([1], key=a_key(2))])
            store.discard([a_key()])

            assert content_of(loaded) == before

    def test_prices_come_back_as_the_decimals_that_were_quoted(self) -> None:
        """Not a bit of a float changes, or the exact decision would."""
        quoted = [0.1, 0.30000000000000004, 4.9e-324, 1 / 3, 1e300, 271.5, 0.0001]
        with self.opened() as store:
            for number, price in enumerate(quoted):
                store.merge([an_update([number], close=price)])

            (stored,) = store.load().values()
            assert [price.hex() for price in stored.bars.close.tolist()] == [
                price.hex() for price in quoted
            ]

    def test_hostile_tickers_are_labels_like_any_other(self) -> None:
        """Dots, slashes, device names, surrogates and line ends come back unchanged."""
        named = {n: SeriesKey(n, Granularity.DAY, t) for n, t in enumerate(HOSTILE_TICKERS)}
        with self.opened() as store:
            store.merge([an_update([1], key=key) for key in named.values()])

            assert {key.con_id: key.ticker for key in store.load()} == {
                n: key.ticker for n, key in named.items()
            }

    def test_no_updates_are_no_change(self) -> None:
        """An idle minute costs nothing."""
        with self.opened() as store:
            store.merge([])
            store.discard([])
            assert dict(store.load()) == {}


class TestMemoryBarStore(BarStoreContract):
    """The store that tests and notebooks use."""

    @contextmanager
    def opened(self) -> Iterator[BarStore]:
        yield MemoryBarStore()


class TestParquetBarStore(BarStoreContract):
    """The store on disk, kept open all day."""

    @contextmanager
    def opened(self) -> Iterator[BarStore]:
        with TemporaryDirectory() as folder, ParquetBarStore(Path(folder) / "cache") as store:
            yield store


class TestParquetBarStoreThatIsReopened(BarStoreContract):
    """The store on disk, closed and opened again between any two calls."""

    @contextmanager
    def opened(self) -> Iterator[BarStore]:
        with TemporaryDirectory() as folder:
            yield _Reopened(Path(folder))


@frozen
class _Reopened:
    """A store that exists for one call only."""

    folder: Path

    def load(self) -> Mapping[SeriesKey, StoredSeries]:
        with ParquetBarStore(self.folder) as store:
            return store.load()

    def merge(self, updates: Sequence[SeriesUpdate]) -> None:
        with ParquetBarStore(self.folder) as store:
            store.merge(updates)

    def discard(self, keys: Sequence[SeriesKey]) -> None:
        with ParquetBarStore(self.folder) as store:
            store.discard(keys)

    def problems(self) -> Sequence[str]:
        with ParquetBarStore(self.folder) as store:
            return store.problems()
