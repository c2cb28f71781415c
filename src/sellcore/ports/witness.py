"""The witness port: what the broker's servers can tell of orders that are no longer open."""

from collections.abc import Sequence
from typing import Protocol

from sellcore.selling.execution import Commission, CompletedOrder, Execution


class Witness(Protocol):
    """
    Today's ended orders and trades, read anew at each call.

    Every method raises BrokerUnavailable where the broker did not answer in
    full: a partial answer is never handed on. Both are of today only: the
    broker forgets them over night.
    """

    def completed_orders(self) -> Sequence[CompletedOrder]:
        """Return the orders of all clients that have ended today."""
        ...

    def trades(self) -> tuple[Sequence[Execution], Sequence[Commission]]:
        """Return today's executions, corrections included, and what is known of their costs."""
        ...
