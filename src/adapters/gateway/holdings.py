"""What the account holds: positions, cash, and what a trade does to them. Pure arithmetic."""

from collections.abc import Callable
from decimal import Decimal

from attrs import define, evolve, field, frozen

from adapters.gateway.listings import Listing

NOTHING = Decimal(0)
CENT_OF_A_CENT = Decimal("0.0001")

Pricer = Callable[[Listing], Decimal | None]
"""The last traded price of a listing, in its currency; None while it never traded."""


@frozen
class Holding:
    """
    One position.

    Attributes:
        listing: What is held.
        quantity: Shares, negative when short.
        average_cost: Per share, in the listing's currency, commissions included.
        realized: Profit taken today, in the listing's currency.
    """

    listing: Listing
    quantity: Decimal
    average_cost: Decimal
    realized: Decimal = NOTHING

    def value(self, price: Decimal) -> Decimal:
        """Return what it is worth at ``price``; negative when short."""
        return self.quantity * price

    def unrealized(self, price: Decimal) -> Decimal:
        """Return the profit that is not taken yet at ``price``."""
        return self.quantity * (price - self.average_cost)


def commission_for(shares: Decimal, price: Decimal) -> Decimal:
    """
    Return the fixed commission: 0.005 a share, at least 1.00, at most 1 % of the value.

    Source:
        IBKR Pro fixed pricing for US stocks; regulatory fees are left out.
    """
    return min(max(shares * Decimal("0.005"), Decimal(1)), shares * price / 100).quantize(
        CENT_OF_A_CENT
    )


def after_trade(
    held: Holding, shares: Decimal, price: Decimal, commission: Decimal
) -> tuple[Holding, Decimal | None]:
    """
    Return the position after a trade, and the profit it took.

    Args:
        held: The position before.
        shares: Bought when positive, sold when negative.
        price: Per share.
        commission: For the whole trade.

    Returns:
        The profit is None when the trade closed nothing. A trade through zero
        closes all and opens the rest, each with its part of the commission.
    """
    opposite = held.quantity * shares < 0
    closed = min(abs(held.quantity), abs(shares)) if opposite else NOTHING
    opened = abs(shares) - closed
    cost_of_closing = commission * closed / abs(shares)
    quantity = held.quantity + shares
    direction = 1 if shares > 0 else -1
    realized: Decimal | None = None
    if closed:
        realized = closed * (price - held.average_cost) * -direction - cost_of_closing
    if opened:
        before = NOTHING if opposite else abs(held.quantity)
        paid = opened * price + (commission - cost_of_closing) * direction
        average = (before * held.average_cost + paid) / (before + opened)
    else:
        average = held.average_cost if quantity else NOTHING
    taken = held.realized + (realized or NOTHING)
    return evolve(held, quantity=quantity, average_cost=average, realized=taken), realized


@frozen
class Totals:
    """The account in figures, all in its base currency."""

    cash: Decimal
    stock_value: Decimal
    gross_value: Decimal
    unrealized: Decimal
    realized: Decimal
    daily: Decimal

    @property
    def net_liquidation(self) -> Decimal:
        """Cash and everything held."""
        return self.cash + self.stock_value


@define
class Holdings:
    """
    Every position and the cash, as they stand.

    Amounts in other currencies count one to one: there is no exchange here.
    """

    cash: Decimal
    by_con_id: dict[int, Holding] = field(factory=dict)
    unrealized_at_midnight: dict[int, Decimal] = field(factory=dict)

    def quantity(self, con_id: int) -> Decimal:
        """Return the shares held, 0 for none."""
        held = self.by_con_id.get(con_id)
        return held.quantity if held else NOTHING

    def open_positions(self) -> list[Holding]:
        """Return what is held, without the positions that were closed."""
        return [held for held in self.by_con_id.values() if held.quantity]

    def trade(
        self, listing: Listing, shares: Decimal, price: Decimal, commission: Decimal
    ) -> Decimal | None:
        """Book a trade (sold when ``shares`` is negative) and return the profit it took."""
        held = self.by_con_id.get(listing.con_id, Holding(listing, NOTHING, NOTHING))
        self.by_con_id[listing.con_id], realized = after_trade(held, shares, price, commission)
        self.cash -= shares * price + commission
        return realized

    def split(self, con_id: int, new: int, old: int) -> None:
        """Give ``new`` shares for each ``old`` ones; what they cost stays the same in sum."""
        held = self.by_con_id.get(con_id)
        if held is not None:
            self.by_con_id[con_id] = evolve(
                held,
                quantity=held.quantity * new / old,
                average_cost=held.average_cost * old / new,
            )

    def replace(self, listing: Listing, quantity: Decimal, average_cost: Decimal) -> None:
        """Set a position as if by magic; cash and profit stay as they are."""
        held = self.by_con_id.get(listing.con_id, Holding(listing, NOTHING, NOTHING))
        self.by_con_id[listing.con_id] = evolve(held, quantity=quantity, average_cost=average_cost)

    def start_day(self, price_of: Pricer) -> None:
        """Begin a day: nothing is realized yet, and daily profit counts from these prices."""
        self.by_con_id = {
            con_id: evolve(held, realized=NOTHING)
            for con_id, held in self.by_con_id.items()
            if held.quantity
        }
        self.unrealized_at_midnight = {
            con_id: held.unrealized(worth(held, price_of))
            for con_id, held in self.by_con_id.items()
        }

    def daily(self, held: Holding, price_of: Pricer) -> Decimal:
        """Return what the position has gained since midnight, taken or not."""
        before = self.unrealized_at_midnight.get(held.listing.con_id, NOTHING)
        return held.unrealized(worth(held, price_of)) + held.realized - before

    def totals(self, price_of: Pricer) -> Totals:
        """Return the account in figures at these prices."""
        values = [held.value(worth(held, price_of)) for held in self.open_positions()]
        unrealized = (held.unrealized(worth(held, price_of)) for held in self.open_positions())
        return Totals(
            cash=self.cash,
            stock_value=sum(values, NOTHING),
            gross_value=sum(map(abs, values), NOTHING),
            unrealized=sum(unrealized, NOTHING),
            realized=sum((held.realized for held in self.by_con_id.values()), NOTHING),
            daily=sum((self.daily(held, price_of) for held in self.by_con_id.values()), NOTHING),
        )


def worth(held: Holding, price_of: Pricer) -> Decimal:
    """Return the price a position is valued at: the last trade, or its cost before one."""
    price = price_of(held.listing)
    return held.average_cost if price is None else price
