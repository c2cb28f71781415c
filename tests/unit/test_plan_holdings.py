"""One cycle decided: what stands in the way, what is held, at what cost."""

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, MSFT_CALL, a_position, a_tape, rule
from tests.plan_builders import (
    ELEVEN,
    FRIDAY,
    HALF_HOURS,
    MINUTE,
    NOW,
    SECOND,
    SESSIONS,
    a_holding,
    decided,
    planned,
    rising,
)

from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.plan import plan
from sellcore.policy import Policy
from sellcore.snapshot import Snapshot
from sellcore.timeframe import Granularity, Timeframe

IBM = Instrument(8314, "IBM", "NYSE", "USD")
SHELL = Instrument(51434641, "SHEL", "LSE", "GBP")


def test_obstacle_is_waited_out_and_then_abstained_from() -> None:
    """Of one holding, while the other is decided."""
    other = a_holding(NOW)
    stuck = evolve(other, obstacle="its bars contradict each other")

    result = planned(NOW, stuck, other)

    assert [wait.reason for wait in result.waiting] == ["its bars contradict each other"]
    assert [decision.outcome for decision in result.decisions] == [Outcome.SIGNAL]
    now = ELEVEN + 9 * MINUTE
    last = decided(now, a_holding(now, obstacle="its bars contradict each other"))
    assert (last.outcome, last.reason) == (Outcome.ABSTAIN, "its bars contradict each other")
    assert last.intent is None


def test_obstacle_for_all_stops_all() -> None:
    """The line is down: nothing is decided on anything."""
    snapshot = Snapshot(NOW, Mode.DRY_RUN, (a_holding(NOW),), obstacle="the line is down")

    result = plan(snapshot)

    assert result.decisions == ()
    assert [wait.reason for wait in result.waiting] == ["the line is down"]


def test_bar_missed_behind_an_obstacle_names_it() -> None:
    """So that the record explains why."""
    now = ELEVEN + 11 * MINUTE

    decision = decided(now, a_holding(now, obstacle="quarantined"))

    assert decision.outcome is Outcome.MISSED
    assert decision.reason.endswith("ran out at 2022-05-20T15:10:00Z: quarantined")


def test_bar_missed_while_the_broker_was_out_of_reach_says_so() -> None:
    """What stood in the way at the look before is why it was missed."""
    now = ELEVEN + 11 * MINUTE
    snapshot = Snapshot(
        now, Mode.DRY_RUN, (a_holding(now),), obstacle_before="the line was down until just now"
    )

    (decision,) = plan(snapshot).decisions

    assert decision.outcome is Outcome.MISSED
    assert decision.reason.endswith("T15:10:00Z: the line was down until just now")


def test_each_holding_has_its_own_bars_to_decide() -> None:
    """Of its own timeframe, exchange and watch, whatever stands beside it."""
    now = FRIDAY.close + MINUTE
    hourly = a_holding(now, watched_from=FRIDAY.close - SECOND)
    daily = evolve(hourly, rule=rule("SMA,5,D"), position=a_position(10, AAPL))
    decided_long_ago = evolve(hourly, watched_from=FRIDAY.close, position=a_position(10, IBM))
    on_holiday = evolve(hourly, sessions=SESSIONS[:3], position=a_position(10, SHELL))

    result = planned(now, hourly, daily, decided_long_ago, on_holiday)
    backwards = planned(now, on_holiday, decided_long_ago, daily, hourly)

    bars = {(d.instrument, d.rule.timeframe, d.bar_end) for d in result.decisions}
    assert bars == {
        (MSFT, Timeframe.HOUR, FRIDAY.close),
        (AAPL, Timeframe.DAY, FRIDAY.close),
    }
    assert {(d.instrument, d.rule.timeframe, d.bar_end) for d in backwards.decisions} == bars


@pytest.mark.parametrize("daily_first", [True, False])
def test_hour_that_ends_decides_no_day(daily_first: bool) -> None:
    """Whichever of two holdings of one exchange comes first."""
    hourly = a_holding(NOW)
    daily = evolve(hourly, rule=rule("SMA,5,D"), position=a_position(10, AAPL))

    result = planned(NOW, *((daily, hourly) if daily_first else (hourly, daily)))

    assert [(d.instrument, d.bar_end) for d in result.decisions] == [(MSFT, ELEVEN)]
    assert result.waiting == ()


@pytest.mark.parametrize("short", ["-30", "-1", "-0.5"])
def test_short_position_is_never_touched(short: str) -> None:
    """It abstains, whatever its bars say."""
    decision = decided(NOW, a_holding(NOW, quantity=short))

    assert (decision.outcome, decision.reason, decision.intent) == (
        Outcome.ABSTAIN,
        f"short position of {short} is never touched",
        None,
    )


def test_option_is_never_touched() -> None:
    """Only stocks are ever sold."""
    decision = decided(NOW, a_holding(NOW, position=a_position(5, MSFT_CALL)))

    assert (decision.outcome, decision.intent) == (Outcome.ABSTAIN, None)
    assert decision.reason == "only stocks are ever sold"


def test_whole_shares_are_sold_and_the_residual_is_shown() -> None:
    """10.7 shares: sell 10, leave 0.7."""
    decision = decided(NOW, a_holding(NOW, quantity="10.7"))

    assert decision.intent is not None
    assert decision.intent.quantity == 10
    assert str(decision.intent) == "SELL 10 MKT DAY, leaving 0.7"


def test_signal_on_less_than_a_share_has_no_order() -> None:
    """And says why."""
    decision = decided(NOW, a_holding(NOW, quantity="0.4"))

    assert decision.outcome is Outcome.SIGNAL
    assert decision.intent is None
    assert decision.reason.endswith("; not sold: 0.4 holds no whole share")


@pytest.mark.parametrize(
    ("cost", "outcome", "words"),
    [
        (1.0, Outcome.SIGNAL, "both above"),
        (99.5, Outcome.HOLD, "not above"),
        (120.0, Outcome.HOLD, "not above"),
    ],
)
def test_break_even_filter_holds_what_would_be_sold_at_a_loss(
    cost: float, outcome: Outcome, words: str
) -> None:
    """Close and average must both lie above the average cost; the reason shows it."""
    policy = Policy(only_above_break_even=True)
    holding = a_holding(NOW, position=a_position(100, MSFT, cost))
    close = HALF_HOURS.closes[ELEVEN]
    assert close - 0.2 < 99.5  # between close and average, or above both

    decision = decided(NOW, holding, policy)

    assert decision.outcome is outcome
    assert decision.reason.endswith(f"; break-even {cost:.4f}: {words}")
    assert (decision.intent is not None) is (outcome is Outcome.SIGNAL)


@pytest.mark.parametrize(("pounds", "outcome"), [(0.01, Outcome.SIGNAL), (0.995, Outcome.HOLD)])
def test_break_even_is_held_against_prices_in_pence(pounds: float, outcome: Outcome) -> None:
    """The broker counts what a share of London has cost in pounds, and quotes it in pence."""
    london = evolve(MSFT, currency="GBP", price_magnifier=100)
    holding = a_holding(NOW, position=a_position(100, london, pounds))

    decision = decided(NOW, holding, Policy(only_above_break_even=True))

    assert decision.outcome is outcome
    assert f"; break-even {100 * pounds:.4f}: " in decision.reason


def test_break_even_is_not_mentioned_where_the_filter_is_off() -> None:
    """Off by default."""
    assert "break-even" not in decided(NOW, a_holding(NOW)).reason


def test_equal_to_the_cost_is_not_above_it() -> None:
    """Strictly above, close and average alike."""
    close = HALF_HOURS.closes[ELEVEN]
    policy = Policy(only_above_break_even=True)

    decision = decided(NOW, a_holding(NOW, position=a_position(100, MSFT, close)), policy)

    assert decision.outcome is Outcome.HOLD


def test_break_even_shows_in_a_hold_as_well() -> None:
    """Above its average and above its cost, while the average is not."""
    rises = a_tape(SESSIONS, Granularity.HALF_HOUR, rising)
    close = rises.closes[ELEVEN]
    policy = Policy(only_above_break_even=True)
    holding = a_holding(NOW, half_hours=rises, position=a_position(100, MSFT, close - 0.01))

    decision = decided(NOW, holding, policy)

    assert decision.outcome is Outcome.HOLD
    assert decision.reason.endswith("not above")


def test_break_even_of_nothing_to_compare_is_not_mentioned() -> None:
    """Too few bars abstain, with the filter as without it."""
    policy = Policy(only_above_break_even=True)

    decision = decided(NOW, a_holding(NOW, wanted="SMA,200,1H"), policy)

    assert decision.outcome is Outcome.ABSTAIN
    assert "break-even" not in decision.reason
