"""The server as a program uses it: starting, stopping, and the clocks it runs on."""

import socket
from datetime import timedelta
from pathlib import Path

import pytest
from tests.gateway.gateway_stand import START, RawClient, Weekdays, a_scenario, running

from adapters.clocks import FrozenClock
from adapters.gateway.running_clock import RunningClock
from adapters.gateway.server import GatewayServer
from sellcore.errors import ConfigError, InvalidValue


def test_taken_port_is_one_line() -> None:
    """The line names the port and the way out."""
    with running() as gateway:
        second = GatewayServer(a_scenario(), FrozenClock(START), Weekdays(), port=gateway.port)
        with pytest.raises(ConfigError, match=f"{gateway.port}.*choose another"):
            second.start()


def test_broken_data_folder_is_told_before_anything_listens(tmp_path: Path) -> None:
    """A malformed file is a ConfigError of the caller's thread."""
    (tmp_path / "NASDAQ_MSFT_30m.csv").write_text("ts,open\n")

    with pytest.raises(ConfigError, match="line 1"):
        GatewayServer(a_scenario(data=tmp_path), FrozenClock(START), Weekdays())


def test_stopping_hangs_up_on_everybody_and_may_be_done_twice() -> None:
    """Clients that are in, and those that have only connected."""
    server = GatewayServer(a_scenario(), FrozenClock(START), Weekdays())
    _, port = server.start()
    with RawClient(port).log_in() as inside, RawClient(port, 2) as outside:
        inside.settle()
        server.stop()
        server.stop()

        assert inside.hung_up()
        assert outside.hung_up()
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_clock_that_does_not_tell_is_looked_at() -> None:
    """A clock without listeners moves the world too."""
    clock = FrozenClock(START)
    server = GatewayServer(a_scenario(), clock, Weekdays())
    _, port = server.start()
    try:
        with RawClient(port).log_in() as client:
            client.settle()
            client.history(5, size="1 min", live=1)
            client.answer(17)
            clock.set(START + timedelta(minutes=10))
            assert client.answer(90)[1] == "5"
    finally:
        server.stop()


def test_simulated_clock_returns_when_all_has_been_sent() -> None:
    """After the move, what was due lies in the client's socket: no later answer overtakes it."""
    with running() as gateway, gateway.client(1) as client:
        client.settle()
        client.history(5, size="1 min", live=1)
        client.answer(17)
        for minute in range(6, 30):
            gateway.until(START + timedelta(minutes=minute))
            client.socket.setblocking(False)
            waiting = client.socket.recv(65536)
            client.socket.setblocking(True)
            assert b"90\0005\0" in waiting


def test_clock_moved_after_the_end_does_no_harm() -> None:
    """The application may outlive the gateway."""
    with running() as gateway:
        pass
    gateway.until(START + timedelta(minutes=5))

    assert gateway.clock.now() == START + timedelta(minutes=5)


@pytest.mark.parametrize(
    ("pace", "wall", "simulated"), [(60.0, 30.0, 30.0), (1.0, 2.0, 120.0), (0.5, 1.0, 120.0)]
)
def test_running_clock_keeps_its_pace(pace: float, wall: float, simulated: float) -> None:
    """Pace is wall seconds for a simulated minute."""
    times = iter([100.0, 100.0 + wall])
    clock = RunningClock(START, pace=pace, wall=lambda: next(times))

    assert clock.now() == START + timedelta(seconds=simulated)


@pytest.mark.parametrize("pace", [0.0, -1.0])
def test_running_clock_cannot_jump(pace: float) -> None:
    """As fast as it goes needs an application that shares the clock."""
    with pytest.raises(InvalidValue, match="start --simulate"):
        RunningClock(START, pace=pace)


def test_running_clock_waits_for_its_moment() -> None:
    """At a very fast pace a simulated hour is over at once."""
    clock = RunningClock(START, pace=0.001)
    clock.sleep_until(START + timedelta(hours=1))

    assert clock.now() >= START + timedelta(hours=1)
