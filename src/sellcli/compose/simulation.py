"""The simulated gateway: what it starts from, and running it by itself."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

if TYPE_CHECKING:
    from adapters.gateway.scenario import Scenario
    from sellcore.ports.clock import Clock

Address = tuple[str, int]


@frozen
class Simulation:
    """
    What a simulated run is made of.

    Attributes:
        built_in: The scenario is the one that ships with the product: a demonstration.
        end: When the run ends by itself, UTC.
        world: Has a gateway for as long as it is entered; where it listens, and its clock.
        elsewhere: The gateway is a process of its own, which others may speak to as well.
    """

    built_in: bool
    end: datetime
    world: "Callable[[], AbstractContextManager[tuple[Address, Clock]]]"
    elsewhere: bool = False


DEMO_PACE = 0.15
"""Seconds a minute of the demonstration takes: the day passes in about one minute."""

AFTER_CLOSE = timedelta(minutes=5)
"""A simulated day ends this long after its session's close."""

_INTO_THE_DAY = timedelta(minutes=45)


def simulation(
    scenario: Path | None,
    data: Path | None,
    pace: float | None,
    elsewhere: tuple[Address, Address] | None = None,
) -> Simulation:
    """
    Return the simulation that the flags ask for.

    Args:
        scenario: A file, or None for what ships with the product.
        data: A folder of bars, or None.
        pace: Real seconds that a simulated minute takes.
        elsewhere: Where a gateway runs already, and where it serves its clock.

    Raises:
        ClockGone: the gateway elsewhere does not tell the time.
        ConfigError: the scenario or the data folder cannot be used.
    """
    pace = DEMO_PACE if pace is None else pace
    if elsewhere is not None:
        return _elsewhere(scenario, pace, *elsewhere)
    chosen, built_in = _scenario(scenario, data)
    end = chosen.end or _day_end(chosen)
    return Simulation(built_in, end, lambda: _in_process(chosen, pace))


def for_others(scenario: Path | None, data: Path | None, *, running: bool) -> "Scenario":
    """
    Return the scenario for a gateway in a process of its own.

    The demonstration begins before the open, to be watched; who tries out a
    client of their own, on a clock that is ``running``, wants a market that is open.

    Raises:
        ConfigError: the scenario or the data folder cannot be used.
    """
    from attrs import evolve

    chosen, built_in = _scenario(scenario, data)
    if chosen.end is None:
        _day_end(chosen)  # refuses a day that no calendar has
    return evolve(chosen, start=chosen.start + _INTO_THE_DAY) if built_in and running else chosen


def _scenario(scenario: Path | None, data: Path | None) -> tuple["Scenario", bool]:
    """Return the scenario that the flags ask for, and whether it is the built-in one."""
    from attrs import evolve

    from adapters.calendar import SessionTable
    from adapters.gateway.folder_scenario import folder_scenario
    from adapters.gateway.scenario import default_scenario, load_scenario

    if scenario is not None:
        chosen = load_scenario(scenario)
        return (chosen if data is None else evolve(chosen, data=data)), False
    if data is not None:
        return folder_scenario(data, SessionTable()), False
    return default_scenario(), True


@contextmanager
def _in_process(scenario: "Scenario", pace: float) -> "Iterator[tuple[Address, Clock]]":
    """Run a gateway on a thread of this process."""
    from adapters.calendar import SessionTable
    from adapters.clocks import SimulatedClock
    from adapters.gateway.server import GatewayServer

    clock = SimulatedClock(scenario.start, pace=pace)
    server = GatewayServer(scenario, clock, SessionTable())
    address = server.start()
    try:
        yield address, clock
    finally:
        server.stop()


def _elsewhere(scenario: Path | None, pace: float, gateway: Address, clock: Address) -> Simulation:
    """Return a simulation whose gateway outlives this process."""
    from adapters.gateway.scenario import load_scenario
    from adapters.remote_clock import RemoteClock

    end = None if scenario is None else load_scenario(scenario).end
    with closing(RemoteClock(*clock)) as served:
        end = end or _end_of_day(served.now())

    @contextmanager
    def world() -> "Iterator[tuple[Address, Clock]]":
        with closing(RemoteClock(*clock, pace=pace)) as served:
            yield gateway, served

    return Simulation(built_in=False, end=end, world=world, elsewhere=True)


def _end_of_day(now: datetime) -> datetime:
    """Return when a watch ends that begins now, also where its day's close has passed."""
    from adapters.calendar import SessionTable

    today = now.date()
    days = SessionTable().sessions("NYSE", today, today + timedelta(days=10))
    return days[0].close + AFTER_CLOSE


def _day_end(scenario: "Scenario") -> datetime:
    from adapters.calendar import SessionTable
    from sellcore.errors import CalendarError, ConfigError
    from sellcore.instrument import exchange_of

    first = scenario.start.date()
    exchanges = [exchange_of(p.ticker) for p in scenario.positions] or ["NYSE"]
    closes = []
    for exchange in dict.fromkeys([*exchanges, "NYSE"]):
        try:
            days = SessionTable().sessions(exchange, first, first + timedelta(days=10))
        except CalendarError:
            continue
        closes += [day.close for day in days if day.close > scenario.start][:1]
    if not closes:
        raise ConfigError(
            f"no session is known after {scenario.start:%Y-%m-%d %H:%M}Z; "
            "begin the scenario on a day that the calendar has, or give it an end"
        )
    return min(closes) + AFTER_CLOSE


@frozen
class Standing:
    """
    A gateway that runs by itself.

    Attributes:
        address: Where it listens.
        clock: Where its clock does, or None for one that runs by itself.
        stay: Returns, or raises, when the gateway cannot go on.
    """

    address: Address
    clock: Address | None
    stay: Callable[[], None]


@contextmanager
def gateway(
    scenario: "Scenario",
    host: str,
    ports: tuple[int, int | None],
    pace: float | None,
    record: Path | None,
) -> Iterator[Standing]:
    """
    Run the simulated gateway by itself.

    Args:
        scenario: What it starts from.
        host: Address to listen on.
        ports: Its own, and its clock's; None: nobody is served a clock, it runs by itself.
        pace: Real seconds a simulated minute takes; None: 60, or 0 with a served clock.
        record: Where to write the ledger, or None.
    """
    from adapters.calendar import SessionTable
    from adapters.clocks import SimulatedClock
    from adapters.gateway.clock_server import ClockServer
    from adapters.gateway.running_clock import REAL_TIME, RunningClock
    from adapters.gateway.server import GatewayServer

    port, clock_port = ports
    jumping = SimulatedClock(scenario.start)
    clock: Clock = jumping
    if clock_port is None:
        clock = RunningClock(scenario.start, pace=REAL_TIME if pace is None else pace)
    server = GatewayServer(scenario, clock, SessionTable(), host=host, port=port, record=record)
    with ExitStack() as stack:
        stack.callback(server.stop)
        address = server.start()
        if clock_port is None:
            yield Standing(address, None, server.serve)
            return
        served = ClockServer(jumping, host=host, port=clock_port, pace=pace or 0.0)
        stack.callback(served.stop)
        yield Standing(address, served.start(), served.serve)


def fault_lines() -> Iterator[str]:
    """Yield what ``sellcli gateway --help-faults`` prints."""
    from adapters.gateway.fault_table import help_rows

    for kind, parameters, what in help_rows():
        yield f"{kind:<20} {what}{f' ({parameters})' if parameters else ''}"
