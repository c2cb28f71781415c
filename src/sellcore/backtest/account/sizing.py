"""How many shares a budget buys, commission included."""

import math

from sellcore.backtest.assumptions import Costs


def affordable(budget: float, price: float, costs: Costs, *, whole: bool) -> float:
    """
    Return the most shares whose value and commission stay within a budget.

    Args:
        budget: In the instrument's currency; nothing is bought of one below zero.
        price: What a share costs, slippage included.
        costs: For the commission.
        whole: Round down to whole shares.

    Source:
        shares * price + commission(shares) is min(max(A, B), C) of three rising lines, A with
        the rate of commission, B with its minimum, C with its maximum; so its inverse is
        max(min(inverse A, inverse B), inverse C).
    """
    rate = costs.per_share + costs.percent / 100 * price
    shares = min((budget - costs.fixed) / (price + rate), (budget - costs.minimum) / price)
    if costs.maximum_pct is not None:
        shares = max(shares, budget / (price * (1 + costs.maximum_pct / 100)))
    if not whole:
        return max(shares, 0.0)
    count = max(math.floor(shares + 1e-9), 0)  # a float just below a whole number is that number
    while count and count * price + costs.commission(count, price) > budget:
        count -= max(1, int(math.ulp(count)))  # of so many, one less is the same float
    return float(count)
