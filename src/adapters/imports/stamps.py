"""The times of bars as files write them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime
from enum import Enum
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.errors import ConfigError

_DAY = 86_400
_UNITS = (1, 10**3, 10**6, 10**9)
"""Seconds, and the parts of one that programs count in."""

_FIRST, _LAST = 315_532_800, 4_102_444_800
"""Seconds since 1970 UTC: 1980 and 2100. A number outside is no time in that unit."""

_EPOCH = date(1970, 1, 1).toordinal()


class Kind(Enum):
    """How much of a time is written; the value is how a message calls it."""

    DATE = "a date"
    WALL = "a time without a zone"
    INSTANT = "a time with its zone"


@frozen(eq=False)
class Stamps:
    """
    The times of a file, in the order of its rows.

    Attributes:
        kind: The same for all of them.
        wall: Shape (n,), seconds since 1970 as the clock there shows them.
        instant: Shape (n,), seconds since 1970 UTC; where the zone is not known, ``wall``.
    """

    kind: Kind
    wall: NDArray[np.int64]
    instant: NDArray[np.int64]


def known_zone(name: str) -> ZoneInfo:
    """
    Return a zone by its IANA name.

    Raises:
        ConfigError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ConfigError(
            f"--zone {name!r} is no time zone, e.g. America/New_York or UTC"
        ) from None


def read_stamps(
    path: Path,
    values: Sequence[object],
    lines: Sequence[int],
    form: str | None,
    zone: ZoneInfo | None,
) -> Stamps:
    """
    Read the times of a file.

    Args:
        path: For complaints.
        values: Texts, dates, datetimes, or numbers of seconds since 1970 UTC (or of
            thousandths, millionths and so on).
        lines: Where each stands.
        form: How the texts are written, as strptime knows it; None for ISO 8601.
        zone: Of times that are written without one; None where it is not known.

    Raises:
        ConfigError: the line that holds no time, or one of another kind than those before.
    """
    moments = [_moment(path, value, line, form) for value, line in zip(values, lines, strict=True)]
    kinds = list(map(_kind, moments))
    for row, kind in enumerate(kinds):
        if kind is not kinds[0]:
            raise ConfigError(
                f"{path}: line {lines[row]}: ts {str(values[row])!r} is {kind.value}, "
                f"{str(values[0])!r} on line {lines[0]} is {kinds[0].value}; "
                "write all of them alike"
            )
    kind = kinds[0] if kinds else Kind.DATE
    wall = np.array([_wall(moment) for moment in moments], dtype=np.int64)
    instant = wall
    if kind is Kind.INSTANT or (kind is Kind.WALL and zone is not None):
        instant = np.array([_instant(moment, zone) for moment in moments], dtype=np.int64)
    return Stamps(kind, wall, instant)


def _moment(path: Path, value: object, line: int, form: str | None) -> date:
    if isinstance(value, date):
        return value
    text = "" if value is None else str(value).strip()
    try:
        if form is not None:
            return _formed(text, form)
        number = _number(text)
        if number is not None:
            return number
        return date.fromisoformat(text) if len(text) in (8, 10) else datetime.fromisoformat(text)
    except (ValueError, OverflowError):
        expected = "ISO 8601, e.g. 2022-05-20 or 2022-05-20T13:30:00Z" if form is None else form
        raise ConfigError(
            f"{path}: line {line}: ts {text[:40]!r} is not {expected}; "
            "rewrite it, or say how it is written with 'sellcli import --stamp-format'"
        ) from None


def _formed(text: str, form: str) -> date:
    moment = datetime.strptime(text, form)
    return moment if "%H" in form or "%I" in form else moment.date()


def _number(text: str) -> datetime | None:
    """Return the instant that a count of seconds, or of a part of one, stands for."""
    digits = text.partition(".")[0]
    if not digits.isdigit() or len(digits) <= len("20220520"):
        return None
    for unit in _UNITS:
        seconds = int(digits) // unit
        if _FIRST <= seconds <= _LAST:
            return datetime.fromtimestamp(seconds, UTC)
    return None


def _kind(moment: date) -> Kind:
    if not isinstance(moment, datetime):
        return Kind.DATE
    return Kind.WALL if moment.tzinfo is None else Kind.INSTANT


def _wall(moment: date) -> int:
    days = (moment.toordinal() - _EPOCH) * _DAY
    if not isinstance(moment, datetime):
        return days
    return days + moment.hour * 3600 + moment.minute * 60 + moment.second


def _instant(moment: date, zone: ZoneInfo | None) -> int:
    assert isinstance(moment, datetime)  # noqa: S101 - a date was sorted out by its kind
    zoned = moment if moment.tzinfo is not None else moment.replace(tzinfo=zone)
    return int(zoned.timestamp() // 1)


def shown_in(zone: ZoneInfo, instants: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return what the clocks of a zone show, seconds since 1970, shape (n,)."""
    moments = (datetime.fromtimestamp(second, zone) for second in instants.tolist())
    return np.array([_wall(moment) for moment in moments], dtype=np.int64)
