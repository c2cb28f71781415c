"""Asking other orders to go: again until they are gone, and in nobody else's way."""

import pytest
from attrs import evolve
from tests.builders import AAPL, MSFT, rule
from tests.desk import MINUTE
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import CancelFate
from sellcore.errors import BrokerUnavailable, InvalidValue, SellError


def two(*, stop: bool = True) -> SellingDesk:
    """Return a desk with two holdings that fall at eleven; on the first a stop may work."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    if stop:
        desk.rest(5, AAPL)
    return desk


def test_cancel_that_was_lost_is_asked_for_again() -> None:
    """The first wishes never arrived; the one that did frees the way."""
    desk = SellingDesk()
    desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED
    arrives = ELEVEN + 3 * MINUTE
    desk.clock.at(arrives, lambda: setattr(desk.entry, "cancel_fate", CancelFate.DONE))

    desk.run()

    assert (desk.ends, desk.held()) == (["filled"], 0)
    assert desk.record.sent_at is not None
    assert desk.record.sent_at >= arrives


def test_order_that_never_goes_is_named_where_the_sale_is_denied() -> None:
    """Its time being over is not all of the reason."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED

    desk.run(30)

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert desk.record.words.endswith(f"; asked to go and still there: {stop}; cancel them in TWS")


def test_order_that_is_being_cancelled_is_in_the_way_until_it_is_gone() -> None:
    """The broker has taken the wish and says so; until it is done, the order may fill."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED
    going = evolve(stop, status="PendingCancel")
    desk.stage.behind("entry.cancel", lambda: desk.broker.work(going))
    gone = ELEVEN + 3 * MINUTE
    desk.clock.at(gone, lambda: desk.entry.end(going, "Cancelled", "Cancelled by Trader"))

    desk.run()

    assert (desk.ends, desk.held()) == (["filled"], 0)
    assert desk.record.sent_at is not None
    assert desk.record.sent_at >= gone


def test_cancel_that_the_life_before_never_wrote_is_asked_for_by_the_next() -> None:
    """It is on record as asked for, which proves nothing."""
    desk = SellingDesk()
    desk.rest()
    desk.stage.before("entry.cancel", desk.die)

    assert desk.run_through_kills() == 2

    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_sale_goes_before_the_cancels_of_another() -> None:
    """What is ready waits for nothing."""
    desk = two().run()

    calls = desk.stage.calls
    assert calls.index("entry.place") < calls.index("entry.cancel")
    by_name = {record.intent.instrument: record for record in desk.records}
    assert by_name[MSFT].sent_at == by_name[AAPL].sent_at == DECIDED  # within the same look
    assert desk.ends == ["filled", "filled"]


def test_all_orders_that_are_in_the_way_are_asked_to_go_at_once() -> None:
    """All of them on each holding, before anybody looks whether one has gone."""
    desk = two()
    desk.rest(6, AAPL, order_type="LMT", limit_price=300.0)
    desk.rest(7, MSFT)
    gone: list[tuple[int, ...]] = []

    def look() -> None:
        working = tuple(order.perm_id for order in desk.broker.working())
        gone.append(working)

    desk.stage.behind("entry.cancel", look, look)

    desk.run()

    assert gone == [(7,), ()]
    calls = desk.stage.calls
    first = calls.index("entry.cancel")
    second = calls.index("entry.cancel", first + 1)
    assert "broker.open_orders" not in calls[first:second]
    assert calls.count("entry.cancel") == 2
    assert desk.ends == ["filled", "filled"]


@pytest.mark.parametrize("error", [InvalidValue("no number"), BrokerUnavailable("no answer")])
def test_cancel_that_fails_keeps_no_other_sale_back(error: SellError) -> None:
    """Neither one that is refused nor one that is not answered."""
    desk = two()

    def fail() -> None:
        raise error

    desk.stage.before("entry.cancel", *[fail] * 100)

    desk.run(30)

    assert (desk.held(MSFT), desk.held(AAPL)) == (0, 100)
    ends = {record.intent.instrument: str(record.state) for record in desk.records}
    assert ends == {MSFT: "filled", AAPL: "denied"}


def test_nothing_is_cancelled_on_what_was_read_before_another_sale() -> None:
    """To hear what became of that took its time: the position may have gone, and its stop not."""
    desk = two()
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("0", AAPL))

    desk.run()

    assert [order.perm_id for order in desk.broker.working()] == [5]
    assert "entry.cancel" not in desk.stage.calls
    assert sorted(desk.ends) == ["denied", "filled"]
