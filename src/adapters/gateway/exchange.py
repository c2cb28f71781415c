"""
The exchange: what becomes of orders as they arrive and as time passes.

It changes the book and the holdings and returns what happened; it tells nobody.
"""

from collections.abc import Iterator
from datetime import datetime
from decimal import ROUND_CEILING, Decimal

from attrs import define, evolve, field

from adapters.gateway.faults import FaultKind
from adapters.gateway.holdings import Holdings, commission_for
from adapters.gateway.listings import Listing
from adapters.gateway.matching import meet
from adapters.gateway.order_book import OrderBook
from adapters.gateway.order_events import EventKind, OrderEvent
from adapters.gateway.order_warnings import warnings
from adapters.gateway.orders import (
    IMMEDIATE,
    Execution,
    Order,
    Status,
    TimeInForce,
    at_rest,
    ended,
    money,
    with_fill,
)
from adapters.gateway.switches import Switches
from adapters.gateway.tape import Tape, Trade
from sellcore.instant import to_epoch

Events = Iterator[OrderEvent]

CANCELLED_BY_TRADER = "Cancelled by Trader"
_FIRST_EXECUTION = 0xE0D5


@define
class Exchange:
    """Matches the orders of the book against the tape."""

    book: OrderBook
    holdings: Holdings
    tape: Tape
    switches: Switches
    executions: list[Execution] = field(factory=list)

    def seed(self, order: Order, now: datetime) -> None:
        """Keep an order that has been working since before the beginning."""
        self.book.put(at_rest(self._timed(order, now), now))

    def submit(self, order: Order, now: datetime) -> Events:
        """Take a new order, or one that was parked; it trades at once where it can."""
        if not order.terms.transmit:
            yield self._kept(EventKind.ACCEPTED, evolve(order, status=Status.PARKED))
            return
        order = self._timed(order, now)
        for code, text in warnings(
            order, self.holdings.quantity(order.listing.con_id), now, self.switches
        ):
            yield OrderEvent(EventKind.WARNED, order, code=code, text=text)
        first = at_rest(order, now)
        if first.status is Status.SUBMITTED:
            first = evolve(first, status=Status.PRE_SUBMITTED)  # the broker has it, no venue yet
        yield self._kept(EventKind.ACCEPTED, first)
        yield from self._transmit_family(order, now)
        yield from self._try_now(order.perm_id, now)

    def modify(self, order: Order, now: datetime) -> Events:
        """Put changed terms in force."""
        parked = order.status is Status.PARKED
        if parked and order.terms.transmit:
            yield from self.submit(evolve(order, status=Status.PRE_SUBMITTED), now)
            return
        changed = order if parked else at_rest(self._timed(order, now), now)
        yield self._kept(EventKind.MODIFIED, changed)
        yield from self._try_now(order.perm_id, now)

    def cancel(
        self,
        order: Order,
        now: datetime,
        outcome: str = CANCELLED_BY_TRADER,
        kind: EventKind = EventKind.CANCELLED,
    ) -> Events:
        """End an order, and those that wait for it."""
        gone = ended(order, Status.CANCELLED, now, outcome)
        yield self._kept(kind, gone, code=202, text="Order Canceled - reason:")
        for child in self.book.children(gone):
            yield from self.cancel(child, now, outcome)

    def reject(self, order: Order, now: datetime, reason: str) -> Events:
        """Refuse a new order after it was taken in."""
        gone = ended(order, Status.INACTIVE, now, reason)
        yield self._kept(EventKind.REJECTED, gone, code=201, text=reason)

    def fill_now(self, order: Order, now: datetime) -> Events:
        """Fill an order whole at the last price, whatever its own price says."""
        price = self._price_now(order, now)
        if price is not None:
            yield from self._execute(order, order.remaining, price, now)

    def advance(self, after: datetime, now: datetime) -> Events:
        """Let the time (after, now] pass: releases, trades, expiries."""
        listings = {order.listing.con_id: order.listing for order in self.book.working()}
        for listing in listings.values():
            yield from self._release(listing, now)
            for trade in self.tape.trades(listing, after, now):
                for order in self._of(listing):
                    if _may_meet(order, trade):
                        yield from self._meet(order, trade)
            for order in self._of(listing):
                if order.expires is not None and order.expires <= now:
                    yield from self.cancel(
                        order, order.expires, "Cancelled by System:expired", EventKind.EXPIRED
                    )

    def _timed(self, order: Order, now: datetime) -> Order:
        """Return the order with when it begins to work, and when a DAY order ends."""
        hours = order.listing.hours
        held = self.switches.on(FaultKind.HOLD_399, order.listing.ticker) is not None
        at_once = order.terms.outside_rth or hours.session_at(now) is not None
        works_from = now if at_once and not held else hours.next_open(now)
        if order.terms.tif is TimeInForce.GOOD_TILL_CANCELLED:
            return evolve(order, works_from=works_from, expires=None)
        session = hours.session_at(works_from) or hours.session_at(hours.next_open(works_from))
        return evolve(order, works_from=works_from, expires=session.close if session else None)

    def _of(self, listing: Listing) -> list[Order]:
        return [o for o in self.book.working() if o.listing.con_id == listing.con_id]

    def _release(self, listing: Listing, now: datetime) -> Events:
        for order in self._of(listing):
            resting = at_rest(order, now)
            if order.status is Status.PRE_SUBMITTED and resting.status is Status.SUBMITTED:
                yield self._kept(EventKind.WORKING, resting)

    def _transmit_family(self, order: Order, now: datetime) -> Events:
        """Transmit the parked parent and siblings of an order that goes out."""
        if not order.parent_order_id:
            return
        for known in self.book.live():
            other = self.book.get(known.perm_id)  # the parent may have filled in this very loop
            family = other.client_id == order.client_id and order.parent_order_id in (
                other.order_id,
                other.parent_order_id,
            )
            if family and other.status is Status.PARKED:
                sent = evolve(other, terms=evolve(other.terms, transmit=True))
                yield self._kept(EventKind.WORKING, at_rest(sent, now))
                yield from self._try_now(sent.perm_id, now)

    def _try_now(self, perm_id: int, now: datetime) -> Events:
        """Match against the last price, as a venue would on arrival; then rest."""
        order = self.book.get(perm_id)
        if not order.working or order.waits_for:
            return
        if now >= order.works_from and order.listing.hours.session_at(now) is not None:
            price = self._price_now(order, now)
            if price is not None:
                yield from self._meet(order, Trade(now, price, price, price))
        order = self.book.get(perm_id)
        if order.working and order.terms.tif in IMMEDIATE:
            yield from self._kill(order, now)
            return
        resting = at_rest(order, now)
        if order.working and resting.status is not order.status:
            yield self._kept(EventKind.WORKING, resting)

    def _price_now(self, order: Order, now: datetime) -> float | None:
        """Return the price that can be traded at now, None before the first and in a halt."""
        halted = self.tape.halted(order.listing, now) is not None
        return None if halted else self.tape.price(order.listing, now)

    def _kill(self, order: Order, now: datetime) -> Events:
        if order.terms.tif is TimeInForce.FILL_OR_KILL:
            gone = ended(order, Status.INACTIVE, now, "Cancelled by System:cannot fill whole")
            yield self._kept(EventKind.CANCELLED, gone)
        else:
            yield from self.cancel(order, now, "Cancelled by System:immediate or cancel")

    def _meet(self, order: Order, trade: Trade) -> Events:
        met, price = meet(order, trade)
        if price is not None:
            yield from self._execute(met, self._portion(met), price, trade.at)
        elif met.triggered and not order.triggered:
            yield self._kept(EventKind.WORKING, at_rest(met, trade.at))

    def _portion(self, order: Order) -> Decimal:
        fault = self.switches.on(FaultKind.PARTIAL_FILLS, order.listing.ticker)
        parts = int(fault.number("parts")) if fault else 1
        if parts <= 1 or order.terms.tif is TimeInForce.FILL_OR_KILL:
            return order.remaining
        portion = (order.terms.quantity / parts).to_integral_value(ROUND_CEILING)
        return min(order.remaining, portion)

    def _execute(self, order: Order, shares: Decimal, price: float, at: datetime) -> Events:
        commission = commission_for(shares, money(price))
        realized = self.holdings.trade(
            order.listing, shares * order.action.sign, money(price), commission
        )
        filled = with_fill(order, shares, price, commission, at)
        number = _FIRST_EXECUTION + len(self.executions)
        execution = Execution(
            exec_id=f"{number:08x}.{to_epoch(at):08x}.01.01",
            order=filled,
            at=at,
            shares=shares,
            price=price,
            commission=commission,
            realized=realized,
        )
        self.executions.append(execution)
        yield self._kept(EventKind.EXECUTED, filled, execution)
        if self.switches.on(FaultKind.EXEC_CORRECTION, order.listing.ticker):
            corrected = evolve(execution, exec_id=f"{execution.exec_id[:-2]}02")
            self.executions.append(corrected)
            yield OrderEvent(EventKind.CORRECTED, filled, corrected)
        if filled.status is Status.FILLED:
            yield from self._after_fill(filled, at)

    def _after_fill(self, order: Order, at: datetime) -> Events:
        for other in self.book.companions(order):
            if other.live:
                yield from self.cancel(other, at, "Cancelled by System:its group was filled")
        for child in self.book.children(order):
            freed = evolve(child, waits_for=0)
            if child.status is Status.PARKED:
                self.book.put(freed)
                continue
            yield self._kept(EventKind.WORKING, at_rest(freed, at))
            yield from self._try_now(child.perm_id, at)

    def _kept(
        self,
        kind: EventKind,
        order: Order,
        execution: Execution | None = None,
        code: int = 0,
        text: str = "",
    ) -> OrderEvent:
        self.book.put(order)
        return OrderEvent(kind, order, execution, code, text)


def _may_meet(order: Order, trade: Trade) -> bool:
    """Say whether the order is at work when the trade happens; it may have ended just now."""
    return (
        order.working
        and not order.waits_for
        and trade.at >= order.works_from
        and (order.expires is None or trade.at < order.expires)
        and (order.terms.outside_rth or order.listing.hours.session_at(trade.at) is not None)
    )
