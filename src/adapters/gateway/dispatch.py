"""Handing each message to what answers it, unless a fault stands in between."""

import asyncio
from collections import deque
from collections.abc import Mapping
from datetime import datetime
from typing import Final

from attrs import define, field

from adapters.gateway.clients import Client, Handler
from adapters.gateway.faults import REQUESTS, FaultKind
from adapters.gateway.wire import whole
from adapters.gateway.world import World

LOST: Final = "Connectivity between IBKR and Trader Workstation has been lost."
_RESTORED: Final = {
    1101: "Connectivity between IBKR and Trader Workstation has been restored- data lost.",
    1102: "Connectivity between IBKR and Trader Workstation has been restored- data maintained.",
}

_NAMES: Final = {number: name for name, numbers in REQUESTS.items() for number in numbers}

_CONTRACT_AT: Final = {1: 3, 3: 2, 9: 3, 20: 2, 87: 2}
"""Where in these requests the 12 contract fields begin."""

_REQ_ID_AT: Final = {1: 2, 3: 1, 4: 2, 7: 2, 9: 2, 20: 1, 62: 2, 76: 2, 87: 1}
"""Where in these requests the request id stands; the others have none."""

_ORDERS: Final = frozenset({"orders", "cancels"})
"""Requests that a Gateway keeps while the line is down and passes on afterwards."""

_UNAFFECTED: Final = frozenset({"time", None})


@define
class Dispatch:
    """The table of handlers, with the faults that lose, hold or delay a request before it."""

    world: World
    handlers: Mapping[int, Handler]
    _kept: deque[tuple[Client, list[str]]] = field(factory=deque)

    def __attrs_post_init__(self) -> None:
        switches = self.world.switches
        switches.when_begins(FaultKind.LOST_1100, lambda fault: self.world.notify(1100, LOST))
        switches.when_ends(FaultKind.LOST_1100, lambda fault: self._restored(1102))
        switches.when_begins(FaultKind.RESTORED_1101, lambda fault: self._restored(1101))
        switches.when_begins(FaultKind.RESTORED_1102, lambda fault: self._restored(1102))

    def advance(self, now: datetime) -> None:
        """Say again that the line is down, as a real Gateway keeps doing."""
        lost = self.world.switches.on(FaultKind.LOST_1100)
        if lost is not None and lost.at < now:
            self.world.notify(1100, LOST)

    def __call__(self, client: Client, fields: list[str]) -> None:
        """Work off one message; a malformed one draws an error and nothing else."""
        try:
            message = int(fields[0])
        except (IndexError, ValueError):
            client.error(
                -1, 320, f"Error reading request. Message id in {fields[:1]!r} is no number"
            )
            return
        name = _NAMES.get(message)
        if self._lost(client, message, name, fields) or self._missing(message, name, fields):
            return
        slow = self.world.switches.on(FaultKind.SLOW_ANSWERS)
        if slow is not None and slow.is_about(name):
            loop = asyncio.get_running_loop()
            loop.call_later(slow.number("seconds"), self._answer, client, message, fields)
        else:
            self._answer(client, message, fields)

    def _answer(self, client: Client, message: int, fields: list[str]) -> None:
        handler = self.handlers.get(message)
        if not client.connected:
            return
        if handler is None:
            client.error(
                -1, 321, f"Error validating request.-'dm' : cause - message {message} is not served"
            )
            return
        try:
            handler(client, fields)
        except IndexError:
            text = f"Error reading request {message}. The message ends too early"
            client.error(_req_id(message, fields), 320, text)
        except (ValueError, ArithmeticError) as error:
            client.error(_req_id(message, fields), 320, f"Error reading request {message}. {error}")

    def _lost(self, client: Client, message: int, name: str | None, fields: list[str]) -> bool:
        fault = self.world.switches.on(FaultKind.LOST_1100)
        if fault is None or name in _UNAFFECTED:
            return False
        if name in _ORDERS:
            self._kept.append((client, fields))
        elif fault.text("answers") == "fail":
            client.error(
                _req_id(message, fields),
                162 if name == "history" else 322,
                f"Error processing request.-'lc' : cause - {LOST}",
            )
        return True

    def _missing(self, message: int, name: str | None, fields: list[str]) -> bool:
        faults = self.world.switches.active(FaultKind.MISSING_ANSWERS)
        if not faults:
            return False
        ticker = self._ticker(message, fields)
        return any(fault.concerns(ticker) and fault.is_about(name) for fault in faults)

    def _ticker(self, message: int, fields: list[str]) -> str | None:
        begin = _CONTRACT_AT.get(message)
        if begin is None:
            return None
        try:
            found = self.world.listings.resolve(fields[begin : begin + 12])
        except ValueError:  # the handler will say what is wrong with the contract
            return None
        return found[0].ticker if found else None

    def _restored(self, code: int) -> None:
        """Say that the line is back, then pass on what was kept."""
        self.world.switches.end(FaultKind.LOST_1100)
        self.world.notify(code, _RESTORED[code])
        while self._kept:
            client, fields = self._kept.popleft()
            self._answer(client, int(fields[0]), fields)


def _req_id(message: int, fields: list[str]) -> int:
    place = _REQ_ID_AT.get(message)
    try:
        return -1 if place is None else whole(fields[place])
    except (IndexError, ValueError):
        return -1
