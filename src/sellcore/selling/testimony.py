"""What the broker's servers say, and what it proves of an intent."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from attrs import evolve, field, frozen

from sellcore.order import OpenOrder, Side
from sellcore.policy import SKEW_BLOCK
from sellcore.position import Position
from sellcore.selling.execution import (
    CompletedOrder,
    Execution,
    average_price,
    corrected,
    traded,
)
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import Happening, State
from sellcore.selling.missing_order import MissingOrder, looked_for

PATIENCE = timedelta(seconds=20)
"""An order that was sent less than that ago may still be on its way into the lists."""

BEHIND = SKEW_BLOCK + timedelta(seconds=1)
"""The broker may date a trade so far from our time: its clock, in whole seconds."""

AHEAD = timedelta(minutes=14)
"""A reading takes less; zones differ by quarters of an hour: what is dated later is misread."""

FORGOTTEN = timedelta(hours=12)
"""The broker forgets ended orders and trades over night: after that their absence says nothing."""

FILLED = "Filled"
"""The broker's status of an order that has sold, or bought, all that it was for."""

INACTIVE = "Inactive"
"""The broker's status of an order that it has refused."""


@frozen
class Testimony:
    """
    Everything on one account, read to its end markers over one unbroken line.

    Attributes:
        read_at: When the reading began, UTC.
        positions: What is held now.
        orders: What works, whoever entered it.
        completed: What ended today.
        executions: What was traded, as far as anybody remembers.
        told_since: When each position was first told as it is now, by contract id.
        vanished: What has worked and may still do, though no list tells of it.
    """

    read_at: datetime
    positions: tuple[Position, ...]
    orders: tuple[OpenOrder, ...]
    completed: tuple[CompletedOrder, ...]
    executions: tuple[Execution, ...]
    told_since: Mapping[int, datetime] = field(factory=dict)
    vanished: tuple[MissingOrder, ...] = ()

    def held(self, con_id: int) -> Decimal:
        """Return the shares held of a contract; 0 where there are none."""
        return sum((p.quantity for p in self.positions if p.instrument.con_id == con_id), Decimal())

    def unshown(self, con_id: int) -> Decimal:
        """
        Return the shares sold that a position, as it is told, cannot show; 0 for none.

        Trades that are younger than the first time it was told so must have changed it,
        whoever made them, unless they leave it as it was. So must orders that have filled
        since: the trades of others may not be told to us. What is dated ahead of now was
        dated by another zone, and says nothing.
        """
        since = self.told_since.get(con_id)
        if since is None:
            return Decimal(0)
        first, last = since + BEHIND, self.read_at + AHEAD
        trades = corrected(trade for trade in self.executions if trade.con_id == con_id)
        changes = [(t.side, t.shares) for t in trades if first < t.time <= last]
        changes += [
            (order.side, order.filled)
            for order in self.completed
            if order.con_id == con_id
            and order.status == FILLED
            and order.ended_at is not None
            and first < order.ended_at <= last
            and not any(trade.perm_id == order.perm_id for trade in trades)
        ]
        sold = (shares if side is Side.SELL else -shares for side, shares in changes)
        return max(Decimal(0), sum(sold, Decimal(0)))

    def orders_on(self, con_id: int) -> tuple[OpenOrder, ...]:
        """Return the open orders on a contract, whoever entered them."""
        return tuple(order for order in self.orders if order.con_id == con_id)

    def vanished_from(self, con_id: int) -> tuple[OpenOrder, ...]:
        """Return the orders on a contract that have vanished."""
        return tuple(each.order for each in self.vanished if each.order.con_id == con_id)

    def selling(self, con_id: int) -> Decimal:
        """Return the shares that open orders on a contract would sell."""
        orders = (order for order in self.orders_on(con_id) if order.side is Side.SELL)
        return sum((self._left(order) for order in orders), Decimal())

    def with_last(
        self, listed: Iterable[OpenOrder], missing: Sequence[MissingOrder] = ()
    ) -> "Testimony":
        """Return the same with what has vanished of what was listed, and missing, before it."""
        lost = looked_for(listed, missing, self.read_at)
        return evolve(self, vanished=tuple(m for m in lost if not self._accounts_for(m.order)))

    def _accounts_for(self, order: OpenOrder) -> bool:
        """Say whether an order that has worked still does, or its end is told."""
        if any(order.same_as(each) for each in self.orders):
            return True
        ended = any(c.perm_id and c.perm_id == order.perm_id for c in self.completed)
        return ended or self._traded(order) >= order.quantity

    def _left(self, order: OpenOrder) -> Decimal:
        """Return what remains of an order; a trade may be younger than the list it stands in."""
        return max(Decimal(0), min(order.remaining, order.quantity - self._traded(order)))

    def _traded(self, order: OpenOrder) -> Decimal:
        return traded(e for e in self.executions if e.perm_id and e.perm_id == order.perm_id)


@frozen
class Finding:
    """
    What can be said of an intent now.

    Attributes:
        happening: What moved it; None where it is to be asked again.
        words: Why, one line.
        perm_id: The order's permanent id, 0 while nobody told.
        filled: Shares that were sold.
        average_price: What they were sold at, per share, or None.
    """

    happening: Happening | None
    words: str
    perm_id: int = 0
    filled: Decimal = Decimal(0)
    average_price: float | None = None


def find(
    record: IntentRecord,
    told: Testimony,
    refusal: str | None = None,
    *,
    since: datetime | None = None,
    traded_by_word: bool = False,
) -> Finding:
    """
    Return what the testimony proves of an intent whose order may be at the broker.

    Orders are recognised by our reference and by the permanent id, never by
    their number, which is reused. Three witnesses speak: the open orders, the
    ended orders with the trades, and the position.

    Args:
        record: Sending, working or unknown.
        told: Read after the order was written to the wire.
        refusal: The broker's words, where it has answered the order with a refusal.
        since: When the last byte had left, or the line was opened, if that was later
            than the record says; an order may take PATIENCE from then to appear.
        traded_by_word: Whether the broker told of a trade of it of its own accord. That
            proves none, but nothing proves its absence then.
    """
    working = [o for o in told.orders if _is_it(record, o.account, o.order_ref, o.perm_id)]
    ended = [c for c in told.completed if _is_it(record, c.account, c.order_ref, c.perm_id)]
    trades = [e for e in told.executions if _is_it(record, e.account, e.order_ref, e.perm_id)]
    perm_ids = {p for p in (record.perm_id, *_perm_ids(working, ended, trades)) if p}
    filled = max(
        (record.filled, traded(trades), *(order.filled for order in ended)),
    )
    price = average_price(trades) or record.average_price
    wanted = _sent(record)

    def finding(happening: Happening | None, words: str) -> Finding:
        return Finding(happening, words, max(perm_ids, default=0), filled, price)

    if len(perm_ids) > 1:
        return finding(Happening.UNCLEAR, f"{len(perm_ids)} orders carry its reference")
    if any(order.status == FILLED and not _made_smaller(order) for order in ended):
        filled = max(filled, Decimal(wanted))
    if filled >= wanted:
        return finding(Happening.SEEN_FILLED, f"sold {filled.normalize():f} of {wanted}")
    if working:
        status = working[0].status
        words = f"the broker lists it as {status}, {filled.normalize():f} of {wanted} sold"
        return finding(Happening.SEEN_WORKING, words)
    if ended:
        return finding(*_ended(record, ended[0], filled, refusal))
    happening, words = _nowhere(record, told, filled, refusal, since, traded_by_word)
    if happening is Happening.SEEN_FILLED:  # the position says so, and nobody tells a price
        filled = Decimal(wanted)
    return finding(happening, words)


def _is_it(record: IntentRecord, account: str, order_ref: str, perm_id: int) -> bool:
    same = order_ref == record.intent.order_ref or (perm_id != 0 and perm_id == record.perm_id)
    return same and account in ("", record.intent.account)


def _sent(record: IntentRecord) -> int:
    return record.quantity or record.intent.quantity


def _made_smaller(order: CompletedOrder) -> bool:
    """
    Say whether an order that was filled may be smaller than ours was: changed by hand.

    It is where it has filled all that it was for; a count that falls short of its own
    quantity is one that comes late.
    """
    return 0 < order.filled >= order.quantity


def _perm_ids(*lists: Sequence[OpenOrder | CompletedOrder | Execution]) -> Iterable[int]:
    return (each.perm_id for some in lists for each in some)


def _ended(
    record: IntentRecord, order: CompletedOrder, filled: Decimal, refusal: str | None
) -> tuple[Happening, str]:
    said = refusal or order.explanation or order.status
    refused = refusal is not None or order.status == INACTIVE
    if record.state is State.SENDING and refused and not filled:
        return Happening.SEEN_REJECTED, f"rejected by the broker: {said}"
    words = f"ended as {order.status} with {filled.normalize():f} of {record.quantity} sold: {said}"
    return Happening.SEEN_CANCELLED, words


def _nowhere(
    record: IntentRecord,
    told: Testimony,
    filled: Decimal,
    refusal: str | None,
    since: datetime | None,
    traded_by_word: bool,
) -> tuple[Happening | None, str]:
    """Judge an order that no list holds, by what became of the position."""
    before, now = record.position_before or Decimal(0), told.held(record.con_id)
    moved = f"the position was {before.normalize():f} and is {now.normalize():f}"
    if record.state is State.UNKNOWN:
        return None, record.words
    sent = record.sent_at or record.decided_at
    if _passed(told, sent, since) < PATIENCE and refusal is None:
        return None, "the broker has not listed it yet"
    if (alias := _by_its_number(record, told)) is not None:
        return (
            Happening.UNCLEAR,
            f"in no list, but its number is, referred to as {alias!r}; {moved}",
        )
    if filled:
        return Happening.UNCLEAR, f"partly sold, and in no list any more; {moved}"
    if traded_by_word:
        return Happening.UNCLEAR, f"the broker told of a trade that is in no list; {moved}"
    if record.state is State.SENDING and now == before:
        if refusal is not None:
            return Happening.SEEN_REJECTED, f"rejected by the broker: {refusal}"
        return Happening.PROVEN_ABSENT, f"it is in no list of the broker's; {moved}"
    if record.state is State.WORKING and _passed(told, sent) >= FORGOTTEN:
        if now == before:
            return Happening.SEEN_CANCELLED, f"it ended over night; {moved}"
        if now == before - _sent(record):
            return Happening.SEEN_FILLED, f"it was filled before the night; {moved}"
    return Happening.UNCLEAR, f"it is in no list of the broker's; {moved}"


def _by_its_number(record: IntentRecord, told: Testimony) -> str | None:
    """
    Return the reference of an order that sells the same under our number, or None.

    A number is no proof that it is ours, and a reference may be cut or changed on its
    way: where one order has the number, the absence of the reference proves nothing.
    """
    since = (record.sent_at or record.decided_at) - BEHIND
    trades = (e for e in told.executions if e.con_id == record.con_id and e.time >= since)
    told_of: tuple[OpenOrder | Execution, ...] = (*told.orders_on(record.con_id), *trades)
    number = (Side.SELL, record.client_id, record.order_id)
    found = (each for each in told_of if (each.side, each.client_id, each.order_id) == number)
    return next((each.order_ref for each in found), None)


def _passed(told: Testimony, *moments: datetime | None) -> timedelta:
    """Return the time since the last of these; one ahead says nothing: a clock was set back."""
    past = [moment for moment in moments if moment is not None and moment <= told.read_at]
    return told.read_at - max(past, default=told.read_at)
