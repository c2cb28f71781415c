"""Which bars are to be decided now, and when to look again."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from functools import lru_cache

from attrs import frozen

from sellcore.aggregation import hour_buckets
from sellcore.instant import from_epoch
from sellcore.policy import AtClose, Policy
from sellcore.session import Session
from sellcore.timeframe import Timeframe
from sellcore.trading_days import TradingDays


@frozen
class DueBar:
    """
    A bar that wants a decision.

    Attributes:
        end: Its end, UTC; its name.
        final_at: From when on a reading of it is final.
        deadline: Until when it may be decided.
        closes_session: Its end is the session's close.
        provisional: It is decided on the forming bar, before its end (PRE_CLOSE).
    """

    end: datetime
    final_at: datetime
    deadline: datetime
    closes_session: bool
    provisional: bool = False


def bars_of(
    sessions: Sequence[Session], timeframe: Timeframe, policy: Policy
) -> tuple[DueBar, ...]:
    """
    Return every bar that ``sessions`` bring, in order.

    A session's last bar may be decided until ``policy.window`` after the next
    open; the last one of all, where no later session is known, after its close.
    """
    found: tuple[DueBar, ...] = ()
    for index, session in enumerate(sessions):
        following = sessions[index + 1].open if index + 1 < len(sessions) else session.close
        found += _bars_of_one(session, following, timeframe, policy)
    return found


@lru_cache(maxsize=1024)  # a day's bars are asked for at every look
def _bars_of_one(
    session: Session, following: datetime, timeframe: Timeframe, policy: Policy
) -> tuple[DueBar, ...]:
    if timeframe is Timeframe.DAY:
        ends = [session.close]
    else:
        ends = [from_epoch(end) for end in hour_buckets((session,))[1].tolist()]
    return tuple(_due_bar(end, session.close, following, policy) for end in ends)


def _due_bar(end: datetime, close: datetime, following: datetime, policy: Policy) -> DueBar:
    closes = end == close
    provisional = closes and policy.at_close is AtClose.PRE_CLOSE
    if provisional:
        return DueBar(end, end - policy.pre_close, end, closes, provisional)
    deadline = (following if closes else end) + policy.window
    return DueBar(end, policy.final_at(end, closes_session=closes), deadline, closes)


def due(
    sessions: Sequence[Session],
    timeframe: Timeframe,
    policy: Policy,
    *,
    after: datetime,
    now: datetime,
) -> tuple[DueBar, ...]:
    """Return the bars that ended after ``after`` and whose final reading can be had by ``now``."""
    days = TradingDays.of(sessions)
    begun = days.begun(now)
    near, following = days[days.ended(after) : begun], days[begun : begun + 1]
    if not near:
        return ()
    bars = bars_of([*near, *following], timeframe, policy)
    return tuple(bar for bar in bars if bar.end > after and bar.final_at <= now)


def next_look(exchanges: Iterable[Sequence[Session]], policy: Policy, now: datetime) -> datetime:
    """Return when to look again: at the next full minute, or when a bar becomes final before."""
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    moments = [minute]
    for sessions in {id(sessions): sessions for sessions in exchanges}.values():
        days = TradingDays.of(sessions)
        near = days[days.ended(now - policy.closing_settle) : days.begun(minute)]
        for timeframe in Timeframe:
            moments += [bar.final_at for bar in bars_of(near, timeframe, policy)]
    return min(moment for moment in moments if moment > now)
