"""The regular hours that a gateway tells with a contract, as sessions."""

import re
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sellcore.errors import InvalidValue
from sellcore.session import Session

_SPAN = re.compile(
    r"(?P<first>\d{8}):(?P<opens>\d{4})-(?:(?P<last>\d{8}):)?(?P<closes>\d{4})", re.ASCII
)
_CLOSED = re.compile(r"(?P<day>\d{8}):CLOSED", re.ASCII)
_MORE = re.compile(r"(?P<opens>\d{4})-(?P<closes>\d{4})", re.ASCII)


def parse_hours(text: str, zone: str) -> Mapping[date, Session | None]:
    """
    Return the sessions of a ``liquidHours`` or ``tradingHours`` text.

    Days are parted by semicolons, the spans of one day by commas; a day with a
    break counts from its first opening to its last close, and a session that
    crosses midnight belongs to the day it closes on. What cannot be read is
    left out: the calendar knows that day too.

    Args:
        text: E.g. ``20250324:0930-20250324:1600;20250329:CLOSED``; the older
            ``20180323:0930-1600`` is read as well.
        zone: IANA name of the zone the text is in.

    Returns:
        The session of each day that was told, None for one that is closed.
    """
    hours: dict[date, Session | None] = {}
    for told in text.split(";"):
        if closed := _CLOSED.fullmatch(told.strip()):
            day = _day(closed["day"])
            if day is not None:
                hours.setdefault(day, None)
        elif session := _session(told, zone):
            hours[session.day] = _joined(hours.get(session.day), session)
    return hours


def _session(told: str, zone: str) -> Session | None:
    """Return the session of one day's spans, or None where one cannot be read."""
    spans: list[tuple[datetime, datetime]] = []
    day = ""
    for part in told.split(","):
        text = part.strip()
        if _MORE.fullmatch(text):
            text = f"{day}:{text}"  # the older format names the day once
        span = _SPAN.fullmatch(text)
        if span is None:
            return None
        day = span["first"]
        opens = _instant(day, span["opens"], zone)
        closes = _instant(span["last"] or day, span["closes"], zone)
        if opens is None or closes is None:
            return None
        spans.append((opens, closes))
    first, last = min(span[0] for span in spans), max(span[1] for span in spans)
    # A close at midnight still belongs to the day before it.
    closing_day = (last - timedelta(seconds=1)).astimezone(ZoneInfo(zone)).date()
    try:
        return Session(closing_day, first, last, zone)
    except InvalidValue:
        return None


def _joined(known: Session | None, more: Session) -> Session:
    if known is None:
        return more
    return Session(more.day, min(known.open, more.open), max(known.close, more.close), more.zone)


def _day(digits: str) -> date | None:
    try:
        return date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return None


def _instant(digits: str, clock: str, zone: str) -> datetime | None:
    """Return the instant of a day and a wall clock reading; 2400 ends the day."""
    day, hour, minute = _day(digits), int(clock[:2]), int(clock[2:])
    if day is None or minute > 59 or hour * 60 + minute > 24 * 60:
        return None
    if hour == 24:
        day, hour = day + timedelta(days=1), 0
    return datetime.combine(day, time(hour, minute), ZoneInfo(zone)).astimezone(UTC)
