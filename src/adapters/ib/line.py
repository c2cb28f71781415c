"""One socket to a gateway: the login, and the requests a reader can make over it."""

import asyncio
from collections.abc import Callable
from typing import TypeVar

from ib_async import Contract, ContractDetails

from adapters.ib import greeting
from adapters.ib.inbox import Frame, Inbox, OpenOrderRow, Pending
from adapters.ib.notices import CLIENT_ID_IN_USE, is_remark
from adapters.ib.pacing import MessageBudget
from adapters.ib.reading_client import reading_client
from sellcore.errors import BrokerUnavailable, InvalidValue

Row = TypeVar("Row")

Notice = tuple[int, str]
"""A code and its text, one clean line."""


class Line:
    """
    One connection, from the first byte to the last; never used again after a loss.

    Positions, open orders and the time carry no request id on the wire. They
    are asked one at a time, and where an answer stays out the line is hung up:
    its late end marker would otherwise complete the next question.

    All methods belong on the event loop.
    """

    def __init__(
        self,
        budget: MessageBudget,
        limit: float,
        on_notice: Callable[[int, str], None],
        on_loss: Callable[[str], None],
    ) -> None:
        """
        Make a line that is not connected yet.

        Args:
            budget: Paces what is sent.
            limit: Seconds to wait for any answer but bars.
            on_notice: Told every error and notice after the login.
            on_loss: Told, once, why a line that was up is gone.
        """
        self._budget = budget
        self._limit = limit
        self._on_notice = on_notice
        self._on_loss = on_loss
        self._inbox = Inbox(self._noticed)
        self._client = reading_client(self._inbox, self._greeted, self._closed)
        self._client_id = 0
        self._greeting: bytes | None = b""
        self._early: list[Notice] = []
        self._refusal: str | None = None
        self._refused = asyncio.Event()
        self._up = False
        self._unnumbered = asyncio.Lock()
        self._timing = asyncio.Lock()
        self.version = 0

    @property
    def up(self) -> bool:
        """Whether the login is done and the line has not been lost."""
        return self._up

    @property
    def heard(self) -> int:
        """How many messages have come in."""
        return self._inbox.heard

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts this login may see."""
        return tuple(self._client.getAccounts())

    async def open(self, host: str, port: int, client_id: int) -> list[Notice]:
        """
        Log in and return what was said on the way, or hang up and say why.

        Raises:
            BrokerUnavailable: the cause and the way out.
        """
        self._client_id = client_id
        dial = asyncio.ensure_future(self._client.connectAsync(host, port, client_id, None))
        refused = asyncio.ensure_future(self._refused.wait())
        try:
            async with asyncio.timeout(self._limit):
                await asyncio.wait({dial, refused}, return_when=asyncio.FIRST_COMPLETED)
            if self._refusal is not None:
                raise BrokerUnavailable(self._refusal)
            dial.result()
            self._up = True
        except TimeoutError:
            reached = self._client.conn.transport is not None
            why = greeting.silence(reached, self.version, self._limit)
            raise BrokerUnavailable(why + self._said()) from None
        except (OSError, ValueError) as error:
            raise BrokerUnavailable(greeting.dial_failed(error, host)) from None
        finally:
            if not self._up:
                self.hang_up()
            dial.cancel()
            refused.cancel()
            await asyncio.gather(dial, refused, return_exceptions=True)
        return self._early

    def hang_up(self) -> None:
        """Close the socket without a word to anybody; requests in flight end unavailable."""
        self._up = False
        self._inbox.fail_all("the connection was closed")
        if self._client.conn.transport is not None:
            self._client.conn.transport.abort()

    def lose(self, why: str) -> None:
        """Give the line up: end all requests and report the loss."""
        if self._up:
            self._inbox.fail_all(why)
            self.hang_up()
            self._on_loss(why)

    def fail_requests(self, why: str) -> None:
        """End the requests that wait for the broker's servers; the line stays up."""
        self._inbox.fail_requests(why)

    async def turn(self) -> None:
        """
        Wait until one more message may be sent.

        Raises:
            BrokerUnavailable: the line is gone.
        """
        wait = self._budget.book(asyncio.get_running_loop().time())
        if wait > 0:
            await asyncio.sleep(wait)
        if not self._up:
            raise BrokerUnavailable("the connection was lost")

    async def positions(self) -> list[Frame]:
        """
        Return all position messages, up to their end marker.

        Raises:
            BrokerUnavailable: the end marker did not come.
            Refusal: the gateway would not say.
        """
        async with self._unnumbered:
            await self.turn()
            self._inbox.positions = pending = Pending[Frame]()
            try:
                self._client.reqPositions()
                rows = await self._complete(pending, "positions")
            finally:
                self._inbox.positions = None
            # The request is a subscription too; what is not listened to is not kept.
            await self.turn()
            self._client.cancelPositions()
            return rows

    async def open_orders(self) -> list[OpenOrderRow]:
        """Return the open orders of all clients; raises as ``positions``."""
        async with self._unnumbered:
            await self.turn()
            self._inbox.orders = pending = Pending[OpenOrderRow]()
            try:
                self._client.reqAllOpenOrders()
                return await self._complete(pending, "open orders")
            finally:
                self._inbox.orders = None

    async def current_time(self) -> int:
        """Return the broker's clock, seconds since 1970 UTC; raises BrokerUnavailable."""
        async with self._timing:
            await self.turn()
            self._inbox.time = pending = Pending[int]()
            try:
                self._client.reqCurrentTime()
                return (await self._complete(pending, "current time"))[0]
            finally:
                self._inbox.time = None

    async def details(self, con_id: int) -> list[ContractDetails]:
        """
        Return the descriptions of a contract.

        Raises:
            Refusal: the gateway knows none, or would not say.
            TimeoutError: no answer in time.
            BrokerUnavailable: the line is gone, or the answer cannot be read.
        """
        await self.turn()
        req_id = self._client.getReqId()
        self._inbox.details[req_id] = pending = Pending[ContractDetails]()
        try:
            self._client.reqContractDetails(req_id, Contract(conId=con_id))
            async with asyncio.timeout(self._limit):
                return await pending.done
        finally:
            del self._inbox.details[req_id]

    async def bars(self, contract: Contract, bar_size: str, duration: str, limit: float) -> Frame:
        """
        Return the historicalData message with regular-hours trades up to now.

        The caller has waited its ``turn``. A request that ends without an answer
        is cancelled, or it would keep one of the broker's open slots.

        Raises:
            Refusal: the gateway's error.
            TimeoutError: no answer within ``limit`` seconds.
            BrokerUnavailable: the line, or the servers behind it, are gone.
        """
        req_id = self._client.getReqId()
        self._inbox.bars[req_id] = pending = Pending[Frame]()
        try:
            self._client.reqHistoricalData(
                req_id, contract, "", duration, bar_size, "TRADES", True, 2, False, None
            )
            async with asyncio.timeout(limit):
                return (await pending.done)[0]
        finally:
            del self._inbox.bars[req_id]
            if self._up and not pending.answered:
                self._client.cancelHistoricalData(req_id)

    async def _complete(self, pending: Pending[Row], what: str) -> list[Row]:
        try:
            async with asyncio.timeout(self._limit):
                return await pending.done
        except TimeoutError:
            self.lose(f"{what}: no complete answer within {self._limit:g} s")
            raise BrokerUnavailable(
                f"{what}: no complete answer within {self._limit:g} s"
            ) from None
        except asyncio.CancelledError:
            self.lose(f"{what}: given up before the answer was complete")
            raise

    def _greeted(self, data: bytes) -> None:
        if self._greeting is None:
            return
        self._greeting += data
        try:
            version = greeting.server_version(self._greeting)
        except InvalidValue as error:
            self._refuse(str(error))
            return
        if version is not None:
            self.version, self._greeting = version, None

    def _closed(self, reason: str) -> None:
        if self._up:
            self.lose("the gateway closed the connection" + (f" ({reason})" if reason else ""))
        else:
            self._refuse(greeting.hung_up(self.version) + self._said())

    def _noticed(self, code: int, text: str) -> None:
        if self._up:
            self._on_notice(code, text)
        elif code == CLIENT_ID_IN_USE:
            self._refuse(greeting.client_id_taken(self._client_id))
        else:
            self._early.append((code, text))

    def _refuse(self, why: str) -> None:
        if self._refusal is None:
            self._refusal = why
        self._refused.set()

    def _said(self) -> str:
        """Quote the gateway's last complaint, for a message that needs a reason."""
        errors = [f"{code} {text}" for code, text in self._early if not is_remark(code)]
        return f" (the gateway said: {errors[-1]})" if errors else ""
