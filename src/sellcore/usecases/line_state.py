"""What a watch knows of its line to the broker."""

from datetime import datetime

from attrs import define


@define
class LineState:
    """
    What is known so far of the line. Only use cases change it.

    Attributes:
        attempts: Failures since everything could be read.
        retry_at: When to try next, UTC, or None while the line stands.
        servers_lost_at: When the gateway was first seen without the broker behind it, UTC,
            or when it was last connected to again for that; None while it is not.
        out_of_reach_since: When the broker was last reached before it was not, UTC, or None.
    """

    attempts: int = 0
    retry_at: datetime | None = None
    servers_lost_at: datetime | None = None
    out_of_reach_since: datetime | None = None
