"""What one trade on the tape does to one order. Pure."""

from attrs import evolve

from adapters.gateway.orders import STOPPED, Action, Order, OrderType
from adapters.gateway.tape import Trade


def meet(order: Order, trade: Trade) -> tuple[Order, float | None]:
    """
    Let an order meet a trade.

    Returns:
        The order, its stop perhaps elected by the trade, and the price it
        trades at, None when it does not.
    """
    if order.terms.type in STOPPED and not order.triggered:
        elected = _electing_price(order, trade)
        if elected is None:
            return order, None
        order = evolve(order, triggered=True, why_held="")
        return order, elected if _within_limit(order, elected) else None
    if order.terms.type in (OrderType.MARKET, OrderType.STOP):
        return order, trade.price
    return order, _limit_price(order, trade)


def _electing_price(order: Order, trade: Trade) -> float | None:
    """Return the price at which the stop is reached; a gap takes it straight through."""
    stop = order.terms.stop
    if stop is None:
        return None
    if order.action is Action.SELL:
        return min(stop, trade.high) if trade.low <= stop else None
    return max(stop, trade.low) if trade.high >= stop else None


def _within_limit(order: Order, price: float) -> bool:
    limit = order.terms.limit
    if order.terms.type is OrderType.STOP or limit is None:
        return True
    return price >= limit if order.action is Action.SELL else price <= limit


def _limit_price(order: Order, trade: Trade) -> float | None:
    """Return the limit, or better where the whole trade lies beyond it."""
    limit = order.terms.limit
    if limit is None:
        return None
    if order.action is Action.SELL:
        return max(limit, trade.low) if trade.high >= limit else None
    return min(limit, trade.high) if trade.low <= limit else None
