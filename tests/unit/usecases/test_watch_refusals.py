"""A series that is refused: not asked for every minute, and not forgotten for an hour."""

import pytest
from tests.builders import AAPL, MSFT, rule
from tests.desk import FRIDAY, MINUTE, Desk, all_of

from sellcore.request import Cause
from sellcore.timeframe import Granularity
from sellcore.usecases.bars import update_bars

ELEVEN = FRIDAY.open + 90 * MINUTE


@pytest.mark.parametrize("cause", [Cause.REFUSED, Cause.NO_DATA])
def test_refusal_at_a_bars_end_does_not_cost_the_bar(cause: Cause) -> None:
    """A single refusal is over well before the bar's ten minutes are."""
    desk = Desk(FRIDAY.open - 10 * MINUTE)
    desk.clock.at(ELEVEN, lambda: desk.feed.told.fail(MSFT, Granularity.HALF_HOUR, cause))

    desk.watch(until=FRIDAY.close + 5 * MINUTE)

    assert desk.outcomes()[-7:] == all_of("hold")


def test_refusal_from_the_future_does_not_count() -> None:
    """Three minutes are left out at most; what says more is of a clock that was set back."""
    desk = Desk(FRIDAY.open - 10 * MINUTE)
    state = desk.watch(FRIDAY.open + 5 * MINUTE)
    (key,) = [k for k in state.feed.series if k.granularity is Granularity.HALF_HOUR]
    desk.true.moment = FRIDAY.open + 40 * MINUTE

    for ahead, asked in ((2 * MINUTE, 0), (3 * MINUTE, 0), (4 * MINUTE, 1), (120 * MINUTE, 1)):
        desk.feed.asked.clear()
        state.feed.not_before = {key: desk.clock.now() + ahead}
        update_bars(desk.ports(), state, desk.terms(FRIDAY.close))
        assert sum(r.granularity is key.granularity for r in desk.feed.asked) == asked


def test_words_of_a_refusal_go_with_it() -> None:
    """Once it has answered, nothing is said of it any more, and the next one is told again."""
    desk = Desk(FRIDAY.open - 10 * MINUTE)
    for minutes in (91, 151):
        moment = FRIDAY.open + minutes * MINUTE
        desk.clock.at(
            moment, lambda: desk.feed.told.fail(MSFT, Granularity.HALF_HOUR, Cause.REFUSED)
        )

    state = desk.watch(FRIDAY.open + 180 * MINUTE)

    assert state.feed.unanswered == {}
    assert len([text for text in desk.alerts if "refused" in text]) == 2


def test_series_that_is_refused_for_good_is_asked_for_now_and_then() -> None:
    """Nobody hammers the broker for what it does not give; three other minutes are left out."""
    desk = Desk(FRIDAY.open - 10 * MINUTE)
    for _ in range(500):
        desk.feed.told.fail(MSFT, Granularity.HALF_HOUR, Cause.REFUSED)

    desk.watch(until=FRIDAY.open + 60 * MINUTE)

    asked = [r for r in desk.feed.asked if r.granularity is Granularity.HALF_HOUR]
    assert 60 / 4 <= len(asked) <= 70 / 3 + 1


def test_two_series_that_are_refused_are_told_once_each() -> None:
    """Every few minutes anew for the same reason, which is no news."""
    desk = Desk(FRIDAY.open - 10 * MINUTE, {"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    for instrument in [MSFT, AAPL] * 100:
        desk.feed.told.fail(instrument, Granularity.HALF_HOUR, Cause.REFUSED)

    desk.watch(until=FRIDAY.open + 20 * MINUTE)

    told = [text for text in desk.alerts if "refused" in text]
    assert len(told) == len(set(told)) == 2
