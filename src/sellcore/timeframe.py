"""Timeframes: how long the bars are that a rule looks at."""

from enum import Enum

from sellcore.errors import InvalidValue


class Timeframe(Enum):
    """Hourly or daily; the value is the only spelling ever written."""

    HOUR = "1H"
    DAY = "D"

    def __str__(self) -> str:
        return self.value


class Granularity(Enum):
    """The bars that are fetched and stored; hourly ones are built from half hours."""

    HALF_HOUR = "30m"
    DAY = "1d"

    def __str__(self) -> str:
        return self.value


SOURCE = {Timeframe.HOUR: Granularity.HALF_HOUR, Timeframe.DAY: Granularity.DAY}
"""Which stored bars a timeframe is made of."""

_SPELLINGS = {
    **dict.fromkeys(("1H", "H", "60M", "1HOUR", "HOURLY"), Timeframe.HOUR),
    **dict.fromkeys(("D", "1D", "DAY", "DAILY"), Timeframe.DAY),
}


def parse_timeframe(text: str) -> Timeframe:
    """Read a timeframe as people spell it (1H, H, 1h, 60m; D, 1D, d)."""
    found = _SPELLINGS.get(text.strip().upper())
    if found is None:
        raise InvalidValue(f"timeframe {text.strip()!r} is not one of 1H, D")
    return found
