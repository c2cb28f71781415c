"""One client: what it is sent, in which pieces, and when."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Final

from adapters.gateway.faults import FaultKind
from adapters.gateway.switches import Switches
from adapters.gateway.wire import frame

Handler = Callable[["Client", list[str]], None]
"""Works off one message of a client; the fields include the message id."""

ERROR: Final = 4
_ADVANCED_REJECT: Final = 166
"""From this version on an error carries one more field."""

_END_OF: Final = {
    52: "details",
    53: "open_orders",
    54: "account",
    55: "executions",
    62: "positions",
    64: "account",
    74: "account",
    102: "completed_orders",
}
"""Messages that end an answer, and the requests they answer."""

_GARBLED: Final[Mapping[object, tuple[str, int, str]]] = {
    5: ("open_orders", 14, "?"),
    11: ("executions", 19, "?"),
    17: ("history", 4, "?"),
    49: ("time", 2, "99999999999999999"),
    61: ("positions", 14, "?"),
    101: ("completed_orders", 13, "?"),
}
"""Messages of an answer: the request, and which field is no quantity, count or time any more."""

_READ_SIZE: Final = 4096
"""
Bytes the official Python client reads at a time. It takes a full read for a
sign of more, and drops everything when nothing follows within a second.
"""

_LAST_BYTE_DELAY: Final = 0.02
"""Seconds."""

_MOST_BEHIND: Final = 1 << 26
"""Bytes; a client that has so many to read is hung up on, before they fill the memory."""


class Client:
    """
    One connection, from its handshake on.

    Attributes:
        client_id: As the client named itself; -1 before that.
        version: Server version that was agreed on, 151 to 178.
        market_data_type: 1 live, 2 frozen, 3 delayed, 4 delayed and frozen.
    """

    def __init__(self, transport: asyncio.Transport, switches: Switches) -> None:
        self.client_id = -1
        self.version = 0
        self.market_data_type = 1
        self.connected = True
        self._transport = transport
        self._switches = switches
        self._loop = asyncio.get_running_loop()
        self._waiting = bytearray()
        self._scheduled = False
        self._held = False

    def send(self, *fields: object) -> None:
        """Send one message; what is sent in one go of the event loop leaves in one piece."""
        if not self.connected or self._withheld(fields[0]):
            return
        self._waiting += frame(self._garbled(fields))
        if self.unsent > _MOST_BEHIND:
            self.drop()
            return
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self.flush)

    @property
    def unsent(self) -> int:
        """Bytes that wait for the client to read."""
        return len(self._waiting) + self._transport.get_write_buffer_size()

    def listen(self, *, on: bool) -> None:
        """Read on from the socket, or leave what comes there."""
        if on:
            self._transport.resume_reading()
        else:
            self._transport.pause_reading()

    def error(self, req_id: int, code: int, text: str) -> None:
        """Send an error or a notice; -1 is the request id of what belongs to none."""
        if self.version >= _ADVANCED_REJECT:
            self.send(ERROR, 2, req_id, code, text, "")
        else:
            self.send(ERROR, 2, req_id, code, text)

    def flush(self) -> None:
        """Hand everything that waits to the socket."""
        self._scheduled = False
        if not self._waiting or not self.connected or self._held:
            return
        burst, self._waiting = bytes(self._waiting), bytearray()
        if self._switches.on(FaultKind.FRAGMENTED):
            for i in range(len(burst)):
                self._transport.write(burst[i : i + 1])
        elif len(burst) % _READ_SIZE == 0:
            self._transport.write(burst[:-1])
            self._waiting += burst[-1:]
            self._held = True  # whatever comes meanwhile waits behind the last byte
            self._loop.call_later(_LAST_BYTE_DELAY, self._release)
        else:
            self._transport.write(burst)

    def close(self) -> None:
        """Send what waits, then hang up."""
        self._release()
        self.connected = False
        self._transport.close()

    def drop(self) -> None:
        """Hang up at once; what waits is lost."""
        self.connected = False
        self._transport.abort()

    def _release(self) -> None:
        self._held = False
        self.flush()

    def _garbled(self, fields: tuple[object, ...]) -> tuple[object, ...]:
        fault = self._switches.on(FaultKind.GARBLED_ANSWERS)
        request, at, rubbish = _GARBLED.get(fields[0], ("", 0, ""))
        if fault is None or not fault.is_about(request):
            return fields
        return (*fields[:at], rubbish, *fields[at + 1 :])

    def _withheld(self, message: object) -> bool:
        if self._switches.on(FaultKind.HALF_OPEN):
            return True
        fault = self._switches.on(FaultKind.MISSING_END)
        request = _END_OF.get(message) if isinstance(message, int) else None
        return fault is not None and fault.is_about(request)
