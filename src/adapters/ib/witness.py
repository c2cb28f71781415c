"""What Interactive Brokers' servers tell of today's trades and of orders that have ended."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from adapters.ib import questions, translate_trades
from adapters.ib.asking import whole
from adapters.ib.connection import IBConnection
from adapters.ib.line import Line
from adapters.ib.pending import UNREADABLE, CompletedOrderRow, Frame
from sellcore.errors import BrokerUnavailable
from sellcore.selling.execution import Commission, CompletedOrder, Execution

Row = TypeVar("Row")
T = TypeVar("T")

_COMPLETED = "completed orders"
_TRADES = "executions"


class IBWitness:
    """Reads one login's day over a connection that somebody else opens and closes."""

    def __init__(self, connection: IBConnection) -> None:
        self._connection = connection

    def completed_orders(self) -> Sequence[CompletedOrder]:
        """
        Return the orders of all clients that have ended today.

        Raises:
            BrokerUnavailable: the broker's end marker did not come, an order
                cannot be read, or the gateway refuses to say.
        """
        rows, zone = whole(self._connection, _COMPLETED, _completed)
        told = _read(_COMPLETED, lambda row: translate_trades.completed_order(row, zone), rows)
        return tuple(dict.fromkeys(told))

    def trades(self) -> tuple[Sequence[Execution], Sequence[Commission]]:
        """
        Return today's executions of all clients, corrections included, and their costs.

        A cost that the broker tells late is there at a later call.

        Raises:
            BrokerUnavailable: the broker's end marker did not come, or an
                execution cannot be read.
        """
        rows, costs, zone = whole(self._connection, _TRADES, _executions)
        told = _read(_TRADES, lambda fields: translate_trades.execution(fields, zone), rows)
        executions = tuple({execution.exec_id: execution for execution in told}.values())
        trades = {execution.trade for execution in executions}
        return executions, tuple(cost for cost in costs if cost.trade in trades)


async def _completed(line: Line) -> tuple[list[CompletedOrderRow], str | None]:
    return await questions.completed_orders(line), line.zone


async def _executions(line: Line) -> tuple[list[Frame], tuple[Commission, ...], str | None]:
    return *await questions.executions(line), line.zone


def _read(what: str, translate: Callable[[Row], T], rows: Sequence[Row]) -> list[T]:
    try:
        return [translate(row) for row in rows]
    except UNREADABLE as error:
        raise BrokerUnavailable(f"{what}: the answer cannot be read: {error}") from None
