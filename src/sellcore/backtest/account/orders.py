"""Orders of a backtest, and what became of them."""

from enum import Enum

from attrs import define, frozen

from sellcore.order import Side
from sellcore.order_type import OrderType


class OrderState(Enum):
    """
    What became of an order.

    FILLED: whole. WORKING: not yet whole after the last bar, and still good: at the
    market, or at a limit on a day of hours that may go on. LAPSED: its limit was not
    met, in whole, by the end of the day, or it waited for an open that was not below
    the average any more. CANCELLED: by a later signal. DENIED: by the checks,
    or because nothing could be bought. NO_BAR: no bar follows.
    """

    FILLED = "filled"
    WORKING = "working"
    LAPSED = "lapsed"
    CANCELLED = "cancelled"
    DENIED = "denied"
    NO_BAR = "no bar follows"

    def __str__(self) -> str:
        return self.value


@frozen
class Order:
    """
    An order, in the order they were decided.

    Attributes:
        number: Counts from 1.
        ticker: Of what is bought or sold.
        side: Buy or sell.
        decided_at: End of the bar it was decided on, seconds since 1970 UTC; for the
            entry, the first instant of the bar it is bought in.
        reason: The live rule's line on that bar.
        kind: At the market or at a limit.
        limit: None for a market order.
        shares: Wanted; for a purchase as many as could be afforded when it first met
            the market, 0 before.
        filled: Of them.
        state: What became of it.
        denied: Every reason against it, where it was denied, or lapsed at the open.
    """

    number: int
    ticker: str
    side: Side
    decided_at: int
    reason: str
    kind: OrderType
    limit: float | None
    shares: float
    filled: float
    state: OrderState
    denied: tuple[str, ...] = ()


@define
class WorkingOrder:
    """
    An order while it works: as ``Order``, and more.

    Attributes:
        average: That the close was compared with; None for the entry.
        entry: Whether it is the entry.
        sent: Whether it has met the market, or was kept from it.
    """

    number: int
    ticker: str
    side: Side
    decided_at: int
    reason: str
    kind: OrderType
    limit: float | None
    average: float | None = None
    entry: bool = False
    sent: bool = False
    shares: float = 0.0
    filled: float = 0.0

    @property
    def left(self) -> float:
        """Shares that are not filled yet."""
        return self.shares - self.filled


def settled(order: WorkingOrder, state: OrderState, denied: tuple[str, ...] = ()) -> Order:
    """Return an order that works no more, or after the last bar, for the record."""
    return Order(
        number=order.number,
        ticker=order.ticker,
        side=order.side,
        decided_at=order.decided_at,
        reason=order.reason,
        kind=order.kind,
        limit=order.limit,
        shares=order.shares,
        filled=order.filled,
        state=state,
        denied=denied,
    )


def limit_of(side: Side, close: float, offset_pct: float) -> float:
    """Return a limit that trades at once unless the market moves away by more than the offset."""
    sign = -1 if side is Side.SELL else 1
    return close * (1 + sign * offset_pct / 100)
