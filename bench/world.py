"""Five hundred holdings without a network: the real use cases and store, the shipped fakes."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from time import perf_counter

import numpy as np
from attrs import define, evolve, field

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock
from adapters.fake_broker import FakeBroker
from adapters.fake_market_data import FakeMarketData
from adapters.memory_assignments import MemoryAssignments
from adapters.memory_log import MemoryDecisionLog
from adapters.parquet.average_store import ParquetAverageStore
from adapters.parquet.bar_store import ParquetBarStore
from sellcore.arrays import Seconds
from sellcore.bar import BarSeries
from sellcore.contract import ContractDetails
from sellcore.event import Event
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.policy import Policy
from sellcore.ports.market_data import Answer
from sellcore.position import Position
from sellcore.request import BarRequest, FetchedBars
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.session import Session
from sellcore.timeframe import Granularity, Timeframe
from sellcore.usecases.watch_state import Ports, Terms

HOLDINGS = 500
BEGIN = datetime(2022, 5, 20, 14, 31, tzinfo=UTC)
"""A Friday, one minute after a half hour in New York."""

_HALF_HOUR = 1800


@define
class TimedMarketData:
    """Hands requests on, and counts the time that a network would take instead."""

    inner: FakeMarketData
    seconds: float = 0.0
    cents: int = 0

    def fetch(
        self, requests: list[BarRequest], on_answer: Callable[[Answer], None] = lambda answer: None
    ) -> list[Answer]:
        """Answer, with the clock running; the caller's own callback is not counted."""
        started = perf_counter()
        answers = [self._moved(answer) for answer in self.inner.fetch(requests)]
        self.seconds += perf_counter() - started
        for answer in answers:
            on_answer(answer)
        return answers

    def _moved(self, answer: Answer) -> Answer:
        """Let the forming bar of each answer move on from the one before."""
        if not isinstance(answer, FetchedBars) or not len(answer.close):
            return answer
        self.cents = (self.cents + 1) % 47
        close = answer.close.copy()
        close[-1] = np.round(close[-1] + self.cents / 100, 2)
        return evolve(answer, close=close, high=np.maximum(answer.high, close))


@define
class World:
    """A broker that holds many stocks, and all there is around it."""

    clock: FrozenClock
    ports: Ports
    terms: Terms
    market_data: TimedMarketData
    instruments: list[Instrument]
    events: list[Event] = field(factory=list)


def make_world(folder: Path, holdings: int = HOLDINGS) -> World:
    """Build the world; its store lies in ``folder`` and may be filled already."""
    clock = FrozenClock(BEGIN)
    broker, data = FakeBroker(clock), FakeMarketData(clock)
    sessions = SessionTable().sessions("NASDAQ", date(2019, 6, 1), date(2022, 6, 1))
    instruments = [Instrument(n + 1, f"S{n:03}", "NASDAQ", "USD") for n in range(holdings)]
    halves, days = _half_hours(sessions[-60:]), _days(sessions)
    random = np.random.default_rng(7)
    rules = {}
    for number, instrument in enumerate(instruments):
        broker.hold(Position("DU0000001", instrument, Decimal(100), 90.0))
        broker.describe(ContractDetails(instrument, "America/New_York", Decimal("0.01"), {}))
        data.give(instrument, Granularity.HALF_HOUR, _walk(random, *halves))
        data.give(instrument, Granularity.DAY, _walk(random, *days))
        kind = AverageKind.SMA if number % 2 else AverageKind.EMA
        rules[instrument.ticker] = MovingAverageRule(
            kind, LENGTHS[number % 4], Timeframe.HOUR if number % 3 else Timeframe.DAY
        )
    events: list[Event] = []
    timed = TimedMarketData(data)
    ports = Ports(
        clock=clock,
        connection=broker,
        broker=broker,
        market_data=timed,
        bars=ParquetBarStore(folder),
        averages=ParquetAverageStore(folder),
        assignments=MemoryAssignments(rules),
        log=MemoryDecisionLog(),
        calendar=SessionTable(),
        emit=events.append,
    )
    terms = Terms(Mode.DRY_RUN, "bench", "", Policy(), None, lambda attempt: 1.0)
    return World(clock, ports, terms, timed, instruments, events)


def _half_hours(sessions: tuple[Session, ...]) -> tuple[Seconds, Seconds]:
    starts = [
        start
        for session in sessions
        for start in range(to_epoch(session.open), to_epoch(session.close), _HALF_HOUR)
    ]
    begins = np.array(starts)
    return begins, begins + _HALF_HOUR


def _days(sessions: tuple[Session, ...]) -> tuple[Seconds, Seconds]:
    return (
        np.array([to_epoch(session.open) for session in sessions]),
        np.array([to_epoch(session.close) for session in sessions]),
    )


def _walk(random: np.random.Generator, start: Seconds, end: Seconds) -> BarSeries:
    close = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.004, len(start)))), 2)
    return BarSeries(start, end, close, close + 0.01, close - 0.01, close, np.full(len(start), 9e3))


def minutes(count: int) -> list[datetime]:
    """Return the minutes after BEGIN."""
    return [BEGIN + timedelta(minutes=n) for n in range(1, count + 1)]
