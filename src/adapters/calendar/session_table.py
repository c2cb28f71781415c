"""The session calendar over the shipped tables."""

from datetime import date, datetime, timedelta
from functools import cache, lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from adapters.calendar.exchanges import CALENDARS
from adapters.calendar.tables import HoursTable, read_table
from sellcore.errors import CalendarError
from sellcore.session import Session


class SessionTable:
    """
    Knows the sessions of the exchanges in ``CALENDARS``, from checked tables.

    A midday break (Tokyo, Hong Kong) does not split a session: it runs from the
    first open to the last close, and nothing trades in between. Future days are
    as the source knew them; the broker's own word for a date (``overlay``)
    stands above them.

    Source:
        exchange_calendars, in the version that ``tables/regular.csv`` names;
        decision 0005.
    """

    def sessions(self, exchange: str, first: date, last: date) -> tuple[Session, ...]:
        """
        Return the sessions of [first, last], in order; the same question, the same tuple.

        Args:
            exchange: IB's name of the primary listing exchange, in any case.
            first: First exchange date.
            last: Last exchange date, included; before ``first``, there are none.

        Raises:
            CalendarError: the exchange is unknown, or the range leaves what is known.
        """
        name = exchange.strip().upper()
        if name not in CALENDARS:
            raise CalendarError(
                f"no sessions are known for exchange {exchange!r}, only for "
                f"{', '.join(sorted(CALENDARS))}; name it as Interactive Brokers does, or "
                "leave its holdings unassigned"
            )
        table = read_table(CALENDARS[name])
        for day in (first, last):
            if not table.first <= day <= table.last:
                raise CalendarError(
                    f"the sessions of {name} are known from {table.first} to {table.last}, not on "
                    f"{day}; ask for days within, or install a sellcli with newer tables"
                )
        return _between(CALENDARS[name], first, last)


@lru_cache(maxsize=1024)
def _between(calendar: str, first: date, last: date) -> tuple[Session, ...]:
    years = range(first.year, last.year + 1)
    return tuple(
        session
        for year in years
        for session in _year(calendar, year)
        if first <= session.day <= last
    )


@cache
def _year(calendar: str, year: int) -> tuple[Session, ...]:
    table = read_table(calendar)
    zone = _zone(table.zone)
    first = max(date(year, 1, 1), table.first)
    last = min(date(year, 12, 31), table.last)
    days = (first + timedelta(days) for days in range((last - first).days + 1))
    found = (_session(table, zone, day) for day in days)
    return tuple(session for session in found if session is not None)


def _session(table: HoursTable, zone: ZoneInfo, day: date) -> Session | None:
    hours = table.hours(day)
    if hours is None:
        return None
    opens, closes = (datetime.combine(day, clock, zone) for clock in hours)
    return Session(day, opens, closes, table.zone)


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except ZoneInfoNotFoundError:
        raise CalendarError(
            f"time zone {name} is not on this machine; install the tzdata package"
        ) from None
