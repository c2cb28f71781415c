"""The limits a trader sets on selling."""

from datetime import timedelta
from enum import Enum

from attrs import frozen

from sellcore.order import OrderType


class OtherOrders(Enum):
    """What to do about other orders on a position that is to be sold."""

    CANCEL = "cancel"
    DENY = "deny"

    def __str__(self) -> str:
        return self.value


@frozen
class SellingPolicy:
    """
    The limits a trader sets on selling.

    Attributes:
        order_type: At the market, or at a limit that the market meets.
        limit_offset_pct: How far below the newest price a limit lies, in percent.
        max_shares_per_order: Shares.
        max_value_per_order: In the instrument's currency.
        max_orders_per_day: Orders, over all positions.
        max_value_per_day: Added up over all positions, whatever their currency.
        other_orders: Cancel those that can be cancelled, or leave the position alone.
        reject_limit: So many rejections in turn stop a position.
        recheck_at_open: An intent that waited for the open lapses where the price is
            not below its average any more.
        open_buffer: Nothing is sent so soon after the open.
        close_buffer: Nothing is sent so shortly before the close.
        reconcile_every: How often journal and broker are compared while all goes well.
    """

    order_type: OrderType = OrderType.MARKET
    limit_offset_pct: float = 0.5
    max_shares_per_order: int = 10_000
    max_value_per_order: float = 50_000.0
    max_orders_per_day: int = 20
    max_value_per_day: float = 200_000.0
    other_orders: OtherOrders = OtherOrders.CANCEL
    reject_limit: int = 3
    recheck_at_open: bool = True
    open_buffer: timedelta = timedelta(seconds=5)
    close_buffer: timedelta = timedelta(seconds=5)
    reconcile_every: timedelta = timedelta(minutes=5)
