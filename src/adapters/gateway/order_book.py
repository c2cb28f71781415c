"""Every order of the account: who owns which number, and where each order stands."""

from collections.abc import Iterator
from datetime import datetime

from attrs import define, evolve, field

from adapters.gateway.order_messages import exchange_day
from adapters.gateway.orders import Order, Status

_FIRST_PERM_ID = 600_000_001


@define
class OrderBook:
    """
    Orders by their permanent ids, which rise from one order to the next.

    A client's own number names its latest order of that number: numbers can be
    handed out again after a restart, permanent ids never.
    """

    _orders: dict[int, Order] = field(factory=dict)
    _named: dict[tuple[int, int], int] = field(factory=dict)
    _used: dict[int, int] = field(factory=dict)
    _next_perm_id: int = _FIRST_PERM_ID

    def __iter__(self) -> Iterator[Order]:
        return iter(list(self._orders.values()))

    def new_perm_id(self) -> int:
        """Return a permanent id that nobody has had."""
        self._next_perm_id += 1
        return self._next_perm_id - 1

    def put(self, order: Order) -> None:
        """Keep the order as it stands now."""
        self._orders[order.perm_id] = order
        if order.order_id:
            self._named[(order.client_id, order.order_id)] = order.perm_id
            self._used[order.client_id] = max(order.order_id, self._used.get(order.client_id, 0))

    def get(self, perm_id: int) -> Order:
        """Return the order with this permanent id."""
        return self._orders[perm_id]

    def find(self, client_id: int, order_id: int) -> Order | None:
        """Return the client's latest order of this number, live or done."""
        perm_id = self._named.get((client_id, order_id))
        return None if perm_id is None else self._orders[perm_id]

    def live(self) -> list[Order]:
        """Return the orders that are not done, oldest first."""
        return [order for order in self if order.live]

    def working(self) -> list[Order]:
        """Return the orders that the exchange may trade, oldest first."""
        return [order for order in self if order.working]

    def completed(self, now: datetime) -> list[Order]:
        """Return the orders that were done on the exchange's present day."""
        return [
            order
            for order in self
            if order.finished is not None and exchange_day(order.finished) == exchange_day(now)
        ]

    def companions(self, order: Order) -> list[Order]:
        """Return the live orders that its fill makes pointless: same group, same parent."""
        return [
            other
            for other in self.live()
            if other.perm_id != order.perm_id
            and (
                (order.oca_group and other.oca_group == order.oca_group)
                or (order.parent_order_id and _siblings(order, other))
            )
        ]

    def children(self, order: Order) -> list[Order]:
        """Return the live orders that wait for this one."""
        return [other for other in self.live() if other.waits_for == order.perm_id]

    def next_order_id(self, client_id: int) -> int:
        """Return the lowest number that this client may use."""
        return self._used.get(client_id, 0) + 1

    def is_free(self, client_id: int, order_id: int) -> bool:
        """Say whether the client may give this number to a new order."""
        return order_id >= self.next_order_id(client_id)

    def bind_orders_by_hand(self) -> list[Order]:
        """Give the live orders entered by hand to client 0, each with a number, and return them."""
        bound = []
        for order in self.live():
            if order.by_hand:
                order = evolve(order, order_id=self.next_order_id(order.client_id))
                self.put(order)
                bound.append(order)
        return bound

    def drop_parked(self) -> None:
        """Lose the orders that were never transmitted."""
        for order in self.live():
            if order.status is Status.PARKED:
                del self._orders[order.perm_id]
                self._named.pop((order.client_id, order.order_id), None)

    def roll_back_ids(self) -> None:
        """Forget which numbers were used, but for those of orders that still live."""
        self._used, self._named = {}, {}
        for order in self.live():
            if order.order_id:
                self.put(order)


def _siblings(order: Order, other: Order) -> bool:
    return other.client_id == order.client_id and other.parent_order_id == order.parent_order_id
