"""A person who halts selling while orders are on their way out."""

from collections.abc import Callable

from tests.builders import AAPL, MSFT, rule
from tests.desk import HOUR
from tests.selling_desk import ELEVEN, SellingDesk

from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.selling.lifecycle import State

NAMES = [Instrument(n, f"S{n}", "NASDAQ", "USD") for n in (1, 2, 3)]


def three_holdings() -> SellingDesk:
    """Return a desk of three holdings, all of which fall at eleven."""
    desk = SellingDesk(rules={name.ticker: rule() for name in NAMES}, quantity=0)
    for name in NAMES:
        desk.hold(name)
        desk.falls(name)
    return desk


def halt_behind(desk: SellingDesk, orders: int) -> Callable[[], str | None]:
    """Return a kill switch that is thrown once so many orders have been written."""
    return lambda: "enough" if len(desk.entry.sent) >= orders else None


def test_halt_between_two_orders_of_one_look_keeps_the_rest_in_the_house() -> None:
    """The first is followed to its end; the others have ended and were never written."""
    desk = three_holdings()
    desk.switch.thrown = halt_behind(desk, 1)  # type: ignore[method-assign]

    desk.run()

    assert [order.instrument for order in desk.entry.sent] == NAMES[:1]
    assert desk.ends == ["filled", "not sent", "not sent"]
    assert [desk.held(name) for name in NAMES] == [0, 100, 100]
    assert {record.words for record in desk.records[1:]} == {"halted before it was written: enough"}
    assert desk.telling("not sent") == [
        f"NASDAQ:{name.symbol}: SELL 100: not sent: halted before it was written: enough; "
        "it is not sent again; the next bar decides anew"
        for name in NAMES[1:]
    ]


def test_halts_are_no_refusals_of_the_broker() -> None:
    """However often one meets the same holding: the next bar sells."""
    desk = SellingDesk()
    hours = ELEVEN + 2.5 * HOUR

    def thrown() -> str | None:
        sending = any(record.state is State.SENDING for record in desk.records)
        return "just then" if sending and desk.true.moment < hours else None

    desk.switch.thrown = thrown  # type: ignore[method-assign]

    desk.run(190)

    assert desk.ends == ["not sent", "not sent", "not sent", "filled"]


def test_halt_that_was_over_at_once_still_holds_back_what_it_met() -> None:
    """An intent is on record as being sent once only."""
    desk = three_holdings()
    said = iter([None] * 4 + ["a slip"] + [None] * 1000)
    desk.switch.thrown = lambda: next(said)  # type: ignore[method-assign]

    desk.run()

    assert len(desk.entry.sent) + desk.ends.count("not sent") == 3
    assert 0 < desk.ends.count("not sent") < 4
    assert "halted before it was written: a slip" in {r.words for r in desk.records}


def test_halt_between_two_cancels_leaves_the_other_stop_in_its_place() -> None:
    """No protection is taken away for a sale that will not be sent."""
    desk = three_holdings()
    stops = [desk.rest(1001 + n, name) for n, name in enumerate(NAMES)]
    asked: list[OpenOrder] = []

    def cancel(order: OpenOrder) -> None:
        asked.append(order)
        desk.switch.why = "not these"

    desk.entry._cancel = cancel  # type: ignore[method-assign]

    desk.run(5)

    assert asked == stops[:1]
    assert desk.sent == []
    assert {order.perm_id for order in desk.broker.working()} >= {1002, 1003}


def test_halt_before_the_only_order_leaves_it_unwritten() -> None:
    """The switch is looked at behind the write to the journal, too."""
    desk = SellingDesk()
    desk.stage.behind("entry.order_ids", lambda: setattr(desk.switch, "why", "now"))

    desk.run(3)

    assert (desk.sent, desk.ends) == ([], ["not sent"])
    assert desk.happened == ["PREPARED", "SENDING", "HELD_BACK"]
    assert desk.held(MSFT) == 100


def test_order_held_back_is_told_once_that_is_on_record() -> None:
    """On a disk that is full by then it passes for one that may have gone, until the lists tell."""
    desk = SellingDesk()

    def thrown() -> str | None:
        if not any(record.state is State.SENDING for record in desk.records):
            return None
        desk.journal.full = True
        return "now"

    desk.switch.thrown = thrown  # type: ignore[method-assign]

    desk.run(3)

    assert (desk.sent, desk.ends) == ([], ["sending"])
    assert desk.telling("not sent") == []
    assert [text for text in desk.telling("denied") if "until the journal can be written" in text]


def test_two_sales_that_wait_are_told_once_each() -> None:
    """Minute after minute for the same reason, which is no news."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    desk.falls(AAPL)
    desk.switch.why = "wait"

    desk.run(6)

    told = [text.partition(" ")[0] for text in desk.alerts if "is not sold yet" in text]
    assert sorted(told) == ["NASDAQ:AAPL", "NASDAQ:MSFT"]
