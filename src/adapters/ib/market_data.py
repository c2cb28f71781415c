"""Historical bars from Interactive Brokers, in paced batches."""

import asyncio
import threading
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from queue import Empty, SimpleQueue

from adapters.ib import questions, translate
from adapters.ib.connection import IBConnection
from adapters.ib.event_loop import NAP
from adapters.ib.message_budget import Lane
from adapters.ib.notices import TOO_MANY_MESSAGES, history_cause
from adapters.ib.pacing import Pacer, Ticket
from adapters.ib.pending import Refusal
from sellcore.errors import BrokerUnavailable
from sellcore.ports.market_data import Answer
from sellcore.request import BarRequest, Cause, NoBars

_Numbered = tuple[int, Answer]

_TOO_FAST = {Cause.PACING, Cause.TIMEOUT}
"""What makes the pacer slow down: a gateway that is flooded often just falls silent."""


class IBMarketData:
    """
    Answers batches of bar requests over a connection that somebody else opens.

    Batches of several threads run one after the other.
    """

    def __init__(self, connection: IBConnection, pacer: Pacer, *, timeout: float = 60.0) -> None:
        """
        Share the connection.

        Args:
            connection: Open or not; while it is not, answers are NoBars.
            pacer: The one of this process.
            timeout: Wall-clock seconds to wait for the bars of one request.
        """
        self._connection = connection
        self._pacer = pacer
        self._timeout = timeout
        self._batch = threading.RLock()
        connection.on_notice(self._noticed)

    def fetch(
        self,
        requests: Sequence[BarRequest],
        on_answer: Callable[[Answer], None] = lambda answer: None,
    ) -> Sequence[Answer]:
        """
        Return one answer per request, in the same order.

        A request that fails is a NoBars; no answer in time is one as well, and
        never an empty history. Interrupting the call cancels what is in flight.

        Args:
            requests: What to ask for.
            on_answer: Called in this thread as each answer arrives.
        """
        answers: dict[int, Answer] = {}
        arrived: SimpleQueue[_Numbered] = SimpleQueue()
        with self._batch:
            batch: Future[None] | None = None
            try:
                # Inside, so that an interrupt right behind it cancels the batch as well.
                batch = self._connection.submit(self._run(requests, arrived))
                while len(answers) < len(requests):
                    try:
                        number, answer = arrived.get(timeout=NAP)
                    except Empty:
                        if not batch.done() or not arrived.empty():
                            continue
                        if not batch.cancelled():
                            batch.result()
                        break  # the event loop was stopped
                    answers[number] = answer
                    on_answer(answer)
            finally:
                if batch is not None:
                    batch.cancel()
        return [
            answers.get(number) or NoBars(request, Cause.DISCONNECTED, "the connection was closed")
            for number, request in enumerate(requests)
        ]

    async def _run(self, requests: Sequence[BarRequest], arrived: "SimpleQueue[_Numbered]") -> None:
        """Keep as many requests in flight as the pacer allows at each moment."""
        waiting = deque(enumerate(requests))
        flying: set[asyncio.Task[None]] = set()
        try:
            while waiting or flying:
                while waiting and len(flying) < self._pacer.allowed:
                    number, request = waiting.popleft()
                    flying.add(asyncio.create_task(self._answer(number, request, arrived)))
                done, flying = await asyncio.wait(flying, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    task.result()
        finally:
            for task in flying:
                task.cancel()
            await asyncio.gather(*flying, return_exceptions=True)

    async def _answer(
        self, number: int, request: BarRequest, arrived: "SimpleQueue[_Numbered]"
    ) -> None:
        answer = await self._ask(request)
        if isinstance(answer, NoBars) and answer.cause is Cause.PACING:
            waited = self._pacer.pace.retry_after
            await asyncio.sleep(waited)
            answer = await self._ask(request, waited)
        arrived.put((number, answer))

    async def _ask(self, request: BarRequest, waited: float = 0.0) -> Answer:
        ticket = self._pacer.book(request)
        try:
            self._connection.line()
            # The clock may stand still, so it does not know what has been waited already.
            await asyncio.sleep(max(0.0, ticket.wait - waited))
            line = self._connection.line()
            await line.turn(Lane.BULK)
            asked_at = self._connection.clock.now()
            fields = await questions.bars(
                line,
                translate.data_contract(request.instrument),
                translate.BAR_SIZE[request.granularity],
                str(request.duration),
                self._timeout,
            )
        except Refusal as refusal:
            cause = history_cause(refusal.code, refusal.text) or Cause.REFUSED
            return self._failed(ticket, NoBars(request, cause, str(refusal)))
        except TimeoutError:
            text = f"no answer within {self._timeout:g} s"
            return self._failed(ticket, NoBars(request, Cause.TIMEOUT, text))
        except BrokerUnavailable as error:
            return NoBars(request, Cause.DISCONNECTED, str(error))
        self._pacer.answered()
        return translate.bars(request, asked_at, fields)

    def _failed(self, ticket: Ticket, answer: NoBars) -> NoBars:
        if answer.cause in _TOO_FAST:
            self._pacer.refused(ticket)
        else:
            self._pacer.answered()  # a no is an answer
        return answer

    def _noticed(self, code: int) -> None:
        if code == TOO_MANY_MESSAGES:
            self._pacer.slow_down()
