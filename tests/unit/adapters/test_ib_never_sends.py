"""The package that reads from Interactive Brokers has no way to send an order."""

import ast
from pathlib import Path

import pytest

import adapters.ib
from adapters.ib.reading_client import ReadingClient

SENDING = {"placeOrder", "cancelOrder", "reqGlobalCancel", "exerciseOptions", "reqAutoOpenOrders"}
MODULES = sorted(Path(adapters.ib.__file__).parent.glob("**/*.py"))


def test_there_are_modules_to_look_at() -> None:
    """The scan below scans something."""
    assert {"broker.py", "connection.py", "line.py", "market_data.py"} <= {m.name for m in MODULES}


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.name)
def test_no_module_names_a_call_that_sends(module: Path) -> None:
    """No attribute, name or text in the package is one of the client's sending calls."""
    tree = ast.parse(module.read_text("utf-8"))
    names = {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    names |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    names |= {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
    names |= {
        node.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert names.isdisjoint(SENDING)


def test_the_client_is_typed_without_sending_calls() -> None:
    """What mypy lets this package call contains nothing that sends."""
    assert SENDING.isdisjoint(vars(ReadingClient))
