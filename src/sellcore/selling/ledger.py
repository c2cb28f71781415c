"""What sales have brought, position by position, by the broker's own records."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from math import fsum

from attrs import frozen

from sellcore.order import Side
from sellcore.selling.execution import Commission, Execution, corrected


@frozen
class Proceeds:
    """
    What the sales of one position have come to.

    Attributes:
        con_id: Contract id of what was sold.
        shares: Shares sold, above zero.
        average_price: What they were sold at, per share.
        commissions: What that has cost, by currency; those that are known.
        realized: Profit or loss after commissions, in the instrument's
            currency; None where a trade has neither the broker's word nor an
            average cost.
        estimated: Whether there is a figure, and some of it is not the broker's own.
    """

    con_id: int
    shares: Decimal
    average_price: float
    commissions: Mapping[str, float]
    realized: float | None
    estimated: bool


def proceeds(
    executions: Iterable[Execution],
    commissions: Iterable[Commission],
    average_costs: Mapping[int, float],
) -> tuple[Proceeds, ...]:
    """
    Return what each position's sales have come to, by contract id.

    A correction takes the place of what it corrects, in any order. The broker
    charges shares in the currency they trade in, so that the costs of a trade
    lessen what we compute for it.

    Args:
        executions: Of one account; purchases are passed over.
        commissions: Of these and other executions.
        average_costs: What a share had cost, by contract id; only asked where
            the broker has not told what a trade realised.
    """
    costs: dict[str, Commission] = {}
    for cost in sorted(commissions, key=lambda cost: cost.revision):
        costs[cost.trade] = cost
    sold: dict[int, list[Execution]] = {}
    for trade in corrected(executions):
        if trade.side is Side.SELL and trade.shares:
            sold.setdefault(trade.con_id, []).append(trade)
    return tuple(
        _of_position(con_id, trades, costs, average_costs.get(con_id))
        for con_id, trades in sorted(sold.items())
    )


def _of_position(
    con_id: int,
    trades: Sequence[Execution],
    costs: Mapping[str, Commission],
    average_cost: float | None,
) -> Proceeds:
    shares = sum((trade.shares for trade in trades), Decimal(0))
    charged: dict[str, list[float]] = {}
    parts: list[float | None] = []
    told = 0
    for trade in trades:
        cost = costs.get(trade.trade)
        if cost is not None:
            charged.setdefault(cost.currency, []).append(cost.amount)
        if cost is not None and cost.realized is not None:
            parts.append(cost.realized)
            told += 1
        elif average_cost is None:
            parts.append(None)
        else:
            gain = float(trade.shares) * (trade.price - average_cost)
            parts.append(gain - (cost.amount if cost else 0.0))
    known = [part for part in parts if part is not None]
    return Proceeds(
        con_id=con_id,
        shares=shares,
        average_price=fsum(float(trade.shares) * trade.price for trade in trades) / float(shares),
        commissions={currency: fsum(amounts) for currency, amounts in sorted(charged.items())},
        realized=fsum(known) if len(known) == len(parts) else None,
        estimated=told < len(known) == len(parts),
    )
