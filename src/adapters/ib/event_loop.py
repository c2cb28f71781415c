"""An asyncio event loop in a thread of its own, asked from other threads."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future, wait
from time import monotonic
from typing import Any, TypeVar

from adapters.ib.library_logs import LOG
from adapters.ib.notices import one_line
from sellcore.errors import BrokerUnavailable

T = TypeVar("T")

NAP = 0.25
"""Seconds; a caller that waits looks up this often, so that Ctrl-C works on every system."""

_GOODBYE = 5.0
"""Seconds to wait for the thread to end."""


class EventLoopThread:
    """
    Runs coroutines for callers that have no loop; started by the first one.

    The thread is a daemon: a program that forgets ``stop`` can still end.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        self._guard = threading.Lock()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Start ``coroutine`` on the loop; cancelling the future cancels it there."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._running())

    def run(self, coroutine: Coroutine[Any, Any, T], limit: float) -> T:
        """
        Return what ``coroutine`` returns, or raise what it raises.

        An interrupt of the caller, Ctrl-C above all, cancels it.

        Args:
            coroutine: Bounds its own waits; ``limit`` is the net below them.
            limit: Wall-clock seconds, at most, that the caller is kept.

        Raises:
            BrokerUnavailable: the limit has passed.
        """
        future = self.submit(coroutine)
        deadline = monotonic() + limit
        try:
            while not wait([future], timeout=NAP).done:
                if monotonic() > deadline:
                    raise BrokerUnavailable(f"no answer within {limit:g} s: the loop is stuck")
            return future.result()
        finally:
            future.cancel()

    def stop(self) -> None:
        """Cancel what runs, end the thread and free the loop; safe to call again."""
        with self._guard:
            thread, loop = self._thread, self._loop
            self._thread = self._loop = None
        if thread is not None and loop is not None:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(_GOODBYE)

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._guard:
            if self._loop is None:
                started: Future[asyncio.AbstractEventLoop] = Future()
                self._thread = threading.Thread(
                    target=_work, args=(started,), name=self._name, daemon=True
                )
                self._thread.start()
                self._loop = started.result()
            return self._loop


def _work(started: "Future[asyncio.AbstractEventLoop]") -> None:
    with asyncio.Runner() as runner:
        loop = runner.get_loop()
        loop.set_exception_handler(_log_quietly)
        started.set_result(loop)
        loop.run_forever()


def _log_quietly(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """Keep the loop's complaints about a callback off the terminal."""
    LOG.debug("event loop: %s", one_line(f"{context.get('message')}: {context.get('exception')!r}"))
