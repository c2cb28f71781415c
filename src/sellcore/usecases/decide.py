"""From what is known to decisions: take a snapshot, plan, record, tell."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from attrs import evolve

from sellcore.errors import StorageError
from sellcore.event import Decided, OrderMoved, Prepared
from sellcore.instant import iso
from sellcore.outcome import Outcome
from sellcore.plan import Decision, plan
from sellcore.ports.alerts import Cause
from sellcore.position import Position
from sellcore.record import DecisionRecord
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.other_orders import sorted_out
from sellcore.series import SeriesKey
from sellcore.snapshot import Holding, Snapshot
from sellcore.timeframe import Granularity
from sellcore.usecases.account import ambiguous_tickers
from sellcore.usecases.prepare import prepare
from sellcore.usecases.tell import tell_elsewhere, tell_person
from sellcore.usecases.tell_order import tell_signal
from sellcore.usecases.unlogged import decision_of, unlogged
from sellcore.usecases.watch_state import Ports, Terms, WatchState


def holdings(state: WatchState) -> tuple[Holding, ...]:
    """Return all that is known of every position."""
    ambiguous = ambiguous_tickers(state)
    return tuple(_holding(state, position, ambiguous) for position in state.positions)


def _holding(state: WatchState, position: Position, ambiguous: frozenset[str]) -> Holding:
    instrument = position.instrument
    obstacle = state.quarantine.get(instrument)
    if instrument.ticker in ambiguous:
        obstacle = f"{instrument.ticker} names more than one holding; which is meant is not known"
    elif instrument.ticker in state.unclear:
        obstacle = state.unclear[instrument.ticker]
    keys = [SeriesKey(instrument.con_id, g, instrument.ticker) for g in Granularity]
    feed = state.feed
    return Holding(
        position=position,
        rule=state.rules.get(instrument.ticker),
        sessions=state.contracts.sessions.get(instrument, ()),
        series={key.granularity: feed.series[key] for key in keys if key in feed.series},
        orders=tuple(order for order in state.orders if order.con_id == instrument.con_id),
        watched_from=state.decisions.watched_from[instrument],
        decided=state.decisions.decided.get(instrument, frozenset()),
        obstacle=obstacle,
        read_at={key.granularity: feed.asked_at[key] for key in keys if key in feed.asked_at},
        sighting=state.sightings[instrument],
        unanswered={k.granularity: feed.unanswered[k] for k in keys if k in feed.unanswered},
    )


def decide_due(ports: Ports, state: WatchState, terms: Terms, held: tuple[Holding, ...]) -> int:
    """
    Decide every bar that is due, record it durably, then tell.

    A decision that cannot be recorded has not been made: it is tried again
    while the bar's window lasts. One whose intent is on record already is not
    made again, only logged. By a clock that is wrong no bar is due, and none is
    missed.

    Returns:
        How many bars were decided.

    Raises:
        StorageError: the journal cannot be read.
    """
    before, state.decisions.obstacle_before = state.decisions.obstacle_before, state.obstacle
    if state.clock_fault is not None:
        state.decisions.waiting = {}
        return 0
    now = ports.clock.now()
    records = unlogged(ports, state)
    late = [decision_of(record) for record in records]
    meant = _apart_from(late, held)
    result = plan(Snapshot(now, terms.mode, meant, terms.policy, state.obstacle, before))
    state.decisions.waiting = {waiting.instrument: waiting.reason for waiting in result.waiting}
    decisions = (*late, *result.decisions)
    if not decisions:
        return 0
    intents: list[IntentRecord] = []
    try:
        if ports.selling is not None:  # on record before anything else knows of it
            intents = prepare(ports.selling, terms, result.decisions, held, now)
        blocked = _blocked(ports, result.decisions, intents)
        ports.log.append([_record(state, terms, d, blocked, now) for d in decisions])
    except StorageError as error:
        text = f"{error}; nothing is decided until it can be recorded"
        tell_person(ports, state, Cause.DENIED, "log", text)
        for unrecorded in decisions:
            bar = f"the bar that ends {iso(unrecorded.bar_end)}"
            state.decisions.waiting[unrecorded.instrument] = f"{bar} cannot be recorded: {error}"
        return 0
    state.told.pop("log", None)
    for decision in decisions:
        _remember(state, decision)
        sessions = state.contracts.sessions.get(decision.instrument)
        ports.emit(Decided(now, decision, sessions[-1].zone if sessions else "UTC"))
        if decision.intent is not None and ports.selling is None:
            _, foreign = sorted_out(decision.intent.cancels, terms.client_id)
            ports.emit(Prepared(now, decision.intent, foreign))
    _tell_prepared(ports, state, decisions, [*records, *intents])
    for intent_id, text in blocked.items():
        tell_person(ports, state, Cause.DENIED, f"blocked {intent_id}", text)
    return len(decisions)


def _apart_from(late: Sequence[Decision], held: tuple[Holding, ...]) -> tuple[Holding, ...]:
    """Let the bars that are on record as intents count as decided."""
    if not late:
        return held
    # A position has one open intent at most.
    bars = {each.instrument: {(each.rule.timeframe, each.bar_end)} for each in late}
    return tuple(
        evolve(holding, decided=holding.decided | bars.get(holding.instrument, set()))
        for holding in held
    )


def _tell_prepared(
    ports: Ports, state: WatchState, decisions: Sequence[Decision], intents: Sequence[IntentRecord]
) -> None:
    """Tell a person elsewhere of signals and missed bars, and show what went on record."""
    for decision in decisions:
        undecided = decision.outcome is Outcome.MISSED or decision.unread
        missed = undecided and decision.bar_end >= state.began
        if missed or (decision.outcome is Outcome.SIGNAL and ports.selling is None):
            _tell_decision(ports, state, decision)
    if ports.selling is None:
        return
    for record in intents:
        ports.emit(OrderMoved(record.decided_at, record))
        tell_signal(ports, state, record)


def _blocked(
    ports: Ports, decisions: Sequence[Decision], intents: Sequence[IntentRecord]
) -> dict[str, str]:
    """Return why a signal is not acted on, by intent, where an earlier one is still open."""
    if ports.selling is None:
        return {}
    recorded = {record.intent_id for record in intents}
    return {
        decision.intent.intent_id: f"{decision.instrument.ticker}: an earlier sale of it has not "
        "ended; this signal is not acted on"
        for decision in decisions
        if decision.intent is not None and decision.intent.intent_id not in recorded
    }


def _tell_decision(ports: Ports, state: WatchState, decision: Decision) -> None:
    ticker, bar = decision.instrument.ticker, iso(decision.bar_end)
    text = f"{ticker}, bar that ended {bar}: {decision.outcome}: {decision.reason}"
    cause = Cause.SIGNAL if decision.outcome is Outcome.SIGNAL else Cause.MISSED
    facts = {"ticker": ticker, "bar_end": bar, "rule": str(decision.rule)}
    tell_elsewhere(ports, state, cause, text, facts)


def _remember(state: WatchState, decision: Decision) -> None:
    instrument, known = decision.instrument, state.decisions
    bar = (decision.rule.timeframe, decision.bar_end)
    known.decided[instrument] = known.decided.get(instrument, frozenset()) | {bar}
    known.latest[instrument] = decision
    known.outcomes[decision.outcome] += 1
    if decision.intent is not None:
        known.prepared.append(decision.intent)


def _record(
    state: WatchState,
    terms: Terms,
    decision: Decision,
    blocked: Mapping[str, str],
    now: datetime,
) -> DecisionRecord:
    evidence, intent = decision.evidence, decision.intent
    error = None if intent is None else blocked.get(intent.intent_id)
    return DecisionRecord(
        timestamp=now,
        run_id=terms.run_id,
        mode=terms.mode,
        account=state.account,
        ticker=decision.instrument.ticker,
        con_id=decision.instrument.con_id,
        timeframe=decision.rule.timeframe,
        bar_end=decision.bar_end,
        close=None if evidence is None else evidence.close,
        ma_type=decision.rule.average,
        ma_value=None if evidence is None else evidence.average,
        bars_used=None if evidence is None else evidence.bars_used,
        distance_pct=None if evidence is None else evidence.distance_pct,
        decision=decision.outcome,
        reason=decision.reason,
        action_prepared=None if intent is None else str(intent),
        action_executed=None,
        intent_id=None if intent is None else intent.intent_id,
        order_id=None,
        perm_id=None,
        errors=() if error is None else (error,),
    )
