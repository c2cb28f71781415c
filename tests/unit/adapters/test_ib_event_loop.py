"""Coroutines run for callers that have no event loop."""

import asyncio
import logging
import threading
from collections.abc import Iterator

import pytest

from adapters.ib.event_loop import NAP, EventLoopThread
from sellcore.errors import BrokerUnavailable


@pytest.fixture
def loop() -> Iterator[EventLoopThread]:
    """Return a loop that is stopped after the test."""
    loop = EventLoopThread("test loop")
    yield loop
    loop.stop()


async def nothing() -> str:
    """Return the name of the thread it runs in."""
    return threading.current_thread().name


def test_result_comes_back_from_the_other_thread(loop: EventLoopThread) -> None:
    """The coroutine runs in the loop's thread, its result reaches the caller's."""
    assert loop.run(nothing(), 10) == "test loop"


def test_exception_comes_back(loop: EventLoopThread) -> None:
    """What the coroutine raises, the caller gets, a time-out of its own included."""

    async def fail() -> None:
        raise TimeoutError("mine")

    with pytest.raises(TimeoutError, match="mine"):
        loop.run(fail(), 10)


def test_coroutine_that_never_ends_is_cancelled(loop: EventLoopThread) -> None:
    """The limit is the last net: it frees the caller and ends the coroutine."""
    ended = threading.Event()

    async def hang() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    with pytest.raises(BrokerUnavailable, match=r"^no answer within 0\.1 s: the loop is stuck$"):
        loop.run(hang(), 0.1)
    assert ended.wait(30)


def test_stopping_cancels_what_runs(loop: EventLoopThread) -> None:
    """A future that was waiting for the loop does not wait for ever."""
    started, ended = threading.Event(), threading.Event()

    async def hang() -> None:
        started.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    future = loop.submit(hang())
    assert started.wait(30)
    loop.stop()
    assert ended.is_set()
    assert future.cancelled()


def test_stopped_loop_starts_again(loop: EventLoopThread) -> None:
    """Stopping is safe before the first use, twice, and before the next use."""
    loop.stop()
    assert loop.run(nothing(), 10) == "test loop"
    loop.stop()
    loop.stop()
    assert loop.run(nothing(), 10) == "test loop"


def test_complaints_of_the_loop_stay_off_the_terminal(
    loop: EventLoopThread, capfd: pytest.CaptureFixture[str]
) -> None:
    """A callback that fails is logged, not printed."""
    shown = logging.StreamHandler()
    logging.getLogger().addHandler(shown)
    try:

        async def break_a_callback() -> None:
            asyncio.get_running_loop().call_soon(lambda: [][1])
            await asyncio.sleep(0)

        loop.run(break_a_callback(), 10)
        assert loop.run(nothing(), 10) == "test loop"
    finally:
        logging.getLogger().removeHandler(shown)
    assert capfd.readouterr().err == ""


def test_waiting_caller_looks_up_a_few_times_a_second() -> None:
    """Seldom enough to cost nothing, and often enough for Ctrl-C."""
    assert 0.1 <= NAP <= 0.5
