"""Telling clients what happened to orders: who hears of it, in which messages and order."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from attrs import define, evolve, field

from adapters.gateway import order_messages as messages
from adapters.gateway.clients import Client
from adapters.gateway.faults import FaultKind
from adapters.gateway.ledger import Ledger
from adapters.gateway.order_events import RECORDED, EventKind, OrderEvent
from adapters.gateway.orders import Execution, Order, Status
from adapters.gateway.world import World
from adapters.gateway.zones import zone_name


@define
class OrderReports:
    """
    Turns events into messages for the owner's connection, and into ledger entries.

    Attributes:
        auto_open: Client 0 asked to hear of orders entered by hand.
    """

    world: World
    ledger: Ledger | None = None
    auto_open: bool = False
    _muted: set[int] = field(factory=set)
    _early: set[str] = field(factory=set)
    _late: list[tuple[datetime, Execution]] = field(factory=list)

    def tell(self, events: Iterable[OrderEvent]) -> list[OrderEvent]:
        """Record the events, send their messages, and return them."""
        told = list(events)
        for event in told:
            if self.ledger is not None and event.kind in RECORDED:
                self.ledger.write(event, self.world.clock.now())
        for event in told:
            if event.execution and self._on(FaultKind.EXEC_BEFORE_OPEN, event.order):
                self._send_details(event.execution)
                self._early.add(event.execution.exec_id)
        for event in told:
            self._send(event)
        return told

    def send_pending_cancel(self, order: Order) -> None:
        """Tell the owner that a cancel was asked for."""
        client = self._owner(order)
        if client is not None:
            self._send_status(client, order, Status.PENDING_CANCEL)

    def mute(self, perm_id: int) -> None:
        """Say nothing about this order while the fault silent_orders lasts."""
        self._muted.add(perm_id)

    def advance(self, now: datetime) -> None:
        """Send the commission reports that are due."""
        due = [execution for at, execution in self._late if at <= now]
        self._late = [(at, execution) for at, execution in self._late if at > now]
        for execution in due:
            client = self._owner(execution.order)
            if client is not None:
                client.send(*messages.commission_report(execution))

    def is_late(self, execution: Execution) -> bool:
        """Say whether its commission report is still held back."""
        return any(late.exec_id == execution.exec_id for _, late in self._late)

    def zone(self) -> str:
        """Return how the gateway writes its zone just now."""
        return zone_name(str(messages.ZONE), self.world.switches)

    def send_open(self, client: Client, order: Order) -> None:
        """Send openOrder and orderStatus."""
        client.send(*messages.open_order(order, client.version))
        self._send_status(client, order)

    def _send(self, event: OrderEvent) -> None:
        client = self._owner(event.order)
        if client is None:
            return
        match event.kind:
            case EventKind.ACCEPTED | EventKind.MODIFIED | EventKind.WORKING | EventKind.REJECTED:
                self.send_open(client, event.order)
            case EventKind.EXECUTED | EventKind.CORRECTED if event.execution is not None:
                self._send_execution(client, event.execution)
            case EventKind.CANCELLED | EventKind.EXPIRED:
                self._send_status(client, event.order, Status.PENDING_CANCEL)
                self._send_status(client, event.order)
            case _:
                pass  # a warning is its error message alone
        if event.code:
            client.error(event.order.order_id, event.code, event.text)

    def _send_execution(self, client: Client, execution: Execution) -> None:
        if execution.exec_id in self._early:
            self._early.remove(execution.exec_id)
        else:
            self._send_details(execution)
        self.send_open(client, evolve(execution.order, commission=None))
        late = self.world.switches.on(FaultKind.LATE_COMMISSION, execution.order.listing.ticker)
        if late is not None:
            due = self.world.clock.now() + timedelta(seconds=late.number("seconds"))
            self._late.append((due, execution))
            return
        client.send(*messages.open_order(execution.order, client.version))
        client.send(*messages.commission_report(execution))

    def _send_details(self, execution: Execution) -> None:
        client = self._owner(execution.order)
        if client is not None:
            client.send(*messages.exec_details(execution, client.version, zone_name=self.zone()))

    def _send_status(self, client: Client, order: Order, status: Status | None = None) -> None:
        if self._on(FaultKind.SKIP_STATUS, order):
            return
        times = 2 if self._on(FaultKind.DUPLICATE_STATUS, order) else 1
        for _ in range(times):
            client.send(*messages.order_status(order, status))

    def _owner(self, order: Order) -> Client | None:
        """Return the connection that is told of an order unasked, None for nobody."""
        if order.perm_id in self._muted and self._on(FaultKind.SILENT_ORDERS, order):
            return None
        if order.by_hand and not self.auto_open:
            return None
        return self.world.clients.get(order.client_id)

    def _on(self, kind: FaultKind, order: Order) -> bool:
        return self.world.switches.on(kind, order.listing.ticker) is not None
