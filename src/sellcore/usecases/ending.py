"""Telling a person that a watch has ended without being asked to."""

from collections.abc import Iterator
from contextlib import contextmanager

from sellcore.ports.alerts import Cause
from sellcore.usecases.tell import tell_elsewhere
from sellcore.usecases.watch_state import Ports, WatchState

ENDED = "sellcli has ended by an error; nothing is watched or sold until it is started again"
"""What the error was stands where the watch was started."""


@contextmanager
def telling_its_end(ports: Ports, state: WatchState) -> Iterator[None]:
    """Have a person told elsewhere where a watch dies; one that is ended by hand just ends."""
    died = True
    try:
        yield
        died = False
    except KeyboardInterrupt:
        died = False
        raise
    finally:
        if died:
            tell_elsewhere(ports, state, Cause.ENDED, ENDED, {})
