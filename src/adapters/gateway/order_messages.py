"""
What the gateway says about orders, field by field, at any version 151..178.

The values of fields that a plain stock order does not use are those recorded
from a real Gateway, odd as some are (``None`` as a word, ``?``, 2147483647).
"""

from datetime import date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from attrs import frozen

from adapters.gateway.listings import Listing
from adapters.gateway.orders import LIMITED, STOPPED, Execution, Order, Status
from adapters.gateway.wire import UNSET_DOUBLE, UNSET_INT

Fields = list[object]

ZONE_NAME = "US/Eastern"
ZONE = ZoneInfo("America/New_York")  # the same zone; the old name need not be installed

FA_PROFILE_DROPPED = 177
PENDING_PRICE_REVISION = 178
DURATION, POST_TO_ATS, AUTO_CANCEL_PARENT, PEG_OFFSETS = 158, 160, 162, 170


@frozen
class Margins:
    """
    What an order would do to the account, for a what-if.

    Attributes:
        initial: Initial margin before the order and after it, account currency;
            maintenance and equity alike.
        commission: What the order would cost.
    """

    initial: tuple[Decimal, Decimal]
    maintenance: tuple[Decimal, Decimal]
    equity: tuple[Decimal, Decimal]
    commission: Decimal


def number(value: Decimal | float) -> str:
    """Return the shortest decimal of ``value``, never with an exponent."""
    exact = value if isinstance(value, Decimal) else Decimal(repr(value))
    text = format(exact, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text) or "0"


def _price_field(price: float | None) -> str:
    text = number(price or 0.0)
    return text if "." in text else f"{text}.0"


def stamp(moment: datetime, zone_name: str = ZONE_NAME) -> str:
    """Return the instant as the gateway writes it: exchange time and the zone's name."""
    return f"{moment.astimezone(ZONE):%Y%m%d %H:%M:%S} {zone_name}"


def exchange_day(moment: datetime) -> date:
    """Return the date on which the gateway counts the instant."""
    return moment.astimezone(ZONE).date()


def _contract(listing: Listing, exchange: str, strike: str, right: str) -> Fields:
    return [
        listing.con_id,
        listing.symbol,
        listing.sec_type,
        "",  # lastTradeDate
        strike,
        right,
        "",  # multiplier
        exchange,
        listing.currency,
        listing.local_symbol,
        listing.trading_class,
    ]


def held_contract(listing: Listing, exchange: str) -> Fields:
    """Return the 11 contract fields of positions and executions."""
    return _contract(listing, exchange, "0.0", "")


def _terms(order: Order) -> Fields:
    terms = order.terms
    return [
        order.action.value,
        number(terms.quantity),
        terms.type.value,
        _price_field(terms.limit if terms.type in LIMITED else None),
        _price_field(terms.stop if terms.type in STOPPED else None),
        terms.tif.value,
        order.oca_group,
        order.account,
        "",  # openClose
        "0",  # origin
        order.order_ref,
    ]


def _advisor(version: int) -> Fields:
    return [""] * (4 if version < FA_PROFILE_DROPPED else 3)


def _margin_fields(margins: Margins | None) -> Fields:
    if margins is None:
        return [UNSET_DOUBLE] * 9
    pairs = (margins.initial, margins.maintenance, margins.equity)
    befores = [before for before, _ in pairs]
    changes = [after - before for before, after in pairs]
    afters = [after for _, after in pairs]
    return [number(round(value, 2)) for value in (*befores, *changes, *afters)]


def _costs(order: Order, margins: Margins | None) -> Fields:
    cost = margins.commission if margins else order.commission
    if cost is None:
        return ["", "", "", "", ""]
    bounds = [number(cost)] * 2 if margins else ["", ""]
    return [number(cost), *bounds, order.listing.currency, ""]


def open_order(order: Order, version: int, margins: Margins | None = None) -> Fields:
    """
    Return openOrder (5) for a connection of ``version``.

    With ``margins`` it is the answer to a what-if.
    """
    what_if = margins is not None
    return [
        5,
        order.order_id,
        *_contract(order.listing, "SMART", "0", "?"),
        *_terms(order),
        order.client_id,
        order.perm_id,
        order.terms.outside_rth,
        *("0", "0", ""),  # hidden, discretionaryAmt, goodAfterTime
        f"{order.perm_id}.0/{order.account}/100",  # sharesAllocation
        *_advisor(version),
        *("", "", "", "", ""),  # modelCode, goodTillDate, rule80A, percentOffset, settlingFirm
        *("0", "", "-1", "0"),  # shortSaleSlot, designatedLocation, exemptCode, auctionStrategy
        *("", "", "", "", ""),  # startingPrice, stockRefPrice, delta, stockRange
        *(UNSET_INT, "0", "0", "0", ""),  # displaySize, block, sweep, allOrNone, minQty
        *("3", "0", "0", ""),  # ocaType, eTradeOnly, firmQuoteOnly, nbboPriceCap
        *(order.parent_order_id, "0", "", "0"),  # parentId, triggerMethod, volatility, its type
        *("None", "", "0", "", "", "", "?", "0", "0", ""),  # delta neutral order and its block
        *("0", "0", "", "", "", ""),  # continuousUpdate .. trailing, basisPoints and their type
        *("", "0", "0", "0"),  # comboLegsDescrip, no legs, no leg prices, no routing parameters
        *(UNSET_INT, UNSET_INT, "", ""),  # scale levels and increment, hedgeType
        *("0", "", "IB", "0"),  # optOutSmartRouting, clearingAccount, clearingIntent, notHeld
        *("0", "", "0"),  # no delta neutral contract, algoStrategy, solicited
        what_if,
        order.status.value,
        *_margin_fields(margins),
        *_costs(order, margins),
        *("0", "0", "0"),  # randomizeSize, randomizePrice, no conditions
        *("None", *([UNSET_DOUBLE] * 6), "0"),  # the adjusted order and its unit
        *("", "", "", "0"),  # soft dollar tier, cashQty
        *("1", "0", "0", "0"),  # dontUseAutoPriceForHedge .. usePriceMgmtAlgo
        *([""] if version >= DURATION else []),
        *([""] if version >= POST_TO_ATS else []),
        *(["0"] if version >= AUTO_CANCEL_PARENT else []),
        *_peg_offsets(version),
    ]


def _peg_offsets(version: int) -> Fields:
    return ["", "100", "0.02", "", ""] if version >= PEG_OFFSETS else []


def completed_order(order: Order, version: int, zone_name: str = ZONE_NAME) -> Fields:
    """Return completedOrder (101); it tells neither order id nor client id."""
    finished = stamp(order.finished, zone_name) if order.finished else ""
    return [
        101,
        *_contract(order.listing, "SMART", "0", "?"),
        *_terms(order),
        order.perm_id,
        order.terms.outside_rth,
        *("0", "0", ""),  # hidden, discretionaryAmt, goodAfterTime
        *_advisor(version),
        *("", "", "", "", ""),  # modelCode, goodTillDate, rule80A, percentOffset, settlingFirm
        *("0", "", "-1"),  # shortSaleSlot, designatedLocation, exemptCode
        *("", "", "", "", ""),  # startingPrice, stockRefPrice, delta, stockRange
        *(UNSET_INT, "0", "0", ""),  # displaySize, sweepToFill, allOrNone, minQty
        *("3", "0", "", "0"),  # ocaType, triggerMethod, volatility, its type
        *("None", "", "0", "0", "0", ""),  # delta neutral order and its shorter block
        *("0", "0", "", ""),  # continuousUpdate, referencePriceType, trailing
        *("", "0", "0", "0"),  # comboLegsDescrip, no legs, no leg prices, no routing parameters
        *(UNSET_INT, UNSET_INT, "", ""),  # scale levels and increment, hedgeType
        *("", "IB", "0", "0", "", "0"),  # clearing, notHeld, delta neutral, algo, solicited
        order.status.value,
        *("0", "0", "0"),  # randomizeSize, randomizePrice, no conditions
        *(UNSET_DOUBLE, UNSET_DOUBLE),  # trailStopPrice, lmtPriceOffset
        *("0", "1", "0", ""),  # cashQty, dontUseAutoPriceForHedge, isOmsContainer, autoCancelDate
        number(order.filled),
        *("0", "0", "", "0", "0"),  # refFuturesConId .. routeMarketableToBbo
        "0",  # parentPermId
        finished,
        order.outcome,
        *_peg_offsets(version),
    ]


def order_status(order: Order, status: Status | None = None) -> Fields:
    """Return orderStatus (3); ``status`` stands in for a state that is only passed through."""
    return [
        3,
        order.order_id,
        (status or order.status).value,
        number(order.filled),
        number(order.remaining),
        number(order.average_price),
        order.perm_id,
        order.parent_order_id,
        number(order.last_price),
        order.client_id,
        order.why_held,
        "0",  # mktCapPrice
    ]


def exec_details(
    execution: Execution, version: int, request: int = -1, zone_name: str = ZONE_NAME
) -> Fields:
    """Return execDetails (11); a live fill answers no request, so its id is -1."""
    order = execution.order
    venue = order.listing.exchange
    return [
        11,
        request,
        order.order_id,
        *held_contract(order.listing, venue),
        execution.exec_id,
        stamp(execution.at, zone_name),
        order.account,
        venue,
        "BOT" if order.action.sign > 0 else "SLD",
        number(execution.shares),
        number(execution.price),
        order.perm_id,
        order.client_id,
        "0",  # liquidation
        number(order.filled),
        number(order.average_price),
        order.order_ref,
        *("", "", "", "2"),  # evRule, evMultiplier, modelCode, lastLiquidity: took it
        *(["0"] if version >= PENDING_PRICE_REVISION else []),
    ]


def commission_report(execution: Execution) -> Fields:
    """Return commissionReport (59)."""
    realized = execution.realized
    return [
        59,
        "1",
        execution.exec_id,
        number(execution.commission),
        execution.order.listing.currency,
        UNSET_DOUBLE if realized is None else number(realized),
        UNSET_DOUBLE,  # yield
        "",  # yieldRedemptionDate
    ]
