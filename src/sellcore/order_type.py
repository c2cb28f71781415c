"""What kind of order a sale is; apart from orders, for settings are read quicker without them."""

from enum import Enum


class OrderType(Enum):
    """At the market, or at a limit that the market meets."""

    MARKET = "MKT"
    LIMIT = "LMT"

    def __str__(self) -> str:
        return self.value
