"""One TCP connection: greeting, version, startApi, then message after message."""

import asyncio
from datetime import datetime
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from adapters.gateway.clients import Client
from adapters.gateway.faults import FaultKind
from adapters.gateway.wire import FrameReader, negotiate, split_fields, whole
from adapters.gateway.world import World
from adapters.gateway.zones import zone_name
from sellcore.errors import InvalidValue

MOST_CLIENTS: Final = 32
"""As many API clients as a real Gateway lets in."""

_MOST_UNSENT: Final = 1 << 20
"""Bytes of answers that may wait for one client before its next message is worked off."""

START_API: Final = "71"

NOTICES: Final = (
    (2104, "Market data farm connection is OK:usfarm"),
    (2106, "HMDS data farm connection is OK:ushmds"),
    (2158, "Sec-def data farm connection is OK:secdefnj"),
)


class Reception(Protocol):
    """What a connection reports to: the server behind it."""

    def opened(self, connection: "Connection") -> None:
        """Keep a connection in mind."""
        ...

    def closed(self, connection: "Connection") -> None:
        """Forget a connection that is gone."""
        ...

    def admitted(self, client: Client) -> None:
        """Take in a client that has started its API."""
        ...

    def left(self, client: Client) -> None:
        """Forget a client that is gone."""
        ...

    def asked(self, client: Client, fields: list[str]) -> None:
        """Work off one message."""
        ...


class Connection(asyncio.Protocol):
    """Reads one client's bytes; whatever is not the protocol ends this client only."""

    def __init__(self, world: World, reception: Reception) -> None:
        self._world = world
        self._reception = reception
        self._reader = FrameReader()
        self._client: Client | None = None
        self._started = False
        self._behind = False
        self._full = False
        self._silent = world.switches.on(FaultKind.SILENT_SOCKET) is not None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where to write; nothing is said before the client has greeted."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError(f"a stream that can be read and written is needed, got {transport!r}")
        self._client = Client(transport, self._world.switches)
        self._reception.opened(self)

    def data_received(self, data: bytes) -> None:
        """Work off every whole message."""
        if self._client is not None and not self._silent:
            self._work(self._client, data)

    def pause_writing(self) -> None:
        """Remember that the client does not read what it is sent."""
        self._full = True

    def resume_writing(self) -> None:
        """Go on with its messages, now that it has read."""
        self._full = False
        if self._behind and self._client is not None:
            self._catch_up(self._client)

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell the server, whichever side hung up."""
        self._reception.closed(self)
        if self._client is not None:
            self._client.connected = False
            if self._started:
                self._reception.left(self._client)

    def hang_up(self) -> None:
        """Send what waits and close; what the other side does not take is lost."""
        if self._client is not None:
            self._client.close()
            self._client.drop()

    def _work(self, client: Client, data: bytes) -> None:
        deaf = self._world.switches.on(FaultKind.HALF_OPEN) is not None
        try:
            for payload in self._reader.feed(data):
                if not client.connected:
                    return
                if not deaf:
                    self._message(client, payload)
                if client.unsent >= _MOST_UNSENT:
                    self._wait_for(client)
                    return
        except InvalidValue:
            client.close()

    def _wait_for(self, client: Client) -> None:
        """Leave the rest until its answers are gone, so that others are served meanwhile."""
        self._behind = True
        client.listen(on=False)
        asyncio.get_running_loop().call_soon(self._catch_up, client)

    def _catch_up(self, client: Client) -> None:
        if self._behind and not self._full and client.connected:
            self._behind = False
            client.listen(on=True)
            self._work(client, b"")

    def _message(self, client: Client, payload: bytes) -> None:
        if not client.version:
            client.version = negotiate(payload)
            client.send(client.version, self._connection_time())
            return
        fields = split_fields(payload)
        if self._started:
            self._reception.asked(client, fields)
        elif fields and fields[0] == START_API:
            self._start(client, fields)

    def _start(self, client: Client, fields: list[str]) -> None:
        try:
            client.client_id = whole(fields[2])
        except (IndexError, ValueError):
            raise InvalidValue(f"startApi without a client id: {fields!r}") from None
        taken = self._world.switches.on(FaultKind.CLIENT_ID_TAKEN)
        reserved = taken is not None and taken.number("client_id") in (-1, client.client_id)
        if reserved or client.client_id in self._world.clients:
            client.error(
                -1,
                326,
                "Unable to connect as the client id is already in use. "
                "Retry with a unique client id.",
            )
            client.close()
        elif len(self._world.clients) >= MOST_CLIENTS:
            client.error(-1, 321, f"No more than {MOST_CLIENTS} API clients can be connected")
            client.close()
        else:
            self._started = True
            self._reception.admitted(client)

    def _connection_time(self) -> str:
        """Return the login's local time; Windows spells its zone out."""
        zone = self._world.scenario.zone
        local: datetime = self._world.told_time().astimezone(ZoneInfo(zone))
        windows = self._world.switches.on(FaultKind.WINDOWS_ZONE_NAMES)
        name = zone_name("America/New_York", self._world.switches) if windows else f"{local:%Z}"
        return f"{local:%Y%m%d %H:%M:%S} {name}"
