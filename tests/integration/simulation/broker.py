"""The broker of a story: accounts, orders and trades as its servers know them."""

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from heapq import heappop, heappush
from random import Random

from attrs import define, evolve, field

from sellcore.order import OpenOrder, Side
from sellcore.ports.order_entry import Reply, SellOrder, Word
from sellcore.selling.execution import Commission, CompletedOrder, Execution

ACCOUNT = "DU0000001"

DONE = {"Filled", "Cancelled", "Inactive"}


@define
class Servers:
    """
    What is true at the broker. Time is in seconds since 1970; it only moves forward.

    Attributes:
        random: The story's own.
        now: The time.
        held: Shares by contract id.
        cost: Average cost by contract id.
        orders: Every order ever, by permanent id.
        trades: Every execution, corrections included.
        costs: What they cost.
        placed: Every order message that arrived: (client id, number, reference).
        price: The price of a contract now.
        tell: Said to the client, where a line stands.
        told: Told what happens, one line each.
        opens_in: Seconds until orders fill, 0 while they do.
        ours: The client id of the program under test.
    """

    random: Random
    now: float
    price: Callable[[int], float]
    tell: Callable[[Reply], None]
    told: Callable[[str], None]
    opens_in: Callable[[], float]
    held: dict[int, Decimal] = field(factory=dict)
    cost: dict[int, float] = field(factory=dict)
    orders: dict[int, OpenOrder] = field(factory=dict)
    trades: list[Execution] = field(factory=list)
    costs: list[Commission] = field(factory=list)
    placed: list[tuple[int, int, str]] = field(factory=list)
    explanations: dict[int, str] = field(factory=dict)
    stuck: set[int] = field(factory=set)
    of_a_session: set[int] = field(factory=set)
    ever_traded: list[Execution] = field(factory=list)
    ours: int = 1
    _perm_id: int = 1000
    _exec_id: int = 0
    _due: list[tuple[float, int, Callable[[], None]]] = field(factory=list)
    _count: int = 0

    def after(self, seconds: float, action: Callable[[], None]) -> None:
        """Let ``action`` happen so many seconds from now."""
        self._count += 1
        heappush(self._due, (self.now + seconds, self._count, action))

    def advance(self, until: float) -> None:
        """Let everything happen that is due by then."""
        while self._due and self._due[0][0] <= until:
            when, _, action = heappop(self._due)
            self.now = max(self.now, when)
            action()
        self.now = max(self.now, until)

    def hurry(self) -> None:
        """Let what is due next happen now."""
        if self._due:
            heappop(self._due)[2]()

    def working(self, con_id: int | None = None) -> list[OpenOrder]:
        """Return the orders that work, of one contract or of all."""
        return [
            order
            for order in self.orders.values()
            if order.status not in DONE and (con_id is None or order.con_id == con_id)
        ]

    def rest(self, con_id: int, client_id: int, quantity: int, *, order_id: int) -> OpenOrder:
        """Let a protective stop work that somebody entered before the story begins."""
        self._perm_id += 1
        order = OpenOrder(
            con_id,
            ACCOUNT,
            Side.SELL,
            Decimal(quantity),
            Decimal(quantity),
            "STP",
            None,
            5.0,
            "GTC",
            "PreSubmitted",
            order_id,
            client_id,
            self._perm_id,
            "",
        )
        self.orders[self._perm_id] = order
        return order

    def arrive(self, order: SellOrder) -> int:
        """Take an order message of ours; return its permanent id."""
        live = [
            o for o in self.working() if (o.client_id, o.order_id) == (self.ours, order.order_id)
        ]
        if live:
            raise AssertionError(f"number {order.order_id} is live: this would modify {live[0]}")
        self.count(order)
        self._perm_id += 1
        con_id = order.instrument.con_id
        self.orders[self._perm_id] = OpenOrder(
            con_id,
            order.account,
            Side.SELL,
            Decimal(order.quantity),
            Decimal(order.quantity),
            str(order.order_type),
            order.limit_price,
            None,
            "DAY",
            "PreSubmitted",
            order.order_id,
            self.ours,
            self._perm_id,
            order.order_ref,
        )
        self.told(f"broker takes {order} as {self._perm_id}")
        return self._perm_id

    def count(self, order: SellOrder) -> None:
        """Take note that an order message came; its number must be a new one."""
        if any((self.ours, order.order_id) == placed[:2] for placed in self.placed):
            raise AssertionError(f"number {order.order_id} was used before (103)")
        self.placed.append((self.ours, order.order_id, order.order_ref))

    def status(self, perm_id: int, status: str) -> None:
        """Change an order's status and say so."""
        order = self.orders.get(perm_id)
        if order is None or order.status in DONE:
            return
        self.orders[perm_id] = evolve(order, status=status)
        self.say(order, Word.STATUS, status)

    def say(self, order: OpenOrder, word: Word, text: str) -> None:
        """Tell its client something about an order."""
        if order.client_id == self.ours:
            self.tell(Reply(order.order_id, word, text))

    def fill(self, perm_id: int, shares: Decimal | None = None) -> None:
        """Fill an order, or some of it, where it still works and the market is open."""
        order = self.orders.get(perm_id)
        if order is None or order.status in DONE:
            return
        if (wait := self.opens_in()) or perm_id in self.stuck:
            self.after(wait + 60.0, lambda: self.fill(perm_id, shares))
            return
        part = order.remaining if shares is None else min(shares, order.remaining)
        self._trade(order, part)
        left = order.remaining - part
        status = "Submitted" if left else "Filled"
        self.orders[perm_id] = evolve(order, remaining=left, status=status)
        self.say(order, Word.EXECUTION, f"{part} sold")
        self.say(order, Word.STATUS, status)

    def _trade(self, order: OpenOrder, shares: Decimal) -> None:
        self._exec_id += 1
        exec_id = f"0001.{self._exec_id:06}.01"
        self.held[order.con_id] = self.held.get(order.con_id, Decimal(0)) - shares
        trade = Execution(
            exec_id,
            order.con_id,
            order.account,
            order.side,
            shares,
            self.price(order.con_id),
            datetime.fromtimestamp(self.now, UTC),
            order.perm_id,
            order.order_id,
            order.client_id,
            order.order_ref,
        )
        self.trades.append(trade)
        self.ever_traded.append(trade)
        self.costs.append(Commission(exec_id, 1.0, "USD", None))
        self.told(f"{shares} of {order.con_id} sold by {order.perm_id}")

    def correct(self) -> None:
        """Correct the price of the latest trade: a second execution with the same stem."""
        if self.trades:
            last = self.trades[-1]
            stem = last.exec_id.rpartition(".")[0]
            self.trades.append(evolve(last, exec_id=f"{stem}.02", price=last.price + 0.01))

    def end(self, perm_id: int, status: str, explanation: str) -> None:
        """End an order that still works."""
        order = self.orders.get(perm_id)
        if order is None or order.status in DONE:
            return
        self.orders[perm_id] = evolve(order, status=status)
        self.explanations[perm_id] = explanation
        self.say(order, Word.STATUS, status)
        self.told(f"order {perm_id} ends: {explanation}")

    def completed(self) -> list[CompletedOrder]:
        """Return the orders that have ended."""
        return [
            CompletedOrder(
                o.con_id,
                o.account,
                o.side,
                o.quantity,
                o.quantity - o.remaining,
                o.status,
                self.explanations.get(o.perm_id, o.status),
                o.perm_id,
                o.order_ref,
            )
            for o in self.orders.values()
            if o.status in DONE
        ]

    def forget(self) -> None:
        """Forget over night what has ended and what was traded."""
        self.orders = {p: o for p, o in self.orders.items() if o.status not in DONE}
        self.trades.clear()
        self.costs.clear()
