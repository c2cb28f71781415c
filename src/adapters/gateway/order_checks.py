"""What an order must be like to be taken, and the words in which it is refused."""

from decimal import Decimal

from adapters.gateway.listings import Listing
from adapters.gateway.order_request import OrderRequest
from adapters.gateway.orders import LIMITED, STOPPED, Action, Order, OrderType, Terms, TimeInForce
from adapters.gateway.refused import Refused, invalid

READ_ONLY = invalid("The API interface is currently in Read-Only mode.", "bW")

_SPELLINGS = {"STPLMT": "STP LMT"}
_FRACTIONAL = (
    "Fractional-sized order cannot be placed via API. "
    "Please place the order in the desktop application."
)


def checked_action(request: OrderRequest) -> Action:
    """Return the side; anything but BUY and SELL is refused."""
    try:
        return Action(request.action)
    except ValueError:
        raise invalid(f"Invalid order action {request.action!r} was entered") from None


def checked_terms(request: OrderRequest, listing: Listing) -> Terms:
    """
    Return the terms of an order request.

    Raises:
        Refused: a field is missing, malformed or not traded here.
    """
    kind = _checked_type(request)
    if request.unsupported:
        raise invalid(f"Not supported by this simulated Gateway: {', '.join(request.unsupported)}")
    return Terms(
        quantity=_checked_quantity(request),
        type=kind,
        limit=_checked_price(request.limit, listing, "Limit") if kind in LIMITED else None,
        stop=_checked_price(request.stop, listing, "Stop") if kind in STOPPED else None,
        tif=_checked_tif(request),
        outside_rth=request.outside_rth and kind is not OrderType.MARKET,
        transmit=request.transmit,
    )


def check_account(request: OrderRequest, account: str) -> None:
    """Refuse an order for another account; none given means the only one there is."""
    if request.account not in ("", account):
        raise invalid(f"Invalid account code '{request.account}'.")


def check_modification(order: Order, listing: Listing, action: Action, terms: Terms) -> None:
    """Refuse a change that makes another order of it."""
    if order.listing.con_id != listing.con_id or order.action is not action:
        raise Refused(105, "Order being modified does not match original order")
    if terms.quantity <= order.filled:
        raise Refused(
            201, "Order rejected - reason:The new quantity is not above what has been filled"
        )


def _checked_type(request: OrderRequest) -> OrderType:
    try:
        return OrderType(_SPELLINGS.get(request.type, request.type))
    except ValueError:
        raise invalid("Invalid order type was entered", "bF") from None


def _checked_tif(request: OrderRequest) -> TimeInForce:
    try:
        return TimeInForce(request.tif or "DAY")
    except ValueError:
        raise invalid(f"Invalid time in force {request.tif!r} was entered") from None


def _checked_quantity(request: OrderRequest) -> Decimal:
    quantity = request.quantity
    if quantity is None or quantity == 0:
        raise Refused(434, "The order size cannot be zero")
    if quantity < 0 or quantity.is_infinite():
        raise invalid(f"Invalid order size {quantity} was entered")
    if quantity != quantity.to_integral_value():
        raise Refused(10243, _FRACTIONAL)
    return quantity


def _checked_price(price: Decimal | None, listing: Listing, name: str) -> float:
    if price is None or price <= 0:
        raise invalid(f"{name} price is missing or not above zero.")
    if price % Decimal(repr(listing.min_tick)):
        raise Refused(
            110, "The price does not conform to the minimum price variation for this contract."
        )
    return float(price)
