"""The account as clients see it: positions, values, profit; asked for once or followed."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

from adapters.gateway import account_messages as messages
from adapters.gateway.account_values import AccountValue, account_values, summary
from adapters.gateway.clients import Client, Handler
from adapters.gateway.faults import Fault, FaultKind
from adapters.gateway.holdings import Holding, Holdings, worth
from adapters.gateway.listings import Listing
from adapters.gateway.order_messages import ZONE, Fields, exchange_day
from adapters.gateway.orders import money
from adapters.gateway.subscriptions import Subscriptions, Topic
from adapters.gateway.wire import truth, whole
from adapters.gateway.world import World

CURRENCY = "USD"
"""The account's base currency."""

_ACCOUNT_REFRESH = timedelta(minutes=3)
_SLOW = (Topic.ACCOUNT, Topic.MULTI, Topic.SUMMARY)
_AT_ONCE = (Topic.PROFIT, Topic.SINGLE_PROFIT)
_NOT_OURS = "Error validating request.-'bW' : cause - Invalid account code '{}'."


class Portfolio:
    """
    Positions, cash and what they are worth, and who wants to know.

    Attributes:
        holdings: The state; the exchange books its trades there.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._account = world.scenario.account
        self._following = Subscriptions()
        self._prices: dict[int, Decimal | None] = {}
        self._priced_at: datetime | None = None
        self.holdings = Holdings(money(world.scenario.cash))
        for held in world.scenario.positions:
            listing = world.listings.by_con_id(held.con_id)
            if listing is not None:
                self.holdings.replace(listing, held.quantity, money(held.average_cost))
        now = world.clock.now()
        self._day = exchange_day(now)
        self._refreshed = now
        self._start_day()
        world.switches.when_begins(FaultKind.SPLIT, self._split)
        world.switches.when_begins(FaultKind.SET_POSITION, self._set_position)

    def handlers(self) -> dict[int, Handler]:
        """Return what answers requests about the account, by message id."""
        return {
            61: self._positions,
            64: lambda client, _: self._cancel(client, Topic.POSITIONS),
            74: self._positions_multi,
            75: lambda client, f: self._cancel(client, Topic.POSITIONS_MULTI, whole(f[2])),
            6: self._account_updates,
            76: self._account_updates_multi,
            77: lambda client, f: self._cancel(client, Topic.MULTI, whole(f[2])),
            62: self._account_summary,
            63: lambda client, f: self._cancel(client, Topic.SUMMARY, whole(f[2])),
            92: self._profit,
            93: lambda client, f: self._cancel(client, Topic.PROFIT, whole(f[1])),
            94: self._profit_of_position,
            95: lambda client, f: self._cancel(client, Topic.SINGLE_PROFIT, whole(f[1])),
        }

    def client_disconnected(self, client: Client) -> None:
        """End the client's subscriptions."""
        self._following.forget(client)

    def advance(self, now: datetime) -> None:
        """Pass on what the new prices change, account values every three minutes."""
        if exchange_day(now) != self._day:
            self._day = exchange_day(now)
            self._start_day()
        self._following.refresh(*_AT_ONCE)
        if now - self._refreshed >= _ACCOUNT_REFRESH:
            self._refreshed = now
            self._following.refresh(*_SLOW)

    def changed(self) -> None:
        """Tell every follower that positions and cash have changed."""
        self._following.refresh(Topic.POSITIONS, Topic.POSITIONS_MULTI, *_SLOW, *_AT_ONCE)

    def price_of(self, listing: Listing) -> Decimal | None:
        """Return the last traded price, looked up once for each instant."""
        now = self._world.clock.now()
        if now != self._priced_at:
            self._priced_at, self._prices = now, {}
        if listing.con_id not in self._prices:
            price = self._world.tape.price(listing, now)
            self._prices[listing.con_id] = None if price is None else money(price)
        return self._prices[listing.con_id]

    def _cancel(self, client: Client, topic: Topic, request: int = 0) -> None:
        self._following.cancel(client, topic, request)

    def _positions(self, client: Client, _: list[str]) -> None:
        shown: set[int] = set()

        def rows() -> Iterable[Fields]:
            for held in self._held(shown):
                yield messages.position(self._account, held)

        self._following.follow(client, Topic.POSITIONS, 0, rows, end=messages.POSITION_END)

    def _positions_multi(self, client: Client, fields: list[str]) -> None:
        request, account, model = whole(fields[2]), fields[3], fields[4]
        if not self._is_ours(client, request, account):
            return
        shown: set[int] = set()

        def rows() -> Iterable[Fields]:
            for held in self._held(shown):
                yield messages.position_multi(request, self._account, model, held)

        end = messages.position_multi_end(request)
        self._following.follow(client, Topic.POSITIONS_MULTI, request, rows, end=end)

    def _held(self, shown: set[int]) -> Iterator[Holding]:
        """Yield what is held, and at 0 what a client was shown before."""
        for con_id, held in self.holdings.by_con_id.items():
            if held.quantity or con_id in shown:
                shown.add(con_id)
                yield held

    def _account_updates(self, client: Client, fields: list[str]) -> None:
        subscribe, account = truth(fields[2]), fields[3]
        if not subscribe:
            self._cancel(client, Topic.ACCOUNT)
            return
        if not self._is_ours(client, -1, account):
            return
        shown: set[int] = set()

        def rows() -> Iterable[Fields]:
            for value in self._values():
                yield messages.account_value(self._account, value)
            for held in self._held(shown):
                price = worth(held, self.price_of)
                yield messages.portfolio_value(self._account, held, price)
            yield messages.account_time(self._world.told_time())

        end = messages.account_download_end(self._account)
        self._following.follow(client, Topic.ACCOUNT, 0, rows, end=end)

    def _account_updates_multi(self, client: Client, fields: list[str]) -> None:
        request, account, model = whole(fields[2]), fields[3], fields[4]
        ledger_only = truth(fields[5])
        if not self._is_ours(client, request, account):
            return

        def rows() -> Iterable[Fields]:
            for value in self._values():
                if not ledger_only or value.key == "NetLiquidation" or value.currency == "BASE":
                    yield messages.account_update_multi(request, self._account, model, value)

        end = messages.account_update_multi_end(request)
        self._following.follow(client, Topic.MULTI, request, rows, end=end)

    def _account_summary(self, client: Client, fields: list[str]) -> None:
        request, group, tags = whole(fields[2]), fields[3], fields[4]
        if not self._is_ours(client, request, group):
            return

        def rows() -> Iterable[Fields]:
            for value in summary(self._values(), tags):
                yield messages.account_summary(request, self._account, value)

        end = messages.account_summary_end(request)
        self._following.follow(client, Topic.SUMMARY, request, rows, end=end)

    def _profit(self, client: Client, fields: list[str]) -> None:
        request = whole(fields[1])
        if not self._is_ours(client, request, fields[2]):
            return

        def rows() -> Iterable[Fields]:
            totals = self.holdings.totals(self.price_of)
            yield messages.profit(request, (totals.daily, totals.unrealized, totals.realized))

        self._following.follow(client, Topic.PROFIT, request, rows)

    def _profit_of_position(self, client: Client, fields: list[str]) -> None:
        request, con_id = whole(fields[1]), whole(fields[4])
        if not self._is_ours(client, request, fields[2]):
            return

        def rows() -> Iterable[Fields]:
            held = self.holdings.by_con_id.get(con_id)
            if held is not None:  # nothing at all is said about a position never held
                yield messages.profit_single(request, held.quantity, self._figures(held))

        self._following.follow(client, Topic.SINGLE_PROFIT, request, rows)

    def _figures(self, held: Holding) -> tuple[Decimal, ...]:
        price = worth(held, self.price_of)
        daily = self.holdings.daily(held, self.price_of)
        return daily, held.unrealized(price), held.realized, held.value(price)

    def _values(self) -> list[AccountValue]:
        return account_values(self._account, self.holdings.totals(self.price_of), CURRENCY)

    def _is_ours(self, client: Client, request: int, account: str) -> bool:
        if account in ("", "All", self._account):
            return True
        client.error(request, 321, _NOT_OURS.format(account))
        return False

    def _start_day(self) -> None:
        midnight = datetime.combine(self._day, time(), ZONE).astimezone(UTC)

        def price_then(listing: Listing) -> Decimal | None:
            price = self._world.tape.price(listing, midnight)
            return None if price is None else money(price)

        self.holdings.start_day(price_then)

    def _split(self, fault: Fault) -> None:
        for held in self.holdings.open_positions():
            if fault.concerns(held.listing.ticker):
                self.holdings.split(held.listing.con_id, *fault.ratio)
        self._priced_at = None
        self.changed()

    def _set_position(self, fault: Fault) -> None:
        quantity = Decimal(repr(fault.number("quantity")))
        for listing in self._world.listings:
            if fault.concerns(listing.ticker):
                held = self.holdings.by_con_id.get(listing.con_id)
                cost = held.average_cost if held else self.price_of(listing) or Decimal(0)
                self.holdings.replace(listing, quantity, cost)
        self.changed()
