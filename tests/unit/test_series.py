"""Stored series: which bars are closed, and how updates are applied."""

from datetime import date

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import bars_at, key, known, new_york, slots

from sellcore.aggregation import aggregate
from sellcore.bar import Bar, BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, apply, closed, upsert
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays

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


# What is kept with a series, so that a minute costs little.

THURSDAY, FRIDAY = new_york(date(2022, 5, 19)), new_york(date(2022, 5, 20))
DAYS = TradingDays([THURSDAY, FRIDAY])
FORMING = StoredSeries(BARS[:4], known(BARS[:3]).coverage)
VALUES = (7.0, 9.0, 6.0, 8.0, 50.0)


@pytest.mark.parametrize(
    ("intervals", "rows"),
    [
        ([(1, 2), (3, 4)], [1, 3]),
        ([(0, 2), (5, 7), (9, 13)], [0, 1, 5, 6, 9, 10, 11, 12]),
        ([(4, 5)], [4]),
    ],
)
def test_intervals_that_hold_their_bars_just_so_close_them(
    intervals: list[tuple[int, int]], rows: list[int]
) -> None:
    """To the second at both ends; one second less at either end is not all of a bar."""
    edges = [(int(BARS.start[low]), int(BARS.end[high - 1])) for low, high in intervals]

    assert closed(BARS, Coverage(tuple(edges))).same(BARS[rows])
    for late, early in ((1, 0), (0, 1)):
        less = Coverage(tuple((low + late, high - early) for low, high in edges))
        ends = {low if late else high - 1 for low, high in intervals}
        assert closed(BARS, less).same(BARS[[row for row in rows if row not in ends]])


def test_hours_are_made_once_for_the_same_sessions() -> None:
    """The next call has them at hand; for other sessions they are made anew."""
    stored = known(BARS)
    holiday = TradingDays([THURSDAY])

    hours = stored.hours(DAYS)

    assert hours.same(aggregate(BARS, DAYS, stored.coverage))
    assert len(hours) == 7
    assert stored.hours(DAYS) is hours
    assert len(stored.hours(holiday)) == 0
    assert stored.hours(DAYS).same(hours)


def test_what_is_kept_with_a_series_is_no_part_of_it() -> None:
    """Two that hold the same are equal and look the same, whatever was asked of them."""
    stored = known(BARS[:2])
    asked = StoredSeries(stored.bars, stored.coverage)
    asked.hours(DAYS)

    assert asked == stored
    assert repr(asked) == repr(stored)


@pytest.mark.parametrize("coverage", [FORMING.coverage, Coverage()])
def test_forming_bar_that_moves_leaves_what_is_closed_as_it_is(coverage: Coverage) -> None:
    """Neither the closed bars nor the hours are made again."""
    before = StoredSeries(FORMING.bars, coverage)
    kept, hours = before.closed, before.hours(DAYS)

    after = before.with_forming(VALUES)

    assert list(after.bars)[-1] == Bar(*SLOTS[3], *VALUES)
    assert after.bars[:-1].same(before.bars[:-1])
    assert after.coverage == coverage
    assert after.closed is kept
    assert after.hours(DAYS) is hours


@pytest.mark.parametrize("beyond", [0, 600])
def test_last_bar_that_is_closed_moves_with_its_hour(beyond: int) -> None:
    """It did not form any more: what was kept of it does not hold."""
    first, last = int(BARS.start[0]), int(BARS.end[2])
    before = StoredSeries(BARS[:3], Coverage(((first, last + beyond),)))
    assert before.closed.close[-1] == 102.0
    assert before.hours(DAYS).close.tolist() == [100.0, 102.0]

    after = before.with_forming(VALUES)

    assert after.closed.close.tolist() == [100.0, 101.0, 8.0]
    assert after.hours(DAYS).close.tolist() == [100.0, 8.0]
