"""Where a sweep is worked out: here, on all cores, or on somebody's cluster."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager

from sellcore.errors import StorageError

WORTH_A_WORKER = 256
"""Tickers; for fewer, a process takes longer to start than it saves."""


@contextmanager
def executor(tickers: int, workers: int | None, dask: str | None) -> Iterator[Executor | None]:
    """
    Yield what chunks are handed to; None for this process.

    Args:
        tickers: How many there are to sweep.
        workers: Processes to use; None for as many as are worth it.
        dask: Address of a dask scheduler to use in their place.

    Raises:
        ConfigError: dask is not installed, or no cluster that can do the work is there.
        StorageError: a worker was ended by the system, or the cluster was lost.
    """
    if dask is not None:
        from adapters.dask_cluster import dask_cluster

        with dask_cluster(dask) as found:
            # What it logs of a line that drops is said once, as a refusal.
            logging.getLogger("distributed").setLevel(logging.CRITICAL)
            yield found
        return
    count = workers or max(1, min(os.cpu_count() or 1, tickers // WORTH_A_WORKER))
    if count == 1:
        yield None
        return
    # Not a fork: threads of Arrow may hold locks that nobody would ever let go of.
    context = multiprocessing.get_context("spawn")
    try:
        with ProcessPoolExecutor(count, context, initializer=_leave_interrupts) as pool:
            yield pool
    except BrokenProcessPool:
        raise StorageError(
            "a worker was ended by the system, for want of memory most likely; use fewer --workers"
        ) from None


def _leave_interrupts() -> None:
    """Leave Ctrl-C to the process that a person talks to."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
