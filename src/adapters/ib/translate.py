"""From a gateway's messages to our values; pure. Malformed ones raise ValueError."""

from datetime import UTC, datetime
from functools import lru_cache
from math import nan

import numpy as np
from attrs import evolve
from ib_async import ComboLeg, Contract
from ib_async import ContractDetails as IBContractDetails

from adapters.ib import wire_values as wire
from adapters.ib.hours import parse_hours
from adapters.ib.notices import one_line
from adapters.ib.pending import Frame, OpenOrderRow
from adapters.ib.translate_prices import magnified, one_step
from adapters.ib.zones import zone_of
from sellcore.contract import ContractDetails, NoDetails
from sellcore.instrument import Instrument, Kind
from sellcore.order import OpenOrder, Side
from sellcore.position import Position
from sellcore.request import BarRequest, Cause, FetchedBars, NoBars
from sellcore.timeframe import Granularity

BAR_SIZE = {Granularity.HALF_HOUR: "30 mins", Granularity.DAY: "1 day"}

_RENAMED = {"ISLAND": "NASDAQ"}
"""Names of exchanges that older gateways send."""

_STOPPED_BY_AUX = {"STP", "STP LMT", "STP PRT", "MIT", "LIT"}
_TRAILING = {"TRAIL", "TRAIL LIMIT"}

# Whole seconds: with its microseconds, a float rounds it up to the year 10000.
_LAST_SECOND = int(datetime.max.replace(microsecond=0, tzinfo=UTC).timestamp())

_BAR_FIELDS = 8
_BARS_BEGIN = 5


def position(fields: Frame) -> Position:
    """Return the position of a message 61; its quantity is the decimal on the wire."""
    account, con_id, symbol, sec_type = fields[2:6]
    exchange, currency, local_symbol = fields[10], fields[11], fields[12]
    quantity, average_cost = fields[14], fields[15]
    instrument = _instrument(int(con_id), symbol or local_symbol, sec_type, exchange, currency)
    return Position(one_line(account), instrument, wire.decimal(quantity), _price(average_cost))


def open_orders(row: OpenOrderRow) -> tuple[OpenOrder, ...]:
    """
    Return an open order as one on each contract that it trades.

    A combination bears an id of its own, and sells the shares of its legs all the same.
    """
    order = open_order(row)
    return tuple(_leg(order, leg) for leg in row.contract.comboLegs) or (order,)


def _leg(order: OpenOrder, leg: ComboLeg) -> OpenOrder:
    """Return what an order on a combination is to one of its legs."""
    turned = wire.side(leg.action) is Side.SELL
    other = Side.BUY if order.side is Side.SELL else Side.SELL
    return evolve(
        order,
        con_id=leg.conId,
        side=other if turned else order.side,
        quantity=order.quantity * leg.ratio,
        remaining=order.remaining * leg.ratio,
    )


def open_order(row: OpenOrderRow) -> OpenOrder:
    """Return an open order; without a status of its own, all of it is still to be filled."""
    order = row.order
    quantity = wire.quantity(float(order.totalQuantity))
    remaining = quantity if row.status is None else row.status.remaining
    return OpenOrder(
        con_id=row.contract.conId,
        account=one_line(order.account),
        side=wire.side(order.action),
        quantity=quantity,
        remaining=wire.finite(remaining),
        order_type=one_line(order.orderType),
        limit_price=_set_price(order.lmtPrice),
        stop_price=_stop_price(order.orderType, order.auxPrice, order.trailStopPrice),
        tif=one_line(order.tif),
        status=one_line(row.status.status if row.status else row.state.status),
        order_id=order.orderId,
        client_id=order.clientId,
        perm_id=order.permId,
        order_ref=one_line(order.orderRef),
    )


def details(asked: Instrument, told: list[IBContractDetails]) -> ContractDetails | NoDetails:
    """
    Return the broker's word on an instrument, or why it cannot be used.

    Its price increments are those of its smallest one, until its market rule is known.
    """
    con_ids = {row.contract.conId for row in told if row.contract is not None}
    if len(con_ids) > 1:
        return NoDetails(asked, f"ambiguous: {len(con_ids)} contracts answer to one contract id")
    if con_ids != {asked.con_id}:
        return NoDetails(asked, "the broker knows no contract with this id")
    zones = {row.timeZoneId: zone_of(row.timeZoneId) for row in told}
    row = max(told, key=lambda row: (row.contract or Contract()).exchange == "SMART")
    contract, zone = row.contract, zones[row.timeZoneId]
    if contract is None or zone is None:
        return NoDetails(asked, f"time zone {one_line(row.timeZoneId)!r} is not known")
    exchange = _exchange(contract.primaryExchange)
    instrument = evolve(
        asked,
        symbol=one_line(contract.symbol) or asked.symbol,
        exchange=exchange or asked.exchange,
        currency=one_line(contract.currency) or asked.currency,
        kind=_kind(contract.secType),
        price_magnifier=max(1, row.priceMagnifier),
    )
    min_tick = wire.quantity(row.minTick)
    steps = magnified(one_step(min_tick), instrument.price_magnifier)
    hours = parse_hours(row.liquidHours, zone)
    return ContractDetails(instrument, zone, min_tick, hours, steps)


def bars(request: BarRequest, asked_at: datetime, fields: Frame) -> FetchedBars | NoBars:
    """Return the bars of a message 17; one that cannot be read brings none at all."""
    rows = fields[_BARS_BEGIN:]
    try:
        count = int(fields[_BARS_BEGIN - 1])
        if not 0 <= count * _BAR_FIELDS <= len(rows):
            raise ValueError(f"{count} bars were announced, {len(rows) // _BAR_FIELDS} came")
        columns = [rows[n : count * _BAR_FIELDS : _BAR_FIELDS] for n in range(6)]
        stamps = [_stamp(text, request.granularity) for text in columns[0]]
    except (ValueError, LookupError, OverflowError) as error:
        text = f"the answer cannot be read: {one_line(str(error))}"
        return NoBars(request, Cause.REFUSED, text)
    if not stamps:
        return NoBars(request, Cause.NO_DATA, "the broker answered without bars")
    prices = (np.array([wire.number(text) for text in column]) for column in columns[1:])
    return FetchedBars(request, asked_at, np.array(stamps, dtype=np.int64), *prices)


def data_contract(instrument: Instrument) -> Contract:
    """Return what to ask bars and ticks of: the id says which, stocks are routed by the broker."""
    exchange = "SMART" if instrument.kind is Kind.STOCK else instrument.exchange
    return Contract(conId=instrument.con_id, exchange=exchange)


@lru_cache(maxsize=4096)
def _instrument(
    con_id: int, symbol: str, sec_type: str, exchange: str, currency: str
) -> Instrument:
    return Instrument(
        con_id=con_id,
        symbol=one_line(symbol) or str(con_id),
        exchange=_exchange(exchange) or one_line(sec_type),
        currency=one_line(currency),
        kind=_kind(sec_type),
    )


def _kind(sec_type: str) -> Kind:
    return Kind.STOCK if sec_type == Kind.STOCK.value else Kind.OTHER


def _exchange(name: str) -> str:
    clean = one_line(name).upper()
    return _RENAMED.get(clean, clean)


def _set_price(value: object) -> float | None:
    """Return a price, or None where the order has none: 0, the broker's "unset", no number."""
    price = float(str(value))
    return price if price != 0 and abs(price) < wire.UNSET else None


def _stop_price(order_type: str, aux: object, trailing: object) -> float | None:
    if order_type in _STOPPED_BY_AUX:
        return _set_price(aux)
    return _set_price(trailing) if order_type in _TRAILING else None


def _price(text: str) -> float:
    """Return an average cost; NaN, which compares as false, where the broker names none."""
    value = wire.number(text)
    return value if abs(value) < wire.UNSET else nan


def _stamp(text: str, granularity: Granularity) -> int:
    """
    Return a bar's start: seconds since 1970 UTC, of a daily bar midnight UTC of its date.

    Seconds and dates are what is asked for; a wall-clock text with its zone is
    what some gateways send all the same.
    """
    digits = text.strip()
    if len(digits) == 8 and digits.isascii() and digits.isdigit():
        if granularity is not Granularity.DAY:
            raise ValueError(f"bar time {digits!r} has no time of day")
        return int(datetime.strptime(digits, "%Y%m%d").replace(tzinfo=UTC).timestamp())
    if digits.isascii() and digits.isdigit():
        seconds = int(digits)
        if seconds > _LAST_SECOND:
            raise ValueError(f"bar time {one_line(digits)!r} is in no calendar")
        if granularity is Granularity.DAY and seconds % 86400:
            raise ValueError(f"daily bar time {digits!r} is not a date")
        return seconds
    return _worded_stamp(digits, granularity)


def _worded_stamp(text: str, granularity: Granularity) -> int:
    moment = wire.instant(text)
    if granularity is Granularity.DAY:
        moment = datetime.strptime(text[:8], "%Y%m%d").replace(tzinfo=UTC)
    return int(moment.timestamp())
