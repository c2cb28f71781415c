"""Keeping the bars: fill what is missing, read again what may be new, store it durably."""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta

from attrs import evolve

from sellcore.errors import InvalidValue, SellError, StorageError
from sellcore.event import Progress
from sellcore.forming import Moved, TakenIn, forming_only
from sellcore.history import backfill, reaches_back, refresh
from sellcore.instrument import Instrument
from sellcore.intake import take_in
from sellcore.merge import Mismatch, merge
from sellcore.ports.market_data import Answer
from sellcore.request import BarRequest, Cause, Duration, FetchedBars, NoBars, Unit
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, apply
from sellcore.split_guard import SESSIONS_BACK
from sellcore.timeframe import Granularity, Timeframe
from sellcore.trading_days import TradingDays
from sellcore.usecases.account import stocks
from sellcore.usecases.tell import tell
from sellcore.usecases.watch_state import Ports, Terms, WatchState

_PAUSE = timedelta(minutes=3)
"""A request that was refused is made again after that: well within a bar's window."""


def update_bars(ports: Ports, state: WatchState, terms: Terms, *, progress: bool = False) -> None:
    """
    Bring every series up to date, in whole where too little is stored.

    Where fresh bars contradict the stored ones, all that is stored of that
    instrument is dropped and fetched anew at once; until that has worked,
    nothing is decided on it.
    """
    now = ports.clock.now()
    requests = [
        request
        for position in stocks(state)
        for request in _requests(state, terms, position.instrument, now)
        if not now < state.feed.not_before.get(request.key, now) <= now + _PAUSE
    ]
    broken = _ask(ports, state, terms, requests, progress=progress)
    if broken:
        again = _from_scratch(ports, state, broken)
        still_broken = _ask(ports, state, terms, again, progress=False)
        state.quarantine.update(still_broken)


def _requests(
    state: WatchState, terms: Terms, instrument: Instrument, now: datetime
) -> Iterable[BarRequest]:
    sessions = state.contracts.sessions.get(instrument)
    if not sessions or not sessions.begun(now):
        return
    wholes: Mapping[Granularity, BarRequest] = {}
    split = state.sightings[instrument].split is not None
    for granularity in Granularity:
        key = SeriesKey(instrument.con_id, granularity, instrument.ticker)
        stored, asked_at = state.feed.series.get(key), state.feed.asked_at.get(key)
        if stored is None or asked_at is None or not len(stored.closed):
            wholes = wholes or _wholes(state, instrument, sessions, now)
            whole = wholes[granularity]
            empty = stored is None or not len(stored.closed)
            if stored is None or empty or not reaches_back(stored, whole, sessions, now):
                yield whole
                continue
        again = refresh(instrument, granularity, stored, sessions, now, asked_at, terms.policy)
        if again is not None:
            yield _across(again) if split else again


def _across(request: BarRequest) -> BarRequest:
    """Reach back across a split that the account has shown: its history may be restated late."""
    days = max(request.duration.count, SESSIONS_BACK)
    return evolve(request, duration=Duration(days, Unit.DAYS))


def _wholes(
    state: WatchState, instrument: Instrument, sessions: TradingDays, now: datetime
) -> dict[Granularity, BarRequest]:
    """Return the requests for all the history that the holding needs."""
    rule = state.rules.get(instrument.ticker)
    found = backfill(instrument, () if rule is None else (rule,), sessions, now)
    return {request.granularity: request for request in found}


def _ask(
    ports: Ports,
    state: WatchState,
    terms: Terms,
    requests: Sequence[BarRequest],
    *,
    progress: bool,
) -> dict[Instrument, str]:
    """Fetch, merge and store; return the instruments whose bars contradict each other."""
    if not requests:
        return {}
    taken: dict[SeriesKey, tuple[FetchedBars, Moved]] = {}
    broken: dict[Instrument, str] = {}
    done = 0

    def take(answer: Answer) -> None:
        """Work on each answer while the next ones are still on their way."""
        nonlocal done
        done += 1
        if progress:
            ports.emit(Progress(ports.clock.now(), done, len(requests)))
        if isinstance(answer, NoBars):
            _no_bars(ports, state, answer)
            return
        result = _take(ports, state, terms, answer)
        if isinstance(result, Mismatch):
            broken[answer.request.instrument] = result.reason
        elif result is not None:
            taken[answer.request.key] = answer, result

    ports.market_data.fetch(requests, take)
    updates: list[SeriesUpdate] = []
    for answer, moved in taken.values():
        if answer.request.instrument not in broken:
            _keep(state, answer, moved)
            updates += () if moved.update is None else (moved.update,)
    _store(ports, state, updates)
    _lift_quarantine(state, broken)
    return broken


def _take(
    ports: Ports, state: WatchState, terms: Terms, answer: FetchedBars
) -> Moved | Mismatch | None:
    """Return what an answer makes of its series; None where there is nothing to store."""
    instrument, key = answer.request.instrument, answer.request.key
    if state.feed.unanswered.pop(key, None) is not None:
        state.told.pop(f"no bars {key}", None)
    stored, before = state.feed.series.get(key), state.feed.taken_in.get(key)
    if before is not None and before.stored is stored:
        moved = forming_only(before, answer)
        if moved is not None:
            state.feed.asked_at[key] = answer.asked_at
            return moved
    try:
        intake = take_in(answer, state.contracts.sessions[instrument], terms.policy)
    except InvalidValue as fault:
        return Mismatch(f"{key}: {fault}")
    state.feed.asked_at[key] = answer.asked_at
    for line in intake.dropped:
        tell(ports, state, f"dropped {key}", f"{key}: {line}")
    result = merge(key, stored, intake.series)
    if isinstance(result, Mismatch):
        return Mismatch(f"{key}: {result.reason}")
    for revision in result.revisions:
        tell(ports, state, f"revised {key} {revision.end}", f"{key}: {revision}")
    if result.update is None:
        return None if stored is None else Moved(stored, None)
    after = apply(stored, result.update)
    if answer.request.granularity is Granularity.HALF_HOUR:
        with suppress(InvalidValue):  # whoever decides on them meets it again, and says so
            after.hours(state.contracts.sessions[instrument])
    return Moved(after, result.update)


def _keep(state: WatchState, answer: FetchedBars, moved: Moved) -> None:
    """Hold what a series came to; averages of bars that have changed are no longer good."""
    key, update = answer.request.key, moved.update
    before = state.feed.series.get(key)
    state.feed.series[key] = moved.stored
    state.feed.taken_in[key] = TakenIn(answer, moved.stored)
    if before is not None and update is not None and _reaches_into(before, update):
        for timeframe in Timeframe:
            state.levels.pop((answer.request.instrument, timeframe), None)


def _reaches_into(stored: StoredSeries, update: SeriesUpdate) -> bool:
    """Say whether an update corrects, or adds to, what was known already."""
    until = stored.coverage.until or 0
    return update.replaces_all or bool(len(update.bars) and update.bars.start[0] < until)


def _no_bars(ports: Ports, state: WatchState, answer: NoBars) -> None:
    key = answer.request.key
    state.feed.unanswered[key] = f"{answer.cause.value}: {answer.text}"
    tell(ports, state, f"no bars {key}", f"{key}: {state.feed.unanswered[key]}")
    if answer.cause in (Cause.NO_DATA, Cause.REFUSED):
        state.feed.not_before[key] = ports.clock.now() + _PAUSE


def _from_scratch(
    ports: Ports, state: WatchState, broken: Mapping[Instrument, str]
) -> list[BarRequest]:
    """Forget all that is stored of these instruments; return the requests for all of it."""
    requests: list[BarRequest] = []
    for instrument, reason in broken.items():
        state.quarantine[instrument] = reason
        tell(ports, state, f"quarantine {instrument.con_id}", f"{reason}; fetching it anew")
        wholes = _wholes(state, instrument, state.contracts.sessions[instrument], ports.clock.now())
        requests += wholes.values()
    for request in requests:
        state.feed.series.pop(request.key, None)
        state.levels.clear()
    gone = {request.key for request in requests}
    state.feed.unsaved = [update for update in state.feed.unsaved if update.key not in gone]
    try:
        ports.bars.discard(list(gone))
    except StorageError as error:
        tell(ports, state, "store", str(error))
    return requests


def _lift_quarantine(state: WatchState, broken: Mapping[Instrument, str]) -> None:
    """Trust an instrument again once each of its series has been fetched anew."""
    for instrument in list(state.quarantine):
        held = [key for key in state.feed.series if key.con_id == instrument.con_id]
        if instrument not in broken and len(held) == len(Granularity):
            del state.quarantine[instrument]
            state.told.pop(f"quarantine {instrument.con_id}", None)


def _store(ports: Ports, state: WatchState, updates: Sequence[SeriesUpdate]) -> None:
    """
    Store the updates, after those that could not be stored before.

    Leaving one out would let a later one claim coverage over a hole.
    """
    state.feed.unsaved.extend(updates)
    if not state.feed.unsaved:
        return
    try:
        ports.bars.merge(state.feed.unsaved)
    except SellError as error:
        tell(ports, state, "store", f"{error}; going on with what is in memory")
    else:
        state.feed.unsaved.clear()
        state.told.pop("store", None)
