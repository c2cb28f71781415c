"""The times of a series: whole seconds since 1970 UTC, whatever they are given as."""

import numpy as np
import pytest

from sellcore import BarSeries
from sellcore.errors import InvalidValue

STARTS = 1_653_053_400 + 1_800 * np.arange(3)


def series(starts: object, ends: object) -> BarSeries:
    return BarSeries(starts, ends, *[[10.0] * 3] * 4, [5.0] * 3)


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_numpy_times_are_read_in_their_own_unit(unit: str) -> None:
    """Seconds, or thousandths and less of them, as pandas has them: the same bars."""
    starts, ends = (
        each.astype("datetime64[s]").astype(f"datetime64[{unit}]")
        for each in (STARTS, STARTS + 1_800)
    )

    assert series(starts, ends).same(series(STARTS, STARTS + 1_800))


def test_a_table_of_pandas_is_read_as_it_stands() -> None:
    """Its index of times, given for the starts of bars."""
    pandas = pytest.importorskip("pandas")
    index = pandas.to_datetime(STARTS, unit="s")

    found = series(index, index + pandas.Timedelta(minutes=30))

    assert found.start.tolist() == STARTS.tolist()


@pytest.mark.parametrize(
    ("starts", "line"),
    [
        (STARTS * 1_000, "lies behind the year 9999; give seconds since 1970 UTC"),
        (STARTS + 0.5, "not a whole second"),
        (np.array(["2022-05-20", "NaT", "2022-05-21"], "datetime64[s]"), "no time"),
        (np.array([object()] * 3), "no whole second since 1970 UTC; give numbers"),
    ],
    ids=["milliseconds", "half seconds", "no time", "objects"],
)
def test_what_is_no_whole_second_is_refused(starts: np.ndarray, line: str) -> None:
    """Never taken for another time."""
    ends = STARTS + 1_800 if starts.dtype == object else starts + (starts[2] - starts[0])

    with pytest.raises(InvalidValue, match=line):
        series(starts, ends)


def test_a_series_is_told_in_a_line() -> None:
    """How many bars, and from when to when: a notebook shows it."""
    found = series(STARTS, STARTS + 1_800)

    assert repr(found) == "BarSeries(3 bars, 2022-05-20T13:30:00Z to 2022-05-20T15:00:00Z)"
    assert repr(BarSeries.empty()) == "BarSeries(no bars)"
