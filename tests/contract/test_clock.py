"""What every clock promises to whoever waits by it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone
from threading import Thread

import pytest

from adapters.clocks import FrozenClock, SimulatedClock, SystemClock
from adapters.gateway.clock_server import ClockServer
from adapters.gateway.running_clock import RunningClock
from adapters.remote_clock import RemoteClock
from sellcore.errors import InvalidValue
from sellcore.ports.clock import Clock

START = datetime(2022, 5, 20, 13, 25, tzinfo=UTC)
A_LITTLE = timedelta(milliseconds=30)


@pytest.fixture(params=["system", "running", "frozen", "simulated", "remote", "remote and slow"])
def clock(request: pytest.FixtureRequest) -> Iterator[Clock]:
    """Return a clock of each kind."""
    match request.param:
        case "system":
            yield SystemClock()
        case "running":
            yield RunningClock(START, pace=6.0)
        case "frozen":
            yield FrozenClock(START)
        case "simulated":
            yield SimulatedClock(START)
        case _:
            server = ClockServer(SimulatedClock(START))
            remote = RemoteClock(*server.start(), pace=0.001 if "slow" in request.param else 0.0)
            yield remote
            remote.close()
            server.stop()


@pytest.fixture(params=["frozen", "simulated", "remote"])
def jumping(request: pytest.FixtureRequest) -> Iterator[Clock]:
    """Return a clock of each kind that stands still unless it is waited on."""
    if request.param == "frozen":
        yield FrozenClock(START)
    elif request.param == "simulated":
        yield SimulatedClock(START)
    else:
        server = ClockServer(SimulatedClock(START))
        remote = RemoteClock(*server.start())
        yield remote
        remote.close()
        server.stop()


def test_it_tells_instants_in_utc(clock: Clock) -> None:
    """No caller has to convert."""
    assert clock.now().utcoffset() == timedelta(0)


def test_a_wait_is_over_when_its_moment_has_come(clock: Clock) -> None:
    """Not before, and the time goes on from there."""
    moment = clock.now() + A_LITTLE
    clock.sleep_until(moment)

    assert clock.now() >= moment


def test_a_moment_that_has_passed_is_not_waited_for(clock: Clock) -> None:
    """It never moves backwards for it either."""
    before = clock.now()
    clock.sleep_until(before - timedelta(days=400))
    clock.sleep_until(before)

    assert before <= clock.now() < before + timedelta(minutes=5)


def test_it_never_runs_backwards(clock: Clock) -> None:
    """Each look is at the same instant or a later one."""
    seen = []
    for _ in range(5):
        seen.append(clock.now())
        clock.sleep_until(seen[-1] + A_LITTLE / 10)
        seen.append(clock.now())

    assert seen == sorted(seen)


@pytest.mark.parametrize(
    "length",
    [timedelta(microseconds=1), timedelta(seconds=59), timedelta(minutes=1), timedelta(days=3)],
)
def test_a_simulated_wait_ends_at_its_moment_exactly(jumping: Clock, length: timedelta) -> None:
    """However long it is, and nothing moves afterwards."""
    jumping.sleep_until(START + length)

    assert jumping.now() == jumping.now() == START + length


def test_zones_are_understood(jumping: Clock) -> None:
    """An instant is the same one in each of them."""
    jumping.sleep_until(datetime(2022, 5, 20, 10, 0, tzinfo=timezone(timedelta(hours=-4))))

    assert jumping.now() == datetime(2022, 5, 20, 14, 0, tzinfo=UTC)


def test_a_time_without_zone_is_refused(jumping: Clock) -> None:
    """Nobody knows which instant it is."""
    with pytest.raises(InvalidValue, match="no time zone"):
        jumping.sleep_until(datetime(2022, 5, 20, 14, 0))

    assert jumping.now() == START


class SetBack(SystemClock):
    """A machine whose clock is set back by an hour behind its second reading."""

    def __init__(self) -> None:
        self._readings = 0

    def now(self) -> datetime:
        self._readings += 1
        return super().now() - timedelta(hours=self._readings > 2)


def test_wait_on_a_clock_that_is_set_back_ends_after_as_long_as_was_asked_for() -> None:
    """A watch must not sleep through the hour that comes twice."""
    clock = SetBack()
    moment = clock.now() + A_LITTLE
    waiter = Thread(target=clock.sleep_until, args=(moment,), daemon=True)

    waiter.start()
    waiter.join(30)

    assert not waiter.is_alive()
