"""An order desk that does as it is told: the order entry port, without a socket."""

from collections import deque
from collections.abc import Callable, Sequence
from decimal import Decimal
from enum import Enum

from attrs import evolve

from adapters.fake_broker import FakeBroker
from adapters.fake_witness import FakeWitness
from sellcore.errors import BrokerUnavailable, InvalidValue, SendUnclear
from sellcore.instrument import Instrument
from sellcore.order import OpenOrder, Side
from sellcore.ports.clock import Clock
from sellcore.ports.order_entry import Reply, SellOrder, Word
from sellcore.position import Position
from sellcore.selling.execution import CompletedOrder, Execution
from sellcore.selling.other_orders import BY_HAND

_FIRST_PERM_ID = 700_000_001


class Fate(Enum):
    """What becomes of an order that is placed."""

    WORKS = "accepted; it works until the script says more"
    FILLS = "accepted, and filled at once"
    REJECTED = "refused by an error, and listed nowhere"
    SWALLOWED = "accepted, and nothing is ever said about it"
    LOST = "not accepted, and nothing is said about it"


class CancelFate(Enum):
    """What becomes of the wish to cancel an order."""

    DONE = "the order is cancelled"
    IGNORED = "nothing happens, and nothing is said"
    FILLED_INSTEAD = "the order fills, and the wish is refused"


class FakeOrderDesk:
    """
    Takes orders for what a fake broker holds, for tests.

    Drive it with ``fate`` and ``expect``, and by what happens to an order later:
    ``fill`` and ``end``. ``tear_after`` loses the line in the middle of
    a batch, ``meanwhile`` lets things happen while somebody waits for replies.

    Attributes:
        client_id: The client id that orders are entered under.
        fate: Of every order that nothing else was told for; ``cancel_fate`` alike.
        price: What trades are made at unless told otherwise.
        witness: What the servers keep of the day; it has a script of its own.
        sent: Every order that was written to the wire, in turn.
    """

    def __init__(self, broker: FakeBroker, clock: Clock, client_id: int = 1) -> None:
        self.client_id = client_id
        self.fate = Fate.WORKS
        self.cancel_fate = CancelFate.DONE
        self.price = 100.0
        self.witness = FakeWitness(broker, clock)
        self.sent: list[SellOrder] = []
        self._broker, self._clock = broker, clock
        self._fates: deque[Fate] = deque()
        self._meanwhile: deque[Callable[[], None]] = deque()
        self._tears: int | None = None
        self._next_valid = 1
        self._perm_ids = 0
        self._drawn: set[int] = set()
        self._replies: list[Reply] = []
        self._muted: set[int] = set()
        self._instruments: dict[int, Instrument] = {}

    # What a test tells it.

    def expect(self, *fates: Fate) -> None:
        """Let these become of the next orders, one after the other."""
        self._fates.extend(fates)

    def order(self, order_id: int) -> OpenOrder:
        """Return our order of this number, which must be working."""
        return next(
            order
            for order in self._broker.working()
            if (order.client_id, order.order_id) == (self.client_id, order_id)
        )

    def fill(self, order: OpenOrder, shares: int | None = None, price: float | None = None) -> None:
        """Trade so many shares of a working order, all that remain unless told otherwise."""
        traded = order.remaining if shares is None else Decimal(shares)
        execution = Execution(
            exec_id=self.witness.new_exec_id(),
            con_id=order.con_id,
            account=order.account,
            side=order.side,
            shares=traded,
            price=self.price if price is None else price,
            time=self._clock.now(),
            perm_id=order.perm_id,
            order_id=order.order_id,
            client_id=order.client_id,
            order_ref=order.order_ref,
        )
        self.witness.traded(execution)
        self._move(execution)
        self._say(order, Word.EXECUTION, f"{order.side} {traded} at {execution.price}")
        left = evolve(order, remaining=order.remaining - traded, status="Submitted")
        if left.remaining:
            self._broker.work(left)
            self._say(order, Word.STATUS, left.status)
        else:
            self.end(left, "Filled", f"Filled Size: {order.quantity}")

    def end(self, order: OpenOrder, status: str = "Cancelled", why: str = "by System") -> None:
        """End a working order; of the servers' own accord unless told otherwise."""
        self._broker.finish(order.perm_id)
        self.witness.ended(
            CompletedOrder(
                con_id=order.con_id,
                account=order.account,
                side=order.side,
                quantity=order.quantity,
                filled=order.quantity - order.remaining,
                status=status,
                explanation=why,
                perm_id=order.perm_id,
                order_ref=order.order_ref,
                ended_at=self._clock.now(),
            )
        )
        self._say(order, Word.STATUS, status)

    def tear_after(self, orders: int) -> None:
        """Lose the line once so many more orders have been written."""
        self._tears = len(self.sent) + orders

    def meanwhile(self, *actions: Callable[[], None]) -> None:
        """Let one of these happen each time that somebody waits and nothing was said."""
        self._meanwhile.extend(actions)

    def roll_back_ids(self) -> None:
        """Count order numbers from 1 again, as a gateway may after a restart."""
        self._next_valid = 1

    # The order entry port.

    def order_ids(self, count: int, above: int) -> Sequence[int]:
        """Return numbers that nobody has had; raises BrokerUnavailable without a line."""
        self._require_line()
        seen = [o.order_id for o in self._broker.working() if o.client_id == self.client_id]
        first = max(self._next_valid - 1, above, 0, *seen, *self._drawn) + 1
        numbers = tuple(range(first, first + count))
        self._drawn.update(numbers)
        return numbers

    def place(
        self, orders: Sequence[SellOrder], halted: Callable[[], str | None] = lambda: None
    ) -> Sequence[SellOrder]:
        """Take each order, and let become of it what was told; returns and raises as the port."""
        for order in orders:
            if order.order_id not in self._drawn or order.order_id in {
                o.order_id for o in self.sent
            }:
                raise InvalidValue(f"order number {order.order_id} was not drawn, or was used")
        self._require_line()
        for placed, order in enumerate(orders):
            if halted() is not None:
                return orders[:placed]
            self._tear(placed)
            self.sent.append(order)
            self._next_valid = max(self._next_valid, order.order_id + 1)
            self._accept(order, self._fates.popleft() if self._fates else self.fate)
        self._tear(len(orders))
        return orders

    def cancel(self, orders: Sequence[OpenOrder]) -> None:
        """Let become of each order what was told; raises as the port says."""
        for order in orders:
            named = order.order_id or (self.client_id == BY_HAND and order.perm_id)
            if order.client_id != self.client_id or not named:
                raise InvalidValue(f"{order}: not entered by client {self.client_id}")
        self._require_line()
        for order in orders:
            self._cancel(order)

    def say(self, reply: Reply) -> None:
        """Let the broker say this of its own accord."""
        self._replies.append(reply)

    def replies(self, seconds: float) -> Sequence[Reply]:
        """Return what has been said since the last call; time does not pass meanwhile."""
        if seconds > 0 and not self._replies and self._meanwhile:
            self._meanwhile.popleft()()
        taken, self._replies = tuple(self._replies), []
        return taken

    def _require_line(self) -> None:
        if (fault := self._broker.fault()) is not None:
            raise BrokerUnavailable(fault)

    def _tear(self, written: int) -> None:
        """Lose the line if it is time to."""
        if self._tears is None or len(self.sent) < self._tears:
            return
        self._tears = None
        self._broker.drop()
        if written:
            raise SendUnclear("orders may have been sent or not: the connection was lost")
        self._require_line()

    def _accept(self, order: SellOrder, fate: Fate) -> None:
        self._instruments[order.instrument.con_id] = order.instrument
        if fate is Fate.LOST:
            return
        if fate is Fate.REJECTED:
            text = "Order rejected - reason: by the script"
            self._replies.append(Reply(order.order_id, Word.REFUSAL, text, 201))
            return
        self._perm_ids += 1
        working = self._opened(order, _FIRST_PERM_ID + self._perm_ids - 1)
        self._broker.work(working)
        if fate is Fate.SWALLOWED:
            self._muted.add(working.perm_id)
        self._say(working, Word.ORDER, working.status)
        if fate is Fate.FILLS:
            self.fill(working)

    def _opened(self, order: SellOrder, perm_id: int) -> OpenOrder:
        return OpenOrder(
            con_id=order.instrument.con_id,
            account=order.account,
            side=Side.SELL,
            quantity=Decimal(order.quantity),
            remaining=Decimal(order.quantity),
            order_type=order.order_type.value,
            limit_price=order.limit_price,
            stop_price=None,
            tif="DAY",
            status="Submitted",
            order_id=order.order_id,
            client_id=self.client_id,
            perm_id=perm_id,
            order_ref=order.order_ref,
        )

    def _cancel(self, asked: OpenOrder) -> None:
        order = next((o for o in self._broker.working() if o.perm_id == asked.perm_id), None)
        if self.cancel_fate is CancelFate.IGNORED:
            return
        if order is None:
            self._refuse_cancel(asked, self.witness.status(asked.perm_id))
        elif self.cancel_fate is CancelFate.FILLED_INSTEAD:
            self.fill(order)
            self._refuse_cancel(asked, "Filled")
        else:
            self.end(order, "Cancelled", "Cancelled by Trader")
            self._say(order, Word.REMARK, "Order Canceled - reason:", 202)

    def _refuse_cancel(self, order: OpenOrder, status: str | None) -> None:
        what = f"OrderId {order.order_id} that needs to be cancelled"
        if status is None:
            self._say(order, Word.REMARK, f"{what} is not found.", 10147)
        else:
            self._say(order, Word.REMARK, f"{what} cannot be cancelled, state: {status}.", 10148)

    def _move(self, execution: Execution) -> None:
        """Let the position follow a trade; selling more than is held makes it short."""
        held = self._broker.held(execution.account, execution.con_id)
        if held is None:
            instrument = self._instruments[execution.con_id]
            held = Position(execution.account, instrument, Decimal(0), execution.price)
        sign = 1 if execution.side is Side.BUY else -1
        self._broker.hold(evolve(held, quantity=held.quantity + sign * execution.shares))

    def _say(self, order: OpenOrder, word: Word, text: str, code: int = 0) -> None:
        if order.client_id == self.client_id and order.perm_id not in self._muted:
            self._replies.append(Reply(order.order_id, word, text, code))
