"""One socket to a gateway: the login, the turns of those who send, the loss."""

import asyncio
from collections.abc import Callable, Coroutine
from itertools import count
from typing import Any, TypeVar

from adapters.ib import greeting
from adapters.ib.inbox import Inbox
from adapters.ib.login_talk import LoginTalk, Notice
from adapters.ib.message_budget import Lane, MessageBudget
from adapters.ib.notices import CLIENT_ID_IN_USE
from adapters.ib.order_news import OrderNews
from adapters.ib.order_numbers import FIRST_REQUEST
from adapters.ib.pending import Pending
from adapters.ib.reading_client import reading_client
from sellcore.errors import BrokerUnavailable

Row = TypeVar("Row")

_ROUNDS = 3
"""Of the event loop, within which a close that has reached this machine is noticed."""

_LOOK = 0.002
"""Seconds between two looks at what is still to be written."""


class Line:
    """
    One connection, from the first byte to the last; never used again after a loss.

    All methods belong on the event loop.

    Attributes:
        client: Where requests go out.
        inbox: Where answers come in.
        news: Where what is said about orders goes.
        requests: Numbers for requests.
        limit: Seconds to wait for any answer but bars.
        unnumbered: Held while positions or orders are asked for; ``timing`` alike.
    """

    def __init__(
        self,
        budget: MessageBudget,
        limit: float,
        on_notice: Callable[[int, str], None],
        on_loss: Callable[[str], None],
        news: OrderNews,
    ) -> None:
        """
        Make a line that is not connected yet.

        Args:
            budget: Paces what is sent.
            limit: Seconds to wait for any answer but bars.
            on_notice: Told every error and notice after the login.
            on_loss: Told, once, why a line that was up is gone.
            news: Told what is said about orders.
        """
        self._budget = budget
        self.limit = limit
        self._on_notice = on_notice
        self._on_loss = on_loss
        self.news = news
        self.inbox = Inbox(self._noticed, news)
        self._talk = LoginTalk()
        self.client = reading_client(self.inbox, self._talk.greeted, self._closed)
        self._up = False
        self._loss = "the connection was closed"
        self.requests = count(FIRST_REQUEST)
        self.unnumbered = asyncio.Lock()
        self.timing = asyncio.Lock()
        self._errands: set[asyncio.Task[None]] = set()

    @property
    def up(self) -> bool:
        """Whether the login is done and the line has not been lost."""
        return self._up

    @property
    def heard(self) -> int:
        """How many messages have come in."""
        return self.inbox.heard

    @property
    def version(self) -> int:
        """The server version that the gateway speaks."""
        return self._talk.version

    @property
    def zone(self) -> str | None:
        """IANA name of the zone of the gateway's machine, where it is known."""
        return self._talk.zone

    @property
    def accounts(self) -> tuple[str, ...]:
        """The accounts this login may see."""
        return tuple(self.client.getAccounts())

    async def open(self, host: str, port: int, client_id: int) -> list[Notice]:
        """
        Log in and return what was said on the way, or hang up and say why.

        Raises:
            BrokerUnavailable: the cause and the way out.
        """
        dial = asyncio.ensure_future(self.client.connectAsync(host, port, client_id, None))
        refused = asyncio.ensure_future(self._talk.refused.wait())
        try:
            async with asyncio.timeout(self.limit):
                await asyncio.wait({dial, refused}, return_when=asyncio.FIRST_COMPLETED)
            if self._talk.refusal is not None:
                raise BrokerUnavailable(self._talk.refusal)
            dial.result()
            self._up = True
        except TimeoutError:
            reached = self.client.conn.transport is not None
            why = greeting.silence(reached, self.version, self.limit)
            raise BrokerUnavailable(why + self._talk.said()) from None
        except (OSError, ValueError) as error:
            raise BrokerUnavailable(greeting.dial_failed(error, host)) from None
        finally:
            if not self._up:
                self.hang_up()
            dial.cancel()
            refused.cancel()
            await asyncio.gather(dial, refused, return_exceptions=True)
        return self._talk.early

    def hang_up(self) -> None:
        """Close the socket without a word to anybody; requests in flight end unavailable."""
        self._up = False
        self.inbox.fail_all("the connection was closed")
        if self.client.conn.transport is not None:
            self.client.conn.transport.abort()

    def lose(self, why: str) -> None:
        """Give the line up: end all requests and report the loss."""
        if self._up:
            self._loss = why
            self.inbox.fail_all(why)
            self.hang_up()
            self._on_loss(why)

    def fail_requests(self, why: str) -> None:
        """End the requests that wait for the broker's servers; the line stays up."""
        self.inbox.fail_requests(why)

    async def turn(self, lane: Lane = Lane.QUESTION) -> None:
        """
        Wait until one more message of a lane may be sent; never for a less urgent one.

        Raises:
            BrokerUnavailable: the line is gone.
        """
        wait = self._budget.book(lane, asyncio.get_running_loop().time())
        if wait > 0:
            await asyncio.sleep(wait)
        self._require()

    async def drain(self) -> None:
        """
        Return once all that was written has left this program.

        A gateway that takes nothing in is hung up on: what is still unwritten
        must not go out later, when nobody expects it.

        Raises:
            BrokerUnavailable: the line is gone.
        """
        try:
            async with asyncio.timeout(self.limit):
                while self._unwritten():
                    await asyncio.sleep(_LOOK)
        except TimeoutError:
            self.lose(f"the gateway took nothing in for {self.limit:g} s")
        for _ in range(_ROUNDS):
            await asyncio.sleep(0)
        self._require()

    def errand(self, work: Coroutine[Any, Any, None]) -> None:
        """Have something done that nobody waits for; it sees to its own errors."""
        task = asyncio.ensure_future(work)
        self._errands.add(task)  # the event loop itself would forget it
        task.add_done_callback(self._errands.discard)

    async def complete(self, pending: Pending[Row], what: str) -> list[Row]:
        """
        Return all rows of a request that carries no number; without them the line is hung up.

        Raises:
            BrokerUnavailable: the end marker did not come in time.
            Refusal: the gateway would not say.
        """
        try:
            async with asyncio.timeout(self.limit):
                return await pending.done
        except TimeoutError:
            self.lose(f"{what}: no complete answer within {self.limit:g} s")
            raise BrokerUnavailable(f"{what}: no complete answer within {self.limit:g} s") from None
        except asyncio.CancelledError:
            self.lose(f"{what}: given up before the answer was complete")
            raise

    def _require(self) -> None:
        transport = self.client.conn.transport
        if not self._up:
            raise BrokerUnavailable(self._loss)
        if transport is None or transport.is_closing():
            raise BrokerUnavailable("the connection was lost")

    def _unwritten(self) -> int:
        """Return how many bytes wait to be written; none does on a line that is gone."""
        transport = self.client.conn.transport
        return 0 if transport is None else transport.get_write_buffer_size()

    def _closed(self, reason: str) -> None:
        if self._up:
            self.lose("the gateway closed the connection" + (f" ({reason})" if reason else ""))
        else:
            self._talk.refuse(greeting.hung_up(self.version) + self._talk.said())

    def _noticed(self, code: int, text: str) -> None:
        if self._up:
            self._on_notice(code, text)
        elif code == CLIENT_ID_IN_USE:
            self._talk.refuse(greeting.client_id_taken(self.news.client_id))
        else:
            self._talk.early.append((code, text))
