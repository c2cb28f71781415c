"""Holdings that come, go and change while a day is watched."""

from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import AAPL, ACCOUNT, MSFT, a_position, an_order, at, new_york, rule
from tests.desk import FRIDAY, HOUR, HOURS, MINUTE, MONDAY, SECOND, SESSIONS, Desk, all_of

from sellcore.contract import ContractDetails
from sellcore.errors import StorageError
from sellcore.position import Position
from sellcore.rule import MovingAverageRule
from sellcore.session import Session
from sellcore.timeframe import Granularity

EARLY = FRIDAY.open - 10 * MINUTE
EVENING = FRIDAY.close + 5 * MINUTE
NOON = FRIDAY.open + 150 * MINUTE


def falling(n: int) -> float:
    return 500.0 - n / 8


def test_holding_that_appears_is_told_filled_and_decided_from_then_on() -> None:
    """Hours that ended before it was seen are not its concern."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.hold(AAPL, 7))

    desk.watch(EVENING)

    assert desk.outcomes(AAPL) == all_of("hold", HOURS[3:])
    assert desk.outcomes()[1:] == all_of("hold")
    assert [text for text in desk.alerts if "AAPL" in text] == [
        "new holding NASDAQ:AAPL: it follows SMA(5) 1H"
    ]


def test_new_holding_without_a_rule_is_watched_and_never_sold() -> None:
    """Nobody is asked while the day runs."""
    desk = Desk(EARLY)
    desk.clock.at(NOON, lambda: desk.hold(AAPL, 7, falling))

    desk.watch(EVENING)

    assert desk.outcomes(AAPL) == []
    assert "new holding NASDAQ:AAPL: it has no rule: watched, never sold" in desk.alerts


def test_new_holding_gets_the_default_rule_while_the_day_runs() -> None:
    """Stored like one that was assigned, and decided by from then on."""
    desk = Desk(EARLY)
    desk.default_rule = rule("SMA,10,1H")
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.hold(AAPL, 7, falling))

    desk.watch(EVENING)

    assert desk.outcomes(AAPL) == all_of("signal", HOURS[3:])
    assert desk.assignments.load().rules["NASDAQ:AAPL"] == rule("SMA,10,1H")
    assert [text for text in desk.alerts if "AAPL" in text] == [
        "NASDAQ:AAPL had no rule: it follows SMA(10) 1H now",
        "new holding NASDAQ:AAPL: it follows SMA(10) 1H",
    ]


def test_assignment_that_cannot_be_stored_ends_no_day() -> None:
    """It is told; the holding is watched, and never sold."""
    desk = Desk(EARLY)
    desk.default_rule = rule("SMA,10,1H")
    stored = desk.assignments.assign

    def full(ticker: str, wanted: MovingAverageRule) -> None:
        if ticker == "NASDAQ:AAPL":
            raise StorageError("cannot write the assignments: no space left on device")
        stored(ticker, wanted)

    desk.assignments.assign = full
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.hold(AAPL, 7, falling))

    desk.watch(EVENING)

    assert desk.outcomes(AAPL) == []
    assert desk.outcomes()[1:] == all_of("hold")
    assert "cannot write the assignments: no space left on device" in desk.alerts


def test_holding_that_vanishes_is_decided_no_more() -> None:
    """Sold elsewhere; its assignment stays."""
    desk = Desk(EARLY)
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.broker.hold(a_position(0)))

    state = desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold", HOURS[:3])
    assert state.rules == {"NASDAQ:MSFT": rule()}
    assert dict(desk.assignments.load().rules) == {"NASDAQ:MSFT": rule()}


def test_holding_that_vanishes_just_before_its_hour_is_final_is_not_decided() -> None:
    """The position is read anew before each decision."""
    desk = Desk(EARLY)
    desk.hold(MSFT, price=falling)
    desk.clock.at(NOON + 5 * SECOND, lambda: desk.broker.hold(a_position(0)))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("signal", HOURS[:2])


@pytest.mark.parametrize(
    "again",
    [a_position(50), a_position(average_cost=51.0)],
    ids=["other shares", "other cost"],
)
def test_holding_that_comes_back_decides_no_hour_twice(again: Position) -> None:
    """It was bought again over noon; what ended before is not decided on it."""
    desk = Desk(EARLY)
    desk.clock.at(NOON - 5 * MINUTE, lambda: desk.broker.hold(a_position(0)))
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.broker.hold(again))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == [*all_of("hold", HOURS[:2]), *all_of("hold", HOURS[3:])]


@pytest.mark.parametrize("cost", ["50.0", "nan"], ids=["told", "not told"])
def test_holding_that_one_reading_left_out_is_decided_as_if_nothing_had_been(cost: str) -> None:
    """The broker does not always tell all positions; it is told, and no hour is lost."""
    desk = Desk(EARLY)
    desk.broker.hold(a_position(average_cost=float(cost)))
    desk.clock.at(NOON - 1 * MINUTE, lambda: desk.broker.hold(a_position(0)))
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.broker.hold(a_position(average_cost=float(cost))))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold")
    assert [text for text in desk.alerts if "MSFT" in text] == [
        "NASDAQ:MSFT was missing from the account and is back as it was"
    ]


def test_long_that_turns_short_is_left_alone() -> None:
    """From the next reading on there is no order."""
    desk = Desk(EARLY)
    desk.hold(MSFT, price=falling)
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.broker.hold(a_position(-100)))

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == [*all_of("signal", HOURS[:3]), *all_of("abstain", HOURS[3:])]
    assert len(desk.prepared) == 4


def test_order_is_for_what_is_held_at_that_minute() -> None:
    """Bought more at noon, and a stop was entered."""
    desk = Desk(EARLY)
    desk.hold(MSFT, price=falling)
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.broker.hold(a_position("250.5")))
    desk.clock.at(NOON + 5 * MINUTE, lambda: desk.broker.work(an_order()))

    desk.watch(EVENING)

    actions = [str(event.intent) for event in desk.prepared][1:]
    assert actions[:3] == ["SELL 100 MKT DAY"] * 3
    assert actions[3] == (
        "SELL 250 MKT DAY, after cancelling SELL 100 STP @ 240.00 GTC, leaving 0.5"
    )


def test_dry_run_says_which_orders_would_keep_a_live_sale_from_being_sent() -> None:
    """Those of this client id go first; nobody but their own client can cancel the others."""
    desk = Desk(EARLY)
    desk.hold(MSFT, price=falling)
    for client_id in (0, 1, 9):
        desk.broker.work(evolve(an_order(client_id=client_id), order_id=5, perm_id=50 + client_id))

    desk.watch(NOON)

    assert desk.prepared
    for event in desk.prepared:
        assert [order.client_id for order in event.intent.cancels] == [0, 1, 9]
        assert [order.client_id for order in event.foreign] == [0, 9]


def test_other_accounts_positions_and_orders_are_not_ours() -> None:
    """The login sees two accounts; only the one named is watched."""
    desk = Desk(EARLY)
    desk.broker.work(an_order(account="DU0000002"))
    desk.hold(MSFT, price=falling)
    other = a_position(7, AAPL)
    desk.broker.hold(type(other)("DU0000002", AAPL, other.quantity, 1.0))

    state = desk.watch(EVENING)

    assert {position.instrument for position in state.positions} == {MSFT}
    assert all(not event.intent.cancels for event in desk.prepared)


def test_stock_that_the_broker_does_not_describe_is_told_once_and_never_decided() -> None:
    """Without its primary exchange there are no sessions, and no bars."""
    desk = Desk(EARLY)
    desk.broker.hold(a_position(5, AAPL))

    desk.watch(EVENING)

    assert [text for text in desk.alerts if "AAPL" in text] == [
        "NASDAQ:AAPL: the broker knows no contract with this id"
    ]
    assert desk.outcomes(AAPL) == []


def test_exchange_without_a_calendar_is_told_once() -> None:
    """Its holding is not decided, and stops no other."""
    strange = type(MSFT)(9, "XYZ", "MOON", "USD")
    desk = Desk(EARLY)
    desk.hold(strange)

    desk.watch(EVENING)

    assert len([text for text in desk.alerts if "MOON" in text]) == 1
    assert desk.outcomes()[1:] == all_of("hold")


def described(session: Session | None) -> ContractDetails:
    return ContractDetails(MSFT, "America/New_York", Decimal("0.01"), {FRIDAY.day: session})


def test_early_close_that_only_the_broker_knows_is_heeded_the_next_day_too() -> None:
    """Three hours end the day; on Monday Friday's are not decided anew at other hours."""
    early = new_york(FRIDAY.day, "13:00")
    desk = Desk(EARLY)
    desk.broker.describe(described(early))
    later = [slot for session in (FRIDAY,) for slot in _ends_after(early, session)]
    desk.feed.lose(MSFT, Granularity.HALF_HOUR, *later)
    monday = ContractDetails(MSFT, "America/New_York", Decimal("0.01"), {MONDAY.day: MONDAY})
    desk.clock.at(FRIDAY.close + 6 * HOUR, lambda: desk.broker.describe(monday))

    desk.watch(MONDAY.open + 29 * MINUTE)

    assert desk.outcomes()[1:] == all_of("hold", HOURS[:4])


def _ends_after(early: Session, session: Session) -> list[object]:
    step = 30 * MINUTE
    count = (session.close - early.close) // step
    return [early.close + (n + 1) * step for n in range(count)]


def test_day_that_the_broker_calls_closed_has_no_bars_to_decide() -> None:
    """The table expected a session."""
    desk = Desk(EARLY)
    desk.broker.describe(described(None))

    desk.watch(EVENING)

    thursday = SESSIONS[SESSIONS.index(FRIDAY) - 1]
    assert [d.bar_end for d in desk.decisions] == [thursday.close]


def test_login_that_changes_does_not_change_the_account_that_is_watched() -> None:
    """The gateway came back logged in as somebody else: nothing of theirs is decided."""
    desk = Desk(EARLY)
    stranger = "DU0000009"

    def change() -> None:
        desk.broker.drop()
        desk.broker._accounts = (stranger,)
        held = a_position(100)
        desk.broker.hold(type(held)(stranger, MSFT, held.quantity, 1.0))

    desk.clock.at(NOON + 5 * MINUTE, change)
    state = desk.watch(EVENING)

    assert state.account == ACCOUNT
    assert {record.account for record in desk.log.read()} == {ACCOUNT}
    assert desk.outcomes()[1:4] == all_of("hold", HOURS[:3])
    assert {outcome for _, outcome in desk.outcomes()[4:]} <= {"abstain"}


def test_default_rule_is_given_to_holdings_without_one_and_kept() -> None:
    """For runs that nobody attends; shorts get none."""
    desk = Desk(EARLY, {})
    desk.hold(AAPL, -5)
    desk.default_rule = rule("SMA,5,D")

    state = desk.watch(FRIDAY.open)

    assert state.rules == {"NASDAQ:MSFT": rule("SMA,5,D")}
    assert dict(desk.assignments.load().rules) == {"NASDAQ:MSFT": rule("SMA,5,D")}
    assert desk.alerts == ["NASDAQ:MSFT had no rule: it follows SMA(5) D now"]
    assert at("2022-05-20 20:00") == FRIDAY.close
