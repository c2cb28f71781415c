"""Cutting many series from shared columns, and joining two, without checking every row twice."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS
from sellcore.errors import InvalidValue

_ROWS = st.lists(st.integers(0, 50), max_size=8, unique=True).map(sorted)
_SERIES = _ROWS.map(
    lambda starts: BarSeries(starts, [s + 1 for s in starts], *[[s + 1.5 for s in starts]] * 5)
)


def columns_of(series: list[BarSeries]) -> list[np.ndarray]:
    """Return the columns of all series, one behind the other."""
    empty = BarSeries.empty()
    return [
        np.concatenate([getattr(one, name) for one in (empty, *series)]).copy() for name in COLUMNS
    ]


@given(st.lists(_SERIES, max_size=5))
def test_split_gives_back_the_series_that_were_joined(series: list[BarSeries]) -> None:
    """Empty ones included, wherever they stand."""
    found = BarSeries.split(columns_of(series), [len(one) for one in series])
    assert len(found) == len(series)
    assert all(a.same(b) for a, b in zip(found, series, strict=True))


@given(st.lists(_SERIES, min_size=1, max_size=4), st.data())
def test_split_refuses_what_one_series_would_refuse(
    series: list[BarSeries], data: st.DataObject
) -> None:
    """A wrong price, an end before its start or an overlap, in any series and row."""
    columns, counts = columns_of(series), [len(one) for one in series]
    if not sum(counts):
        return
    row = data.draw(st.integers(0, sum(counts) - 1))
    fault = data.draw(st.sampled_from(["price", "end", "overlap"]))
    if fault == "price":
        columns[data.draw(st.integers(2, 5))][row] = data.draw(
            st.sampled_from([0.0, -1.0, float("nan"), float("inf")])
        )
    elif fault == "end":
        columns[1][row] = columns[0][row]
    else:
        last = int(np.searchsorted(np.cumsum(counts), row, side="right"))
        if row + 1 == sum(counts[: last + 1]):
            return  # the last row of its series has nothing behind it to overlap
        columns[1][row] = columns[0][row + 1] + 1
    with pytest.raises(InvalidValue):
        BarSeries.split(columns, counts)


def test_series_that_are_split_may_overlap_each_other() -> None:
    """They are different instruments."""
    one = BarSeries([5, 6], [6, 7], *[[1.0, 2.0]] * 5)
    assert len(BarSeries.split(columns_of([one, one, one]), [2, 2, 2])) == 3


@pytest.mark.parametrize("counts", [[1], [3], [2, 1], [-1, 3]])
def test_counts_that_do_not_add_up_are_refused(counts: list[int]) -> None:
    """No row is left over, none is missing."""
    one = BarSeries([5, 6], [6, 7], *[[1.0, 2.0]] * 5)
    with pytest.raises(InvalidValue, match="add up to 2"):
        BarSeries.split(columns_of([one]), counts)


def test_what_was_split_or_joined_cannot_be_changed() -> None:
    """Series are shared, so nobody may write into one."""
    one = BarSeries([5, 6], [6, 7], *[[1.0, 2.0]] * 5)
    (split,) = BarSeries.split(columns_of([one]), [2])
    joined = one.then(BarSeries([7], [8], *[[3.0]] * 5))
    for series in (split, joined, one[:1]):
        with pytest.raises(ValueError, match="read-only"):
            series.close[0] = 9.0


@given(_SERIES, _SERIES)
def test_then_joins_what_follows_and_refuses_the_rest(one: BarSeries, other: BarSeries) -> None:
    """A bar that begins before the last one ends does not follow it."""
    if len(one) and len(other) and other.start[0] < one.end[-1]:
        with pytest.raises(InvalidValue):
            one.then(other)
        return
    joined = one.then(other)
    assert [joined.start.tolist(), joined.close.tolist()] == [
        one.start.tolist() + other.start.tolist(),
        one.close.tolist() + other.close.tolist(),
    ]


@given(_SERIES, st.integers(-9, 9), st.integers(-9, 9), st.sampled_from([None, 1, 2]))
def test_a_slice_holds_the_rows_of_its_columns(
    one: BarSeries, low: int, high: int, step: int | None
) -> None:
    """Forward slices stay series."""
    part = one[low:high:step]
    assert part.start.tolist() == one.start.tolist()[low:high:step]
    assert part.volume.tolist() == one.volume.tolist()[low:high:step]


def test_a_slice_that_runs_backwards_is_refused() -> None:
    """Bars are oldest first."""
    one = BarSeries([5, 6], [6, 7], *[[1.0, 2.0]] * 5)
    with pytest.raises(InvalidValue):
        one[::-1]
