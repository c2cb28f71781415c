"""What a backtest takes for granted: fills, entries, costs, limits; told with each result."""

import math
from datetime import date
from enum import Enum
from typing import Any

from attrs import Attribute, field, frozen
from attrs.validators import optional

from sellcore.errors import InvalidValue
from sellcore.kinds import as_number, made_as, member_of, number, true_or_false
from sellcore.order_type import OrderType
from sellcore.selling.limits import SellingPolicy


class Fill(Enum):
    """
    When the order of a decision on bar i is filled.

    NEXT_OPEN: at the open of bar i + 1, never earlier; the last bar's has no fill.
    SAME_CLOSE: at the very close that was decided on, which nobody can do: it is
    there to compare with others who do.
    """

    NEXT_OPEN = "next open"
    SAME_CLOSE = "same close"

    def __str__(self) -> str:
        return self.value


class Entry(Enum):
    """
    How a position comes about; either way it starts at the open of the first decidable bar.

    HELD: bought once, sold once.
    RECLAIM: bought so, and again whenever a bar closes above its average, strictly.
    """

    HELD = "held"
    RECLAIM = "reclaim"

    def __str__(self) -> str:
        return self.value


class Adjustment(Enum):
    """Which corporate actions are taken out of the prices: splits, or splits and dividends."""

    PRICE = "price"
    TOTAL_RETURN = "total return"

    def __str__(self) -> str:
        return self.value


def _number(low: float, high: float = math.inf, *, above: bool = False) -> Any:
    """Accept a finite number from low (or above it) to high."""

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        # Not "value < low": what is not a number would let everything pass.
        met = number(value)
        enough = met is not None and (met > low if above else met >= low)
        if met is None or not (enough and met <= high and met < math.inf):
            span = f"above {low:g}" if above else f"at least {low:g}"
            top = "" if high == math.inf else f" and at most {high:g}"
            raise InvalidValue(f"{attribute.name} {value!r} is not a number {span}{top}")

    return check


def _number_or_none(low: float, high: float, *, above: bool = False) -> Any:
    """Accept None as well."""
    return optional(_number(low, high, above=above))


@frozen(kw_only=True)
class Costs:
    """
    What trading costs, in the currency of what is traded; by default IB's fixed scheme.

    Attributes:
        fixed: Of each order.
        per_share: Of each share.
        percent: Of the order's value, in percent.
        minimum: An order costs at least this.
        maximum_pct: And at most this, in percent of its value; None for no bound.
            It goes before the minimum, as IB counts it.
        slippage_bps: How much worse than the bar's price a fill is, in hundredths
            of a percent.
    """

    fixed: float = field(default=0.0, converter=as_number, validator=_number(0))
    per_share: float = field(default=0.005, converter=as_number, validator=_number(0))
    percent: float = field(default=0.0, converter=as_number, validator=_number(0, 100))
    minimum: float = field(default=1.0, converter=as_number, validator=_number(0))
    maximum_pct: float | None = field(
        default=1.0, converter=as_number, validator=_number_or_none(0, 100)
    )
    slippage_bps: float = field(default=2.0, converter=as_number, validator=_number(0, 9_999))

    def commission(self, shares: float, price: float) -> float:
        """
        Return what an order costs that is filled with so many shares at a price.

        Source:
            min(max(fixed + per_share * shares + percent of value, minimum), maximum of value).
        """
        if shares == 0:
            return 0.0
        value = shares * price
        asked = self.fixed + self.per_share * shares + self.percent / 100 * value
        asked = max(asked, self.minimum)
        return asked if self.maximum_pct is None else min(asked, self.maximum_pct / 100 * value)

    def sold_at(self, price: float) -> float:
        """Return the price that a sale gets where the bar says ``price``."""
        return price * (1 - self.slippage_bps / 1e4)

    def bought_at(self, price: float) -> float:
        """Return the price that a purchase pays where the bar says ``price``."""
        return price * (1 + self.slippage_bps / 1e4)


IB_FIXED = Costs()
"""IB's fixed US scheme: 0.005 a share, at least 1.00, at most 1 % of the value; 2 bps slippage."""

FREE = Costs(per_share=0.0, minimum=0.0, maximum_pct=None, slippage_bps=0.0)
"""Trading costs nothing, which is never true."""


@frozen(kw_only=True)
class Assumptions:
    """
    All that a backtest takes for granted beside bars, rules and corporate actions.

    Attributes:
        fill: When an order is filled.
        entry: How a position comes about.
        costs: Commission and slippage.
        order_type: At the market, or at a limit as live sets it.
        limit_offset_pct: How far from the close that was decided on a limit is set: below
            it for sales, above it for purchases, in percent of it.
        volume_cap: The part of a bar's volume that a fill may take, the rest is carried
            to the next bars; None for no bound.
        capital: What the account starts with.
        max_symbol_exposure: The part of the account's equity that a purchase may bring
            one ticker to. Without a lower bound each ticker gets an equal part.
        max_gross_exposure: The part that a purchase may bring all tickers to together.
        max_daily_loss_pct: Where the account loses so much of the equity at the end of
            the day before, nothing is ordered for the rest of the day; None for no bound.
        whole_shares: Whether only whole shares are traded, as live does.
        adjustment: Which corporate actions are taken out of the prices.
        limits: The trader's limits on live orders, applied as live does; None for none.
        allow_jumps: Take jumps that look like a split without an action for real prices.
    """

    fill: Fill = field(default=Fill.NEXT_OPEN, validator=member_of(Fill))
    entry: Entry = field(default=Entry.HELD, validator=member_of(Entry))
    costs: Costs = field(default=IB_FIXED, validator=made_as(Costs))
    order_type: OrderType = field(default=OrderType.MARKET, validator=member_of(OrderType))
    limit_offset_pct: float = field(default=0.5, converter=as_number, validator=_number(0, 99))
    volume_cap: float | None = field(
        default=None, converter=as_number, validator=_number_or_none(0, 1, above=True)
    )
    capital: float = field(default=100_000.0, converter=as_number, validator=_number(0, above=True))
    max_symbol_exposure: float = field(
        default=1.0, converter=as_number, validator=_number(0, 1, above=True)
    )
    max_gross_exposure: float = field(
        default=1.0, converter=as_number, validator=_number(0, 1, above=True)
    )
    max_daily_loss_pct: float | None = field(
        default=None, converter=as_number, validator=_number_or_none(0, 100, above=True)
    )
    whole_shares: bool = field(default=True, validator=true_or_false)
    adjustment: Adjustment = field(default=Adjustment.PRICE, validator=member_of(Adjustment))
    limits: SellingPolicy | None = field(default=None, validator=optional(made_as(SellingPolicy)))
    allow_jumps: bool = field(default=False, validator=true_or_false)


_FILLS = {
    Fill.NEXT_OPEN: "filled from the open of the next bar on, never earlier",
    Fill.SAME_CLOSE: "filled at the close that was decided on, which nobody can do",
}
_ENTRIES = {
    Entry.HELD: "bought at the open of the first decidable bar and sold once",
    Entry.RECLAIM: "bought at the open of the first decidable bar, sold when a bar closes "
    "below its average, bought again when one closes above it",
}
_ADJUSTMENTS = {
    Adjustment.PRICE: "prices are adjusted for splits; dividends are not counted, "
    "neither for the rule nor for buy-and-hold",
    Adjustment.TOTAL_RETURN: "prices are adjusted for splits and dividends (total return): "
    "dividends count as if reinvested",
}


def describe(assumptions: Assumptions, *, since: date | None = None) -> tuple[str, ...]:
    """
    Return the assumptions in words, a line each, as printed with every result.

    Args:
        assumptions: All of them.
        since: The trading date that an account starts on, where one was asked for.
    """
    given = assumptions
    lines = [
        f"entry {given.entry}: {_ENTRIES[given.entry]}",
        f"fill {given.fill}: {_FILLS[given.fill]}",
        _order(given),
        *_costs(given.costs),
        f"adjustment {given.adjustment}: {_ADJUSTMENTS[given.adjustment]}",
        f"the account starts with {given.capital:,.2f} in cash, long only, "
        f"in {'whole' if given.whole_shares else 'fractions of'} shares, never on credit; "
        "all prices count as one currency, nothing is converted",
        f"a purchase brings one ticker to at most {given.max_symbol_exposure:.0%} of the equity "
        f"(an equal part each), all together to at most {given.max_gross_exposure:.0%}",
    ]
    if given.max_daily_loss_pct is not None:
        lines.append(
            f"kill switch: a loss of {given.max_daily_loss_pct:g} % since the end of the day "
            "before stops all new orders for the rest of the day"
        )
    if given.limits is not None:
        lines.append(
            f"limits as in live: at most {given.limits.max_shares_per_order:,} shares worth "
            f"{given.limits.max_value_per_order:,.2f} an order, "
            f"{given.limits.max_orders_per_day} orders worth "
            f"{given.limits.max_value_per_day:,.2f} a day"
        )
    if given.allow_jumps:
        lines.append("jumps that look like a split without an action are taken for real")
    if since is not None:
        lines.append(f"the account starts on {since} or later; bars before fill the averages")
    return tuple(lines)


def _order(given: Assumptions) -> str:
    kind = "market orders"
    if given.order_type is OrderType.LIMIT:
        kind = f"limit orders {given.limit_offset_pct:g} % from the close that was decided on"
    if given.volume_cap is None:
        return f"{kind}, filled whole whatever the bar's volume"
    return f"{kind}, filled with at most {given.volume_cap:.2%} of a bar's volume, the rest later"


def _costs(costs: Costs) -> tuple[str, str]:
    parts = [
        (costs.fixed, f"{costs.fixed:g} an order"),
        (costs.per_share, f"{costs.per_share:g} a share"),
        (costs.percent, f"{costs.percent:g} % of the value"),
        (costs.minimum, f"at least {costs.minimum:.2f}"),
    ]
    told = [text for amount, text in parts if amount]
    if told and costs.maximum_pct is not None:
        told.append(f"at most {costs.maximum_pct:g} % of the value")
    commission = f"commission: {', '.join(told)}" if told else "no commission"
    slippage = (
        f"slippage: fills are {costs.slippage_bps:g} basis points worse than the bar's price"
        if costs.slippage_bps
        else "no slippage"
    )
    return commission, slippage
