"""The simulated gateway as a server: one event loop on a thread of its own."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol, runtime_checkable

from adapters.gateway import contracts, not_served, session_requests
from adapters.gateway.clients import Client, Handler
from adapters.gateway.connection import NOTICES, Connection
from adapters.gateway.desk import Desk
from adapters.gateway.dispatch import LOST, Dispatch
from adapters.gateway.faults import Fault, FaultKind
from adapters.gateway.history import History
from adapters.gateway.ledger import Ledger
from adapters.gateway.loop_thread import LoopThread
from adapters.gateway.portfolio import Portfolio
from adapters.gateway.quotes import Quotes
from adapters.gateway.scenario import Scenario
from adapters.gateway.world import World
from sellcore.errors import ConfigError
from sellcore.ports.clock import Clock
from sellcore.ports.sessions import SessionCalendar

_TICK: Final = 0.25
"""Wall seconds between two looks at a clock that does not tell when it moves."""
_NAP: Final = 0.5
"""Wall seconds after which whoever waits for the end can be interrupted, on any system."""


@runtime_checkable
class TellingClock(Protocol):
    """A clock that says when it has moved."""

    def on_advance(self, listener: Callable[[datetime], None]) -> None:
        """Call ``listener(now)`` after each move."""
        ...


class GatewayServer:
    """
    Serves the TWS API on a loopback port until it is stopped.

    With a simulated clock, the application that moves it waits until all that
    was due has been done and sent, so that it always meets a settled world.
    """

    def __init__(
        self,
        scenario: Scenario,
        clock: Clock,
        calendar: SessionCalendar,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        record: Path | None = None,
    ) -> None:
        """
        Set the world up; nothing listens yet.

        Args:
            scenario: What to start from.
            clock: Simulated, or running.
            calendar: Sessions of the exchanges.
            host: Address to listen on.
            port: Port to listen on; 0: any that is free.
            record: Where to write a ledger of every order, as JSON lines.

        Raises:
            ConfigError: a file of the scenario cannot be used.
        """
        self.world = World.of(scenario, clock, calendar)
        self._address = (host, port)
        self._clock = clock
        self._ledger = None if record is None else Ledger(record)
        self._portfolio = Portfolio(self.world)
        self._desk = Desk(self.world, self._portfolio, self._ledger)
        self._history = History.of(self.world)
        self._quotes = Quotes.of(self.world)
        self._dispatch = Dispatch(self.world, self._handlers())
        self._loop = LoopThread("gateway")
        self._connections: set[Connection] = set()
        self._listener: asyncio.Server | None = None
        self._watching: Future[None] | None = None
        self._stopped = False
        self._set_up()

    def start(self) -> tuple[str, int]:
        """
        Listen, in a thread of its own, and return the host and the port.

        Raises:
            ConfigError: the port is taken, or the host is not one of this machine.
        """
        self._loop.start()
        try:
            self._loop.run(self._begin())
        except OSError as error:
            self.stop()
            host, port = self._address
            raise ConfigError(
                f"cannot listen on {host}:{port}: {error.strerror or error}; "
                "choose another --host or --port"
            ) from None
        if isinstance(self._clock, TellingClock):
            self._clock.on_advance(self._clock_moved)
        else:
            self._watching = self._loop.submit(self._watch_clock())
        return self._address

    def serve(self) -> None:
        """
        Stay until interrupted or stopped; for a clock that runs by itself.

        Raises:
            StorageError: the ledger cannot be written.
        """
        while self._watching is not None and not self._watching.cancelled():
            with suppress(TimeoutError):
                self._watching.result(timeout=_NAP)
                return

    @property
    def subscriptions(self) -> int:
        """How many subscriptions to ticks go on, of all clients."""
        return self._quotes.open

    def stop(self) -> None:
        """Hang up on everybody and end the thread; safe to call twice."""
        if self._stopped:
            return
        self._stopped = True
        if self._watching is not None:
            self._watching.cancel()
        if self._loop.running:
            self._loop.run(self._end())
        self._loop.stop()
        if self._ledger is not None:
            self._ledger.close()

    def admitted(self, client: Client) -> None:
        """Take in a client that has started its API, and tell it what a Gateway tells first."""
        self.world.clients[client.client_id] = client
        client.send(session_requests.MANAGED_ACCOUNTS, 1, self.world.scenario.account)
        client.send(session_requests.NEXT_VALID_ID, 1, self._desk.next_valid_id(client.client_id))
        for code, text in NOTICES:
            client.error(-1, code, text)
        if self.world.switches.on(FaultKind.LOST_1100) is not None:
            client.error(-1, 1100, LOST)

    def opened(self, connection: Connection) -> None:
        """Keep a connection in mind, so that it is closed at the end."""
        self._connections.add(connection)

    def closed(self, connection: Connection) -> None:
        """Forget a connection that is gone."""
        self._connections.discard(connection)

    def left(self, client: Client) -> None:
        """Forget a client that is gone; its orders stay."""
        del self.world.clients[client.client_id]
        for part in (self._desk, self._portfolio, self._history, self._quotes):
            part.client_disconnected(client)

    def asked(self, client: Client, fields: list[str]) -> None:
        """Work off one message."""
        self._dispatch(client, fields)

    def _handlers(self) -> Mapping[int, Handler]:
        tables = (
            *(session_requests.handlers(self.world), contracts.handlers(self.world)),
            *(self._history.handlers(), self._quotes.handlers()),
            *(self._portfolio.handlers(), self._desk.handlers(), not_served.handlers()),
        )
        merged: dict[int, Handler] = {}
        for table in tables:
            twice = merged.keys() & table.keys()
            if twice:
                raise ValueError(f"two handlers for the same messages: {sorted(twice)}")
            merged |= table
        return merged

    def _set_up(self) -> None:
        """Say who acts as time moves, and in which order: orders before what shows them."""
        world, switches = self.world, self.world.switches
        for part in (self._desk, self._portfolio, self._history, self._quotes, self._dispatch):
            world.on_advance(part.advance)
        switches.when_begins(FaultKind.DROP_SOCKET, self._hang_up)
        switches.when_begins(FaultKind.RESTART, self._hang_up)
        switches.when_begins(FaultKind.ID_ROLLBACK, self._hang_up)
        switches.when_begins(FaultKind.FARM_DOWN, lambda fault: self._farms(broken=True))
        switches.when_ends(FaultKind.FARM_DOWN, lambda fault: self._farms(broken=False))

    async def _begin(self) -> None:
        await self._open_or_close()
        if self._listener is not None:
            self._address = self._listener.sockets[0].getsockname()[:2]
        await self._advance(self._clock.now())

    async def _end(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for connection in list(self._connections):
            connection.hang_up()
        await asyncio.sleep(0)  # their transports close in the loop's next round

    async def _advance(self, now: datetime) -> None:
        self.world.advance(now)
        await self._open_or_close()
        for client in list(self.world.clients.values()):
            client.flush()

    async def _open_or_close(self) -> None:
        """Open or close the port, as the faults have it."""
        refusing = self.world.switches.on(FaultKind.REFUSE_CONNECTIONS) is not None
        if self._listener is None and not refusing:
            host, port = self._address
            self._listener = await asyncio.get_running_loop().create_server(
                lambda: Connection(self.world, self), host, port
            )
        elif self._listener is not None and refusing:
            self._listener.close()
            self._listener = None

    def _clock_moved(self, now: datetime) -> None:
        """Have everything done that is due, and wait for it; called in the clock's thread."""
        if not self._stopped:
            self._loop.run(self._advance(now))

    async def _watch_clock(self) -> None:
        while not self._stopped:
            await self._advance(self._clock.now())
            await asyncio.sleep(_TICK)

    def _hang_up(self, fault: Fault) -> None:
        chosen = fault.number("client_id") if "client_id" in fault.parameters else -1
        for client in list(self.world.clients.values()):
            if chosen in (-1, client.client_id):
                client.close()

    def _farms(self, *, broken: bool) -> None:
        state = "broken" if broken else "OK"
        self.world.notify(
            2103 if broken else 2104, f"Market data farm connection is {state}:usfarm"
        )
        self.world.notify(2105 if broken else 2106, f"HMDS data farm connection is {state}:ushmds")
