"""Sessions: one exchange trading day each, as UTC instants."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime

from attrs import field, frozen

from sellcore.errors import InvalidValue
from sellcore.instant import utc


@frozen(order=True, cache_hash=True)
class Session:
    """
    One exchange trading day.

    Attributes:
        day: The exchange's own date for the session.
        open: First instant of regular hours, UTC.
        close: First instant after regular hours, UTC; early on a half day.
        zone: IANA name of the exchange's time zone; clock hours are cut in it.
    """

    day: date
    open: datetime = field(converter=utc)
    close: datetime = field(converter=utc)
    zone: str

    def __attrs_post_init__(self) -> None:
        if not self.open < self.close:
            raise InvalidValue(f"session {self.day}: opens {self.open}, closes {self.close}")

    def contains(self, moment: datetime) -> bool:
        """Say whether ``moment`` lies in [open, close)."""
        return self.open <= moment < self.close


def overlay(table: Iterable[Session], told: Mapping[date, Session | None]) -> tuple[Session, ...]:
    """
    Return the table's sessions, corrected by what the broker told of single days.

    Args:
        table: Sessions of a calendar.
        told: The broker's word for a date: its session, or None for closed.

    Returns:
        All sessions in order of date; the broker's word wins where it has one.
    """
    days: dict[date, Session | None] = {session.day: session for session in table}
    days.update(told)
    return tuple(session for _, session in sorted(days.items()) if session is not None)
