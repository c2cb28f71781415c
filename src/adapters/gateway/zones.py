"""Time zones and times as a Gateway writes them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from adapters.gateway.faults import FaultKind
from adapters.gateway.switches import Switches
from sellcore.instant import from_epoch

_IB_NAMES = {"America/New_York": "US/Eastern", "America/Chicago": "US/Central"}
"""IB keeps older names for some zones; the others go by their IANA name."""

_WINDOWS_NAMES = {
    "America/New_York": "Eastern Standard Time",
    "America/Chicago": "Central Standard Time",
    "America/Toronto": "Eastern Standard Time",
    "Europe/London": "GMT Standard Time",
    "Asia/Tokyo": "Tokyo Standard Time",
    "Asia/Hong_Kong": "China Standard Time",
    "Australia/Sydney": "AUS Eastern Standard Time",
}
_WINDOWS_ELSEWHERE = "Central European Standard Time"


def zone_name(zone: str, switches: Switches) -> str:
    """Return how a zone is written: as IB does, or as Windows does under that fault."""
    if switches.on(FaultKind.WINDOWS_ZONE_NAMES):
        return _WINDOWS_NAMES.get(zone, _WINDOWS_ELSEWHERE)
    return _IB_NAMES.get(zone, zone)


def zoned_text(epoch: int, zone: str, switches: Switches) -> str:
    """Return ``20220520 09:30:00 US/Eastern``."""
    local = from_epoch(epoch).astimezone(ZoneInfo(zone))
    return f"{local:%Y%m%d %H:%M:%S} {zone_name(zone, switches)}"


def utc_text(moment: datetime) -> str:
    """Return ``20220520-13:30:00``."""
    return f"{moment.astimezone(UTC):%Y%m%d-%H:%M:%S}"
