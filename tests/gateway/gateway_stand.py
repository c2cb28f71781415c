"""A gateway to test against: its calendar, its server, and a client that speaks raw fields."""

import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import TracebackType
from zoneinfo import ZoneInfo

from attrs import evolve

from adapters.clocks import SimulatedClock
from adapters.gateway.faults import Fault
from adapters.gateway.scenario import Scenario, ScenarioPosition
from adapters.gateway.server import GatewayServer
from sellcore.errors import CalendarError
from sellcore.session import Session

NEW_YORK = ZoneInfo("America/New_York")
HALF_DAYS = {date(2022, 11, 25): time(13, 0)}
HOLIDAYS = {date(2022, 5, 30), date(2022, 11, 24), date(2022, 12, 26), date(2022, 1, 17)}
START = datetime(2022, 5, 20, 13, 25, tzinfo=UTC)
OPEN = datetime(2022, 5, 20, 13, 30, tzinfo=UTC)
PATIENCE = 10.0


class Weekdays:
    """New York's weekdays from 2015 to 2022, with some holidays and a half day."""

    def sessions(self, exchange: str, first: date, last: date) -> tuple[Session, ...]:
        if exchange == "NOWHERE":
            raise CalendarError("no sessions are known for NOWHERE")
        if first.year < 2015 or last.year > 2022:
            raise CalendarError("known from 2015 to 2022")
        days = (first + timedelta(days=n) for n in range((last - first).days + 1))
        return tuple(a_session(d) for d in days if d.weekday() < 5 and d not in HOLIDAYS)


def a_session(day: date) -> Session:
    opened = datetime.combine(day, time(9, 30), NEW_YORK)
    closed = datetime.combine(day, HALF_DAYS.get(day, time(16, 0)), NEW_YORK)
    return Session(day, opened, closed, "America/New_York")


def a_scenario(*faults: Fault, **changes: object) -> Scenario:
    plain = Scenario(
        account="DU0000001",
        start=START,
        positions=(
            ScenarioPosition("NASDAQ:MSFT", 272093, "USD", Decimal(100), 240.0, price=250.0),
            ScenarioPosition("NYSE:KO", 8894, "USD", Decimal("10.7"), 54.2, price=60.0),
        ),
        faults=faults,
    )
    return evolve(plain, **changes)


class Running:
    """A gateway that runs, its clock, and clients to it."""

    def __init__(self, scenario: Scenario) -> None:
        self.clock = SimulatedClock(scenario.start)
        self.server = GatewayServer(scenario, self.clock, Weekdays())
        self.host, self.port = self.server.start()
        self._clients: list[RawClient] = []

    def client(self, client_id: int = 1, version: int = 178) -> "RawClient":
        client = RawClient(self.port, client_id, version)
        self._clients.append(client)
        return client.log_in()

    def stop(self) -> None:
        for client in self._clients:
            client.socket.close()
        self.server.stop()

    def until(self, moment: datetime) -> None:
        self.clock.sleep_until(moment)


@contextmanager
def running(scenario: Scenario | None = None) -> Iterator[Running]:
    gateway = Running(scenario or a_scenario())
    try:
        yield gateway
    finally:
        gateway.stop()


class Silence(AssertionError):
    """Nothing came."""


class HungUp(AssertionError):
    """The gateway closed the connection."""


class RawClient:
    """Speaks the protocol field by field, knowing nothing about messages."""

    def __init__(self, port: int, client_id: int = 1, version: int = 178) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self.client_id = client_id
        self.version = version
        self._buffer = b""

    def __enter__(self) -> "RawClient":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.socket.close()

    def log_in(self) -> "RawClient":
        self.greet()
        self.send(71, 2, self.client_id, "")
        return self

    def greet(self, offer: bytes | None = None) -> list[str]:
        text = offer or f"v100..{self.version}".encode()
        self.socket.sendall(b"API\0" + struct.pack(">I", len(text)) + text)
        return self.read()

    def send(self, *fields: object) -> None:
        payload = b"".join(str(value).encode() + b"\0" for value in fields)
        self.socket.sendall(struct.pack(">I", len(payload)) + payload)

    def read(self, patience: float = PATIENCE) -> list[str]:
        """Return the fields of the next message."""
        (length,) = struct.unpack(">I", self._exactly(4, patience))
        return self._exactly(length, patience).decode().split("\0")[:-1]

    def wait(self, test: Callable[[list[str]], bool]) -> list[str]:
        """Return the next message that passes the test."""
        while True:
            message = self.read()
            if test(message):
                return message

    def answer(self, *ids: int) -> list[str]:
        """Return the next message with one of these ids."""
        return self.wait(lambda message: int(message[0]) in ids)

    def settle(self) -> list[list[str]]:
        """Return all that came before the answer to a question asked now."""
        self.send(49, 1)
        found: list[list[str]] = []
        while (message := self.read())[0] != "49":
            found.append(message)
        return found

    def hung_up(self) -> bool:
        """Read to the end; say whether the gateway closed the connection."""
        try:
            while True:
                self.read()
        except HungUp:
            return True
        except Silence:
            return False

    def history(
        self,
        req_id: int,
        contract: list[str] | None = None,
        *,
        end: str = "",
        size: str = "30 mins",
        duration: str = "1 D",
        regular: int = 1,
        show: str = "TRADES",
        form: int = 2,
        live: int = 0,
    ) -> None:
        k12 = contract or contract_fields(con_id=272093)
        self.send(
            *(20, req_id, *k12, 0, end, size, duration, regular, show, form, live, ""),
        )

    def _exactly(self, count: int, patience: float) -> bytes:
        self.socket.settimeout(patience)
        while len(self._buffer) < count:
            try:
                got = self.socket.recv(65536)
            except TimeoutError:
                raise Silence from None
            except ConnectionError:
                raise HungUp from None
            if not got:
                raise HungUp
            self._buffer += got
        head, self._buffer = self._buffer[:count], self._buffer[count:]
        return head


def contract_fields(
    con_id: int | str = "", symbol: str = "", exchange: str = "SMART", currency: str = ""
) -> list[str]:
    kind = "STK" if symbol else ""
    return [str(con_id), symbol, kind, "", "", "", "", exchange, "", currency, "", ""]


def bars_of(message: list[str]) -> list[list[str]]:
    """Return the rows of a historicalData message, after checking its count."""
    rows = message[5:]
    assert len(rows) == 8 * int(message[4])
    return [rows[i : i + 8] for i in range(0, len(rows), 8)]
