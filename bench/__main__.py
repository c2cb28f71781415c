"""Print one table of every figure."""

import os
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec

from bench.measure import Row

MODULES = ("kernels", "cache", "startup", "tick", "selling", "backtest")
HEADINGS = ("what", "ours", "reference", "ratio", "goal", "", "machine", "against")


_FORCED = "OPENBLAS_CORETYPE"
"""Has the BLAS run the kernels of another CPU than this one: not what is to be measured."""


def main(names: list[str]) -> int:
    """Run the modules named, or all there are."""
    if forced := os.environ.pop(_FORCED, None):
        print(f"{_FORCED}={forced} is left out: the BLAS chooses by itself", file=sys.stderr)
        sys.stderr.flush()
        return subprocess.run([sys.executable, "-m", "bench", *names], check=False).returncode
    unknown = [name for name in names if name not in MODULES]
    if unknown:
        print(f"no bench called {unknown[0]!r}; there are {', '.join(MODULES)}", file=sys.stderr)
        return 2
    table: list[tuple[str, ...]] = [HEADINGS]
    for name in names or MODULES:
        if find_spec(f"bench.{name}") is None:
            continue
        print(f"measuring {name} ...", file=sys.stderr)
        table += [_cells(row) for row in import_module(f"bench.{name}").rows()]
    widths = [max(map(len, column)) for column in zip(*table, strict=True)]
    for cells in table:
        first, *figures, last = cells
        middle = (cell.rjust(width) for cell, width in zip(figures, widths[1:], strict=False))
        print("  ".join((first.ljust(widths[0]), *middle, last)).rstrip())
    print("\nmedians, taken in turns; machine: what it needs to copy the result, or as many bytes")
    return 0


def _cells(row: Row) -> tuple[str, ...]:
    goal = ""
    if row.goal is not None:
        most = f"{row.goal.most:g} x" if row.goal.of_reference else row.unit.show(row.goal.most)
        goal = f"<= {most}"
    return (
        row.what,
        row.unit.show(row.ours),
        "" if row.reference is None else row.unit.show(row.reference),
        "" if row.ratio is None else f"{row.ratio:.3g}",
        goal,
        {True: "met", False: "missed", None: ""}[row.met],
        "" if row.machine is None else row.unit.show(row.machine),
        row.against,
    )


sys.exit(main(sys.argv[1:]))
