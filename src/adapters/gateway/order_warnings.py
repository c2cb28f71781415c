"""Error messages that come before an order that is taken all the same."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from adapters.gateway.faults import FaultKind
from adapters.gateway.order_messages import number, stamp
from adapters.gateway.orders import Order
from adapters.gateway.switches import Switches
from adapters.gateway.zones import zone_name

_PRESET = "Order TIF was set to DAY based on order preset."
_CROSS_SIDE = (
    "Order Message:\nThe closing order quantity is greater than your current position. "
    "The order would leave a position on the other side."
)


def warnings(
    order: Order, position: Decimal, now: datetime, switches: Switches
) -> Iterator[tuple[int, str]]:
    """
    Yield the code and text of each warning that an order draws.

    Args:
        order: As it was taken, with the instant it begins to work from.
        position: Shares held of the same contract, negative when short.
        now: The present instant.
        switches: A fault can make a warning come uncalled for.
    """
    ticker = order.listing.ticker
    closes = position * order.action.sign < 0
    crosses = closes and order.terms.quantity > abs(position)
    if crosses or (closes and switches.on(FaultKind.WARN_2137, ticker)):
        yield 2137, _CROSS_SIDE
    if switches.on(FaultKind.TIF_10349, ticker):
        yield 10349, _PRESET
    if order.works_from > now:
        yield 399, _held_until(order, switches)


def _held_until(order: Order, switches: Switches) -> str:
    opens = stamp(order.works_from, zone_name("America/New_York", switches))
    what = f"{order.action.value} {number(order.terms.quantity)} {order.listing.symbol}"
    opens = f"{opens[:4]}-{opens[4:6]}-{opens[6:]}"
    return (
        f"Order Message:\n{what} {order.listing.exchange}\n"
        f"Warning: Your order will not be placed at the exchange until {opens}."
    )
