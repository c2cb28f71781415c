"""Requests that only read: open and completed orders, executions, the next order id."""

from attrs import define

from adapters.gateway import order_messages as messages
from adapters.gateway.clients import Client, Handler
from adapters.gateway.exchange import Exchange
from adapters.gateway.execution_filter import parse_filter
from adapters.gateway.order_checks import READ_ONLY
from adapters.gateway.order_reports import OrderReports
from adapters.gateway.orders import Order
from adapters.gateway.refused import Refused
from adapters.gateway.wire import truth, whole
from adapters.gateway.world import World

BY_HAND = 0
"""The client id that orders entered by hand belong to."""

_OPEN_ORDER_END: messages.Fields = [53, "1"]
_COMPLETED_ORDERS_END: messages.Fields = [102]


@define
class OrderQueries:
    """Answers from the book and the day's executions."""

    world: World
    exchange: Exchange
    reports: OrderReports

    def handlers(self) -> dict[int, Handler]:
        """Return what answers these requests, by message id."""
        return {
            5: self._own_open_orders,
            7: self._executions,
            8: self._ids,
            15: self._auto_open_orders,
            16: self._all_open_orders,
            99: self._completed_orders,
        }

    def _own_open_orders(self, client: Client, _: list[str]) -> None:
        """Answer with the client's orders; client 0 takes over those entered by hand."""
        if self.world.switches.read_only:
            client.error(-1, READ_ONLY.code, READ_ONLY.text)
            return
        if client.client_id == BY_HAND:
            for order in self.exchange.book.bind_orders_by_hand():
                client.send(100, order.perm_id, order.client_id, order.order_id)
        self._send_open(
            client, [o for o in self.exchange.book.live() if o.client_id == client.client_id]
        )

    def _all_open_orders(self, client: Client, _: list[str]) -> None:
        self._send_open(client, self.exchange.book.live())

    def _send_open(self, client: Client, orders: list[Order]) -> None:
        for order in orders:
            self.reports.send_open(client, order)
        client.send(*_OPEN_ORDER_END)

    def _auto_open_orders(self, client: Client, fields: list[str]) -> None:
        if client.client_id != BY_HAND:
            client.error(-1, 327, "Only the default client (i.e 0) can auto bind orders.")
            return
        self.reports.auto_open = truth(fields[2])

    def _completed_orders(self, client: Client, fields: list[str]) -> None:
        """Answer with the day's finished orders; those entered by hand unless told not to."""
        api_only = truth(fields[1])
        for order in self.exchange.book.completed(self.world.clock.now()):
            if not (api_only and order.by_hand):
                row = messages.completed_order(order, client.version, self.reports.zone())
                client.send(*row)
        client.send(*_COMPLETED_ORDERS_END)

    def _executions(self, client: Client, fields: list[str]) -> None:
        """Answer with the day's executions of every client, each with its commission."""
        request = whole(fields[2])
        try:
            asked_for = parse_filter(fields[3:10])
        except Refused as refused:
            client.error(request, refused.code, refused.text)
            return
        today = messages.exchange_day(self.world.clock.now())
        for execution in self.exchange.executions:
            if messages.exchange_day(execution.at) == today and asked_for(execution):
                zone = self.reports.zone()
                client.send(*messages.exec_details(execution, client.version, request, zone))
                if not self.reports.is_late(execution):
                    client.send(*messages.commission_report(execution))
        client.send(55, "1", request)

    def _ids(self, client: Client, _: list[str]) -> None:
        """Answer with nextValidId (9)."""
        client.send(9, "1", self.exchange.book.next_order_id(client.client_id))
