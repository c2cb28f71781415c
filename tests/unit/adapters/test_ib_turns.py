"""Every message to the broker has waited for its turn, among those that are as urgent."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from attrs import evolve, frozen
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, ACCOUNT, DESCRIBED, eventually
from tests.contract.order_stages import by_another
from tests.contract.scripted_gateway import START_API, Answer, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.message_budget import Lane, MessageBudget
from adapters.ib.order_entry import IBOrderEntry
from adapters.ib.pacing import Pacer
from adapters.ib.quotes import IBQuotes
from adapters.ib.witness import IBWitness
from sellcore.ports.order_entry import OrderType, SellOrder
from sellcore.request import BarRequest, Duration, Unit
from sellcore.timeframe import Granularity

NOON = datetime(2022, 5, 20, 16, tzinfo=UTC)
ANSWERS: dict[int, Answer] = {
    1: lambda f: [frames.error(f[2], 354, "not subscribed")],
    5: lambda _: [frames.OPEN_ORDER_END],
    7: lambda f: [frames.execution_end(f[2])],
    9: lambda f: frames.contract_details(f[2], DESCRIBED),
    16: lambda _: [frames.OPEN_ORDER_END],
    20: lambda f: [frames.bars(f[1], [("20220519", 100.0)])],
    49: lambda _: [(49, 1, 1653062400)],
    61: lambda _: [frames.POSITION_END],
    99: lambda _: [frames.COMPLETED_ORDERS_END],
}


class Counted(MessageBudget):
    """A budget that keeps what was booked."""

    def __init__(self) -> None:
        super().__init__(0)
        self.booked: list[Lane] = []

    def book(self, lane: Lane, now: float) -> float:
        self.booked.append(lane)
        return super().book(lane, now)


@frozen
class Asking:
    """Everything that writes to a gateway, over one line."""

    broker: IBBroker
    witness: IBWitness
    quotes: IBQuotes
    bars: IBMarketData
    entry: IBOrderEntry


@contextmanager
def asking() -> Iterator[tuple[Asking, ScriptedGateway, Counted]]:
    """Log in, and count the turns."""
    clock = FrozenClock(NOON)
    with ScriptedGateway(ANSWERS) as gateway:
        connection = IBConnection("127.0.0.1", gateway.port, 0, clock)
        connection._budget = budget = Counted()
        try:
            connection.connect()
            it = Asking(
                IBBroker(connection),
                IBWitness(connection),
                IBQuotes(connection, 10.0),
                IBMarketData(connection, Pacer(clock)),
                IBOrderEntry(connection),
            )
            yield it, gateway, budget
        finally:
            connection.close()


def place(it: Asking) -> None:
    numbers = it.entry.order_ids(2, 0)
    order = SellOrder(numbers[0], ACCOUNT, AAPL, 100, OrderType.MARKET, None, "sellcli:0")
    it.entry.place([order, evolve(order, order_id=numbers[1])])


def cancel(it: Asking) -> None:
    it.entry.cancel([evolve(by_another(11, 0), order_id=-4), by_another(12, 0)])


def fetch(it: Asking) -> None:
    it.bars.fetch([BarRequest(AAPL, Granularity.DAY, Duration(7, Unit.DAYS))])


ASKED: dict[str, tuple[Callable[[Asking], object], list[Lane]]] = {
    "positions": (lambda it: it.broker.positions(), [Lane.QUESTION] * 2),  # unsubscribed from
    "orders": (lambda it: it.broker.open_orders(), [Lane.QUESTION]),
    "ended orders": (lambda it: it.witness.completed_orders(), [Lane.QUESTION]),
    "trades": (lambda it: it.witness.trades(), [Lane.QUESTION]),
    "time": (lambda it: it.broker.server_time(), [Lane.QUESTION]),
    "details": (lambda it: it.broker.details([AAPL]), [Lane.BULK] * 2),  # and a market rule
    "quotes": (lambda it: it.quotes.quotes([AAPL]), [Lane.QUESTION, Lane.BULK]),
    "bars": (fetch, [Lane.BULK]),
    "place": (place, [Lane.ORDER] * 2),
    "cancel": (cancel, [Lane.QUESTION, Lane.ORDER]),  # what has no number is asked for
}


@pytest.mark.parametrize("what", ASKED)
def test_nothing_is_written_out_of_turn(what: str) -> None:
    """One turn for each message, and what a sale waits for never among the bulk."""
    ask, lanes = ASKED[what]
    with asking() as (it, gateway, budget):
        ask(it)
        eventually(lambda: len(gateway.received) >= 1 + len(lanes))

        assert gateway.received[0][0] == str(START_API)
        assert budget.booked == lanes
        assert len(gateway.received) == 1 + len(lanes)
