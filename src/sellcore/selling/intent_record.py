"""An intent as the journal holds it: what is meant, where it stands, what is known of it."""

from datetime import datetime
from decimal import Decimal
from typing import TypedDict, Unpack

from attrs import evolve, field, frozen
from attrs.converters import optional

from sellcore.errors import IllegalMove
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
        sent_at: When the send began, UTC: on record before it is on the wire.
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


class Known(TypedDict, total=False):
    """What a step can come to know of an intent: fields of the record, by their names."""

    asked_to_go: tuple[int, ...]
    client_id: int
    order_id: int
    quantity: int
    limit_price: float | None
    position_before: Decimal
    sent_at: datetime
    perm_id: int
    filled: Decimal
    average_price: float | None


def moved(
    record: IntentRecord,
    happening: Happening,
    at: datetime,
    words: str = "",
    **known: Unpack[Known],
) -> Move:
    """
    Return the step that ``happening`` makes of a record.

    Args:
        record: As it is.
        happening: What moves it.
        at: When, UTC.
        words: Why, one line.
        known: What is known from now on.

    Raises:
        IllegalMove: the table of moves has none for it.
    """
    state = after(record.state, happening)
    return Move(record, happening, evolve(record, state=state, words=words, **known), at)


def check(move: Move) -> None:
    """
    Hold a step against the table of moves, and against what a send needs.

    Raises:
        IllegalMove: the table has no such step, it changes what is meant, or an
            order would go out that could not be found again.
    """
    before, record = move.before, move.record
    meant = after(before.state, move.happening)
    if record.state is not meant:
        raise IllegalMove(
            f"an intent that is {before.state} becomes {meant} when {move.happening},"
            f" not {record.state}"
        )
    if record.intent is not before.intent and record.intent != before.intent:
        raise IllegalMove(
            f"a step of intent {before.intent_id} changes what is meant; make another intent"
        )
    if move.happening is Happening.SENDING:
        sent_order(record)


def check_new(record: IntentRecord) -> None:
    """Raise IllegalMove for a record that does not begin where every life does."""
    if record.state is not State.PREPARED:
        raise IllegalMove(
            f"intent {record.intent_id} goes on record as {State.PREPARED}, not as {record.state}"
        )


@frozen
class SentOrder:
    """
    What counts as sent once an intent is on record as SENDING.

    Attributes:
        client_id: The client id it is sent with.
        order_id: The number it is sent with.
        at: When it was written to the wire, UTC.
        value: What it is worth at its limit, or else at the close that signalled, in the
            instrument's currency.
    """

    client_id: int
    order_id: int
    at: datetime
    value: float


def sent_order(record: IntentRecord) -> SentOrder:
    """
    Return what counts as sent of a record that is SENDING.

    Raises:
        IllegalMove: a field is not known, without which nothing must be sent.
    """
    client_id, order_id, at = record.client_id, record.order_id, record.sent_at
    if client_id is None or order_id is None or at is None or record.quantity is None:
        raise IllegalMove(
            f"intent {record.intent_id} cannot be sent before its client id, order number,"
            " quantity and time are on record"
        )
    price = record.close if record.limit_price is None else record.limit_price
    value = record.quantity * price / record.intent.instrument.price_magnifier
    return SentOrder(client_id, order_id, at, value)
