"""An event loop on a thread of its own, and ways to hand work over to it."""

import asyncio
import threading
from collections.abc import Coroutine
from concurrent.futures import Future
from concurrent.futures import TimeoutError as NotYet
from typing import Final

_PATIENCE: Final = 1.0
"""Wall seconds after which who waits looks whether the loop still runs."""


class LoopThread:
    """Runs coroutines for callers of any thread, one loop for all of them."""

    def __init__(self, name: str) -> None:
        """Make it; nothing runs before ``start``."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._ready = threading.Event()

    def start(self) -> None:
        """Start the thread; return when its loop takes work."""
        self._thread.start()
        self._ready.wait()

    @property
    def running(self) -> bool:
        """Whether it takes work."""
        return self._loop is not None

    def submit(self, work: Coroutine[object, None, None]) -> Future[None]:
        """Have the loop work off a coroutine; do not wait."""
        if self._loop is None:
            raise RuntimeError("the loop has not been started")
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def run(self, work: Coroutine[object, None, None]) -> None:
        """Have the loop work off a coroutine and wait; its exception is raised here."""
        done = self.submit(work)
        while self._thread.is_alive():
            try:
                done.result(_PATIENCE)
            except NotYet:
                if not done.done():
                    continue
                raise
            return

    def stop(self) -> None:
        """End the loop and its thread; safe to call twice, or before ``start``."""
        loop, self._loop = self._loop, None
        if loop is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        self._thread.join()
        loop.close()

    def _run(self) -> None:
        self._loop = loop = asyncio.new_event_loop()
        asyncio.set_event_loop(loop)
        loop.call_soon(self._ready.set)
        loop.run_forever()
