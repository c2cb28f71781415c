"""A gateway's messages about positions, orders and contracts, at server version 178."""

from collections.abc import Iterable
from zoneinfo import ZoneInfo

from tests.contract.scripted_gateway import Frame

from sellcore.contract import ContractDetails
from sellcore.instrument import Instrument, Kind
from sellcore.order import OpenOrder
from sellcore.position import Position
from sellcore.session import Session

UNSET_DOUBLE = "1.7976931348623157E308"
UNSET_INT = "2147483647"
NONE = ("",)

POSITION_END = (62, 1)
OPEN_ORDER_END = (53, 1)


def _sec_type(instrument: Instrument) -> str:
    return "STK" if instrument.kind is Kind.STOCK else "FUT"


def position(held: Position) -> Frame:
    """Return a position message; a future has no listing exchange."""
    i = held.instrument
    exchange = i.exchange if i.kind is Kind.STOCK else ""
    contract = (i.con_id, i.symbol, _sec_type(i), "", "0.0", "", "", exchange, i.currency)
    local = (i.symbol, i.symbol)
    return (61, 3, held.account, *contract, *local, held.quantity, held.average_cost)


def open_order(order: OpenOrder) -> Frame:
    """Return an openOrder message as a gateway writes a plain stock order."""
    limit = order.limit_price or "0.0"
    stop = order.stop_price or "0.0"
    return (
        *(5, order.order_id, order.con_id, "AAPL", "STK", "", 0, "?", "", "SMART", "USD"),
        *("AAPL", "NMS", order.side.value, order.quantity, order.order_type, limit, stop),
        *(order.tif, "", order.account, "", 0, order.order_ref, order.client_id, order.perm_id),
        *(0, 0, 0, "", f"{order.perm_id}.0/{order.account}/100", *NONE * 3),  # up to faPercentage
        *(*NONE * 5, 0, "", -1),  # modelCode to exemptCode
        *(0, *NONE * 5, UNSET_INT, 0, 0, 0, "", 3, 0, 0, "", 0, 0),  # up to triggerMethod
        *("", 0, "", "", 0, 0),  # volatility, delta neutral, continuousUpdate, reference price
        *(*NONE * 5, 0, 0, 0),  # trail stop to the counts of legs and routing
        *(UNSET_INT, UNSET_INT, "", "", 0, "", "IB", 0, 0, "", 0, 0),  # scale to whatIf
        *(order.status, *(UNSET_DOUBLE,) * 9, *NONE * 5, 0, 0, 0),  # state, randomize, conditions
        *("None", *(UNSET_DOUBLE,) * 6, 0),  # adjusted order
        *("", "", "", 0, 1, 0, 0, 0, "", "", 0, *NONE * 5),  # soft dollar to peg fields
    )


def order_status(order: OpenOrder) -> Frame:
    """Return the orderStatus message that goes with an order."""
    filled = order.quantity - order.remaining
    numbers = (0, order.perm_id, 0, 0, order.client_id, "", 0)
    return (3, order.order_id, order.status, filled, order.remaining, *numbers)


def contract_details(
    request: str,
    told: ContractDetails,
    exchanges: str = "SMART,NYSE,NASDAQ",
    rules: str = "26,26,26",
) -> tuple[Frame, Frame]:
    """Return a contractDetails message and its end marker."""
    i = told.instrument
    hours = ";".join(_hours(day, session) for day, session in told.hours.items())
    zone = {"America/New_York": "US/Eastern"}.get(told.zone, told.zone)
    frame = (
        *(10, request, i.symbol, _sec_type(i), "", 0, "", "SMART", i.currency, i.symbol, "NMS"),
        *("NMS", i.con_id, told.min_tick, "", "LMT,MKT,STP", exchanges, i.price_magnifier, 0),
        *("A COMPANY INC", i.exchange, "", "Technology", "Computers", "Computers", zone),
        *(hours, hours, "", "", 0, 1, "", "", rules, "", "COMMON", "0.0001", "0.0001", 100),
    )
    return frame, (52, 1, request)


def _hours(day: object, session: Session | None) -> str:
    if session is None:
        return f"{day:%Y%m%d}:CLOSED"
    local = ZoneInfo(session.zone)
    opens, closes = session.open.astimezone(local), session.close.astimezone(local)
    return f"{opens:%Y%m%d:%H%M}-{closes:%Y%m%d:%H%M}"


def bars(request: str, rows: Iterable[tuple[str, float]]) -> Frame:
    """Return a historicalData message: a date and a close for each bar."""
    fields = [(date, close, close, close, close, 100, close, 1) for date, close in rows]
    flat = [value for row in fields for value in row]
    return (17, request, "20230413 16:31:22", "20230415 16:31:22", len(fields), *flat)


def error(request: object, code: int, text: str) -> Frame:
    """Return an error message."""
    return (4, 2, request, code, text, "")


def execution(
    request: object,
    exec_id: str = "0000e0d5.67fe667b.01.01",
    *,
    shares: object = 100,
    price: object = "201.94",
    time: str = "20220520 10:00:00 US/Eastern",
    order_id: int = 7,
    client_id: int = 1,
    side: str = "SLD",
    ref: str = "sellcli:1",
) -> Frame:
    """Return an execDetails message; a live one has the request id -1."""
    return (
        *(11, request, order_id, 265598, "AAPL", "STK", "", "0.0", "", "", "IEX", "USD"),
        *("AAPL", "NMS", exec_id, time, "DU0000001", "IEX", side, shares, price, 600745656),
        *(client_id, 0, shares, "201.94", ref, "", "", "", 2, 0),
    )


def execution_end(request: object) -> Frame:
    """Return the message that ends the answer to a request for executions."""
    return (55, 1, request)


def commission(exec_id: str = "0000e0d5.67fe667b.01.01", amount: object = "1.0") -> Frame:
    """Return a commissionReport message of an opening trade: it realises nothing."""
    return (59, 1, exec_id, amount, "USD", UNSET_DOUBLE, UNSET_DOUBLE, "")


COMPLETED_ORDERS_END = (102,)


def market_rule(rule_id: object, *steps: tuple[str, str]) -> Frame:
    """Return a marketRule message: a lowest price and an increment for each step."""
    return (93, rule_id, len(steps), *(text for step in steps for text in step))


def tick(request: object, kind: int, price: object) -> Frame:
    """Return a tickPrice message."""
    return (1, 6, request, kind, price, 100, 1)


def halted(request: object, value: object, kind: int = 49) -> Frame:
    """Return the tickGeneric message that says whether trading is halted."""
    return (45, 6, request, kind, value)


def data_type(request: object, kind: object) -> Frame:
    """Return a marketDataType message."""
    return (58, 1, request, kind)
