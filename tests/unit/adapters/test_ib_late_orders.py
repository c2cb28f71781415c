"""Open orders that are told when nobody asks: behind the end of the list that was to hold them."""

import asyncio
from collections.abc import Sequence

from attrs import evolve
from ib_async.decoder import Decoder
from tests.builders import MSFT, an_order
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import PATIENCE

from adapters.ib.inbox import Inbox
from adapters.ib.library_logs import quieten
from adapters.ib.order_news import OrderNews
from adapters.ib.pending import Frame, OpenOrderRow, Pending
from sellcore.order import OpenOrder

STOP = an_order(MSFT)
OTHER = evolve(STOP, perm_id=77, order_id=8)
END: Frame = ["53", "1"]

quieten()


def told(*messages: Frame, lists: Sequence[Sequence[Frame]]) -> list[list[int]]:
    """Return the permanent ids of each list, after these messages that nobody asked for."""

    async def listen() -> list[list[int]]:
        inbox = Inbox(lambda code, text: None, OrderNews(1))
        decoder = Decoder(inbox, 178)
        inbox.attach(decoder)
        for message in messages:
            decoder.interpret(message)
        answers = []
        for rows in lists:
            inbox.orders = pending = Pending[OpenOrderRow]()
            for message in (*rows, END):
                decoder.interpret(message)
            answers.append([row.order.permId for row in await pending.done])
            inbox.orders = None
        return answers

    return asyncio.run(asyncio.wait_for(listen(), PATIENCE))


def row(order: OpenOrder) -> Frame:
    return list(map(str, frames.open_order(order)))


def status(order: OpenOrder) -> Frame:
    return list(map(str, frames.order_status(order)))


def test_order_that_came_too_late_for_a_list_is_in_the_next() -> None:
    """Once: the list behind that one has to tell it itself."""
    assert told(row(STOP), lists=[[], []]) == [[STOP.perm_id], []]
    assert told(row(STOP), lists=[[row(OTHER)]]) == [[OTHER.perm_id, STOP.perm_id]]


def test_order_that_the_list_tells_itself_is_in_it_once() -> None:
    """As the list tells it."""
    assert told(row(STOP), lists=[[row(STOP)], []]) == [[STOP.perm_id], []]


def test_order_that_has_ended_since_is_in_no_list() -> None:
    """By its status, or by another word on the order."""
    done = evolve(STOP, status="Cancelled")

    assert told(row(STOP), status(done), lists=[[]]) == [[]]
    assert told(row(STOP), row(done), lists=[[]]) == [[]]
    assert told(row(done), lists=[[]]) == [[]]
    assert told(row(STOP), status(evolve(done, perm_id=77)), lists=[[]]) == [[STOP.perm_id]]


def test_order_that_has_no_permanent_id_yet_ends_by_its_sender_and_number() -> None:
    """Another client may have sent one with the same number."""
    new = evolve(STOP, perm_id=0, client_id=5)
    done = evolve(new, status="Cancelled")

    assert told(row(new), status(done), lists=[[]]) == [[]]
    assert told(row(new), status(evolve(done, client_id=6)), lists=[[]]) == [[0]]
    assert told(row(new), status(evolve(done, order_id=9)), lists=[[]]) == [[0]]


def test_list_that_is_pushed_as_a_whole_is_none_of_ours() -> None:
    """Some gateways do that at the login; what works by then is asked for."""
    assert told(row(STOP), END, lists=[[]]) == [[]]


def test_order_of_ours_is_found_by_the_lists_alone() -> None:
    """It may have filled within the second that it was told in."""
    ours = evolve(STOP, order_ref="sellcli:0123456789abcdef")

    assert told(row(ours), lists=[[]]) == [[]]
