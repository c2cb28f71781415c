"""A request that waits for its answer, and the rows that answers are made of."""

import asyncio
from decimal import Decimal
from typing import Generic, TypeVar

from attrs import define, field, frozen
from ib_async import Contract, Order, OrderState

from sellcore.errors import BrokerUnavailable

Frame = list[str]
"""The fields of one message, its id first."""

Row = TypeVar("Row")

UNREADABLE = (ValueError, LookupError, TypeError, ArithmeticError, StopIteration)
"""What decoding a malformed frame can raise."""


ENDED = frozenset({"Filled", "Cancelled", "ApiCancelled"})
"""Statuses of orders that no longer work; Inactive is not among them: it can come back."""


def order_key(perm_id: int, client_id: int, order_id: int) -> tuple[int, ...]:
    """Name an order; until it is acknowledged, only its sender and number do."""
    return (perm_id,) if perm_id else (client_id, order_id)


class Refusal(Exception):
    """The gateway's no to one request."""

    def __init__(self, code: int, text: str) -> None:
        super().__init__(f"{code}: {text}")
        self.code = code
        self.text = text


@define(eq=False)
class Pending(Generic[Row]):
    """
    A request that is complete once the gateway says so.

    Attributes:
        rows: What has come so far.
        done: All rows, once the end marker has come.
        fault: Why the rows cannot be trusted, should one not be readable.
    """

    rows: list[Row] = field(factory=list)
    done: asyncio.Future[list[Row]] = field(
        factory=lambda: asyncio.get_running_loop().create_future()
    )
    fault: str | None = None

    @property
    def answered(self) -> bool:
        """Whether the gateway has ended it, with an answer or with an error."""
        if not self.done.done() or self.done.cancelled():
            return False
        return not isinstance(self.done.exception(), BrokerUnavailable)

    def finish(self) -> None:
        """Complete it: the end marker has come."""
        if self.fault is not None:
            self.fail(BrokerUnavailable(self.fault))
        elif not self.done.done():
            self.done.set_result(self.rows)

    def fail(self, error: Exception) -> None:
        """End it without an answer, or with none that can be used."""
        if not self.done.done():
            self.done.set_exception(error)


@define(eq=False)
class Ticks(Pending[Frame]):
    """
    What one subscription to ticks has told; it may stay without an end.

    Attributes:
        refusal: Why some ticks will not come, or none.
    """

    refusal: Refusal | None = None


@frozen
class OrderStatusRow:
    """What an orderStatus message adds to an open order."""

    status: str
    remaining: Decimal


@frozen
class OpenOrderRow:
    """One openOrder message as ib_async reads it, and the status that came with it."""

    contract: Contract
    order: Order
    state: OrderState
    status: OrderStatusRow | None


@frozen
class CompletedOrderRow:
    """One completedOrder message as ib_async reads it."""

    contract: Contract
    order: Order
    state: OrderState
