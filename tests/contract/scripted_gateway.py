"""A loopback server that speaks the TWS API's framing and says only what it was told to."""

import socket
import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress

Frame = Sequence[object]
Answer = Callable[[list[str]], Iterable[Frame]]

GREETING = (178, "20250415 19:38:30 British Summer Time")
ACCOUNTS = (15, 1, "DU0000001")
LOGIN: tuple[Frame, ...] = (
    ACCOUNTS,
    (9, 1, 7),
    (4, 2, -1, 2104, "Market data farm connection is OK:usfarm", ""),
    (4, 2, -1, 2158, "Sec-def data farm connection is OK:secdefil", ""),
)
START_API = 71
MARKET_RULE = 91


def _one_cent(fields: list[str]) -> Iterable[Frame]:
    """Answer a request for a market rule: one cent at any price."""
    return [(93, fields[1], 1, "0", "0.01")]


def packed(frame: Frame) -> bytes:
    """Return a frame as it goes over the wire: its length, then NUL-terminated fields."""
    payload = "".join(f"{field}\0" for field in frame).encode()
    return len(payload).to_bytes(4, "big") + payload


class ScriptedGateway:
    """
    Answers each request by a function of its fields, keyed by message id.

    Requests without one stay unanswered, but for the login and market rules.
    ``greeting`` may be raw bytes, or None to say nothing at all;
    ``accepts=False`` hangs up at once.
    """

    def __init__(
        self,
        answers: Mapping[int, Answer] | None = None,
        *,
        greeting: Frame | bytes | None = GREETING,
        login: Iterable[Frame] = LOGIN,
        accepts: bool = True,
        split: int | None = None,
    ) -> None:
        self.answers: dict[int, Answer] = {
            START_API: lambda _: login,
            MARKET_RULE: _one_cent,
            **(answers or {}),
        }
        self.received: list[list[str]] = []
        self.opening = b""
        self._greeting = greeting
        self._accepts = accepts
        self._split = split
        self._clients: list[socket.socket] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]

    def __enter__(self) -> "ScriptedGateway":
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.drop()
        for thread in self._threads:
            thread.join(5)

    def say(self, *frame: object) -> None:
        """Send one message to everybody, unasked."""
        for client in self._clients:
            self._send(client, packed(frame))

    def say_raw(self, data: bytes) -> None:
        """Send bytes that need not be a message."""
        for client in self._clients:
            self._send(client, data)

    def drop(self) -> None:
        """Close all connections."""
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)

    def fall_silent(self) -> None:
        """End what is said on all connections, which hangs up; what still comes in is read."""
        for client in self._clients:
            with suppress(OSError):
                client.shutdown(socket.SHUT_WR)

    @property
    def lines(self) -> int:
        """How many connections are still served."""
        return sum(thread.is_alive() for thread in self._threads[1:])

    def asked(self, message: int) -> list[list[str]]:
        """Return the requests of one kind, in order of arrival."""
        return [fields for fields in list(self.received) if fields[0] == str(message)]

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if not self._accepts:
                client.close()
                continue
            self._clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: socket.socket) -> None:
        with client, suppress(OSError):
            stream = client.makefile("rb")
            with stream:
                self.opening = stream.read(4)
                self._frame(stream.read)
                if self._greeting is None:
                    stream.read()
                    return
                raw = isinstance(self._greeting, bytes)
                self._send(client, self._greeting if raw else packed(self._greeting))
                while fields := self._frame(stream.read):
                    self.received.append(fields)
                    answer = self.answers.get(int(fields[0]))
                    replies = answer(fields) if answer else ()
                    self._send(client, b"".join(packed(frame) for frame in replies))

    @staticmethod
    def _frame(read: Callable[[int], bytes]) -> list[str]:
        payload = read(int.from_bytes(read(4), "big"))
        return payload.decode().split("\0")[:-1]

    def _send(self, client: socket.socket, data: bytes) -> None:
        size = self._split or max(1, len(data))
        with suppress(OSError):
            for start in range(0, len(data), size):
                client.sendall(data[start : start + size])
