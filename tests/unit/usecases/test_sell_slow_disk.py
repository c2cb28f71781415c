"""A journal that takes long to keep what is about to be sent, or a machine that slept just then."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from tests.builders import AAPL, ACCOUNT, MSFT, rule
from tests.desk import FRIDAY, MINUTE, SECOND
from tests.selling_desk import DECIDED, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.policy import AtClose, Policy
from sellcore.ports.order_entry import SellOrder
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming
from sellcore.selling.intent_record import Move
from sellcore.selling.lifecycle import Happening


def slow(desk: SellingDesk, seconds: float) -> SellingDesk:
    """Let the step before the wire take so long to be kept."""

    def take_long() -> None:
        desk.true.moment += timedelta(seconds=seconds)

    desk.stage.behind("journal.record", take_long)
    return desk


@pytest.mark.parametrize(("seconds", "sent"), [(29, 1), (30, 1), (31, 0), (1800, 0)])
def test_what_was_checked_long_ago_is_not_sent_on(seconds: float, sent: int) -> None:
    """Who knows what is held by now; the next bar decides anew."""
    desk = slow(SellingDesk(), seconds).run(45)

    assert len(desk.sent) == sent
    assert desk.ends == (["filled"] if sent else ["not sent"])
    if not sent:
        assert desk.telling("not sent") == [
            f"NASDAQ:MSFT: SELL 100: not sent: too late to be written: {seconds} s had passed "
            "since the account was read; it is not sent again; the next bar decides anew"
        ]


@pytest.mark.parametrize(("ahead", "sent"), [(20, 1), (19.9, 0)])
def test_leave_to_sell_that_ends_meanwhile_is_over(ahead: float, sent: int) -> None:
    """It disarmed itself while the disk was at work."""
    desk = slow(SellingDesk(), 20)
    until: datetime = DECIDED + timedelta(seconds=ahead)
    desk.arming = Arming(ACCOUNT, AccountKind.PAPER, until)

    desk.run()

    assert (len(desk.sent), desk.ends) == (sent, ["filled" if sent else "not sent"])
    if not sent:
        assert desk.record.words == "too late to be written: its time ran out just then"


@pytest.mark.parametrize(("seconds", "sent"), [(14, 1), (16, 0)])
def test_session_that_closes_meanwhile_is_over(seconds: float, sent: int) -> None:
    """Five seconds before its close, as ever."""
    desk = SellingDesk(FRIDAY.close - 5 * MINUTE)
    desk.policy = Policy(at_close=AtClose.PRE_CLOSE, pre_close=20 * SECOND)
    desk.drops_at_the_close()

    slow(desk, seconds).watch(FRIDAY.close + MINUTE)

    assert (len(desk.sent), desk.ends) == (sent, ["filled" if sent else "not sent"])


@pytest.mark.parametrize(("seconds", "sent"), [(30, 2), (31, 1)])
def test_order_that_stands_in_line_too_long_is_not_sent(seconds: float, sent: int) -> None:
    """The machine slept, or many went before it; what went before it is followed to its end."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    take = desk.entry._accept

    def slowly(order: SellOrder, fate: Fate) -> None:
        take(order, fate)
        if len(desk.entry.sent) == 1:
            desk.true.moment += timedelta(seconds=seconds)

    desk.entry._accept = slowly  # type: ignore[method-assign]

    desk.run(30)

    assert len(desk.sent) == sent
    assert sorted(desk.ends) == ["filled", "filled" if sent == 2 else "not sent"]


@pytest.mark.parametrize(("seconds", "sold"), [(31, True), (1800, False)])
def test_stop_stays_where_the_sale_that_it_was_to_go_for_is_too_late(
    seconds: float, sold: bool
) -> None:
    """Without it the position would have neither a sale nor its protection."""
    desk = SellingDesk()
    stop = desk.rest()
    kept = desk.journal.record
    slow_ones: list[Sequence[Move]] = []

    def slowly(moves: Sequence[Move]) -> None:
        kept(moves)
        if not slow_ones and moves[0].happening is Happening.CANCELS_ASKED:
            slow_ones.append(moves)
            desk.true.moment += timedelta(seconds=seconds)

    desk.journal.record = slowly  # type: ignore[method-assign]

    desk.run(45)

    assert (stop not in desk.broker.working()) is sold
    assert (desk.ends, desk.held(MSFT)) == ((["filled"], 0) if sold else (["denied"], 100))


def test_all_of_a_look_are_held_back_together() -> None:
    """What was slow was slow for all of them."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)

    slow(desk, 40).run(30)

    assert (desk.sent, desk.ends) == ([], ["not sent", "not sent"])
    assert (desk.held(MSFT), desk.held(AAPL)) == (100, 100)
