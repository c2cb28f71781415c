"""
Levels: the cash and the shares of a column after each of its turns.

Costs in proportion to the price are a product along a column. Where commissions have
a minimum or a part for each share, or shares are whole, a turn depends on the cash
before it: the k-th turns of all columns are then worked out together, for k = 0, 1, ...
"""

import itertools
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from sellcore.arrays import Booleans, Counts, Floats
from sellcore.backtest.assumptions import Assumptions, Costs
from sellcore.backtest.universe.turns import Turns


@frozen(eq=False)
class Levels:
    """
    What a column has after each turn, shape (turns,) as the turns themselves.

    Attributes:
        cash: In the instrument's currency.
        shares: Whole or not.
    """

    cash: Floats
    shares: Floats


def levels_of(parts: Sequence[Turns], assumptions: Assumptions) -> list[Levels]:
    """
    Return the levels of columns that begin with the capital and put in all of it.

    Args:
        parts: The turns of several blocks.
        assumptions: For costs, and whether shares are whole.
    """
    if are_proportional(assumptions):
        return [_as_products(turns, assumptions) for turns in parts]
    if not parts:
        return []
    joined, bounds = _join(parts)
    levels = _turn_by_turn(joined, assumptions)
    return [
        Levels(levels.cash[first:end], levels.shares[first:end])
        for first, end in itertools.pairwise(bounds.tolist())
    ]


def are_proportional(assumptions: Assumptions) -> bool:
    """Say whether every turn multiplies what there is by a factor of its own."""
    costs = assumptions.costs
    return not (assumptions.whole_shares or costs.fixed or costs.per_share or costs.minimum)


def growth_of(turns: Turns, assumptions: Assumptions) -> Floats:
    """
    Return what all turns together multiply the capital by, where costs are proportional.

    Returns:
        Shape (columns,): cash, or shares where the last turn was a purchase; 1 without a turn.
    """
    growth = np.ones(len(turns.firsts) - 1)
    some = turns.counts > 0
    if some.any():
        factors = _factors(turns, purchases(turns), assumptions.costs)
        growth[some] = np.multiply.reduceat(factors, turns.firsts[:-1][some])
    return growth


def _as_products(turns: Turns, assumptions: Assumptions) -> Levels:
    buys = purchases(turns)
    factors = _factors(turns, buys, assumptions.costs)
    begins = turns.firsts[:-1][turns.counts > 0]
    factors[begins] *= assumptions.capital
    accumulate = np.multiply.accumulate
    for first, end in itertools.pairwise([*begins.tolist(), len(factors)]):
        own = factors[first:end]
        accumulate(own, 0, None, own)  # by place: names cost as much as the work, column by column
    return Levels(np.where(buys, 0.0, factors), np.where(buys, factors, 0.0))


def _factors(turns: Turns, buys: Booleans, costs: Costs) -> Floats:
    """Return what each turn multiplies by: shares for a unit of cash, or cash for a share."""
    percent = costs.percent if costs.maximum_pct is None else min(costs.percent, costs.maximum_pct)
    sold = costs.sold_at(1.0) * (1 - percent / 100)
    bought = costs.bought_at(1.0) * (1 + percent / 100)
    return np.where(buys, 1 / bought / turns.prices, turns.prices * sold)


def purchases(turns: Turns) -> Booleans:
    """Say of each turn whether it buys: a column's first does, and every second after it."""
    even = np.ones(len(turns.bars), dtype=np.bool_)
    even[1::2] = False
    odd_begin: Booleans = turns.firsts[:-1] % 2 == 1
    return even ^ np.repeat(odd_begin, turns.counts)


def _turn_by_turn(turns: Turns, assumptions: Assumptions) -> Levels:
    costs = assumptions.costs
    after = Levels(np.empty(len(turns.bars)), np.empty(len(turns.bars)))
    order = np.argsort(-turns.counts, kind="stable")
    firsts, counts = turns.firsts[:-1][order], turns.counts[order]
    cash, shares = np.full(len(order), assumptions.capital), np.zeros(len(order))
    alive = np.searchsorted(-counts, -np.arange(counts[0] if len(counts) else 0))
    for turn, columns in enumerate(alive.tolist()):
        at = firsts[:columns] + turn
        own_cash, own_shares = cash[:columns], shares[:columns]
        if turn % 2 == 0:
            price = costs.bought_at(1.0) * turns.prices[at]
            own_shares[:] = _affordable(own_cash, price, costs, whole=assumptions.whole_shares)
            own_cash -= own_shares * price + _commissions(own_shares, price, costs)
        else:
            price = costs.sold_at(1.0) * turns.prices[at]
            own_cash += own_shares * price - _commissions(own_shares, price, costs)
            own_shares[:] = 0.0
        after.cash[at], after.shares[at] = own_cash, own_shares
    return after


def _commissions(shares: Floats, price: Floats, costs: Costs) -> Floats:
    """Return ``Costs.commission`` of many orders."""
    value = shares * price
    asked = costs.fixed + costs.per_share * shares + costs.percent / 100 * value
    np.maximum(asked, costs.minimum, out=asked)
    if costs.maximum_pct is not None:
        np.minimum(asked, costs.maximum_pct / 100 * value, out=asked)
    asked[shares == 0] = 0.0
    return asked


def _affordable(budget: Floats, price: Floats, costs: Costs, *, whole: bool) -> Floats:
    """Return ``sizing.affordable`` of many purchases."""
    rate = costs.per_share + costs.percent / 100 * price
    shares = np.minimum((budget - costs.fixed) / (price + rate), (budget - costs.minimum) / price)
    if costs.maximum_pct is not None:
        np.maximum(shares, budget / (price * (1 + costs.maximum_pct / 100)), out=shares)
    np.maximum(shares, 0.0, out=shares)
    if not whole:
        return shares
    count = np.floor(shares + 1e-9)
    while np.any(
        over := (count > 0) & (count * price + _commissions(count, price, costs) > budget)
    ):
        count[over] -= np.maximum(1, np.spacing(count[over]))  # of so many, one less is the same
    return count


def _join(parts: Sequence[Turns]) -> tuple[Turns, Counts]:
    """Return the turns of several blocks as one, and where each block's begin in it."""
    sizes = np.cumsum([0, *(len(part.bars) for part in parts)])
    firsts = [
        part.firsts[:-1] + size for part, size in zip(parts, sizes[:-1].tolist(), strict=True)
    ]
    joined = Turns(
        np.concatenate([*firsts, sizes[-1:]]),
        np.concatenate([part.bars for part in parts]),
        np.concatenate([part.prices for part in parts]),
    )
    return joined, sizes
