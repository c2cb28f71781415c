"""Market data: ticks of price and size, as they change, or once as a snapshot."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from attrs import define, field

from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.clients import Client, Handler
from adapters.gateway.contracts import the_listing
from adapters.gateway.faults import FaultKind
from adapters.gateway.listings import Listing
from adapters.gateway.not_served import NO_SUCH_REQUEST
from adapters.gateway.wire import truth, whole
from adapters.gateway.world import World
from sellcore.instant import to_epoch

_PRICE, _SIZE, _GENERIC, _STRING = 1, 2, 45, 46
_SNAPSHOT_END, _DATA_TYPE, _REQ_PARAMS = 57, 58, 81
_BID_SIZE, _BID, _ASK, _ASK_SIZE, _LAST, _LAST_SIZE = 0, 1, 2, 3, 4, 5
_HIGH, _LOW, _VOLUME, _CLOSE, _OPEN = 6, 7, 8, 9, 14
_LAST_TIME, _HALTED = 45, 49
_ROUND_LOT: Final = 100
_LIVE, _FROZEN, _DELAYED, _DELAYED_FROZEN = 1, 2, 3, 4
_CAN_AUTO_EXECUTE: Final = 1
_LOOK_BACK: Final = 5 * 86_400
"""Seconds within which the day before lies, weekends and holidays included."""

_INVALID: Final = "Error validating request.-'bS' : cause - {}"
_DUPLICATE: Final = "Error processing request.-'bS' : cause - Duplicate ticker id"
_ONCE: Final = "Snapshot market data subscription is not applicable to generic ticks"
_TYPES: Final = "Market data type is 1 live, 2 frozen, 3 delayed or 4 delayed-frozen"

NOT_SUBSCRIBED: Final = "Requested market data is not subscribed."

Tick = tuple[object, ...]


@define
class Subscription:
    """
    One reqMktData that goes on.

    Attributes:
        last: The ticks that the client has, by message and tick type.
    """

    client: Client
    req_id: int
    listing: Listing
    last: dict[tuple[object, object], Tick] = field(factory=dict)


@define
class Quotes:
    """Sends ticks of the world's tape."""

    world: World
    _open: list[Subscription] = field(factory=list)

    @property
    def open(self) -> int:
        """How many subscriptions go on."""
        return len(self._open)

    @classmethod
    def of(cls, world: World) -> "Quotes":
        """Serve the world's tape; subscriptions do not survive a 1101."""
        quotes = cls(world)
        world.switches.when_begins(FaultKind.RESTORED_1101, lambda fault: quotes._open.clear())
        return quotes

    def handlers(self) -> dict[int, Handler]:
        """Return the handlers of reqMktData, its cancel, and reqMarketDataType."""
        return {1: self._asked, 2: self._cancelled, 59: self._data_type}

    def advance(self, now: datetime) -> None:
        """Send the ticks that have changed."""
        if self.world.switches.on(FaultKind.LOST_1100) or self.world.switches.on(
            FaultKind.FARM_DOWN
        ):
            return
        for subscription in self._open:
            self._send_changes(subscription, now)

    def client_disconnected(self, client: Client) -> None:
        """Forget the subscriptions of a client that is gone."""
        self._open = [s for s in self._open if s.client is not client]

    def _asked(self, client: Client, fields: list[str]) -> None:
        req_id, contract = whole(fields[2]), fields[3:15]
        rest = 15 + (1 + 4 * whole(fields[15]) if contract[2] == "BAG" else 0)
        rest += 1 + (3 if truth(fields[rest]) else 0)
        generic, snapshot = fields[rest].strip(), truth(fields[rest + 1])
        if self._find(client, req_id) is not None:
            client.error(req_id, 322, _DUPLICATE)
            return
        if snapshot and generic:
            client.error(req_id, 321, _INVALID.format(_ONCE))
            return
        listing = the_listing(self.world, client, req_id, contract)
        if listing is None:
            return
        refusal = self.world.switches.on(FaultKind.NO_SUBSCRIPTION, listing.ticker)
        if refusal is not None:
            client.error(req_id, int(refusal.number("code")), NOT_SUBSCRIBED)
            return
        now = self.world.clock.now()
        open_now = listing.hours.session_at(now) is not None
        frozen = client.market_data_type in (_FROZEN, _DELAYED_FROZEN) and not open_now
        client.send(_DATA_TYPE, 1, req_id, _FROZEN if frozen else _LIVE)
        client.send(_REQ_PARAMS, req_id, listing.min_tick, "9c0001", 3)
        subscription = Subscription(client, req_id, listing)
        self._send_changes(subscription, now)
        if snapshot:
            client.send(_SNAPSHOT_END, 1, req_id)
        else:
            self._open.append(subscription)

    def _cancelled(self, client: Client, fields: list[str]) -> None:
        req_id = whole(fields[2])
        found = self._find(client, req_id)
        if found is None:
            client.error(req_id, 300, NO_SUCH_REQUEST.format(id=req_id))
        else:
            self._open.remove(found)

    def _find(self, client: Client, req_id: int) -> Subscription | None:
        theirs = (s for s in self._open if s.client is client and s.req_id == req_id)
        return next(theirs, None)

    def _data_type(self, client: Client, fields: list[str]) -> None:
        kind = whole(fields[2])
        if kind in (_LIVE, _FROZEN, _DELAYED, _DELAYED_FROZEN):
            client.market_data_type = kind
        else:
            client.error(-1, 321, _INVALID.format(_TYPES))

    def _send_changes(self, subscription: Subscription, now: datetime) -> None:
        for tick in self._ticks(subscription.listing, subscription.req_id, now):
            name = (tick[0], tick[3])
            if subscription.last.get(name) != tick:
                subscription.last[name] = tick
                subscription.client.send(*tick)

    def _ticks(self, listing: Listing, req_id: int, now: datetime) -> Iterator[Tick]:
        price = self.world.tape.price(listing, now)
        if price is not None:
            yield from self._price_ticks(listing, req_id, now, price)
        halt = self.world.tape.halted(listing, now)
        yield (_GENERIC, 6, req_id, _HALTED, halt.number("value") if halt else 0.0)

    def _price_ticks(
        self, listing: Listing, req_id: int, now: datetime, price: float
    ) -> Iterator[Tick]:
        moment = to_epoch(now)
        days = self.world.tape.bars(listing, BarSize.DAY, moment - _LOOK_BACK, moment, regular=True)
        bid, ask = (
            round(max(price - listing.min_tick, listing.min_tick), 4),
            round(price + listing.min_tick, 4),
        )
        for kind, value, size_kind in (
            (_BID, bid, _BID_SIZE),
            (_ASK, ask, _ASK_SIZE),
            (_LAST, price, _LAST_SIZE),
        ):
            yield (_PRICE, 6, req_id, kind, value, _ROUND_LOT, _CAN_AUTO_EXECUTE)
            yield (_SIZE, 6, req_id, size_kind, _ROUND_LOT)
        if len(days):
            yield (_SIZE, 6, req_id, _VOLUME, int(days.volume[-1]))
            for kind, value in (
                (_HIGH, float(days.high[-1])),
                (_LOW, float(days.low[-1])),
                (_OPEN, float(days.open[-1])),
            ):
                yield (_PRICE, 6, req_id, kind, value, 0, 0)
        if len(days) > 1:
            yield (_PRICE, 6, req_id, _CLOSE, float(days.close[-2]), 0, 0)
        yield (_STRING, 6, req_id, _LAST_TIME, str(moment))
