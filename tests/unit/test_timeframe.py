"""How timeframes are read and written."""

import pytest

from sellcore.errors import InvalidValue
from sellcore.timeframe import SOURCE, Granularity, Timeframe, parse_timeframe


@pytest.mark.parametrize("text", ["1H", "H", "1h", "h", "60m", "60M", " 1h ", "1hour", "hourly"])
def test_hours_are_read_as_people_spell_them(text: str) -> None:
    """Every common spelling of an hour is the hourly timeframe."""
    assert parse_timeframe(text) is Timeframe.HOUR


@pytest.mark.parametrize("text", ["D", "1D", "d", "1d", "Day", " daily\n"])
def test_days_are_read_as_people_spell_them(text: str) -> None:
    """Every common spelling of a day is the daily timeframe."""
    assert parse_timeframe(text) is Timeframe.DAY


@pytest.mark.parametrize("text", ["", " ", "2H", "4h", "W", "1 H", "30m", "D1", "\uff11H"])
def test_other_timeframes_are_refused_with_the_two_there_are(text: str) -> None:
    """A refusal names what was met and what is known."""
    with pytest.raises(InvalidValue, match=r"^timeframe '.*' is not one of 1H, D$"):
        parse_timeframe(text)


@pytest.mark.parametrize("timeframe", Timeframe)
def test_what_is_written_is_read_back(timeframe: Timeframe) -> None:
    """The one spelling that is written is also read."""
    assert parse_timeframe(str(timeframe)) is timeframe


def test_spellings_of_the_design() -> None:
    """1H and D are written; 30m and 1d are stored."""
    assert [str(each) for each in (*Timeframe, *Granularity)] == ["1H", "D", "30m", "1d"]


def test_hours_come_from_half_hours() -> None:
    """No hourly bar is ever fetched."""
    assert {
        Timeframe.HOUR: Granularity.HALF_HOUR,
        Timeframe.DAY: Granularity.DAY,
    } == SOURCE
