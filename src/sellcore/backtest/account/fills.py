"""At what price an order trades, and how much of it."""

import math

from sellcore.backtest.assumptions import Assumptions, Costs
from sellcore.order import Side


def meets(side: Side, limit: float, price: float) -> bool:
    """Say whether an order with a limit may trade where the market stands at ``price``."""
    return price >= limit if side is Side.SELL else price <= limit


def traded_at(side: Side, limit: float | None, price: float, costs: Costs) -> float:
    """Return the price of a fill where the bar says ``price``: worse, but not than the limit."""
    if side is Side.SELL:
        worse = costs.sold_at(price)
        return worse if limit is None else max(worse, limit)
    worse = costs.bought_at(price)
    return worse if limit is None else min(worse, limit)


def tradable(wanted: float, volume: float, assumptions: Assumptions) -> float:
    """Return how much of what is wanted a bar of that volume fills."""
    if assumptions.volume_cap is None:
        return wanted
    most = assumptions.volume_cap * volume
    return min(wanted, float(math.floor(most)) if assumptions.whole_shares else most)
