"""At what price an order trades, and how much of it."""

import math

from attrs import frozen

from sellcore.backtest.assumptions import Assumptions, Costs
from sellcore.order import Side


@frozen
class Execution:
    """
    Shares that changed hands, at one price, in one bar.

    Attributes:
        order: Number of the order.
        ticker: Of what was bought or sold.
        side: Buy or sell.
        row: The bar it happened in.
        time: Seconds since 1970 UTC: the bar's first instant for a fill at the open; its
            end for one at the close, or somewhere within it, the latest it can have been.
        shares: Above zero.
        price: Slippage included.
        commission: Of this fill; each counts as an order of its own, as the broker counts
            an order that works on for another day.
        slippage: What the price cost against the bar's, for all shares.
    """

    order: int
    ticker: str
    side: Side
    row: int
    time: int
    shares: float
    price: float
    commission: float
    slippage: float

    @property
    def value(self) -> float:
        """Shares times price."""
        return self.shares * self.price

    @property
    def cash(self) -> float:
        """What it adds to the account's cash, commission paid."""
        value = self.value if self.side is Side.SELL else -self.value
        return value - self.commission


def meets(side: Side, limit: float | None, price: float) -> bool:
    """Say whether an order may trade where the market stands at ``price``."""
    if limit is None:
        return True
    return price >= limit if side is Side.SELL else price <= limit


def traded_at(side: Side, limit: float | None, price: float, costs: Costs) -> float:
    """Return the price of a fill where the bar says ``price``: worse, but not than the limit."""
    if side is Side.SELL:
        worse = costs.sold_at(price)
        return worse if limit is None else max(worse, limit)
    worse = costs.bought_at(price)
    return worse if limit is None else min(worse, limit)


def tradable(wanted: float, volume: float, assumptions: Assumptions) -> float:
    """Return how much of what is wanted a bar of that volume fills."""
    if assumptions.volume_cap is None:
        return wanted
    most = assumptions.volume_cap * volume
    return min(wanted, float(math.floor(most)) if assumptions.whole_shares else most)
