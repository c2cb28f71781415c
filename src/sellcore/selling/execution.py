"""Executions and commissions: what the broker's servers say has been traded."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from attrs import field, frozen

from sellcore.instant import utc
from sellcore.order import Side


@frozen
class Execution:
    """
    One trade at an exchange.

    Attributes:
        exec_id: The broker's id; a correction differs behind the last dot only.
        con_id: Contract id of the instrument.
        account: The account it is for.
        side: Bought or sold.
        shares: How many, above zero.
        price: Per share, in the instrument's currency.
        time: When, UTC.
        perm_id: The order's permanent id.
        order_id: The order's number, unique per client id only.
        client_id: Who entered the order.
        order_ref: The text its sender gave the order.
    """

    exec_id: str
    con_id: int
    account: str
    side: Side
    shares: Decimal
    price: float
    time: datetime = field(converter=utc)
    perm_id: int
    order_id: int
    client_id: int
    order_ref: str

    @property
    def trade(self) -> str:
        """Names the trade itself: equal for an execution and its corrections."""
        return _trade(self.exec_id)

    @property
    def revision(self) -> tuple[int, str]:
        """Orders the corrections of one trade, the latest last."""
        return _revision(self.exec_id)


def _trade(exec_id: str) -> str:
    return exec_id.rpartition(".")[0] or exec_id


def _revision(exec_id: str) -> tuple[int, str]:
    last = exec_id.rpartition(".")[2]
    return (int(last) if last.isascii() and last.isdigit() else 0, last)


def corrected(executions: Iterable[Execution]) -> tuple[Execution, ...]:
    """Return each trade once, as last corrected, in order of time."""
    latest: dict[str, Execution] = {}
    for execution in executions:
        known = latest.get(execution.trade)
        if known is None or execution.revision >= known.revision:
            latest[execution.trade] = execution
    return tuple(sorted(latest.values(), key=lambda e: (e.time, e.exec_id)))


def traded(executions: Iterable[Execution]) -> Decimal:
    """Return the shares of all trades, each counted once."""
    return sum((execution.shares for execution in corrected(executions)), Decimal(0))


def average_price(executions: Iterable[Execution]) -> float | None:
    """Return the price per share over all trades, None where there is none."""
    trades = corrected(executions)
    shares = float(traded(trades))
    if not shares:
        return None
    return sum(float(trade.shares) * trade.price for trade in trades) / shares


@frozen
class Commission:
    """
    What a trade has cost.

    Attributes:
        exec_id: Of the execution.
        amount: In ``currency``.
        currency: ISO code.
        realized: Profit or loss that the broker counts as realised by it, in
            the same currency; None where it does not tell.
    """

    exec_id: str
    amount: float
    currency: str
    realized: float | None

    @property
    def trade(self) -> str:
        """Names the trade it is of, whichever correction it came with."""
        return _trade(self.exec_id)

    @property
    def revision(self) -> tuple[int, str]:
        """Orders what was told of one trade, the latest last."""
        return _revision(self.exec_id)


@frozen
class CompletedOrder:
    """
    An order that has ended today.

    Attributes:
        con_id: Contract id of the instrument.
        account: The account it was for.
        side: Buy or sell.
        quantity: Shares ordered.
        filled: Shares filled.
        status: The broker's word: Filled, Cancelled, Inactive, ...
        explanation: The broker's words on how it ended, one line.
        perm_id: The order's permanent id.
        order_ref: The text its sender gave it.
        ended_at: When it ended, UTC; None where the broker does not tell.
    """

    con_id: int
    account: str
    side: Side
    quantity: Decimal
    filled: Decimal
    status: str
    explanation: str
    perm_id: int
    order_ref: str
    ended_at: datetime | None = None
