"""
Breaks the core in every small way, one at a time, and asks the tests whether they notice.

Every mutant is one change of one module: a comparison turned or shifted by its boundary, ``and``
for ``or``, a dropped ``not``, another number or text, a statement or an argument left out, two
statements in the wrong order, a return of None. It lives in the memory of a child process only;
no file is touched. The child runs the fast tests of that module (``mutant_judges``), and, where
they pass and the simulation uses it, stories of the simulation.

    make mutate                  every module
    make mutate ONLY=testimony   one of them
    python scripts/mutate.py testimony --show   the survivors as they would be written

A tool from the shelf would do, but for this: the ones there are leave out properties and tables,
which is where this core keeps its most dangerous lines, or edit the files of the work tree.
"""

import argparse
import ast
import gc
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import signal
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from itertools import islice
from pathlib import Path

from mutant_judges import TESTS
from mutants import mutants

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
SEEDS = 150
LIMIT = 120
"""Seconds of the processor that a mutant may take: one that never ends is noticed as well."""

LONGEST = 300
"""Seconds by the clock: one that waits for ever takes no other."""

_NOT_IN_STORIES = ("adapters.ib.", "adapters.sqlite.", "adapters.alerts.", "sellcli.")
"""The simulation has no wire, no file, nobody to tell and no command line."""

_QUIET = ("-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore")


# Judging a mutant, in a child process.


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Loads one module from a tree instead of from its file."""

    def __init__(self, name: str, tree: ast.Module, path: Path) -> None:
        self._name, self._tree, self._path = name, tree, path

    def find_spec(
        self, fullname: str, path: object, target: object = None
    ) -> importlib.machinery.ModuleSpec | None:
        """Claim the one module."""
        if fullname != self._name:
            return None
        return importlib.util.spec_from_loader(fullname, self, origin=str(self._path))

    def exec_module(self, module: object) -> None:
        """Run the mutant."""
        exec(compile(self._tree, str(self._path), "exec"), vars(module))  # noqa: S102


def judge(name: str, tree: ast.Module, seeds: int) -> str:
    """Return who noticed, in a child process; empty where nobody did."""
    read, write = os.pipe()
    child = os.fork()
    if not child:
        os.close(read)
        signal.setitimer(signal.ITIMER_PROF, LIMIT)  # a busy machine notices nothing
        signal.alarm(LONGEST)
        os.write(write, _verdict(name, tree, seeds).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read, "rb") as answer:
        said = answer.read().decode()
    _, status = os.waitpid(child, 0)
    return f"it does not end: {status}" if status else said


def _verdict(name: str, tree: ast.Module, seeds: int) -> str:
    import pytest

    path = SOURCE / (name.replace(".", "/") + ".py")
    sys.meta_path.insert(0, Finder(name, tree, path))
    for patterns in TESTS[name]:
        files = [found for pattern in patterns for found in _found(pattern)]
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = pytest.main([*_QUIET, *files])
        if code:
            lines = said.getvalue().splitlines()
            failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
            return failed[0] if failed else f"pytest says {code}"
    return "" if name.startswith(_NOT_IN_STORIES) else _stories(seeds)


def _found(pattern: str) -> list[str]:
    """Return the files that a pattern names; an option names none, and stands for itself."""
    if pattern.startswith("-"):
        return [pattern]
    return [str(file) for file in sorted(ROOT.glob(pattern))]


def _stories(seeds: int) -> str:
    from tests.integration.simulation.story import tell

    for seed in range(seeds):
        try:
            broken = tell(seed).broken
        except Exception as error:  # noqa: BLE001 - a mutant may raise anything
            broken = repr(error)
        if broken:
            return f"story {seed}: {broken}"
    return ""


def run(name: str, seeds: int, show: bool, first: int, every: int) -> tuple[int, int]:
    """Judge the mutants of a module; return how many were judged and how many live."""
    path = SOURCE / (name.replace(".", "/") + ".py")
    text = path.read_text(encoding="utf-8")
    began, count, alive = time.monotonic(), 0, 0
    for line, what, tree in islice(mutants(ast.parse(text)), first, None, every):
        count += 1
        noticed = judge(name, tree, seeds)
        if show and noticed:
            print(f"  dead     {path.name}:{line} {what}: {noticed[:90]}")
        if not noticed:
            alive += 1
            print(f"  SURVIVES {path.name}:{line} {what}: {text.splitlines()[line - 1].strip()}")
        sys.stdout.flush()
    dead = 100 * (count - alive) / max(count, 1)
    seconds = time.monotonic() - began
    print(f"{name}: {count} mutants, {alive} alive, {dead:.1f} % dead, {seconds:.0f} s")
    return count, alive


def main() -> None:
    """Judge the modules that were asked for; end with 1 where under 95 % are dead."""
    parser = argparse.ArgumentParser(description="Mutation testing of the core.")
    parser.add_argument("only", nargs="*", help="ends of module names, e.g. testimony")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="stories of the second judge")
    parser.add_argument("--show", action="store_true", help="tell who noticed each mutant")
    parser.add_argument("--every", type=int, default=1, help="judge only every so many'th mutant")
    parser.add_argument("--first", type=int, default=0, help="begin with this mutant, from 0")
    asked = parser.parse_args()
    sys.path[:0] = [str(SOURCE), str(ROOT)]
    os.environ["SELLCLI_TEST_PATIENCE"] = "6"  # a test that fails by waiting is the rule here
    os.chdir(ROOT)
    import hypothesis
    import ib_async  # noqa: F401 - loaded once, for all children
    import numpy  # noqa: F401
    import pyarrow  # noqa: F401
    import pytest  # noqa: F401

    phases = (hypothesis.Phase.explicit, hypothesis.Phase.generate)  # nobody reads the example
    hypothesis.settings.register_profile("quick", max_examples=25, database=None, phases=phases)
    hypothesis.settings.load_profile("quick")  # what the tests load has it for its parent
    gc.freeze()  # what all children share need not be looked through in each
    names = [n for n in TESTS if not asked.only or n.rpartition(".")[2] in asked.only]
    if not names:
        parser.error(f"no such module; there are {', '.join(n.rpartition('.')[2] for n in TESTS)}")
    results = [run(name, asked.seeds, asked.show, asked.first, asked.every) for name in names]
    total, alive = (sum(column) for column in zip(*results, strict=True))
    print(f"all: {total} mutants, {alive} alive, {100 * (total - alive) / total:.1f} % dead")
    raise SystemExit(1 if alive * 20 > total else 0)


if __name__ == "__main__":
    main()
