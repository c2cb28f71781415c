"""Laws of planning: every bar once, in its time, whatever the clock and the wake-ups do."""

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime, timedelta

from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import (
    Tape,
    a_position,
    a_tape,
    an_order,
    exact_average,
    nasdaq,
    rule,
    spans,
)

from sellcore.due import DueBar, bars_of
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.plan import Decision, plan
from sellcore.policy import AtClose, Policy
from sellcore.snapshot import Holding, Snapshot
from sellcore.timeframe import Granularity, Timeframe

SECOND, MINUTE, HOUR = timedelta(seconds=1), timedelta(minutes=1), timedelta(hours=1)
SESSIONS = nasdaq(date(2022, 11, 14), date(2022, 12, 1))
"""With Thanksgiving on the 24th and a half day on the 25th."""
FIRST, LAST = 4, 10
BEGIN, END = SESSIONS[FIRST].open, SESSIONS[LAST].open
LATEST = END + 20 * MINUTE
"""By then the last session's last bar has been missed, and no other is due."""

policies = st.builds(Policy, at_close=st.sampled_from(AtClose))
wanted_rules = st.sampled_from(["SMA,5,1H", "SMA,10,1H", "EMA,5,1H"])
steps = st.sampled_from(
    [10 * SECOND, 30 * SECOND, MINUTE, MINUTE, MINUTE, 7 * MINUTE, 31 * MINUTE, 3 * HOUR, 26 * HOUR]
) | st.timedeltas(-3 * HOUR, 3 * HOUR)


def zigzag(n: int) -> float:
    return 100.0 + (n * 37 % 11) / 10


HALF_HOURS = a_tape(SESSIONS, Granularity.HALF_HOUR, zigzag)
DAYS = a_tape(SESSIONS, Granularity.DAY, zigzag)


def a_holding(now: datetime, text: str, tape: Tape = HALF_HOURS) -> Holding:
    return Holding(
        position=a_position(),
        rule=rule(text),
        sessions=SESSIONS,
        series={Granularity.HALF_HOUR: tape.stored(now), Granularity.DAY: DAYS.stored(now)},
        orders=(),
        watched_from=BEGIN,
        read_at=dict.fromkeys(Granularity, now),
    )


def watch(
    wakes: list[datetime],
    text: str,
    policy: Policy,
    obstacle: Callable[[datetime], str | None] = lambda now: None,
    tape: Tape = HALF_HOURS,
) -> list[tuple[datetime, Decision]]:
    """Plan at each wake-up, keep what was decided, and return it with its time."""
    made: list[tuple[datetime, Decision]] = []
    for now in wakes:
        done = frozenset((d.rule.timeframe, d.bar_end) for _, d in made)
        holding = evolve(a_holding(now, text, tape), decided=done)
        result = plan(Snapshot(now, Mode.DRY_RUN, (holding,), policy, obstacle(now)))
        made += [(now, decision) for decision in result.decisions]
    return made


@st.composite
def wake_ups(draw: st.DrawFn) -> list[datetime]:
    """Draw wake-ups with gaps and jumps, that end when all has been due."""
    now = BEGIN - draw(st.timedeltas(0 * SECOND, HOUR))
    wakes = [now]
    for step in draw(st.lists(steps, max_size=60)):
        now = min(max(now + step, BEGIN - HOUR), LATEST)
        wakes.append(now)
    return [*wakes, LATEST]


def brought(policy: Policy, timeframe: Timeframe) -> dict[datetime, DueBar]:
    """Return the bars that the watched days bring, by their end."""
    every = bars_of(SESSIONS, timeframe, policy)
    return {bar.end: bar for bar in every if BEGIN < bar.end < END}


@given(wake_ups(), st.sampled_from(["SMA,5,1H", "SMA,5,D"]), policies)
def test_every_bar_is_decided_exactly_once(
    wakes: list[datetime], text: str, policy: Policy
) -> None:
    """Whatever the sequence of wake-ups: gaps, jumps of the clock both ways, restarts."""
    made = watch(wakes, text, policy)

    counts = Counter(decision.bar_end for _, decision in made)
    assert counts == dict.fromkeys(brought(policy, rule(text).timeframe), 1)


@given(wake_ups(), st.sampled_from(["SMA,5,1H", "SMA,5,D"]), policies)
def test_bar_is_decided_in_its_time_or_missed(
    wakes: list[datetime], text: str, policy: Policy
) -> None:
    """Never before its reading is final; after its deadline it is a miss, and only then."""
    due = brought(policy, rule(text).timeframe)

    for now, decision in watch(wakes, text, policy):
        bar = due[decision.bar_end]
        assert now >= bar.final_at
        assert (decision.outcome is Outcome.MISSED) == (now > bar.deadline)


@settings(max_examples=50)
@given(wake_ups(), wanted_rules, policies)
def test_decision_equals_an_independent_recomputation(
    wakes: list[datetime], text: str, policy: Policy
) -> None:
    """From the true closes of clock hours, in fractions; forming bars are only ever marked ones."""
    wanted = rule(text)
    hours = [
        (end, HALF_HOURS.closes[end])
        for start, end in spans(SESSIONS, Granularity.HALF_HOUR)
        if end.minute == 0 or end in {session.close for session in SESSIONS}
    ]

    for _, decision in watch(wakes, text, policy):
        if decision.outcome is Outcome.MISSED or "provisional" in decision.reason:
            continue
        closes = [close for end, close in hours if end <= decision.bar_end]
        if len(closes) < wanted.required_bars:
            assert decision.outcome is Outcome.ABSTAIN
            continue
        below = closes[-1] < exact_average(closes, wanted)
        assert decision.outcome is (Outcome.SIGNAL if below else Outcome.HOLD)
        assert decision.evidence is not None
        assert decision.evidence.close == closes[-1]


@given(wake_ups(), st.data())
def test_obstacle_never_lets_a_bar_be_decided_on_the_wrong_side_of_it(
    wakes: list[datetime], data: st.DataObject
) -> None:
    """While something is in the way, a bar waits, or abstains in its last minute."""
    blocked = data.draw(st.lists(st.tuples(st.sampled_from(wakes), st.sampled_from(wakes))))

    def obstacle(now: datetime) -> str | None:
        return "in the way" if any(low <= now < high for low, high in blocked) else None

    due = brought(Policy(), Timeframe.HOUR)
    for now, decision in watch(wakes, "SMA,5,1H", Policy(), obstacle):
        if obstacle(now) and now <= due[decision.bar_end].deadline:
            assert decision.outcome is Outcome.ABSTAIN
            assert now + MINUTE >= due[decision.bar_end].deadline
            assert decision.reason == "in the way"


@settings(max_examples=40)
@given(st.sets(st.sampled_from(spans(SESSIONS[FIRST:LAST], Granularity.HALF_HOUR)), max_size=30))
def test_hour_whose_last_half_hour_is_missing_is_never_decided(
    lost: set[tuple[datetime, datetime]],
) -> None:
    """Minute by minute over days: every decision rests on the close of its own bar."""
    missing = {end for _, end in lost}
    tape = evolve(
        HALF_HOURS, closes={e: c for e, c in HALF_HOURS.closes.items() if e not in missing}
    )
    looks = [
        bar.end + offset
        for bar in brought(Policy(), Timeframe.HOUR).values()
        for offset in (30 * SECOND, 61 * SECOND, 9 * MINUTE, 16 * HOUR)
    ]

    for _, decision in watch(sorted({*looks, END + 9 * MINUTE}), "SMA,5,1H", Policy(), tape=tape):
        if decision.bar_end in missing:
            assert decision.outcome in (Outcome.ABSTAIN, Outcome.MISSED)
        if decision.evidence is not None:
            assert decision.evidence.bar_end == decision.bar_end
            assert decision.evidence.close == tape.closes[decision.bar_end]


@given(
    st.sampled_from(list(brought(Policy(), Timeframe.HOUR))),
    wanted_rules,
    policies,
    st.decimals(-20, 200, places=2).filter(bool),
    st.booleans(),
)
def test_intent_stands_only_beside_a_signal_and_never_sells_more_than_is_held(
    end: datetime, text: str, policy: Policy, quantity: object, filtered: bool
) -> None:
    """Whole shares of a long position, all of them, or no order."""
    policy = evolve(policy, only_above_break_even=filtered)
    now = end + MINUTE
    position = a_position(str(quantity), average_cost=100.5)
    holding = evolve(a_holding(now, text), position=position, watched_from=end - SECOND)

    for decision in plan(Snapshot(now, Mode.PAPER, (holding,), policy)).decisions:
        if decision.intent is None:
            continue
        assert decision.outcome is Outcome.SIGNAL
        assert decision.intent.quantity >= 1
        assert decision.intent.quantity + decision.intent.residual == position.quantity
        assert 0 <= decision.intent.residual < 1


@given(wake_ups(), wanted_rules, policies)
def test_same_snapshot_gives_the_same_plan(
    wakes: list[datetime], text: str, policy: Policy
) -> None:
    """A plan is a function of its snapshot; nothing is left behind in it."""
    snapshots = [
        Snapshot(now, Mode.DRY_RUN, (a_holding(now, text), a_holding(now, "SMA,5,D")), policy)
        for now in wakes[:5]
    ]

    assert [plan(each) for each in snapshots] == [plan(each) for each in snapshots]


@given(st.data())
def test_intent_id_is_a_function_of_its_facts_only(data: st.DataObject) -> None:
    """Not of the clock, the quantity, the orders or anything else that changes meanwhile."""
    end = data.draw(st.sampled_from(list(brought(Policy(), Timeframe.HOUR))))
    now = data.draw(st.timedeltas(MINUTE, 9 * MINUTE).map(end.__add__))
    holding = evolve(a_holding(now, "SMA,5,1H"), watched_from=end - SECOND)
    changed = evolve(holding, position=a_position("7.5", average_cost=1.0), orders=(an_order(),))

    ids = [
        [d.intent and d.intent.intent_id for d in plan(Snapshot(moment, Mode.LIVE, (h,))).decisions]
        for moment, h in ((now, holding), (now, changed), (now + 30 * SECOND, holding))
    ]

    assert ids[0] == ids[1] == ids[2]
