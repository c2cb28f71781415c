"""A day watched with other holdings, and holdings that change meanwhile."""

from tests.builders import (
    AAPL,
    MSFT,
    MSFT_CALL,
    a_position,
    rule,
)
from tests.desk import FRIDAY, MINUTE, SESSIONS, Desk, all_of

from sellcore.usecases.watch import summary

EARLY = FRIDAY.open - 10 * MINUTE
EVENING = FRIDAY.close + 5 * MINUTE


def test_each_holding_is_decided_by_its_own_rule() -> None:
    """One by hours, one by days, one not at all, one short and left alone."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule("SMA,5,D")})
    desk.hold(AAPL, 7)
    unassigned = type(MSFT)(3, "IBM", "NYSE", "USD")
    desk.hold(unassigned, 5)

    state = desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold")
    assert desk.outcomes(AAPL) == [("16:00", "hold"), ("16:00", "hold")]
    assert desk.outcomes(unassigned) == []
    assert summary(desk.ports(), state).outcomes == (("hold", 10),)


def test_short_is_on_record_as_left_alone() -> None:
    """Each hour abstains; there is never an order."""
    desk = Desk(EARLY)
    desk.hold(MSFT, -30, price=lambda n: 500.0 - n / 8)

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("abstain")
    assert desk.prepared == []


def test_option_on_a_stock_does_not_stand_in_its_way() -> None:
    """Rules are for stocks: an option that shares the symbol makes no ticker ambiguous."""
    desk = Desk(EARLY)
    desk.broker.hold(a_position(1, MSFT_CALL))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold")
    assert desk.outcomes(MSFT_CALL) == []


def test_ticker_of_two_holdings_decides_neither() -> None:
    """Which of them is meant is not known."""
    twin = type(MSFT)(4, "MSFT", "NASDAQ", "CAD")
    desk = Desk(EARLY)
    desk.hold(twin, 5)

    desk.watch(EVENING)

    assert {outcome for _, outcome in desk.outcomes() + desk.outcomes(twin)} == {"abstain"}
    assert "names more than one holding" in desk.decisions[-1].reason


def test_too_few_bars_abstain_every_hour_in_the_words_of_the_design() -> None:
    """EMA(200) D with three months of history."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": rule("EMA,200,D")})

    desk.watch(EVENING)

    bars = SESSIONS.index(FRIDAY) + 1
    assert desk.decisions[-1].reason == f"EMA(200) D needs 661 closed bars, has {bars}"
