"""All that is known when an intent is to be sent."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Protocol

from attrs import frozen

from sellcore.order import Mode, OpenOrder, SendAt
from sellcore.policy import SKEW_BLOCK
from sellcore.selling.arming import Arming
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.limits import SellingPolicy
from sellcore.session import Session


@frozen
class Facts:
    """
    All that is known when an intent is to be sent; read just now.

    Attributes:
        record: The intent.
        now: UTC.
        mode: Of this run.
        policy: The trader's limits.
        arming: What allows this run to sell, or None.
        halted: Why a person has halted all selling, or None.
        line: Why the broker cannot be relied on, or None.
        reconciled: Whether journal and broker were compared since the line was last opened.
        skew: Our clock minus the broker's; None where it could not be read.
        session: The session that ``now`` lies in, or None.
        bars_read_at: When the bars it rests on were last read, UTC.
        bars_used: How many bars the average was made of.
        bars_needed: How many it needs.
        doubt: What speaks against the bars now, or None.
        suspended: Whether trading in it is halted; None where nobody tells.
        price: The newest price, or None.
        held: Shares held, as just read; 0 for none.
        selling: Shares that open orders would sell which are not asked to go.
        to_cancel: Orders on the position that we can cancel.
        foreign: Orders on the position that only somebody else can cancel.
        cancelled_sold: Shares that the orders we had cancelled sold meanwhile.
        orders_today: Orders sent today, before this one.
        value_today: What those in the same currency were worth.
        failed_sends: How many of its latest orders in turn were rejected or lost.
        vanished: Orders on the position that have worked, and of which no list tells any more.
        limit_price: What a limit order is to be set at; None for one at the market.
        no_limit: Why no limit can be set though one is wanted, or None.
        hidden_sale: The last sale of it, where the position does not show it yet; else None.
        overtaken: Why it is not meant any more, though every check may allow it, or None.
        unshown: Shares that trades have sold since the position is told as it is.
    """

    record: IntentRecord
    now: datetime
    mode: Mode
    policy: SellingPolicy
    arming: Arming | None
    halted: str | None
    line: str | None
    reconciled: bool
    skew: timedelta | None
    session: Session | None
    bars_read_at: datetime | None
    bars_used: int
    bars_needed: int
    doubt: str | None
    suspended: bool | None
    price: float | None
    held: Decimal
    selling: Decimal
    to_cancel: tuple[OpenOrder, ...]
    foreign: tuple[OpenOrder, ...]
    cancelled_sold: Decimal
    orders_today: int
    value_today: float
    failed_sends: int
    vanished: tuple[OpenOrder, ...] = ()
    hidden_sale: IntentRecord | None = None
    overtaken: str | None = None
    unshown: Decimal = Decimal(0)
    limit_price: float | None = None
    no_limit: str | None = None

    @property
    def clock_is_wrong(self) -> bool:
        """Whether our clock is not known to be the broker's, within what is let pass."""
        return self.skew is None or abs(self.skew) > SKEW_BLOCK

    @property
    def latest(self) -> datetime:
        """The last instant at which it may be written to the wire, UTC."""
        moments = [self.record.deadline]
        if self.arming is not None and self.arming.until is not None:
            moments.append(self.arming.until)
        if self.session is not None and self.record.intent.send_at is not SendAt.ANY_TIME:
            moments.append(self.session.close - self.policy.close_buffer)
        return min(moments)

    @property
    def quantity(self) -> int:
        """Whole shares to send: never more than were held when it was decided, or are free now."""
        free = self.held - self.selling
        return max(0, min(self.record.intent.quantity, int(free)))

    @property
    def value(self) -> float:
        """
        What they are worth at the newest price or the close that signalled, whichever is more,
        in the instrument's currency.

        A freak bid must not make a sale look smaller than it is.
        """
        price = max(self.price or 0.0, self.record.close)
        return self.quantity * price / self.record.intent.instrument.price_magnifier


class Held(Protocol):
    """What the checks on the position look at, live as in a backtest; see ``Facts``."""

    @property
    def held(self) -> Decimal:
        """Shares held; 0 for none."""

    @property
    def quantity(self) -> float:
        """Shares to send."""


class OrderSize(Protocol):
    """What the checks on size look at, live as in a backtest; described at ``Facts``."""

    @property
    def policy(self) -> SellingPolicy:
        """The trader's limits."""

    @property
    def quantity(self) -> float:
        """Shares to send."""

    @property
    def value(self) -> float:
        """What they are worth."""

    @property
    def orders_today(self) -> int:
        """Orders sent today, before this one."""

    @property
    def value_today(self) -> float:
        """What they were worth."""
