"""What stands between a decision and its order: the live checks, and the caps."""

from collections.abc import Mapping
from decimal import Decimal

from attrs import frozen

from sellcore.backtest.assumptions import Assumptions
from sellcore.selling.limit_checks import day_is_small_enough, order_is_small_enough
from sellcore.selling.limits import SellingPolicy
from sellcore.selling.position_checks import is_long, is_whole
from sellcore.selling.verdict import Verdict

_ROUNDING = 1e-12
"""A part of the equity that is no money to spend: it is what adding up has left."""


@frozen
class Sale:
    """
    What the live checks look at, as far as a history holds it.

    Attributes:
        policy: The trader's limits.
        held: Shares held.
        quantity: Shares to sell.
        value: What they are worth at the price they meet, or at the close that signalled
            where that is more.
        orders_today: Orders sent on the same day, before this one.
        value_today: What they were worth.
    """

    policy: SellingPolicy
    held: Decimal
    quantity: float
    value: float
    orders_today: int
    value_today: float


@frozen
class DayTotal:
    """Sales that are sent on one UTC date: how many so far, and what they were worth."""

    orders: int = 0
    value: float = 0.0


def denials(
    policy: SellingPolicy, shares: float, value: float, today: DayTotal, *, whole: bool
) -> tuple[str, ...]:
    """
    Return every reason of the live checks against a sale.

    Args:
        policy: The trader's limits.
        shares: Held, and to be sold.
        value: What they are worth.
        today: What was sent before it.
        whole: Whether only whole shares are traded.
    """
    sale = Sale(
        policy=policy,
        held=Decimal(repr(shares)),
        quantity=int(shares) if whole else shares,
        value=value,
        orders_today=today.orders,
        value_today=today.value,
    )
    size = (order_is_small_enough(sale), day_is_small_enough(sale))
    position = (is_long(sale), is_whole(sale)) if whole else (is_long(sale),)
    return Verdict((*position, *size)).reasons


def budget(
    assumptions: Assumptions,
    cash: float,
    values: Mapping[str, float],
    ticker: str,
    tickers: int,
) -> float:
    """
    Return what a purchase may cost: no more than the cash, the ticker's part, and all parts.

    Args:
        assumptions: For the caps.
        cash: What there is.
        values: What is held of each ticker is worth, at its last price.
        ticker: To be bought.
        tickers: How many share the account.
    """
    held = sum(values.values())
    equity = cash + held
    part = min(assumptions.max_symbol_exposure, 1 / tickers)
    most = min(
        cash,
        part * equity - values.get(ticker, 0.0),
        assumptions.max_gross_exposure * equity - held,
    )
    return most if most > _ROUNDING * equity else 0.0


def allowed_shares(policy: SellingPolicy | None, price: float) -> float:
    """Return the most shares that one purchase may have under the live limits on an order."""
    if policy is None:
        return float("inf")
    return float(min(policy.max_shares_per_order, policy.max_value_per_order // price))
