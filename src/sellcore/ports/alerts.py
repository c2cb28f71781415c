"""The alerts port: telling a person who is not looking at the screen."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum
from typing import Protocol

from attrs import frozen


class Cause(Enum):
    """What an alert is about; the value is what a receiver is given."""

    SIGNAL = "signal"
    SENT = "sent"
    FILLED = "filled"
    CANCELLED = "cancelled"
    DENIED = "denied"
    LAPSED = "lapsed"
    REJECTED = "rejected"
    NOT_SENT = "not sent"
    UNKNOWN = "unknown"
    PROTECTION_GONE = "protection gone"
    DISCONNECTED = "disconnected"
    MISSED = "missed"
    HALTED = "halted"
    ENDED = "ended"
    STUCK = "stuck"
    TEST = "test"

    def __str__(self) -> str:
        return self.value


@frozen
class Notice:
    """
    Something a person should be told wherever they are.

    Attributes:
        at: When, UTC.
        cause: What it is about.
        account: The account; its mode is in ``facts``.
        text: One line, with what to do where there is something to do.
        facts: Names and values for a program that reads it.
    """

    at: datetime
    cause: Cause
    account: str
    text: str
    facts: Mapping[str, str | int | float | None]


class Alerts(Protocol):
    """Carries notices to a person. It never blocks whoever sells, and never raises."""

    def send(self, notice: Notice) -> None:
        """Hand a notice over; it is delivered while the caller goes on."""
        ...

    def failures(self) -> Sequence[str]:
        """Return one line for each delivery that failed since the last call."""
        ...
