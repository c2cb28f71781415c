"""The order desk: takes, changes and cancels orders, and lets time pass for them."""

from collections.abc import Callable
from datetime import datetime

from attrs import evolve

from adapters.gateway import order_messages as messages
from adapters.gateway.clients import Client, Handler
from adapters.gateway.exchange import Events, Exchange
from adapters.gateway.faults import Fault, FaultKind
from adapters.gateway.ledger import Ledger
from adapters.gateway.listings import Listing
from adapters.gateway.order_book import OrderBook
from adapters.gateway.order_checks import (
    READ_ONLY,
    check_account,
    check_modification,
    checked_action,
    checked_terms,
)
from adapters.gateway.order_queries import OrderQueries
from adapters.gateway.order_reports import OrderReports
from adapters.gateway.order_request import OrderRequest, integer, parse_place_order
from adapters.gateway.orders import Order, Status, money
from adapters.gateway.portfolio import Portfolio
from adapters.gateway.refused import Refused
from adapters.gateway.scenario_orders import scenario_orders
from adapters.gateway.what_if import effect
from adapters.gateway.world import World
from sellcore.errors import StorageError

_UNKNOWN = "No security definition has been found for the request"


class Desk:
    """Everything about orders, for all clients."""

    def __init__(self, world: World, portfolio: Portfolio, ledger: Ledger | None) -> None:
        self._world = world
        self._portfolio = portfolio
        self._book = OrderBook()
        self._exchange = Exchange(self._book, portfolio.holdings, world.tape, world.switches)
        self._reports = OrderReports(world, ledger)
        self._queries = OrderQueries(world, self._exchange, self._reports)
        self._seen = world.clock.now()
        self._failure: StorageError | None = None
        for order in scenario_orders(world, self._book):
            self._exchange.seed(order, self._seen)
        world.switches.when_begins(FaultKind.SPLIT, self._cancel_after_split)
        world.switches.when_begins(FaultKind.RESTART, self._restart)
        world.switches.when_begins(FaultKind.ID_ROLLBACK, self._restart)

    def handlers(self) -> dict[int, Handler]:
        """Return what answers requests about orders, by message id."""
        return {
            3: self._refusing(1, self._place),
            4: self._refusing(2, self._cancel),
            58: self._refusing(None, self._cancel_all),
            **self._queries.handlers(),
        }

    def next_valid_id(self, client_id: int) -> int:
        """Return the lowest order id that this client may use, for nextValidId."""
        return self._book.next_order_id(client_id)

    def client_disconnected(self, client: Client) -> None:
        """Orders stay; only the wish to hear of orders entered by hand ends."""
        if client.client_id == 0:
            self._reports.auto_open = False

    def advance(self, now: datetime) -> None:
        """
        Let the orders live through the time since the last call.

        Raises:
            StorageError: the ledger cannot be written, now or since the last call.
        """
        if self._failure is not None:
            raise self._failure
        if self._world.switches.on(FaultKind.LOST_1100) is None:  # else it is made up for later
            self._tell(self._exchange.advance(self._seen, now))
            self._seen = max(self._seen, now)
            self._reports.advance(now)

    def _refusing(self, id_at: int | None, work: Callable[[Client, list[str]], None]) -> Handler:
        """Return a handler that turns a refusal into its error message."""

        def handler(client: Client, fields: list[str]) -> None:
            try:
                if self._world.switches.read_only:
                    raise READ_ONLY
                work(client, fields)
            except Refused as refused:
                request = -1 if id_at is None else _order_id(fields, id_at)
                client.error(request, refused.code, refused.text)
            except StorageError as failure:  # told to whoever moves the clock, at the next move
                self._failure = failure

        return handler

    def _tell(self, events: Events) -> None:
        if any(event.execution for event in self._reports.tell(events)):
            self._portfolio.changed()

    def _place(self, client: Client, fields: list[str]) -> None:
        request = parse_place_order(fields, client.version)
        listing = self._listing(request.contract)
        silent = self._world.switches.on(FaultKind.SILENT_ORDERS, listing.ticker)
        if silent is not None and not silent.flag("accepted"):
            return
        if request.what_if:
            self._answer_what_if(client, self._order(client, request, listing))
            return
        known = self._book.find(client.client_id, request.order_id)
        if known is not None and known.live:
            self._modify(known, request, listing)
            return
        if known is not None and known.status is Status.FILLED:
            raise Refused(104, "Cannot modify a filled order")
        order = self._order(client, request, listing)
        if not self._book.is_free(client.client_id, request.order_id):
            raise Refused(103, "Duplicate order id")
        if silent is not None:
            self._reports.mute(order.perm_id)
        now = self._world.clock.now()
        reject = self._world.switches.on(FaultKind.REJECT_ORDERS, listing.ticker)
        if reject is not None:
            self._tell(self._exchange.reject(order, now, reject.text("reason")))
        else:
            self._tell(self._exchange.submit(order, now))

    def _order(self, client: Client, request: OrderRequest, listing: Listing) -> Order:
        action, terms = checked_action(request), checked_terms(request, listing)
        check_account(request, self._world.scenario.account)
        now = self._world.clock.now()
        return Order(
            perm_id=self._book.new_perm_id(),
            client_id=client.client_id,
            order_id=request.order_id,
            listing=listing,
            action=action,
            terms=terms,
            account=self._world.scenario.account,
            placed=now,
            works_from=now,
            order_ref=request.order_ref,
            oca_group=request.oca_group,
            parent_order_id=request.parent_id,
            waits_for=self._parent(client, request),
        )

    def _parent(self, client: Client, request: OrderRequest) -> int:
        """Return the permanent id of the order that this one waits for, 0 for none."""
        if not request.parent_id:
            return 0
        parent = self._book.find(client.client_id, request.parent_id)
        if parent is None or parent.status in (Status.CANCELLED, Status.INACTIVE):
            raise Refused(135, f"Can't find order with id = {request.parent_id}")
        return parent.perm_id if parent.live else 0

    def _modify(self, known: Order, request: OrderRequest, listing: Listing) -> None:
        terms = checked_terms(request, listing)
        check_account(request, known.account)
        check_modification(known, listing, checked_action(request), terms)
        reject = self._world.switches.on(FaultKind.REJECT_ORDERS, listing.ticker)
        if reject is not None:
            raise Refused(201, reject.text("reason"))
        stays_elected = known.triggered and terms.type is known.terms.type
        changed = evolve(known, terms=terms, triggered=stays_elected)
        self._tell(self._exchange.modify(changed, self._world.clock.now()))

    def _answer_what_if(self, client: Client, order: Order) -> None:
        if not order.terms.transmit:
            raise Refused(413, "What-if order should have its transmit flag set to true.")
        holdings, price_of = self._portfolio.holdings, self._portfolio.price_of
        price = price_of(order.listing) or money(order.terms.price or 0.0)
        position = holdings.quantity(order.listing.con_id)
        margins = effect(order, holdings.totals(price_of), position, price)
        client.send(*messages.open_order(order, client.version, margins))

    def _cancel(self, client: Client, fields: list[str]) -> None:
        order_id = integer(fields[2])
        order = self._book.find(client.client_id, order_id)
        if order is None:
            raise Refused(10147, f"OrderId {order_id} that needs to be cancelled is not found.")
        ticker, switches = order.listing.ticker, self._world.switches
        if switches.on(FaultKind.CANCEL_10147, ticker):
            raise Refused(10147, f"OrderId {order_id} that needs to be cancelled is not found.")
        if not order.live or switches.on(FaultKind.CANCEL_10148, ticker):
            raise _not_cancellable(order)
        now = self._world.clock.now()
        trades = self._world.tape.halted(order.listing, now) is None
        if order.working and trades and switches.on(FaultKind.FILL_ON_CANCEL, ticker):
            self._reports.send_pending_cancel(order)
            self._tell(self._exchange.fill_now(order, now))
            raise _not_cancellable(self._book.get(order.perm_id))
        self._tell(self._exchange.cancel(order, now))

    def _cancel_all(self, _: Client, __: list[str]) -> None:
        now = self._world.clock.now()
        for order in self._book.live():
            if self._book.get(order.perm_id).live:  # a parent may have taken it along
                self._tell(self._exchange.cancel(order, now))

    def _listing(self, contract: tuple[str, ...]) -> Listing:
        con_id = integer(contract[0])
        found = self._world.listings.resolve((str(con_id or ""), *contract[1:]))
        if not found:
            raise Refused(200, _UNKNOWN)
        ambiguous = self._world.switches.on(FaultKind.AMBIGUOUS_SYMBOL, found[0].ticker)
        if len(found) > 1 or (ambiguous is not None and not con_id):
            name = contract[1] or contract[10]
            raise Refused(200, f"The contract description specified for {name} is ambiguous.")
        return found[0]

    def _cancel_after_split(self, fault: Fault) -> None:
        """Cancel what was priced before the split, as a broker does."""
        for order in self._book.live():
            if fault.concerns(order.listing.ticker):
                outcome = "Cancelled by System:corporate action"
                self._tell(self._exchange.cancel(order, self._world.clock.now(), outcome))

    def _restart(self, fault: Fault) -> None:
        """Lose the orders that were never transmitted; a rollback frees used ids again."""
        self._book.drop_parked()
        if fault.kind is FaultKind.ID_ROLLBACK:
            self._book.roll_back_ids()


def _order_id(fields: list[str], at: int) -> int:
    try:
        return integer(fields[at])
    except (IndexError, Refused):
        return -1


def _not_cancellable(order: Order) -> Refused:
    return Refused(
        10148,
        f"OrderId {order.order_id} that needs to be cancelled cannot be cancelled, "
        f"state: {order.status.value}.",
    )
