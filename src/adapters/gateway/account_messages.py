"""What the gateway says about the account, field by field; the same at every version."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from adapters.gateway.account_values import AccountValue, amount
from adapters.gateway.holdings import Holding
from adapters.gateway.order_messages import ZONE, Fields, held_contract, number

POSITION_END: Fields = [62, "1"]


def position(account: str, held: Holding) -> Fields:
    """Return position (61); a quantity of 0 takes the entry away."""
    return [
        61,
        "3",
        account,
        *held_contract(held.listing, held.listing.exchange),
        number(held.quantity),
        number(round(held.average_cost, 8)) if held.quantity else "0.0",
    ]


def position_multi(request: int, account: str, model: str, held: Holding) -> Fields:
    """Return positionMulti (71): as position, for one request."""
    _, _, _, *rest = position(account, held)
    return [71, "1", request, account, *rest, model]


def position_multi_end(request: int) -> Fields:
    """Return positionMultiEnd (72)."""
    return [72, "1", request]


def portfolio_value(account: str, held: Holding, price: Decimal) -> Fields:
    """Return portfolioValue (7), valued at ``price``."""
    listing = held.listing
    return [
        7,
        "8",
        listing.con_id,
        listing.symbol,
        listing.sec_type,
        *("", "0", "0", ""),  # lastTradeDate, strike, right, multiplier
        listing.exchange,
        listing.currency,
        listing.local_symbol,
        listing.trading_class,
        number(held.quantity),
        number(price),
        amount(held.value(price)),
        number(round(held.average_cost, 8)),
        amount(held.unrealized(price)),
        amount(held.realized),
        account,
    ]


def account_value(account: str, value: AccountValue) -> Fields:
    """Return acctValue (6)."""
    return [6, "2", value.key, value.value, value.currency, account]


def account_time(now: datetime) -> Fields:
    """Return acctUpdateTime (8)."""
    return [8, "1", f"{now.astimezone(ZONE):%H:%M}"]


def account_download_end(account: str) -> Fields:
    """Return acctDownloadEnd (54)."""
    return [54, "1", account]


def account_update_multi(request: int, account: str, model: str, value: AccountValue) -> Fields:
    """Return accountUpdateMulti (73)."""
    return [73, "1", request, account, model, value.key, value.value, value.currency]


def account_update_multi_end(request: int) -> Fields:
    """Return accountUpdateMultiEnd (74)."""
    return [74, "1", request]


def account_summary(request: int, account: str, value: AccountValue) -> Fields:
    """Return accountSummary (63)."""
    return [63, "1", request, account, value.key, value.value, value.currency]


def account_summary_end(request: int) -> Fields:
    """Return accountSummaryEnd (64)."""
    return [64, "1", request]


def profit(request: int, figures: Iterable[Decimal]) -> Fields:
    """Return pnl (94): daily, unrealized and realized profit."""
    return [94, request, *map(amount, figures)]


def profit_single(request: int, quantity: Decimal, figures: Iterable[Decimal]) -> Fields:
    """Return pnlSingle (95): daily, unrealized, realized profit, and the market value."""
    return [95, request, number(quantity), *map(amount, figures)]
