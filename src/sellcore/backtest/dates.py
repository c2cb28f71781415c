"""Trading dates, told from the bars alone: no exchange calendar is needed for a history."""

from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from sellcore.arrays import Seconds

DAY = 86_400
"""Seconds."""

Dates = NDArray[np.int64]
"""Days since 1970-01-01."""

_EPOCH = date(1970, 1, 1).toordinal()


def is_date(value: object) -> bool:
    """Say whether something is a day and no instant, whose day depends on the zone."""
    return isinstance(value, date) and not isinstance(value, datetime)


def day_number(day: date) -> int:
    """Return how many days lie between 1970-01-01 and a day."""
    return day.toordinal() - _EPOCH


def day_of(number: int) -> date:
    """Return the day that lies so many days after 1970-01-01."""
    return date.fromordinal(_EPOCH + number)


def trading_dates(start: Seconds, end: Seconds) -> Dates:
    """
    Return the date that each bar trades on.

    A date changes in the quietest time of the day, so that a session which passes
    midnight UTC, as Sydney's does, stays one; at midnight UTC where none is quieter.

    Args:
        start: First instants of the bars, shape (n,), seconds since 1970 UTC.
        end: First instants after them, alike.

    Returns:
        Shape (n,), ascending where the bars are.
    """
    middle = (start + end) // 2
    if not len(middle):
        return middle
    return _dated(middle, turn_of_day(start, end))


def turn_of_day(start: Seconds, end: Seconds) -> int:
    """Return when the date of bars changes, in seconds after midnight UTC; of at least one bar."""
    clock = np.unique((start + end) // 2 % DAY)
    gaps = np.diff(clock, append=clock[0] + DAY)
    longest = len(gaps) - 1 - int(np.argmax(gaps[::-1]))  # of several alike that over midnight
    return int(clock[longest] + gaps[longest] // 2)


def date_on(moment: int, turn: int) -> date:
    """Return the trading date that a moment lies on, where dates change at ``turn``."""
    return day_of(int(_dated(np.array([moment]), turn)[0]))


def _dated(moments: Seconds, turn: int) -> Dates:
    since = (moments - turn) // DAY * DAY + turn
    dates: Dates = (since + DAY // 2) // DAY  # named for where its middle lies
    return dates
