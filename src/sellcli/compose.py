"""
The composition root: from settings to wired adapters. Nothing else imports adapters.

Dry-run is settled here and nowhere else: the broker that is wired has no
method that sends.
"""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.settings import Settings

if TYPE_CHECKING:
    from adapters.gateway.scenario import Scenario
    from adapters.ib.connection import IBConnection
    from adapters.parquet.bar_store import ParquetBarStore
    from sellcore.event import Event
    from sellcore.ports.assignments import AssignmentStore
    from sellcore.ports.broker import Broker
    from sellcore.ports.clock import Clock
    from sellcore.ports.connection import Connection
    from sellcore.ports.decision_log import DecisionLog
    from sellcore.usecases.watch_state import Ports, Terms


def assignment_file(path: Path) -> "AssignmentStore":
    """Return the assignments of one CSV file."""
    from adapters.csv_assignments import CsvAssignments

    return CsvAssignments(path)


def assignment_store(settings: Settings) -> "AssignmentStore":
    """Return the user's assignments."""
    return assignment_file(settings.assignments)


def decision_log(settings: Settings) -> "DecisionLog":
    """Return the audit log."""
    from adapters.signal_log import SignalLog

    return SignalLog(settings.log_dir)


@frozen
class Simulation:
    """
    What a simulated run is made of.

    Attributes:
        scenario: What the gateway starts from.
        built_in: It is the one that ships with the product: a demonstration.
        pace: Real seconds that a simulated minute takes.
        end: When the run ends by itself, UTC.
    """

    scenario: "Scenario"
    built_in: bool
    pace: float
    end: datetime


DEMO_PACE = 0.15
"""Seconds a minute of the demonstration takes: the day passes in about one minute."""

AFTER_CLOSE = timedelta(minutes=5)
"""A simulated day ends this long after its session's close."""


def simulation(scenario: Path | None, data: Path | None, pace: float | None) -> Simulation:
    """
    Return the simulation that the flags ask for.

    Raises:
        ConfigError: the scenario or the data folder cannot be used.
    """
    from attrs import evolve

    from adapters.calendar import SessionTable
    from adapters.gateway.folder_scenario import folder_scenario
    from adapters.gateway.scenario import default_scenario, load_scenario

    calendar = SessionTable()
    if scenario is not None:
        chosen = load_scenario(scenario)
        chosen = chosen if data is None else evolve(chosen, data=data)
    elif data is not None:
        chosen = folder_scenario(data, calendar)
    else:
        chosen = default_scenario()
    built_in = scenario is None and data is None
    return Simulation(
        scenario=chosen,
        built_in=built_in,
        pace=DEMO_PACE if pace is None else pace,
        end=chosen.end or _day_end(chosen),
    )


def _day_end(scenario: "Scenario") -> datetime:
    from adapters.calendar import SessionTable
    from sellcore.errors import CalendarError

    first = scenario.start.date()
    exchanges = [p.ticker.partition(":")[0] for p in scenario.positions] or ["NYSE"]
    closes = []
    for exchange in dict.fromkeys([*exchanges, "NYSE"]):
        try:
            days = SessionTable().sessions(exchange, first, first + timedelta(days=10))
        except CalendarError:
            continue
        closes += [day.close for day in days if day.close > scenario.start][:1]
    return min(closes) + AFTER_CLOSE


@frozen
class Wiring:
    """Everything a watch needs, put together."""

    ports: "Ports"
    terms: "Terms"


@contextmanager
def wired(
    settings: Settings, simulated: Simulation | None, emit: "Callable[[Event], None]"
) -> Iterator[Wiring]:
    """
    Put a dry-run watch together, and take it apart again whatever happens.

    Args:
        settings: Where things are and how to behave.
        simulated: Run against the simulated gateway instead of a real one.
        emit: Where events go.
    """
    from adapters.clocks import SystemClock

    if simulated is None:
        with _watch(settings, SystemClock(), emit, simulated) as wiring:
            yield wiring
        return
    from attrs import evolve

    from adapters.calendar import SessionTable
    from adapters.clocks import SimulatedClock
    from adapters.gateway.server import GatewayServer

    clock = SimulatedClock(simulated.scenario.start, pace=simulated.pace)
    server = GatewayServer(simulated.scenario, clock, SessionTable())
    host, port = server.start()
    try:
        local = evolve(settings, host=host, port=port, cache_dir=settings.cache_dir / "simulated")
        with _watch(local, clock, emit, simulated) as wiring:
            yield wiring
    finally:
        server.stop()


@contextmanager
def _watch(
    settings: Settings,
    clock: "Clock",
    emit: "Callable[[Event], None]",
    simulated: Simulation | None,
) -> Iterator[Wiring]:
    import random
    from uuid import uuid4

    from adapters.calendar import SessionTable
    from adapters.ib.backoff import delays
    from adapters.ib.broker import IBBroker
    from adapters.ib.market_data import IBMarketData
    from adapters.ib.pacing import Pace, Pacer
    from adapters.parquet.average_store import ParquetAverageStore
    from sellcore.order import Mode
    from sellcore.usecases.watch_state import Ports, Terms

    with (
        closing(_bar_store(settings)) as bars,
        closing(_connection(settings, clock, paced=simulated is None)) as connection,
    ):
        ports = Ports(
            clock=clock,
            connection=connection,
            broker=IBBroker(connection),
            market_data=IBMarketData(
                connection,
                Pacer(clock, Pace(settings.concurrency)),
                timeout=settings.request_timeout,
            ),
            bars=bars,
            averages=ParquetAverageStore(settings.cache_dir),
            assignments=_assignments(settings, simulated),
            log=decision_log(settings),
            calendar=SessionTable(),
            emit=emit,
        )
        terms = Terms(
            mode=Mode.DRY_RUN,
            run_id=uuid4().hex[:12],
            account=settings.account,
            policy=settings.policy(),
            default_rule=settings.default_rule,
            delay=delays(random.SystemRandom()),
            until=None if simulated is None else simulated.end,
            recall=simulated is None or not simulated.built_in,
        )
        yield Wiring(ports, terms)


def _connection(settings: Settings, clock: "Clock", *, paced: bool) -> "IBConnection":
    from adapters.ib.connection import IBConnection

    return IBConnection(
        settings.host,
        settings.port,
        settings.client_id,
        clock,
        account=settings.account or None,
        timeout=settings.connect_timeout,
        **({} if paced else {"messages_per_second": 0.0}),
    )


def _bar_store(settings: Settings) -> "ParquetBarStore":
    from adapters.parquet.bar_store import ParquetBarStore

    return ParquetBarStore(settings.cache_dir)


def _assignments(settings: Settings, simulated: Simulation | None) -> "AssignmentStore":
    """Return the user's assignments; the demonstration brings its own, and keeps them to itself."""
    if simulated is None or not simulated.built_in:
        return assignment_store(settings)
    from adapters.memory_assignments import MemoryAssignments
    from sellcli.demo import RULES

    return MemoryAssignments(RULES)


@contextmanager
def broker(settings: Settings) -> Iterator[tuple["Connection", "Broker"]]:
    """Return the line to the real broker and what reads over it; not connected yet."""
    from adapters.clocks import SystemClock
    from adapters.ib.broker import IBBroker

    with closing(_connection(settings, SystemClock(), paced=True)) as connection:
        yield connection, IBBroker(connection)


@contextmanager
def gateway(
    scenario: "Scenario", host: str, port: int, pace: float, record: Path | None
) -> Iterator[tuple[str, int]]:
    """Run the simulated gateway by itself; its clock runs at ``pace`` seconds a minute."""
    from adapters.calendar import SessionTable
    from adapters.gateway.running_clock import RunningClock
    from adapters.gateway.server import GatewayServer

    clock = RunningClock(scenario.start, pace=pace)
    server = GatewayServer(scenario, clock, SessionTable(), host=host, port=port, record=record)
    try:
        yield server.start()
    finally:
        server.stop()


def wait_for_ever() -> None:
    """Return only by an interrupt."""
    from threading import Event

    forever = Event()
    while not forever.wait(3600):
        pass


def fault_lines() -> Iterator[str]:
    """Yield what ``sellcli gateway --help-faults`` prints."""
    from adapters.gateway.fault_table import help_rows

    for kind, parameters, what in help_rows():
        yield f"{kind:<20} {what}{f' ({parameters})' if parameters else ''}"
