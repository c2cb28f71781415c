"""What is held and what works at Interactive Brokers; there is no way here to send."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from adapters.ib import questions, translate
from adapters.ib.asking import whole
from adapters.ib.connection import IBConnection
from adapters.ib.line import Line
from adapters.ib.pending import UNREADABLE, OpenOrderRow, Refusal
from sellcore.contract import ContractDetails, NoDetails
from sellcore.errors import BrokerUnavailable
from sellcore.instant import from_epoch
from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.position import Position

_AT_ONCE = 16
"""Contracts described concurrently."""

_DONE = {"Filled", "Cancelled", "ApiCancelled"}
"""Statuses of orders that no longer work; Inactive is not among them: it can come back."""


class IBBroker:
    """Reads one login's accounts over a connection that somebody else opens and closes."""

    def __init__(self, connection: IBConnection) -> None:
        self._connection = connection
        self._details: dict[Instrument, ContractDetails] = {}
        self._details_of: date | None = None

    def positions(self) -> Sequence[Position]:
        """
        Return all positions of all accounts of this login; empty means flat.

        Raises:
            BrokerUnavailable: the broker's end marker did not come, or a
                position cannot be read.
        """
        rows = whole(self._connection, "positions", questions.positions)
        # A change that was told between request and end marker comes after the old state.
        held = {(told.account, told.instrument): told for told in map(_position, rows)}
        return tuple(position for position in held.values() if position.quantity)

    def open_orders(self) -> Sequence[OpenOrder]:
        """
        Return all open orders of all clients, those entered by hand included.

        Raises:
            BrokerUnavailable: the broker's end marker did not come, an order
                cannot be read, or the gateway refuses to say.
        """
        rows = whole(self._connection, "open orders", questions.open_orders)
        told = {_identity(order): order for order in map(_open_order, rows)}
        return tuple(order for order in told.values() if order.status not in _DONE)

    def details(
        self, instruments: Sequence[Instrument]
    ) -> Mapping[Instrument, ContractDetails | NoDetails]:
        """
        Return the broker's word on each instrument, asked for by contract id.

        A good answer is kept until the day ends, by the connection's clock in UTC.

        Raises:
            BrokerUnavailable: the line was lost before every one was answered.
        """
        today = self._connection.clock.now().date()
        if today != self._details_of:
            self._details, self._details_of = {}, today
        unknown = [i for i in dict.fromkeys(instruments) if i not in self._details]
        found: dict[Instrument, ContractDetails | NoDetails] = {}
        if unknown:
            rounds = 1 + len(unknown) / _AT_ONCE
            limit = rounds * self._connection.timeout + len(unknown)
            answers = self._connection.ask(lambda line: _describe(line, unknown), limit)
            found = dict(zip(unknown, answers, strict=True))
            self._details.update((i, d) for i, d in found.items() if isinstance(d, ContractDetails))
        return {i: self._details.get(i) or found[i] for i in instruments}

    def server_time(self) -> datetime:
        """Return the broker's clock, UTC, to the second; raises BrokerUnavailable."""
        return from_epoch(whole(self._connection, "server time", questions.current_time))


def _position(fields: list[str]) -> Position:
    try:
        return translate.position(fields)
    except UNREADABLE as error:
        raise BrokerUnavailable(f"positions: the answer cannot be read: {error}") from None


def _open_order(row: OpenOrderRow) -> OpenOrder:
    try:
        return translate.open_order(row)
    except UNREADABLE as error:
        raise BrokerUnavailable(f"open orders: the answer cannot be read: {error}") from None


def _identity(order: OpenOrder) -> tuple[int, ...]:
    return (order.perm_id,) if order.perm_id else (order.client_id, order.order_id)


async def _describe(
    line: Line, instruments: Sequence[Instrument]
) -> list[ContractDetails | NoDetails]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(instrument: Instrument) -> ContractDetails | NoDetails:
        async with slots:
            try:
                return translate.details(
                    instrument, await questions.details(line, instrument.con_id)
                )
            except TimeoutError:
                return NoDetails(instrument, "no answer in time")
            except (Refusal, BrokerUnavailable) as error:
                # Where the line itself is lost, the connection spoils the whole answer.
                return NoDetails(instrument, str(error))

    return await asyncio.gather(*(one(instrument) for instrument in instruments))
