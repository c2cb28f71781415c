"""What allows a run to sell."""

from datetime import datetime

from attrs import frozen


@frozen
class Arming:
    """
    A run that may sell, because a person said so.

    Attributes:
        account: The account it may sell from.
        until: When it disarms itself, UTC; None at its end.
    """

    account: str
    until: datetime | None = None
