"""
Breaks the selling core in every small way, one at a time, and asks the tests whether they notice.

Every mutant is one change of one module: a comparison turned or shifted by its boundary, ``and``
for ``or``, a dropped ``not``, another number or text, a statement or an argument left out, a
return of None. It lives in the memory of a child process only; no file is touched. The child runs
the fast tests of that module, and, where they pass, stories of the simulation.

    make mutate                  every module
    make mutate ONLY=testimony   one of them
    python scripts/mutate.py testimony --show   the survivors as they would be written

A tool from the shelf would do, but for this: the ones there are leave out properties and tables,
which is where this core keeps its most dangerous lines, or edit the files of the work tree.
"""

import argparse
import ast
import copy
import importlib.abc
import importlib.machinery
import importlib.util
import io
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / "src"
SEEDS = 150
LIMIT = 120
"""Seconds that a mutant may take: one that never ends is noticed as well."""

_CORE = "sellcore.selling"
_SELL = (
    ("tests/unit/usecases/test_sell_once.py",),
    ("tests/unit/usecases/test_sell_answers.py", "tests/unit/usecases/test_sell_other_orders.py"),
    (
        "tests/unit/usecases/test_sell_at_close.py",
        "tests/unit/usecases/test_sell_limits.py",
        "tests/unit/usecases/test_sell_positions.py",
        "tests/unit/usecases/test_sell_restart.py",
    ),
)
_CHECKS = ("tests/unit/selling/test_checks.py",)
TESTS: dict[str, tuple[tuple[str, ...], ...]] = {
    f"{_CORE}.lifecycle": (("tests/unit/selling/test_lifecycle.py",), *_SELL),
    f"{_CORE}.testimony": (("tests/unit/selling/test_testimony.py",), *_SELL),
    f"{_CORE}.checks": (_CHECKS, *_SELL),
    f"{_CORE}.run_checks": (_CHECKS, *_SELL),
    f"{_CORE}.market_checks": (_CHECKS, *_SELL),
    f"{_CORE}.position_checks": (_CHECKS, *_SELL),
    f"{_CORE}.limit_checks": (_CHECKS, *_SELL),
    f"{_CORE}.facts": (("tests/unit/selling/test_facts.py",), *_SELL),
    f"{_CORE}.other_orders": (("tests/unit/selling/test_other_orders.py",), *_SELL),
    f"{_CORE}.intent_record": (("tests/unit/selling/test_intent_record.py",), *_SELL),
    f"{_CORE}.limit_price": (("tests/unit/selling/test_limit_price.py",), *_SELL),
    "sellcore.plan": (("tests/unit/test_plan*.py",), *_SELL),
    "sellcore.usecases.sell": _SELL,
    "sellcore.usecases.send": _SELL,
    "sellcore.usecases.reconcile": _SELL,
    "sellcore.usecases.hear": _SELL,
    "sellcore.usecases.gather": _SELL,
}
"""What must notice a mutant of a module, one lot after the other: the quickest first."""

_QUIET = ("-q", "-x", "--no-header", "--tb=no", "-p", "no:cacheprovider", "-W", "ignore")

COMPARISONS: dict[type[ast.cmpop], tuple[type[ast.cmpop], ...]] = {
    ast.Lt: (ast.LtE, ast.GtE),
    ast.LtE: (ast.Lt, ast.Gt),
    ast.Gt: (ast.GtE, ast.LtE),
    ast.GtE: (ast.Gt, ast.Lt),
    ast.Eq: (ast.NotEq,),
    ast.NotEq: (ast.Eq,),
    ast.Is: (ast.IsNot,),
    ast.IsNot: (ast.Is,),
    ast.In: (ast.NotIn,),
    ast.NotIn: (ast.In,),
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.BitOr: ast.BitAnd,
    ast.BitAnd: ast.BitOr,
}
SWAPPED = {"max": "min", "min": "max", "any": "all", "all": "any"}

Change = Callable[[ast.AST], None]
Mutant = tuple[int, str, ast.Module]
"""Line, what is changed there, and the module with it."""


def mutants(tree: ast.Module) -> Iterator[Mutant]:
    """Yield every mutant of a module, in the order of its lines."""
    found = [
        (_line(node), what, position, change)
        for position, node in enumerate(ast.walk(tree))
        for what, change in _changes(node)
    ]
    skipped = _unseen(tree)
    for line, what, position, change in sorted(found, key=lambda each: each[:2]):
        if position in skipped:
            continue
        mutant = copy.deepcopy(tree)
        change(_node_at(mutant, position))
        yield line, what, ast.fix_missing_locations(mutant)


def _line(node: ast.AST) -> int:
    return getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 0)


def _node_at(tree: ast.Module, wanted: int) -> ast.AST:
    return next(node for position, node in enumerate(ast.walk(tree)) if position == wanted)


def _unseen(tree: ast.Module) -> set[int]:
    """Return the places of what has no effect: annotations, docstrings, imports."""
    dead: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            parts += [node.returns]
            parts += [
                argument.annotation
                for argument in (*arguments.args, *arguments.kwonlyargs, *arguments.posonlyargs)
            ]
            parts += node.decorator_list
        if isinstance(node, ast.ClassDef):
            parts += [*node.decorator_list, *node.bases]
        if isinstance(node, ast.AnnAssign):
            parts += [node.annotation]
        if isinstance(node, ast.Import | ast.ImportFrom):
            parts += [node]
        if _is_docstring(node):
            parts += [node]
        dead |= {id(each) for part in parts if part is not None for each in ast.walk(part)}
    return {position for position, node in enumerate(ast.walk(tree)) if id(node) in dead}


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def _changes(node: ast.AST) -> Iterator[tuple[str, Change]]:
    match node:
        case ast.Compare(ops=ops):
            for index, operator in enumerate(ops):
                for other in COMPARISONS[type(operator)]:
                    yield f"{_name(operator)} -> {_name(other())}", _set_op(index, other)
        case ast.BoolOp(op=ast.And()):
            yield "and -> or", lambda n: setattr(n, "op", ast.Or())
            yield from _ignored(node.values)
        case ast.BoolOp(op=ast.Or()):
            yield "or -> and", lambda n: setattr(n, "op", ast.And())
            yield from _ignored(node.values)
        case ast.UnaryOp(op=ast.Not()):
            yield "not dropped", lambda n: setattr(n, "op", ast.UAdd())
        case ast.BinOp(op=operator) if type(operator) in ARITHMETIC and not _is_type(node):
            other_op = ARITHMETIC[type(operator)]
            yield (
                f"{_name(operator)} -> {_name(other_op())}",
                lambda n, o=other_op: setattr(n, "op", o()),
            )
        case ast.Constant(value=bool(value)):
            yield f"{value} -> {not value}", lambda n, v=not value: setattr(n, "value", v)
        case ast.Constant(value=int(value) | float(value)):
            for other_value in dict.fromkeys((value + 1, value - 1, -value or value + 1)):
                yield (
                    f"{value} -> {other_value}",
                    lambda n, v=other_value: setattr(n, "value", v),
                )
        case ast.Constant(value=str(value)) if value:
            yield f"{value[:20]!r} -> another text", lambda n: setattr(n, "value", n.value + "X")
        case ast.Call(func=ast.Name(id=name)) if name in SWAPPED:
            yield (
                f"{name} -> {SWAPPED[name]}",
                lambda n, s=SWAPPED[name]: setattr(n.func, "id", s),
            )
        case ast.IfExp():
            yield "condition turned", _turn
        case ast.If() | ast.While():
            yield "condition turned", _turn
        case ast.Return(value=ast.expr() as value) if not _is_none(value):
            yield "returns None", lambda n: setattr(n, "value", ast.Constant(None))
        case ast.Dict(keys=keys):
            for index in range(len(keys)):
                yield f"entry {index} left out", _drop_entry(index)
        case ast.comprehension(ifs=ifs) if ifs:
            yield "filter left out", lambda n: setattr(n, "ifs", [])
        case ast.Tuple(elts=elements, ctx=ast.Load()) if len(elements) > 1:
            yield from _dropped(elements, "elts")
    if isinstance(node, ast.Call):
        for index, keyword in enumerate(node.keywords):
            if keyword.arg is not None:
                yield f"argument {keyword.arg} left out", _drop("keywords", index)
    for name in ("body", "orelse", "finalbody"):
        statements = getattr(node, name, None)
        if not isinstance(statements, list) or isinstance(node, ast.Module):
            continue
        for index, statement in enumerate(statements):
            if isinstance(statement, _REMOVABLE) and not _is_docstring(statement):
                yield (
                    f"{type(statement).__name__} at {statement.lineno} left out",
                    _pass(name, index),
                )


_REMOVABLE = (ast.Expr, ast.Assign, ast.AugAssign, ast.Raise, ast.If, ast.Break, ast.Continue)


def _is_none(value: ast.expr) -> bool:
    return isinstance(value, ast.Constant) and value.value is None


def _is_type(node: ast.BinOp) -> bool:
    return isinstance(node.op, ast.BitOr) and any(
        isinstance(side, ast.Constant) and side.value is None for side in (node.left, node.right)
    )


def _name(operator: ast.AST) -> str:
    return type(operator).__name__


def _set_op(index: int, operator: type[ast.cmpop]) -> Change:
    def change(node: ast.AST) -> None:
        node.ops[index] = operator()

    return change


def _dropped(parts: Sequence[ast.expr], name: str) -> Iterator[tuple[str, Change]]:
    for index in range(len(parts)):
        yield f"{ast.unparse(parts[index])[:40]} left out", _drop(name, index)


def _ignored(parts: Sequence[ast.expr]) -> Iterator[tuple[str, Change]]:
    """Yield a BoolOp without each of its parts: its neighbour stands in its place."""
    for index in range(len(parts)):
        yield f"{ast.unparse(parts[index])[:40]} left out", _repeat(index)


def _repeat(index: int) -> Change:
    def change(node: ast.AST) -> None:
        node.values[index] = copy.deepcopy(node.values[index - 1])

    return change


def _drop(name: str, index: int) -> Change:
    def change(node: ast.AST) -> None:
        del getattr(node, name)[index]

    return change


def _drop_entry(index: int) -> Change:
    def change(node: ast.AST) -> None:
        del node.keys[index], node.values[index]

    return change


def _pass(name: str, index: int) -> Change:
    def change(node: ast.AST) -> None:
        getattr(node, name)[index] = ast.Pass()

    return change


def _turn(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)


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
        signal.alarm(LIMIT)
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


def run(name: str, seeds: int, show: bool) -> tuple[int, int]:
    """Judge every mutant of a module; return how many there are and how many live."""
    path = SOURCE / (name.replace(".", "/") + ".py")
    text = path.read_text(encoding="utf-8")
    began, count, alive = time.monotonic(), 0, 0
    for line, what, tree in mutants(ast.parse(text)):
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
    parser = argparse.ArgumentParser(description="Mutation testing of the selling core.")
    parser.add_argument("only", nargs="*", help="ends of module names, e.g. testimony")
    parser.add_argument("--seeds", type=int, default=SEEDS, help="stories of the second judge")
    parser.add_argument("--show", action="store_true", help="tell who noticed each mutant")
    asked = parser.parse_args()
    sys.path[:0] = [str(SOURCE), str(ROOT)]
    os.chdir(ROOT)
    import hypothesis
    import ib_async  # noqa: F401 - loaded once, for all children
    import numpy  # noqa: F401
    import pyarrow  # noqa: F401
    import pytest  # noqa: F401

    hypothesis.settings.register_profile("quick", max_examples=25, database=None)
    hypothesis.settings.load_profile("quick")  # what the tests load has it for its parent
    names = [n for n in TESTS if not asked.only or n.rpartition(".")[2] in asked.only]
    if not names:
        parser.error(f"no such module; there are {', '.join(n.rpartition('.')[2] for n in TESTS)}")
    results = [run(name, asked.seeds, asked.show) for name in names]
    total, alive = (sum(column) for column in zip(*results, strict=True))
    print(f"all: {total} mutants, {alive} alive, {100 * (total - alive) / total:.1f} % dead")
    raise SystemExit(1 if alive * 20 > total else 0)


if __name__ == "__main__":
    main()
