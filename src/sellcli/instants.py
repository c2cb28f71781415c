"""Instants as people type them behind a flag."""

from datetime import UTC, datetime

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
