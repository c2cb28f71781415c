"""The part of ib_async's client that this package may call: reading requests only."""

# The names are the library's, and so is what they do.
# ruff: noqa: D102, N802, N803, N815

from collections.abc import Callable
from typing import Protocol, cast

from eventkit import Event
from ib_async import Contract, ExecutionFilter
from ib_async.client import Client

from adapters.ib.inbox import Inbox


class Transport(Protocol):
    """The socket's transport, as far as it is watched and ended here."""

    def abort(self) -> None: ...
    def is_closing(self) -> bool: ...
    def get_write_buffer_size(self) -> int: ...


class Socket(Protocol):
    """ib_async's socket: its events and its transport, None while there is none."""

    hasData: Event
    disconnected: Event
    transport: Transport | None


class ReadingClient(Protocol):
    """
    ib_async's client, which has no types of its own, with the calls that only read.

    The names are the library's. Whatever sends, changes or cancels an order is
    not among them, so mypy refuses it wherever a client of this type is held.
    """

    conn: Socket
    MaxRequests: int

    async def connectAsync(
        self, host: str, port: int, clientId: int, timeout: float | None
    ) -> None: ...
    def serverVersion(self) -> int: ...
    def getAccounts(self) -> list[str]: ...
    def reqPositions(self) -> None: ...
    def cancelPositions(self) -> None: ...
    def reqAllOpenOrders(self) -> None: ...
    def reqCompletedOrders(self, apiOnly: bool) -> None: ...
    def reqExecutions(self, reqId: int, execFilter: ExecutionFilter) -> None: ...
    def reqContractDetails(self, reqId: int, contract: Contract) -> None: ...
    def reqCurrentTime(self) -> None: ...
    def reqMarketRule(self, marketRuleId: int) -> None: ...
    def reqMktData(
        self,
        reqId: int,
        contract: Contract,
        genericTickList: str,
        snapshot: bool,
        regulatorySnapshot: bool,
        mktDataOptions: None,
    ) -> None: ...
    def cancelMktData(self, reqId: int) -> None: ...
    def cancelHistoricalData(self, reqId: int) -> None: ...
    def reqHistoricalData(
        self,
        reqId: int,
        contract: Contract,
        endDateTime: str,
        durationStr: str,
        barSizeSetting: str,
        whatToShow: str,
        useRTH: bool,
        formatDate: int,
        keepUpToDate: bool,
        chartOptions: None,
    ) -> None: ...


def reading_client(
    inbox: Inbox, on_data: Callable[[bytes], None], on_close: Callable[[str], None]
) -> ReadingClient:
    """
    Return a new client that is not connected.

    Args:
        inbox: Takes what comes in.
        on_data: Given the raw bytes, after the client has read them; a bound method.
        on_close: Told that the socket is gone, however it went; a bound method.
    """
    client = Client(inbox)  # type: ignore[no-untyped-call]
    # The library's own throttle is first come, first served: an order would wait
    # behind a burst of data requests. Our message budget takes its place.
    client.MaxRequests = 0
    inbox.attach(client.decoder)
    client.conn.hasData += on_data
    client.conn.disconnected += on_close
    return cast(ReadingClient, client)
