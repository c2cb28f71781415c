"""The session calendar port."""

from datetime import date
from typing import Protocol

from sellcore.session import Session


class SessionCalendar(Protocol):
    """Knows the trading days of exchanges, early closes included."""

    def sessions(self, exchange: str, first: date, last: date) -> tuple[Session, ...]:
        """
        Return the sessions of [first, last], in order.

        Args:
            exchange: IB's name of the primary listing exchange, e.g. ``NASDAQ``.
            first: First exchange date.
            last: Last exchange date, included.

        Raises:
            CalendarError: the exchange is unknown, or the range leaves what is known.
        """
        ...
