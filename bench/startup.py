"""Whole processes: the light commands, and a warm start to the first table."""

import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from tempfile import TemporaryDirectory

from bench.measure import Goal, Row, Task, medians
from bench.world import HOLDINGS, make_world
from sellcore.usecases.watch import begin

REPEATS = 15
WARM_REPEATS = 5

_BARE = [sys.executable, "-c", "pass"]
_ABOVE_BARE = 0.080


def rows() -> Iterable[Row]:
    """Yield every figure of this module."""
    with TemporaryDirectory(prefix="sellcli-bench-", dir=Path.cwd()) as name:
        sheet = str(Path(name) / "assigned_ma.csv")
        commands = {
            "sellcli --help": ["--help"],
            "sellcli assign": ["assign", "NASDAQ:AAPL", "SMA", "50", "--assignments", sheet],
        }
        for what, arguments in commands.items():
            ours, bare = medians(
                [_run([sys.executable, "-m", "sellcli", *arguments]), _run(_BARE)], REPEATS
            )
            yield Row(f"{what}, above bare python", ours - bare, goal=Goal(_ABOVE_BARE))
        yield _warm_start(Path(name) / "cache")


def _run(command: list[str]) -> Task:
    def run() -> None:
        subprocess.run(command, check=True, capture_output=True)

    return run


def _warm_start(folder: Path) -> Row:
    """Measure imports, reading the cache, and the first table; the network and the fakes not."""
    world = make_world(folder)
    begin(world.ports, world.terms, None)
    world.ports.bars.close()  # type: ignore[attr-defined]
    seconds = []
    for _ in range(WARM_REPEATS):
        done = subprocess.run(
            [sys.executable, "-m", "bench.warm_start", str(folder)],
            check=True,
            capture_output=True,
            text=True,
        )
        seconds.append(float(done.stdout))
    seconds.sort()
    return Row(
        f"warm start to the first table ({HOLDINGS} holdings)",
        seconds[len(seconds) // 2],
        goal=Goal(1.0),
    )
