"""Three brokers that can be told the same story: a fake, and two gateways behind the adapter."""

import os
import signal
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from enum import Enum
from pathlib import Path

import pytest
from tests.contract import broker_frames as frames
from tests.contract.scripted_gateway import ScriptedGateway

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock, SimulatedClock
from adapters.fake_broker import FakeBroker
from adapters.gateway.scenario import parse_scenario
from adapters.gateway.server import GatewayServer
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from sellcore.contract import ContractDetails
from sellcore.instrument import Instrument, Kind
from sellcore.order import OpenOrder, Side
from sellcore.ports.broker import Broker
from sellcore.ports.clock import Clock
from sellcore.ports.connection import Connection
from sellcore.position import Position
from sellcore.session import Session

PATIENCE = float(os.environ.get("SELLCLI_TEST_PATIENCE", "30"))
"""Seconds to wait for what must happen; fewer where a test is expected to fail."""

START = datetime(2022, 5, 20, 14, tzinfo=UTC)
ACCOUNT = "DU0000001"
AAPL = Instrument(265598, "AAPL", "NASDAQ", "USD")
KO = Instrument(8894, "KO", "NYSE", "USD")
FUTURE = Instrument(637533641, "ES", "FUT", "USD", Kind.OTHER)
UNKNOWN = Instrument(999999, "GONE", "NYSE", "USD")

FRIDAY = Session(
    date(2022, 5, 20), START - timedelta(minutes=30), START + timedelta(hours=6), "America/New_York"
)
DESCRIBED = ContractDetails(
    AAPL, "America/New_York", Decimal("0.01"), {FRIDAY.day: FRIDAY, date(2022, 5, 21): None}
)


class Turn(Enum):
    """What can happen to a broker, one after the other."""

    DROPPED = "the gateway closes the socket"
    SERVERS_LOST = "1100"
    SERVERS_BACK = "1102"
    SERVERS_BACK_WITHOUT_DATA = "1101"
    SILENT = "nothing is answered any more"
    SOLD_BY_HAND = "the position in KO becomes 60"


def held(instrument: Instrument, quantity: str, cost: float = 50.25) -> Position:
    """Return a position of the stage's account."""
    return Position(ACCOUNT, instrument, Decimal(quantity), cost)


def stop_order(perm_id: int, client_id: int, quantity: int = 100, ref: str = "") -> OpenOrder:
    """Return a resting stop on AAPL that somebody else entered."""
    return OpenOrder(
        con_id=AAPL.con_id,
        account=ACCOUNT,
        side=Side.SELL,
        quantity=Decimal(quantity),
        remaining=Decimal(quantity),
        order_type="STP",
        limit_price=None,
        stop_price=90.5,
        tif="GTC",
        status="PreSubmitted",
        order_id=client_id and 3,
        client_id=client_id,
        perm_id=perm_id,
        order_ref=ref,
    )


class Stage(ABC):
    """A broker with what it holds at the beginning, and a story that is played turn by turn."""

    clock: Clock
    connection: Connection
    broker: Broker

    def __init__(
        self,
        positions: Sequence[Position] = (),
        orders: Sequence[OpenOrder] = (),
        story: Sequence[Turn] = (),
        timeout: float = PATIENCE / 2,
    ) -> None:
        self._story = list(story)
        self._positions, self._orders = list(positions), list(orders)
        self._timeout = timeout

    def play(self) -> None:
        """Let the next turn happen; return once the adapter can know of it."""
        turn = self._story.pop(0)
        self._happen(turn)
        if turn in (Turn.DROPPED, Turn.SERVERS_LOST):
            eventually(lambda: self.connection.fault() is not None)
        elif turn in (Turn.SERVERS_BACK, Turn.SERVERS_BACK_WITHOUT_DATA):
            eventually(lambda: self.connection.fault() is None)

    @abstractmethod
    def _happen(self, turn: Turn) -> None: ...

    def close(self) -> None:
        """Take it all down."""
        self.connection.close()

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def eventually(condition: Callable[[], bool]) -> None:
    """Return once ``condition`` holds; fail where it never does."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.005)


@contextmanager
def interruptible() -> Iterator[None]:
    """Have an interrupt raise in the main thread, even where the suite runs in the background."""
    if threading.current_thread() is not threading.main_thread():
        pytest.skip("signals need the main thread")
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


class FakeStage(Stage):
    """The fake that ships with the product."""

    def __init__(self, *told: object, **more: object) -> None:
        super().__init__(*told, **more)
        self.clock = FrozenClock(START)
        self.connection = self.broker = self._fake = FakeBroker(self.clock)
        for position in self._positions:
            self._fake.hold(position)
        for order in self._orders:
            self._fake.work(order)
        self._fake.describe(DESCRIBED)

    def _happen(self, turn: Turn) -> None:
        match turn:
            case Turn.DROPPED:
                self._fake.drop()
            case Turn.SERVERS_LOST:
                self._fake.lose_servers()
            case Turn.SERVERS_BACK | Turn.SERVERS_BACK_WITHOUT_DATA:
                self._fake.restore_servers(data_lost=turn is Turn.SERVERS_BACK_WITHOUT_DATA)
            case Turn.SILENT:
                self._fake.fall_silent()
            case Turn.SOLD_BY_HAND:
                self._fake.hold(held(KO, "60"))


class ScriptedStage(Stage):
    """The real adapter before a gateway that answers as it is written here."""

    def __init__(self, *told: object, **more: object) -> None:
        super().__init__(*told, **more)
        self.clock = FrozenClock(START)
        self.gateway = ScriptedGateway(
            {
                61: lambda _: [*map(frames.position, self._positions), frames.POSITION_END],
                16: lambda _: [
                    *(
                        f
                        for o in self._orders
                        for f in (frames.open_order(o), frames.order_status(o))
                    ),
                    frames.OPEN_ORDER_END,
                ],
                9: self._details,
                49: lambda _: [(49, 1, int(self.clock.now().timestamp()))],
            }
        ).__enter__()
        self.connection = IBConnection(
            "127.0.0.1", self.gateway.port, 1, self.clock, timeout=self._timeout
        )
        self.broker = IBBroker(self.connection)

    def _details(self, fields: list[str]) -> list[frames.Frame]:
        if fields[3] == str(AAPL.con_id):
            return list(frames.contract_details(fields[2], DESCRIBED))
        return [frames.error(fields[2], 200, "No security definition has been found")]

    def _happen(self, turn: Turn) -> None:
        match turn:
            case Turn.DROPPED:
                self.gateway.drop()
            case Turn.SERVERS_LOST:
                self.gateway.say(*frames.error(-1, 1100, "Connectivity has been lost."))
            case Turn.SERVERS_BACK:
                self.gateway.say(*frames.error(-1, 1102, "Connectivity has been restored."))
            case Turn.SERVERS_BACK_WITHOUT_DATA:
                self.gateway.say(*frames.error(-1, 1101, "Connectivity has been restored."))
            case Turn.SILENT:
                self.gateway.answers.clear()
            case Turn.SOLD_BY_HAND:
                others = [p for p in self._positions if p.instrument != KO]
                self._positions = [*others, held(KO, "60")]

    def close(self) -> None:
        super().close()
        self.gateway.__exit__()


_FAULTS = {
    Turn.DROPPED: 'kind = "drop_socket"',
    Turn.SERVERS_LOST: 'kind = "lost_1100"\nuntil = 2022-05-21T00:00:00Z',
    Turn.SERVERS_BACK: 'kind = "restored_1102"',
    Turn.SERVERS_BACK_WITHOUT_DATA: 'kind = "restored_1101"',
    Turn.SILENT: 'kind = "missing_answers"\nuntil = 2022-05-21T00:00:00Z',
    Turn.SOLD_BY_HAND: 'kind = "set_position"\nticker = "NYSE:KO"\nquantity = 60',
}


class SimulatedStage(Stage):
    """The real adapter before the simulated gateway; each turn is a fault an hour later."""

    def __init__(self, *told: object, **more: object) -> None:
        super().__init__(*told, **more)
        self.clock = self._clock = SimulatedClock(START)
        scenario = parse_scenario(self._toml(), "the stage", Path())
        self._server = GatewayServer(scenario, self.clock, SessionTable())
        host, port = self._server.start()
        self.connection = IBConnection(
            host, port, 1, self.clock, timeout=self._timeout, messages_per_second=0
        )
        self.broker = IBBroker(self.connection)

    def _happen(self, turn: Turn) -> None:
        self._clock.sleep_until(self._clock.now() + timedelta(hours=1))

    def close(self) -> None:
        super().close()
        self._server.stop()

    def _toml(self) -> str:
        text = f'account = "{ACCOUNT}"\nstart = {START:%Y-%m-%dT%H:%M:%SZ}\n'
        for p in self._positions:
            kind = "STK" if p.instrument.kind is Kind.STOCK else "FUT"
            text += (
                f'[[position]]\nticker = "{p.instrument.ticker}"\ncon_id = {p.instrument.con_id}\n'
                f'sec_type = "{kind}"\nquantity = {p.quantity}\naverage_cost = {p.average_cost}\n'
            )
        for o in self._orders:
            text += (
                f'[[open_order]]\nticker = "{AAPL.ticker}"\ncon_id = {o.con_id}\n'
                f'action = "{o.side}"\ntype = "{o.order_type}"\nquantity = {o.quantity}\n'
                f'price = {o.stop_price}\nclient_id = {o.client_id}\ntif = "{o.tif}"\n'
            )
            text += f'order_ref = "{o.order_ref}"\n' if o.order_ref else ""
        for hour, turn in enumerate(self._story, 1):
            at = START + timedelta(hours=hour)
            text += f"[[fault]]\nat = {at:%Y-%m-%dT%H:%M:%SZ}\n{_FAULTS[turn]}\n"
        return text
