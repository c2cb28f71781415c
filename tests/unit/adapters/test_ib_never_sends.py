"""One module can send an order, and what does not trade never meets it."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import adapters.ib
from adapters.ib.reading_client import ReadingClient
from adapters.ib.sending_client import SendingClient

IB = Path(adapters.ib.__file__).parent
SOURCE = IB.parents[1]

SENDING = {"placeOrder", "cancelOrder", "reqOpenOrders"}
"""The last gives client 0 the orders that were entered by hand, each with a number."""

NEVER = {"reqGlobalCancel", "exerciseOptions", "reqAutoOpenOrders"}
RAW = {"send", "sendMsg", "write", "writelines", "call_action"}
"""Ways around the client's own methods; ``write`` of a batch is that of the order entry."""

MAY_NAME_THEM = {"adapters.ib.order_entry", "adapters.ib.sending_client"}
MAY_IMPORT_SENDING_CLIENT = {"adapters.ib.order_entry"}
MAY_IMPORT_ORDER_ENTRY = {"sellcli.compose.selling"}
"""The live composition: nothing else is wired with a way to send."""

MAY_MAKE_A_CLIENT = {"adapters.ib.reading_client"}
BY_NAME = {"getattr", "setattr", "vars", "eval", "exec", "__import__", "import_module"}


def name_of(path: Path) -> str:
    """Return a module's dotted name."""
    parts = path.relative_to(SOURCE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {name_of(path): path for path in sorted(SOURCE.glob("**/*.py"))}
TREES = {name: ast.parse(path.read_text("utf-8")) for name, path in MODULES.items()}
OF_IB = sorted(name for name in MODULES if name.startswith("adapters.ib"))


def names_in(tree: ast.AST) -> Iterator[str]:
    """Yield every attribute, name, keyword, definition and whole text."""
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=text) | ast.Name(id=text) | ast.alias(name=text):
                yield text
            case ast.FunctionDef(name=text) | ast.AsyncFunctionDef(name=text):
                yield text
            case ast.keyword(arg=str(text)) | ast.Constant(value=str(text)):
                yield text


def imports_of(tree: ast.AST) -> Iterator[str]:
    """Yield every module that is imported, and every name that may be one."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield str(node.module)
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def importers_of(module: str) -> set[str]:
    """Return the modules of the product that import ``module`` anywhere, lazily too."""
    return {name for name, tree in TREES.items() if module in imports_of(tree)}


def test_there_are_modules_to_look_at() -> None:
    """The scans below scan something."""
    wanted = {"broker", "connection", "line", "market_data", "questions", "witness", "order_entry"}
    assert {f"adapters.ib.{name}" for name in wanted} <= set(OF_IB)
    assert "sellcli.app" in MODULES
    assert "sellcore.plan" in MODULES


@pytest.mark.parametrize("module", sorted(MODULES))
def test_only_the_order_entry_names_a_call_that_sends(module: str) -> None:
    """No attribute, name or text elsewhere in the product is one of the sending calls."""
    found = set(names_in(TREES[module]))
    assert found.isdisjoint(NEVER)
    assert module in MAY_NAME_THEM or found.isdisjoint(SENDING)


@pytest.mark.parametrize("module", OF_IB)
def test_nothing_is_sent_past_the_client(module: str) -> None:
    """No module writes to the socket itself, or reaches a method by its name as text."""
    calls = [node.func for node in ast.walk(TREES[module]) if isinstance(node, ast.Call)]
    attributes = {call.attr for call in calls if isinstance(call, ast.Attribute)}
    if module in MAY_NAME_THEM:
        attributes -= {"write"}
    assert attributes.isdisjoint(RAW)
    assert set(names_in(TREES[module])).isdisjoint(BY_NAME)


def test_only_the_order_entry_sees_the_sending_client() -> None:
    """The view of the client that sends is nobody else's to import."""
    assert importers_of("adapters.ib.sending_client") <= MAY_IMPORT_SENDING_CLIENT


def test_only_the_live_composition_imports_the_order_entry() -> None:
    """No adapter, no command and no other wiring can be handed a way to send by mistake."""
    assert importers_of("adapters.ib.order_entry") <= MAY_IMPORT_ORDER_ENTRY
    assert importers_of("adapters.ib") <= {
        name for name in MODULES if name.startswith(("adapters.ib.", "sellcli.compose"))
    }


def test_clients_are_made_in_one_place() -> None:
    """Nobody builds a client of the library for himself, or its ``IB``, which has all calls."""
    assert importers_of("ib_async.client") <= MAY_MAKE_A_CLIENT
    whole = {"ib_async", "ib_async.IB", "ib_async.ib", "ib_async.Client", "ib_async.connection"}
    for name, tree in TREES.items():
        imported = {
            f"{n.module}.{a.name}"
            for n in ast.walk(tree)
            if isinstance(n, ast.ImportFrom)
            for a in n.names
        }
        plain = {a.name for n in ast.walk(tree) if isinstance(n, ast.Import) for a in n.names}
        assert (imported | plain).isdisjoint(whole), name


def test_the_client_is_typed_without_sending_calls() -> None:
    """What mypy lets the other modules call contains nothing that sends."""
    assert (SENDING | NEVER).isdisjoint(vars(ReadingClient))


def test_the_sending_client_has_three_calls() -> None:
    """It can place, cancel, and ask for numbers; there is no other way to touch an order."""
    public = {name for name in vars(SendingClient) if not name.startswith("_")}
    assert public == SENDING
