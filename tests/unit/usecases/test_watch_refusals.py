"""A series that is refused: not asked for every minute, and not forgotten for an hour."""

import pytest
from tests.builders import MSFT
from tests.desk import FRIDAY, MINUTE, Desk, all_of

from sellcore.request import Cause
from sellcore.timeframe import Granularity

ELEVEN = FRIDAY.open + 90 * MINUTE


@pytest.mark.parametrize("cause", [Cause.REFUSED, Cause.NO_DATA])
def test_refusal_at_a_bars_end_does_not_cost_the_bar(cause: Cause) -> None:
    """A single refusal is over well before the bar's ten minutes are."""
    desk = Desk(FRIDAY.open - 10 * MINUTE)
    desk.clock.at(ELEVEN, lambda: desk.feed.told.fail(MSFT, Granularity.HALF_HOUR, cause))

    desk.watch(until=FRIDAY.close + 5 * MINUTE)

    assert desk.outcomes()[-7:] == all_of("hold")


def test_series_that_is_refused_for_good_is_asked_for_now_and_then() -> None:
    """Nobody hammers the broker for what it does not give; three other minutes are left out."""
    desk = Desk(FRIDAY.open - 10 * MINUTE)
    for _ in range(500):
        desk.feed.told.fail(MSFT, Granularity.HALF_HOUR, Cause.REFUSED)

    desk.watch(until=FRIDAY.open + 60 * MINUTE)

    asked = [r for r in desk.feed.asked if r.granularity is Granularity.HALF_HOUR]
    assert 60 / 4 <= len(asked) <= 70 / 3 + 1
