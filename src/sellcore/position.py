"""Positions as the broker reports them."""

from decimal import Decimal

from attrs import frozen

from sellcore.instrument import Instrument


@frozen
class Position:
    """
    What one account holds of one instrument.

    Attributes:
        account: The broker's account id.
        instrument: What is held.
        quantity: Shares; above zero long, below zero short; may be fractional.
        average_cost: Per share, in the instrument's currency, as the broker counts it;
            NaN where it does not tell.
    """

    account: str
    instrument: Instrument
    quantity: Decimal
    average_cost: float

    @property
    def quoted_cost(self) -> float:
        """The average cost in the unit that prices are quoted in, to be held against them."""
        return self.average_cost * self.instrument.price_magnifier

    @property
    def whole_shares(self) -> int:
        """The shares that can be sold: whole ones of a long position, else 0."""
        return max(0, int(self.quantity))

    @property
    def residual(self) -> Decimal:
        """The fraction of a share that a full sale leaves behind."""
        return self.quantity - self.whole_shares if self.quantity > 0 else Decimal(0)
