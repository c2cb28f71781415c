"""
The simulated gateway's clock, served to an application in a process of its own.

Lines of text over TCP, one answer to each request, in order:

    now                          now 2022-05-20T13:25:00Z
    sleep 2022-05-20T13:30:00Z   now 2022-05-20T13:30:00Z
    anything else                error ...

``sleep`` moves the clock minute by minute and answers once everything that was
due on the way has been done and sent. docs/reference/clock.md has the details.
"""

import asyncio
import time
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from adapters.clocks import SimulatedClock
from adapters.gateway.loop_thread import LoopThread
from sellcore.errors import ConfigError, InvalidValue, SellError
from sellcore.instant import iso, utc

_LONGEST_LINE: Final = 200
"""Bytes; no request has half as many."""

_FARTHEST: Final = timedelta(days=31)
"""A request to sleep longer is a mistake, and would keep the gateway busy for minutes."""

_MOST_CLIENTS: Final = 32

_MINUTE: Final = timedelta(minutes=1)
_NAP: Final = 0.5
"""Wall seconds after which whoever waits for the end can be interrupted, on any system."""


class ClockServer:
    """
    Serves one simulated clock on a port until it is stopped.

    Time moves only while a client that is still there has asked for it, in whole
    steps: one that vanishes leaves a clock that is settled where it stands.
    """

    def __init__(
        self, clock: SimulatedClock, *, host: str = "127.0.0.1", port: int = 0, pace: float = 0.0
    ) -> None:
        """
        Set it up; nothing listens yet.

        Args:
            clock: The gateway's, whose own pace is 0.
            host: Address to listen on.
            port: Port to listen on; 0: any that is free.
            pace: Wall seconds that a simulated minute takes, at least.
        """
        self._clock = clock
        self._address = (host, port)
        self._pace = pace
        self._loop = LoopThread("gateway clock")
        self._listener: asyncio.Server | None = None
        self._clients: dict[asyncio.Task[object], asyncio.StreamWriter] = {}
        self._moving = asyncio.Lock()
        self._broken: BaseException | None = None

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
                f"cannot serve the clock on {host}:{port}: {error.strerror or error}; "
                "choose another --host or --clock"
            ) from None
        return self._address

    def serve(self) -> None:
        """
        Stay until interrupted, or until the gateway cannot go on.

        Raises:
            StorageError: the gateway's ledger cannot be written.
        """
        while self._loop.running:
            time.sleep(_NAP)
            if self._broken is not None:
                raise self._broken

    def stop(self) -> None:
        """Hang up on everybody and end the thread; safe to call twice."""
        if self._loop.running:
            self._loop.run(self._end())
        self._loop.stop()

    async def _begin(self) -> None:
        host, port = self._address
        self._listener = await asyncio.start_server(self._serve, host, port, limit=_LONGEST_LINE)
        self._address = self._listener.sockets[0].getsockname()[:2]

    async def _end(self) -> None:
        if self._listener is not None:
            self._listener.close()
        for client, writer in list(self._clients.items()):
            client.cancel()
            writer.transport.abort()
        await asyncio.gather(*self._clients, return_exceptions=True)
        await asyncio.sleep(0)  # their transports close in the loop's next round

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer one client until it hangs up."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a client is served outside of a task")
        self._clients[task] = writer
        task.add_done_callback(self._served)
        try:
            if len(self._clients) > _MOST_CLIENTS:
                writer.write(b"error no more than %d clients can be connected\n" % _MOST_CLIENTS)
                return
            with suppress(EOFError, OSError):
                while True:
                    answer = await self._answer(await _line(reader), reader)
                    writer.write(answer.encode("ascii", "backslashreplace") + b"\n")
                    await writer.drain()
                    await asyncio.sleep(0)  # one that asks in masses lets others have their turn
        except asyncio.CancelledError:
            pass  # the gateway ends; some releases of asyncio trip over a client that is cancelled
        finally:
            del self._clients[task]
            writer.close()

    def _served(self, client: "asyncio.Task[object]") -> None:
        if not client.cancelled() and client.exception() is not None:
            self._broken = client.exception()

    async def _answer(self, line: bytes | None, reader: asyncio.StreamReader) -> str:
        try:
            moment = None if line is None else _wanted(line, self._clock.now())
            if line is None:
                return f"error a request has at most {_LONGEST_LINE} characters"
            if moment is not None:
                await self._sleep(moment, reader)
        except SellError as error:
            return "error " + " ".join(str(error).split())
        return f"now {iso(self._clock.now())}"

    async def _sleep(self, moment: datetime, reader: asyncio.StreamReader) -> None:
        """Move to ``moment`` in the steps of a clock in process, as long as the client is there."""
        while not _gone(reader):
            async with self._moving:
                now = self._clock.now()
                if now >= moment:
                    return
                step = min(moment, now + _MINUTE)
                await asyncio.sleep((step - now) / _MINUTE * self._pace)  # others are answered
                if not _gone(reader):
                    self._move(step)
        raise EOFError("the client is gone")

    def _move(self, step: datetime) -> None:
        try:
            self._clock.sleep_until(step)
        except SellError as error:
            self._broken = error
            raise


def _gone(reader: asyncio.StreamReader) -> bool:
    return reader.at_eof() or reader.exception() is not None


async def _line(reader: asyncio.StreamReader) -> bytes | None:
    """
    Return the next line, or None for one that was too long and has been passed over.

    Raises:
        EOFError: the client hung up.
    """
    fits = True
    while True:
        try:
            line = await reader.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            await reader.readexactly(error.consumed)
            fits = False
            continue
        return line if fits else None


def _wanted(line: bytes, now: datetime) -> datetime | None:
    """
    Return the instant to sleep until, or None where only the time is asked for.

    Raises:
        InvalidValue: it is no request.
    """
    words = line.decode("ascii", "replace").split()
    if words == ["now"]:
        return None
    if len(words) != 2 or words[0] != "sleep":
        shown = ascii(" ".join(words)[:40])
        raise InvalidValue(f"{shown} is no request; expected now, or sleep and an instant")
    try:
        moment = utc(datetime.fromisoformat(words[1]))
    except (ValueError, OverflowError):
        raise InvalidValue(
            f"{words[1][:40]!a} is no instant with its zone, e.g. 2022-05-20T13:30:00Z"
        ) from None
    if moment - now > _FARTHEST:
        raise InvalidValue(
            f"{iso(moment)} is more than {_FARTHEST.days} days after {iso(now)}; sleep in parts"
        )
    return moment
