"""One cycle decided, case by case: the bar, its time, its grounds."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.builders import ACCOUNT, a_tape, an_order, nasdaq, rule
from tests.plan_builders import (
    DAYS,
    ELEVEN,
    FRIDAY,
    HALF_HOURS,
    MINUTE,
    MONDAY,
    NOW,
    SECOND,
    SESSIONS,
    a_holding,
    decided,
    falling,
    planned,
    rising,
    waiting,
)

from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.order import SendAt
from sellcore.order_type import OrderType
from sellcore.outcome import Outcome
from sellcore.plan import Plan
from sellcore.policy import Policy
from sellcore.series import StoredSeries
from sellcore.timeframe import Granularity


def test_hour_that_closed_below_is_a_signal_with_its_order() -> None:
    """The whole position, at once, in the account that holds it."""
    decision = decided(NOW, a_holding(NOW, orders=(an_order(),)))

    assert decision.outcome is Outcome.SIGNAL
    assert decision.bar_end == ELEVEN
    assert decision.evidence is not None
    assert decision.evidence.bar_end == ELEVEN
    assert decision.intent is not None
    assert decision.intent.quantity == 100
    assert decision.intent.account == ACCOUNT
    assert decision.intent.instrument is decision.instrument
    assert decision.intent.bar_end == ELEVEN
    assert decision.intent.send_at is SendAt.NOW
    assert decision.intent.cancels == (an_order(),)


def test_hour_that_closed_above_is_a_hold() -> None:
    """No order beside it."""
    holding = a_holding(NOW, half_hours=a_tape(SESSIONS, Granularity.HALF_HOUR, rising))

    decision = decided(NOW, holding)

    assert decision.outcome is Outcome.HOLD
    assert decision.intent is None


def test_close_that_decides_is_the_final_one() -> None:
    """The bar that has begun since then is a forming one, and is not looked at."""
    crash = evolve(HALF_HOURS, closes=dict(HALF_HOURS.closes) | {ELEVEN + 30 * MINUTE: 1.0})

    decision = decided(NOW, a_holding(NOW, half_hours=crash))

    assert decision.evidence is not None
    assert decision.evidence.close == HALF_HOURS.closes[ELEVEN]


@pytest.mark.parametrize("early", [SECOND, 5 * SECOND, 10 * SECOND, 10 * MINUTE])
def test_nothing_is_decided_before_the_bar_is_final(early: timedelta) -> None:
    """Not even when its bars would be there."""
    assert planned(NOW - early, a_holding(NOW)) == Plan((), ())


@pytest.mark.parametrize("kind", OrderType)
def test_intent_says_what_order_it_is_to_be(kind: OrderType) -> None:
    """As the trader has set it; the same intent whichever it is."""
    intents = [
        decided(NOW, a_holding(NOW), policy=Policy(order_type=each)).intent
        for each in (kind, OrderType.MARKET)
    ]

    assert intents[0] is not None
    assert intents[1] is not None
    assert intents[0].order_type is kind
    assert intents[0].intent_id == intents[1].intent_id


def test_bar_that_was_decided_is_not_decided_again() -> None:
    """In this run or before."""
    holding = a_holding(NOW)
    assert holding.rule is not None

    done = evolve(holding, decided=frozenset({(holding.rule.timeframe, ELEVEN)}))

    assert planned(NOW, done) == Plan((), ())


def test_bar_from_before_the_watch_is_not_decided() -> None:
    """It ended up to the instant the holding was first seen."""
    assert planned(NOW, a_holding(NOW, watched_from=ELEVEN)) == Plan((), ())


def test_holding_without_a_rule_is_never_decided() -> None:
    """Watched, never sold."""
    assert planned(NOW, a_holding(NOW, wanted=None)) == Plan((), ())


def test_days_are_not_hours() -> None:
    """What was decided of one timeframe decides nothing of the other."""
    hour, day = rule("SMA,5,1H").timeframe, rule("SMA,5,D").timeframe
    now = FRIDAY.close + MINUTE
    watched = {"watched_from": FRIDAY.close - SECOND, "daily": DAYS}
    sessions = nasdaq(date(2022, 5, 2), date(2022, 6, 1))
    long = a_tape(sessions, Granularity.DAY, falling)

    holding = a_holding(
        now,
        wanted="SMA,5,D",
        decided=frozenset({(hour, FRIDAY.close)}),
        **watched | {"daily": long},
    )

    assert decided(now, evolve(holding, sessions=sessions)).rule.timeframe is day


def test_bar_is_decided_at_the_last_instant_of_its_window() -> None:
    """Ten minutes after its end, not a second later."""
    last = ELEVEN + 10 * MINUTE

    assert decided(last, a_holding(last)).outcome is Outcome.SIGNAL
    late = decided(last + SECOND, a_holding(last + SECOND))
    assert late.outcome is Outcome.MISSED
    assert late.intent is None
    assert late.reason == (
        "its time to be decided ran out at 2022-05-20T15:10:00Z: "
        "nobody was watching while it could be decided"
    )


def test_bar_is_decided_on_nothing_that_came_behind_it() -> None:
    """Friday's last hour, half an hour into Monday: Monday's first bar counts for itself alone."""
    now = MONDAY.open + 30 * MINUTE + 30 * SECOND
    held = a_holding(now, watched_from=FRIDAY.close - SECOND)

    friday, monday = planned(now, held, policy=Policy(window=60 * MINUTE)).decisions

    hours = [FRIDAY.close - n * timedelta(hours=1) for n in range(5)]
    for decision, ends in (friday, hours), (monday, [now - 30 * SECOND, *hours[:4]]):
        assert decision.bar_end == ends[0]
        assert decision.evidence is not None
        assert decision.evidence.close == HALF_HOURS.closes[ends[0]]
        mean = sum(HALF_HOURS.closes[end] for end in ends) / 5
        assert decision.evidence.average == pytest.approx(mean, rel=1e-12)


def test_bar_that_has_not_come_is_waited_for_and_then_abstained_from() -> None:
    """A minute before the window ends, so that it is an abstention and no miss."""
    late = evolve(HALF_HOURS, closes={e: c for e, c in HALF_HOURS.closes.items() if e != ELEVEN})
    reason = "no bar that ends 2022-05-20T15:00:00Z has come: nothing was traded, or it is late"

    for minutes in (1, 5, 8):
        now = ELEVEN + minutes * MINUTE
        assert waiting(now, a_holding(now, half_hours=late)) == reason

    now = ELEVEN + 9 * MINUTE
    decision = decided(now, a_holding(now, half_hours=late))
    assert (decision.outcome, decision.reason) == (Outcome.ABSTAIN, reason)


def test_bar_that_comes_late_is_decided_then() -> None:
    """A slow download must not skip an hour."""
    now = ELEVEN + 8 * MINUTE
    assert decided(now, a_holding(now)).outcome is Outcome.SIGNAL


def test_bar_read_before_it_was_final_is_waited_for() -> None:
    """What is stored was read while it still formed."""
    holding = a_holding(NOW)
    forming = {**holding.series, Granularity.HALF_HOUR: HALF_HOURS.stored(ELEVEN + 5 * SECOND)}

    reason = waiting(NOW, evolve(holding, series=forming))

    assert reason == "the bar that ends 2022-05-20T15:00:00Z is not final yet"


def test_series_that_is_not_stored_is_waited_for() -> None:
    """Nothing has been fetched yet."""
    assert waiting(NOW, a_holding(NOW, series={})) == "no bars of it are stored"


def test_hour_whose_first_half_is_not_known_is_not_decided_on_an_older_close() -> None:
    """The hour before it must never stand in for it."""
    stored = HALF_HOURS.stored(NOW)
    hole = Coverage(((to_epoch(ELEVEN - 60 * MINUTE), to_epoch(ELEVEN - 30 * MINUTE)),))
    holding = a_holding(NOW)
    series = {
        **holding.series,
        Granularity.HALF_HOUR: StoredSeries(stored.bars, stored.coverage - hole),
    }

    reason = waiting(NOW, evolve(holding, series=series))

    assert reason == "not all of the bar that ends 2022-05-20T15:00:00Z is known"


def test_hour_with_one_traded_half_is_decided() -> None:
    """No trade in a half hour is normal, as long as the one that ends the hour is there."""
    first_half = ELEVEN - 30 * MINUTE
    thin = evolve(
        HALF_HOURS, closes={e: c for e, c in HALF_HOURS.closes.items() if e != first_half}
    )

    assert decided(NOW, a_holding(NOW, half_hours=thin)).outcome is Outcome.SIGNAL


def test_too_few_bars_abstain_at_once() -> None:
    """Waiting brings no older bars."""
    short = a_tape(SESSIONS[4:], Granularity.HALF_HOUR, falling)

    decision = decided(NOW, a_holding(NOW, half_hours=short))

    assert (decision.outcome, decision.reason) == (
        Outcome.ABSTAIN,
        "SMA(5) 1H needs 5 closed bars, has 2",
    )
    assert decision.intent is None


def test_gap_in_what_is_known_abstains_and_is_named() -> None:
    """Bars before it do not count."""
    stored = HALF_HOURS.stored(NOW)
    hole = Coverage(((to_epoch(FRIDAY.open), to_epoch(FRIDAY.open + 30 * MINUTE)),))
    holding = a_holding(NOW)
    series = {
        **holding.series,
        Granularity.HALF_HOUR: StoredSeries(stored.bars, stored.coverage - hole),
    }

    decision = decided(NOW, evolve(holding, series=series))

    assert decision.outcome is Outcome.ABSTAIN
    assert decision.reason == (
        "SMA(5) 1H needs 5 closed bars, has 1 since the gap in its bars "
        "that ends 2022-05-20T14:00:00Z"
    )
