"""
Instants: scalar ones are aware ``datetime`` in UTC, arrays hold whole seconds.

Nothing in the core keeps a naive or a local time; a zone is met only where a
session's clock hours are cut and where a person is shown a time.
"""

from datetime import UTC, datetime
from math import floor

from sellcore.errors import InvalidValue


def utc(moment: datetime) -> datetime:
    """Return the same instant in UTC; a naive time raises InvalidValue."""
    if moment.tzinfo is UTC:
        return moment  # as nearly always
    if moment.tzinfo is None:
        raise InvalidValue(f"{moment!r} has no time zone; instants are in UTC")
    return moment.astimezone(UTC)


def to_epoch(moment: datetime) -> int:
    """Return whole seconds since 1970-01-01 UTC, rounded down."""
    return floor(utc(moment).timestamp())


def from_epoch(seconds: int) -> datetime:
    """Return the UTC instant that lies ``seconds`` after 1970-01-01."""
    return datetime.fromtimestamp(int(seconds), UTC)


def iso(moment: datetime) -> str:
    """Return ISO 8601 in UTC with a Z: ``2022-05-20T14:00:00Z``."""
    return utc(moment).isoformat().replace("+00:00", "Z")
