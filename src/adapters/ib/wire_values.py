"""Single values as a gateway writes them; what is malformed raises ValueError."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from math import nan
from zoneinfo import ZoneInfo

from adapters.ib.notices import one_line
from adapters.ib.zones import zone_of
from sellcore.order import Side

UNSET = 1e300
"""The broker's doubles for "not set" lie above; no price or quantity does."""

_INSTANT = re.compile(r"(?P<day>\d{8})(?P<dash>-)?\s*(?P<clock>\d\d:\d\d:\d\d)(?P<zone>\s.*)?")


def side(word: str) -> Side:
    """Return the side that an order's action or an execution's side names."""
    if word in ("BUY", "BOT"):
        return Side.BUY
    if word in ("SELL", "SSHORT", "SLONG", "SLD"):
        return Side.SELL
    raise ValueError(f"order action {one_line(word)!r}")


def decimal(text: str) -> Decimal:
    """Return the decimal on the wire."""
    try:
        return finite(Decimal(text))
    except InvalidOperation:
        raise ValueError(f"quantity {one_line(text)!r}") from None


def finite(value: Decimal) -> Decimal:
    """Return a quantity, which is never endless, nor the broker's mark for none."""
    if not value.is_finite() or abs(value) >= UNSET:
        raise ValueError(f"quantity {value}")
    return value


def quantity(value: float) -> Decimal:
    """Return the decimal that was sent; ib_async hands on the float nearest to it."""
    return finite(Decimal(repr(value))) if abs(value) < UNSET else Decimal(0)


def number(text: str) -> float:
    """Return a number, NaN where there is none."""
    try:
        return float(text)
    except ValueError:
        return nan


def amount(text: str) -> float | None:
    """Return an amount of money, or None where the broker tells none."""
    value = number(text)
    return value if abs(value) < UNSET else None


def instant(text: str, zone: str | None = None) -> datetime:
    """
    Return the instant of a clock time and its zone: three forms are in use.

    ``20220520 09:30:00 US/Eastern`` names the zone, in any spelling;
    ``20220520-13:30:00`` is UTC; ``20220520  14:30:00`` is the clock of the
    machine that the gateway runs on.

    Args:
        text: As it was sent.
        zone: IANA name of that machine's zone, where it is known.
    """
    match = _INSTANT.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"time {one_line(text)!r}")
    named = (match["zone"] or "").strip()
    found = zone_of(named) if named else "UTC" if match["dash"] else zone
    if found is None:
        raise ValueError(f"time {one_line(text)!r} has no zone that is known")
    local = datetime.strptime(f"{match['day']} {match['clock']}", "%Y%m%d %H:%M:%S")
    return local.replace(tzinfo=ZoneInfo(found)).astimezone(UTC)
