"""The journal port: what is meant and what came of it, durable before the act."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from attrs import field, frozen

from sellcore.selling.execution import Commission, Execution
from sellcore.selling.intent_record import IntentRecord, Move


@frozen
class Entry:
    """
    One event on record; events are only ever added.

    Attributes:
        at: When, UTC.
        intent_id: Which intent it is about; empty where it is about none.
        what: The happening's name, or the kind of a note.
        words: One line.
        details: A JSON object with the facts.
    """

    at: datetime
    intent_id: str
    what: str
    words: str
    details: str = "{}"


@frozen
class Sent:
    """
    What has been sent since some instant.

    Attributes:
        orders: How many orders.
        values: What they were worth, by currency.
    """

    orders: int = 0
    values: Mapping[str, float] = field(factory=dict)

    def value_in(self, currency: str) -> float:
        """Return what the orders in one currency were worth."""
        return self.values.get(currency, 0.0)

    def with_order(self, currency: str, value: float) -> "Sent":
        """Return what has been sent with one order more."""
        values = {**self.values, currency: self.value_in(currency) + value}
        return Sent(self.orders + 1, values)


class Journal(Protocol):
    """
    The record of one account in one mode.

    Everything is on disk when a method returns. A method that raises
    StorageError has stored nothing: whatever was to follow must not happen.
    """

    def prepare(self, records: Sequence[IntentRecord]) -> Sequence[IntentRecord]:
        """
        Put new intents on record and return what is on record for them.

        One that is on record already stays as it is there. One whose position
        has another open intent is not recorded, and left out of the answer.
        The answer has the order of ``records``, and each intent once.

        Raises:
            StorageError: nothing of this call is stored; an intent may be of
                another account or mode than the journal.
            IllegalMove: one of them is not in the state PREPARED.
        """
        ...

    def record(self, moves: Sequence[Move]) -> None:
        """
        Store all steps, or none of them.

        Raises:
            StorageError: it could not be written.
            IllegalMove: a record is no longer as a step found it, the step is
                not in the table of moves or changes the intent itself, or it is
                about to be sent without client id, number, quantity and time.
        """
        ...

    def note(self, entries: Sequence[Entry]) -> None:
        """Add events that move no intent, whether it is on record or not; raises StorageError."""
        ...

    def open_intents(self) -> Sequence[IntentRecord]:
        """Return the intents that have not ended, the oldest first."""
        ...

    def intents(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Sequence[IntentRecord]:
        """
        Return intents, the oldest first.

        Args:
            since: Decided at this instant or later; with a zone.
            ticker: Only those of this ticker, in any case.
        """
        ...

    def entries(self, intent_id: str) -> Sequence[Entry]:
        """Return the events of one intent in the order they came; of none for an empty id."""
        ...

    def sent_since(self, moment: datetime) -> Sent:
        """
        Return how much was sent at or after ``moment``, whatever became of it.

        What was held back before it was written has not been sent.
        """
        ...

    def failed_sends(self, con_id: int) -> int:
        """
        Return how many orders of a position came to nothing in a row.

        They were rejected, or went out and are nowhere; one that was held back
        never did. One that works, was filled or was cancelled ends the row, and so
        does a position that went flat; an intent that never came so far, or of
        which nothing is known yet, does not.
        """
        ...

    def highest_order_id(self, client_id: int) -> int:
        """Return the highest order number that was ever used under a client id, or 0."""
        ...

    def add_trades(
        self, executions: Sequence[Execution], commissions: Sequence[Commission]
    ) -> None:
        """Store trades and their costs; what is known already stays once. Raises StorageError."""
        ...

    def trades(
        self, since: datetime | None = None
    ) -> tuple[Sequence[Execution], Sequence[Commission]]:
        """
        Return the stored executions by time, corrections included, and their commissions.

        Without ``since`` commissions of unknown executions are among them.
        """
        ...

    def epochs(self) -> Mapping[int, int]:
        """Return how often each position has gone flat, by contract id; 0 may be left out."""
        ...

    def seen(self, quantities: dict[int, Decimal], at: datetime) -> None:
        """
        Take note of all positions as just read; raises StorageError.

        Args:
            quantities: Shares by contract id; a position that was held and is
                not among them, or with none, or on the other side of none, has
                gone flat, and its epoch rises.
            at: When the reading had ended.
        """
        ...

    def told_since(self) -> Mapping[int, datetime]:
        """Return when each position was first read as it was last, by contract id."""
        ...
