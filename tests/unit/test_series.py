"""Stored series: which bars are closed, and how updates are applied."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import bars_at, key, known, new_york, slots

from sellcore.bar import Bar, BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, apply, closed, upsert
from sellcore.timeframe import Granularity

SLOTS = slots(new_york(date(2022, 5, 20)))
BARS = bars_at(SLOTS, [100.0 + n for n in range(len(SLOTS))])
rows = st.dictionaries(st.integers(0, 12), st.floats(1.0, 2.0), max_size=13)
edges = st.lists(st.tuples(st.integers(-1, 27), st.integers(-1, 27)).map(sorted), max_size=4)


def bars_of(prices: dict[int, float]) -> BarSeries:
    return bars_at([SLOTS[n] for n in sorted(prices)], [prices[n] for n in sorted(prices)])


def test_series_is_named_by_contract_and_granularity() -> None:
    """A ticker may change; the series stays the same."""
    renamed = evolve(key(), ticker="NYSE:NEW")

    assert renamed == key()
    assert hash(renamed) == hash(key())
    assert key(Granularity.DAY) != key()
    assert SeriesKey(1, Granularity.HALF_HOUR, key().ticker) != key()
    assert str(key()) == "NASDAQ:MSFT:30m"


@given(rows, edges)
def test_closed_bars_lie_inside_coverage_as_a_whole(
    prices: dict[int, float], intervals: list[list[int]]
) -> None:
    """Not with their end alone, and not across a gap."""
    first, quarter = int(BARS.start[0]), 900
    coverage = Coverage(tuple((first + a * quarter, first + b * quarter) for a, b in intervals))

    found = closed(bars_of(prices), coverage)

    covered = {s for a, b in coverage.intervals for s in range(a, b, quarter)}
    assert [(bar.start, bar.close) for bar in found] == [
        (SLOTS[n][0], prices[n])
        for n in sorted(prices)
        if {first + 2 * n * quarter, first + (2 * n + 1) * quarter} <= covered
    ]


def test_series_without_coverage_has_no_closed_bars() -> None:
    """Stored is not final."""
    assert len(StoredSeries(BARS, Coverage()).closed) == 0
    assert len(StoredSeries(BarSeries.empty(), known(BARS).coverage).closed) == 0


@given(rows, rows)
def test_upsert_replaces_by_start_and_keeps_the_rest(
    old: dict[int, float], new: dict[int, float]
) -> None:
    """As a dictionary's update does."""
    assert upsert(bars_of(old), bars_of(new)).same(bars_of(old | new))


def test_bars_that_overlap_without_replacing_are_refused() -> None:
    """Two readings of one time cannot stand side by side."""
    odd = bars_at([(from_epoch(int(BARS.start[3]) + 60), SLOTS[3][1])], [1.0])

    with pytest.raises(InvalidValue, match="in order and apart"):
        upsert(BARS, odd)


def test_update_of_nothing_stored_is_stored_as_it_is() -> None:
    """The first bars of a series."""
    update = SeriesUpdate(key(), BARS, known(BARS).coverage)

    assert apply(None, update) == StoredSeries(update.bars, update.coverage)


@given(rows, rows, st.booleans())
def test_update_is_applied_as_it_says(
    old: dict[int, float], new: dict[int, float], whole: bool
) -> None:
    """In place of all that was stored, or into it; its coverage is the whole one either way."""
    coverage = Coverage(((0, 1),))
    stored = known(bars_of(old))

    after = apply(stored, SeriesUpdate(key(), bars_of(new), coverage, replaces_all=whole))

    assert after.bars.same(bars_of(new if whole else old | new))
    assert after.coverage == coverage


def test_bar_of_a_series_is_read_back_as_it_was_given() -> None:
    """Value for value."""
    bar = Bar(*SLOTS[0], 1.1, 2.2, 1.05, 1.7, 12.0)

    assert list(BarSeries.of([bar])) == [bar]
