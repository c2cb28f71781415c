"""Sends and cancels orders at Interactive Brokers: the only module that can."""

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from math import isfinite
from threading import Lock

from ib_async import Contract, Order

from adapters.ib import questions
from adapters.ib.asking import whole
from adapters.ib.connection import IBConnection
from adapters.ib.line import Line
from adapters.ib.message_budget import Lane
from adapters.ib.sending_client import SendingClient, sending_client
from sellcore.errors import BrokerUnavailable, InvalidValue, SendUnclear
from sellcore.instrument import Kind
from sellcore.order import OpenOrder
from sellcore.order_type import OrderType
from sellcore.ports.order_entry import Reply, SellOrder
from sellcore.selling.other_orders import BY_HAND


class IBOrderEntry:
    """
    Enters orders under one client id, over a connection that somebody else opens.

    Nothing here is ever sent twice: what became of an order that may have been
    sent is for whoever reads the broker's lists to find out.
    """

    def __init__(self, connection: IBConnection) -> None:
        self._connection = connection
        self._news = connection.news

    @property
    def client_id(self) -> int:
        """The client id that orders are entered under."""
        return self._connection.client_id

    def order_ids(self, count: int, above: int) -> Sequence[int]:
        """
        Return numbers that no order of this client id has had.

        Args:
            count: How many.
            above: The highest number that is on record.

        Raises:
            BrokerUnavailable: there is no line, so the broker's count may be old.
            InvalidValue: the count has reached its end.
        """
        self._connection.line()
        return self._news.numbers.draw(count, above)

    def place(
        self, orders: Sequence[SellOrder], halted: Callable[[], str | None] = lambda: None
    ) -> Sequence[SellOrder]:
        """
        Write each order to the wire once, in turn, and wait for nothing.

        Args:
            orders: What to write.
            halted: Asked right before each; once it gives a reason nothing more is written.

        Returns:
            Those that were written: all of them, or the first.

        Raises:
            InvalidValue: an order is not one that may be sent; none was written.
            BrokerUnavailable: none of them was written.
            SendUnclear: some may have been written.
        """
        _check(orders)
        batch = _Batch()
        try:
            return self._connection.ask(
                lambda line: self._place(line, orders, halted, batch),
                self._connection.order_limit(len(orders)),
            )
        except BrokerUnavailable as error:
            if batch.closed():
                raise SendUnclear(f"orders may have been sent or not: {error}") from None
            raise
        finally:
            batch.closed()  # an interrupt above all: what has not begun by now never does

    def cancel(self, orders: Sequence[OpenOrder]) -> None:
        """
        Ask for these orders to be cancelled, and wait for nothing.

        Raises:
            InvalidValue: an order is not ours to cancel; nothing was written.
            BrokerUnavailable: the line is gone, or the gateway gives orders entered by
                hand no number; asking again later is safe.
        """
        for order in orders:
            self._check_cancel(order)
        bound: dict[int, int] = {}
        if not all(order.order_id for order in orders):
            bound = whole(self._connection, "orders entered by hand", _bound)
        known = [order.order_id or bound.get(order.perm_id, 0) for order in orders]
        # One without a number now has ended meanwhile; the broker's lists tell how.
        numbers = [number for number in known if number]
        limit = self._connection.order_limit(len(numbers))
        self._connection.ask(lambda line: self._cancel(line, numbers), limit)

    def replies(self, seconds: float) -> Sequence[Reply]:
        """
        Return what has been said since the last call; wait for the first word, not longer.

        Args:
            seconds: Wall-clock seconds to wait at most; 0 not to wait.
        """
        return self._news.take(seconds)

    async def _place(
        self,
        line: Line,
        orders: Sequence[SellOrder],
        halted: Callable[[], str | None],
        batch: "_Batch",
    ) -> Sequence[SellOrder]:
        client = sending_client(line.client)
        for order in orders:
            self._news.numbers.check(order.order_id)
        written = []
        for order in orders:
            await line.turn(Lane.ORDER)
            self._connection.line()
            if halted() is not None:
                break
            batch.write(partial(self._write, client, order))
            written.append(order)
        await line.drain()
        return written

    def _write(self, client: SendingClient, order: SellOrder) -> None:
        self._news.numbers.spend(order.order_id)
        client.placeOrder(order.order_id, _contract(order), _order(order))

    async def _cancel(self, line: Line, numbers: Sequence[int]) -> None:
        client = sending_client(line.client)
        for number in numbers:
            await line.turn(Lane.ORDER)
            self._news.cancelling(number)
            client.cancelOrder(number)
        await line.drain()

    def _check_cancel(self, order: OpenOrder) -> None:
        """Refuse what the gateway would take for another order: it is told a number only."""
        if order.client_id != self.client_id:
            raise InvalidValue(
                f"{order}: entered by client {order.client_id}, not by client {self.client_id}; "
                "cancel it where it was entered"
            )
        by_hand = self.client_id == BY_HAND and (order.order_id < 0 or order.perm_id)
        if order.order_id <= 0 and not by_hand:
            raise InvalidValue(f"{order}: has no number to be cancelled by; cancel it by hand")


async def _bound(line: Line) -> dict[int, int]:
    """Have the gateway number what was entered by hand; return numbers by permanent ids."""
    rows = await questions.open_orders(line, sending_client(line.client).reqOpenOrders)
    return {row.order.permId: row.order.orderId for row in rows}


class _Batch:
    """
    Orders that are written together: whether it has begun, and whether it may go on.

    The writer and the one who waits for it are two threads; between them each
    order is written before the waiter gave up, or not at all.
    """

    def __init__(self) -> None:
        self._guard = Lock()
        self._begun = self._closed = False

    def write(self, write: Callable[[], None]) -> None:
        """Write one order, unless nobody waits for it any more."""
        with self._guard:
            if self._closed:
                raise BrokerUnavailable("given up before all was written")
            self._begun = True
            write()

    def closed(self) -> bool:
        """Let nothing more be written, and say whether anything may have been."""
        with self._guard:
            self._closed = True
            return self._begun


def _check(orders: Sequence[SellOrder]) -> None:
    """Refuse what is not a plain sale: whatever goes on the wire is what was decided."""
    numbers = [order.order_id for order in orders]
    if any(later <= earlier for earlier, later in pairwise(numbers)):
        raise InvalidValue(f"order numbers {numbers} do not rise; the broker takes no others")
    for order in orders:
        limit = order.limit_price
        if order.instrument.kind is not Kind.STOCK or order.instrument.con_id <= 0:
            raise InvalidValue(f"{order.instrument.ticker}: only stocks are sold")
        if type(order.quantity) is not int or order.quantity <= 0:
            raise InvalidValue(f"{order}: {order.quantity!r} is not a number of whole shares")
        if (limit is None) is not (order.order_type is OrderType.MARKET):
            raise InvalidValue(f"{order}: a limit order has a limit price, no other order does")
        if limit is not None and not (isfinite(limit) and limit > 0):
            raise InvalidValue(f"{order}: {limit} is not a price above zero")
        for text in (order.account, order.order_ref):
            if not text:
                raise InvalidValue(f"{order}: has no account or no reference")
        for text in (order.account, order.order_ref, *_names(order)):
            if not (text.isascii() and text.isprintable()):
                raise InvalidValue(f"{order}: {text!r} is not plain ASCII")


def _names(order: SellOrder) -> tuple[str, str]:
    return order.instrument.symbol, order.instrument.currency


def _contract(order: SellOrder) -> Contract:
    symbol, currency = _names(order)
    return Contract(
        conId=order.instrument.con_id,
        symbol=symbol,
        secType="STK",
        exchange="SMART",
        currency=currency,
    )


def _order(order: SellOrder) -> Order:
    wire = Order(
        action="SELL",
        totalQuantity=order.quantity,
        orderType=order.order_type.value,
        tif="DAY",
        account=order.account,
        orderRef=order.order_ref,
        openClose="",  # the library's own default says that a position is opened
        transmit=True,
        outsideRth=False,
    )
    if order.limit_price is not None:
        wire.lmtPrice = order.limit_price
    return wire
