"""The trader's limits on selling: how much, how often, and how near to a session's ends."""

from datetime import timedelta
from enum import Enum
from typing import Any

from attrs import Attribute, field, frozen

from sellcore.errors import InvalidValue
from sellcore.order_type import OrderType


class OtherOrders(Enum):
    """What to do about other open orders on the position that is to be sold."""

    CANCEL = "cancel"
    DENY = "deny"

    def __str__(self) -> str:
        return self.value


def _above_zero(limits: "SellingPolicy", attribute: "Attribute[Any]", value: float) -> None:
    # Not "value <= 0": a limit that is not a number would let everything pass.
    if not value > 0:
        raise InvalidValue(f"{attribute.name} {value} is not above zero; it would mean nothing")


@frozen
class SellingPolicy:
    """
    What a sale may be, and when one is refused.

    Values are in the currency of what is sold, and each currency is counted by
    itself: no rate of exchange is known that could be relied on.

    Attributes:
        order_type: At the market, or at a limit.
        limit_offset_pct: With a limit, how far below the last price it is set,
            in percent of that price.
        max_shares_per_order: Whole shares; a larger sale is denied, never cut.
        max_value_per_order: Shares times the last price, or the close that signalled
            where that is more.
        max_orders_per_day: Orders sent on one UTC date, whatever became of them.
        max_value_per_day: Their values together.
        other_orders: Whether other open orders on the position are cancelled
            first, or are a reason to deny the sale.
        reject_limit: So many orders that were rejected, or went out and are nowhere,
            one after the other, halt the sale of that position.
        recheck_at_open: A sale that waited for the open lapses where the price is not
            below its average any more.
        open_buffer: Nothing is sent for so long after a session's open.
        close_buffer: Nothing is sent for so long before a session's close.
        reconcile: Longest time between two looks at what became of orders at
            the broker.
    """

    order_type: OrderType = OrderType.MARKET
    limit_offset_pct: float = field(default=0.5, validator=_above_zero)
    max_shares_per_order: int = field(default=10_000, validator=_above_zero)
    max_value_per_order: float = field(default=50_000.0, validator=_above_zero)
    max_orders_per_day: int = field(default=20, validator=_above_zero)
    max_value_per_day: float = field(default=200_000.0, validator=_above_zero)
    other_orders: OtherOrders = OtherOrders.CANCEL
    reject_limit: int = field(default=3, validator=_above_zero)
    recheck_at_open: bool = True
    open_buffer: timedelta = timedelta(seconds=5)
    close_buffer: timedelta = timedelta(seconds=5)
    reconcile: timedelta = timedelta(minutes=5)
