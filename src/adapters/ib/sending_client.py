"""The part of ib_async's client that sends: one module may see it, and none but that one."""

# The names are the library's.
# ruff: noqa: N802, N803

from typing import Protocol, cast

from ib_async import Contract, Order

from adapters.ib.reading_client import ReadingClient


class SendingClient(Protocol):
    """ib_async's client, with the calls that reach an order."""

    def placeOrder(self, orderId: int, contract: Contract, order: Order) -> None:
        """Write one order; with the number of one that works, it would change that one."""
        ...

    def cancelOrder(self, orderId: int) -> None:
        """Write the wish that our order of this number be cancelled."""
        ...

    def reqOpenOrders(self) -> None:
        """Ask for our orders; client id 0 is given those entered by hand, each with a number."""
        ...


def sending_client(client: ReadingClient) -> SendingClient:
    """Return the same client, typed so that it can send."""
    return cast(SendingClient, client)
