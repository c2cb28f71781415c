"""Coverage is a set of seconds; the laws of sets hold for it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue

intervals = st.tuples(st.integers(0, 30), st.integers(0, 30)).map(lambda pair: tuple(sorted(pair)))
coverages = st.lists(intervals, max_size=6).map(tuple).map(Coverage)


def seconds(coverage: Coverage) -> set[int]:
    return {second for low, high in coverage.intervals for second in range(low, high)}


@given(st.lists(intervals, max_size=6))
def test_intervals_are_kept_apart_and_in_order(given_intervals: list[tuple[int, int]]) -> None:
    """However it was told, the same seconds are the same coverage, in the fewest intervals."""
    coverage = Coverage(tuple(given_intervals))

    edges = [edge for interval in coverage.intervals for edge in interval]
    assert edges == sorted(set(edges))
    assert seconds(coverage) == {s for low, high in given_intervals for s in range(low, high)}


@given(coverages, coverages)
def test_union_covers_what_either_does(one: Coverage, other: Coverage) -> None:
    """Order does not matter."""
    assert seconds(one | other) == seconds(one) | seconds(other)
    assert one | other == other | one


@given(coverages, coverages)
def test_difference_covers_what_only_the_first_does(one: Coverage, other: Coverage) -> None:
    """What is taken away is gone, and nothing else."""
    assert seconds(one - other) == seconds(one) - seconds(other)


@given(coverages, intervals.filter(lambda pair: pair[0] < pair[1]))
def test_interval_is_contained_when_all_of_it_is_covered(
    coverage: Coverage, interval: tuple[int, int]
) -> None:
    """A part that is not known is enough to say no."""
    assert coverage.contains(*interval) == (set(range(*interval)) <= seconds(coverage))


@given(coverages)
def test_end_of_what_is_known(coverage: Coverage) -> None:
    """The instant after the last covered second, or nothing."""
    assert coverage.until == max((s + 1 for s in seconds(coverage)), default=None)
    assert bool(coverage) == bool(seconds(coverage))


def test_intervals_that_touch_are_one() -> None:
    """[0, 5) and [5, 9) leave no second out."""
    assert Coverage(((5, 9), (0, 5))).intervals == ((0, 9),)


def test_interval_that_runs_backwards_is_refused() -> None:
    """A mistake of the caller is not taken for an empty interval."""
    with pytest.raises(InvalidValue, match="runs backwards: 9 to 5"):
        Coverage(((9, 5),))
