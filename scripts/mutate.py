"""
Breaks the core in every small way, one at a time, and asks the tests whether they notice.

Every mutant is one change of one module: a comparison turned or shifted by its boundary, ``and``
for ``or``, a dropped ``not``, another number or text, a statement or an argument left out, two
statements in the wrong order, a return of None. It lives in the memory of a child process only;
no file is touched. The child runs the fast tests of that module, and, where they pass, stories of
the simulation.

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

from mutants import mutants

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
SEEDS = 150
LIMIT = 120
"""Seconds of the processor that a mutant may take: one that never ends is noticed as well."""

LONGEST = 1200
"""Seconds by the clock: one that waits for ever takes no other."""

_CORE = "sellcore.selling"
_SELL = (
    ("tests/unit/usecases/test_sell_once.py",),
    ("tests/unit/usecases/test_sell_answers.py", "tests/unit/usecases/test_sell_other_orders.py"),
    (
        "tests/unit/usecases/test_sell_comparisons.py",
        "tests/unit/usecases/test_sell_at_close.py",
        "tests/unit/usecases/test_sell_limits.py",
        "tests/unit/usecases/test_sell_positions.py",
        "tests/unit/usecases/test_sell_restart.py",
    ),
    (
        "tests/unit/usecases/test_sell_halts.py",
        "tests/unit/usecases/test_sell_in_pieces.py",
        "tests/unit/usecases/test_sell_missing_orders.py",
        "tests/unit/usecases/test_sell_partial_positions.py",
        "tests/unit/usecases/test_sell_slow_disk.py",
        "tests/unit/usecases/test_sell_stale_positions.py",
        "tests/unit/usecases/test_sell_start.py",
        "tests/unit/usecases/test_sell_words.py",
        "tests/unit/usecases/test_sell_cancels.py",
    ),
)
_GATHER = ("tests/unit/usecases/test_sell_gather.py",)
_WATCH = (
    ("tests/unit/usecases/test_watch_[!s]*.py",),
    ("tests/unit/usecases/test_watch_s*.py",),
)
_PLAN = ("tests/unit/test_plan*.py",)
_JOURNAL = (("tests/contract/test_journal.py", "tests/unit/adapters/test_sqlite_journal.py"),)
_ENTRY = (
    ("tests/unit/adapters/test_ib_order_entry.py", "tests/unit/adapters/test_ib_order_numbers.py"),
    ("tests/contract/test_order_entry.py", "tests/unit/adapters/test_ib_never_sends.py"),
)
_WITNESS = (
    ("tests/unit/adapters/test_ib_witness.py", "tests/unit/adapters/test_ib_translate.py"),
    ("tests/contract/test_witness.py",),
)
_LEDGER = ("tests/unit/selling/test_ledger.py",)
_CHECKS = ("tests/unit/selling/test_checks.py",)
_EXACT = (("tests/unit/test_exact.py",), ("tests/unit/test_evaluation.py",))
_MERGE = ("tests/unit/test_merge.py",)
_MERGE_LAWS = ("tests/unit/test_merge_laws.py",)
TESTS: dict[str, tuple[tuple[str, ...], ...]] = {
    f"{_CORE}.lifecycle": (("tests/unit/selling/test_lifecycle.py",), *_SELL),
    f"{_CORE}.testimony": (
        ("tests/unit/selling/test_testimony.py", "tests/unit/selling/test_unshown.py"),
        *_SELL,
    ),
    f"{_CORE}.checks": (_CHECKS, *_SELL),
    f"{_CORE}.run_checks": (_CHECKS, *_SELL),
    f"{_CORE}.market_checks": (_CHECKS, *_SELL),
    f"{_CORE}.position_checks": (_CHECKS, *_SELL),
    f"{_CORE}.limit_checks": (_CHECKS, *_SELL),
    f"{_CORE}.facts": (("tests/unit/selling/test_facts.py",), *_SELL),
    f"{_CORE}.other_orders": (("tests/unit/selling/test_other_orders.py",), *_SELL),
    f"{_CORE}.intent_record": (("tests/unit/selling/test_intent_record.py",), *_SELL),
    f"{_CORE}.last_sale": (("tests/unit/selling/test_last_sale.py",), *_SELL),
    f"{_CORE}.overtaken": (
        ("tests/unit/selling/test_overtaken.py", "tests/unit/usecases/test_sell_overtaken.py"),
        *_SELL,
    ),
    f"{_CORE}.limit_price": (("tests/unit/selling/test_limit_price.py",), *_SELL),
    "sellcore.due": (("tests/unit/test_due.py",), _PLAN, *_WATCH),
    "sellcore.bar_reading": (("tests/unit/test_bar_reading.py",), _PLAN, *_WATCH),
    "sellcore.evaluation": (("tests/unit/test_evaluation.py",), _PLAN, *_WATCH),
    "sellcore.intake": (
        ("tests/unit/test_intake.py",),
        ("tests/unit/test_intake_laws.py",),
        *_WATCH,
    ),
    "sellcore.merge": (_MERGE, _MERGE_LAWS, *_WATCH),
    "sellcore.exact": (*_EXACT, _PLAN),
    "sellcore.ticks": (("tests/unit/test_ticks.py",), *_EXACT, _PLAN),
    "sellcore.exact_ema": (*_EXACT, _PLAN),
    "sellcore.coverage": (("tests/unit/test_coverage.py",), _MERGE, _PLAN, *_WATCH),
    "sellcore.series": (
        ("tests/unit/test_series.py",),
        _MERGE,
        _MERGE_LAWS,
        ("tests/unit/test_forming.py",),
        *_WATCH,
    ),
    "sellcore.aggregation": (
        ("tests/unit/test_aggregation.py", "tests/unit/test_hour_buckets.py"),
        ("tests/unit/test_aggregation_laws.py", "tests/unit/test_foreign_bars.py"),
        *_WATCH,
    ),
    "sellcore.split_guard": (("tests/unit/test_split_guard.py",), *_WATCH),
    "sellcore.forming": (("tests/unit/test_forming*.py",), *_WATCH),
    "sellcore.history": (("tests/unit/test_history*.py",), *_WATCH),
    "sellcore.trading_days": (
        ("tests/unit/test_trading_days.py",),
        ("tests/unit/test_due.py", "tests/unit/test_history.py"),
        ("tests/unit/test_intake.py",),
        *_WATCH,
    ),
    "sellcore.position": (("tests/unit/test_position.py",), _PLAN, *_SELL),
    "sellcore.record": (("tests/unit/test_record.py",), *_WATCH),
    "sellcore.plan": (_PLAN, *_SELL),
    "sellcore.usecases.sell": _SELL,
    "sellcore.usecases.send": _SELL,
    "sellcore.usecases.reconcile": _SELL,
    "sellcore.usecases.excess": _SELL,
    "sellcore.usecases.skew": (("tests/unit/usecases/test_sell_limits.py",), *_SELL),
    "sellcore.usecases.late_trades": (("tests/unit/usecases/test_sell_late.py",), *_SELL),
    "sellcore.usecases.take_testimony": _SELL,
    "sellcore.usecases.hear": (_GATHER, *_SELL),
    "sellcore.usecases.gather": (_GATHER, *_SELL),
    "sellcore.usecases.prepare": _SELL,
    "sellcore.usecases.unlogged": (("tests/unit/usecases/test_unlogged.py",), *_SELL),
    "sellcore.usecases.decide": (("tests/unit/usecases/test_decide_due.py",), *_SELL, *_WATCH),
    "sellcore.usecases.account": (("tests/unit/usecases/test_read_account.py",), *_WATCH),
    "sellcore.usecases.connect": (("tests/unit/usecases/test_hold_line.py",), *_WATCH),
    "sellcore.usecases.tell_order": (("tests/unit/usecases/test_tell_order.py",), *_SELL),
    f"{_CORE}.account_kind": (("tests/unit/test_arming.py",), *_SELL),
    f"{_CORE}.arming": (("tests/unit/test_arming.py",), *_SELL),
    f"{_CORE}.limits": (("tests/unit/test_selling_limits.py",), *_SELL),
    f"{_CORE}.execution": (("tests/unit/selling/test_execution.py",), _LEDGER, *_SELL),
    "adapters.journal_rules": (("tests/unit/adapters/test_journal_rules.py",), *_JOURNAL),
    "adapters.sqlite.journal": _JOURNAL,
    "adapters.sqlite.trades": _JOURNAL,
    "adapters.sqlite.rows": _JOURNAL,
    "adapters.ib.order_entry": _ENTRY,
    "adapters.ib.order_news": _ENTRY,
    "adapters.ib.order_numbers": _ENTRY,
    "adapters.ib.sending_client": _ENTRY,
    "adapters.ib.witness": _WITNESS,
    "adapters.ib.translate_trades": _WITNESS,
}
"""What must notice a mutant of a module, one lot after the other: the quickest first."""

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
        files = [str(file) for pattern in patterns for file in sorted(ROOT.glob(pattern))]
        said = io.StringIO()
        with redirect_stdout(said), redirect_stderr(said):
            code = pytest.main([*_QUIET, *files])
        if code:
            lines = said.getvalue().splitlines()
            failed = [line for line in lines if line.startswith(("FAILED", "ERROR"))]
            return failed[0] if failed else f"pytest says {code}"
    return _stories(seeds)


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


def run(name: str, seeds: int, show: bool, every: int) -> tuple[int, int]:
    """Judge the mutants of a module; return how many were judged and how many live."""
    path = SOURCE / (name.replace(".", "/") + ".py")
    text = path.read_text(encoding="utf-8")
    began, count, alive = time.monotonic(), 0, 0
    for line, what, tree in islice(mutants(ast.parse(text)), None, None, every):
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
    asked = parser.parse_args()
    sys.path[:0] = [str(SOURCE), str(ROOT)]
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
    results = [run(name, asked.seeds, asked.show, asked.every) for name in names]
    total, alive = (sum(column) for column in zip(*results, strict=True))
    print(f"all: {total} mutants, {alive} alive, {100 * (total - alive) / total:.1f} % dead")
    raise SystemExit(1 if alive * 20 > total else 0)


if __name__ == "__main__":
    main()
