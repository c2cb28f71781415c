"""The clock of a gateway in another process, and what becomes of the line to it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import pytest

from adapters.clocks import SimulatedClock
from adapters.gateway.clock_server import ClockServer
from adapters.remote_clock import RemoteClock
from sellcore.errors import BrokerError, ClockGone
from sellcore.instant import iso

START = datetime(2022, 5, 20, 13, 25, tzinfo=UTC)
LATER = START + timedelta(minutes=5)
Reply = Callable[[bytes], bytes | None]
"""What is answered to a request; None: hang up."""


class Scripted:
    """A server that answers as it is told."""

    def __init__(self, reply: Reply) -> None:
        self.requests: list[bytes] = []
        self._reply = reply
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        # A thread that waits in accept would keep the port open.
        with suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                line, _ = self._door.accept()
                threading.Thread(target=self._serve, args=(line,), daemon=True).start()

    def _serve(self, line: socket.socket) -> None:
        with suppress(OSError), line, line.makefile("rb") as lines:
            for request in lines:
                self.requests.append(request)
                answer = self._reply(request)
                if answer is None:
                    return
                line.sendall(answer)


@pytest.fixture
def scripted() -> Iterator[Callable[[Reply], Scripted]]:
    made: list[Scripted] = []

    def make(reply: Reply) -> Scripted:
        made.append(Scripted(reply))
        return made[-1]

    yield make
    for server in made:
        server.close()


_MADE: list[RemoteClock] = []


def remote(port: int, **options: float) -> RemoteClock:
    _MADE.append(RemoteClock("127.0.0.1", port, **({"grace": 0.5, "patience": 0.3} | options)))
    return _MADE[-1]


@pytest.fixture(autouse=True)
def closing() -> Iterator[None]:
    yield
    while _MADE:
        _MADE.pop().close()


def test_a_line_that_drops_is_made_again(scripted: Callable[[Reply], Scripted]) -> None:
    """Every third answer is lost: asking and waiting go on all the same."""
    count = 0

    def two_of_three(request: bytes) -> bytes | None:
        nonlocal count
        count += 1
        moment = LATER if request.startswith(b"sleep") or count > 9 else START
        return f"now {iso(moment)}\n".encode() if count % 3 else None

    clock = remote(scripted(two_of_three).port, grace=5.0)

    assert [clock.now() for _ in range(4)] == [START] * 4
    clock.sleep_until(LATER)
    assert clock.now() == LATER


def test_a_gateway_that_is_not_there_is_one_line() -> None:
    """After the grace, with what to do; and not as something that the watch would try again."""
    door = socket.create_server(("127.0.0.1", 0))
    port = door.getsockname()[1]
    door.close()
    began = time.monotonic()

    with pytest.raises(ClockGone, match=f"{port} cannot be reached: .*refused; start") as told:
        remote(port).now()

    assert 0.5 <= time.monotonic() - began < 5.0
    assert "\n" not in str(told.value)
    assert not isinstance(told.value, BrokerError)


def test_a_gateway_that_ends_during_a_wait_is_one_line() -> None:
    """The wait is over at once, but for the grace."""
    server = ClockServer(SimulatedClock(START), pace=60.0)
    clock = remote(server.start()[1])
    threading.Timer(0.2, server.stop).start()

    with pytest.raises(ClockGone, match="cannot be reached"):
        clock.sleep_until(LATER)


def test_a_gateway_that_hangs_is_one_line(scripted: Callable[[Reply], Scripted]) -> None:
    """Nothing comes, and the line stays open: patience has an end."""
    clock = remote(scripted(lambda request: b"").port)

    with pytest.raises(ClockGone, match=r"said nothing for 0\.3 s"):
        clock.now()


def test_a_gateway_that_hangs_in_a_wait_is_one_line(
    scripted: Callable[[Reply], Scripted],
) -> None:
    """It answered before, and answers nothing any more."""
    hanging = threading.Event()

    def reply(request: bytes) -> bytes:
        if request.startswith(b"sleep"):
            hanging.set()
        return b"" if hanging.is_set() else f"now {iso(START)}\n".encode()

    with pytest.raises(ClockGone, match="said nothing"):
        remote(scripted(reply).port).sleep_until(LATER)


def test_a_long_wait_is_no_hanging() -> None:
    """As long as the time is told, a wait may take as long as it does."""
    server = ClockServer(SimulatedClock(START), pace=0.3)
    clock = remote(server.start()[1], patience=0.1)

    clock.sleep_until(LATER)

    assert clock.now() == LATER
    server.stop()


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 400 Bad Request\r\n",
        b"now\n",
        b"now then\n",
        b"now 2022-05-20T13:25:00\n",
        b"now 0001-01-01T00:00:00+23:59\n",
        b"\n",
        b"\xff\xfe\n",
        b"now 2022-05-20T13:25:00Z\nnow 2022-05-20T13:25:00Z\n",
        b"x" * 10_000,
    ],
)
def test_what_is_no_clock_is_one_line(scripted: Callable[[Reply], Scripted], answer: bytes) -> None:
    """Another program has that port, the gateway's own perhaps."""
    with pytest.raises(ClockGone, match="is not a gateway's clock; give --clock the port"):
        remote(scripted(lambda request: answer).port).now()


def test_a_gateway_that_refuses_is_one_line(scripted: Callable[[Reply], Scripted]) -> None:
    """In its own words."""
    clock = remote(scripted(lambda request: b"error ledger x: no space left\n").port)

    with pytest.raises(ClockGone, match="cannot go on: ledger x: no space left"):
        clock.now()


def test_a_gateway_that_was_started_anew_is_noticed() -> None:
    """Its day begins again: nobody goes on as if nothing had been."""
    first = ClockServer(SimulatedClock(START))
    _, port = first.start()
    clock = remote(port)
    clock.sleep_until(LATER)
    assert clock.now() == LATER
    first.stop()
    anew = SimulatedClock(START)
    second = ClockServer(anew, port=port)
    second.start()

    with pytest.raises(ClockGone, match="went back from 2022-05-20T13:30:00Z to 2022-05-20T13:25"):
        clock.sleep_until(LATER + timedelta(hours=1))
    with pytest.raises(ClockGone, match="went back"):
        clock.now()

    assert anew.now() == START
    second.stop()


class Interrupted(KeyboardInterrupt):
    """As a signal would raise it."""


def test_an_answer_that_nobody_waited_for_is_never_read_as_another() -> None:
    """Interrupted in a wait: the next request goes over a line of its own."""
    clock = SimulatedClock(START)
    server = ClockServer(clock, pace=0.2)
    asking = remote(server.start()[1])
    silent = asking._waiting._silent

    def interrupt() -> None:
        raise Interrupted

    asking._waiting._patience, asking._waiting._silent = 0.05, interrupt
    with pytest.raises(Interrupted):
        asking.sleep_until(START + timedelta(minutes=1))
    asking._waiting._patience, asking._waiting._silent = 5.0, silent

    assert asking.now() in (START, START + timedelta(minutes=1))
    asking.sleep_until(LATER)
    assert asking.now() == LATER
    server.stop()


def test_the_time_is_told_to_other_threads_during_a_wait() -> None:
    """Nobody is kept waiting by somebody who waits."""
    server = ClockServer(SimulatedClock(START), pace=0.2)
    clock = remote(server.start()[1])
    waiting = threading.Thread(target=clock.sleep_until, args=(LATER,))
    waiting.start()

    seen = []
    while waiting.is_alive():
        seen.append(clock.now())
        time.sleep(0.02)

    assert len(set(seen)) > 2
    assert seen == sorted(seen)
    server.stop()


def test_hanging_up_waits_for_no_request_under_way(
    scripted: Callable[[Reply], Scripted],
) -> None:
    """Who ends a run while the gateway is silent is let go at once."""
    asked, ended = threading.Event(), threading.Event()

    def reply(request: bytes) -> bytes:
        asked.set()
        ended.wait(20)
        return f"now {iso(START)}\n".encode()

    clock = remote(scripted(reply).port, patience=30)
    asking = threading.Thread(target=clock.now)
    asking.start()
    assert asked.wait(5)

    clock.close()

    assert asking.is_alive()
    ended.set()
    asking.join(5)
    assert not asking.is_alive()
