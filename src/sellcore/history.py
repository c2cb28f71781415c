"""Which bars to ask for: a pure function from rules, sessions and what is stored."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from sellcore.aggregation import hour_buckets
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument
from sellcore.policy import AtClose, Policy
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

_SPARE = (5, 4)
"""Hours asked for per hour needed: Hong Kong's midday, and a quiet hour, bring no bar."""


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
    """Count back the sessions that hold ``bars`` hourly bars and spare, today's not among them."""
    found, days = 0, 1
    bars = -(-bars * _SPARE[0] // _SPARE[1])
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
    """Say whether the stored bars reach as far back as ``whole`` would, without a gap."""
    days = TradingDays.of(sessions)
    count = whole.duration.count
    if whole.duration.unit is Unit.YEARS:
        count *= _FEWEST_SESSIONS
    first = max(0, days.begun(now) - count)
    complete = len(stored.coverage.intervals) == 1
    return complete and int(stored.bars.start[0]) < int(days.closes[first])


def refresh(
    instrument: Instrument,
    granularity: Granularity,
    stored: StoredSeries,
    sessions: Sequence[Session],
    now: datetime,
    asked_at: datetime | None,
    policy: Policy,
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
        policy: Says how long a session's last bar is waited for, and whether a
            forming day is to be read before the close.
    """
    calendar = TradingDays.of(sessions)
    begun = calendar.begun(now)
    if not begun:
        return None
    if asked_at is not None and not _may_be_new(
        granularity, stored, calendar[max(0, begun - 2) : begun], now, asked_at, policy
    ):
        return None
    newest = int(stored.closed.start[-1])
    fewest = REFRESH_DAYS if granularity is Granularity.DAY else 1
    days = max(fewest, begun - int(calendar.closes.searchsorted(newest, side="right")))
    longest = LONGEST[granularity][Unit.DAYS]
    return BarRequest(instrument, granularity, Duration(min(days, longest), Unit.DAYS))


def _may_be_new(
    granularity: Granularity,
    stored: StoredSeries,
    begun: Sequence[Session],
    now: datetime,
    asked_at: datetime,
    policy: Policy,
) -> bool:
    current = begun[-1]
    known_until = stored.coverage.until or 0
    if now >= current.close:
        return known_until < to_epoch(current.close) and now <= current.close + policy.window
    if granularity is Granularity.HALF_HOUR or asked_at < current.open:
        return True  # of days, a split shows at the open
    late = len(begun) > 1 and known_until < to_epoch(begun[-2].close)
    if late and now <= current.open + policy.window:
        return True
    return policy.at_close is AtClose.PRE_CLOSE and now >= current.close - policy.pre_close
