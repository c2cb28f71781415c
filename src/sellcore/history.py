"""Which bars to ask for: a pure function from rules, sessions and what is stored."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import numpy as np

from sellcore.aggregation import hour_buckets
from sellcore.instant import from_epoch
from sellcore.instrument import Instrument
from sellcore.request import LONGEST, BarRequest, Duration, Unit
from sellcore.rule import MovingAverageRule
from sellcore.series import StoredSeries
from sellcore.session import Session
from sellcore.timeframe import Granularity, Timeframe
from sellcore.trading_days import TradingDays

FLOOR_YEARS = 1
"""Daily history every holding gets, whatever its rule."""

FLOOR_DAYS = 31
"""Trading days of half hours every holding gets, whatever its rule."""

REFRESH_DAYS = 7
"""Daily bars that are read again at each refresh, to meet what is stored."""

_FEWEST_SESSIONS = 235
"""Sessions in a year, on the exchange that has the fewest."""


def backfill(
    instrument: Instrument,
    rules: Iterable[MovingAverageRule],
    sessions: Sequence[Session],
    now: datetime,
) -> tuple[BarRequest, ...]:
    """
    Return the requests for all the history that ``rules`` need.

    Args:
        instrument: Whose bars.
        rules: The rules this holding follows; none is fine, the floor stays.
        sessions: The exchange's sessions, in order, around ``now``.
        now: The current instant, UTC.
    """
    need = dict.fromkeys(Timeframe, 0)
    for rule in rules:
        need[rule.timeframe] = max(need[rule.timeframe], rule.required_bars)
    years = max(FLOOR_YEARS, -(-(need[Timeframe.DAY] + 1) // _FEWEST_SESSIONS))
    days = max(FLOOR_DAYS, _days_for_hours(need[Timeframe.HOUR], TradingDays.of(sessions), now))
    days = min(days, LONGEST[Granularity.HALF_HOUR][Unit.DAYS])
    return (
        BarRequest(instrument, Granularity.DAY, Duration(years, Unit.YEARS)),
        BarRequest(instrument, Granularity.HALF_HOUR, Duration(days, Unit.DAYS)),
    )


def _days_for_hours(bars: int, sessions: TradingDays, now: datetime) -> int:
    """Count back the sessions that hold ``bars`` hourly bars, today's not among them."""
    found, days = 0, 1
    for at in range(sessions.begun(now) - 2, -1, -1):
        if found >= bars:
            break
        session = sessions[at]
        found += len(hour_buckets((session,))[0])
        days += 1
    return days


def reaches_back(
    stored: StoredSeries, whole: BarRequest, sessions: Sequence[Session], now: datetime
) -> bool:
    """Say whether the stored bars reach as far back as ``whole`` would."""
    days = TradingDays.of(sessions)
    count = whole.duration.count
    if whole.duration.unit is Unit.YEARS:
        count *= _FEWEST_SESSIONS
    first = max(0, days.begun(now) - count)
    return int(stored.bars.start[0]) < int(days.closes[first])


def refresh(
    instrument: Instrument,
    granularity: Granularity,
    stored: StoredSeries,
    sessions: Sequence[Session],
    now: datetime,
    asked_at: datetime | None,
    window: timedelta,
) -> BarRequest | None:
    """
    Return the request for what can be new, or None when nothing can.

    The answer always reaches back to a bar that is stored as closed, so that
    each merge has an overlap to compare: a split cannot slip in between. Where
    that is out of one request's reach, the longest request is returned, and
    the merge will find no overlap.

    Args:
        instrument: Whose bars.
        granularity: Half hours or days.
        stored: What is stored, with at least one closed bar.
        sessions: The exchange's sessions, in order, around ``now``.
        now: The current instant, UTC.
        asked_at: When this series was last answered in this run, if it was.
        window: How long after a session's close its last bar is waited for.
    """
    calendar = TradingDays.of(sessions)
    begun = calendar.begun(now)
    if not begun:
        return None
    if asked_at is not None and not _may_be_new(
        granularity, stored, calendar[begun - 1], now, asked_at, window
    ):
        return None
    newest = int(stored.closed.start[-1])
    days = begun - int(np.searchsorted(calendar.closes, newest, side="right"))
    if granularity is Granularity.DAY:
        days = max(days, REFRESH_DAYS)
    longest = LONGEST[granularity][Unit.DAYS]
    return BarRequest(instrument, granularity, Duration(min(days, longest), Unit.DAYS))


def _may_be_new(
    granularity: Granularity,
    stored: StoredSeries,
    current: Session,
    now: datetime,
    asked_at: datetime,
    window: timedelta,
) -> bool:
    if now < current.close:
        # A closed day cannot change during the next one; a split shows at the open.
        return granularity is Granularity.HALF_HOUR or asked_at < current.open
    covered = (
        stored.coverage.until is not None and from_epoch(stored.coverage.until) >= current.close
    )
    return not covered and now <= current.close + window
