"""What is held and what works at Interactive Brokers; there is no way here to send."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import date, datetime

from attrs import evolve

from adapters.ib import questions, translate, translate_prices
from adapters.ib.asking import whole
from adapters.ib.connection import IBConnection
from adapters.ib.library_logs import LOG
from adapters.ib.line import Line
from adapters.ib.notices import one_line
from adapters.ib.pending import ENDED, UNREADABLE, Frame, OpenOrderRow, Refusal, order_key
from sellcore.contract import ContractDetails, NoDetails
from sellcore.errors import BrokerUnavailable
from sellcore.instant import from_epoch
from sellcore.instrument import Instrument
from sellcore.order import OpenOrder
from sellcore.position import Position
from sellcore.selling.limit_price import PriceStep

_AT_ONCE = 16
"""Contracts described concurrently."""

_Described = tuple[ContractDetails | NoDetails, int | None]
"""What is said of a contract, and the market rule that its prices follow."""


class IBBroker:
    """Reads one login's accounts over a connection that somebody else opens and closes."""

    def __init__(self, connection: IBConnection) -> None:
        self._connection = connection
        self._details: dict[Instrument, ContractDetails] = {}
        self._steps: dict[int, tuple[PriceStep, ...]] = {}
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

        One on a combination is told as one on each of its legs.

        Raises:
            BrokerUnavailable: the broker's end marker did not come, an order
                cannot be read, or the gateway refuses to say.
        """
        rows = whole(self._connection, "open orders", questions.open_orders)
        told = {
            order_key(orders[0].perm_id, orders[0].client_id, orders[0].order_id): orders
            for orders in map(_open_orders, rows)
        }
        return tuple(o for orders in told.values() for o in orders if o.status not in ENDED)

    def details(
        self, instruments: Sequence[Instrument]
    ) -> Mapping[Instrument, ContractDetails | NoDetails]:
        """
        Return the broker's word on each instrument, asked for by contract id.

        A good answer is kept until the day ends, by the connection's clock in UTC;
        so are the increments of each market rule. Where a rule cannot be had,
        the smallest increment is taken for the only one.

        Raises:
            BrokerUnavailable: the line was lost before every one was answered.
        """
        today = self._connection.clock.now().date()
        if today != self._details_of:
            self._details, self._steps, self._details_of = {}, {}, today
        unknown = [i for i in dict.fromkeys(instruments) if i not in self._details]
        found: dict[Instrument, ContractDetails | NoDetails] = {}
        if unknown:
            rounds = 1 + len(unknown) / _AT_ONCE
            limit = rounds * self._connection.timeout + questions.RULES + len(unknown)
            answers = self._connection.ask(lambda line: self._describe(line, unknown), limit)
            for instrument, (told, rule) in zip(unknown, answers, strict=True):
                found[instrument] = told = self._with_steps(told, rule)
                if isinstance(told, ContractDetails) and (rule is None or rule in self._steps):
                    self._details[instrument] = told
        return {i: self._details.get(i) or found[i] for i in instruments}

    def server_time(self) -> datetime:
        """Return the broker's clock, UTC, to the second; raises BrokerUnavailable."""
        seconds = whole(self._connection, "server time", questions.current_time)
        try:
            return from_epoch(seconds)
        except (OverflowError, OSError, ValueError) as error:
            text = f"server time: the answer cannot be read: {one_line(str(error))}"
            raise BrokerUnavailable(text) from None

    async def _describe(self, line: Line, instruments: Sequence[Instrument]) -> list[_Described]:
        """Ask for contracts, then for the market rules among them that are not known today."""
        described = await _describe(line, instruments)
        named = {rule for _, rule in described if rule is not None and rule not in self._steps}
        if named:
            told = await questions.market_rules(line, sorted(named))
            self._steps.update((rule, _steps(rule, fields)) for rule, fields in told.items())
            if silent := named - told.keys():
                LOG.info("market rules %s: no answer in time", sorted(silent))
        return described

    def _with_steps(
        self, told: ContractDetails | NoDetails, rule: int | None
    ) -> ContractDetails | NoDetails:
        steps = () if rule is None else self._steps.get(rule, ())
        if isinstance(told, NoDetails) or not steps:
            return told
        by = told.instrument.price_magnifier
        return evolve(told, price_steps=translate_prices.magnified(steps, by))


def _position(fields: list[str]) -> Position:
    try:
        return translate.position(fields)
    except UNREADABLE as error:
        raise BrokerUnavailable(f"positions: the answer cannot be read: {error}") from None


def _open_orders(row: OpenOrderRow) -> tuple[OpenOrder, ...]:
    try:
        return translate.open_orders(row)
    except UNREADABLE as error:
        raise BrokerUnavailable(f"open orders: the answer cannot be read: {error}") from None


def _steps(rule: int, fields: Frame | None) -> tuple[PriceStep, ...]:
    """Return the increments of a market rule; none where it was refused or cannot be read."""
    if fields is None:
        LOG.info("market rule %s: refused by the gateway", rule)
        return ()
    try:
        return translate_prices.price_steps(fields)
    except UNREADABLE as error:
        LOG.info("market rule %s: the answer cannot be read: %s", rule, one_line(str(error)))
        return ()


async def _describe(line: Line, instruments: Sequence[Instrument]) -> list[_Described]:
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(instrument: Instrument) -> _Described:
        async with slots:
            try:
                rows = await questions.details(line, instrument.con_id)
            except TimeoutError:
                return NoDetails(instrument, "no answer in time"), None
            except (Refusal, BrokerUnavailable) as error:
                # Where the line itself is lost, the connection spoils the whole answer.
                return NoDetails(instrument, str(error)), None
            told = translate.details(instrument, rows)
            known = isinstance(told, ContractDetails)
            return told, translate_prices.market_rule_id(rows) if known else None

    return await asyncio.gather(*(one(instrument) for instrument in instruments))
