"""Orders that have worked and that no list tells of: gone, or left out."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from attrs import frozen

from sellcore.order import OpenOrder

GONE = timedelta(seconds=20)
"""An order that worked, and that no list has told of for so long, has ended."""


@frozen
class MissingOrder:
    """
    An order that has worked, and of which no list tells any more, not even its end.

    Attributes:
        order: As it was last listed.
        since: The first reading that left it out, UTC.
    """

    order: OpenOrder
    since: datetime


def looked_for(
    listed: Iterable[OpenOrder], missing: Sequence[MissingOrder], read_at: datetime
) -> tuple[MissingOrder, ...]:
    """
    Return what a reading must tell of, with when it was first left out, if it is again.

    One list that leaves an order out proves nothing, nor do two in the same second.

    Args:
        listed: What was listed before the reading.
        missing: What had been left out by then.
        read_at: When the reading began, UTC.
    """
    still = [each for each in missing if read_at - each.since < GONE]
    known = [each.order for each in missing]
    fresh = [order for order in listed if not any(order.same_as(each) for each in known)]
    return (*still, *(MissingOrder(order, read_at) for order in fresh))
