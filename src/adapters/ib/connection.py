"""The connection to a TWS or IB Gateway: one login, kept healthy, asked from any thread."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from adapters.ib import greeting, questions
from adapters.ib.event_loop import EventLoopThread
from adapters.ib.library_logs import LOG, quieten
from adapters.ib.line import Line
from adapters.ib.line_state import NOT_CONNECTED, LineState, connected, lost, told
from adapters.ib.message_budget import PER_SECOND, MessageBudget
from adapters.ib.notices import one_line
from adapters.ib.order_news import OrderNews
from sellcore.errors import BrokerUnavailable, InvalidValue
from sellcore.ports.clock import Clock
from sellcore.ports.connection import Login

T = TypeVar("T")

_GRACE = 5.0
"""Seconds a caller waits beyond what its coroutine allows itself."""


class IBConnection:
    """
    The one line to Interactive Brokers that the broker and the market data share.

    Owns ib_async's client and the event loop it runs on; neither is seen
    outside this package. Any thread may call; no call outlasts its time-out.

    Attributes:
        clock: Tells when something was asked.
        timeout: Wall-clock seconds to wait for each answer but bars.
        news: What is said about orders, over all lines of the process.
    """

    def __init__(
        self,
        host: str,
        port: int,
        client_id: int,
        clock: Clock,
        *,
        account: str | None = None,
        timeout: float = 20.0,
        messages_per_second: float = PER_SECOND,
        idle: float = 30.0,
    ) -> None:
        """
        Prepare; nothing is opened before ``connect``.

        Args:
            host: Name or address of the machine TWS or IB Gateway runs on.
            port: Its API port.
            client_id: Ours; two programs cannot share one.
            clock: Tells the adapters of this package when they asked.
            account: The account that must be in the login, if any must.
            timeout: Wall-clock seconds to wait for each answer but bars.
            messages_per_second: Limit on what is sent; 0 for none.
            idle: Wall-clock seconds of silence after which the line is tried.

        Raises:
            InvalidValue: a number that cannot be what it stands for.
        """
        if not 1 <= port <= 65535:
            raise InvalidValue(f"port {port} is not one of 1 to 65535; IB Gateway listens on 4001")
        if not 0 <= client_id < 2**31:
            raise InvalidValue(f"client id {client_id} is not a number of 0 or more")
        self.clock = clock
        self.timeout = timeout
        self.news = OrderNews(client_id)
        self._host, self._port = host, port
        self._account = account
        self._idle = idle
        self._budget = MessageBudget(messages_per_second)
        self._loop = EventLoopThread("sellcli-ib")
        self._line: Line | None = None
        self._watch: asyncio.Task[None] | None = None
        self._state = LineState()
        self._listeners: list[Callable[[int], None]] = []

    @property
    def client_id(self) -> int:
        """What we call ourselves; orders are entered under it."""
        return self.news.client_id

    def connect(self) -> Login:
        """
        Try once; return when positions and orders can be asked for.

        Raises:
            BrokerUnavailable: one line with the cause and the way out.
        """
        quieten()
        where = one_line(f"{self._host}:{self._port}")
        try:
            return self._loop.run(self._connect(where), self.timeout + _GRACE)
        except BrokerUnavailable as error:
            raise BrokerUnavailable(f"cannot connect to {where}: {error}") from None

    def fault(self) -> str | None:
        """Return why the broker cannot be relied on right now, or None when it can."""
        return self._state.fault

    def is_open(self) -> bool:
        """Say whether the line itself stands, whatever lies behind it."""
        return self._line is not None and self._line.up

    def generation(self) -> int:
        """Return a number that rises at each loss of the line or of the server behind it."""
        return self._state.generation

    def close(self) -> None:
        """Hang up; safe to call twice. ``connect`` opens a line again."""
        if self._line is not None:
            try:
                self._loop.run(self._hang_up(), _GRACE)
            except BrokerUnavailable:
                LOG.debug("the event loop did not answer; it is stopped as it is")
        self._loop.stop()

    def on_notice(self, listener: Callable[[int], None]) -> None:
        """Call ``listener(code)`` on the event loop at each error or notice."""
        self._listeners.append(listener)

    def ask(self, question: Callable[[Line], Awaitable[T]], limit: float) -> T:
        """
        Return what ``question`` returns when it is put to the line.

        Args:
            question: Runs on the event loop and bounds its own waits.
            limit: Wall-clock seconds that it may take in all.

        Raises:
            BrokerUnavailable: there is no line, or it was lost meanwhile.
        """
        return self._loop.run(self._asked(question), limit + _GRACE)

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start ``coroutine`` on the event loop; for batches that report as they go."""
        return self._loop.submit(coroutine)

    def order_limit(self, messages: int) -> float:
        """Return the seconds that so many messages about orders can take, time-out included."""
        return self.timeout + messages * self._budget.slowest_order

    def line(self) -> Line:
        """
        Return the line in use.

        Raises:
            BrokerUnavailable: there is none, or the broker is not behind it.
        """
        if self._state.fault is not None or self._line is None:
            raise BrokerUnavailable(self._state.fault or NOT_CONNECTED)
        return self._line

    async def _asked(self, question: Callable[[Line], Awaitable[T]]) -> T:
        generation = self._state.generation
        answer = await question(self.line())
        if self._state.generation != generation or self._state.fault is not None:
            raise BrokerUnavailable(self._state.fault or "the broker's servers were lost meanwhile")
        return answer

    async def _connect(self, where: str) -> Login:
        await self._hang_up()
        line = Line(self._budget, self.timeout, self._noticed, self._lost, self.news)
        early = await line.open(self._host, self._port, self.client_id)
        accounts = line.accounts
        if self._account is not None and self._account not in accounts:
            line.hang_up()
            raise BrokerUnavailable(greeting.account_missing(self._account, accounts))
        self._line = line
        self._state = connected(self._state)
        for code, text in early:
            self._noticed(code, text)
        self._watch = asyncio.create_task(self._keep_watch(line))
        return Login(accounts, f"{where}, server version {line.version}")

    async def _hang_up(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None
        if self._line is not None:
            self._line.hang_up()
            self._line = None
            self._state = lost(self._state, NOT_CONNECTED)

    async def _keep_watch(self, line: Line) -> None:
        """Try the line whenever it falls silent: a half-open socket reports nothing itself."""
        while line.up:
            heard = line.heard
            await asyncio.sleep(self._idle)
            if line.heard != heard:
                continue
            try:
                await questions.current_time(line)
            except BrokerUnavailable as error:
                LOG.info("health check: %s", error)  # the line has reported its loss

    def _noticed(self, code: int, text: str) -> None:
        before, self._state = self._state, told(self._state, code, text)
        fault = self._state.fault
        if fault is not None and before.fault is None and self._line is not None:
            self._line.fail_requests(fault)
        for listener in self._listeners:
            listener(code)

    def _lost(self, why: str) -> None:
        self._state = lost(
            self._state, f"the connection to {self._host}:{self._port} was lost: {why}"
        )
