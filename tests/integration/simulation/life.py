"""One life of the process: the ports as it sees them, over a world that outlives it."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal

from attrs import define
from tests.integration.simulation.broker import ACCOUNT
from tests.integration.simulation.faults import Fault
from tests.integration.simulation.market import sessions
from tests.integration.simulation.world import World

from sellcore.contract import ContractDetails, NoDetails
from sellcore.errors import SendUnclear
from sellcore.event import Alert, Decided, Event, OrderMoved, Retrying
from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.ports.alerts import Notice
from sellcore.ports.connection import Login
from sellcore.ports.journal import Entry, Sent
from sellcore.ports.market_data import Answer
from sellcore.ports.order_entry import Reply, SellOrder
from sellcore.ports.quotes import MarketQuote
from sellcore.position import Position
from sellcore.record import DecidedBar, DecisionRecord
from sellcore.request import BarRequest, Cause, NoBars
from sellcore.selling.execution import Commission, CompletedOrder, Execution
from sellcore.selling.intent_record import IntentRecord, Move
from sellcore.selling.limit_price import PriceStep
from sellcore.series import SeriesUpdate
from sellcore.session import Session

_STEPS = (PriceStep(Decimal(0), Decimal("0.01")),)


@define
class Time:
    """Our clock; between two looks the world does as it likes."""

    world: World

    def now(self) -> datetime:
        seconds = self.world.servers.now + self.world.skew
        return datetime.fromtimestamp(seconds, UTC)

    def sleep_until(self, moment: datetime) -> None:
        world = self.world
        world.reading = False
        wake = moment.timestamp() - world.skew
        world.servers.advance(min(max(wake, world.servers.now), world.servers.now + 3600))
        world.meddle()


@define
class Line:
    """The connection."""

    world: World

    def connect(self) -> Login:
        world = self.world
        world.call("connect")
        world.line, world.fault = True, None
        world.generation += 1
        return Login((ACCOUNT,), "a story")

    def fault(self) -> str | None:
        return self.world.fault

    def is_open(self) -> bool:
        return self.world.line

    def generation(self) -> int:
        return self.world.generation

    def close(self) -> None:
        self.world.lose("closed by us")


@define
class Account:
    """The broker as a reader sees it, and its testimony."""

    world: World

    def positions(self) -> Sequence[Position]:
        world = self.world
        world.reach("positions")
        world.reading = True
        held = [
            Position(ACCOUNT, name, shares, world.servers.cost[name.con_id])
            for name in world.tapes
            if (shares := world.told_of(name.con_id))
        ]
        if held and world.dice(Fault.PARTIAL_POSITIONS, 0.1):
            world.note("  ... one of them is missing")
            held.pop()
        world.done()
        return held

    def open_orders(self) -> Sequence[OpenOrder]:
        world = self.world
        world.reach("open orders")
        working = world.servers.working()
        others = [order for order in working if not order.ours]
        # Twice in a row is more than anybody could see through.
        world.left_out = bool(others and not world.left_out and world.dice(Fault.PARTIAL_ORDERS))
        if world.left_out:
            world.note(f"  ... {others[0]} is missing")
            working.remove(others[0])
        return tuple(working)

    def completed_orders(self) -> Sequence[CompletedOrder]:
        self.world.reach("witness completed")
        self.world.journal_compared = self.world.generation
        return tuple(self.world.servers.completed())

    def trades(self) -> tuple[Sequence[Execution], Sequence[Commission]]:
        self.world.reach("witness trades")
        servers = self.world.servers
        return tuple(servers.trades), tuple(servers.costs)

    def details(
        self, instruments: Sequence[Instrument]
    ) -> Mapping[Instrument, ContractDetails | NoDetails]:
        self.world.reach("details")
        zone, tick = "America/New_York", Decimal("0.01")
        return {name: ContractDetails(name, zone, tick, {}, _STEPS) for name in instruments}

    def server_time(self) -> datetime:
        self.world.reach("server time")
        return self.world.now.replace(microsecond=0)


@define
class Desk:
    """The way to send."""

    world: World

    @property
    def client_id(self) -> int:
        return self.world.servers.ours

    def order_ids(self, count: int, above: int) -> Sequence[int]:
        self.world.reach("entry ids")
        first = max(self.world.next_id, above + 1)
        self.world.next_id = first + count
        return range(first, first + count)

    def place(
        self, orders: Sequence[SellOrder], halted: Callable[[], str | None] = lambda: None
    ) -> Sequence[SellOrder]:
        world = self.world
        if orders:
            world.reach("entry place")
        for number, order in enumerate(orders):
            if world.dice(Fault.HALTED, 0.2):
                world.halted = "between two orders"
                world.note("halted between two orders")
            if halted() is not None:
                return orders[:number]
            if world.dice(Fault.ORDER_UNCLEAR):
                if world.random.random() < 0.5:
                    world.place(order)
                world.lose("the line went while an order was written")
                world.reading = False
                raise SendUnclear(f"{len(orders) - number} orders may have been written")
            world.place(order)
        world.reading = False
        world.done()
        return orders

    def cancel(self, orders: Sequence[OpenOrder]) -> None:
        if orders:
            self.world.reach("entry cancel")
        for order in orders:
            self.world.cancel(order)
        self.world.done()

    def replies(self, seconds: float) -> Sequence[Reply]:
        world = self.world
        world.call("entry replies", selling=True)
        until = world.servers.now + seconds
        while not world.replies and world.servers.now < until:
            world.servers.advance(min(until, world.servers.now + 0.05))
        said = tuple(world.replies)
        world.replies.clear()
        return said


@define
class Market:
    """Bars and quotes."""

    world: World

    def fetch(
        self,
        requests: Sequence[BarRequest],
        on_answer: Callable[[Answer], None] = lambda answer: None,
    ) -> Sequence[Answer]:
        world = self.world
        world.call("fetch")
        asked_at = datetime.fromtimestamp(world.servers.now + world.skew, UTC)
        answers: list[Answer] = []
        for request in requests:
            if world.fault is not None:
                answers.append(NoBars(request, Cause.DISCONNECTED, world.fault))
            elif world.dice(Fault.DROP, 0.1):
                answers.append(NoBars(request, Cause.TIMEOUT, "no answer within 60 s"))
            else:
                tape = world.tapes[request.instrument]
                answers.append(tape.answer(request, asked_at, world.servers.now))
                world.bars_read_at = world.now
            on_answer(answers[-1])
        return answers

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, MarketQuote]:
        self.world.call("quotes")
        return {
            name: MarketQuote(None, None, name.con_id in self.world.suspended or None)
            for name in instruments
        }


@define
class Disk:
    """Everything that is written: on disk when it returns, not at all when it raises."""

    world: World

    # The audit log.

    def append(self, records: Sequence[DecisionRecord]) -> None:
        self.world.write("log append")
        self.world.log.append(records)
        self.world.done()

    def decided(self, mode: object, account: str, since: datetime) -> frozenset[DecidedBar]:
        return self.world.log.decided(mode, account, since)

    def problems(self) -> Sequence[str]:
        return ()

    # The bar store.

    def load(self) -> Mapping[object, object]:
        return self.world.bars.load()

    def merge(self, updates: Sequence[SeriesUpdate]) -> None:
        self.world.write("bars merge")
        self.world.bars.merge(updates)
        self.world.done()

    def discard(self, keys: Sequence[object]) -> None:
        self.world.write("bars discard")
        self.world.bars.discard(keys)

    # The average store.

    def replace(self, timeframe: object, table: object) -> None:
        """Averages can always be made anew: nobody misses them in a story."""


@define
class Journal:
    """The journal on that disk."""

    world: World

    def prepare(self, records: Sequence[IntentRecord]) -> Sequence[IntentRecord]:
        self.world.write("journal prepare")
        found = self.world.journal.prepare(records)
        self.world.done()
        return found

    def record(self, moves: Sequence[Move]) -> None:
        self.world.write("journal record " + ", ".join(str(m.record.state) for m in moves))
        self.world.journal.record(moves)
        self.world.done()

    def note(self, entries: Sequence[Entry]) -> None:
        self.world.write("journal note")
        self.world.journal.note(entries)

    def add_trades(
        self, executions: Sequence[Execution], commissions: Sequence[Commission]
    ) -> None:
        if executions or commissions:
            self.world.write("journal trades")
            self.world.journal.add_trades(executions, commissions)
            self.world.done()

    def seen(self, quantities: dict[int, Decimal], at: datetime) -> None:
        self.world.write("journal seen")
        self.world.journal.seen(quantities, at)
        self.world.done()

    def told_since(self) -> Mapping[int, datetime]:
        return self.world.journal.told_since()

    def open_intents(self) -> Sequence[IntentRecord]:
        return self.world.journal.open_intents()

    def intents(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Sequence[IntentRecord]:
        return self.world.journal.intents(since, ticker)

    def entries(self, intent_id: str) -> Sequence[Entry]:
        return self.world.journal.entries(intent_id)

    def sent_since(self, moment: datetime) -> Sent:
        return self.world.journal.sent_since(moment)

    def failed_sends(self, con_id: int) -> int:
        return self.world.journal.failed_sends(con_id)

    def highest_order_id(self, client_id: int) -> int:
        return self.world.journal.highest_order_id(client_id)

    def trades(
        self, since: datetime | None = None
    ) -> tuple[Sequence[Execution], Sequence[Commission]]:
        return self.world.journal.trades(since)

    def epochs(self) -> Mapping[int, int]:
        return self.world.journal.epochs()


@define
class People:
    """The kill switch and the way to a person."""

    world: World

    def thrown(self) -> str | None:
        return self.world.halted

    def send(self, notice: Notice) -> None:
        self.world.notices.append(notice)
        self.world.note(f"told: {notice.cause}: {notice.text}")

    def failures(self) -> Sequence[str]:
        return ()


class Calendar:
    """The true sessions of the few weeks that stories lie in: years of them cost time only."""

    def sessions(self, exchange: str, first: date, last: date) -> tuple[Session, ...]:
        return tuple(day for day in sessions() if first <= day.day <= last)


def listener(world: World) -> Callable[[Event], None]:
    """Return what takes the events of a life: into the story, where one is written."""

    def emit(event: Event) -> None:
        if world.trace is None:
            return
        match event:
            case Alert():
                world.note(f"alert: {event.text}")
            case Retrying():
                world.note(f"retrying: {event.reason}")
            case Decided():
                decision = event.decision
                world.note(
                    f"decided {decision.instrument.ticker} {decision.bar_end:%H:%M}: "
                    f"{decision.outcome}: {decision.reason}"
                )
            case OrderMoved():
                world.note(f"intent {event.record.state}: {event.record.words}")
            case _:
                pass

    return emit
