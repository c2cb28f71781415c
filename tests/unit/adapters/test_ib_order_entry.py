"""What goes on the wire, what never does, and what is said when a line goes in between."""

import _thread
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from attrs import evolve
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, ACCOUNT, PATIENCE, eventually, held, interruptible
from tests.contract.order_stages import by_another
from tests.contract.scripted_gateway import Answer, Frame, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.order_entry import IBOrderEntry
from sellcore.errors import BrokerUnavailable, InvalidValue, SendUnclear
from sellcore.instrument import Instrument, Kind
from sellcore.order import OpenOrder
from sellcore.ports.order_entry import OrderType, Reply, SellOrder, Word

NOON = datetime(2022, 5, 20, 16, tzinfo=UTC)
READ_ONLY = "Error validating request.-'bW' : cause - The API interface is in Read-Only mode."
SLOW = 2.0
"""Messages a second, of which one may be about an order."""


class Desk:
    """An order entry before a scripted gateway."""

    def __init__(self, gateway: ScriptedGateway, connection: IBConnection) -> None:
        self.gateway, self.connection = gateway, connection
        self.entry, self.broker = IBOrderEntry(connection), IBBroker(connection)

    def sale(self, **changes: object) -> SellOrder:
        """Return a sale at the market under a new number."""
        (number,) = self.entry.order_ids(1, 0)
        order = SellOrder(number, ACCOUNT, AAPL, 100, OrderType.MARKET, None, "sellcli:0123456789")
        return evolve(order, **changes)

    def arrived(self) -> list[list[str]]:
        """Return the orders that have reached the gateway."""
        return self.gateway.asked(3)

    def hear(self, count: int = 1) -> list[Reply]:
        """Return so many replies."""
        heard: list[Reply] = []
        while len(heard) < count:
            told = self.entry.replies(PATIENCE)
            assert told, f"only heard {heard}"
            heard += told
        return heard


@contextmanager
def desk(
    answers: dict[int, Answer] | None = None,
    *,
    client_id: int = 1,
    version: int = 178,
    rate: float = 0.0,
    timeout: float = PATIENCE / 2,
) -> Iterator[Desk]:
    """Log in to a gateway with these answers."""
    greeting = (version, "20220520 12:00:00 EST")
    with ScriptedGateway(answers, greeting=greeting) as gateway:
        connection = IBConnection(
            "127.0.0.1",
            gateway.port,
            client_id,
            FrozenClock(NOON),
            timeout=timeout,
            messages_per_second=rate,
        )
        try:
            connection.connect()
            yield Desk(gateway, connection)
        finally:
            connection.close()


# The wire.

PLAIN = {
    0: "3",
    6: "0.0",
    25: "0",
    27: "1",
    36: "0.0",
    45: "-1",
    **dict.fromkeys([28, 29, 30, 31, 32, 33, 34, 43, 46, 49, 52, 53, 55, 61, 66], "0"),
    **dict.fromkeys([77, 80, 81, 84, 86, 87, 88, 89, 96, 105, 106, 107, 108, 111], "0"),
}
"""What every plain order holds at 178: its message id, transmit, and fields that are not set."""


@pytest.mark.parametrize(
    ("kind", "limit", "price"),
    [
        (OrderType.MARKET, None, {}),
        (OrderType.LIMIT, 137.25, {19: "137.25"}),
        (OrderType.LIMIT, 0.4567, {19: "0.4567"}),
    ],
)
def test_nothing_but_what_was_decided_is_on_the_wire(
    kind: OrderType, limit: float | None, price: dict[int, str]
) -> None:
    """Contract, side, quantity, type, limit, DAY, account, reference; all else is left unset."""
    with desk() as it:
        order = it.sale(order_type=kind, limit_price=limit)
        it.entry.place([order])
        eventually(it.arrived)
        ((*fields,),) = it.arrived()
        decided = {
            1: str(order.order_id),
            2: "265598",
            3: "AAPL",
            4: "STK",
            9: "SMART",
            11: "USD",
            16: "SELL",
            17: "100",
            18: kind.value,
            21: "DAY",
            23: ACCOUNT,
            26: order.order_ref,
            **price,
        }
        assert len(fields) == 114
        assert {n: text for n, text in enumerate(fields) if text} == PLAIN | decided


def test_stock_is_named_with_the_currency_that_it_trades_in() -> None:
    """The contract id says which one it is, and nothing beside it says otherwise."""
    canadian = Instrument(4521593, "RY", "TSE", "CAD")
    with desk() as it:
        it.entry.place([it.sale(instrument=canadian)])
        eventually(it.arrived)
        (fields,) = it.arrived()
        assert (fields[2], fields[3], fields[11]) == ("4521593", "RY", "CAD")


@pytest.mark.parametrize("version", [157, 163, 169, 176, 177, 178])
def test_terms_stand_where_every_server_reads_them(version: int) -> None:
    """The first 35 fields are the same for all of them."""
    with desk(version=version) as it:
        it.entry.place([it.sale()])
        eventually(it.arrived)
        (fields,) = it.arrived()
        assert fields[16:19] == ["SELL", "100", "MKT"]
        assert (fields[21], fields[23], fields[27], fields[33]) == ("DAY", ACCOUNT, "1", "0")


@pytest.mark.parametrize(
    ("version", "cancelled"), [(157, ["4", "1", "3"]), (178, ["4", "1", "3", ""])]
)
def test_cancel_names_the_number_and_nothing_else(version: int, cancelled: list[str]) -> None:
    """That is all a gateway is told."""
    with desk(client_id=77, version=version) as it:
        it.entry.cancel([by_another(11, 77)])
        eventually(lambda: it.gateway.asked(4))
        assert it.gateway.asked(4) == [cancelled]


FUTURE = Instrument(637533641, "ES", "FUT", "USD", Kind.OTHER)


def limited(price: float) -> dict[str, object]:
    return {"order_type": OrderType.LIMIT, "limit_price": price}


MARKET, LIMIT = "SELL 100 MKT DAY", "SELL 100 LMT"
WHOLE = "is not a number of whole shares"
PAIRED = "a limit order has a limit price, no other order does"
NAMED = "has no account or no reference"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"quantity": 0}, f"SELL 0 MKT DAY: 0 {WHOLE}"),
        ({"quantity": -5}, f"SELL -5 MKT DAY: -5 {WHOLE}"),
        ({"quantity": Decimal("10.5")}, f"SELL 10.5 MKT DAY: Decimal('10.5') {WHOLE}"),
        ({"quantity": True}, f"SELL True MKT DAY: True {WHOLE}"),
        ({"order_type": OrderType.LIMIT}, f"{LIMIT} DAY: {PAIRED}"),
        ({"limit_price": 10.0}, f"SELL 100 MKT 10.0 DAY: {PAIRED}"),
        (limited(0.0), f"{LIMIT} 0.0 DAY: 0.0 is not a price above zero"),
        (limited(float("nan")), f"{LIMIT} nan DAY: nan is not a price above zero"),
        (limited(float("inf")), f"{LIMIT} inf DAY: inf is not a price above zero"),
        ({"instrument": FUTURE}, "FUT:ES: only stocks are sold"),
        ({"instrument": evolve(AAPL, con_id=0)}, "NASDAQ:AAPL: only stocks are sold"),
        (
            {"instrument": evolve(AAPL, symbol="\u00c4PPEL")},
            f"{MARKET}: '\u00c4PPEL' is not plain ASCII",
        ),
        ({"instrument": evolve(AAPL, currency="\u20ac")}, f"{MARKET}: '\u20ac' is not plain ASCII"),
        ({"account": ""}, f"{MARKET}: {NAMED}"),
        ({"account": "DU\x001"}, f"{MARKET}: 'DU\\x001' is not plain ASCII"),
        ({"order_ref": ""}, f"{MARKET}: {NAMED}"),
        ({"order_ref": "sellcli:\u00e4"}, f"{MARKET}: 'sellcli:\u00e4' is not plain ASCII"),
        ({"order_ref": "sellcli:\n"}, f"{MARKET}: 'sellcli:\\n' is not plain ASCII"),
    ],
    ids=str,
)
def test_what_is_no_plain_sale_is_never_written(changes: dict[str, object], why: str) -> None:
    """Nor is a good order of the same batch; the line says what is wrong."""
    with desk() as it:
        good, bad = it.sale(), it.sale(**changes)
        with pytest.raises(InvalidValue) as refused:
            it.entry.place([good, bad])
        it.entry.place([good])
        eventually(it.arrived)
        assert [fields[1] for fields in it.arrived()] == [str(good.order_id)]
    assert str(refused.value) == why


def test_numbers_of_a_batch_must_rise() -> None:
    """A gateway refuses a number below one that it has seen."""
    with desk() as it:
        first, second, third, last = (it.sale() for _ in range(4))
        for batch in ([second, first], [first, first], [first, third, second, last]):
            with pytest.raises(
                InvalidValue,
                match=r"^order numbers \[\d+(, \d+)+\] do not rise; the broker takes no others$",
            ):
                it.entry.place(batch)
        assert it.arrived() == []


# Numbers.


def seen_by_status(number: int, client_id: int) -> Frame:
    return frames.order_status(evolve(by_another(11, client_id), order_id=number))


def seen_by_order(number: int, client_id: int) -> Frame:
    return frames.open_order(evolve(by_another(11, client_id), order_id=number))


def seen_by_trade(number: int, client_id: int) -> Frame:
    return frames.execution(-1, order_id=number, client_id=client_id)


@pytest.mark.parametrize("seen", [seen_by_status, seen_by_order, seen_by_trade])
def test_numbers_lie_above_all_that_were_seen(seen: Callable[[int, int], Frame]) -> None:
    """Those of other clients are theirs, those by hand negative, and unset ones none."""
    with desk() as it:
        assert it.entry.order_ids(1, 0) == (7,)
        for number, client_id in [(900, 2), (50, 1), (20, 1), (-3, 1), (2**31 - 1, 1)]:
            it.gateway.say(*seen(number, client_id))
        it.hear(4)
        assert it.entry.order_ids(2, 0) == (51, 52)


def test_numbers_never_go_down() -> None:
    """A restart may tell a lower one, a higher one is believed."""
    with desk() as it:
        assert it.entry.order_ids(2, 0) == (7, 8)
        it.gateway.answers[49] = lambda _: [(49, 1, 1653062400)]
        for told, expected in [(3, 9), (100, 100), (5, 101)]:
            it.gateway.say(9, 1, told)
            it.broker.server_time()
            assert it.entry.order_ids(1, 0) == (expected,)


def test_number_that_came_into_use_is_not_sent() -> None:
    """It would change the order that bears it; a new one can be drawn."""
    with desk() as it:
        order = it.sale()
        it.gateway.say(*seen_by_order(order.order_id, 1))
        it.hear()
        with pytest.raises(BrokerUnavailable, match="in use by now"):
            it.entry.place([order])
        it.entry.place([it.sale()])
        eventually(it.arrived)
        assert [fields[1] for fields in it.arrived()] == [str(order.order_id + 1)]


def test_numbers_end_below_those_of_requests() -> None:
    """An error could not be told apart there."""
    with desk() as it:
        assert it.entry.order_ids(1, 1_999_999_998) == (1_999_999_999,)
        with pytest.raises(InvalidValue, match="too high; choose another --client-id"):
            it.entry.order_ids(1, 0)


def test_before_the_login_there_are_no_numbers() -> None:
    """The gateway has not said where its count stands."""
    connection = IBConnection("127.0.0.1", 1, 1, FrozenClock(NOON))
    with pytest.raises(BrokerUnavailable, match="not connected"):
        IBOrderEntry(connection).order_ids(1, 0)
    connection.close()


# The line.


class Clogged:
    """A transport that never gets rid of what is written, and lets something happen then."""

    def __init__(self, transport: object, happens: Callable[[], None]) -> None:
        self._transport, self._happens = transport, happens
        self.thrown_away = False

    def abort(self) -> None:
        """Close it, and throw away what was not written; ``close`` would write that first."""
        self.thrown_away = True
        self._transport.abort()  # type: ignore[attr-defined]

    def get_write_buffer_size(self) -> int:
        self._happens()
        return 1

    def __getattr__(self, name: str) -> object:
        return getattr(self._transport, name)


def clog(it: Desk, happens: Callable[[], None] = lambda: None) -> Clogged:
    """Let the gateway take nothing in any more."""
    conn = it.connection.line().client.conn
    clogged = Clogged(conn.transport, happens)
    conn.transport = clogged  # type: ignore[assignment]
    return clogged


def test_line_that_goes_before_the_first_byte_leaves_nothing_sent() -> None:
    """A hang-up that has reached this machine is noticed in time."""
    with desk() as it:
        order = it.sale()
        it.gateway.drop()
        with pytest.raises(BrokerUnavailable):
            it.entry.place([order])
        assert it.arrived() == []


def test_line_that_goes_between_two_orders_leaves_the_batch_unclear() -> None:
    """What was not written by then never is, not even over the next line."""
    with desk(rate=SLOW) as it:
        it.gateway.answers[3] = lambda _: it.gateway.fall_silent() or ()
        orders = [it.sale() for _ in range(4)]
        with pytest.raises(SendUnclear, match="may have been sent or not: "):
            it.entry.place(orders)
        before = len(it.arrived())
        assert before < 4
        it.connection.connect()
        time.sleep(0.3)
        assert len(it.arrived()) == before


def test_servers_that_go_between_two_orders_leave_the_batch_unclear() -> None:
    """A gateway would keep the others and send them when nobody wants them any more."""
    with desk(rate=SLOW) as it:
        it.gateway.answers[3] = lambda _: [frames.error(-1, 1100, "Connectivity has been lost.")]
        lost = r"^orders may have been sent or not: the gateway lost the broker's servers \(1100: "
        with pytest.raises(SendUnclear, match=lost):
            it.entry.place([it.sale() for _ in range(4)])
        time.sleep(0.3)
        assert len(it.arrived()) < 4


def test_line_that_goes_before_all_is_written_leaves_the_order_unclear() -> None:
    """Whether the last bytes were sent, nobody can tell."""
    with desk() as it:
        order = it.sale()
        clog(it, it.gateway.drop)
        with pytest.raises(SendUnclear):
            it.entry.place([order])


def test_gateway_that_takes_nothing_in_is_hung_up_on() -> None:
    """What is still unwritten must not go out later."""
    with desk(timeout=0.5) as it:
        order = it.sale()
        clogged = clog(it)
        with pytest.raises(SendUnclear, match=r"took nothing in for 0\.5 s"):
            it.entry.place([order])
        assert it.connection.fault() is not None
        assert clogged.thrown_away


def test_hang_up_that_meets_the_order_is_noticed() -> None:
    """The bytes are gone, and so is the line: nobody can say whether they were read."""
    with desk() as it:
        order = it.sale()
        conn = it.connection.line().client.conn
        transport = conn.transport

        class Meeting(Clogged):
            """A transport whose other end hangs up while an order is written."""

            def write(self, data: bytes) -> None:
                it.gateway.drop()
                time.sleep(0.2)
                transport.write(data)

            def get_write_buffer_size(self) -> int:
                return 0

        conn.transport = Meeting(transport, lambda: None)  # type: ignore[assignment]
        with pytest.raises(SendUnclear):
            it.entry.place([order])


@pytest.mark.parametrize("why", [BrokerUnavailable("the loop is stuck"), KeyboardInterrupt()])
def test_order_that_nobody_waits_for_any_more_is_not_written(why: BaseException) -> None:
    """A loop that was stuck finds the batch closed when it comes round to it."""
    with desk() as it:
        ask, kept = it.connection.ask, []

        def stuck(question: Callable[..., object], limit: float) -> None:
            kept.append(question)
            raise why

        order = it.sale()
        it.connection.ask = stuck  # type: ignore[method-assign]
        with pytest.raises(type(why)):
            it.entry.place([order])
        with pytest.raises(BrokerUnavailable, match="given up before all was written"):
            ask(kept[0], 5.0)
        assert it.arrived() == []


def test_order_that_was_unclear_is_never_sent_again() -> None:
    """Its number is spent, whatever became of it."""
    with desk() as it:
        order = it.sale()
        clog(it, it.gateway.drop)
        with pytest.raises(SendUnclear):
            it.entry.place([order])
        it.connection.connect()
        with pytest.raises(InvalidValue, match="was sent with number"):
            it.entry.place([order])


def test_ctrl_c_stops_the_batch_where_it_is() -> None:
    """The interrupt reaches the caller, and no further order is written."""
    with interruptible(), desk(rate=SLOW) as it:
        ctrl_c = [_thread.interrupt_main]  # once: a second order may leave before it is heeded
        it.gateway.answers[3] = lambda _: (ctrl_c and ctrl_c.pop()()) or ()
        with pytest.raises(KeyboardInterrupt):
            it.entry.place([it.sale() for _ in range(4)])
        it.gateway.answers[61] = lambda _: [frames.POSITION_END]
        it.broker.positions()  # what was written before it has arrived by now
        before = len(it.arrived())
        assert before < 4
        time.sleep(1.5)
        assert len(it.arrived()) == before


@contextmanager
def behind_a_burst() -> Iterator[Desk]:
    """Have sixty contracts described, which fills the budget for seconds."""
    instruments = [evolve(AAPL, con_id=n) for n in range(1, 61)]
    refused: Answer = lambda f: [frames.error(f[2], 200, "unknown")]  # noqa: E731
    with desk({9: refused}, rate=16.0) as it:
        reading = threading.Thread(target=it.broker.details, args=(instruments,))
        reading.start()
        eventually(lambda: len(it.gateway.asked(9)) >= 14)
        yield it
        reading.join()


def test_order_does_not_queue_behind_readers() -> None:
    """A burst of questions that fills the budget for seconds holds no order up."""
    with behind_a_burst() as it:
        begun = time.monotonic()
        it.entry.place([it.sale(), it.sale()])
        assert time.monotonic() - begun < 1.0
        eventually(lambda: len(it.arrived()) == 2)
        assert len(it.gateway.asked(9)) < 60


def test_halt_that_comes_while_an_order_waits_for_its_turn_keeps_it() -> None:
    """The switch is asked right before an order is written, not seconds before."""
    with desk(rate=SLOW) as it:
        orders = [it.sale() for _ in range(6)]
        halted = lambda: "enough" if len(it.arrived()) >= 3 else None  # noqa: E731

        written = it.entry.place(orders, halted)

        assert list(written) == orders[: len(written)]
        assert len(written) == 3


def test_cancel_does_not_queue_behind_readers() -> None:
    """A sale waits until it is confirmed."""
    with behind_a_burst() as it:
        it.entry.cancel([evolve(by_another(n, 1), order_id=n) for n in (5, 6)])
        eventually(lambda: len(it.gateway.asked(4)) == 2)
        assert len(it.gateway.asked(9)) < 32


def test_orders_alone_may_use_what_readers_leave() -> None:
    """Twenty orders leave at once where nobody reads."""
    with desk(rate=40.0) as it:
        orders = [it.sale() for _ in range(20)]
        begun = time.monotonic()
        it.entry.place(orders)
        assert time.monotonic() - begun < 1.0
        eventually(lambda: len(it.arrived()) == 20)


# What is said.


def test_refusal_of_a_read_only_gateway_is_said_and_ends_no_question() -> None:
    """It bears the order's number; positions that are being read are not refused by it."""
    with desk({3: lambda f: [frames.error(f[1], 321, READ_ONLY)]}) as it:
        order = it.sale()
        it.gateway.answers[61] = lambda _: [
            frames.error(order.order_id, 321, READ_ONLY),
            frames.position(held(AAPL, "5")),
            frames.POSITION_END,
        ]
        it.entry.place([order])
        assert it.hear() == [Reply(order.order_id, Word.REFUSAL, READ_ONLY, 321)]
        assert [p.quantity for p in it.broker.positions()] == [5]


def test_error_about_an_order_ends_no_request() -> None:
    """Orders and requests are numbered apart, though one field of an error names both."""
    with desk() as it:
        order = it.sale()

        def answer(fields: list[str]) -> Sequence[Frame]:
            assert int(fields[2]) != order.order_id
            refusal = frames.error(order.order_id, 201, "Order rejected")
            return [refusal, frames.error(fields[2], 200, "no such contract")]

        it.gateway.answers[9] = answer
        (told,) = it.broker.details([AAPL]).values()
        assert "200: no such contract" in str(told)
        assert it.hear() == [Reply(order.order_id, Word.REFUSAL, "Order rejected", 201)]


def test_words_of_the_gateway_are_one_clean_line() -> None:
    """What it says is shown to people."""
    with desk() as it:
        it.gateway.say(*frames.error(7, 399, "Order Message:\nSELL 1\x1b[2J AAPL"))
        it.gateway.say(3, 7, "Sub\x1bmitted\n", 0, 1, 0, 5, 0, 0, 1, "", 0)
        texts = [reply.text for reply in it.hear(2)]
        assert texts == ["Order Message: SELL 1 [2J AAPL", "Sub mitted"]


def test_what_is_said_of_others_is_not_for_us() -> None:
    """Status, order and trade of another client, and notices that concern no order."""
    with desk() as it:
        number = it.sale().order_id  # which another client may have given an order of its own
        others = [seen_by(number, 2) for seen_by in (seen_by_status, seen_by_order, seen_by_trade)]
        for frame in (*others, frames.error(-1, 2104, "farm is OK"), seen_by_status(9, 1)):
            it.gateway.say(*frame)
        assert [reply.order_id for reply in it.hear()] == [9]
        assert it.entry.replies(0.1) == ()


@pytest.mark.parametrize("message", [3, 5, 11, 9, 59])
def test_malformed_news_are_survived(message: int) -> None:
    """Whatever comes next is heard."""
    with desk() as it:
        for rubbish in ((message,), (message, "x", "y"), (message, *["?"] * 40)):
            it.gateway.say(*rubbish)
        it.gateway.say(*seen_by_status(9, 1))
        assert it.hear() == [Reply(9, Word.STATUS, "PreSubmitted")]


def test_nothing_said_is_waited_for_no_longer_than_told() -> None:
    """And not at all with 0 seconds."""
    with desk() as it:
        begun = time.monotonic()
        assert it.entry.replies(0) == ()
        assert it.entry.replies(0.4) == ()
        assert 0.4 <= time.monotonic() - begun < 5


def test_first_word_ends_the_wait() -> None:
    """Whoever waits is woken at once."""
    with desk({3: lambda f: [seen_by_status(int(f[1]), 1)]}) as it:
        it.entry.place([it.sale()])
        begun = time.monotonic()
        assert it.entry.replies(20)
        assert time.monotonic() - begun < 10


def test_replies_that_nobody_takes_do_not_pile_up() -> None:
    """The latest are kept."""
    with desk() as it:
        for number in range(1, 1201):
            it.gateway.say(*seen_by_status(number, 1))
        eventually(lambda: it.entry.order_ids(1, 0) >= (1201,))
        replies = it.entry.replies(0)
        assert len(replies) == 1000
        assert replies[-1].order_id == 1200


# Cancelling.


@pytest.mark.parametrize(
    ("client_id", "order"),
    [
        (1, by_another(11, 77)),
        (1, by_another(11, 0)),
        (1, evolve(by_another(11, 1), order_id=0)),
        (1, evolve(by_another(11, 1), order_id=-4)),
        (0, by_another(0, 0)),
        (0, by_another(11, 77)),
    ],
)
def test_only_orders_that_a_number_names_for_us_are_cancelled(
    client_id: int, order: OpenOrder
) -> None:
    """A gateway would take the number for an order of ours, or for none."""
    with desk(client_id=client_id) as it:
        with pytest.raises(InvalidValue) as refused:
            it.entry.cancel([evolve(order, client_id=client_id, order_id=5), order])
        time.sleep(0.1)
        assert it.gateway.asked(4) == []
    why = (
        "has no number to be cancelled by; cancel it by hand"
        if order.client_id == client_id
        else f"entered by client {order.client_id}, not by client {client_id}; "
        "cancel it where it was entered"
    )
    assert str(refused.value) == f"SELL 100 STP @ 1.00 GTC: {why}"


def test_gateway_that_takes_no_cancel_in_is_hung_up_on() -> None:
    """A stop that went later, when nobody expects it, would leave the position unprotected."""
    with desk(timeout=0.5) as it:
        clogged = clog(it)
        with pytest.raises(BrokerUnavailable, match=r"took nothing in for 0\.5 s"):
            it.entry.cancel([evolve(by_another(11, 1), order_id=5)])
        assert it.connection.fault() is not None
        assert clogged.thrown_away


def test_line_that_goes_between_two_cancels_takes_no_more() -> None:
    """They are paced as orders are, and each looks at the line again."""
    with desk(rate=SLOW) as it:
        it.gateway.answers[4] = lambda _: it.gateway.fall_silent() or ()
        with pytest.raises(BrokerUnavailable, match="closed the connection"):
            it.entry.cancel([evolve(by_another(n, 1), order_id=n) for n in (5, 6, 7, 8)])
        time.sleep(0.3)
        assert len(it.gateway.asked(4)) < 4


def test_orders_by_hand_are_cancelled_by_the_numbers_that_client_0_is_given() -> None:
    """Each by its own, found by the permanent id; ours keep theirs, in the order asked for."""
    ours = evolve(by_another(20, 0), order_id=5)
    by_hand = [by_another(perm_id, 0) for perm_id in (11, 12, 13)]
    given = [evolve(by_hand[2], order_id=-7), ours, evolve(by_hand[0], order_id=-9)]
    listed: Answer = lambda _: [*map(frames.open_order, given), frames.OPEN_ORDER_END]  # noqa: E731
    with desk({5: listed}, client_id=0) as it:
        it.entry.cancel([ours, *by_hand])
        eventually(lambda: len(it.gateway.asked(4)) == 3)
        assert [fields[2] for fields in it.gateway.asked(4)] == ["5", "-9", "-7"]
        assert len(it.gateway.asked(5)) == 1


def test_orders_that_have_numbers_are_cancelled_without_asking_for_any() -> None:
    """One message each, and nothing before it."""
    with desk(client_id=0) as it:
        it.entry.cancel([evolve(by_another(11, 0), order_id=-4)])
        eventually(lambda: len(it.gateway.asked(4)) == 1)
        assert it.gateway.asked(5) == []


def test_nothing_is_cancelled_where_orders_by_hand_are_given_no_number() -> None:
    """A read-only gateway gives none; the line says what to do."""
    refusal: Answer = lambda _: [frames.error(-1, 321, READ_ONLY)]  # noqa: E731
    with desk({5: refusal}, client_id=0) as it:
        with pytest.raises(
            BrokerUnavailable, match=r"^orders entered by hand: .* untick 'Read-Only API'"
        ):
            it.entry.cancel([evolve(by_another(20, 0), order_id=5), by_another(11, 0)])
        time.sleep(0.1)
        assert it.gateway.asked(4) == []


def test_client_0_cancels_an_order_by_hand_that_was_bound() -> None:
    """Bound orders have numbers below zero; what is said about them is heard."""
    bound = evolve(by_another(0, 0), order_id=-1)
    refusal: Answer = lambda f: [frames.error(f[2], 10147, "not found")]  # noqa: E731
    with desk({4: refusal}, client_id=0) as it:
        it.entry.cancel([bound])
        assert it.hear() == [Reply(-1, Word.REMARK, "not found", 10147)]
