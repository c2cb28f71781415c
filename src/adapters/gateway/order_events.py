"""What happens to orders, as values: the exchange tells them, the reports pass them on."""

from enum import Enum

from attrs import frozen

from adapters.gateway.orders import Execution, Order


class EventKind(Enum):
    """What happened; the values of those that are recorded are the ledger's words."""

    ACCEPTED = "accepted"
    MODIFIED = "modified"
    WORKING = "working"  # elected, released at the open, or bound: announced, not recorded
    EXECUTED = "executed"
    CORRECTED = "corrected"
    CANCELLED = "cancelled"
    EXPIRED = "expired"
    REJECTED = "rejected"
    WARNED = "warned"  # an error message about an order that goes on


RECORDED = frozenset(EventKind) - {EventKind.WORKING, EventKind.WARNED}
ENDED = frozenset({EventKind.CANCELLED, EventKind.EXPIRED})


@frozen
class OrderEvent:
    """
    One thing that happened to one order.

    Attributes:
        order: The order after it.
        execution: The fill, where there is one.
        code: The error code that tells the owner, 0 for none; text likewise.
    """

    kind: EventKind
    order: Order
    execution: Execution | None = None
    code: int = 0
    text: str = ""
