"""An intent as the journal holds it: what is meant, where it stands, what is known of it."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from attrs import evolve, field, frozen
from attrs.converters import optional

from sellcore.instant import utc
from sellcore.order import OrderIntent
from sellcore.selling.lifecycle import Happening, State, after


@frozen
class IntentRecord:
    """
    One intent on record.

    Attributes:
        intent: What is meant.
        state: Where it stands; changed by ``moved`` alone.
        decided_at: When it was decided, UTC.
        not_before: It is not sent earlier, UTC.
        deadline: It is not sent later, UTC.
        held: Shares held when it was decided.
        close: The close that signalled, in the instrument's currency.
        average: The average it lay below.
        bars_used: How many bars the average was made of.
        asked_to_go: Permanent ids of the orders that were asked to be cancelled.
        client_id: The client id it is sent with; None before it is sent.
        order_id: The number it is sent with.
        quantity: Whole shares that are sent.
        limit_price: None for a market order.
        position_before: Shares held at the last reading before it was sent.
        sent_at: When it was written to the wire, UTC.
        perm_id: The broker's permanent id; 0 until one was told.
        filled: Shares that executions show.
        average_price: What they were sold at, per share.
        words: The last line on it: our reasons, or the broker's words.
    """

    intent: OrderIntent
    state: State
    decided_at: datetime = field(converter=utc)
    not_before: datetime = field(converter=utc)
    deadline: datetime = field(converter=utc)
    held: Decimal
    close: float
    average: float
    bars_used: int
    asked_to_go: tuple[int, ...] = ()
    client_id: int | None = None
    order_id: int | None = None
    quantity: int | None = None
    limit_price: float | None = None
    position_before: Decimal | None = None
    sent_at: datetime | None = field(default=None, converter=optional(utc))
    perm_id: int = 0
    filled: Decimal = Decimal(0)
    average_price: float | None = None
    words: str = ""

    @property
    def intent_id(self) -> str:
        """Names the intent."""
        return self.intent.intent_id

    @property
    def con_id(self) -> int:
        """The contract id of what is to be sold."""
        return self.intent.instrument.con_id


@frozen
class Move:
    """
    One step in the life of an intent.

    Attributes:
        before: The record as it was.
        happening: What moved it.
        record: The record as it is now.
        at: When, UTC.
    """

    before: IntentRecord
    happening: Happening
    record: IntentRecord
    at: datetime = field(converter=utc)


def moved(
    record: IntentRecord, happening: Happening, at: datetime, words: str = "", **known: Any
) -> Move:
    """
    Return the step that ``happening`` makes of a record.

    Args:
        record: As it is.
        happening: What moves it.
        at: When, UTC.
        words: Why, one line.
        known: What is known from now on: fields of the record.

    Raises:
        IllegalMove: the table of moves has none for it.
    """
    state = after(record.state, happening)
    return Move(record, happening, evolve(record, state=state, words=words, **known), at)
