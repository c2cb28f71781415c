"""
From a bar's presence to the order on the wire, for 500 holdings over a real socket.

The gateway is the simulated one, in a process of its own as a real one is; the
stamps are taken by it: when it has answered the last request for bars of the
look at which the hour was final, and when the order messages arrive.

One signal is measured as the command runs it, with the limit on messages that
the broker sets. Five hundred orders cannot go out within a second under that
limit; they are measured without it.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter

import numpy as np
from attrs import define, field

from adapters.calendar import SessionTable
from adapters.clocks import SimulatedClock
from adapters.gateway.clients import Client
from adapters.gateway.scenario import Scenario, ScenarioPosition
from adapters.gateway.server import GatewayServer
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.message_budget import PER_SECOND
from adapters.ib.order_entry import IBOrderEntry
from adapters.ib.pacing import Pace, Pacer
from adapters.ib.quotes import IBQuotes
from adapters.ib.witness import IBWitness
from adapters.kill_file import KillFile
from adapters.memory_assignments import MemoryAssignments
from adapters.parquet.average_store import ParquetAverageStore
from adapters.parquet.bar_store import ParquetBarStore
from adapters.signal_log import SignalLog
from adapters.sqlite.journal import SqliteJournal
from bench.measure import Goal, Row
from sellcore.order import Mode
from sellcore.policy import Policy
from sellcore.rule import parse_rule
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming
from sellcore.selling.limits import SellingPolicy
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch import begin, cycle, read
from sellcore.usecases.watch_state import Ports, Terms

HOLDINGS = 500
ACCOUNT = "DU0000001"
FIRST, DAY = date(2022, 4, 4), date(2022, 5, 20)
START = datetime(2022, 5, 20, 14, 58, tzinfo=UTC)
FINAL = datetime(2022, 5, 20, 15, 0, 30, tzinfo=UTC)
"""Half a minute after eleven in New York: the hour is final."""

_PLACE, _HISTORY = "3", "20"


def rows() -> Iterable[Row]:
    """Yield every figure of this module."""
    name = f"bar present to order on the wire, {HOLDINGS} holdings"
    only, _ = _sale(1, PER_SECOND, (FINAL,))
    yield Row(f"{name}, 1 signal", only, goal=Goal(0.1))
    minutes = (START + timedelta(minutes=1), START + timedelta(minutes=2), FINAL)
    unlimited, _ = _sale(1, 0, minutes)
    yield Row("the same without the limit on messages: behind a backlog of bars", unlimited)
    first, last = _sale(HOLDINGS, 0, minutes)
    yield Row(f"{name}, {HOLDINGS} signals, no limit: the last", last, goal=Goal(1.0))
    yield Row("the same: the first order", first)


@define
class Stamps:
    """When things reached the gateway, in seconds of one clock."""

    asked: float = 0.0
    orders: list[float] = field(factory=list)


class StampingServer(GatewayServer):
    """The simulated gateway, with a note of when each message was worked off."""

    stamps: Stamps

    def asked(self, client: Client, fields: list[str]) -> None:
        """Work off one message."""
        if fields[0] == _PLACE:
            self.stamps.orders.append(perf_counter())
        super().asked(client, fields)
        if fields[0] == _HISTORY:
            self.stamps.asked = perf_counter()


def serve(scenario: Scenario, line: Connection) -> None:
    """Be the gateway: tell where, move to each instant that is told, and tell the stamps."""
    clock = SimulatedClock(scenario.start, pace=0)
    server = StampingServer(scenario, clock, SessionTable())
    server.stamps = Stamps()
    line.send(server.start())
    while (moment := line.recv()) is not None:
        clock.sleep_until(moment)
        line.send(clock.now())
    line.send(server.stamps)
    server.stop()


@define
class Clock:
    """The time of a gateway in another process, which moves when it is told to."""

    line: Connection
    moment: datetime

    def now(self) -> datetime:
        """Return it, UTC."""
        return self.moment

    def sleep_until(self, moment: datetime) -> None:
        """Have the gateway move on, and everything settled that was due."""
        if moment > self.moment:
            self.line.send(moment)
            self.moment = self.line.recv()


@contextmanager
def _gateway(scenario: Scenario) -> Iterator[tuple[Connection, tuple[str, int]]]:
    there, here = Pipe()
    process = get_context("spawn").Process(target=serve, args=(scenario, there), daemon=True)
    process.start()
    try:
        yield here, here.recv()
    finally:
        process.terminate()
        process.join()


def _sale(signals: int, limit: float, looks: Sequence[datetime]) -> tuple[float, float]:
    """Return how long the first and the last order took, in seconds."""
    with TemporaryDirectory(prefix="sellcli-bench-", dir=Path.cwd()) as name:
        folder = Path(name)
        scenario = _scenario(folder / "bars", signals)
        with _gateway(scenario) as (line, (host, port)):
            clock = Clock(line, scenario.start)
            with _ports(folder, clock, host, port, scenario, limit) as ports:
                terms = Terms(Mode.PAPER, "bench", ACCOUNT, Policy(), None, lambda attempt: 1.0)
                state = begin(ports, terms, None)
                cycle(ports, state, terms, show=True)
                gc.freeze()  # as the command does
                for moment in looks:
                    clock.sleep_until(moment)
                    read(ports, state, terms)
                    cycle(ports, state, terms, show=False)
                gc.unfreeze()
            line.send(None)
            stamps = line.recv()
        if len(stamps.orders) != signals:
            raise AssertionError(f"{len(stamps.orders)} orders for {signals} signals")
        return stamps.orders[0] - stamps.asked, stamps.orders[-1] - stamps.asked


def _scenario(folder: Path, signals: int) -> Scenario:
    """Write bars of which so many close below their average at eleven, and hold them all."""
    folder.mkdir()
    sessions = SessionTable().sessions("NASDAQ", FIRST, DAY)
    opens = [int(s.open.timestamp()) for s in sessions]
    starts = np.array([start for o in opens for start in range(o, o + 23_400, 1800)])
    stamps = [f"{datetime.fromtimestamp(s, UTC):%Y-%m-%dT%H:%M:%SZ}" for s in starts.tolist()]
    rising = np.round(50 + np.arange(len(starts)) * 0.01, 2)
    falling = np.where(starts >= int(START.timestamp()) - 1700, rising - 5, rising)
    positions = []
    for number in range(HOLDINGS):
        closes = falling if number < signals else rising
        lines = [f"{s},{c},{c},{c},{c},1000" for s, c in zip(stamps, closes.tolist(), strict=True)]
        name = f"S{number:03}"
        text = "\n".join(("ts,open,high,low,close,volume", *lines))
        (folder / f"NASDAQ_{name}_30m.csv").write_text(text + "\n")
        positions.append(ScenarioPosition(f"NASDAQ:{name}", number + 1, "USD", Decimal(100), 40.0))
    return Scenario(account=ACCOUNT, start=START, data=folder, positions=tuple(positions))


@contextmanager
def _ports(
    folder: Path, clock: Clock, host: str, port: int, scenario: Scenario, limit: float
) -> Iterator[Ports]:
    connection = IBConnection(host, port, 1, clock, messages_per_second=limit)
    journal = SqliteJournal(folder / "journal.db", Mode.PAPER, ACCOUNT)
    rules: Mapping[str, object] = {p.ticker: parse_rule("SMA,50,1H") for p in scenario.positions}
    selling = Selling(
        journal=journal,
        entry=IBOrderEntry(connection),
        witness=IBWitness(connection),
        quotes=IBQuotes(connection),
        kill_switch=KillFile(folder),
        policy=SellingPolicy(max_orders_per_day=HOLDINGS, max_value_per_day=1e9),
        arming=Arming(ACCOUNT, AccountKind.PAPER),
    )
    quiet: Callable[[object], None] = lambda event: None  # noqa: E731
    with closing(connection), closing(journal), closing(ParquetBarStore(folder / "cache")) as bars:
        yield Ports(
            clock=clock,
            connection=connection,
            broker=IBBroker(connection),
            market_data=IBMarketData(connection, Pacer(clock, Pace(retry_after=0.1))),
            bars=bars,
            averages=ParquetAverageStore(folder / "cache"),
            assignments=MemoryAssignments(rules),
            log=SignalLog(folder / "logs"),
            calendar=SessionTable(),
            emit=quiet,
            selling=selling,
        )
