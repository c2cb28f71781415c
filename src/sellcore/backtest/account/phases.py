"""What can happen at one moment, in the order it is taken."""

from enum import IntEnum


class Phase(IntEnum):
    """
    What can happen at one moment, the earlier the smaller.

    WITHIN: a limit was met within the bar that ends now. DECIDE: a bar has closed, and
    is decided. AT_CLOSE: an order is filled at the close itself. AT_OPEN: it is filled
    at the open of a bar that begins now.
    """

    WITHIN = 0
    DECIDE = 1
    AT_CLOSE = 2
    AT_OPEN = 3


Moment = tuple[int, Phase]
"""Seconds since 1970 UTC, and what happens then."""
