"""The sessions that surround what is stored of a holding."""

from datetime import date

import pytest
from tests.builders import bars_at, days, known, nasdaq, slots

from sellcli.compose.sessions import sessions_around
from sellcore.series import StoredSeries

WEEK = nasdaq(date(2022, 5, 16), date(2022, 5, 20))
DAILY = known(bars_at(days(WEEK[:4]), [100.0] * 4))
"""From Monday to Thursday."""
HALF_HOURS = known(bars_at(slots(WEEK[4]), [100.0] * 13))
"""Of Friday."""


@pytest.mark.parametrize("series", [(DAILY, HALF_HOURS), (HALF_HOURS, DAILY)])
def test_sessions_reach_around_the_bars_of_every_series(series: tuple[StoredSeries, ...]) -> None:
    """Days go back for years and half hours for months, whichever is named first."""
    found = sessions_around("NASDAQ:MSFT", series)

    assert set(WEEK) <= set(found)


def test_sessions_reach_beyond_an_instant_where_one_is_named() -> None:
    """The bars have not come yet that it asks about."""
    beyond = nasdaq(date(2022, 6, 1), date(2022, 6, 1))[0]

    assert beyond not in sessions_around("NASDAQ:MSFT", [DAILY])
    assert beyond in sessions_around("NASDAQ:MSFT", [DAILY], beyond=beyond.close)


def test_what_is_not_stored_has_no_sessions() -> None:
    """Nothing is said of an exchange that nobody asked about."""
    assert sessions_around("NOWHERE:X", []) == ()
