"""Two order desks that can be put into the same trouble: a fake, and the simulated gateway."""

import json
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path

from tests.contract.broker_stages import AAPL, ACCOUNT, KO, PATIENCE, START, eventually, held

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock, SimulatedClock
from adapters.fake_broker import FakeBroker
from adapters.fake_order_desk import CancelFate, FakeOrderDesk, Fate
from adapters.gateway.scenario import parse_scenario
from adapters.gateway.server import GatewayServer
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.order_entry import IBOrderEntry
from adapters.ib.witness import IBWitness
from sellcore.errors import BrokerUnavailable
from sellcore.order import OpenOrder, Side
from sellcore.ports.broker import Broker
from sellcore.ports.clock import Clock
from sellcore.ports.connection import Connection
from sellcore.ports.order_entry import OrderEntry, OrderType, Reply, SellOrder
from sellcore.ports.witness import Witness

CLIENT_ID = 7
HOUR = timedelta(hours=1)
FAR = 9999.0
"""A limit that no price reaches: such an order rests."""


class Trouble(Enum):
    """What a desk can be like, from its beginning."""

    NONE = "orders at the market fill, others rest"
    REJECTS = "orders are refused after they came in"
    SWALLOWS = "orders work and nothing is said"
    LOSES = "orders are not taken and nothing is said"
    FILLS_IN_PARTS = "half of an order fills at once, half an hour later"
    CORRECTS = "each trade is followed by its correction"
    COSTS_LATE = "commissions come an hour late"
    FILLS_ON_CANCEL = "an order that is to be cancelled fills"
    ROLLS_BACK = "an hour later the gateway restarts and forgets which numbers were used"
    DROPS = "an hour later the line is closed"
    LOSES_SERVERS = "an hour later the servers are gone"
    FALLS_SILENT = "an hour later nothing is answered any more"


def by_another(perm_id: int, client_id: int = 77) -> OpenOrder:
    """Return a resting stop on AAPL of another client; 0 is entered by hand."""
    return OpenOrder(
        con_id=AAPL.con_id,
        account=ACCOUNT,
        side=Side.SELL,
        quantity=Decimal(100),
        remaining=Decimal(100),
        order_type="STP",
        limit_price=None,
        stop_price=1.0,
        tif="GTC",
        status="PreSubmitted",
        order_id=client_id and 3,
        client_id=client_id,
        perm_id=perm_id,
        order_ref="",
    )


class OrderStage(ABC):
    """A desk of an account that holds 100 AAPL and 60 KO, connected."""

    clock: Clock
    connection: Connection
    broker: Broker
    witness: Witness
    entry: OrderEntry

    def __init__(
        self,
        tmp_path: Path,
        trouble: Trouble = Trouble.NONE,
        others: Sequence[OpenOrder] = (),
        timeout: float = PATIENCE / 2,
        client_id: int = CLIENT_ID,
    ) -> None:
        self._trouble, self._others, self._timeout = trouble, list(others), timeout
        self._client_id = client_id
        self._folder = tmp_path
        self._open()

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def later(self) -> None:
        """Let an hour pass, and with it what the trouble has in store."""

    @abstractmethod
    def arrived(self) -> int:
        """Return how many orders of ours the broker has ever taken or refused."""

    def sale(self, quantity: int = 10, limit: float | None = None) -> SellOrder:
        """Return a sale of AAPL under a new number."""
        (number,) = self.entry.order_ids(1, 0)
        kind = OrderType.MARKET if limit is None else OrderType.LIMIT
        ref = f"sellcli:{number:016d}"
        return SellOrder(number, ACCOUNT, AAPL, quantity, kind, limit, ref)

    def place(self, *orders: SellOrder) -> None:
        """Place orders, and let happen at once what does."""
        self.entry.place(orders)

    def sold(self, quantity: int = 10, limit: float | None = None) -> SellOrder:
        """Place a sale and return it once its end, or its start, was said."""
        order = self.sale(quantity, limit)
        self.place(order)
        wanted = "Filled" if limit is None else "Submitted"
        self.hear(lambda reply: reply.order_id == order.order_id and wanted in reply.text)
        return order

    def open_order(self, order: SellOrder) -> OpenOrder:
        """Return what the broker lists of a sale that works."""
        return next(o for o in self.broker.open_orders() if o.order_ref == order.order_ref)

    def hear(self, wanted: Callable[[Reply], bool]) -> list[Reply]:
        """Return all replies up to one that is ``wanted``; fail where it never comes."""
        heard: list[Reply] = []
        deadline = time.monotonic() + PATIENCE
        while not any(map(wanted, heard)):
            assert time.monotonic() < deadline, f"only heard {heard}"
            heard += self.entry.replies(0.5)
        return heard

    def close(self) -> None:
        """Take it all down."""
        self.connection.close()

    def __enter__(self) -> "OrderStage":
        self.connection.connect()
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


_FATES = {
    Trouble.REJECTS: Fate.REJECTED,
    Trouble.SWALLOWS: Fate.SWALLOWED,
    Trouble.LOSES: Fate.LOST,
    Trouble.FILLS_IN_PARTS: Fate.WORKS,
}


class FakeOrderStage(OrderStage):
    """The fake that ships with the product."""

    def _open(self) -> None:
        self.clock = self._clock = FrozenClock(START)
        self.connection = self.broker = self._fake = FakeBroker(self.clock)
        self.entry = self._desk = FakeOrderDesk(self._fake, self.clock, self._client_id)
        self.witness = self._desk.witness
        self._desk.witness.tells_costs = self._trouble is not Trouble.COSTS_LATE
        if self._trouble is Trouble.FILLS_ON_CANCEL:
            self._desk.cancel_fate = CancelFate.FILLED_INSTEAD
        for position in (held(AAPL, "100"), held(KO, "60")):
            self._fake.hold(position)
        for order in self._others:
            self._fake.work(order)

    def place(self, *orders: SellOrder) -> None:
        for order in orders:
            fills = Fate.FILLS if order.order_type is OrderType.MARKET else Fate.WORKS
            self._desk.expect(_FATES.get(self._trouble, fills))
        super().place(*orders)
        if self._trouble is Trouble.FILLS_IN_PARTS:
            for order in orders:
                self._desk.fill(self._desk.order(order.order_id), order.quantity // 2)
        if self._trouble is Trouble.CORRECTS:
            for execution in self._desk.witness.trades()[0]:
                self._desk.witness.correct(execution, execution.price)

    def later(self) -> None:
        self._clock.set(self._clock.now() + HOUR)
        match self._trouble:
            case Trouble.FILLS_IN_PARTS:
                for order in self._fake.working():
                    self._desk.fill(order)
            case Trouble.COSTS_LATE:
                self._desk.witness.tell_costs()
            case Trouble.ROLLS_BACK:
                self._fake.drop()
                self._desk.roll_back_ids()
            case Trouble.DROPS:
                self._fake.drop()
            case Trouble.LOSES_SERVERS:
                self._fake.lose_servers()
            case Trouble.FALLS_SILENT:
                self._fake.fall_silent()

    def next_day(self) -> None:
        self._clock.set(START + timedelta(days=1))
        self._desk.witness.next_day()

    def arrived(self) -> int:
        return len(self._desk.sent)


_FAULTS = {
    Trouble.REJECTS: 'kind = "reject_orders"',
    Trouble.SWALLOWS: 'kind = "silent_orders"',
    Trouble.LOSES: 'kind = "silent_orders"\naccepted = false',
    Trouble.FILLS_IN_PARTS: 'kind = "partial_fills"',
    Trouble.CORRECTS: 'kind = "exec_correction"',
    Trouble.COSTS_LATE: 'kind = "late_commission"\nseconds = 1800',
    Trouble.FILLS_ON_CANCEL: 'kind = "fill_on_cancel"',
    Trouble.ROLLS_BACK: 'kind = "id_rollback"',
    Trouble.DROPS: 'kind = "drop_socket"',
    Trouble.LOSES_SERVERS: 'kind = "lost_1100"',
    Trouble.FALLS_SILENT: 'kind = "missing_answers"',
}
_AN_HOUR_LATER = {
    Trouble.ROLLS_BACK,
    Trouble.DROPS,
    Trouble.LOSES_SERVERS,
    Trouble.FALLS_SILENT,
}
_ONCE = {Trouble.ROLLS_BACK, Trouble.DROPS}
_LOSSES = _ONCE | {Trouble.LOSES_SERVERS}


class SimulatedOrderStage(OrderStage):
    """IB's adapter before the gateway that ships with the product."""

    def _open(self) -> None:
        self.clock = self._clock = SimulatedClock(START)
        scenario = parse_scenario(self._toml(), "the stage", Path())
        self.ledger = self._folder / "ledger.jsonl"
        self._server = GatewayServer(scenario, self.clock, SessionTable(), record=self.ledger)
        self.host, self.port = self._server.start()
        self.connection = self.connect_as(self._client_id)
        self.broker = IBBroker(self.connection)
        self.witness = IBWitness(self.connection)
        self.entry = IBOrderEntry(self.connection)

    def connect_as(self, client_id: int) -> IBConnection:
        """Return a connection of one more client."""
        return IBConnection(
            self.host,
            self.port,
            client_id,
            self.clock,
            timeout=self._timeout,
            messages_per_second=0,
        )

    def later(self) -> None:
        self._clock.sleep_until(self._clock.now() + HOUR)
        if self._trouble in _LOSSES:
            eventually(lambda: self.connection.fault() is not None)

    def next_day(self) -> None:
        self._clock.sleep_until(START + timedelta(days=1))

    def arrived(self) -> int:
        lines = [json.loads(line) for line in self.ledger.read_text("utf-8").splitlines()]
        ours = [line for line in lines if line["client_id"] == self._client_id]
        return sum(line["event"] in ("accepted", "rejected") for line in ours)

    def close(self) -> None:
        super().close()
        self._server.stop()

    def _toml(self) -> str:
        text = f'account = "{ACCOUNT}"\nstart = {START:%Y-%m-%dT%H:%M:%SZ}\n'
        for position in (held(AAPL, "100"), held(KO, "60")):
            text += (
                f'[[position]]\nticker = "{position.instrument.ticker}"\n'
                f"con_id = {position.instrument.con_id}\n"
                f"quantity = {position.quantity}\naverage_cost = 50.25\n"
            )
        for order in self._others:
            text += (
                f'[[open_order]]\nticker = "{AAPL.ticker}"\ncon_id = {AAPL.con_id}\n'
                f'action = "SELL"\ntype = "STP"\nquantity = {order.quantity}\n'
                f'price = {order.stop_price}\nclient_id = {order.client_id}\ntif = "GTC"\n'
            )
        if self._trouble in _FAULTS:
            at = START + HOUR if self._trouble in _AN_HOUR_LATER else START
            text += f"[[fault]]\nat = {at:%Y-%m-%dT%H:%M:%SZ}\n{_FAULTS[self._trouble]}\n"
            if self._trouble not in _ONCE:
                text += f"until = {datetime(2022, 5, 22, tzinfo=UTC):%Y-%m-%dT%H:%M:%SZ}\n"
        return text


def unavailable(question: Callable[[], object]) -> bool:
    """Say whether a question is refused because the broker cannot be asked."""
    try:
        question()
    except BrokerUnavailable:
        return True
    return False
