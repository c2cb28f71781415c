"""Gathering what the safety checks look at."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from math import inf

from attrs import evolve, frozen

from sellcore.errors import BrokerUnavailable, InvalidValue
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument
from sellcore.order import Mode, Side
from sellcore.order_type import OrderType
from sellcore.ports.journal import Sent
from sellcore.ports.quotes import MarketQuote
from sellcore.rule import MovingAverageRule
from sellcore.selling.facts import Facts
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.last_sale import hides
from sellcore.selling.limit_price import marketable
from sellcore.selling.limits import SellingPolicy
from sellcore.selling.other_orders import sold_meanwhile, sorted_out
from sellcore.selling.overtaken import overtaken
from sellcore.selling.testimony import Testimony
from sellcore.session import Session
from sellcore.snapshot import Holding
from sellcore.timeframe import SOURCE, Granularity, Timeframe
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.skew import clock_skew
from sellcore.usecases.watch_state import Ports, Terms, WatchState


@frozen
class Look:
    """
    One look at everything, for all intents that are to be sent in it.

    Attributes:
        now: UTC.
        mode: Of this run.
        skew: Our clock minus the broker's, or None.
        halted: Why a person has halted selling, or None.
        line: Why the broker cannot be relied on, or None.
        reconciled: Journal and broker were compared since the line was opened.
        quotes: The market.
        holdings: What is known of each position, by contract id.
    """

    now: datetime
    mode: Mode
    skew: timedelta | None
    halted: str | None
    line: str | None
    reconciled: bool
    quotes: Mapping[Instrument, MarketQuote]
    holdings: Mapping[int, Holding]


def look(
    ports: Ports,
    selling: Selling,
    state: WatchState,
    terms: Terms,
    instruments: Sequence[Instrument],
    held: Sequence[Holding],
) -> Look:
    """Look at the clock, the kill switch, the line and the market."""
    generation = ports.connection.generation()
    return Look(
        now=ports.clock.now(),
        mode=terms.mode,
        skew=_skew(ports),
        halted=selling.kill_switch.thrown(),
        line=ports.connection.fault() or state.obstacle,
        reconciled=state.selling.reconciled_generation == generation,
        quotes=selling.quotes.quotes(instruments) if instruments else {},
        holdings={holding.instrument.con_id: holding for holding in held},
    )


def look_again(ports: Ports, selling: Selling, state: WatchState, seen: Look) -> Look:
    """Look again at all that costs no question to the broker: one may have taken long."""
    return evolve(
        seen,
        now=ports.clock.now(),
        halted=selling.kill_switch.thrown(),
        line=ports.connection.fault() or state.obstacle,
        reconciled=state.selling.reconciled_generation == ports.connection.generation(),
    )


def _skew(ports: Ports) -> timedelta | None:
    try:
        return clock_skew(ports)
    except BrokerUnavailable:
        return None


def facts(
    selling: Selling,
    state: WatchState,
    record: IntentRecord,
    seen: Look,
    told: Testimony,
    today: Sent,
    last: IntentRecord | None = None,
) -> Facts:
    """
    Return all that the checks look at for one intent.

    Args:
        selling: The journal and the limits.
        state: What is known so far.
        record: The intent.
        seen: The look at everything but the account.
        told: The account.
        today: What was sent before it.
        last: The last sale of the same position, or None.
    """
    instrument = record.intent.instrument
    holding = seen.holdings.get(record.con_id)
    orders = told.orders_on(record.con_id)
    cancellable, foreign = sorted_out(orders, selling.entry.client_id)
    quote = seen.quotes.get(instrument, MarketQuote())
    session = _session(state, instrument, seen.now)
    price = _first_price(quote.bid, quote.last, _price_since(holding, session))
    limit, no_limit = _limit(selling.policy, state, instrument, price or record.close)
    return Facts(
        record=record,
        now=seen.now,
        mode=seen.mode,
        policy=selling.policy,
        arming=selling.arming,
        halted=seen.halted,
        line=seen.line,
        reconciled=seen.reconciled,
        skew=seen.skew,
        session=session,
        bars_read_at=None if holding is None else _read_at(holding, record.intent.rule),
        bars_used=record.bars_used,
        bars_needed=record.intent.rule.required_bars,
        doubt=None if holding is None else holding.obstacle,
        suspended=quote.suspended,
        price=price,
        held=told.held(record.con_id),
        selling=sum((o.remaining for o in foreign if o.side is Side.SELL), Decimal()),
        to_cancel=cancellable,
        foreign=foreign,
        cancelled_sold=sold_meanwhile(record, told),
        orders_today=today.orders,
        value_today=today.value_in(instrument.currency),
        failed_sends=selling.journal.failed_sends(record.con_id),
        limit_price=limit,
        no_limit=no_limit,
        hidden_sale=hides(told.held(record.con_id), record.intent.epoch, last, told.executions),
        overtaken=None if holding is None else overtaken(holding, record),
        unshown=told.unshown(record.con_id),
        vanished=told.vanished_from(record.con_id),
    )


def _read_at(holding: Holding, rule: MovingAverageRule) -> datetime | None:
    """
    Return when the bars that an intent rests on were last read.

    A day that has closed is not read again; that the broker still tells bars
    of the instrument is seen from its half hours.
    """
    if rule.timeframe is Timeframe.HOUR:
        return holding.read_at.get(SOURCE[rule.timeframe])
    return max(holding.read_at.values(), default=None)


def _session(state: WatchState, instrument: Instrument, now: datetime) -> Session | None:
    """Return the session that is on now, or None."""
    days = state.contracts.sessions.get(instrument)
    if days is None or not days.begun(now):
        return None
    latest = days[days.begun(now) - 1]
    return latest if latest.contains(now) else None


def _limit(
    policy: SellingPolicy, state: WatchState, instrument: Instrument, price: float
) -> tuple[float | None, str | None]:
    """Return the limit of the order, or why there can be none; neither at the market."""
    if policy.order_type is not OrderType.LIMIT:
        return None, None
    details = state.contracts.details.get(instrument)
    steps = () if details is None else details.price_steps
    try:
        return marketable(price, policy.limit_offset_pct, steps), None
    except InvalidValue as error:
        return None, str(error)


def _first_price(*prices: float | None) -> float | None:
    """Return the first that is a price: a market without buyers may be told as -1, or as NaN."""
    return next((price for price in prices if price is not None and 0 < price < inf), None)


def _price_since(holding: Holding | None, session: Session | None) -> float | None:
    """Return the newest price of the session that is on; None where nothing has traded in it."""
    if holding is None or session is None:
        return None
    stored = holding.series.get(Granularity.HALF_HOUR)
    if stored is None or not len(stored.bars) or stored.bars.start[-1] < to_epoch(session.open):
        return None
    return float(stored.bars.close[-1])
