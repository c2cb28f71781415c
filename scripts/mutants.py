"""The small ways to break a module: each yields one mutant of its syntax tree."""

import ast
import copy
from collections.abc import Callable, Iterator, Sequence

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
    """Return the places of what has no effect: annotations and their names, docstrings, imports."""
    dead: set[int] = set()
    for node in ast.walk(tree):
        parts: list[ast.AST | None] = []
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
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
        if isinstance(node, ast.Assign) and (
            _is_type_variable(node.value) or all(_is_for_mypy(each) for each in node.targets)
        ):
            parts += [node.value]
        if _is_docstring(node):
            parts += [node]
        dead |= {id(each) for part in parts if part is not None for each in ast.walk(part)}
    return {position for position, node in enumerate(ast.walk(tree)) if id(node) in dead}


def _is_for_mypy(target: ast.expr) -> bool:
    """Say whether a name is ``__all__``, or written as types are: neither ``rows`` nor ``ROWS``."""
    if not isinstance(target, ast.Name):
        return False
    return target.id == "__all__" or (target.id[0].isupper() and not target.id.isupper())


def _is_type_variable(value: ast.expr) -> bool:
    return (
        isinstance(value, ast.Call)
        and isinstance(value.func, ast.Name)
        and value.func.id == "TypeVar"
    )


def _is_docstring(node: ast.AST) -> bool:
    """Say whether a statement only stands there: a docstring, or the ``...`` of a protocol."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


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
        if isinstance(statements, list) and not isinstance(node, ast.Module):
            yield from _disturbed(name, statements)


def _disturbed(name: str, statements: Sequence[ast.stmt]) -> Iterator[tuple[str, Change]]:
    """Leave each statement out, and let each change places with the next one."""
    for index, statement in enumerate(statements):
        if not isinstance(statement, _REMOVABLE) or _is_docstring(statement):
            continue
        yield f"{type(statement).__name__} at {statement.lineno} left out", _pass(name, index)
        following = statements[index + 1] if index + 1 < len(statements) else None
        if following is not None and _acts(statement) and _acts(following):
            yield f"{statement.lineno} behind {following.lineno}", _swap(name, index)


def _acts(statement: ast.stmt) -> bool:
    """Say whether a statement asks or tells something outside: there the order matters."""
    calls = (node for node in ast.walk(statement) if isinstance(node, ast.Call))
    return any(
        _depth(call.func) > 1
        or any(isinstance(a, ast.Name) and a.id in _OUTSIDE for a in call.args)
        for call in calls
    )


def _depth(called: ast.expr) -> int:
    """Return how many dots lead to what is called: ``journal.entries.append`` has two."""
    return 1 + _depth(called.value) if isinstance(called, ast.Attribute) else 0


_OUTSIDE = {"ports", "selling", "state", "db"}
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


def _swap(name: str, index: int) -> Change:
    def change(node: ast.AST) -> None:
        body = getattr(node, name)
        body[index], body[index + 1] = body[index + 1], body[index]

    return change


def _turn(node: ast.AST) -> None:
    node.test = ast.UnaryOp(ast.Not(), node.test)
