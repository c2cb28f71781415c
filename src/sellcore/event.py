"""What a running watch has to tell, as values; whoever listens decides how to show it."""

from datetime import datetime

from attrs import frozen

from sellcore.order import Mode, OpenOrder, OrderIntent
from sellcore.plan import Decision
from sellcore.selling.intent_record import IntentRecord
from sellcore.status import Status


@frozen
class Connected:
    """
    The broker answered.

    Attributes:
        time: UTC.
        server: Host, port and server version.
        account: The account that is watched.
        mode: Dry-run, paper or live.
    """

    time: datetime
    server: str
    account: str
    mode: Mode


@frozen
class Retrying:
    """
    The broker cannot be reached; we wait and try again.

    Attributes:
        time: UTC.
        reason: What was met and what to do, one line.
        again_at: When the next attempt is made, UTC.
    """

    time: datetime
    reason: str
    again_at: datetime


@frozen
class Progress:
    """How many of ``total`` history requests have been answered."""

    time: datetime
    done: int
    total: int


@frozen
class Table:
    """The state of every holding."""

    time: datetime
    status: Status


@frozen
class Decided:
    """
    A bar was decided and recorded.

    Attributes:
        time: UTC.
        decision: What, and why.
        zone: IANA name of the exchange's time zone, for people.
    """

    time: datetime
    decision: Decision
    zone: str


@frozen
class Prepared:
    """
    An order was prepared; in dry-run it goes no further.

    Attributes:
        time: UTC.
        intent: What would be sent.
        foreign: Orders on the position that we cannot cancel: because of them nothing
            would be sent.
    """

    time: datetime
    intent: OrderIntent
    foreign: tuple[OpenOrder, ...] = ()


@frozen
class OrderMoved:
    """An intent on record has moved on: it was sent, filled, denied, ..."""

    time: datetime
    record: IntentRecord


@frozen
class Alert:
    """Something a person should know, one line."""

    time: datetime
    text: str


@frozen
class Summary:
    """
    The end of a watch.

    Attributes:
        time: UTC.
        began: When it began, UTC.
        outcomes: How many bars were decided each way: (word, count).
        prepared: The orders that were prepared.
        undecided: Bars still waiting, one line each.
        sales: What became of this run's intents, in words, one line each.
        denied: How many were denied.
        unknown: Of how many it is not known what became of them.
    """

    time: datetime
    began: datetime
    outcomes: tuple[tuple[str, int], ...]
    prepared: tuple[OrderIntent, ...]
    undecided: tuple[str, ...]
    sales: tuple[str, ...] = ()
    denied: int = 0
    unknown: int = 0


Event = Connected | Retrying | Progress | Table | Decided | Prepared | OrderMoved | Alert | Summary
