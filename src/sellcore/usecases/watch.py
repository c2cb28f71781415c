"""The day: connect, fill, then every minute read, decide and report."""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta

from attrs import evolve

from sellcore.coverage import FAR_FUTURE, Coverage
from sellcore.due import next_look
from sellcore.errors import BrokerUnavailable, SellError, StorageError
from sellcore.event import Alert, Event, Summary, Table
from sellcore.instant import iso, to_epoch
from sellcore.instrument import Instrument
from sellcore.ports.alerts import Cause
from sellcore.ports.connection import Login
from sellcore.ports.journal import Entry
from sellcore.selling.lifecycle import State
from sellcore.series import SeriesKey, StoredSeries
from sellcore.snapshot import Holding
from sellcore.usecases.account import read_account, refresh_sessions
from sellcore.usecases.averages import average_tables, store_averages
from sellcore.usecases.bars import update_bars
from sellcore.usecases.connect import compare_clocks, connected, hold_line, try_later
from sellcore.usecases.decide import decide_due, holdings
from sellcore.usecases.prepare import with_epochs
from sellcore.usecases.reconcile import compare_with_journal
from sellcore.usecases.report import report
from sellcore.usecases.rules import (
    Ask,
    assign_missing,
    load_rules,
    tell_idle,
    tell_lost_rules,
    tell_undescribed,
)
from sellcore.usecases.sell import sell
from sellcore.usecases.tell import tell, tell_elsewhere, tell_person
from sellcore.usecases.tell_order import last_word
from sellcore.usecases.unlogged import REMEMBERED
from sellcore.usecases.watch_state import Ports, Terms, WatchState


def begin(ports: Ports, terms: Terms, ask: Ask | None, login: Login | None = None) -> WatchState:
    """
    Connect, read the account, settle the rules and fill the cache.

    Args:
        ports: Everything outside.
        terms: The choices of this run.
        ask: Asks for missing assignments; None where nobody can be asked.
        login: Of the line, where it is open already.

    Raises:
        BrokerUnavailable: the broker could not be reached, or did not answer in full.
        ConfigError: the account or the assignments cannot be used as they are.
    """
    state = WatchState(account="", began=ports.clock.now(), run_id=terms.run_id)
    problems = load_rules(ports, state)
    connected(ports, state, terms, login or ports.connection.connect())
    state.feed.series.update(_as_known(ports.bars.load(), state.began))
    read_account(ports, state)
    compare_with_journal(ports, state)  # before anybody is asked: that may take an hour
    read_account(ports, state)  # what one answer leaves out would pass for a new holding later
    assign_missing(ports, state, terms, ask)
    tell_lost_rules(ports, state)
    tell_idle(ports, state)
    refresh_sessions(ports, state)
    _recall(ports, state, terms)
    for problem in (*problems, *ports.bars.problems(), *ports.log.problems()):
        ports.emit(Alert(ports.clock.now(), problem))
    _judge_clock(ports, state)
    if state.clock_fault is None:
        update_bars(ports, state, terms, progress=True)
    return state


def _judge_clock(ports: Ports, state: WatchState) -> None:
    """
    Let our clock alone be in the way of deciding, or nothing.

    It says which bars are final and which are due. By one that is wrong nothing
    is read, since forming bars would be kept as closed ones, and none is missed.
    """
    state.obstacle = state.clock_fault = compare_clocks(ports, state)


def _as_known(
    stored: Mapping[SeriesKey, StoredSeries], now: datetime
) -> dict[SeriesKey, StoredSeries]:
    """Leave out what could not have been known yet: the clock may have been set back."""
    future = Coverage(((to_epoch(now), FAR_FUTURE),))
    return {
        key: StoredSeries(series.bars.begun_by(to_epoch(now)), series.coverage - future)
        for key, series in stored.items()
    }


def _recall(ports: Ports, state: WatchState, terms: Terms) -> None:
    """Learn from log and journal which bars are decided, and where each holding was left."""
    now = min(ports.clock.now(), ports.broker.server_time())  # ours may be ahead
    since = now - REMEMBERED
    logged = ports.log.decided(terms.mode, state.account, since) if terms.recall else frozenset()
    intents = () if ports.selling is None else ports.selling.journal.open_intents()
    on_record = {record.intent.instrument: record.intent.bar_end for record in intents}
    held = list(state.last_seen)  # one that the latest answer left out is among them
    for instrument in dict.fromkeys((*held, *on_record)):  # one on record may be sold meanwhile
        bars = {(bar.timeframe, bar.end) for bar in logged if bar.con_id == instrument.con_id}
        state.decisions.decided[instrument] = frozenset(bars)
        rule = state.rules.get(instrument.ticker)
        ends = [end for timeframe, end in bars if rule and timeframe is rule.timeframe]
        first = on_record.get(instrument) or _first_look(state, instrument, now)
        state.decisions.watched_from[instrument] = max(ends, default=first)


def _first_look(state: WatchState, instrument: Instrument, now: datetime) -> datetime:
    """
    Return the instant that the first bar to decide must end after.

    A watch that begins in a session answers for that session's bars; one that
    begins outside of one for the last bar before, which can still be decided.
    """
    sessions = state.contracts.sessions.get(instrument)
    if not sessions or not sessions.begun(now):
        return now
    latest = sessions[sessions.begun(now) - 1]
    return latest.open if now < latest.close else latest.close - timedelta(seconds=1)


def run(ports: Ports, state: WatchState, terms: Terms) -> None:
    """Watch until ``terms.until``, for ever where that is None."""
    cycle(ports, state, terms, show=True)
    keep_averages(ports, state)
    while True:
        now = ports.clock.now()
        moment = _next_moment(state, terms, now)
        if terms.until is not None and moment > terms.until:
            keep_averages(ports, state)
            return
        ports.clock.sleep_until(moment)
        read(ports, state, terms)
        cycle(ports, state, terms, show=moment.second == 0)


def cycle(ports: Ports, state: WatchState, terms: Terms, *, show: bool) -> None:
    """Decide what is due; show the table when asked to, and when something was decided."""
    held = holdings(state)
    decided = decide_and_act(ports, state, terms, held)
    _tell_failures(ports, state)
    if show or decided:
        status = report(ports, state, held)
        ports.emit(Table(status.time, status))


def decide_and_act(ports: Ports, state: WatchState, terms: Terms, held: tuple[Holding, ...]) -> int:
    """Decide what is due and act on it, then tell; return how many bars were decided."""
    told: list[Event] = []
    later = evolve(ports, emit=told.append)  # to show things takes time, and an order waits
    try:
        return _act(later, state, terms, held)
    finally:
        for event in told:
            ports.emit(event)


def _act(ports: Ports, state: WatchState, terms: Terms, held: tuple[Holding, ...]) -> int:
    """Decide what is due and act on what is on record; return how many bars were decided."""
    if ports.selling is None:
        return decide_due(ports, state, terms, held)
    try:
        held = with_epochs(ports.selling, held)
        decided = decide_due(ports, state, terms, held)
    except StorageError as error:
        text = f"{error}; nothing is decided until the journal can be read"
        # Apart from what cannot be written: both stay as they are for hours.
        tell_person(ports, state, Cause.DENIED, "journal, to read", text)
        return 0
    state.told.pop("journal, to read", None)
    sell(ports, ports.selling, state, terms, held)
    return decided


def _tell_failures(ports: Ports, state: WatchState) -> None:
    """Show which alerts did not reach anybody, and keep it on record; it stops nothing."""
    failures = () if ports.alerts is None else ports.alerts.failures()
    now = ports.clock.now()
    for failure in failures:
        ports.emit(Alert(now, f"an alert failed: {failure}"))
    if failures and ports.selling is not None:
        try:
            ports.selling.journal.note([Entry(now, "", "ALERT_FAILED", text) for text in failures])
        except StorageError as error:
            tell(ports, state, "journal, of alerts", str(error))


def _next_moment(state: WatchState, terms: Terms, now: datetime) -> datetime:
    moment = next_look(state.contracts.sessions.values(), terms.policy, now)
    return moment if state.line.retry_at is None else min(moment, max(state.line.retry_at, now))


def read(ports: Ports, state: WatchState, terms: Terms) -> None:
    """Read everything anew; whatever cannot be read stands in the way of decisions."""
    try:
        if not hold_line(ports, state, terms):
            return
        _judge_clock(ports, state)
        if state.clock_fault is None:
            _read_on(ports, state, terms)
    except BrokerUnavailable as error:
        if ports.connection.is_open():
            state.obstacle = str(error)
            tell(ports, state, "broker", str(error))
        else:
            try_later(ports, state, terms, str(error))
    else:
        state.line.attempts = 0
        state.told.pop("broker", None)
    finally:
        _watch_outage(ports, state, terms)


def _watch_outage(ports: Ports, state: WatchState, terms: Terms) -> None:
    """Tell a person once nothing could be decided for long: no line, no answers, a wrong clock."""
    now, fault = ports.clock.now(), ports.connection.fault()
    if fault is None and state.obstacle is None:
        state.line.out_of_reach_since = None
        state.told.pop("outage", None)
        return
    since = state.line.out_of_reach_since = min(state.line.out_of_reach_since or now, now)
    if now - since < terms.outage or "outage" in state.told:
        return
    if fault is not None:
        text = f"the broker has been out of reach since {iso(since)}; nothing is decided meanwhile"
        tell_person(ports, state, Cause.DISCONNECTED, "outage", text)
        return
    text = f"nothing could be decided since {iso(since)}: {state.obstacle}"
    state.told["outage"] = text  # what is in the way is on the screen already
    tell_elsewhere(ports, state, Cause.DISCONNECTED, text, {})


def _read_on(ports: Ports, state: WatchState, terms: Terms) -> None:
    generation = ports.connection.generation()
    compare_with_journal(ports, state)
    new = read_account(ports, state)
    refresh_sessions(ports, state)
    _welcome(ports, state, terms, new)
    tell_lost_rules(ports, state)
    tell_undescribed(ports, state)
    update_bars(ports, state, terms)
    if ports.connection.generation() != generation:
        state.obstacle = "the line to the broker was lost while reading; reading again"


def _welcome(ports: Ports, state: WatchState, terms: Terms, new: Collection[Instrument]) -> None:
    """
    Report holdings that were not there before; they are filled with the next reading.

    The default rule is theirs as well; nobody is asked while the day runs.
    """
    now = ports.clock.now()
    if new:
        try:
            assign_missing(ports, state, terms, None)
        except SellError as error:  # an assignment that cannot be stored ends no day
            tell(ports, state, "assignments", str(error))
    for instrument in new:
        state.decisions.watched_from[instrument] = now
        rule = state.rules.get(instrument.ticker)
        told = f"it follows {rule}" if rule else "it has no rule: watched, never sold"
        ports.emit(Alert(now, f"new holding {instrument.ticker}: {told}"))


def keep_averages(ports: Ports, state: WatchState) -> None:
    """Store the averages of all closed bars beside them; off the minute's path."""
    sessions = {instrument.con_id: days for instrument, days in state.contracts.sessions.items()}
    failed = store_averages(ports.averages, average_tables(state.feed.series, sessions))
    if failed is not None:
        tell(ports, state, "averages", failed)


def summary(ports: Ports, state: WatchState) -> Summary:
    """Return what came of the watch."""
    selling, decisions = ports.selling, state.decisions
    records = () if selling is None else tuple(selling.journal.intents(state.began))
    opened = () if selling is None else tuple(selling.journal.open_intents())
    all_of_them = {record.intent_id: record for record in (*opened, *records)}
    return Summary(
        time=ports.clock.now(),
        began=state.began,
        outcomes=tuple((outcome.value, count) for outcome, count in decisions.outcomes.items()),
        prepared=tuple(decisions.prepared),
        undecided=tuple(f"{i.ticker}: {reason}" for i, reason in decisions.waiting.items()),
        sales=tuple(last_word(record) for record in all_of_them.values()),
        denied=sum(record.state is State.DENIED for record in records),
        unknown=sum(record.state.unclear for record in opened),
    )
