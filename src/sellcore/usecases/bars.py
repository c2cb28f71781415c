"""Keeping the bars: fill what is missing, read again what may be new, store it durably."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from sellcore.errors import InvalidValue, SellError, StorageError
from sellcore.event import Progress
from sellcore.history import backfill, reaches_back, refresh
from sellcore.instrument import Instrument
from sellcore.intake import take_in
from sellcore.merge import Mismatch, merge
from sellcore.ports.market_data import Answer
from sellcore.request import BarRequest, Cause, FetchedBars, NoBars
from sellcore.series import SeriesUpdate, apply
from sellcore.timeframe import Granularity
from sellcore.usecases.account import stocks, tell
from sellcore.usecases.watch_state import Ports, Terms, WatchState

_PAUSE = timedelta(minutes=10)
"""A request that was refused, or had no data, is not made again before that."""


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
        if state.not_before.get(request.key, now) <= now
    ]
    broken = _ask(ports, state, terms, requests, progress=progress)
    if broken:
        again = _from_scratch(ports, state, broken)
        still_broken = _ask(ports, state, terms, again, progress=False)
        state.quarantine.update(still_broken)


def _requests(
    state: WatchState, terms: Terms, instrument: Instrument, now: datetime
) -> Iterable[BarRequest]:
    sessions = state.sessions.get(instrument)
    if not sessions or not sessions.begun(now):
        return
    rule = state.rules.get(instrument.ticker)
    for whole in backfill(instrument, () if rule is None else (rule,), sessions, now):
        stored = state.series.get(whole.key)
        asked_at = state.asked_at.get(whole.key)
        request: BarRequest | None = whole
        if (
            stored is not None
            and len(stored.closed)
            and (asked_at or reaches_back(stored, whole, sessions, now))
        ):
            request = refresh(
                instrument, whole.granularity, stored, sessions, now, asked_at, terms.policy
            )
        if request is not None:
            yield request


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
    done = 0

    def count(_: Answer) -> None:
        nonlocal done
        done += 1
        if progress:
            ports.emit(Progress(ports.clock.now(), done, len(requests)))

    updates: list[SeriesUpdate] = []
    broken: dict[Instrument, str] = {}
    for answer in ports.market_data.fetch(requests, count):
        if isinstance(answer, FetchedBars):
            result = _merge(ports, state, terms, answer)
            if isinstance(result, str):
                broken[answer.request.instrument] = result
            elif result is not None:
                updates.append(result)
        else:
            _no_bars(ports, state, answer)
    updates = [u for u in updates if u.key.con_id not in {i.con_id for i in broken}]
    for update in updates:
        state.series[update.key] = apply(state.series.get(update.key), update)
    _store(ports, state, updates)
    _lift_quarantine(state, broken)
    return broken


def _merge(
    ports: Ports, state: WatchState, terms: Terms, answer: FetchedBars
) -> SeriesUpdate | str | None:
    instrument, key = answer.request.instrument, answer.request.key
    try:
        intake = take_in(answer, state.sessions[instrument], terms.policy)
    except InvalidValue as fault:
        return f"{key}: {fault}"
    state.asked_at[key] = answer.asked_at
    for line in intake.dropped:
        tell(ports, state, f"dropped {key}", f"{key}: {line}")
    result = merge(key, state.series.get(key), intake.series)
    if isinstance(result, Mismatch):
        return f"{key}: {result.reason}"
    for revision in result.revisions:
        tell(ports, state, f"revised {key} {revision.end}", f"{key}: {revision}")
    return result.update


def _no_bars(ports: Ports, state: WatchState, answer: NoBars) -> None:
    key = answer.request.key
    tell(ports, state, f"no bars {key}", f"{key}: {answer.cause.value}: {answer.text}")
    if answer.cause in (Cause.NO_DATA, Cause.REFUSED):
        state.not_before[key] = ports.clock.now() + _PAUSE


def _from_scratch(
    ports: Ports, state: WatchState, broken: Mapping[Instrument, str]
) -> list[BarRequest]:
    """Forget all that is stored of these instruments; return the requests for all of it."""
    requests: list[BarRequest] = []
    for instrument, reason in broken.items():
        state.quarantine[instrument] = reason
        tell(ports, state, f"quarantine {instrument.con_id}", f"{reason}; fetching it anew")
        sessions = state.sessions[instrument]
        rule = state.rules.get(instrument.ticker)
        rules = () if rule is None else (rule,)
        requests += backfill(instrument, rules, sessions, ports.clock.now())
    for request in requests:
        state.series.pop(request.key, None)
        state.levels.clear()
    try:
        ports.bars.discard([request.key for request in requests])
    except StorageError as error:
        tell(ports, state, "store", str(error))
    return requests


def _lift_quarantine(state: WatchState, broken: Mapping[Instrument, str]) -> None:
    """Trust an instrument again once each of its series has been fetched anew."""
    for instrument in list(state.quarantine):
        held = [key for key in state.series if key.con_id == instrument.con_id]
        if instrument not in broken and len(held) == len(Granularity):
            del state.quarantine[instrument]
            state.told.pop(f"quarantine {instrument.con_id}", None)


def _store(ports: Ports, state: WatchState, updates: Sequence[SeriesUpdate]) -> None:
    if not updates:
        return
    try:
        ports.bars.merge(updates)
    except SellError as error:
        tell(ports, state, "store", f"{error}; going on with what is in memory")
    else:
        state.told.pop("store", None)
