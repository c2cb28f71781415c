"""What one bar is decided on, and why it cannot be had yet."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import bars_at, known, rule
from tests.plan_builders import ELEVEN, FRIDAY, HALF_HOURS, MINUTE, NOW, a_holding

from sellcore.bar_reading import Reading, Unreadable, read_bar
from sellcore.coverage import Coverage
from sellcore.due import DueBar
from sellcore.instant import to_epoch
from sellcore.series import StoredSeries
from sellcore.snapshot import Holding
from sellcore.split_guard import Sighting
from sellcore.timeframe import Granularity

HALF_HOUR = timedelta(minutes=30)
BAR = DueBar(ELEVEN, NOW, ELEVEN + 10 * MINUTE, closes_session=False)
STORED = HALF_HOURS.stored(NOW)


def holding(stored: StoredSeries = STORED, **changes: object) -> Holding:
    return evolve(a_holding(NOW), **{"series": {Granularity.HALF_HOUR: stored}} | changes)


def reason(held: Holding) -> str:
    found = read_bar(held, rule("SMA,5,1H"), BAR)
    assert isinstance(found, Unreadable), found
    return found.reason


def test_bars_end_with_the_one_to_decide() -> None:
    """Hours of every session so far, none of them forming, and no gap."""
    found = read_bar(holding(), rule("SMA,5,1H"), BAR)

    assert isinstance(found, Reading)
    assert found.bars.end[-1] == to_epoch(ELEVEN)
    assert len(found.bars) == 4 * 7 + 2  # Monday to Thursday, and two of Friday's
    assert found.gap is None


def test_reason_tells_what_the_broker_last_said() -> None:
    """A bar that cannot be had, because nothing answers, is told with its cause."""
    told = {Granularity.HALF_HOUR: "no answer within 60 s"}

    assert reason(holding(series={}, unanswered=told)) == (
        "no bars of it are stored; no answer within 60 s"
    )


@pytest.mark.parametrize("granularity", Granularity)
def test_request_without_an_answer_stops_no_bar_that_is_there(granularity: Granularity) -> None:
    """It was read before, and final."""
    told = {granularity: "no answer within 60 s"}

    assert isinstance(read_bar(holding(unanswered=told), rule("SMA,5,1H"), BAR), Reading)


def test_other_series_without_an_answer_is_not_the_cause() -> None:
    """An hour does not wait for daily bars."""
    told = {Granularity.DAY: "no answer within 60 s"}

    assert reason(holding(series={}, unanswered=told)) == "no bars of it are stored"


def test_bars_of_two_scales_are_not_decided_on() -> None:
    """The account shows two for one, and the bars halve at the open."""
    halved = [100.0 if bar.start < FRIDAY.open else 50.0 for bar in STORED.bars]
    bars = bars_at([(bar.start, bar.end) for bar in STORED.bars], halved)

    found = reason(holding(StoredSeries(bars, STORED.coverage), sighting=Sighting(split=2.0)))

    assert "the account shows a split of 2 for 1" in found


def test_bars_that_make_up_no_hours_stop_nobody_else() -> None:
    """They come as a reason for this one holding, not as an error for all."""
    quarter = timedelta(minutes=15)
    odd = [(FRIDAY.open, FRIDAY.open + HALF_HOUR + quarter), (ELEVEN - quarter, ELEVEN)]

    found = reason(holding(known(bars_at(odd, [1.0, 2.0]))))

    assert "spans the edge of an hour" in found


def test_half_hour_of_which_the_hour_is_not_known_is_waited_for() -> None:
    """The only one that is stored: no hour can be made of it."""
    half = known(bars_at([(ELEVEN - HALF_HOUR, ELEVEN)], [1.0]))

    assert reason(holding(half)) == "not all of the bar that ends 2022-05-20T15:00:00Z is known"


def test_half_hour_that_ends_the_hour_must_be_there_to_the_last_second() -> None:
    """One that ends a second before is another bar."""
    early = known(bars_at([(ELEVEN - HALF_HOUR, ELEVEN - timedelta(seconds=1))], [1.0]))

    assert reason(holding(early)).startswith("no bar that ends 2022-05-20T15:00:00Z has come")


def test_bar_is_final_only_where_all_of_it_is_covered() -> None:
    """Coverage that begins in the middle of it has not seen its first trades."""
    start, end = to_epoch(ELEVEN - HALF_HOUR), to_epoch(ELEVEN)
    beyond = Coverage(((start + 1, end + 1800),))

    found = reason(holding(StoredSeries(STORED.bars, STORED.coverage - Coverage(((start, end),)))))
    late = reason(holding(StoredSeries(STORED.bars, beyond)))

    assert found == late == "the bar that ends 2022-05-20T15:00:00Z is not final yet"
