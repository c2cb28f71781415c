"""A list of open orders that leaves one out: it is no proof that the order has gone."""

from collections.abc import Callable

from attrs import evolve
from tests.desk import SECOND
from tests.selling_desk import ELEVEN, OURS, SellingDesk

from sellcore.order import OpenOrder
from sellcore.usecases.sell import CHECKED


def leaves_out(desk: SellingDesk, stop: OpenOrder, *lists: str) -> None:
    """Let the lists of open orders behind the decision show, hide or first hold the stop."""
    acts: dict[str, Callable[[], None]] = {
        "show": lambda: None,
        "hide": lambda: desk.broker.finish(stop.perm_id),
        "enter": lambda: desk.broker.work(stop),
    }

    def begin() -> None:
        for each in lists:
            desk.stage.before("broker.open_orders", acts[each])
            back = "enter" if each == "hide" else "show"
            desk.stage.behind("broker.open_orders", acts[back])

    desk.stage.behind("journal.prepare", begin)


def test_stop_that_one_list_leaves_out_still_goes_first() -> None:
    """Its end is told nowhere, so the lists are read again, and there it is."""
    desk = SellingDesk()
    stop = desk.rest()
    leaves_out(desk, stop, "hide")

    desk.run()

    assert desk.happened == ["PREPARED", "CANCELS_ASKED", "SENDING", "SEEN_FILLED"]
    assert desk.broker.working() == ()
    assert desk.held() == 0
    words = [e.words for e in desk.journal.entries(desk.record.intent_id) if e.what == CHECKED]
    assert words == [
        "worked on it and are in no list now: SELL 100 STP @ 240.00 GTC; the broker's lists are "
        "read again",
        "every check allows it",
    ]


def test_stop_that_hides_again_once_it_was_asked_to_go_is_still_waited_for() -> None:
    """It was listed, it was asked to go, and its end is told nowhere."""
    desk = SellingDesk()
    stop = desk.rest()
    ignored: list[OpenOrder] = []
    desk.entry._cancel = ignored.append  # type: ignore[method-assign]
    leaves_out(desk, stop, "show", "hide", "show", "hide", "show", "hide")

    desk.run(1)

    assert desk.sent == []
    assert ignored[:2] == [stop, stop]


def test_stop_that_came_behind_the_decision_and_hides_then_is_waited_for() -> None:
    """What the look before listed counts, not only what the watch had read."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.broker.finish(stop.perm_id)
    ignored: list[OpenOrder] = []
    desk.entry._cancel = ignored.append  # type: ignore[method-assign]
    leaves_out(desk, stop, "enter", "hide", "show", "hide", "show", "hide")

    desk.run(0.9)

    assert desk.sent == []
    assert ignored[:2] == [stop, stop]


def test_stop_that_lists_leave_out_again_and_again_still_goes_first() -> None:
    """All six readings of one look may be incomplete; half a minute later it is there."""
    desk = SellingDesk()
    stop = desk.rest()
    leaves_out(desk, stop, *["hide"] * 6)

    desk.run(1.5)

    assert desk.happened == ["PREPARED", "CANCELS_ASKED", "SENDING", "SEEN_FILLED"]
    assert (desk.broker.working(), desk.held()) == ((), 0)


def test_stop_that_the_last_reading_of_the_table_left_out_is_missed_as_well() -> None:
    """It was listed a minute before."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.clock.at(ELEVEN + 10 * SECOND, lambda: desk.broker.finish(stop.perm_id))

    desk.run(0.6)
    assert desk.sent == []

    desk.broker.work(stop)
    desk.run(1)
    assert desk.happened == ["PREPARED", "CANCELS_ASKED", "SENDING", "SEEN_FILLED"]


def test_stop_that_no_list_shows_any_more_has_gone() -> None:
    """A broker that tells no end of orders keeps nothing from being sold: at the next look."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.stage.behind("journal.prepare", lambda: desk.broker.finish(stop.perm_id))

    desk.run(0.9)
    assert desk.happened == ["PREPARED"]

    desk.run(1)
    assert desk.happened == ["PREPARED", "SENDING", "SEEN_FILLED"]
    assert desk.sent == ["SELL 100 MKT DAY"]


def test_stop_whose_end_is_told_is_not_missed() -> None:
    """Cancelled by hand between the decision and the sale: one reading is enough."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.stage.behind("journal.prepare", lambda: desk.entry.end(stop))

    desk.run(0.6)

    assert desk.ends == ["filled"]
    behind = desk.stage.calls[desk.stage.calls.index("journal.prepare") :]
    assert behind[: behind.index("entry.place")].count("broker.open_orders") == 1


def test_order_that_names_no_account_is_in_the_way_as_well() -> None:
    """It may be this account's: entered elsewhere, it denies the sale."""
    desk = SellingDesk()
    desk.rest(account="", client_id=OURS + 1)

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])


def test_sale_that_is_listed_without_its_account_is_followed() -> None:
    """Its reference says whose it is; it is not sold once more."""
    desk = SellingDesk()
    take = desk.entry._opened
    desk.entry._opened = lambda *told: evolve(take(*told), account="")  # type: ignore[method-assign]

    desk.run(1.5)

    assert len(desk.sent) == 1
    assert desk.ends == ["filled"]
