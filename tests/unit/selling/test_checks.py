"""The safety checks: each on both sides of its boundary, and what it tells people."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import an_order
from tests.journal_builders import TEN, a_record, stock
from tests.selling_builders import ARMED, FRIDAY, MINUTE, SECOND, known

from sellcore.order import Mode, SendAt, Side
from sellcore.order_type import OrderType
from sellcore.selling import limit_checks, market_checks, position_checks, run_checks
from sellcore.selling.checks import CHECKS, judge
from sellcore.selling.limits import OtherOrders, SellingPolicy
from sellcore.selling.verdict import Check, Verdict

MS = timedelta(milliseconds=1)
NOW = TEN + MINUTE

FOR_NOW, FOR_GOOD = True, False


def policy(**changes):
    return SellingPolicy(**changes)


def of(**changes):
    return a_record(**changes)


def armed_until(moment):
    return evolve(ARMED, until=moment)


STOP = an_order(stock(1), client_id=7)
BY_PROGRAM = an_order(stock(1), client_id=9, order_type="LMT", limit_price=120.0)

PASSES = {
    "mode": [
        (run_checks.mode_agrees, {}, "paper intent of account DU0000001 in a paper run"),
        (
            run_checks.mode_agrees,
            {"mode": Mode.LIVE, "record": of(mode=Mode.LIVE)},
            "live intent of account DU0000001 in a live run",
        ),
        (run_checks.mode_agrees, {"arming": None}, None),
    ],
    "armed": [
        (run_checks.is_armed, {}, "armed"),
        (
            run_checks.is_armed,
            {"arming": armed_until(NOW + MS)},
            "armed until 2022-05-20T14:01:00.001000Z",
        ),
    ],
    "halt": [(run_checks.is_not_halted, {}, "not halted")],
    "line": [(run_checks.line_stands, {}, "connected")],
    "reconciled": [
        (run_checks.is_reconciled, {}, "journal and broker compared since the line was opened")
    ],
    "clock": [
        (run_checks.clock_agrees, {}, "0 s from the broker's clock"),
        (run_checks.clock_agrees, {"skew": 10 * SECOND}, "10 s from the broker's clock"),
        (run_checks.clock_agrees, {"skew": -10 * SECOND}, "10 s from the broker's clock"),
    ],
    "session": [
        (market_checks.market_is_open, {}, "in session until 2022-05-20T20:00:00Z"),
        (market_checks.market_is_open, {"now": FRIDAY.open + 5 * SECOND}, None),
        (market_checks.market_is_open, {"now": FRIDAY.close - 5 * SECOND - MS}, None),
        (
            market_checks.market_is_open,
            {"record": of(send_at=SendAt.ANY_TIME), "session": None},
            "the broker holds it until the market opens",
        ),
    ],
    "deadline": [
        (
            market_checks.is_in_time,
            {},
            "to be sent from 2022-05-20T14:00:00Z to 2022-05-20T15:00:00Z",
        ),
        (market_checks.is_in_time, {"now": TEN}, None),
        (market_checks.is_in_time, {"now": TEN + 60 * MINUTE}, None),
    ],
    "bars": [
        (market_checks.bars_are_fresh, {}, "bars read at 2022-05-20T14:01:00Z"),
        (market_checks.bars_are_fresh, {"bars_read_at": NOW - 3 * MINUTE}, None),
    ],
    "average": [
        (market_checks.average_has_converged, {}, "made of 50 bars, needs 50"),
        (market_checks.average_has_converged, {"bars_used": 51}, None),
    ],
    "trading": [
        (market_checks.is_not_suspended, {}, "trading"),
        (
            market_checks.is_not_suspended,
            {"suspended": None},
            "nobody tells whether it trades",
        ),
    ],
    "long": [
        (position_checks.is_long, {}, "100.7 shares held"),
        (position_checks.is_long, {"held": Decimal("0.1")}, "0.1 shares held"),
        (position_checks.is_long, {"held": Decimal("1E+2")}, "100 shares held"),
    ],
    "position": [
        (position_checks.is_as_decided, {}, "100.7 shares held, 100.7 expected"),
        (
            position_checks.is_as_decided,
            {"held": Decimal("60.70"), "cancelled_sold": Decimal(40)},
            "60.7 shares held, 60.7 expected",
        ),
    ],
    "quantity": [
        (position_checks.is_whole, {}, "100 of 100.7 shares can be sold"),
        (position_checks.is_whole, {"held": Decimal(1)}, "1 of 1 shares can be sold"),
    ],
    "within position": [
        (position_checks.is_within_position, {}, "selling 100 of 100.7 that are free"),
        (
            position_checks.is_within_position,
            {"selling": Decimal(100)},
            "selling 0 of 0.7 that are free",
        ),
        (position_checks.is_within_position, {"selling": Decimal("100.7")}, None),
    ],
    "order size": [
        (
            limit_checks.order_is_small_enough,
            {},
            "100 shares worth 9950.0000, at most 10000 worth 50000.0000",
        ),
        (limit_checks.order_is_small_enough, {"policy": policy(max_shares_per_order=100)}, None),
        (limit_checks.order_is_small_enough, {"policy": policy(max_value_per_order=9950)}, None),
    ],
    "day's total": [
        (
            limit_checks.day_is_small_enough,
            {},
            "order 1 of the day, 9950.0000 in all; at most 20 and 200000.0000",
        ),
        (limit_checks.day_is_small_enough, {"orders_today": 19}, None),
        (limit_checks.day_is_small_enough, {"value_today": 190_050.0}, None),
    ],
    "other orders": [
        (position_checks.others_leave_it_alone, {}, "none that must be left alone"),
        (position_checks.others_leave_it_alone, {"to_cancel": (STOP,)}, None),
        (
            position_checks.others_leave_it_alone,
            {"policy": policy(other_orders=OtherOrders.DENY)},
            None,
        ),
    ],
    "limit price": [
        (limit_checks.limit_can_be_set, {}, "at the market"),
        (
            limit_checks.limit_can_be_set,
            {"policy": policy(order_type=OrderType.LIMIT), "limit_price": 98.5},
            "a limit can be set",
        ),
    ],
    "last sale": [
        (position_checks.shows_the_last_sale, {}, "100.7 shares held"),
    ],
    "missing orders": [(position_checks.others_are_accounted_for, {}, "none")],
    "failed sends": [
        (
            limit_checks.broker_takes_it,
            {},
            "orders for it rejected or lost 0 times in a row, at most 2",
        ),
        (limit_checks.broker_takes_it, {"failed_sends": 2}, None),
        (
            limit_checks.broker_takes_it,
            {"failed_sends": 3, "policy": policy(reject_limit=4)},
            "orders for it rejected or lost 3 times in a row, at most 3",
        ),
    ],
}
"""By name: what passes, and what it says then; None where that is said above already."""

FAILS = {
    "mode": [
        (
            {"mode": Mode.LIVE},
            FOR_GOOD,
            "paper intent of account DU0000001 in a live run; "
            "start the mode and account that it was decided in",
        ),
        ({"record": of(mode=Mode.LIVE)}, FOR_GOOD, "live intent of account DU0000001 in a paper"),
        (
            {"mode": Mode.DRY_RUN, "record": of(mode=Mode.DRY_RUN)},
            FOR_GOOD,
            "dry-run intent of account DU0000001 in a dry-run run",
        ),
        ({"record": of(account="DU0000002")}, FOR_GOOD, "account DU0000002"),
        ({"arming": evolve(ARMED, account="U1")}, FOR_GOOD, "start the mode and account"),
    ],
    "armed": [
        ({"arming": None}, FOR_GOOD, "not armed; start again with --live and arm it"),
        (
            {"arming": armed_until(NOW)},
            FOR_GOOD,
            "not armed: it was until 2022-05-20T14:01:00Z; start again with --live and arm it",
        ),
        ({"arming": armed_until(NOW - MS)}, FOR_GOOD, "not armed: it was until"),
    ],
    "halt": [({"halted": "by me"}, FOR_NOW, "halted: by me; sellcli resume lets it sell again")],
    "line": [({"line": "no line"}, FOR_NOW, "no line; it is tried again")],
    "reconciled": [
        (
            {"reconciled": False},
            FOR_NOW,
            "journal and broker not compared since the line was opened; "
            "it is done at the next look",
        )
    ],
    "clock": [
        (
            {"skew": None},
            FOR_NOW,
            "the broker's clock could not be read; it is read again",
        ),
        (
            {"skew": timedelta(seconds=10.6)},
            FOR_NOW,
            "11 s from the broker's clock; synchronise this machine's clock (NTP)",
        ),
        ({"skew": 10 * SECOND + MS}, FOR_NOW, "10 s from"),
        ({"skew": -10 * SECOND - MS}, FOR_NOW, "10 s from"),
    ],
    "session": [
        ({"session": None}, FOR_NOW, "its market is closed; it waits for the open"),
        (
            {"now": FRIDAY.open + 5 * SECOND - MS},
            FOR_NOW,
            "it opened less than 5 s ago; it waits for the session",
        ),
        (
            {"now": FRIDAY.close - 5 * SECOND},
            FOR_NOW,
            "it closes within 5 s; it waits for the session",
        ),
        ({"now": FRIDAY.open}, FOR_NOW, "it opened less than"),
        ({"now": FRIDAY.close}, FOR_NOW, "it closes within"),
        (
            {"now": NOW, "policy": policy(open_buffer=timedelta(minutes=31, microseconds=1))},
            FOR_NOW,
            "it opened less than 1860 s ago",
        ),
        (
            {"now": FRIDAY.close - MINUTE, "policy": policy(close_buffer=MINUTE)},
            FOR_NOW,
            "it closes within 60 s",
        ),
        (
            {"session": None, "record": of(send_at=SendAt.NEXT_OPEN)},
            FOR_NOW,
            "its market is closed",
        ),
    ],
    "deadline": [
        (
            {"now": TEN + 60 * MINUTE + MS},
            FOR_GOOD,
            "to be sent from 2022-05-20T14:00:00Z to 2022-05-20T15:00:00Z; "
            "the next bar decides anew",
        ),
        ({"now": TEN - MS}, FOR_GOOD, "to be sent from"),
    ],
    "bars": [
        (
            {"bars_read_at": None},
            FOR_NOW,
            "bars never read; they are read again each minute",
        ),
        ({"bars_read_at": NOW - 3 * MINUTE - MS}, FOR_NOW, "bars read at 2022-05-20T13:57:59.999"),
        ({"doubt": "they differ"}, FOR_NOW, "they differ; they are read again each minute"),
    ],
    "average": [
        (
            {"bars_used": 49},
            FOR_GOOD,
            "made of 49 bars, needs 50; assign a shorter average, or wait for more bars",
        )
    ],
    "trading": [
        (
            {"suspended": True},
            FOR_NOW,
            "trading is suspended; it waits for trading to resume",
        )
    ],
    "long": [
        ({"held": Decimal(0)}, FOR_GOOD, "0 shares held; there is nothing to sell"),
        ({"held": Decimal(-30)}, FOR_GOOD, "-30 shares held; there is nothing to sell"),
    ],
    "position": [
        (
            {"held": Decimal("100.6")},
            FOR_GOOD,
            "100.6 shares held, 100.7 expected; "
            "it was changed elsewhere meanwhile; the next bar decides anew",
        ),
        ({"held": Decimal("100.8")}, FOR_GOOD, "100.8 shares held, 100.7 expected"),
        ({"held": Decimal("402.8")}, FOR_GOOD, "402.8 shares held, 100.7 expected"),
        ({"cancelled_sold": Decimal("0.5")}, FOR_NOW, "100.7 shares held, 100.2 expected"),
        (
            {"cancelled_sold": Decimal(40)},
            FOR_NOW,
            "100.7 shares held, 60.7 expected",
        ),
    ],
    "quantity": [
        (
            {"held": Decimal("0.9")},
            FOR_GOOD,
            "0 of 0.9 shares can be sold; "
            "other orders sell the rest; cancel them or leave it to them",
        ),
        ({"selling": Decimal("99.8")}, FOR_GOOD, "0 of 100.7 shares can be sold"),
        ({"held": Decimal(-30)}, FOR_GOOD, "0 of -30 shares can be sold"),
    ],
    "within position": [
        (
            {"held": Decimal(-30)},
            FOR_GOOD,
            "selling 0 of -30 that are free; look at the open orders on it",
        ),
        ({"selling": Decimal(101)}, FOR_GOOD, "selling 0 of -0.3 that are free"),
        ({"record": of(held=Decimal("99.5"))}, FOR_GOOD, "selling 100 of 100.7 that are free"),
    ],
    "order size": [
        (
            {"policy": policy(max_shares_per_order=99)},
            FOR_GOOD,
            "100 shares worth 9950.0000, at most 99 worth 50000.0000; raise max_shares_per_order "
            "or max_value_per_order under [live], or sell it by hand",
        ),
        ({"policy": policy(max_value_per_order=9949.99)}, FOR_GOOD, "at most 10000 worth 9949.99"),
        ({"price": float("nan")}, FOR_GOOD, "worth nan"),
        ({"price": float("inf")}, FOR_GOOD, "worth inf"),
    ],
    "day's total": [
        (
            {"orders_today": 20},
            FOR_GOOD,
            "order 21 of the day, 9950.0000 in all; at most 20 and 200000.0000; raise "
            "max_orders_per_day or max_value_per_day under [live], or sell it by hand",
        ),
        ({"value_today": 190_050.01}, FOR_GOOD, "200000.0100 in all"),
        ({"price": float("nan")}, FOR_GOOD, "nan in all"),
    ],
    "other orders": [
        (
            {"foreign": (BY_PROGRAM, STOP)},
            FOR_GOOD,
            "works on it: SELL 100 LMT @ 120.00 GTC (client 9), SELL 100 STP @ 240.00 GTC "
            "(client 7); cancel them where they were entered, or let them sell it",
        ),
        (
            {"foreign": (evolve(STOP, client_id=0),)},
            FOR_GOOD,
            "works on it: SELL 100 STP @ 240.00 GTC (client 0); cancel them where they were "
            "entered, or let them sell it; with --client-id 0 those entered by hand are "
            "cancelled first",
        ),
        ({"foreign": (evolve(STOP, side=Side.BUY),)}, FOR_GOOD, "works on it: BUY 100 STP"),
        (
            {"to_cancel": (STOP,), "policy": policy(other_orders=OtherOrders.DENY)},
            FOR_GOOD,
            "works on it: SELL 100 STP @ 240.00 GTC (client 7)",
        ),
        (
            {"foreign": (BY_PROGRAM,), "policy": policy(other_orders=OtherOrders.DENY)},
            FOR_GOOD,
            "works on it: SELL 100 LMT @ 120.00 GTC (client 9)",
        ),
    ],
    "limit price": [
        (
            {"no_limit": "no price increment is known for 98.5"},
            FOR_GOOD,
            'no price increment is known for 98.5; set order_type = "MKT" under [live], or sell '
            "it by hand",
        ),
    ],
    "last sale": [
        (
            {"hidden_sale": a_record(filled=Decimal(100))},
            FOR_NOW,
            "100.7 shares held, as before 100 of them were sold; the broker does not show that "
            "sale yet; if you have bought them back, sell them by hand",
        ),
    ],
    "missing orders": [
        (
            {"vanished": (STOP,)},
            FOR_NOW,
            "worked on it and are in no list now: SELL 100 STP @ 240.00 GTC; the broker's lists "
            "are read again",
        ),
        (
            {"vanished": (STOP, evolve(STOP, side=Side.BUY))},
            FOR_NOW,
            "worked on it and are in no list now: SELL 100 STP @ 240.00 GTC, BUY 100 STP",
        ),
    ],
    "failed sends": [
        (
            {"failed_sends": 3},
            FOR_GOOD,
            "orders for it rejected or lost 3 times in a row, at most 2; read the broker's words "
            "(sellcli why), mend the cause, then sell it by hand once",
        ),
        ({"failed_sends": 4}, FOR_GOOD, "orders for it rejected or lost 4 times in a row"),
    ],
}
"""By name: what fails, whether for now or for good, and how its words begin or go on."""

BY_NAME = {check(known()).name: check for check in CHECKS}
PASSING = [(name, *case) for name, cases in PASSES.items() for case in cases]
FAILING = [(name, *case) for name, cases in FAILS.items() for case in cases]


def test_every_check_there_is_is_run():
    """Each function of the four modules, once; and each is tested here, both ways."""
    modules = (run_checks, market_checks, position_checks, limit_checks)
    there = {
        value
        for module in modules
        for name, value in vars(module).items()
        if callable(value)
        and getattr(value, "__module__", "") == module.__name__
        and not name.startswith("_")
    }
    assert set(CHECKS) == there
    assert len(CHECKS) == len(there) == 22
    assert set(PASSES) == set(FAILS) == set(BY_NAME)


@pytest.mark.parametrize(("name", "check", "changes", "found"), PASSING)
def test_check_passes(name, check, changes, found):
    """And says what it has looked at, without advice."""
    answer = check(known(**changes))

    assert answer.passed
    assert (answer.name, BY_NAME[name]) == (name, check)
    assert found is None or str(answer) == answer.found == found


@pytest.mark.parametrize(("name", "changes", "for_now", "words"), FAILING)
def test_check_fails(name, changes, for_now, words):
    """It says what it has met and what to do, and whether waiting may help."""
    answer = BY_NAME[name](known(**changes))

    assert not answer.passed
    assert answer.for_now is for_now
    assert str(answer).endswith(words) if "; " in words else words in str(answer)
    assert str(answer) == f"{answer.found}; {answer.remedy}"
    assert answer.remedy


@pytest.mark.parametrize(("name", "changes", "for_now", "words"), FAILING)
def test_one_failing_check_denies_whatever_the_others_say(name, changes, for_now, words):
    """All of them are run, and all reasons are kept in the order of the table."""
    verdict = judge(known(**changes))

    assert [check.name for check in verdict.checks] == list(BY_NAME)
    assert not verdict.allowed
    assert name in [check.name for check in verdict.failed]
    assert verdict.final >= (not for_now)
    assert len(verdict.reasons) == len(verdict.failed)


def test_order_with_every_check_passed_is_allowed():
    """There is no reason left."""
    verdict = judge(known())

    assert verdict.allowed
    assert (verdict.failed, verdict.reasons, verdict.final) == ((), (), False)


def test_all_that_can_fail_at_once_is_told_at_once():
    """Nobody mends one thing only to meet the next."""
    facts = known(
        mode=Mode.LIVE,
        arming=None,
        halted="by me",
        line="no line",
        reconciled=False,
        skew=None,
        session=None,
        now=TEN - MS,
        bars_read_at=None,
        bars_used=0,
        suspended=True,
        held=Decimal(-30),
        foreign=(STOP,),
        vanished=(STOP,),
        hidden_sale=a_record(),
        no_limit="no price",
        policy=policy(max_value_per_order=1e-9),
        orders_today=20,
        failed_sends=3,
    )

    failed = {check.name for check in judge(facts).failed}

    assert failed == set(BY_NAME) - {"order size"}
    assert judge(facts).final


@given(st.lists(st.tuples(st.booleans(), st.booleans()), max_size=8))
def test_verdict_is_the_sum_of_its_checks(answers):
    """Allowed where all pass; final where one of those that fail will not pass by itself."""
    checks = [
        lambda _, n=n, p=passed, f=for_now: Check(f"{n}", p, f"found {n}", f"do {n}", f)
        for n, (passed, for_now) in enumerate(answers)
    ]

    verdict = judge(known(), checks)

    assert verdict.checks == tuple(check(None) for check in checks)
    assert verdict.allowed == all(passed for passed, _ in answers)
    assert verdict.final == any(not passed and not for_now for passed, for_now in answers)
    assert verdict.reasons == tuple(
        f"found {n}; do {n}" for n, (passed, _) in enumerate(answers) if not passed
    )


def test_check_says_nothing_about_later_unless_told():
    """To fail is final where nobody says otherwise, and there may be nothing to do."""
    assert Check("a", False, "b") == Check("a", False, "b", "", False)
    assert Verdict((Check("a", False, "b"),)).final
