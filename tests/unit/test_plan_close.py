"""One cycle decided at the close: the four policies, and bars that still form."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.builders import a_tape, nasdaq
from tests.plan_builders import (
    FRIDAY,
    HALF_HOURS,
    MINUTE,
    MONDAY,
    NOW,
    SECOND,
    a_holding,
    decided,
    falling,
    planned,
    waiting,
)

from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.order import SendAt
from sellcore.outcome import Outcome
from sellcore.policy import AtClose, Policy
from sellcore.series import StoredSeries
from sellcore.timeframe import Granularity

CLOSED = FRIDAY.close + MINUTE
LAST_BAR = {"watched_from": FRIDAY.close - SECOND}


@pytest.mark.parametrize(
    ("at_close", "send_at"),
    [
        (AtClose.NEXT_OPEN, SendAt.NEXT_OPEN),
        (AtClose.SUBMIT, SendAt.ANY_TIME),
        (AtClose.SKIP, None),
    ],
)
@pytest.mark.parametrize("wanted", ["SMA,5,1H", "SMA,5,D"])
def test_order_of_a_sessions_last_bar_follows_the_policy(
    at_close: AtClose, send_at: SendAt | None, wanted: str
) -> None:
    """It waits for the open, goes at once, or is not made."""
    sessions = nasdaq(date(2022, 5, 2), date(2022, 6, 1))
    daily = a_tape(sessions, Granularity.DAY, falling)
    holding = a_holding(CLOSED, wanted=wanted, daily=daily, sessions=sessions, **LAST_BAR)

    decision = decided(CLOSED, holding, Policy(at_close=at_close))

    assert decision.outcome is Outcome.SIGNAL
    assert (None if decision.intent is None else decision.intent.send_at) is send_at
    skipped = decision.reason.endswith("; not sold: the session is over and at_close is skip")
    assert skipped is (at_close is AtClose.SKIP)


def test_policy_at_the_close_does_not_matter_inside_a_session() -> None:
    """Skip skips the last bar only."""
    decision = decided(NOW, a_holding(NOW), Policy(at_close=AtClose.SKIP))

    assert decision.intent is not None
    assert decision.intent.send_at is SendAt.NOW


def test_last_bar_can_be_decided_until_the_window_after_the_next_open() -> None:
    """Over the weekend; then it is missed."""
    last = MONDAY.open + 10 * MINUTE
    hour = {"watched_from": FRIDAY.close - SECOND}

    result = planned(last, a_holding(last, **hour))
    assert [d.outcome for d in result.decisions if d.bar_end == FRIDAY.close] == [Outcome.SIGNAL]
    result = planned(last + SECOND, a_holding(last + SECOND, **hour))
    assert [d.outcome for d in result.decisions if d.bar_end == FRIDAY.close] == [Outcome.MISSED]


BEFORE_CLOSE = FRIDAY.close - 60 * SECOND
PRE_CLOSE = Policy(at_close=AtClose.PRE_CLOSE)


@pytest.mark.parametrize("wanted", ["SMA,5,1H", "SMA,5,D"])
def test_pre_close_decides_on_the_forming_bar_and_says_so(wanted: str) -> None:
    """Its close is what was read in that minute."""
    sessions = nasdaq(date(2022, 5, 2), date(2022, 6, 1))
    daily = a_tape(sessions, Granularity.DAY, falling)
    holding = a_holding(BEFORE_CLOSE, wanted=wanted, daily=daily, sessions=sessions, **LAST_BAR)
    tape = daily if wanted.endswith("D") else HALF_HOURS

    decision = decided(BEFORE_CLOSE, holding, PRE_CLOSE)

    assert decision.bar_end == FRIDAY.close
    assert decision.evidence is not None
    assert decision.evidence.bar_end == FRIDAY.close
    assert decision.evidence.close == tape.shown(BEFORE_CLOSE).close[-1]
    assert decision.reason.endswith(
        "; provisional: decided before the bar's end (at_close is pre_close)"
    )
    if decision.intent is not None:
        assert decision.intent.send_at is SendAt.NOW


@pytest.mark.parametrize(
    ("wanted", "stale"),
    [("SMA,5,1H", SECOND), ("SMA,5,1H", 10 * MINUTE), ("SMA,5,D", timedelta(hours=6))],
)
def test_pre_close_does_not_decide_on_a_stale_reading(wanted: str, stale: timedelta) -> None:
    """The forming bar must have been read when its time to be decided had begun."""
    read = BEFORE_CLOSE - stale
    holding = a_holding(read, wanted=wanted, read_at=dict.fromkeys(Granularity, read), **LAST_BAR)

    assert waiting(BEFORE_CLOSE, holding, PRE_CLOSE) == (
        "the bar that ends 2022-05-20T20:00:00Z was last read before 2022-05-20T19:59:00Z"
    )
    unknown = waiting(BEFORE_CLOSE, evolve(holding, read_at={}), PRE_CLOSE)
    assert "was last read before" in unknown


def test_pre_close_without_its_forming_bar_is_missed_in_the_end() -> None:
    """Never decided on an older one."""
    lacking = evolve(
        HALF_HOURS, closes={e: c for e, c in HALF_HOURS.closes.items() if e != FRIDAY.close}
    )
    waits = a_holding(BEFORE_CLOSE, half_hours=lacking, **LAST_BAR)
    after = FRIDAY.close + SECOND

    assert "no bar that ends" in waiting(BEFORE_CLOSE, waits, PRE_CLOSE)
    over = decided(after, a_holding(after, half_hours=lacking, **LAST_BAR), PRE_CLOSE)
    assert over.outcome is Outcome.MISSED


def test_pre_close_waits_for_the_first_half_of_its_hour() -> None:
    """Where that is not known, the hour before must not stand in for it."""
    stored = HALF_HOURS.stored(BEFORE_CLOSE)
    hole = Coverage(((to_epoch(FRIDAY.close - 60 * MINUTE), to_epoch(FRIDAY.close - 30 * MINUTE)),))
    holding = a_holding(BEFORE_CLOSE, **LAST_BAR)
    series = {
        **holding.series,
        Granularity.HALF_HOUR: StoredSeries(stored.bars, stored.coverage - hole),
    }

    assert "not all of the bar" in waiting(BEFORE_CLOSE, evolve(holding, series=series), PRE_CLOSE)
