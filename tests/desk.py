"""A trader's desk in memory: true time, a market, a broker, and a watch on it all."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal

from attrs import evolve
from tests.builders import ACCOUNT, MSFT, Tape, a_position, a_tape, nasdaq, rule

from adapters.calendar import SessionTable
from adapters.fake_broker import FakeBroker
from adapters.fake_market_data import FakeMarketData
from adapters.memory_assignments import MemoryAssignments
from adapters.memory_log import MemoryDecisionLog
from adapters.memory_store import MemoryAverageStore, MemoryBarStore
from sellcore.contract import ContractDetails
from sellcore.errors import StorageError
from sellcore.event import Alert, Decided, Event, Prepared
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.plan import Decision
from sellcore.policy import Policy
from sellcore.ports.market_data import Answer
from sellcore.record import DecisionRecord
from sellcore.request import BarRequest, Cause, NoBars, Unit
from sellcore.rule import MovingAverageRule
from sellcore.series import SeriesUpdate
from sellcore.timeframe import Granularity
from sellcore.usecases.watch import begin, run
from sellcore.usecases.watch_state import Ports, Terms, WatchState

SESSIONS = nasdaq(date(2022, 3, 1), date(2022, 6, 1))
FRIDAY = next(session for session in SESSIONS if session.day == date(2022, 5, 20))
MONDAY = next(session for session in SESSIONS if session.day == date(2022, 5, 23))
SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)


class TrueClock:
    """What time it is, whatever our own clock says."""

    def __init__(self, moment: datetime) -> None:
        self.moment = moment

    def now(self) -> datetime:
        return self.moment

    def sleep_until(self, moment: datetime) -> None:
        raise AssertionError("nobody sleeps by the true clock")


class DeskClock:
    """Our clock, which may be wrong; whoever sleeps by it lets the script happen."""

    def __init__(self, true: TrueClock) -> None:
        self._true = true
        self._script: list[tuple[datetime, Callable[[], None]]] = []
        self.ahead = timedelta(0)

    def at(self, moment: datetime, action: Callable[[], None]) -> None:
        """Let ``action`` happen at a true instant."""
        self._script.append((moment, action))
        self._script.sort(key=lambda entry: entry[0])

    def now(self) -> datetime:
        return self._true.moment + self.ahead

    def sleep_until(self, moment: datetime) -> None:
        """Return once ``moment`` is shown, or as much time has passed as was asked for."""
        latest = self._true.moment + (moment - self.now())
        while True:
            wake = max(self._true.moment, min(latest, moment - self.ahead))
            if not self._script or self._script[0][0] > wake:
                self._true.moment = wake
                return
            when, action = self._script.pop(0)
            self._true.moment = max(self._true.moment, when)
            action()


class Feed:
    """Market data that show what has truly traded, stamped by our clock."""

    def __init__(self, true: TrueClock, ours: DeskClock, broker: FakeBroker) -> None:
        self._true, self._ours = true, ours
        self.told = FakeMarketData(true, broker)
        self.tapes: dict[tuple[Instrument, Granularity], Tape] = {}
        self.asked: list[BarRequest] = []
        self.withholds_history = False

    def trade(self, instrument: Instrument, *tapes: Tape) -> None:
        """Make these all that trades of ``instrument``."""
        self.tapes |= {(instrument, tape.granularity): tape for tape in tapes}

    def split(self, instrument: Instrument, new: int, old: int) -> None:
        """Show all bars of ``instrument`` as after a split, cents exactly."""
        for granularity in Granularity:
            tape = self.tapes[instrument, granularity]
            closes = {
                end: float(Decimal(repr(close)) * old / new) for end, close in tape.closes.items()
            }
            self.trade(instrument, evolve(tape, closes=closes))

    def lose(self, instrument: Instrument, granularity: Granularity, *ends: datetime) -> None:
        """Let the bars that end then be missing from now on."""
        tape = self.tapes[instrument, granularity]
        closes = {end: close for end, close in tape.closes.items() if end not in ends}
        self.trade(instrument, evolve(tape, closes=closes))

    def fetch(
        self,
        requests: Sequence[BarRequest],
        on_answer: Callable[[Answer], None] = lambda answer: None,
    ) -> Sequence[Answer]:
        self.asked += requests
        now = self._true.moment
        short = all(r.duration.unit is Unit.DAYS and r.duration.count <= 7 for r in requests)
        since = to_epoch(now - timedelta(days=14)) if short else 0  # less to give is quicker
        for (instrument, granularity), tape in self.tapes.items():
            self.told.give(instrument, granularity, tape.shown(now, since))
        answers = [self._as_asked(answer) for answer in self.told.fetch(requests)]
        for answer in answers:
            on_answer(answer)
        return answers

    def _as_asked(self, answer: Answer) -> Answer:
        if isinstance(answer, NoBars):
            return answer
        if self.withholds_history and answer.request.duration.count > 7:
            return NoBars(answer.request, Cause.TIMEOUT, "no answer within 60 s")
        return evolve(answer, asked_at=self._ours.now())


class BrittleLog(MemoryDecisionLog):
    """A log on a disk that may be full."""

    full = False

    def append(self, records: Sequence[DecisionRecord]) -> None:
        if self.full:
            raise StorageError("logs/signals.log: no space left on device")
        super().append(records)


class BrittleStore(MemoryBarStore):
    """A bar store on a disk that may be full."""

    full = False

    def merge(self, updates: Sequence[SeriesUpdate]) -> None:
        if self.full:
            raise StorageError("cache: no space left on device")
        super().merge(updates)


class Desk:
    """
    Everything outside of a watch, in memory, and what the watch told.

    Holds 100 MSFT that follow SMA(5) 1H, on a market where everything trades at
    100 dollars; change it before ``start``, or by a script while it runs.
    """

    def __init__(self, now: datetime, rules: Mapping[str, MovingAverageRule] | None = None) -> None:
        self.true = TrueClock(now)
        self.clock = DeskClock(self.true)
        self.broker = FakeBroker(self.true, (ACCOUNT,))
        self.feed = Feed(self.true, self.clock, self.broker)
        self.store = BrittleStore()
        self.log = BrittleLog()
        self.assignments = MemoryAssignments({"NASDAQ:MSFT": rule()} if rules is None else rules)
        self.events: list[Event] = []
        self.policy = Policy()
        self.default_rule: MovingAverageRule | None = None
        self.hold(MSFT)

    def hold(
        self,
        instrument: Instrument,
        quantity: str | int = 100,
        price: Callable[[int], float] = lambda n: 100.0,
    ) -> None:
        """Hold ``instrument``, which the broker describes and which trades at ``price``."""
        self.broker.hold(a_position(quantity, instrument))
        self.broker.describe(ContractDetails(instrument, "America/New_York", Decimal("0.01"), {}))
        self.feed.trade(
            instrument,
            a_tape(SESSIONS, Granularity.HALF_HOUR, price),
            a_tape(SESSIONS, Granularity.DAY, price),
        )

    def ports(self) -> Ports:
        """Return the ports of this desk."""
        return Ports(
            clock=self.clock,
            connection=self.broker,
            broker=self.broker,
            market_data=self.feed,
            bars=self.store,
            averages=MemoryAverageStore(),
            assignments=self.assignments,
            log=self.log,
            calendar=SessionTable(),
            emit=self.events.append,
        )

    def terms(self, until: datetime) -> Terms:
        """Return the terms of a watch that ends by itself."""
        return Terms(
            mode=Mode.DRY_RUN,
            run_id="test",
            account="",
            policy=self.policy,
            default_rule=self.default_rule,
            delay=lambda attempt: 20.0 * attempt,
            until=until,
        )

    def watch(self, until: datetime) -> WatchState:
        """Begin a watch now and run it to its end."""
        ports, terms = self.ports(), self.terms(until)
        state = begin(ports, terms, None)
        run(ports, state, terms)
        return state

    @property
    def decisions(self) -> list[Decision]:
        """The decisions that were told, in turn."""
        return [event.decision for event in self.events if isinstance(event, Decided)]

    @property
    def alerts(self) -> list[str]:
        """The alerts that were given, in turn."""
        return [event.text for event in self.events if isinstance(event, Alert)]

    @property
    def prepared(self) -> list[Prepared]:
        """The orders that were prepared, in turn."""
        return [event for event in self.events if isinstance(event, Prepared)]

    def outcomes(self, instrument: Instrument = MSFT) -> list[tuple[str, str]]:
        """Return what is on record: each bar's end in New York's summer time, and its outcome."""
        return [
            (f"{record.bar_end - 4 * HOUR:%H:%M}", str(record.decision))
            for record in self.log.read()
            if record.con_id == instrument.con_id and record.bar_end is not None
        ]


HOURS = ("10:00", "11:00", "12:00", "13:00", "14:00", "15:00", "16:00")
"""Ends of the hours of a full session in New York."""


def all_of(outcome: str, hours: Sequence[str] = HOURS) -> list[tuple[str, str]]:
    """Return the outcomes of a day on which every hour ends the same way."""
    return [(hour, outcome) for hour in hours]
