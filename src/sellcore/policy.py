"""The choices a trader makes about when to decide and what to do at the close."""

from datetime import datetime, timedelta
from enum import Enum

from attrs import frozen

from sellcore.order_type import OrderType

SKEW_WARN = timedelta(seconds=2)
"""A clock this far from the broker's is worth a line."""

SKEW_BLOCK = timedelta(seconds=10)
"""A clock this far from the broker's decides nothing and sells nothing."""


class AtClose(Enum):
    """What to do about a bar that ends when its session does."""

    NEXT_OPEN = "next_open"
    SUBMIT = "submit"
    PRE_CLOSE = "pre_close"
    SKIP = "skip"

    def __str__(self) -> str:
        return self.value


@frozen(cache_hash=True)
class Policy:
    """
    When a bar counts as final, and until when it may be decided.

    Attributes:
        settle: A bar is final once it was read this long after its end.
        closing_settle: The same for a bar that ends its session: the closing
            auction prints late.
        window: A bar is decided within this time after its end, never later.
        at_close: What to do about a session's last bar.
        pre_close: With PRE_CLOSE, how long before the close its bar is decided.
        only_above_break_even: Sell only where close and average are both above
            the position's average cost.
        order_type: Of the orders that are prepared.
    """

    settle: timedelta = timedelta(seconds=30)
    closing_settle: timedelta = timedelta(seconds=60)
    window: timedelta = timedelta(minutes=10)
    at_close: AtClose = AtClose.NEXT_OPEN
    pre_close: timedelta = timedelta(seconds=60)
    only_above_break_even: bool = False
    order_type: OrderType = OrderType.MARKET

    def final_at(self, end: datetime, *, closes_session: bool) -> datetime:
        """Return the instant from which a reading of a bar that ended at ``end`` is final."""
        return end + (self.closing_settle if closes_session else self.settle)
