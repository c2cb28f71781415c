"""A holding that closes below its average hour after hour, and a cycle planned on it."""

from datetime import date, datetime, timedelta

from attrs import evolve
from tests.builders import Tape, a_position, a_tape, at, nasdaq, rule

from sellcore.order import Mode
from sellcore.plan import Decision, Plan, plan
from sellcore.policy import Policy
from sellcore.snapshot import Holding, Snapshot
from sellcore.timeframe import Granularity

SESSIONS = nasdaq(date(2022, 5, 16), date(2022, 6, 1))
FRIDAY = next(session for session in SESSIONS if session.day == date(2022, 5, 20))
MONDAY = next(session for session in SESSIONS if session.day == date(2022, 5, 23))
DEFAULT = Policy()
SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
ELEVEN = at("2022-05-20 15:00")
"""11:00 in New York."""


def falling(n: int) -> float:
    return 100.0 - n / 100


def rising(n: int) -> float:
    return 100.0 + n / 100


HALF_HOURS = a_tape(SESSIONS, Granularity.HALF_HOUR, falling)
DAYS = a_tape(SESSIONS, Granularity.DAY, falling)


def a_holding(
    now: datetime,
    *,
    half_hours: Tape = HALF_HOURS,
    daily: Tape = DAYS,
    wanted: str | None = "SMA,5,1H",
    quantity: str = "100",
    **changes: object,
) -> Holding:
    """Hold MSFT, read just now, watched from shortly before 11:00 in New York."""
    holding = Holding(
        position=a_position(quantity),
        rule=None if wanted is None else rule(wanted),
        sessions=SESSIONS,
        series={
            Granularity.HALF_HOUR: half_hours.stored(now),
            Granularity.DAY: daily.stored(now),
        },
        orders=(),
        watched_from=ELEVEN - SECOND,
        read_at=dict.fromkeys(Granularity, now),
    )
    return evolve(holding, **changes)


def planned(now: datetime, *holdings: Holding, policy: Policy = DEFAULT) -> Plan:
    return plan(Snapshot(now, Mode.DRY_RUN, holdings, policy))


def decided(now: datetime, holding: Holding, policy: Policy = DEFAULT) -> Decision:
    """Return the one decision that the cycle must come to."""
    result = planned(now, holding, policy=policy)
    assert result.waiting == ()
    (decision,) = result.decisions
    return decision


def waiting(now: datetime, holding: Holding, policy: Policy = DEFAULT) -> str:
    """Return what the one due bar is waiting for."""
    result = planned(now, holding, policy=policy)
    assert result.decisions == ()
    (wait,) = result.waiting
    return wait.reason


NOW = ELEVEN + 30 * SECOND
"""When the hour that ended at 11:00 is final."""
