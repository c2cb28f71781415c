"""Dates and instants as people type them."""

from datetime import UTC, date, datetime

from sellcore.errors import ConfigError


def typed_instant(text: str | None, flag: str) -> datetime | None:
    """
    Read a date or an instant in ISO 8601; without a zone it is UTC, a date its midnight.

    Raises:
        ConfigError: it is neither; the message names ``flag``.
    """
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise ConfigError(
            f"{flag} {text!r} is not a date or an instant, e.g. 2022-05-20 or 2022-05-20T14:00Z"
        ) from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def typed_date(text: str | None, flag: str = "") -> date | None:
    """
    Read a date in ISO 8601.

    Raises:
        ConfigError: it is none; the message names ``flag``, if it came behind one.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigError(f"{flag} {text!r} is not a date, e.g. 2022-05-20".lstrip()) from None
