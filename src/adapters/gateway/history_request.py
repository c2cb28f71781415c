"""Reading reqHistoricalData: bar size, duration, end and what to show, checked."""

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from enum import Enum
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from attrs import frozen

from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.hours import Hours
from adapters.gateway.refused import Refused, invalid
from adapters.gateway.wire import truth, whole
from sellcore.instant import to_epoch


class Show(Enum):
    """What the prices of bars are of."""

    TRADES = "TRADES"
    MIDPOINT = "MIDPOINT"
    BID = "BID"
    ASK = "ASK"
    BID_ASK = "BID_ASK"
    ADJUSTED_LAST = "ADJUSTED_LAST"
    SCHEDULE = "SCHEDULE"


LIVE_SHOWS: Final = frozenset({Show.TRADES, Show.MIDPOINT, Show.BID, Show.ASK})
"""What can be kept up to date."""

_LONGEST: Final = {"S": 86_400, "D": 365, "W": 52, "M": 12, "Y": 68}
_INSTEAD: Final = {"S": "days", "D": "years", "W": "years", "M": "years", "Y": "fewer years"}
_DURATION: Final = re.compile(r"(\d{1,6}) ([SDWMY])", re.IGNORECASE)
_END: Final = re.compile(r"(\d{8})([ -])(\d{2}:\d{2}:\d{2})(?: (\S.*))?")
_SCHEDULE_VERSION: Final = 165


@frozen
class HistoryRequest:
    """
    One reqHistoricalData.

    Attributes:
        contract: The 12 contract fields.
        end: Bars up to here, UTC; None: now.
        count: How many of ``unit``: S, D, W, M or Y.
        date_format: 1 local text, 2 epoch seconds, 3 local text without the zone.
        live: Keep the last bars up to date.
    """

    req_id: int
    contract: tuple[str, ...]
    end: datetime | None
    size: BarSize
    count: int
    unit: str
    regular: bool
    show: Show
    date_format: int
    live: bool


def read_request(fields: Sequence[str], zone: str, version: int) -> HistoryRequest:
    """
    Read the fields of message 20.

    Args:
        fields: Message id first.
        zone: The login's, for an end without one.
        version: What was agreed with the client.

    Raises:
        Refused: with the error that a real Gateway answers.
    """
    tail = 21
    if fields[4] == "BAG":
        tail += 1 + 4 * whole(fields[21])
    size, show = _size(fields[16]), read_show(fields[19], version)
    count, unit = _duration(fields[17])
    live = truth(fields[tail]) if len(fields) > tail else False
    if show is Show.SCHEDULE and size is not BarSize.DAY:
        raise Refused(10295, "SCHEDULE data supports only 1 day bar size.")
    if live and fields[15].strip():
        raise _invalid("End date and time is not supported with keepUpToDate")
    if live and show not in LIVE_SHOWS:
        raise _invalid(f"Keep up to date is not supported for {show.value}")
    if show is Show.ADJUSTED_LAST and fields[15].strip():
        raise _invalid("End Date not supported with adjusted last")
    return HistoryRequest(
        req_id=whole(fields[1]),
        contract=tuple(fields[2:14]),
        end=_end(fields[15].strip(), zone),
        size=size,
        count=count,
        unit=unit,
        regular=truth(fields[18]),
        show=show,
        date_format=whole(fields[20]) or 1,
        live=live,
    )


def first_moment(request: HistoryRequest, hours: Hours, end: datetime) -> int:
    """
    Return where the answer begins, in seconds since 1970 UTC.

    Days are trading days, the one that ``end`` lies in or has passed included;
    seconds count back from the last trading instant; weeks, months and years
    go by the calendar of the exchange.
    """
    opened = hours.last_opened(end, 1)
    if request.unit == "S":
        last = min(end, opened[-1].close) if opened and request.regular else end
        return to_epoch(last) - request.count
    if request.unit == "D":
        sessions = hours.last_opened(end, request.count)
        first = sessions[0].day if sessions else hours.day_of(end)
    else:
        first = _back(hours.day_of(end), request.count, request.unit)
    midnight = datetime.combine(first, datetime.min.time(), hours.zone_info)
    return to_epoch(midnight)


def _back(day: date, count: int, unit: str) -> date:
    if unit == "W":
        return day - timedelta(weeks=count)
    months = count if unit == "M" else 12 * count
    year, month = divmod(day.year * 12 + day.month - 1 - months, 12)
    after = date(year + (month + 1) // 12, (month + 1) % 12 + 1, 1)
    last_of_month = (after - timedelta(days=1)).day
    return date(year, month + 1, min(day.day, last_of_month))


def _size(text: str) -> BarSize:
    try:
        return BarSize(text.strip())
    except ValueError:
        legal = ", ".join(size.value for size in BarSize)
        raise _invalid(
            f"Historical data bar size setting is invalid. Legal ones are: {legal}"
        ) from None


def read_show(text: str, version: int) -> Show:
    """
    Return what the prices of bars shall be of.

    Raises:
        Refused: there is no such thing in this version.
    """
    try:
        show = Show(text.strip().upper())
    except ValueError:
        raise _invalid("What to show field is missing or incorrect") from None
    if show is Show.SCHEDULE and version < _SCHEDULE_VERSION:
        raise _invalid("What to show field is missing or incorrect")
    return show


def _duration(text: str) -> tuple[int, str]:
    match = _DURATION.fullmatch(text.strip())
    if match is None or not int(match[1]):
        raise _invalid(
            "Historical data query duration is invalid: it is a whole number above zero, a space, "
            f"and one of S, D, W, M, Y; got {text[:40]!r}"
        )
    count, unit = int(match[1]), match[2].upper()
    if count > _LONGEST[unit]:
        raise _invalid(
            f"Historical data requests for durations longer than {_LONGEST[unit]} {unit} "
            f"must be made in {_INSTEAD[unit]}"
        )
    return count, unit


def _end(text: str, login_zone: str) -> datetime | None:
    """Read ``yyyyMMdd HH:mm:ss [zone]`` or ``yyyyMMdd-HH:mm:ss``, the latter in UTC."""
    if not text:
        return None
    match = _END.fullmatch(re.sub(r" {2,}", " ", text))
    if match is None:
        raise _invalid(_BAD_END)
    try:
        naive = datetime.strptime(match[1] + match[3], "%Y%m%d%H:%M:%S")
        zone = UTC if match[2] == "-" else ZoneInfo(match[4] or login_zone)
    except (ValueError, ZoneInfoNotFoundError, OSError):
        raise _invalid(_BAD_END) from None
    return naive.replace(tzinfo=zone).astimezone(UTC)


_BAD_END: Final = (
    "The date, time, or time-zone entered is invalid. The correct format is yyyymmdd hh:mm:ss "
    "xx/xxxx where yyyymmdd and xx/xxxx are optional, or yyyymmdd-hh:mm:ss in UTC"
)


def _invalid(cause: str) -> Refused:
    return invalid(cause, "bZ")
