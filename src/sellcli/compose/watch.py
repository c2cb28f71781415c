"""
A watch, put together: in dry-run. The broker that is wired here has no method that sends;
what may sell is added by ``selling``, and nowhere else.
"""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.compose.files import assignment_store, decision_log
from sellcli.settings import Settings

if TYPE_CHECKING:
    from adapters.ib.connection import IBConnection
    from adapters.ib.pacing import Pace
    from adapters.parquet.bar_store import ParquetBarStore
    from sellcli.compose.simulation import Simulation
    from sellcore.event import Event
    from sellcore.ports.assignments import AssignmentStore
    from sellcore.ports.broker import Broker
    from sellcore.ports.clock import Clock
    from sellcore.ports.connection import Connection
    from sellcore.usecases.watch_state import Ports, Terms

_SIMULATED_RETRY = 0.1
"""Seconds of real time that a refused request waits where a day passes in a minute."""


@frozen
class Wiring:
    """
    Everything a watch needs, put together.

    Attributes:
        ports: Of a dry run.
        terms: Of a dry run.
        connection: To the gateway, which may not be open.
        port: Of the gateway.
        gateway: ``HOST:PORT`` of one that others may speak to as well; None for our own.
        simulated: Time is that of a simulated day.
        state_dir: The folder of what must outlive a restart.
    """

    ports: "Ports"
    terms: "Terms"
    connection: "IBConnection"
    port: int
    gateway: str | None
    simulated: bool
    state_dir: Path


@contextmanager
def wired(
    settings: Settings, simulated: "Simulation | None", emit: "Callable[[Event], None]"
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

    with simulated.world() as ((host, port), clock), ExitStack() as stack:
        local = evolve(
            settings,
            host=host,
            port=port,
            cache_dir=settings.cache_dir / "simulated",
            state_dir=settings.state_dir / "simulated",
        )
        if simulated.built_in:  # a demonstration leaves nothing behind
            state = stack.enter_context(TemporaryDirectory(prefix="sellcli-"))
            local = evolve(local, state_dir=Path(state))
        yield stack.enter_context(_watch(local, clock, emit, simulated))


@contextmanager
def _watch(
    settings: Settings,
    clock: "Clock",
    emit: "Callable[[Event], None]",
    simulated: "Simulation | None",
) -> Iterator[Wiring]:
    import random
    from uuid import uuid4

    from adapters.calendar import SessionTable
    from adapters.ib.backoff import delays
    from adapters.ib.broker import IBBroker
    from adapters.ib.market_data import IBMarketData
    from adapters.ib.pacing import Pacer
    from adapters.parquet.average_store import ParquetAverageStore
    from sellcore.order import Mode
    from sellcore.usecases.watch_state import Ports, Terms

    shared = simulated is None or simulated.elsewhere
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
                Pacer(clock, _pace(settings, simulated)),
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
            outage=timedelta(minutes=settings.alerts_disconnected_minutes),
            client_id=settings.client_id,
        )
        yield Wiring(
            ports=ports,
            terms=terms,
            connection=connection,
            port=settings.port,
            gateway=f"{settings.host}:{settings.port}" if shared else None,
            simulated=simulated is not None,
            state_dir=settings.state_dir,
        )


def _connection(settings: Settings, clock: "Clock", *, paced: bool) -> "IBConnection":
    from adapters.ib.connection import IBConnection
    from adapters.ib.message_budget import PER_SECOND

    return IBConnection(
        settings.host,
        settings.port,
        settings.client_id,
        clock,
        account=None,  # the watch settles it: a wrong name is no failure to connect
        timeout=settings.connect_timeout,
        messages_per_second=PER_SECOND if paced else 0.0,
    )


def _pace(settings: Settings, simulated: "Simulation | None") -> "Pace":
    from adapters.ib.pacing import Pace

    if simulated is None:
        return Pace(settings.concurrency)
    return Pace(settings.concurrency, retry_after=_SIMULATED_RETRY)


def _bar_store(settings: Settings) -> "ParquetBarStore":
    from adapters.parquet.bar_store import ParquetBarStore

    return ParquetBarStore(settings.cache_dir)


def _assignments(settings: Settings, simulated: "Simulation | None") -> "AssignmentStore":
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
