"""A proxy between a client and a gateway that leaves out, repeats or rewrites messages."""

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

T = TypeVar("T")

Frame = list[str]
"""The fields of one message, its id first."""

_LENGTH = 4
_GREETING = b"API\0"


class Honest:
    """
    Passes on what it is given; a lie overrides one way or both.

    Attributes:
        say: Tells the client something in the gateway's name.
    """

    say: Callable[[Frame], None]

    def up(self, frame: Frame) -> list[Frame]:
        """Return what the gateway is given instead of a message of the client."""
        return [frame]

    def down(self, frame: Frame) -> list[Frame]:
        """Return what the client is given instead of a message of the gateway."""
        return [frame]


@contextmanager
def proxy(gateway: int, lie: Honest) -> Iterator[int]:
    """Stand before a gateway's port; yield the port to connect to instead."""
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        server = _run(loop, asyncio.start_server(_client_of(gateway, lie), "127.0.0.1", 0))
        yield server.sockets[0].getsockname()[1]
        loop.call_soon_threadsafe(server.close)
    finally:
        _run(loop, _end_all())
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


def _run(loop: asyncio.AbstractEventLoop, work: Coroutine[Any, Any, T]) -> T:
    return asyncio.run_coroutine_threadsafe(work, loop).result(timeout=30)


async def _end_all() -> None:
    others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)


def _client_of(
    gateway: int, lie: Honest
) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[object, object, None]]:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            from_gateway, to_gateway = await asyncio.open_connection("127.0.0.1", gateway)
        except OSError:
            writer.transport.abort()
            return
        lie.say = lambda fields: writer.write(_framed(_payload(fields)))
        ways = (
            _pass_on(reader, to_gateway, lie.up, len(_GREETING)),
            _pass_on(from_gateway, writer, lie.down, 0),
        )
        try:
            await asyncio.wait(
                [asyncio.ensure_future(way) for way in ways], return_when=asyncio.FIRST_COMPLETED
            )
        finally:
            writer.transport.abort()
            to_gateway.transport.abort()

    return serve


async def _pass_on(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    lie: Callable[[Frame], list[Frame]],
    greeting: int,
) -> None:
    """Pass on the greeting and the first message as they are, and all others by the lie."""
    try:
        writer.write(await reader.readexactly(greeting))
        writer.write(_framed(await _message(reader)))
        while True:
            fields = (await _message(reader)).decode().split("\0")[:-1]
            for each in lie(fields):
                writer.write(_framed(_payload(each)))
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        return


async def _message(reader: asyncio.StreamReader) -> bytes:
    return await reader.readexactly(int.from_bytes(await reader.readexactly(_LENGTH), "big"))


def _payload(fields: Frame) -> bytes:
    return "".join(f"{field}\0" for field in fields).encode()


def _framed(payload: bytes) -> bytes:
    return len(payload).to_bytes(_LENGTH, "big") + payload
