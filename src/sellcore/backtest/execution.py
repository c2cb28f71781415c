"""What changed hands: the fills of a backtest."""

from attrs import frozen

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
