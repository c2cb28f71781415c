"""How far back is asked for where sessions are short, or few are known."""

from datetime import date, timedelta

import pytest
from tests.builders import MSFT, a_session, bars_at, known, rule, spans

from sellcore.history import backfill, reaches_back, refresh
from sellcore.policy import Policy
from sellcore.request import BarRequest
from sellcore.session import Session
from sellcore.timeframe import Granularity

MINUTE = timedelta(minutes=1)


def asked(requests: tuple[BarRequest, ...]) -> dict[Granularity, str]:
    return {request.granularity: str(request.duration) for request in requests}


def short_days(*hours: int) -> list[Session]:
    """Return a session for each day up to the third of June, so many hours long."""
    last = date(2022, 6, 3)
    return [
        a_session(last - timedelta(days=ago), "Etc/UTC", "10:00", f"{10 + count}:00")
        for ago, count in reversed(list(enumerate(reversed(hours))))
    ]


@pytest.mark.parametrize(
    ("hours", "expected"),
    [
        ([1] * 100 + [7], "64 D"),  # 50 bars and a quarter, and today
        ([1] * 100 + [5, 7], "60 D"),
        ([5] + [1] * 62 + [7], "64 D"),
        ([1] * 39 + [7], "40 D"),
        ([3, 2] + [1] * 37 + [7], "40 D"),
        ([1] * 20 + [7], "31 D"),
    ],
)
def test_days_are_counted_back_from_yesterday_until_their_hours_suffice(
    hours: list[int], expected: str
) -> None:
    """Today's count for nothing; where the calendar ends, so does the count."""
    sessions = short_days(*hours)

    found = backfill(MSFT, [rule("SMA,50,1H")], sessions, sessions[-1].open)

    assert asked(found)[Granularity.HALF_HOUR] == expected


def test_no_more_than_the_brokers_maximum_is_asked_for_at_once() -> None:
    """An exchange that opens for an hour a day cannot fill EMA(200) at once."""
    sessions = short_days(*[1] * 1000)

    found = backfill(MSFT, [rule("EMA,200,1H")], sessions, sessions[-1].open)

    assert asked(found)[Granularity.HALF_HOUR] == "365 D"


@pytest.mark.parametrize(("first", "reaches"), [(0, True), (1, True), (2, False), (7, False)])
def test_where_few_sessions_are_known_the_first_of_them_is_reached_for(
    first: int, reaches: bool
) -> None:
    """Any bar of it will do; there may have been no trade before."""
    sessions = short_days(*[1] * 20)
    half_hours = spans(sessions, Granularity.HALF_HOUR)[first:]
    stored = known(bars_at(half_hours, [1.0] * len(half_hours)))
    _, whole = backfill(MSFT, (), sessions, sessions[-1].close)

    assert reaches_back(stored, whole, sessions, sessions[-1].close) is reaches


@pytest.mark.parametrize("granularity", Granularity)
def test_first_session_that_is_known_has_no_day_before_it_to_wait_for(
    granularity: Granularity,
) -> None:
    """Half hours are read each minute, and the day once at its open."""
    sessions = short_days(6, 6, 6)
    before = (sessions[0].open - timedelta(days=1), sessions[0].open - timedelta(hours=20))
    stored = known(bars_at([before], [1.0]))
    now = sessions[0].open + 5 * MINUTE

    found = refresh(MSFT, granularity, stored, sessions, now, now - MINUTE, Policy())

    assert (found is not None) is (granularity is Granularity.HALF_HOUR)
