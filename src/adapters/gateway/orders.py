"""Orders and executions as the simulated gateway keeps them: plain values."""

from datetime import datetime
from decimal import Decimal
from enum import Enum

from attrs import evolve, frozen

from adapters.gateway.listings import Listing

NOTHING = Decimal(0)


class Action(Enum):
    """Which side of the market an order takes."""

    BUY = "BUY"
    SELL = "SELL"

    @property
    def sign(self) -> int:
        """What one traded share does to the position."""
        return 1 if self is Action.BUY else -1


class OrderType(Enum):
    """The order types that are matched; the value is the word on the wire."""

    MARKET = "MKT"
    LIMIT = "LMT"
    STOP = "STP"
    STOP_LIMIT = "STP LMT"


LIMITED = frozenset({OrderType.LIMIT, OrderType.STOP_LIMIT})
STOPPED = frozenset({OrderType.STOP, OrderType.STOP_LIMIT})


class TimeInForce(Enum):
    """How long an order works."""

    DAY = "DAY"
    GOOD_TILL_CANCELLED = "GTC"
    IMMEDIATE_OR_CANCEL = "IOC"
    FILL_OR_KILL = "FOK"


IMMEDIATE = frozenset({TimeInForce.IMMEDIATE_OR_CANCEL, TimeInForce.FILL_OR_KILL})


class Status(Enum):
    """Where an order stands, in the words of orderStatus."""

    PARKED = "PendingSubmit"  # kept, not transmitted
    PRE_SUBMITTED = "PreSubmitted"
    SUBMITTED = "Submitted"
    PENDING_CANCEL = "PendingCancel"
    CANCELLED = "Cancelled"
    FILLED = "Filled"
    INACTIVE = "Inactive"


DONE = frozenset({Status.CANCELLED, Status.FILLED, Status.INACTIVE})


@frozen
class Terms:
    """
    What the client may change while the order lives.

    Attributes:
        quantity: Shares, above zero.
        type: How the price is found.
        limit: Limit price, in the listing's currency; None unless the type has one.
        stop: Stop price; None unless the type has one.
        tif: How long it works.
        outside_rth: It may work outside regular hours.
        transmit: False parks it.
    """

    quantity: Decimal
    type: OrderType
    limit: float | None = None
    stop: float | None = None
    tif: TimeInForce = TimeInForce.DAY
    outside_rth: bool = False
    transmit: bool = True

    @property
    def price(self) -> float | None:
        """The price that a person would name it by."""
        return self.limit if self.limit is not None else self.stop


@frozen
class Order:
    """
    One order, at one moment of its life.

    Attributes:
        perm_id: The gateway's own number, never used twice.
        client_id: The client that owns it; 0 with order id 0 is one entered by hand.
        order_id: The client's number for it, 0 until an order by hand is bound.
        listing: What is traded.
        action: Buy or sell.
        terms: What the client may change.
        account: The account it is for.
        order_ref: The client's own label, kept for life.
        oca_group: Orders of one group cancel each other on a fill; empty for none.
        parent_order_id: The client's number of the order it hangs on, 0 for none.
        waits_for: Permanent id of that order until it has filled, then 0.
        placed: When it was accepted, UTC.
        status: Where it stands.
        triggered: Its stop was reached, or it has none.
        filled: Shares traded so far.
        paid: Sum of shares times price of its fills.
        last_price: Price of the last fill, 0 before one.
        commission: What its fills cost so far, in the listing's currency.
        why_held: The gateway's word for why it waits.
        works_from: It may not trade before this instant, UTC.
        expires: When a DAY order ends, UTC; None for GTC.
        finished: When it was done, UTC; None while it lives.
        outcome: How it ended, in words, for the completed orders.
    """

    perm_id: int
    client_id: int
    order_id: int
    listing: Listing
    action: Action
    terms: Terms
    account: str
    placed: datetime
    works_from: datetime
    order_ref: str = ""
    oca_group: str = ""
    parent_order_id: int = 0
    waits_for: int = 0
    status: Status = Status.PRE_SUBMITTED
    triggered: bool = False
    filled: Decimal = NOTHING
    paid: Decimal = NOTHING
    last_price: float = 0.0
    commission: Decimal | None = None
    why_held: str = ""
    expires: datetime | None = None
    finished: datetime | None = None
    outcome: str = ""

    @property
    def remaining(self) -> Decimal:
        """Shares still to trade."""
        return self.terms.quantity - self.filled

    @property
    def live(self) -> bool:
        """Whether it can still trade or be cancelled."""
        return self.status not in DONE

    @property
    def working(self) -> bool:
        """Whether the exchange may trade it."""
        return self.live and self.status is not Status.PARKED

    @property
    def by_hand(self) -> bool:
        """Whether a person entered it and client 0 has not bound it yet."""
        return self.client_id == 0 and self.order_id == 0

    @property
    def average_price(self) -> float:
        """Mean price of its fills, 0 before one."""
        return float(round(self.paid / self.filled, 8)) if self.filled else 0.0


@frozen
class Execution:
    """
    One fill.

    Attributes:
        exec_id: Four parts joined by dots; a correction raises the last one.
        order: The order as it stood after the fill.
        at: When, UTC.
        shares: How many.
        price: At what price, in the listing's currency.
        commission: What it cost.
        realized: Profit of the shares it closed, None when it opened.
    """

    exec_id: str
    order: Order
    at: datetime
    shares: Decimal
    price: float
    commission: Decimal
    realized: Decimal | None


def money(price: float) -> Decimal:
    """Return the decimal that was quoted: the shortest one that reads back as ``price``."""
    return Decimal(repr(price))


def at_rest(order: Order, now: datetime) -> Order:
    """Return a transmitted order with the status that it has while it waits to trade."""
    if order.waits_for:
        return evolve(order, status=Status.PRE_SUBMITTED, why_held="child")
    if order.terms.type in STOPPED and not order.triggered:
        return evolve(order, status=Status.PRE_SUBMITTED, why_held="trigger")
    held = now < order.works_from
    return evolve(order, status=Status.PRE_SUBMITTED if held else Status.SUBMITTED, why_held="")


def with_fill(
    order: Order, shares: Decimal, price: float, commission: Decimal, at: datetime
) -> Order:
    """Return the order after ``shares`` of it traded at ``price``, at the instant ``at``."""
    filled = order.filled + shares
    complete = filled >= order.terms.quantity
    return evolve(
        order,
        filled=filled,
        paid=order.paid + shares * money(price),
        last_price=price,
        commission=(order.commission or NOTHING) + commission,
        why_held="",
        status=Status.FILLED if complete else Status.SUBMITTED,
        finished=at if complete else None,
        outcome=f"Filled Size: {filled.normalize():f}" if complete else "",
    )


def ended(order: Order, status: Status, at: datetime, outcome: str) -> Order:
    """Return the order as it ends without filling: cancelled or inactive."""
    return evolve(order, status=status, finished=at, outcome=outcome, why_held="")
