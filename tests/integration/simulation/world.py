"""The world of one story: what lasts when the process is killed, and what does not."""

from bisect import bisect_right
from collections import Counter, deque
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

from attrs import evolve, frozen
from tests.integration.simulation import promises
from tests.integration.simulation.broker import ACCOUNT, Servers
from tests.integration.simulation.faults import Dice, Fault, Mood
from tests.integration.simulation.market import Tape, sessions

from adapters.memory_assignments import MemoryAssignments
from adapters.memory_journal import MemoryJournal
from adapters.memory_log import MemoryDecisionLog
from adapters.memory_store import MemoryBarStore
from sellcore.errors import BrokerUnavailable, StorageError
from sellcore.instrument import Instrument
from sellcore.order import Mode, OpenOrder
from sellcore.order_type import OrderType
from sellcore.ports.alerts import Notice
from sellcore.ports.order_entry import Reply, SellOrder, Word
from sellcore.rule import parse_rule
from sellcore.selling.limits import OtherOrders, SellingPolicy
from sellcore.selling.other_orders import BY_HAND

NAMES = (Instrument(11, "AAA", "NASDAQ", "USD"), Instrument(12, "BBB", "NASDAQ", "USD"))
HELD = ("100",) * 10 + ("10.7",) * 4 + ("1",) * 2 + ("1000",) * 2 + ("0.4", "-30")
RULES = ("SMA,5,1H", "SMA,5,1H", "EMA,5,1H", "SMA,10,1H", "SMA,5,D")


_OPENS = [session.open.timestamp() for session in sessions()]
_CLOSES = [session.close.timestamp() for session in sessions()]


class Killed(BaseException):
    """The process is gone; nothing in it may catch this."""


class World:
    """Everything outside the process."""

    def __init__(self, seed: int, *, trace: bool = False) -> None:
        self.seed = seed
        self.random = random = Random(seed)
        self.trace: list[str] | None = [] if trace else None
        self.dice = Dice(Mood.of(random), random)
        self.tapes = {name: Tape.of(name, random) for name in NAMES[: random.choice((1, 1, 1, 2))]}
        self.begins = _begin(random)
        self.servers = Servers(
            random,
            self.begins,
            lambda con_id: self._tape(con_id).price(self.servers.now),
            self._say,
            self.note,
            self.opens_in,
        )
        self.skew = 0.0
        self.line = False
        self.fault: str | None = "not connected"
        self.generation = 0
        self.replies: deque[Reply] = deque()
        self.next_id = 1
        self.disk_full = False
        self.halted: str | None = None
        self.suspended: set[int] = set()
        self.reading = self.left_out = False
        self.late_since: dict[int, float] = {}
        self.notices: list[Notice] = []
        self.journal = MemoryJournal(Mode.PAPER, ACCOUNT)
        self.log = MemoryDecisionLog()
        self.bars = MemoryBarStore()
        self.assignments = MemoryAssignments(
            {name.ticker: parse_rule(random.choice(RULES)) for name in self.tapes}
        )
        self.calls = self.selling_calls = 0
        self.kills = _kills(random)
        self.killed = 0
        for tape in self.tapes.values():  # no fault: a bar is never final at its end
            tape.mistell(random, 0.3)
        self.dry = random.random() < 0.04
        self.policy = _policy(random)
        self.narrow = self.policy != WIDE
        minutes = random.choice((None, None, None, 2, 5, 9))
        self.armed_until = None if minutes is None else self.now + timedelta(minutes=minutes)
        self.written: Counter[date] = Counter()
        self.bars_read_at: datetime | None = None
        self.journal_compared: int | None = None
        self.began_with: dict[int, Decimal] = {}
        if random.random() < 0.1:
            self.servers.ours = BY_HAND
        for name in self.tapes:
            self._hold(name)

    def _hold(self, name: Instrument) -> None:
        quantity = Decimal(self.random.choice(HELD))
        self.servers.held[name.con_id] = self.began_with[name.con_id] = quantity
        self.servers.cost[name.con_id] = 300.0
        ours = self.servers.ours
        if quantity >= 100 and self.random.random() < 0.4:
            client_id, order_id = self.random.choice(((ours, 500), (ours, 501), (0, 0), (7, 3)))
            self.servers.rest(name.con_id, client_id, 100, order_id=order_id)

    def _tape(self, con_id: int) -> Tape:
        return next(tape for name, tape in self.tapes.items() if name.con_id == con_id)

    @property
    def now(self) -> datetime:
        """The true time, UTC."""
        return datetime.fromtimestamp(self.servers.now, UTC)

    def note(self, text: str) -> None:
        """Add a line to the story."""
        if self.trace is not None:
            self.trace.append(f"{self.now:%d %H:%M:%S.%f} {text}")

    def scale_of(self, con_id: int) -> int:
        """Return how many shares one of the story's beginning has become."""
        return self._tape(con_id).scale

    def closes_meanwhile(self, end: datetime) -> bool:
        """Say whether a session has closed between the story's beginning and ``end``."""
        began = datetime.fromtimestamp(self.begins, UTC)
        return any(began < session.close <= end for session in sessions())

    def market_open(self) -> bool:
        """Say whether the exchange is in session."""
        return self.opens_in() == 0

    def opens_in(self) -> float:
        """Return the seconds until the exchange is in session, 0 while it is."""
        now = self.servers.now
        day = bisect_right(_CLOSES, now)
        return max(0.0, _OPENS[day] - now)

    # One call of a port.

    def call(self, name: str, *, selling: bool = False) -> None:
        """Let time pass before a call, and the process die where the story wants it."""
        self.calls += 1
        self.selling_calls += selling
        if self.trace is not None:
            self.note(f"  {name}")
        self._maybe_kill(after=False)
        self.servers.advance(self.servers.now + self.random.random() * 0.05)

    def done(self) -> None:
        """Pass the instant behind a call: the process may die there as well."""
        promises.always(self)
        self._maybe_kill(after=True)

    def _maybe_kill(self, *, after: bool) -> None:
        for kill in self.kills:
            count = self.selling_calls if kill.selling else self.calls
            if kill.after is after and count == kill.number:
                self.kills.remove(kill)
                self.killed += 1
                self.note("killed behind it" if after else "killed before it")
                raise Killed

    def reach(self, name: str) -> None:
        """Let a question reach the broker, or not."""
        self.call(name, selling=name.startswith(("entry", "witness")))
        if self.dice(Fault.SLOW, 0.05):
            self.note("  ... slowly")
            self.servers.advance(self.servers.now + self.random.uniform(1, 30))
        if self.dice(Fault.HURRY):
            self.servers.hurry()
        if self.dice(Fault.DROP, 0.05):
            self.lose("the gateway closed the connection")
        if self.dice(Fault.SERVERS_LOST, 0.03):
            self._lose_servers()
        if self.fault is not None:
            raise BrokerUnavailable(self.fault)

    def write(self, name: str) -> None:
        """Let a write reach the disk, or not."""
        self.call(name, selling=name.startswith("journal"))
        if self.dice(Fault.DISK_FULL, 0.1) and not self.disk_full:
            self.disk_full = True
            self.note("the disk is full")
            self.servers.after(self.random.choice((5, 70, 200)), self._free)
        if self.disk_full:
            raise StorageError("no space left on device")

    def _free(self) -> None:
        self.disk_full = False

    # The line.

    def lose(self, why: str) -> None:
        """Lose the line to the gateway."""
        if self.fault is None:
            self.generation += 1
        self.line, self.fault = False, why
        self.replies.clear()
        if self.dice(Fault.IDS_BACK, 0.5):
            self.next_id = 1
        self.note(f"line lost: {why}")

    def _lose_servers(self) -> None:
        if self.fault is None:
            self.generation += 1
            self.fault = "the gateway lost the broker's servers"
            self.note(self.fault)
            self.servers.after(self.random.choice((10, 90)), self._find_servers)

    def _find_servers(self) -> None:
        if self.line:
            self.fault = None

    def _say(self, reply: Reply) -> None:
        if not self.line or self.dice(Fault.REPLY_LOST):
            return
        self.replies.append(reply)
        if self.dice(Fault.REPLY_TWICE):
            self.replies.append(reply)

    # Orders.

    def place(self, order: SellOrder) -> None:
        """Let an order message be written; what becomes of it is the broker's affair."""
        promises.written(self, order)
        if self.dice(Fault.ORDER_LOST, 0.5):
            self.note(f"{order} never arrives")
            return
        delay = 0.001
        if self.dice(Fault.REMARK):  # said before the order is in any list
            self._say(Reply(order.order_id, Word.REMARK, "10349: Order TIF was set to DAY"))
            delay = self.random.uniform(0.5, 5.0)
        if self.dice(Fault.SLOW_ACCEPT):
            delay = self.random.uniform(0.5, 15.0)
        self.servers.after(delay, lambda: self._take(order))
        self.servers.advance(self.servers.now + 0.002)

    def _take(self, order: SellOrder) -> None:
        servers, dice = self.servers, self.dice
        self.next_id = max(self.next_id, order.order_id + 1)
        refused = next(
            (f for f in (Fault.READ_ONLY, Fault.ORDER_REFUSED, Fault.ORDER_REJECTED) if dice(f)),
            None,
        )
        if refused in (Fault.READ_ONLY, Fault.ORDER_REFUSED):
            servers.count(order)
            self._say(Reply(order.order_id, Word.REFUSAL, refused.value))
            self.note(refused.value)
            return
        perm_id = servers.arrive(order)
        promises.arrives(self, order.order_ref, order.order_id)
        if refused is Fault.ORDER_REJECTED:
            self._say(Reply(order.order_id, Word.REFUSAL, "201: Order rejected"))
            servers.end(perm_id, "Inactive", "Order rejected - reason: too large")
            return
        if dice(Fault.LYING_REFUSAL):
            self._say(Reply(order.order_id, Word.REFUSAL, "201: so they say"))
        if self.market_open():
            servers.of_a_session.add(perm_id)
        servers.after(0.02, lambda: servers.status(perm_id, "Submitted"))
        if dice(Fault.ENDED_EARLY, 0.5):
            servers.after(0.03, lambda: servers.end(perm_id, "Cancelled", "by the exchange"))
        delay = self.random.uniform(60, 240) if dice(Fault.FILL_LATE) else 0.04
        if dice(Fault.PARTIAL_FILLS):
            part = Decimal(max(1, order.quantity // 3))
            servers.after(delay, lambda: servers.fill(perm_id, part))
            delay += self.random.choice((0.01, 5.0, 130.0))
        servers.after(delay, lambda: servers.fill(perm_id))
        if dice(Fault.CORRECTION):
            servers.after(delay + 1.0, servers.correct)

    def cancel(self, order: OpenOrder) -> None:
        """Let a request to cancel be written."""
        servers, dice = self.servers, self.dice
        named = order.order_id or (servers.ours == BY_HAND and order.perm_id)
        if order.client_id != servers.ours or not named:
            raise AssertionError(f"{order} of client {order.client_id} is not ours to cancel")
        if dice(Fault.CANCEL_IGNORED, 0.5):
            return
        if dice(Fault.CANCEL_TOO_LATE, 0.5):
            servers.after(0.005, lambda: servers.fill(order.perm_id))
            self._say(Reply(order.order_id, Word.REMARK, "10148: cannot be cancelled: Filled"))
        elif dice(Fault.CANCEL_PARTLY, 0.5):
            part = Decimal(max(1, int(order.remaining) // 2))
            servers.after(0.004, lambda: servers.fill(order.perm_id, part))
        servers.after(0.01, lambda: servers.status(order.perm_id, "PendingCancel"))
        servers.after(
            self.random.choice((0.02, 0.02, 3.0)),
            lambda: servers.end(order.perm_id, "Cancelled", "Order Canceled - reason:"),
        )

    # What people and the market do meanwhile.

    def told_of(self, con_id: int) -> Decimal:
        """Return the shares of a position as it is told: trades may be left out for a while."""
        servers = self.servers
        held = servers.held.get(con_id, Decimal(0))
        if con_id not in self.late_since and self.dice(Fault.LATE_POSITIONS, 0.1):
            self.late_since[con_id] = servers.now
            servers.after(self.random.choice((20, 90, 400)), lambda: self._catch_up(con_id))
        since = self.late_since.get(con_id)
        if since is None or self._tape(con_id).scale != 1:
            return held
        hidden = {
            trade.trade: trade.shares
            for trade in servers.ever_traded
            if trade.con_id == con_id and trade.time.timestamp() >= since
        }
        return held + sum(hidden.values(), Decimal(0))

    def _catch_up(self, con_id: int) -> None:
        self.late_since.pop(con_id, None)

    def meddle(self) -> None:
        """Let things happen between two looks that nobody asked for."""
        dice, random, servers = self.dice, self.random, self.servers
        name = random.choice(list(self.tapes))
        con_id, tape = name.con_id, self.tapes[name]
        held = servers.held.get(con_id, Decimal(0))
        free = held - sum((o.remaining for o in servers.working(con_id)), Decimal(0))
        if dice(Fault.SOLD_BY_HAND, 0.2) and free >= 1:
            part = Decimal(random.randint(1, int(free)))
            servers.held[con_id] = held - part
            self.note(f"{part} of {con_id} sold by hand")
        stops = [o for o in servers.working(con_id) if not o.ours and o.remaining <= held]
        if stops and dice(Fault.STOP_FILLS, 0.3):
            part = random.choice((None, Decimal(40)))
            servers.fill(stops[0].perm_id, part)
        ours = [o for o in servers.working(con_id) if o.ours and o.remaining <= held]
        if ours and dice(Fault.SOLD_TWICE, 0.8):
            servers.stuck.add(ours[0].perm_id)
            servers.held[con_id] = held - ours[0].remaining
            self.note(f"{ours[0].remaining} of {con_id} sold by hand, though an order sells them")
        if dice(Fault.BOUGHT_BY_HAND, 0.2) and held > 0:
            servers.held[con_id] = held + 50
            self.note(f"50 of {con_id} bought by hand")
        if dice(Fault.SPLIT, 0.1) and tape.scale == 1 and held > 0:
            tape.scale = 4
            servers.held[con_id] = held * 4
            servers.cost[con_id] /= 4
            for order in servers.working(con_id):
                servers.end(order.perm_id, "Cancelled", "split")
            self.note(f"{con_id} splits 4:1")
        if dice(Fault.FROZEN_BARS, 0.2):
            tape.frozen_at = None if tape.frozen_at else servers.now
        if dice(Fault.SUSPENDED, 0.2):
            self.suspended ^= {con_id}
            self.note(f"suspended: {self.suspended}")
        if dice(Fault.HALTED, 0.2):
            self.halted = None if self.halted else "by a person"
            self.note(f"halted: {self.halted}")
        if dice(Fault.CLOCK_JUMP, 0.2):
            self.skew = random.choice((0.0, 0.0, 3.0, -3.0, 90.0, -90.0, 7200.0))
            self.note(f"clock off by {self.skew:g} s")

    def market_was_open(self, order: OpenOrder) -> bool:
        """Say whether a DAY order came in a session: it is good for that one only."""
        return order.perm_id in self.servers.of_a_session

    def grow_calm(self) -> None:
        """Let nothing more go wrong."""
        self.dice.calm = True
        self.skew, self.halted, self.disk_full = 0.0, None, False
        self.suspended.clear()
        self.late_since.clear()
        self.kills.clear()
        for tape in self.tapes.values():
            tape.frozen_at = None
        self._find_servers()
        self.note("from here on nothing goes wrong")

    def pass_the_night(self, until: float) -> None:
        """Let the market close, DAY orders lapse and the broker forget."""
        self.servers.advance(until)
        for order in self.servers.working():
            if order.tif == "DAY" and self.market_was_open(order):
                self.servers.end(order.perm_id, "Cancelled", "expired")
        self.servers.forget()
        self.note("a night has passed")


def _begin(random: Random) -> float:
    """Draw when the story begins: a few minutes before a bar ends, New York time."""
    day = next(s for s in sessions() if s.day.isoformat() == "2022-05-20")
    minutes = random.choice((26, 87, 87, 147, 267, 387, 387))
    return (day.open + timedelta(minutes=minutes)).timestamp()


WIDE = SellingPolicy(max_value_per_order=1e9, max_value_per_day=1e9, max_orders_per_day=50)


def _policy(random: Random) -> SellingPolicy:
    """Draw limits: mostly wide ones, so that something is sold."""
    narrow = random.choice(
        (
            {"max_shares_per_order": 50},
            {"max_value_per_order": 5000.0},
            {"max_orders_per_day": 1},
            {"other_orders": OtherOrders.DENY},
            {"order_type": OrderType.LIMIT},
            {"reject_limit": 1},
        )
    )
    return evolve(WIDE, **narrow) if random.random() < 0.3 else WIDE


@frozen
class Kill:
    """
    When the process is killed.

    Attributes:
        number: At which call.
        selling: Of the calls that sell, or of all.
        after: Right behind the call instead of before it.
    """

    number: int
    selling: bool
    after: bool


def _kills(random: Random) -> list[Kill]:
    """Draw at which calls the process is killed: about half of them where it matters most."""
    count = random.choice((0, 0, 1, 1, 2, 3))
    kills = []
    for _ in range(count):
        selling = random.random() < 0.6
        number = random.randint(1, 40 if selling else 600)
        kills.append(Kill(number, selling, random.random() < 0.5))
    return kills
