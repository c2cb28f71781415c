"""Where a sweep is worked out: here, on all cores, or on somebody's cluster."""

import multiprocessing
import os
import signal
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import closing, contextmanager
from typing import Protocol

from sellcore.errors import ConfigError, StorageError

WORTH_A_WORKER = 256
"""Tickers; for fewer, a process takes longer to start than it saves."""

_PATIENCE = 10
"""Seconds to wait for a cluster."""


class _Cluster(Protocol):
    """What is used of a client of dask."""

    def scheduler_info(self) -> Mapping[str, object]:
        """Return what the scheduler knows of itself and of its workers."""
        ...

    def get_executor(self) -> Executor:
        """Return the cluster as an executor."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


@contextmanager
def executor(tickers: int, workers: int | None, dask: str | None) -> Iterator[Executor | None]:
    """
    Yield what chunks are handed to; None for this process.

    Args:
        tickers: How many there are to sweep.
        workers: Processes to use; None for as many as are worth it.
        dask: Address of a dask scheduler to use in their place.

    Raises:
        ConfigError: dask is not installed, or no cluster answers there.
        StorageError: a worker was ended by the system.
    """
    if dask is not None:
        with _cluster(dask) as found:
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


@contextmanager
def _cluster(address: str) -> Iterator[Executor]:
    try:
        from distributed import Client
    except ImportError:
        raise ConfigError(
            "--dask needs dask, which is not installed; pip install 'sellcli[dask]', or leave "
            "--dask out for all cores of this machine"
        ) from None
    connect: Callable[..., _Cluster] = Client  # whose own types stay untold
    try:
        client = connect(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigError(f"no dask scheduler answers at {address}: {cause}") from None
    with closing(client):
        if not client.scheduler_info()["workers"]:
            raise ConfigError(f"the dask scheduler at {address} has no worker; start one")
        yield client.get_executor()
