"""A dask cluster as an executor: one that can do the work, or one line that says why not."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import CancelledError, Executor
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import Protocol

from sellcore.errors import ConfigError, StorageError

_PATIENCE = 10.0
"""Seconds to wait for a scheduler."""

_PROGRAM = "sellcore"


class _Client(Protocol):
    """What is used of a client of dask."""

    def scheduler_info(self) -> Mapping[str, object]:
        """Return what the scheduler knows of itself and of its workers."""
        ...

    def run(self, function: Callable[[str], object], argument: str) -> Mapping[str, object]:
        """Return what a function comes to on every worker, by the worker's address."""
        ...

    def get_executor(self) -> Executor:
        """Return the cluster as an executor."""
        ...

    def close(self) -> None:
        """Hang up."""
        ...


@contextmanager
def dask_cluster(address: str) -> Iterator[Executor]:
    """
    Yield a cluster as an executor, for ``sweep`` and ``rule_returns``.

    ``client.get_executor()`` does as well, but work that no worker takes, or that none
    can load, is waited for without end.

    Args:
        address: Of the scheduler, ``tcp://scheduler:8786``.

    Raises:
        ConfigError: dask is not installed, no scheduler answers, it has no worker, or a
            worker has no sellcore.
        StorageError: the cluster was lost on the way.
    """
    try:
        from distributed import Client
        from distributed.comm.core import CommClosedError
        from distributed.scheduler import KilledWorker
    except ImportError:
        raise ConfigError(
            "a dask cluster needs dask, which is not installed; pip install 'sellcli[dask]', or "
            "leave the cluster out for this machine alone"
        ) from None
    connect: Callable[..., _Client] = Client  # whose own types stay untold
    try:
        client = connect(address, timeout=_PATIENCE)
    except (OSError, ValueError) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise ConfigError(f"no dask scheduler answers at {address}: {cause}") from None
    try:
        with closing(client):
            _check_workers(client, address)
            yield client.get_executor()
    except (CancelledError, CommClosedError, KilledWorker) as error:
        cause = (str(error).splitlines() or [type(error).__name__])[0]
        raise StorageError(
            f"the dask cluster at {address} was lost on the way ({cause or 'no answer'}); look "
            "after it, and ask again"
        ) from error


def _check_workers(client: _Client, address: str) -> None:
    if not client.scheduler_info()["workers"]:
        raise ConfigError(f"the dask scheduler at {address} has no worker; start one")
    found = client.run(find_spec, _PROGRAM)
    if without := sorted(worker for worker, spec in found.items() if spec is None):
        more = f" and {len(without) - 1} more" if len(without) > 1 else ""
        raise ConfigError(
            f"the dask worker at {without[0]}{more} has no sellcore; install sellcli there, as here"
        )
