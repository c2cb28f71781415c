"""The clock that the simulated gateway serves: its protocol, and what it survives."""

import re
import socket
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gateway.gateway_stand import START, RawClient, Weekdays, a_scenario

from adapters.clocks import SimulatedClock
from adapters.gateway.clock_server import ClockServer
from adapters.gateway.server import GatewayServer
from sellcore.errors import ConfigError, StorageError
from sellcore.instant import iso

PATIENCE = 10.0


class Asking:
    """A client that sends bytes and reads lines."""

    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        self._lines = self.socket.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def read(self) -> str:
        return self._lines.readline().decode("ascii").removesuffix("\n")

    def ask(self, request: str) -> str:
        self.send(request.encode() + b"\n")
        return self.read()

    def close(self) -> None:
        self._lines.close()
        self.socket.close()


class Stand:
    """A served clock and clients of it."""

    def __init__(self, pace: float = 0.0) -> None:
        self.clock = SimulatedClock(START)
        self.server = ClockServer(self.clock, pace=pace)
        self.host, self.port = self.server.start()
        self._clients: list[Asking] = []

    def client(self) -> Asking:
        self._clients.append(Asking(self.port))
        return self._clients[-1]

    def stop(self) -> None:
        for client in self._clients:
            client.close()
        self.server.stop()

    def settled(self) -> datetime:
        """Return where the clock stands once it does."""
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            before = self.clock.now()
            time.sleep(0.1)
            if self.clock.now() == before:
                return before
        raise AssertionError("the clock does not come to rest")


@pytest.fixture
def stand() -> Iterator[Stand]:
    served = Stand()
    yield served
    served.stop()


def minute(number: float) -> str:
    return iso(START + timedelta(minutes=number))


def test_the_time_is_told_and_stands_still(stand: Stand) -> None:
    """Asking moves nothing."""
    client = stand.client()

    assert [client.ask("now"), client.ask("now")] == [f"now {minute(0)}"] * 2


def test_a_sleep_moves_minute_by_minute_as_in_process(stand: Stand) -> None:
    """Each step is settled before the next, the last one ends at the moment asked for."""
    seen: list[datetime] = []
    stand.clock.on_advance(seen.append)
    client = stand.client()

    assert client.ask(f"sleep {minute(3.25)}") == f"now {minute(3.25)}"
    assert [iso(moment) for moment in seen] == [minute(n) for n in (1, 2, 3, 3.25)]


@pytest.mark.parametrize("moment", ["2022-05-20T13:25:00Z", "2001-01-01", "2001-01-01T00:00:00Z"])
def test_time_never_runs_backwards(stand: Stand, moment: str) -> None:
    """A moment that has passed is answered at once."""
    answer = stand.client().ask(f"sleep {moment}")

    assert answer == f"now {minute(0)}" or "no instant with its zone" in answer
    assert stand.clock.now() == START


@pytest.mark.parametrize(
    ("request_line", "words"),
    [
        ("", "'' is no request; expected now, or sleep and an instant"),
        ("NOW", "'NOW' is no request"),
        ("now now", "is no request"),
        ("sleep", "'sleep' is no request"),
        ("sleep 2022-05-20 14:00", "is no request"),
        ("sleep later", "'later' is no instant with its zone, e.g. 2022-05-20T13:30:00Z"),
        ("sleep 2022-05-20T14:00:00", "no instant with its zone"),
        ("sleep 0001-01-01T00:00:00+23:59", "no instant with its zone"),
        ("sleep 9999-12-31T23:59:59-23:59", "no instant with its zone"),
        ("sleep 2022-07-20T14:00:00Z", "more than 31 days after 2022-05-20T13:25:00Z"),
        ("GET / HTTP/1.1", "is no request"),
        ("\x00\x1b[2J", r"'\x00\x1b[2J' is no request"),
        ("jetzt für alle", r"is no request"),
        ("x" * 150, f"'{'x' * 40}' is no request"),
        ("x" * 5000, "error a request has at most 200 characters"),
        ("x" * 3_000_000, "error a request has at most 200 characters"),
    ],
)
def test_what_is_no_request_draws_one_line(stand: Stand, request_line: str, words: str) -> None:
    """The line says what was expected; the same client may go on."""
    client = stand.client()

    answer = client.ask(request_line)

    assert answer.startswith("error ")
    assert words in answer
    assert client.ask("now") == f"now {minute(0)}"


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[Stand]:
    served = Stand()
    yield served
    served.stop()


@settings(max_examples=60)
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=400),
            st.sampled_from([b"now", b"sleep", b"sleep 2022-05-20T14:00:00Z", b"\r", b" now \r"]),
        ),
        max_size=8,
    ),
    st.binary(max_size=50),
)
def test_any_bytes_draw_one_answer_a_line(fuzzed: Stand, lines: list[bytes], rest: bytes) -> None:
    """And whoever hangs up in the middle of a line harms nobody."""
    client = fuzzed.client()
    sent = b"".join(line + b"\n" for line in lines)
    client.send(sent)
    answers = [client.read() for _ in range(sent.count(b"\n"))]
    client.send(rest)
    client.close()

    assert all(re.fullmatch(r"(now \S+Z|error [ -~]+)", answer) for answer in answers), answers
    after = fuzzed.client()
    assert after.ask("now").startswith("now ")
    after.close()


def test_a_client_that_vanishes_leaves_a_settled_clock(stand: Stand) -> None:
    """Time moves only for those who wait; it stops at a whole step and goes on for the next."""
    steps: list[datetime] = []
    moved = threading.Event()

    def slowly(now: datetime) -> None:
        steps.append(now)
        time.sleep(0.005)
        moved.set()

    stand.clock.on_advance(slowly)
    client = stand.client()
    client.send(f"sleep {minute(10_000)}\n".encode())
    assert moved.wait(PATIENCE)
    client.close()

    rest = stand.settled()

    assert START < rest < START + timedelta(minutes=5000)
    assert (rest - START) % timedelta(minutes=1) == timedelta(0)
    assert rest == steps[-1]
    next_minute = iso(rest + timedelta(minutes=1))
    assert stand.client().ask(f"sleep {next_minute}") == f"now {next_minute}"


def test_the_time_is_told_while_another_waits(stand: Stand) -> None:
    """And two that wait at the same time both get there, in steps that nobody takes twice."""
    steps: list[datetime] = []
    stand.clock.on_advance(lambda now: (steps.append(now), time.sleep(0.001))[0])
    first, second, third = (stand.client() for _ in range(3))
    first.send(f"sleep {minute(300)}\n".encode())
    second.send(f"sleep {minute(200)}\n".encode())

    told = [third.ask("now") for _ in range(20)]

    assert told == sorted(told)
    assert second.read() >= f"now {minute(200)}"
    assert first.read() == f"now {minute(300)}"
    assert steps == sorted(set(steps))


def test_slow_and_silent_clients_are_in_nobodys_way(stand: Stand) -> None:
    """One says a byte at a time, one never reads what it asked for, one says nothing."""
    slow, deaf, _ = (stand.client() for _ in range(3))
    deaf.socket.setblocking(False)
    for _ in range(20):
        try:
            deaf.socket.send(b"now\n" * 50_000)
        except BlockingIOError:
            time.sleep(0.01)
    for byte in f"sleep {minute(1)}\n".encode():
        slow.send(bytes([byte]))
        time.sleep(0.001)

    assert slow.read() == f"now {minute(1)}"
    assert stand.client().ask("now") == f"now {minute(1)}"


def test_no_more_clients_than_a_limit(stand: Stand) -> None:
    """Whoever comes on top is told so; there is room again when others have gone."""
    inside = [stand.client() for _ in range(32)]
    assert {client.ask("now") for client in inside} == {f"now {minute(0)}"}

    assert stand.client().read() == "error no more than 32 clients can be connected"
    for client in inside:
        client.close()
    deadline = time.monotonic() + PATIENCE
    while (answer := stand.client().ask("now")) != f"now {minute(0)}":
        assert time.monotonic() < deadline, answer


def test_a_pace_is_kept_and_can_be_cut_short() -> None:
    """A simulated minute takes its time; the end of the gateway does not wait for it."""
    paced = Stand(pace=0.05)
    client, began = paced.client(), time.monotonic()
    assert client.ask(f"sleep {minute(4)}") == f"now {minute(4)}"
    assert time.monotonic() - began >= 0.2
    paced.stop()
    slow = Stand(pace=600.0)
    waiting = slow.client()
    waiting.send(f"sleep {minute(4)}\n".encode())
    assert slow.client().ask("now") == f"now {minute(0)}"

    began = time.monotonic()
    slow.server.stop()
    slow.server.stop()

    assert time.monotonic() - began < 5.0
    slow.stop()


def test_taken_port_is_one_line(stand: Stand) -> None:
    """It names the port and the way out."""
    with pytest.raises(ConfigError, match=f"{stand.port}.*choose another --host or --clock"):
        ClockServer(stand.clock, port=stand.port).start()


def test_what_was_due_is_on_the_wire_before_the_answer() -> None:
    """A client of the gateway finds it in its socket, as with a clock in process."""
    clock = SimulatedClock(START)
    gateway = GatewayServer(a_scenario(), clock, Weekdays())
    _, port = gateway.start()
    server = ClockServer(clock)
    asking = Asking(server.start()[1])
    with RawClient(port).log_in() as client:
        client.settle()
        client.history(5, size="1 min", live=1)
        client.answer(17)
        for number in range(6, 30):
            assert asking.ask(f"sleep {minute(number)}") == f"now {minute(number)}"
            client.socket.setblocking(False)
            waiting = client.socket.recv(65536)
            client.socket.setblocking(True)
            assert b"90\0005\0" in waiting
    asking.close()
    server.stop()
    gateway.stop()


def test_a_gateway_that_cannot_go_on_says_so_to_both_sides(stand: Stand) -> None:
    """Whoever waited gets a line, and whoever stays gets the exception."""

    def fail(now: datetime) -> None:
        raise StorageError(f"ledger {Path('x')}: no space left; mend that")

    stand.clock.on_advance(fail)

    assert stand.client().ask(f"sleep {minute(5)}") == "error ledger x: no space left; mend that"
    with pytest.raises(StorageError, match="no space left"):
        stand.server.serve()
