"""Numbers and times as people read them."""

from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from math import isfinite
from zoneinfo import ZoneInfo

from sellcore.order import OpenOrder, Side
from sellcore.quoting import quoted
from sellcore.status import Status, StatusRow

NONE = "-"
"""Stands where there is no value."""


def price(value: float | None) -> str:
    """Return a quoted price: two decimals, more only where it has them."""
    if value is None:
        return NONE
    whole, _, cents = quoted(value).partition(".")
    return f"{int(whole):,}.{cents}"


def average(value: float | None) -> str:
    """Return a computed price, rounded for a table."""
    if value is None or not isfinite(value):
        return NONE
    return f"{value:,.2f}" if abs(value) >= 1 else f"{value:.4f}"


def percent(value: float | None) -> str:
    """Return a signed percentage with two decimals."""
    return NONE if value is None else f"{value:+.2f} %"


def shares(quantity: Decimal) -> str:
    """Return a count of shares without idle zeros."""
    return f"{quantity.normalize():,f}"


def zones(status: Status) -> tuple[str, ...]:
    """Return the time zones of the exchanges that the holdings trade on."""
    found = {s.zone for row in status.rows for s in row.holding.sessions[-1:]}
    return tuple(sorted(found))


def zone_of(row: StatusRow) -> str:
    """Return the zone of a holding's exchange, UTC where none is known."""
    sessions = row.holding.sessions
    return sessions[-1].zone if sessions else "UTC"


def clock_in(moment: datetime, zone: str) -> str:
    """Return the time of day in ``zone``: ``10:31``."""
    return f"{moment.astimezone(ZoneInfo(zone)):%H:%M}"


def bar_name(end: datetime, now: datetime, zone: str) -> str:
    """Return the time of day at which a bar ended, with the weekday where that is not today's."""
    there = end.astimezone(ZoneInfo(zone))
    same_day = there.date() == now.astimezone(ZoneInfo(zone)).date()
    return f"{there:%H:%M}" if same_day else f"{there:%a %H:%M}"


def both_times(moment: datetime, exchange_zones: Iterable[str]) -> str:
    """Return date and time at the exchanges, and the local time beside them."""
    parts = []
    for zone in exchange_zones:
        there = moment.astimezone(ZoneInfo(zone))
        parts.append(f"{there:%a %Y-%m-%d %H:%M} {zone.rpartition('/')[2].replace('_', ' ')}")
    if not parts:
        parts.append(f"{moment.astimezone(UTC):%a %Y-%m-%d %H:%M} UTC")
    here = moment.astimezone()
    return f"{', '.join(parts)} ({here:%H:%M} {here:%Z} here)"


def bar_time(row: StatusRow) -> str:
    """Return when the newest bar ends, at the exchange; ``~`` marks one that is forming."""
    if row.quote is None:
        return NONE
    mark = "~" if row.quote.forming else ""
    return mark + clock_in(row.quote.bar_end, zone_of(row))


def short_order(order: OpenOrder) -> str:
    """Return type and price of a sell order, for a narrow table; a buy says so."""
    level = order.stop_price if order.limit_price is None else order.limit_price
    words = [] if order.side is Side.SELL else [str(order.side)]
    words += [order.order_type] if level is None else [order.order_type, quoted(level)]
    return " ".join(words)
