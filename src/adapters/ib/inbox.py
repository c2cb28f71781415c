"""Sorts what a gateway says to the requests that wait for it."""

import asyncio
from collections.abc import Callable
from decimal import Decimal
from typing import Generic, Protocol, TypeVar

from attrs import define, field, frozen
from ib_async import Contract, ContractDetails, Order, OrderState

from adapters.ib import notices
from adapters.ib.library_logs import LOG
from adapters.ib.notices import one_line
from sellcore.errors import BrokerUnavailable

Frame = list[str]
"""The fields of one message, its id first."""

Row = TypeVar("Row")

UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, StopIteration)
"""What decoding a malformed frame can raise."""


class Refusal(Exception):
    """The gateway's no to one request."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@define(eq=False)
class Pending(Generic[Row]):
    """
    A request that is complete once the gateway says so.

    Attributes:
        rows: What has come so far.
        done: All rows, once the end marker has come.
        fault: Why the rows cannot be trusted, should one not be readable.
    """

    rows: list[Row] = field(factory=list)
    done: asyncio.Future[list[Row]] = field(
        factory=lambda: asyncio.get_running_loop().create_future()
    )
    fault: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the gateway has ended it, with an answer or with an error."""
        if not self.done.done() or self.done.cancelled():
            return False
        return not isinstance(self.done.exception(), BrokerUnavailable)

    def finish(self) -> None:
        """Complete it: the end marker has come."""
        if self.fault is not None:
            self.fail(BrokerUnavailable(self.fault))
        elif not self.done.done():
            self.done.set_result(self.rows)

    def fail(self, error: Exception) -> None:
        """End it without an answer, or with none that can be used."""
        if not self.done.done():
            self.done.set_exception(error)


@frozen
class OrderStatusRow:
    """What an orderStatus message adds to an open order."""

    status: str
    remaining: Decimal


@frozen
class OpenOrderRow:
    """One openOrder message as ib_async reads it, and the status that came with it."""

    contract: Contract
    order: Order
    state: OrderState
    status: OrderStatusRow | None


class _Decoder(Protocol):
    """The parts of ib_async's decoder that read the two longest messages."""

    handlers: dict[int, Callable[[Frame], None]]

    def openOrder(self, fields: Frame) -> None: ...  # noqa: N802

    def contractDetails(self, fields: Frame) -> None: ...  # noqa: N802


class Inbox:
    """
    What ib_async's client calls its wrapper.

    Takes the messages that a reader asks for and lets the others pass.
    ib_async's own wrapper is not used: it takes a failed request for an empty
    answer, waits for ever on a 321, drops an order it cannot decode, and keeps
    a book of orders that errors turn wrong.
    """

    def __init__(self, on_notice: Callable[[int, str], None]) -> None:
        """
        Start with nothing asked.

        Args:
            on_notice: Told the code and the clean text of every error and notice.
        """
        self._on_notice = on_notice
        self.heard = 0
        self.positions: Pending[Frame] | None = None
        self.orders: Pending[OpenOrderRow] | None = None
        self.time: Pending[int] | None = None
        self.details: dict[int, Pending[ContractDetails]] = {}
        self.bars: dict[int, Pending[Frame]] = {}
        self._statuses: dict[tuple[int, ...], OrderStatusRow] = {}

    def attach(self, decoder: _Decoder) -> None:
        """Take over what ``decoder`` does with each message id."""
        ours: dict[int, Callable[[Frame], None]] = {
            3: self._order_status,
            4: self._error,
            5: lambda fields: self._read(self.orders, decoder.openOrder, fields),
            10: lambda fields: self._read(self._asked(fields), decoder.contractDetails, fields),
            17: self._historical_data,
            49: self._current_time,
            52: self._contract_details_end,
            53: lambda fields: self._finish_orders(),
            61: self._position,
            62: lambda fields: self._finish_positions(),
        }
        for message in decoder.handlers:
            decoder.handlers[message] = self._counted(ours.get(message))

    def fail_requests(self, why: str) -> None:
        """End the requests that the broker's servers would have answered."""
        for described in self.details.values():
            described.fail(BrokerUnavailable(why))
        for fetched in self.bars.values():
            fetched.fail(BrokerUnavailable(why))

    def fail_all(self, why: str) -> None:
        """End every request: the line is gone."""
        self.fail_requests(why)
        for pending in (self.positions, self.orders):
            if pending is not None:
                pending.fail(BrokerUnavailable(why))
        if self.time is not None:
            self.time.fail(BrokerUnavailable(why))

    # What ib_async's client and decoder call, by their names.

    def connectAck(self) -> None:  # noqa: N802
        """Pass: the handshake is over."""

    def setEventsDone(self) -> None:  # noqa: N802
        """Pass: there are no subscriptions to end."""

    def connectionClosed(self) -> None:  # noqa: N802
        """Pass: whoever owns the line reports its loss, with the cause."""

    def openOrder(  # noqa: N802
        self, order_id: int, contract: Contract, order: Order, state: OrderState
    ) -> None:
        """Take an open order, asked for or told of its own accord."""
        if self.orders is not None and not order.whatIf:
            self.orders.rows.append(OpenOrderRow(contract, order, state, None))

    def contractDetails(self, req_id: int, details: ContractDetails) -> None:  # noqa: N802
        """Take one description of a contract."""
        if (pending := self.details.get(req_id)) is not None:
            pending.rows.append(details)

    # The messages themselves.

    def _counted(self, handle: Callable[[Frame], None] | None) -> Callable[[Frame], None]:
        def handler(fields: Frame) -> None:
            self.heard += 1
            if handle is not None:
                handle(fields)

        return handler

    def _read(
        self, pending: Pending[Row] | None, decode: Callable[[Frame], None], fields: Frame
    ) -> None:
        """Decode a row; one that cannot be read spoils the whole answer."""
        try:
            decode(fields)
        except UNREADABLE as error:
            LOG.debug("unreadable: %s (%r)", one_line(",".join(fields)), error)
            if pending is not None:
                shown = one_line(" ".join(fields[:8]))
                pending.fault = f"the gateway's answer cannot be read: message {shown!r} ..."

    def _asked(self, fields: Frame) -> Pending[ContractDetails] | None:
        # Before server version 164 a version field comes first.
        ids = [int(text) for text in fields[1:3] if text.isdigit()]
        return next((self.details[i] for i in reversed(ids) if i in self.details), None)

    def _position(self, fields: Frame) -> None:
        if self.positions is not None:
            self.positions.rows.append(fields)

    def _finish_positions(self) -> None:
        if self.positions is not None:
            self.positions.finish()

    def _order_status(self, fields: Frame) -> None:
        if self.orders is None:
            return
        try:
            key = _order_key(int(fields[6]), int(fields[9]), int(fields[1]))
            self._statuses[key] = OrderStatusRow(fields[2], Decimal(fields[4]))
        except UNREADABLE as error:
            # The order itself says enough: all of it counts as still to be filled.
            LOG.debug("unreadable: %s (%r)", one_line(",".join(fields)), error)

    def _finish_orders(self) -> None:
        if self.orders is None:
            return
        self.orders.rows = [
            OpenOrderRow(row.contract, row.order, row.state, self._status_of(row.order))
            for row in self.orders.rows
        ]
        self._statuses.clear()
        self.orders.finish()

    def _status_of(self, order: Order) -> OrderStatusRow | None:
        return self._statuses.get(_order_key(order.permId, order.clientId, order.orderId))

    def _contract_details_end(self, fields: Frame) -> None:
        if (pending := self.details.get(int(fields[2]))) is not None:
            pending.finish()

    def _historical_data(self, fields: Frame) -> None:
        if (pending := self.bars.get(int(fields[1]))) is not None:
            pending.rows.append(fields)
            pending.finish()

    def _current_time(self, fields: Frame) -> None:
        if self.time is not None:
            self.time.rows.append(int(fields[2]))
            self.time.finish()

    def _error(self, fields: Frame) -> None:
        req_id, code, text = int(fields[2]), int(fields[3]), one_line(fields[4])
        LOG.info("broker: %s %s (request %s)", code, text, req_id)
        if (bars := self.bars.get(req_id)) is not None:
            if notices.history_cause(code, text) is not None:
                bars.fail(Refusal(code, text))
        elif (details := self.details.get(req_id)) is not None:
            if not notices.is_remark(code):
                details.fail(Refusal(code, text))
        elif req_id <= 0 and notices.refuses_unaddressed(code):
            for pending in (self.positions, self.orders):
                if pending is not None:
                    pending.fail(Refusal(code, text))
        self._on_notice(code, text)


def _order_key(perm_id: int, client_id: int, order_id: int) -> tuple[int, ...]:
    """Name an order; until it is acknowledged, only its sender and number do."""
    return (perm_id,) if perm_id else (client_id, order_id)
