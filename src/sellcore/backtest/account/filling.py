"""A fill: how much of an order a bar takes, and its entry in the book."""

from sellcore.backtest.account import safety
from sellcore.backtest.account.book import enter
from sellcore.backtest.account.equity import values_at
from sellcore.backtest.account.fills import tradable, traded_at
from sellcore.backtest.account.orders import WorkingOrder
from sellcore.backtest.account.phases import Moment
from sellcore.backtest.account.sizing import affordable
from sellcore.backtest.account.state import Account, Lane
from sellcore.backtest.execution import Execution
from sellcore.order import Side
from sellcore.quoting import rounded

_DUST = 1e-9
"""A purchase of fractions is whole once less than this part of it is left."""


def fill(
    account: Account, lane: Lane, order: WorkingOrder, row: int, moment: Moment, price: float
) -> str | None:
    """
    Trade as much of an order as a bar lets, at a price that the bar says.

    A purchase is sized when it first meets the market, by what may be spent then.

    Returns:
        Why a purchase comes to nothing; None where all is well.
    """
    given = account.assumptions
    paid = traded_at(order.side, order.limit, price, given.costs)
    wanted = lane.holding.shares
    if order.side is Side.BUY:
        wanted = _affordable(account, lane, order, paid, moment[0])
        order.shares = order.shares or wanted
        if not order.shares:
            return f"what may be spent buys nothing at {rounded(paid)}"
        wanted = min(wanted, order.left)
    volume = float(lane.decisions.bars.volume[row])
    shares = wanted if order.entry else tradable(wanted, volume, given)
    if shares > 0:
        order.filled += shares
        execution = Execution(
            order=order.number,
            ticker=lane.ticker,
            side=order.side,
            row=row,
            time=moment[0],
            shares=shares,
            price=paid,
            commission=given.costs.commission(shares, paid),
            slippage=abs(paid - price) * shares,
        )
        enter(account.book, execution, moment)
    return None


def is_whole(order: WorkingOrder, lane: Lane) -> bool:
    """Say whether an order is filled; a sale is when nothing is held any more."""
    if order.side is Side.SELL:
        return not lane.holding.shares
    return order.left <= _DUST * order.shares


def _affordable(
    account: Account, lane: Lane, order: WorkingOrder, price: float, time: int
) -> float:
    given = account.assumptions
    values = values_at(account.book, account.decided, time)
    values[lane.ticker] = lane.holding.shares * price
    most = safety.budget(given, account.book.cash, values, lane.ticker, len(account.lanes))
    shares = affordable(most, price, given.costs, whole=given.whole_shares)
    return shares if order.entry else min(shares, safety.allowed_shares(given.limits, price))
