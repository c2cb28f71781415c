"""What a broker's answer is worth, case by case."""

from datetime import date, datetime, timedelta

import numpy as np
import pytest
from tests.builders import HALF_HOUR, an_answer, new_york, slots

from sellcore.instant import iso, to_epoch
from sellcore.intake import take_in
from sellcore.policy import Policy
from sellcore.timeframe import Granularity

POLICY = Policy(settle=timedelta(seconds=10), closing_settle=timedelta(seconds=60))
FRIDAY, MONDAY = new_york(date(2022, 5, 20)), new_york(date(2022, 5, 23))
HALF_DAY = new_york(date(2022, 11, 25), "13:00")
OPEN, CLOSE = FRIDAY.open, FRIDAY.close
SECOND = timedelta(seconds=1)


def ends(bars: object) -> list[str]:
    return [iso(bar.end)[11:16] for bar in bars]  # type: ignore[attr-defined]


def test_half_hours_are_stamped_with_their_start() -> None:
    """A stamp at 13:30 is the bar until 14:00."""
    intake = take_in(an_answer(CLOSE, [(OPEN, 10.5)]), [FRIDAY], POLICY)

    (bar,) = intake.series.bars
    assert (bar.start, bar.end) == (OPEN, OPEN + HALF_HOUR)
    assert (bar.open, bar.high, bar.low, bar.close, bar.volume) == (10.5, 10.5, 10.5, 10.5, 100)
    assert intake.dropped == ()


@pytest.mark.parametrize("session", [FRIDAY, HALF_DAY])
def test_daily_bar_lasts_as_long_as_its_session(session: object) -> None:
    """A half day's bar ends at its early close."""
    assert isinstance(session, type(FRIDAY))
    answer = an_answer(session.close, [(session.day, 10.5)], Granularity.DAY)

    (bar,) = take_in(answer, [FRIDAY, HALF_DAY], POLICY).series.bars

    assert (bar.start, bar.end) == (session.open, session.close)


def test_last_half_hour_ends_with_its_session() -> None:
    """A close that is not at a half hour cuts its bar short."""
    early = new_york(FRIDAY.day, "12:45")
    stamp = early.close - timedelta(minutes=15)

    (bar,) = take_in(an_answer(CLOSE, [(stamp, 1.0)]), [early], POLICY).series.bars

    assert (bar.start, bar.end) == (stamp, early.close)


@pytest.mark.parametrize(
    ("late", "closed"),
    [(-SECOND, 0), (0 * SECOND, 0), (9 * SECOND, 0), (10 * SECOND, 1), (timedelta(minutes=29), 1)],
)
def test_bar_is_final_once_it_was_read_settle_after_its_end(late: timedelta, closed: int) -> None:
    """Not before, whatever a later bar says."""
    end = OPEN + HALF_HOUR
    answer = an_answer(end + late, [(OPEN, 1.0), (end, 2.0)])

    assert len(take_in(answer, [FRIDAY], POLICY).series.closed) == closed


@pytest.mark.parametrize(("late", "closed"), [(10 * SECOND, 0), (59 * SECOND, 0), (60 * SECOND, 1)])
@pytest.mark.parametrize("granularity", Granularity)
def test_bar_that_ends_a_session_settles_longer(
    late: timedelta, closed: int, granularity: Granularity
) -> None:
    """The closing auction prints late."""
    stamp = FRIDAY.day if granularity is Granularity.DAY else CLOSE - HALF_HOUR
    answer = an_answer(CLOSE + late, [(stamp, 1.0)], granularity)

    assert len(take_in(answer, [FRIDAY, MONDAY], POLICY).series.closed) == closed


def test_half_days_last_bar_settles_longer_too() -> None:
    """A bar that ends at 13:00 ends the session on a half day, and no other day."""
    stamp, read = HALF_DAY.close - HALF_HOUR, HALF_DAY.close + 30 * SECOND
    full = new_york(HALF_DAY.day)

    assert len(take_in(an_answer(read, [(stamp, 1.0)]), [HALF_DAY], POLICY).series.closed) == 0
    assert len(take_in(an_answer(read, [(stamp, 1.0)]), [full], POLICY).series.closed) == 1


def test_fraction_of_a_second_does_not_make_a_bar_final() -> None:
    """9.999 seconds are not yet ten."""
    read = OPEN + HALF_HOUR + timedelta(seconds=9, microseconds=999_999)

    assert len(take_in(an_answer(read, [(OPEN, 1.0)]), [FRIDAY], POLICY).series.closed) == 0


def test_what_lies_behind_the_last_final_bar_is_not_known() -> None:
    """Hours after it, a bar that has not come may still be late."""
    answer = an_answer(CLOSE, [(start, 1.0) for start, _ in slots(FRIDAY)[:3]])

    series = take_in(answer, [FRIDAY], POLICY).series

    assert series.coverage.intervals == ((to_epoch(OPEN), to_epoch(OPEN + 3 * HALF_HOUR)),)


def test_where_no_bar_is_before_the_last_final_one_nothing_was_traded() -> None:
    """Inside what is known a missing bar is no gap."""
    answer = an_answer(CLOSE, [(slots(FRIDAY)[n][0], 1.0) for n in (0, 1, 5)])

    series = take_in(answer, [FRIDAY], POLICY).series

    assert series.coverage.contains(to_epoch(OPEN), to_epoch(OPEN + 6 * HALF_HOUR))
    assert len(series.closed) == 3


@pytest.mark.parametrize("told", [(3, 0, 4, 2, 1), (4, 3, 2, 1, 0), (0, 2, 1, 3, 4), (1, 0)])
def test_unsorted_stamps_are_put_in_order(told: tuple[int, ...]) -> None:
    """The order of an answer means nothing, though it begin and end as it should."""
    starts = [start for start, _ in slots(FRIDAY)[:5]]
    answer = an_answer(CLOSE, [(starts[n], 10.0 + n) for n in told])

    series = take_in(answer, [FRIDAY], POLICY).series

    assert series.closed.close.tolist() == [10.0 + n for n in range(len(told))]


@pytest.mark.parametrize("told", [(0, 1, 0), (0, 0, 1), (0, 1, 1), (0, 0), (1, 1, 0, 1, 0)])
def test_of_a_bar_that_is_told_twice_the_last_word_stands(told: tuple[int, ...]) -> None:
    """A duplicate stamp is one bar, wherever it comes."""
    answer = an_answer(CLOSE, [(slots(FRIDAY)[n][0], 10.0 + row) for row, n in enumerate(told)])
    last = {n: 10.0 + row for row, n in enumerate(told)}

    closes = take_in(answer, [FRIDAY], POLICY).series.closed.close.tolist()

    assert closes == [last[n] for n in sorted(last)]


def test_of_many_bars_that_are_told_again_and_again_the_last_words_stand() -> None:
    """A whole day, thrice over."""
    day = [start for start, _ in slots(FRIDAY)]
    answer = an_answer(MONDAY.close, [(start, price) for price in (1.0, 2.0, 3.0) for start in day])

    assert take_in(answer, [FRIDAY], POLICY).series.closed.close.tolist() == [3.0] * 13


@pytest.mark.parametrize(
    "price", [0.0, -1.0, np.nan, np.inf, -np.inf, 1.7976931348623157e308, 1e13, 1e-320]
)
@pytest.mark.parametrize("column", ["open", "high", "low", "close"])
def test_bar_without_a_usable_price_leaves_a_hole_in_what_is_known(
    price: float, column: str
) -> None:
    """It traded, at a price we cannot read: that is not the same as no trade."""
    starts = [start for start, _ in slots(FRIDAY)[:4]]
    answer = an_answer(
        CLOSE, [(start, 10.0) for start in starts], **{column: [10.0, price, 10.0, 10.0]}
    )

    intake = take_in(answer, [FRIDAY], POLICY)

    assert ends(intake.series.closed) == ["14:00", "15:00", "15:30"]
    assert not intake.series.coverage.contains(to_epoch(starts[1]), to_epoch(starts[2]))
    assert intake.dropped == ("1 bars have a price that no share can have and are left out",)


@pytest.mark.parametrize(
    "stamp",
    [
        OPEN - HALF_HOUR,
        CLOSE,
        CLOSE + 5 * HALF_HOUR,
        datetime.combine(date(2022, 5, 21), OPEN.timetz()),
        MONDAY.close,
        OPEN - timedelta(days=4000),
    ],
)
def test_bars_outside_every_session_are_left_out_and_told(stamp: datetime) -> None:
    """Nights, weekends, and days that no session is known of."""
    answer = an_answer(MONDAY.close, [(stamp, 99.0), (OPEN, 10.0)])

    intake = take_in(answer, [FRIDAY, MONDAY], POLICY)

    assert ends(intake.series.bars) == ["14:00"]
    assert intake.dropped == ("1 bars lie outside every known session and are left out",)


def test_bar_outside_every_session_is_told_as_that_whatever_its_price() -> None:
    """Once: what it cost there does not matter."""
    answer = an_answer(MONDAY.close, [(OPEN - HALF_HOUR, 0.0), (OPEN, 10.0)])

    intake = take_in(answer, [FRIDAY, MONDAY], POLICY)

    assert intake.dropped == ("1 bars lie outside every known session and are left out",)


@pytest.mark.parametrize("day", [date(2022, 5, 21), date(2022, 5, 19), date(2022, 5, 24)])
def test_daily_bar_of_a_day_without_a_session_is_left_out(day: date) -> None:
    """A Saturday has no bar, and a day nobody knows of neither."""
    answer = an_answer(MONDAY.close, [(day, 99.0), (FRIDAY.day, 10.0)], Granularity.DAY)

    intake = take_in(answer, [FRIDAY, MONDAY], POLICY)

    assert [bar.close for bar in intake.series.bars] == [10.0]
    assert len(intake.dropped) == 1


@pytest.mark.parametrize("minutes", [1, 7, 29, 31])
def test_answer_with_bars_of_another_size_is_not_used(minutes: int) -> None:
    """Where one stamp begins no half hour, those that do may be minutes all the same."""
    odd = OPEN + timedelta(minutes=minutes)
    answer = an_answer(CLOSE, [*((start, 10.0) for start, _ in slots(FRIDAY)[:4]), (odd, 99.0)])

    intake = take_in(answer, [FRIDAY], POLICY)

    assert len(intake.series.bars) == 0
    assert not intake.series.coverage
    assert intake.dropped == (
        "1 bars begin at no half hour: they are of another size, and nothing of the answer is used",
    )


def test_session_that_opens_between_half_hours_has_a_short_first_bar() -> None:
    """Mumbai opens at a quarter past: its first stamp is the open."""
    mumbai = type(FRIDAY)(
        FRIDAY.day,
        datetime.fromisoformat("2022-05-20T09:15+05:30"),
        datetime.fromisoformat("2022-05-20T15:30+05:30"),
        "Asia/Kolkata",
    )
    stamps = [mumbai.open, mumbai.open + timedelta(minutes=15)]

    series = take_in(an_answer(CLOSE, [(s, 1.0) for s in stamps]), [mumbai], POLICY).series

    assert [(bar.end - bar.start) // timedelta(minutes=1) for bar in series.closed] == [15, 30]


@pytest.mark.parametrize("volume", [np.nan, -1.0, np.inf])
def test_volume_that_was_not_told_is_none(volume: float) -> None:
    """No decision rests on it, and a NaN would never equal itself at the next reading."""
    answer = an_answer(CLOSE, [(OPEN, 10.0)], volume=[volume])

    intake = take_in(answer, [FRIDAY], POLICY)

    assert intake.series.closed.volume.tolist() == [0.0]


@pytest.mark.parametrize("volume", [0.0, 0.25, 1.0, 5e8])
def test_volume_that_was_told_is_kept(volume: float) -> None:
    """Less than a share too: fractions trade."""
    answer = an_answer(CLOSE, [(OPEN, 10.0)], volume=[volume])

    assert take_in(answer, [FRIDAY], POLICY).series.closed.volume.tolist() == [volume]


@pytest.mark.parametrize(
    ("price", "usable"), [(1e-9, True), (9e-10, False), (1e12, True), (1e12 + 1, False)]
)
def test_prices_end_at_a_billionth_and_a_million_millions(price: float, usable: bool) -> None:
    """Both are prices still."""
    series = take_in(an_answer(CLOSE, [(OPEN, price)]), [FRIDAY], POLICY).series

    assert len(series.bars) == usable


def test_nothing_comes_of_nothing() -> None:
    """No bars, or no sessions to put them in."""
    for answer, sessions in (
        (an_answer(CLOSE, []), [FRIDAY]),
        (an_answer(CLOSE, [(OPEN, 1.0)]), []),
    ):
        series = take_in(answer, sessions, POLICY).series
        assert len(series.bars) == 0
        assert not series.coverage


def test_answer_from_before_the_first_close_is_wholly_unknown() -> None:
    """On its first day a stock has a forming bar and nothing else."""
    series = take_in(an_answer(OPEN + 5 * SECOND, [(OPEN, 1.0)]), [FRIDAY], POLICY).series

    assert len(series.bars) == 1
    assert not series.coverage


def test_bar_stamped_in_the_future_is_not_final() -> None:
    """Our clock, or the broker's, is wrong; either way it has not closed."""
    answer = an_answer(OPEN, [(OPEN + 4 * HALF_HOUR, 1.0)])

    assert len(take_in(answer, [FRIDAY], POLICY).series.closed) == 0
