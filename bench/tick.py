"""One minute of a watch over 500 holdings, apart from the network."""

import gc
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from rich.console import Console

from bench.measure import Goal, Row
from bench.world import HOLDINGS, World, make_world, minutes
from sellcli.screen.terminal import Terminal
from sellcore.event import Table
from sellcore.order import Mode
from sellcore.usecases.watch import begin, cycle, read
from sellcore.usecases.watch_state import WatchState

MINUTES = 28
"""From 10:31 to 10:59: no bar ends in them, one does at 11:00."""


def rows() -> Iterable[Row]:
    """Yield every figure of this module."""
    with TemporaryDirectory(prefix="sellcli-bench-", dir=Path.cwd()) as folder:
        world = make_world(Path(folder))
        state = begin(world.ports, world.terms, None)
        gc.freeze()  # as the command does
        cycle(world.ports, state, world.terms, show=True)
        ticks = list(_ticks(world, state))
        yield Row(
            f"a minute: read, merge, store, decide, report ({HOLDINGS} holdings)",
            median(ticks[:MINUTES]),
            goal=Goal(0.050),
        )
        yield Row("the same where an hour has ended: 333 decisions, all averages", ticks[-1])
        table = next(e for e in reversed(world.events) if isinstance(e, Table))
        screen = Terminal(
            Console(file=StringIO(), width=160, height=60, force_terminal=True), Mode.DRY_RUN, ""
        )
        started = perf_counter()
        screen(table)
        yield Row(f"the screen drawn ({HOLDINGS} holdings, 60 lines)", perf_counter() - started)
        screen.close()
        gc.unfreeze()


def _ticks(world: World, state: WatchState) -> Iterator[float]:
    for moment in minutes(MINUTES + 2):
        world.clock.set(moment)
        before = world.market_data.seconds
        started = perf_counter()
        read(world.ports, state, world.terms)
        cycle(world.ports, state, world.terms, show=True)
        yield perf_counter() - started - (world.market_data.seconds - before)
