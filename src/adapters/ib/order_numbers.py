"""Which order numbers are free: arithmetic only, and never down again."""

from threading import Lock

from sellcore.errors import BrokerUnavailable, InvalidValue

FIRST_REQUEST = 2_000_000_000
"""
Requests are numbered from here on, orders below.

An error message carries one number, of a request or of an order. Both kinds
taken from one count, as ib_async does, would hand an order's rejection to
whatever request bears the same number.
"""


class OrderNumbers:
    """
    The count of order numbers of one client id, for as long as the process lives.

    The gateway's own count can be set back by a restart; this one is not. Safe
    from any thread.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._told = False
        self._seen = 0
        self._drawn: set[int] = set()
        self._spent: set[int] = set()

    def told(self, next_valid: int) -> None:
        """Take the gateway's word on the next free number; a lower one changes nothing."""
        with self._guard:
            self._told = True
        self.seen(min(next_valid, FIRST_REQUEST) - 1)  # beyond, none is left for orders

    def seen(self, order_id: int) -> None:
        """Take it that a number is in use; those by hand are negative and do not count."""
        with self._guard:
            if order_id < FIRST_REQUEST:
                self._seen = max(self._seen, order_id)

    def draw(self, count: int, above: int) -> tuple[int, ...]:
        """
        Return numbers that nobody has had, in rising order.

        Args:
            count: How many.
            above: The highest that is on record elsewhere.

        Raises:
            BrokerUnavailable: the gateway has not said where its count stands.
            InvalidValue: there are none left below the numbers of requests.
        """
        with self._guard:
            if not self._told:
                raise BrokerUnavailable("the gateway has not said which order number is free")
            first = max(self._seen, above, *self._drawn) + 1
            if first + count > FIRST_REQUEST:
                raise InvalidValue(
                    f"order number {first} is too high; choose another --client-id, or "
                    "'Reset API order ID sequence' in the API settings of TWS or IB Gateway"
                )
            numbers = tuple(range(first, first + count))
            self._drawn.update(numbers)
            return numbers

    def check(self, order_id: int) -> None:
        """
        Refuse a number that an order cannot be sent with.

        Sent with the number of an order that works, a new one would change that one.

        Raises:
            InvalidValue: it was not drawn here, or an order was sent with it.
            BrokerUnavailable: it was drawn, and came into use elsewhere meanwhile.
        """
        with self._guard:
            if order_id not in self._drawn:
                raise InvalidValue(f"order number {order_id} was not drawn by this run")
            if order_id in self._spent:
                raise InvalidValue(f"an order was sent with number {order_id} before")
            if order_id <= self._seen:
                raise BrokerUnavailable(f"order number {order_id} is in use by now; nothing sent")

    def spend(self, order_id: int) -> None:
        """Note that an order is sent with this number."""
        with self._guard:
            self._spent.add(order_id)
