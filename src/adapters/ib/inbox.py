"""Sorts what a gateway says to the requests that wait for it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Protocol, TypeVar

from ib_async import Contract, ContractDetails, Order, OrderState

from adapters.ib import notices, translate_prices
from adapters.ib.library_logs import LOG
from adapters.ib.market_rules import MarketRules
from adapters.ib.notices import one_line
from adapters.ib.order_news import OrderNews
from adapters.ib.pending import (
    ENDED,
    UNREADABLE,
    CompletedOrderRow,
    Frame,
    OpenOrderRow,
    OrderStatusRow,
    Pending,
    Refusal,
    Ticks,
    order_key,
)
from sellcore.errors import BrokerUnavailable
from sellcore.order import REF_PREFIX

Row = TypeVar("Row")


class _Decoder(Protocol):
    """The parts of ib_async's decoder that read the three longest messages."""

    handlers: dict[int, Callable[[Frame], None]]

    def openOrder(self, fields: Frame) -> None: ...  # noqa: N802

    def completedOrder(self, fields: Frame) -> None: ...  # noqa: N802

    def contractDetails(self, fields: Frame) -> None: ...  # noqa: N802


class Inbox:
    """
    What ib_async's client calls its wrapper.

    Takes the messages that a reader asks for, hands on what is said about orders
    unasked, and lets the others pass.
    ib_async's own wrapper is not used: it takes a failed request for an empty
    answer, waits for ever on a 321, drops an order it cannot decode, and keeps
    a book of orders that errors turn wrong.
    """

    def __init__(self, on_notice: Callable[[int, str], None], news: OrderNews) -> None:
        """
        Start with nothing asked.

        Args:
            on_notice: Told the code and the clean text of every error and notice.
            news: Told what is said about orders.
        """
        self._on_notice = on_notice
        self._news = news
        self.heard = 0
        self.positions: Pending[Frame] | None = None
        self.orders: Pending[OpenOrderRow] | None = None
        self.completed: Pending[CompletedOrderRow] | None = None
        self.executions: dict[int, Pending[Frame]] = {}
        self.time: Pending[int] | None = None
        self.details: dict[int, Pending[ContractDetails]] = {}
        self.bars: dict[int, Pending[Frame]] = {}
        self.rules = MarketRules()
        self.ticks: dict[int, Ticks] = {}
        self._statuses: dict[tuple[int, ...], OrderStatusRow] = {}
        self._unasked: dict[tuple[int, ...], OpenOrderRow] = {}

    def attach(self, decoder: _Decoder) -> None:
        """Take over what ``decoder`` does with each message id."""
        ours: dict[int, Callable[[Frame], None]] = {
            1: self._tick,
            3: self._order_status,
            4: self._error,
            5: lambda fields: self._read(self.orders, decoder.openOrder, fields),
            9: self._news.next_valid_id,
            10: lambda fields: self._read(self._asked(fields), decoder.contractDetails, fields),
            11: self._execution,
            17: self._historical_data,
            45: self._tick,
            49: self._current_time,
            52: self._contract_details_end,
            53: lambda fields: self._finish_orders(),
            55: self._executions_end,
            58: self._tick,
            59: self._news.commission,
            61: self._position,
            62: lambda fields: _finish(self.positions),
            93: self.rules.told,
            101: lambda fields: self._read(self.completed, decoder.completedOrder, fields),
            102: lambda fields: _finish(self.completed),
        }
        for message in decoder.handlers:
            decoder.handlers[message] = self._counted(ours.get(message))

    def fail_requests(self, why: str) -> None:
        """End the requests that the broker's servers would have answered."""
        for described in self.details.values():
            described.fail(BrokerUnavailable(why))
        for pending in (*self.bars.values(), *self.executions.values(), *self.ticks.values()):
            pending.fail(BrokerUnavailable(why))
        self.rules.fail(why)

    def fail_all(self, why: str) -> None:
        """End every request: the line is gone."""
        self.fail_requests(why)
        for pending in (self.positions, self.orders, self.completed, self.time):
            if pending is not None:
                pending.fail(BrokerUnavailable(why))

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
        self._news.open_order(order, state, asked=self.orders is not None)
        if order.whatIf:
            return
        row = OpenOrderRow(contract, order, state, None)
        if self.orders is not None:
            self.orders.rows.append(row)
        elif state.status in ENDED:
            self._unasked.pop(_key(order), None)
        elif not order.orderRef.startswith(REF_PREFIX):
            # It works, and the list that was to hold it has ended: the next one will.
            self._unasked[_key(order)] = row

    def completedOrder(  # noqa: N802
        self, contract: Contract, order: Order, state: OrderState
    ) -> None:
        """Take an order that has ended; those told of its own accord belong to no answer."""
        if self.completed is not None:
            self.completed.rows.append(CompletedOrderRow(contract, order, state))

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

    def _order_status(self, fields: Frame) -> None:
        asked = self.orders is not None
        try:
            self._news.order_status(fields, asked=asked)
            key = order_key(int(fields[6]), int(fields[9]), int(fields[1]))
            if fields[2] in ENDED:
                self._unasked.pop(key, None)
            if asked:
                self._statuses[key] = OrderStatusRow(fields[2], Decimal(fields[4]))
        except UNREADABLE as error:
            # The order itself says enough: all of it counts as still to be filled.
            LOG.debug("unreadable: %s (%r)", one_line(",".join(fields)), error)

    def _finish_orders(self) -> None:
        if self.orders is None:  # some gateways push a whole list at the login
            self._unasked.clear()
            return
        told = {_key(row.order) for row in self.orders.rows}
        late = [row for key, row in self._unasked.items() if key not in told]
        self.orders.rows = [
            OpenOrderRow(row.contract, row.order, row.state, self._statuses.get(_key(row.order)))
            for row in (*self.orders.rows, *late)
        ]
        self._statuses.clear()
        self._unasked.clear()
        self.orders.finish()

    def _execution(self, fields: Frame) -> None:
        try:
            if (pending := self.executions.get(int(fields[1]))) is not None:
                pending.rows.append(fields)
            self._news.execution(fields)
        except UNREADABLE as error:
            LOG.debug("unreadable: %s (%r)", one_line(",".join(fields)), error)
            for pending in self.executions.values():
                pending.fault = "the gateway's answer cannot be read: a trade is malformed"

    def _executions_end(self, fields: Frame) -> None:
        _finish(self.executions.get(int(fields[2])))

    def _contract_details_end(self, fields: Frame) -> None:
        _finish(self.details.get(int(fields[2])))

    def _historical_data(self, fields: Frame) -> None:
        if (pending := self.bars.get(int(fields[1]))) is not None:
            pending.rows.append(fields)
            pending.finish()

    def _tick(self, fields: Frame) -> None:
        try:
            if (ticks := self.ticks.get(int(fields[2]))) is not None:
                ticks.rows.append(fields)
                if translate_prices.is_enough(ticks.rows):
                    ticks.finish()
        except UNREADABLE as error:
            LOG.debug("unreadable: %s (%r)", one_line(",".join(fields)), error)

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
        elif asked := self.details.get(req_id) or self.executions.get(req_id):
            if not notices.is_remark(code):
                asked.fail(Refusal(code, text))
        elif ticks := self.ticks.get(req_id):
            if not notices.is_remark(code):
                ticks.refusal = Refusal(code, text)
            if notices.refuses_ticks(code):
                ticks.finish()
        elif self._news.error(req_id, code, text):
            pass
        elif req_id <= 0 and notices.refuses_unaddressed(code):
            self._refuse_unaddressed(Refusal(code, text))
        self._on_notice(code, text)

    def _refuse_unaddressed(self, refusal: Refusal) -> None:
        """End what carries no number; market rules are never waited for beside anything else."""
        if self.rules.waiting or notices.is_about_market_rule(refusal.text):
            self.rules.refused(refusal)
            return
        for pending in (self.positions, self.orders, self.completed):
            if pending is not None:
                pending.fail(refusal)


def _key(order: Order) -> tuple[int, ...]:
    return order_key(order.permId, order.clientId, order.orderId)


def _finish(pending: Pending[Row] | None) -> None:
    if pending is not None:
        pending.finish()
