"""``--arm-until HH:MM``: until when a run without a terminal may send."""

import re
from datetime import datetime, tzinfo

from sellcore.errors import ConfigError
from sellcore.instant import utc

_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


def arm_until(text: str, now: datetime, zone: tzinfo | None = None) -> datetime:
    """
    Return the instant today at which the clock of this machine shows ``text``.

    Args:
        text: ``HH:MM``, from 00:00 to 23:59.
        now: The present.
        zone: The clock's time zone; None for the machine's own.

    Raises:
        ConfigError: it is no time of day, has passed, or the clock skips it today.
    """
    match = _CLOCK.fullmatch(text.strip())
    if match is None:
        raise ConfigError(f"--arm-until {text[:20]!r} is not a time of day as HH:MM, e.g. 16:05")
    here = utc(now).astimezone(zone)
    # Without a zone, so that the one in force at that hour is looked up, not the present one.
    # Where the clock shows it twice today, the first time is meant: the shorter leave.
    wanted = datetime(here.year, here.month, here.day, int(match[1]), int(match[2]))
    moment = utc(wanted.astimezone() if zone is None else wanted.replace(tzinfo=zone))
    if moment.astimezone(zone).replace(tzinfo=None) != wanted:
        raise ConfigError(f"--arm-until {match[0]} does not exist today: the clock skips it")
    if moment <= utc(now):
        raise ConfigError(
            f"--arm-until {match[0]} has passed, it is {here:%H:%M} here; give a later time"
        )
    return moment
