"""The clock of a simulated gateway that runs in a process of its own."""

import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

from sellcore.errors import ClockGone
from sellcore.instant import iso, utc
from sellcore.plain_text import system_words

_MINUTE: Final = timedelta(minutes=1)
_PAUSE: Final = 0.1
"""Wall seconds between two attempts to connect."""

_LONGEST_ANSWER: Final = 4096
"""Bytes; whoever sends more without a line end is no clock."""


class RemoteClock:
    """
    Simulated time that another process keeps, and that moves when it is waited on.

    The gateway lets everything happen that was due, and has it on the wire, before
    a wait is over; so the world is settled as with a clock in process. Safe to read
    from any thread, also while another one waits.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        pace: float = 0.0,
        grace: float = 5.0,
        patience: float = 10.0,
    ) -> None:
        """
        Set it up; nothing is connected before time is asked for.

        Args:
            host: Where the gateway serves its clock.
            port: As above.
            pace: Wall seconds that a simulated minute takes, at least.
            grace: Wall seconds to try again for, where the line is gone.
            patience: Wall seconds of silence after which the gateway counts as hanging.
        """
        self._pace = pace
        self._asking = _Line(host, port, grace, patience, self._asking_is_silent)
        self._waiting = _Line(host, port, grace, patience, self._waiting_is_silent)
        self._where = f"{host}:{port}"
        self._patience = patience

    def now(self) -> datetime:
        """
        Return the current simulated instant, UTC.

        Raises:
            ClockGone: the gateway does not answer any more.
        """
        return self._asking.ask("now")

    def sleep_until(self, moment: datetime) -> None:
        """
        Have the gateway move to ``moment``; return when it is settled there.

        Raises:
            ClockGone: the gateway does not answer any more.
        """
        target, now = utc(moment), self.now()
        while now < target:
            step = target if self._pace <= 0 else min(target, now + _MINUTE)
            time.sleep((step - now) / _MINUTE * self._pace)
            now = self._waiting.ask(f"sleep {iso(step)}")

    def close(self) -> None:
        """Hang up; asking again connects again."""
        self._asking.close()
        self._waiting.close()

    def _asking_is_silent(self) -> None:
        raise ClockGone(
            f"the gateway's clock at {self._where} said nothing for {self._patience:g} s; "
            "start 'sellcli gateway' with --clock again, and this after it"
        )

    def _waiting_is_silent(self) -> None:
        """Give up unless somebody is there to ask: a long wait may take its time."""
        self.now()


class _Line:
    """One connection for one kind of request, made again where it was lost."""

    def __init__(
        self, host: str, port: int, grace: float, patience: float, silent: Callable[[], None]
    ) -> None:
        """Set it up; ``silent`` is called when patience is over, and raises to give up."""
        self._where = (host, port)
        self._grace, self._patience, self._silent = grace, patience, silent
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._latest: datetime | None = None

    def ask(self, request: str) -> datetime:
        """Send a request, again on a new connection where the line is lost; return the answer."""
        with self._lock:
            until = time.monotonic() + self._grace
            while True:
                whole = False
                try:
                    answer = self._understood(self._exchange(request))
                    whole = True
                    return answer
                except OSError as error:
                    if time.monotonic() >= until:
                        raise self._gone(error) from None
                    time.sleep(_PAUSE)
                finally:
                    if not whole:  # interrupted as well: the next must not read this answer
                        self._hang_up()

    def close(self) -> None:
        """Hang up, unless a request is under way."""
        if self._lock.acquire(blocking=False):
            self._hang_up()
            self._lock.release()

    def _hang_up(self) -> None:
        if self._socket is not None:
            self._socket.close()
            self._socket = None

    def _exchange(self, request: str) -> bytes:
        if self._socket is None:
            self._socket = socket.create_connection(self._where, timeout=self._patience)
            if self._latest is not None:
                self._understood(self._exchange("now"))  # of a gateway begun anew ask nothing
        self._socket.sendall(request.encode("ascii") + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            try:
                data = self._socket.recv(_LONGEST_ANSWER)
            except TimeoutError:
                self._silent()
                continue
            if not data:
                raise ConnectionResetError("it hung up")
            answer += data
            if len(answer) > _LONGEST_ANSWER:
                break
        return answer

    def _understood(self, answer: bytes) -> datetime:
        host, port = self._where
        words = answer.decode("ascii", "replace").strip()
        kind, _, rest = words.partition(" ")
        if kind == "error":
            raise ClockGone(f"the gateway's clock at {host}:{port} cannot go on: {rest}")
        told = None
        if kind == "now":
            with suppress(ValueError, OverflowError):
                told = utc(datetime.fromisoformat(rest))
        if told is None:
            raise ClockGone(
                f"what listens at {host}:{port} is not a gateway's clock; give --clock "
                "the port that 'sellcli gateway --clock' says on start"
            )
        if self._latest is not None and told < self._latest:
            raise ClockGone(
                f"the gateway's clock at {host}:{port} went back from {iso(self._latest)} to "
                f"{iso(told)}: it was started anew; start this anew as well"
            )
        self._latest = told
        return told

    def _gone(self, error: OSError) -> ClockGone:
        host, port = self._where
        return ClockGone(
            f"the gateway's clock at {host}:{port} cannot be reached: "
            f"{system_words(error)}; start 'sellcli gateway' with --clock, "
            "and this after it"
        )
