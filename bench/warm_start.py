"""One warm start, timed from inside: run by ``bench.startup`` as a process of its own."""

from time import perf_counter

STARTED = perf_counter()

import sys  # noqa: E402 - the clock starts before anything is imported
from io import StringIO  # noqa: E402
from pathlib import Path  # noqa: E402

from rich.console import Console  # noqa: E402

import adapters.ib.connection  # noqa: E402, F401 - a real start imports it, so its time counts
from bench.world import make_world  # noqa: E402
from sellcli.screen.terminal import Terminal  # noqa: E402
from sellcore.event import Table  # noqa: E402
from sellcore.order import Mode  # noqa: E402
from sellcore.usecases.watch import begin, cycle  # noqa: E402


def main(folder: Path) -> float:
    """Return the seconds from the first import to the first table, the fakes' own left out."""
    imported = perf_counter()
    world = make_world(folder)
    made = perf_counter()
    state = begin(world.ports, world.terms, None)
    cycle(world.ports, state, world.terms, show=True)
    screen = Terminal(
        Console(file=StringIO(), width=160, height=60, force_terminal=True), Mode.DRY_RUN, ""
    )
    screen(next(event for event in reversed(world.events) if isinstance(event, Table)))
    screen.close()
    done = perf_counter()
    return (imported - STARTED) + (done - made) - world.market_data.seconds


print(main(Path(sys.argv[1])))
