"""Other orders on a position that is to be sold: whose they are, and what they have sold."""

from collections.abc import Iterable
from decimal import Decimal

from sellcore.order import OpenOrder, Side
from sellcore.selling.execution import traded
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.testimony import Testimony

BY_HAND = 0
"""The client id of orders that were entered by hand, and of who may cancel those."""


def can_cancel(order: OpenOrder, client_id: int) -> bool:
    """
    Say whether a client may cancel an order.

    The broker takes a cancel only from the client that entered the order; client id 0
    may also cancel those entered by hand, which have no number before it asks for one.
    An order with our reference that no intent explains is nobody's to touch.
    """
    named = order.order_id != 0 or (order.client_id == BY_HAND and order.perm_id != 0)
    return order.client_id == client_id and named and not order.ours


def sorted_out(
    orders: Iterable[OpenOrder], client_id: int
) -> tuple[tuple[OpenOrder, ...], tuple[OpenOrder, ...]]:
    """Return the orders that this client can cancel, and those that only others can."""
    orders = tuple(orders)
    ours = tuple(order for order in orders if can_cancel(order, client_id))
    return ours, tuple(order for order in orders if order not in ours)


def sold_meanwhile(record: IntentRecord, told: Testimony) -> Decimal:
    """Return the shares that the orders we asked to go have sold since the bar was decided."""
    before = {order.perm_id: order.filled for order in record.intent.cancels}
    sold = (
        _sold(perm_id, told) - before.get(perm_id, Decimal(0))  # one placed since had sold nothing
        for perm_id in record.asked_to_go
        if perm_id  # one that nobody has acknowledged has no trades that could be known as its
    )
    return sum((shares for shares in sold if shares > 0), Decimal())


def _sold(perm_id: int, told: Testimony) -> Decimal:
    orders = [o for o in told.orders if o.perm_id == perm_id and o.side is Side.SELL]
    completed = [c for c in told.completed if c.perm_id == perm_id and c.side is Side.SELL]
    trades = [e for e in told.executions if e.perm_id == perm_id and e.side is Side.SELL]
    known = [order.filled for order in orders]
    known += [order.filled for order in completed]
    return max([traded(trades), *known])
