"""One pure function decides a whole cycle: snapshot in, plan out, nothing touched."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from attrs import evolve, frozen

from sellcore.bar_reading import Reading, Unreadable, read_bar
from sellcore.due import DueBar, due
from sellcore.evaluation import Evaluation, Evidence, evaluate, with_gap
from sellcore.instant import iso
from sellcore.instrument import Instrument, Kind
from sellcore.order import OrderIntent, SendAt
from sellcore.outcome import Outcome
from sellcore.policy import AtClose
from sellcore.position import Position
from sellcore.quoting import rounded
from sellcore.rule import MovingAverageRule
from sellcore.snapshot import Holding, Snapshot
from sellcore.timeframe import SOURCE

PATIENCE = timedelta(minutes=1)
"""What stands in the way is waited for until this long before a bar's deadline."""

_AT_CLOSE = {AtClose.NEXT_OPEN: SendAt.NEXT_OPEN, AtClose.SUBMIT: SendAt.ANY_TIME}
"""When the intent of a session's last bar may be sent."""

PROVISIONAL = "provisional: decided before the bar's end (at_close is pre_close)"
"""Said of what was decided on a bar that still formed."""

LOGGED_LATE = "logged late, from the journal"
"""Said of what was decided in time by a process that ended before it could log it."""

_NOBODY = "nobody was watching while it could be decided"


@frozen
class Decision:
    """
    One bar of one holding, decided for good.

    Attributes:
        instrument: What is held.
        rule: The rule applied.
        bar_end: The bar, UTC.
        outcome: Signal, hold, abstain or missed.
        reason: One line for people.
        evidence: What the outcome rests on, where anything could be computed.
        intent: The order to prepare; only ever beside a signal.
        unread: Nothing could be decided, since what it needs could not be had in time.
    """

    instrument: Instrument
    rule: MovingAverageRule
    bar_end: datetime
    outcome: Outcome
    reason: str
    evidence: Evidence | None = None
    intent: OrderIntent | None = None
    unread: bool = False


@frozen
class Waiting:
    """A bar that cannot be decided yet, and what stands in the way."""

    instrument: Instrument
    bar_end: datetime
    reason: str


@frozen
class Plan:
    """
    What a cycle comes to.

    Attributes:
        decisions: To be recorded, and acted on where they hold an intent.
        waiting: To be looked at again.
    """

    decisions: tuple[Decision, ...]
    waiting: tuple[Waiting, ...]


def plan(snapshot: Snapshot) -> Plan:
    """Decide every bar that is due, each at most once. The same snapshot gives the same plan."""
    seen: dict[object, tuple[DueBar, ...]] = {}
    results = [
        _settle(snapshot, holding, holding.rule, bar)
        for holding in snapshot.holdings
        if holding.rule is not None
        for bar in _undecided(snapshot, holding, holding.rule, seen)
    ]
    return Plan(
        decisions=tuple(result for result in results if isinstance(result, Decision)),
        waiting=tuple(result for result in results if isinstance(result, Waiting)),
    )


def _undecided(
    snapshot: Snapshot,
    holding: Holding,
    rule: MovingAverageRule,
    seen: dict[object, tuple[DueBar, ...]],
) -> Iterator[DueBar]:
    """Return the bars to settle; ``seen`` keeps what is due for holdings of one exchange."""
    same = (id(holding.sessions), rule.timeframe, holding.watched_from)
    if same not in seen:
        seen[same] = due(
            holding.sessions,
            rule.timeframe,
            snapshot.policy,
            after=holding.watched_from,
            now=snapshot.now,
        )
    return (bar for bar in seen[same] if (rule.timeframe, bar.end) not in holding.decided)


def _settle(
    snapshot: Snapshot, holding: Holding, rule: MovingAverageRule, bar: DueBar
) -> Decision | Waiting:
    instrument = holding.instrument
    if reason := _untouchable(holding.position):
        return Decision(instrument, rule, bar.end, Outcome.ABSTAIN, reason)
    obstacle = snapshot.obstacle or holding.obstacle
    reading = Unreadable(obstacle) if obstacle else read_bar(holding, rule, bar)
    if snapshot.now > bar.deadline:
        reason = snapshot.obstacle_before or _NOBODY
        if isinstance(reading, Unreadable):
            reason = reading.reason
        reason = f"its time to be decided ran out at {iso(bar.deadline)}: {reason}"
        return Decision(instrument, rule, bar.end, Outcome.MISSED, reason)
    if isinstance(reading, Reading):
        return _decided(snapshot, holding, rule, bar, reading)
    if snapshot.now + PATIENCE >= bar.deadline and not bar.provisional:
        unread = bool(obstacle or holding.unanswered.get(SOURCE[rule.timeframe]))
        return Decision(instrument, rule, bar.end, Outcome.ABSTAIN, reading.reason, unread=unread)
    return Waiting(instrument, bar.end, reading.reason)


def _untouchable(position: Position) -> str | None:
    if position.instrument.kind is not Kind.STOCK:
        return "only stocks are ever sold"
    if position.quantity < 0:
        return f"short position of {position.quantity.normalize():f} is never touched"
    return None


def _decided(
    snapshot: Snapshot, holding: Holding, rule: MovingAverageRule, bar: DueBar, reading: Reading
) -> Decision:
    policy = snapshot.policy
    evaluation = with_gap(evaluate(reading.bars, rule), reading.gap)
    if policy.only_above_break_even:
        evaluation = _break_even(evaluation, holding.position.quoted_cost)
    reason = evaluation.reason
    intent = None
    if evaluation.outcome is Outcome.SIGNAL:
        if bar.closes_session and policy.at_close is AtClose.SKIP:
            reason += "; not sold: the session is over and at_close is skip"
        elif not holding.position.whole_shares:
            held = holding.position.quantity.normalize()
            reason += f"; not sold: {held:f} holds no whole share"
        else:
            intent = _intent(snapshot, holding, rule, bar)
    if bar.provisional:
        reason += f"; {PROVISIONAL}"
    return Decision(
        holding.instrument,
        rule,
        bar.end,
        evaluation.outcome,
        reason,
        evaluation.evidence,
        intent,
    )


def _break_even(evaluation: Evaluation, cost: float) -> Evaluation:
    evidence = evaluation.evidence
    if evidence is None:
        return evaluation
    above = evidence.close > cost and evidence.average > cost
    reason = (
        f"{evaluation.reason}; break-even {rounded(cost)}: {'both above' if above else 'not above'}"
    )
    outcome = evaluation.outcome
    if outcome is Outcome.SIGNAL and not above:
        outcome = Outcome.HOLD
    return evolve(evaluation, outcome=outcome, reason=reason)


def _intent(
    snapshot: Snapshot, holding: Holding, rule: MovingAverageRule, bar: DueBar
) -> OrderIntent:
    return OrderIntent(
        mode=snapshot.mode,
        account=holding.position.account,
        instrument=holding.instrument,
        rule=rule,
        bar_end=bar.end,
        epoch=holding.epoch,
        quantity=holding.position.whole_shares,
        residual=holding.position.residual,
        cancels=holding.orders,
        send_at=_AT_CLOSE.get(snapshot.policy.at_close, SendAt.NOW)
        if bar.closes_session
        else SendAt.NOW,
        order_type=snapshot.policy.order_type,
    )
