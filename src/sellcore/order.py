"""Orders: those that work at the broker, and those we mean to send."""

from datetime import datetime
from decimal import Decimal
from enum import Enum
from functools import cached_property

from attrs import frozen

from sellcore.instant import iso
from sellcore.instrument import Instrument
from sellcore.order_type import OrderType
from sellcore.quoting import quoted
from sellcore.rule import MovingAverageRule

REF_PREFIX = "sellcli:"
"""Every order of ours carries a reference that starts with this."""


class Mode(Enum):
    """What may happen to an intent; dry-run cannot send."""

    DRY_RUN = "dry-run"
    PAPER = "paper"
    LIVE = "live"

    def __str__(self) -> str:
        return self.value


class Side(Enum):
    """Buy or sell."""

    BUY = "BUY"
    SELL = "SELL"

    def __str__(self) -> str:
        return self.value


@frozen
class OpenOrder:
    """
    An order that works at the broker, whoever entered it.

    Attributes:
        con_id: Contract id of the instrument.
        account: The account it is for.
        side: Buy or sell.
        quantity: Shares ordered.
        remaining: Shares not yet filled.
        order_type: The broker's name: MKT, LMT, STP, ...
        limit_price: None where the type has none; stop_price alike.
        tif: Time in force: DAY, GTC, ...
        status: The broker's word: Submitted, PreSubmitted, ...
        order_id: Unique per client id only, and reused: never an identity.
        client_id: Who entered it: 0 by hand, another number a program.
        perm_id: Unique per account; 0 until the broker has acknowledged.
        order_ref: The text its sender gave it.
    """

    con_id: int
    account: str
    side: Side
    quantity: Decimal
    remaining: Decimal
    order_type: str
    limit_price: float | None
    stop_price: float | None
    tif: str
    status: str
    order_id: int
    client_id: int
    perm_id: int
    order_ref: str

    @property
    def filled(self) -> Decimal:
        """Shares that have traded; none where more is said to remain than was ordered."""
        return max(Decimal(0), self.quantity - self.remaining)

    @property
    def ours(self) -> bool:
        """Whether this program sent it, judged by its reference."""
        return self.order_ref.startswith(REF_PREFIX)

    def same_as(self, other: "OpenOrder") -> bool:
        """Say whether both are one order; what has no permanent id yet is told by its number."""
        if self.perm_id and other.perm_id:
            return self.perm_id == other.perm_id
        named = (self.client_id, self.order_id)
        return self.order_id != 0 and named == (other.client_id, other.order_id)

    def __str__(self) -> str:
        price = self.stop_price if self.limit_price is None else self.limit_price
        at = "" if price is None else f" @ {quoted(price)}"
        return f"{self.side} {self.remaining.normalize():f} {self.order_type}{at} {self.tif}"


class SendAt(Enum):
    """When an intent may be sent."""

    NOW = "now"
    NEXT_OPEN = "next open"
    ANY_TIME = "any time"

    def __str__(self) -> str:
        return self.value


@frozen
class OrderIntent:
    """
    A full-close sell that we mean to send; the same facts give the same intent.

    Attributes:
        mode: Dry-run, paper or live.
        account: The account that holds the position.
        instrument: What to sell.
        rule: The rule that signalled.
        bar_end: End of the bar that closed below, UTC.
        epoch: Counts how often this position has gone flat before.
        quantity: Whole shares to sell, above zero.
        residual: The fraction of a share that stays.
        cancels: Orders on the position that must be gone, confirmed, before the sale.
        send_at: At once in the session, or, because the bar closed it, at the next
            open, or at any time: the broker holds it until the open.
        order_type: What the order is to be; an intent is the same whatever it is.
    """

    mode: Mode
    account: str
    instrument: Instrument
    rule: MovingAverageRule
    bar_end: datetime
    epoch: int
    quantity: int
    residual: Decimal
    cancels: tuple[OpenOrder, ...]
    send_at: SendAt
    order_type: OrderType = OrderType.MARKET

    @cached_property
    def intent_id(self) -> str:
        """
        A function of what the intent is about, never of the clock on the wall.

        Shape: 32 hexadecimal digits.
        """
        from hashlib import sha256  # here: a command that makes no order need not wait for it

        about = (
            self.mode,
            self.account,
            self.instrument.con_id,
            self.rule,
            iso(self.bar_end),
            self.epoch,
        )
        return sha256("|".join(map(str, about)).encode()).hexdigest()[:32]

    @property
    def order_ref(self) -> str:
        """The reference the order is sent with, and found again by."""
        return REF_PREFIX + self.intent_id[:16]

    def __str__(self) -> str:
        words = [f"SELL {self.quantity} {self.order_type} DAY"]
        if self.cancels:
            words.append("after cancelling " + " and ".join(map(str, self.cancels)))
        if self.send_at is SendAt.NEXT_OPEN:
            words.append("at the next open")
        if self.residual:
            words.append(f"leaving {self.residual.normalize():f}")
        return ", ".join(words)
