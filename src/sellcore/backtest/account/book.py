"""The account's book: cash, shares, what they cost, and what was earned with them."""

from attrs import define, field

from sellcore.backtest.account.phases import Moment
from sellcore.backtest.execution import Execution
from sellcore.order import Side


@define
class Holding:
    """
    Shares of one ticker, and their past.

    Attributes:
        shares: Held.
        cost: What they cost, commissions of buying them included.
        realised: Earned by sales so far, all commissions paid.
        moments: When the numbers above changed: (time, phase).
        steps: What they were from then on: (shares, cost, realised).
    """

    shares: float = 0.0
    cost: float = 0.0
    realised: float = 0.0
    moments: list[Moment] = field(factory=list)
    steps: list[tuple[float, float, float]] = field(factory=list)


@define
class Book:
    """
    The account.

    Attributes:
        cash: Never below zero, but for rounding, and where the commission of a sale is more
            than the sale brings.
        holdings: By ticker.
        executions: As they happened.
        moments: When the cash changed: (time, phase).
        balances: What it was from then on.
    """

    cash: float
    holdings: dict[str, Holding]
    executions: list[Execution] = field(factory=list)
    moments: list[Moment] = field(factory=list)
    balances: list[float] = field(factory=list)


def enter(book: Book, execution: Execution, moment: Moment) -> None:
    """Enter what was bought or sold; a sale realises its part of the average cost."""
    holding = book.holdings[execution.ticker]
    book.cash += execution.cash
    if execution.side is Side.BUY:
        holding.shares += execution.shares
        holding.cost -= execution.cash
    else:
        left = holding.shares - execution.shares
        part = holding.cost * (left / holding.shares)
        holding.realised += execution.cash - (holding.cost - part)
        holding.shares, holding.cost = left, part
    book.executions.append(execution)
    book.moments.append(moment)
    book.balances.append(book.cash)
    holding.moments.append(moment)
    holding.steps.append((holding.shares, holding.cost, holding.realised))
