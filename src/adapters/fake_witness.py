"""A witness that keeps a day's trades and ended orders, for whoever plays the broker."""

from collections.abc import Sequence

from attrs import evolve

from adapters.fake_broker import FakeBroker
from sellcore.instant import to_epoch
from sellcore.ports.clock import Clock
from sellcore.selling.execution import Commission, CompletedOrder, Execution

_COST = 1.0
"""What any trade costs, in its currency."""


class FakeWitness:
    """
    Tells what it was told, over the line of a fake broker.

    Attributes:
        tells_costs: Whether commissions are told with their trades; else by ``tell_costs``.
    """

    def __init__(self, broker: FakeBroker, clock: Clock) -> None:
        self.tells_costs = True
        self._broker, self._clock = broker, clock
        self._completed: list[CompletedOrder] = []
        self._executions: list[Execution] = []
        self._costs: list[Commission] = []
        self._untold: list[Commission] = []

    # What a test, or an order desk, tells it.

    def new_exec_id(self) -> str:
        """Return an id that no trade of this day has."""
        number, at = 0xE0D5 + len(self._executions), to_epoch(self._clock.now())
        return f"{number:08x}.{at:08x}.01.01"

    def traded(self, execution: Execution, currency: str = "USD") -> None:
        """Keep a trade and what it cost."""
        self._executions.append(execution)
        cost = Commission(execution.exec_id, _COST, currency, None)
        (self._costs if self.tells_costs else self._untold).append(cost)

    def ended(self, order: CompletedOrder) -> None:
        """Keep an order that has ended."""
        self._completed.append(order)

    def correct(self, execution: Execution, price: float) -> None:
        """Follow a trade by its correction; both are told from now on."""
        later = f"{execution.trade}.{execution.revision[0] + 1:02d}"
        self.traded(evolve(execution, exec_id=later, price=price))

    def tell_costs(self) -> None:
        """Tell the commissions that are still owed."""
        self._costs += self._untold
        self._untold = []

    def next_day(self) -> None:
        """Forget the trades and the ended orders, as the servers do over night."""
        for told in (self._completed, self._executions, self._costs, self._untold):
            told.clear()

    def status(self, perm_id: int) -> str | None:
        """Return how an order has ended, None where it is not on record."""
        found = (order.status for order in self._completed if order.perm_id == perm_id)
        return next(found, None)

    # The witness port.

    def completed_orders(self) -> Sequence[CompletedOrder]:
        """Return the orders that have ended today; raises as the broker does."""
        self._broker.reach("completed orders")
        return tuple(self._completed)

    def trades(self) -> tuple[Sequence[Execution], Sequence[Commission]]:
        """Return today's executions and what is known of their costs; raises alike."""
        self._broker.reach("executions")
        return tuple(self._executions), tuple(self._costs)
