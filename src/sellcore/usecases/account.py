"""Reading the account: what is held, what works on it, and what the broker says of it."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import timedelta
from math import isnan

from attrs import evolve

from sellcore.contract import ContractDetails
from sellcore.errors import CalendarError, ConfigError
from sellcore.event import Alert
from sellcore.instrument import Instrument, Kind
from sellcore.ports.connection import Login
from sellcore.position import Position
from sellcore.session import Session, overlay
from sellcore.split_guard import Sighting, split_between
from sellcore.trading_days import TradingDays
from sellcore.usecases.tell import tell
from sellcore.usecases.watch_state import Ports, WatchState

YEARS_BACK = timedelta(days=4 * 366)
"""Sessions are kept this far back: the longest history any rule asks for."""

DAYS_AHEAD = timedelta(days=10)
"""Sessions are kept this far ahead: across any holiday, to the next open."""


def choose_account(login: Login, wanted: str) -> str:
    """
    Return the account to watch.

    Raises:
        ConfigError: the wanted one is not this login's, or there are several
            and none was named.
    """
    known = ", ".join(login.accounts) or "none"
    if wanted and wanted not in login.accounts:
        raise ConfigError(f"account {wanted} is not one of this login's: {known}; check --account")
    if not wanted and len(login.accounts) != 1:
        raise ConfigError(f"this login has the accounts {known}; name one with --account")
    return wanted or login.accounts[0]


def read_account(ports: Ports, state: WatchState) -> tuple[Instrument, ...]:
    """
    Read positions, open orders and, for what is new, the broker's details.

    A holding that was missing from a reading and is back as it was had never
    gone: the broker does not always tell all of them.

    Returns:
        The instruments that are held since the last reading.

    Raises:
        BrokerUnavailable: nothing of ``state`` has changed.
    """
    positions = [
        position
        for position in ports.broker.positions()
        if position.account == state.account and position.quantity
    ]
    orders = ports.broker.open_orders()
    _describe(ports, state, positions)
    held = {position.instrument: position for position in state.positions}
    held |= _back_again(ports, state, held, positions)
    _notice_splits(ports, state, held, positions)
    state.positions = tuple(
        sorted(
            (_with_details(state, position) for position in positions),
            key=lambda position: (position.instrument.ticker, position.instrument.con_id),
        )
    )
    state.last_seen |= {position.instrument: position for position in state.positions}
    listed = tuple(order for order in orders if order.account in ("", state.account))
    if ports.selling is not None:  # the next testimony tells what became of them
        state.selling.unlisted += tuple(
            order for order in state.orders if not any(order.same_as(each) for each in listed)
        )
    state.orders = listed
    for ticker in sorted(ambiguous_tickers(state)):
        _tell_ambiguous(ports, state, ticker)
    return tuple(p.instrument for p in state.positions if p.instrument not in held)


def _back_again(
    ports: Ports,
    state: WatchState,
    held: Mapping[Instrument, Position],
    positions: Sequence[Position],
) -> dict[Instrument, Position]:
    """Return what was missing from the last reading and is held as it was before."""
    back = {}
    for position in positions:
        seen = state.last_seen.get(position.instrument)
        if seen is None or position.instrument in held:
            continue
        if seen.quantity == position.quantity and _same_cost(seen, position):
            back[position.instrument] = seen
            text = f"{seen.instrument.ticker} was missing from the account and is back as it was"
            ports.emit(Alert(ports.clock.now(), text))
    return back


def _same_cost(seen: Position, position: Position) -> bool:
    """Compare average costs; one that the broker does not tell, NaN, is like itself."""
    before, now = seen.average_cost, position.average_cost
    return before == now or (isnan(before) and isnan(now))


def _notice_splits(
    ports: Ports,
    state: WatchState,
    before: Mapping[Instrument, Position],
    positions: Sequence[Position],
) -> None:
    """Keep in mind since when each holding is seen, and a split that it shows meanwhile."""
    for after in positions:
        instrument = after.instrument
        sighting = state.sightings.get(instrument)
        if sighting is None or instrument not in before:
            state.sightings[instrument] = Sighting(ports.clock.now())
            continue
        split = split_between(before[instrument], after)
        if split is not None:
            state.sightings[instrument] = evolve(sighting, split=split * (sighting.split or 1.0))
            told = f"{before[instrument].quantity:f} shares have become {after.quantity:f}"
            text = f"{before[instrument].instrument.ticker}: {told} at the same cost: a split"
            ports.emit(Alert(ports.clock.now(), text))


def _describe(ports: Ports, state: WatchState, positions: Sequence[Position]) -> None:
    """Ask for the details of each stock once a day: its hours are told a few days ahead only."""
    contracts, today = state.contracts, ports.clock.now().date()
    wanted = [
        position.instrument
        for position in positions
        if position.instrument.kind is Kind.STOCK
        and contracts.described_on.get(position.instrument) != today
    ]
    if not wanted:
        return
    for instrument, details in ports.broker.details(wanted).items():
        if isinstance(details, ContractDetails):
            before = contracts.details.get(instrument)
            told = {} if before is None else before.hours  # of days that it speaks of no more
            contracts.details[instrument] = evolve(details, hours={**told, **details.hours})
            contracts.described_on[instrument] = today
        else:
            text = f"{instrument.ticker}: {details.reason}"
            tell(ports, state, f"details {instrument.con_id}", text)


def _with_details(state: WatchState, position: Position) -> Position:
    details = state.contracts.details.get(position.instrument)
    return position if details is None else evolve(position, instrument=details.instrument)


def stocks(state: WatchState) -> tuple[Position, ...]:
    """Return the positions in stocks that the broker has described."""
    return tuple(p for p in state.positions if p.instrument in state.contracts.details)


def ambiguous_tickers(state: WatchState) -> frozenset[str]:
    """Return the tickers that more than one stock held answers to: none of them is decided."""
    held = (position.instrument for position in state.positions)
    counts = Counter(instrument.ticker for instrument in held if instrument.kind is Kind.STOCK)
    return frozenset(ticker for ticker, count in counts.items() if count > 1)


def _tell_ambiguous(ports: Ports, state: WatchState, ticker: str) -> None:
    instruments = [p.instrument for p in state.positions if p.instrument.ticker == ticker]
    each = ", ".join(f"contract {i.con_id} in {i.currency}" for i in instruments)
    text = f"{ticker} names more than one holding: {each}; none is decided until only one is left"
    tell(ports, state, f"ambiguous {ticker}", text)


def refresh_sessions(ports: Ports, state: WatchState) -> None:
    """Look up the sessions of every stock that was described anew."""
    contracts = state.contracts
    shared: dict[object, TradingDays] = {}
    for position in stocks(state):
        instrument = position.instrument
        details = contracts.details[instrument]
        if contracts.sessions_from.get(instrument) is details:
            continue
        same = (instrument.exchange, frozenset(details.hours.items()))
        if same not in shared:
            shared[same] = _trading_days(ports, state, details)
        contracts.sessions[instrument] = shared[same]
        contracts.sessions_from[instrument] = details


def _trading_days(ports: Ports, state: WatchState, details: ContractDetails) -> TradingDays:
    """Return the exchange's sessions; the broker's word wins over the table's."""
    now, instrument = ports.clock.now(), details.instrument
    first, last = (now - YEARS_BACK).date(), (now + DAYS_AHEAD).date()
    table: tuple[Session, ...] = ()
    try:
        table = ports.calendar.sessions(instrument.exchange, first, last)
    except CalendarError as error:
        tell(ports, state, f"calendar {instrument.exchange}", f"{instrument.ticker}: {error}")
    return TradingDays(overlay(table, details.hours))
