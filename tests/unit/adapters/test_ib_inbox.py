"""What becomes of messages that are malformed, unasked for or out of turn."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from ib_async import Contract, Order, OrderState
from ib_async.decoder import Decoder
from tests.builders import an_order
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import PATIENCE

from adapters.ib.inbox import Inbox
from adapters.ib.library_logs import quieten
from adapters.ib.order_news import OrderNews
from adapters.ib.pending import Frame, OpenOrderRow, Pending, Refusal, Ticks
from sellcore.errors import BrokerUnavailable

VERSIONS = [157, 163, 164, 173, 177, 178]
IDS = [1, 3, 4, 5, 9, 10, 11, 15, 17, 45, 49, 52, 53, 58, 59, 61, 62, 90, 93, 101, 102, 106]

STATUS = list(map(str, frames.order_status(an_order())))

quieten()


def in_loop(story: Callable[[Inbox, Decoder], Coroutine[None, None, None]]) -> list[int]:
    """Run a story with an inbox attached to ib_async's decoder; return the codes it heard."""
    codes: list[int] = []

    async def run() -> None:
        inbox = Inbox(lambda code, text: codes.append(code), OrderNews(1))
        decoder = Decoder(inbox, 178)
        inbox.attach(decoder)
        async with asyncio.timeout(PATIENCE):
            await story(inbox, decoder)

    asyncio.run(run())
    return codes


@settings(max_examples=300)
@given(
    st.lists(
        st.tuples(st.sampled_from(IDS), st.lists(st.text("0159.,:-naDU ", max_size=5))),
        max_size=10,
    ),
    st.sampled_from(VERSIONS),
)
def test_no_message_raises(messages: list[tuple[int, list[str]]], version: int) -> None:
    """Rubbish under any message id is survived, whatever is being waited for."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        decoder.serverVersion = version
        inbox.positions, inbox.orders, inbox.time = Pending(), Pending(), Pending()
        inbox.bars[1], inbox.details[0] = Pending(), Pending()
        inbox.completed, inbox.executions[5] = Pending(), Pending()
        inbox.ticks[9], rules = Ticks(), inbox.rules.expect([0, 5])
        for message, fields in messages:
            decoder.interpret([str(message), *fields])
        assert inbox.heard == len(messages)
        inbox.fail_all("the end")
        for pending in (inbox.positions, inbox.orders, inbox.completed, inbox.time):
            assert pending.done.done()
            pending.done.exception()
        numbered = (inbox.bars, inbox.details, inbox.executions, inbox.ticks, rules)
        for pending in (each for kind in numbered for each in kind.values()):
            pending.done.exception()

    in_loop(story)


def test_order_that_cannot_be_decoded_spoils_the_answer() -> None:
    """An order left out would look like an account without it."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        inbox.orders = pending = Pending[OpenOrderRow]()
        decoder.interpret(["5", "7", "265598", "AAPL", "STK", "", "0", "?", "SMART"])
        decoder.interpret(["53", "1"])
        with pytest.raises(BrokerUnavailable, match="cannot be read") as told:
            await pending.done
        assert str(told.value).endswith(": message '5 7 265598 AAPL STK 0 ?' ...")

    in_loop(story)


@pytest.mark.parametrize(
    "error",
    [ValueError(), IndexError(), KeyError(), TypeError(), OverflowError(), StopIteration()],
    ids=repr,
)
def test_whatever_the_library_raises_on_an_order_spoils_the_answer(error: Exception) -> None:
    """Its decoder would log the error and go on: the order would be missing."""

    class Decoding(Decoder):
        """A decoder that meets a message it cannot read."""

        def openOrder(self, fields: Frame) -> None:  # noqa: N802
            raise error

    async def story() -> None:
        inbox = Inbox(lambda code, text: None, OrderNews(1))
        decoder = Decoding(inbox, 178)
        inbox.attach(decoder)
        inbox.orders = pending = Pending[OpenOrderRow]()
        decoder.interpret(["5", "7"])
        decoder.interpret(["53", "1"])
        with pytest.raises(BrokerUnavailable, match="message '5 7'"):
            await pending.done

    asyncio.run(asyncio.wait_for(story(), PATIENCE))


@pytest.mark.parametrize(("version", "head"), [(178, ["10", "5"]), (163, ["10", "8", "5"])])
def test_description_that_cannot_be_read_spoils_its_own_request(
    version: int, head: list[str]
) -> None:
    """Other numbers in it are no numbers of requests."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        decoder.serverVersion = version
        inbox.details[5], inbox.details[7] = Pending(), Pending()
        decoder.interpret([*head, "AAPL", "7", "7", "7", "7", "7"])
        for request in ("5", "7"):
            decoder.interpret(["52", "1", request])
        with pytest.raises(BrokerUnavailable, match="cannot be read"):
            await inbox.details[5].done
        assert await inbox.details[7].done == []

    in_loop(story)


@pytest.mark.parametrize("asked", [True, False])
def test_order_that_was_only_asked_about_works_nowhere(asked: bool) -> None:
    """A what-if is told like an open order: it is none, and no word on one of ours."""
    news = OrderNews(1)

    async def story() -> None:
        inbox = Inbox(lambda code, text: None, news)
        decoder = Decoder(inbox, 178)
        inbox.attach(decoder)
        inbox.orders = pending = Pending[OpenOrderRow]() if asked else None
        order = Order(clientId=1, orderId=7, permId=9, whatIf=True)
        inbox.openOrder(7, Contract(conId=265598), order, OrderState(status="PreSubmitted"))
        decoder.interpret(["53", "1"])
        assert pending is None or await pending.done == []

    asyncio.run(asyncio.wait_for(story(), PATIENCE))
    assert news.take(0.0) == ()


def test_end_marker_that_nobody_waits_for_completes_nothing() -> None:
    """A gateway that pushes open orders at the login does not answer a later question."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        decoder.interpret(["53", "1"])
        decoder.interpret(["62", "1"])
        inbox.orders, inbox.positions = Pending[OpenOrderRow](), Pending[Frame]()
        assert not inbox.orders.done.done()
        assert not inbox.positions.done.done()

    in_loop(story)


@pytest.mark.parametrize("code", ["2106", "2105", "165", "10167"])
def test_remark_on_a_request_leaves_it_open(code: str) -> None:
    """A report about a data farm is not an answer."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        inbox.bars[9] = pending = Pending[Frame]()
        decoder.interpret(["4", "2", "9", code, "HMDS data farm says hello", ""])
        assert not pending.done.done()

    assert in_loop(story) == [int(code)]


@pytest.mark.parametrize("code", ["162", "200", "321", "354", "366"])
def test_error_on_a_request_ends_that_request_only(code: str) -> None:
    """A 321 ends a request too, which ib_async takes for a warning and waits on."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        inbox.bars[9], inbox.bars[10] = Pending[Frame](), Pending[Frame]()
        decoder.interpret(["4", "2", "9", code, "no", ""])
        with pytest.raises(Refusal, match=f"{code}: no"):
            await inbox.bars[9].done
        assert not inbox.bars[10].done.done()

    in_loop(story)


def test_error_without_its_last_field_is_understood() -> None:
    """Older gateways leave the JSON field out; ib_async would lose the error."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        decoder.interpret(["4", "2", "-1", "1100", "gone"])

    assert in_loop(story) == [1100]


@pytest.mark.parametrize("number", ["-1", "7", "2000000009"])
def test_every_error_is_noticed_whatever_it_is_about(number: str) -> None:
    """The pacer slows down at error 100, whichever message was one too many."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        decoder.interpret(["4", "2", number, "100", "Max rate of messages exceeded", ""])

    assert in_loop(story) == [100]


def test_number_of_an_order_that_has_traded_is_in_use() -> None:
    """Also where it is told in answer to a question: the broker's own count may be set back."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        inbox.executions[5] = Pending[Frame]()
        decoder.interpret(list(map(str, frames.execution(5, order_id=41))))
        numbers = inbox._news.numbers
        numbers.told(1)
        assert numbers.draw(1, 0) == (42,)

    in_loop(story)


@pytest.mark.parametrize("word", [["3", "x"], [*STATUS[:4], "much"]])
def test_status_that_cannot_be_read_spoils_no_list(word: Frame) -> None:
    """The order itself says enough: all of it counts as still to be filled."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        inbox.orders = pending = Pending[OpenOrderRow]()
        decoder.interpret(list(map(str, frames.open_order(an_order()))))
        decoder.interpret([*word, *STATUS[len(word) :]])
        decoder.interpret(["53", "1"])
        (row,) = await pending.done
        assert row.status is None

    in_loop(story)


def test_status_that_came_before_a_list_says_nothing_of_the_orders_in_it() -> None:
    """What the list tells counts: an order that is listed works, whatever was said before."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        stop = an_order()
        decoder.interpret(list(map(str, frames.order_status(evolve(stop, status="Filled")))))
        inbox.orders = pending = Pending[OpenOrderRow]()
        decoder.interpret(list(map(str, frames.open_order(stop))))
        decoder.interpret(["53", "1"])
        (row,) = await pending.done
        assert row.status is None

    in_loop(story)


@pytest.mark.parametrize("what", ["orders", "positions", "completed"])
@pytest.mark.parametrize("number", ["-1", "0"])
def test_unaddressed_refusal_ends_the_question_without_a_number(what: str, number: str) -> None:
    """A read-only gateway refuses open orders without naming a request."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        pending: Pending[Any] = Pending()
        setattr(inbox, what, pending)
        decoder.interpret(["4", "2", number, "321", "The API interface is in Read-Only mode.", ""])
        assert pending.done.done()
        with pytest.raises(Refusal, match="Read-Only"):
            await pending.done

    in_loop(story)


def test_look_at_the_market_ends_with_what_is_enough() -> None:
    """A bid alone does not say whether trading is halted."""

    async def story(inbox: Inbox, decoder: Decoder) -> None:
        inbox.ticks[9] = ticks = Ticks()
        decoder.interpret(["1", "6", "9", "1", "50", "100", "1"])
        assert not ticks.done.done()
        decoder.interpret(["45", "6", "9", "49", "0"])
        assert ticks.done.done()

    in_loop(story)
