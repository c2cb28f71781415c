"""From a gateway's messages to what has been traded; pure. Malformed ones raise ValueError."""

from datetime import datetime

from adapters.ib import wire_values as wire
from adapters.ib.notices import one_line
from adapters.ib.pending import CompletedOrderRow, Frame
from sellcore.selling.execution import Commission, CompletedOrder, Execution


def execution(fields: Frame, zone: str | None) -> Execution:
    """
    Return the trade of a message 11; its quantity is the decimal on the wire.

    Args:
        fields: The message.
        zone: IANA name of the gateway's own zone, for times that name none.
    """
    exec_id, time, account = fields[14:17]
    bought_or_sold, shares, price, perm_id, client_id = fields[18:23]
    told = Execution(
        exec_id=one_line(exec_id),
        con_id=int(fields[3]),
        account=one_line(account),
        side=wire.side(bought_or_sold),
        shares=wire.decimal(shares),
        price=float(price),
        time=wire.instant(time, zone),
        perm_id=int(perm_id),
        order_id=int(fields[2]),
        client_id=int(client_id),
        order_ref=one_line(fields[26]),
    )
    if not told.exec_id:
        raise ValueError("a trade without an id")
    if told.shares < 0 or not abs(told.price) < wire.UNSET:
        raise ValueError(f"a trade of {told.shares} at {told.price}")
    return told


def commission(fields: Frame) -> Commission:
    """Return the cost of a message 59."""
    exec_id, cost, currency, realized = fields[2:6]
    amount = wire.amount(cost)
    if amount is None or not exec_id:
        raise ValueError(f"commission {one_line(cost)!r} of {one_line(exec_id)!r}")
    return Commission(one_line(exec_id), amount, one_line(currency), wire.amount(realized))


def completed_order(row: CompletedOrderRow, zone: str | None = None) -> CompletedOrder:
    """
    Return an order that has ended; where it names nothing filled, nothing is.

    Args:
        row: The message as it was read.
        zone: IANA name of the gateway's own zone, for times that name none.
    """
    order, state = row.order, row.state
    quantity = wire.quantity(float(order.totalQuantity))
    filled = wire.quantity(float(order.filledQuantity))
    if quantity < 0 or filled < 0:
        raise ValueError(f"an order for {quantity}, {filled} filled")
    return CompletedOrder(
        con_id=row.contract.conId,
        account=one_line(order.account),
        side=wire.side(order.action),
        quantity=quantity,
        filled=filled if filled or state.status != "Filled" else quantity,
        status=one_line(state.status),
        explanation=one_line(state.completedStatus),
        perm_id=order.permId,
        order_ref=one_line(order.orderRef),
        ended_at=_ended_at(state.completedTime, zone),
    )


def _ended_at(text: str, zone: str | None) -> datetime | None:
    """Return when an order ended; a time that cannot be read spoils nothing else of it."""
    try:
        return wire.instant(text, zone)
    except ValueError:
        return None
