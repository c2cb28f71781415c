"""A desk that sells: a watch over a broker in memory, and everything that can come between."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from attrs import evolve
from tests.builders import ACCOUNT, MSFT, a_position, a_tape, an_order
from tests.desk import FRIDAY, MINUTE, SECOND, SESSIONS, Desk

from adapters.alerts.memory_alerts import MemoryAlerts
from adapters.fake_order_desk import FakeOrderDesk, Fate
from adapters.memory_journal import MemoryJournal
from sellcore.contract import ContractDetails
from sellcore.instrument import Instrument
from sellcore.order import Mode, OpenOrder
from sellcore.ports.quotes import MarketQuote
from sellcore.record import DecisionRecord
from sellcore.rule import MovingAverageRule
from sellcore.selling.account_kind import AccountKind
from sellcore.selling.arming import Arming
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import State
from sellcore.selling.limit_price import PriceStep
from sellcore.selling.limits import SellingPolicy
from sellcore.timeframe import Granularity
from sellcore.usecases.reconcile import BROKER_SAID
from sellcore.usecases.sell import CHECKED
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import Ports, Terms, WatchState

ELEVEN = FRIDAY.open + 90 * MINUTE
"""Eleven o'clock in New York, when the hour ends that closes below its average."""

DECIDED = ELEVEN + 30 * SECOND
"""When that hour is decided, and sold on."""

OURS = 7
"""The client id that orders are entered under."""


class Killed(BaseException):
    """The process is gone; nothing in it may catch this."""


class Stage:
    """
    Sees every call of a port, and lets things happen before or behind one of them.

    Attributes:
        calls: What was seen: each call, and the instant behind it.
        dies_at: At which of them the process is killed, counted from 1.
    """

    def __init__(self) -> None:
        self.calls: list[str] = []
        self.dies_at: int | None = None
        self._scripts: dict[str, deque[Callable[[], None]]] = {}

    def before(self, call: str, *actions: Callable[[], None]) -> None:
        """Let these happen before the next calls of that name, one before each."""
        self._scripts.setdefault(call, deque()).extend(actions)

    def behind(self, call: str, *actions: Callable[[], None]) -> None:
        """Let these happen behind the next calls of that name, one behind each."""
        self.before(f"{call}, done", *actions)

    def see(self, call: str) -> None:
        """Take note of a call, and let happen what is due."""
        self.calls.append(call)
        if len(self.calls) == self.dies_at:
            raise Killed
        if script := self._scripts.get(call):
            script.popleft()()


class Staged:
    """A port whose calls a stage sees."""

    def __init__(self, name: str, port: object, stage: Stage) -> None:
        self._name, self._port, self._stage = name, port, stage

    def __getattr__(self, what: str) -> Any:
        found = getattr(self._port, what)
        if not callable(found):
            return found

        def call(*arguments: Any, **named: Any) -> Any:
            self._stage.see(f"{self._name}.{what}")
            answer = found(*arguments, **named)
            self._stage.see(f"{self._name}.{what}, done")
            return answer

        return call


class Market:
    """Quotes that are told; nothing else is known."""

    def __init__(self) -> None:
        self.told: dict[Instrument, MarketQuote] = {}

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, MarketQuote]:
        return {instrument: self.told.get(instrument, MarketQuote()) for instrument in instruments}


class Switch:
    """A kill switch."""

    def __init__(self) -> None:
        self.why: str | None = None

    def thrown(self) -> str | None:
        return self.why


class SellingDesk(Desk):
    """
    A desk whose watch may sell; what outlives the process stays from one watch to the next.

    Everything trades at 100 dollars; ``falls`` lets the hour until eleven close at 90.
    """

    def __init__(
        self,
        now: datetime = ELEVEN - MINUTE,
        rules: Mapping[str, MovingAverageRule] | None = None,
        quantity: str | int = 100,
    ) -> None:
        super().__init__(now, rules)
        self.stage = Stage()
        self.entry = FakeOrderDesk(self.broker, self.true, OURS)
        self.entry.fate = Fate.FILLS
        self.entry.price = 90.0
        self.journal = MemoryJournal(Mode.PAPER, ACCOUNT)
        self.told = MemoryAlerts()
        self.market = Market()
        self.switch = Switch()
        self.selling_policy = SellingPolicy()
        self.arming: Arming | None = Arming(ACCOUNT, AccountKind.PAPER)
        self.mode = Mode.PAPER
        self.state: WatchState | None = None
        self.hold(MSFT, quantity)
        self.falls(MSFT)

    def falls(self, instrument: Instrument, until: datetime | None = None) -> None:
        """Let what trades close at 90 from eleven on, or until some time, instead of 100."""

        def price(end: datetime) -> float:
            return 90.0 if end >= ELEVEN and (until is None or end <= until) else 100.0

        for granularity in Granularity:
            tape = a_tape(SESSIONS, granularity)
            self.feed.trade(instrument, evolve(tape, closes={e: price(e) for e in tape.closes}))

    def drops_at_the_close(self, instrument: Instrument = MSFT) -> None:
        """Let Friday's last hour close at 90, and everything behind it stay there."""
        for granularity in Granularity:
            tape = a_tape(SESSIONS, granularity)
            closes = {end: 90.0 if end >= FRIDAY.close else 100.0 for end in tape.closes}
            self.feed.trade(instrument, evolve(tape, closes=closes))

    def hold_quietly(self, quantity: str, instrument: Instrument = MSFT) -> None:
        """Let the position become another without any trade that is told."""
        self.broker.hold(a_position(quantity, instrument))

    def describe(self, instrument: Instrument, *steps: tuple[str, str]) -> None:
        """Know these price steps of an instrument."""
        grid = tuple(PriceStep(Decimal(above), Decimal(step)) for above, step in steps)
        self.broker.describe(
            ContractDetails(instrument, "America/New_York", Decimal("0.01"), {}, grid)
        )

    def rest(self, perm_id: int = 1001, instrument: Instrument = MSFT, **changes: Any) -> OpenOrder:
        """Let a stop of ours work at the broker; change it into another order."""
        fields = {"perm_id": perm_id, "order_id": perm_id - 500, "client_id": OURS}
        order = evolve(an_order(instrument), **fields | changes)
        self.broker.work(order)
        return order

    def ports(self) -> Ports:
        """Return the ports of this desk, the way to sell among them."""
        staged = {
            name: Staged(name, port, self.stage)
            for name, port in {
                "broker": self.broker,
                "journal": self.journal,
                "entry": self.entry,
                "witness": self.entry.witness,
                "log": self.log,
            }.items()
        }
        selling = Selling(
            journal=staged["journal"],
            entry=staged["entry"],
            witness=staged["witness"],
            quotes=self.market,
            kill_switch=self.switch,
            policy=self.selling_policy,
            arming=self.arming,
        )
        return evolve(
            super().ports(),
            broker=staged["broker"],
            log=staged["log"],
            alerts=self.told,
            selling=selling,
        )

    def terms(self, until: datetime) -> Terms:
        """Return the terms of a watch that may sell and ends by itself."""
        return evolve(super().terms(until), mode=self.mode)

    def run(self, minutes: float = 12) -> "SellingDesk":
        """Watch until so many minutes behind eleven."""
        self.state = self.watch(ELEVEN + timedelta(minutes=minutes))
        return self

    def run_through_kills(self, minutes: float = 12) -> int:
        """Watch until then, begun again as often as it is killed; return how often it began."""
        for life in range(1, 20):
            try:
                self.run(minutes)
            except Killed:
                self.broker.drop("the process died")
                self.true.moment += 5 * SECOND
            else:
                return life
        raise AssertionError("it dies again and again")

    @staticmethod
    def die() -> None:
        """End the process."""
        raise Killed

    @property
    def feed_names(self) -> set[Instrument]:
        """Everything that trades."""
        return {instrument for instrument, _ in self.feed.tapes}

    @property
    def sent(self) -> list[str]:
        """The orders that were written to the wire, in words."""
        return [str(order) for order in self.entry.sent]

    @property
    def records(self) -> Sequence[IntentRecord]:
        """All intents on record."""
        return self.journal.intents()

    @property
    def ends(self) -> list[str]:
        """Where the intents stand, in turn."""
        return [str(record.state) for record in self.records]

    @property
    def record(self) -> IntentRecord:
        """The one intent on record."""
        (record,) = self.records
        return record

    @property
    def happened(self) -> list[str]:
        """The steps that the journal has of the one intent."""
        entries = self.journal.entries(self.record.intent_id)
        return [entry.what for entry in entries if entry.what not in (CHECKED, BROKER_SAID)]

    @property
    def causes(self) -> list[str]:
        """What a person was told of, in turn."""
        return [str(notice.cause) for notice in self.told.sent]

    def telling(self, cause: str) -> list[str]:
        """Return what a person was told about something."""
        return [notice.text for notice in self.told.sent if str(notice.cause) == cause]

    @property
    def outcome(self) -> DecisionRecord:
        """The one line of the audit log that says what came of a signal."""
        ends = tuple(f"{state}: " for state in State)
        (found,) = [record for record in self.log.read() if record.reason.startswith(ends)]
        return found

    def held(self, instrument: Instrument = MSFT) -> Decimal:
        """Return the shares that are truly held."""
        position = self.broker.held(ACCOUNT, instrument.con_id)
        return Decimal(0) if position is None else position.quantity
