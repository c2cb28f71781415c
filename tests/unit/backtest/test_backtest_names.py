"""The public names of ``sellcore.backtest``."""

import ast
import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

from sellcore import backtest

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "backtest.md"


@pytest.mark.parametrize("name", backtest.__all__)
def test_every_public_name_is_there_and_described(name: str) -> None:
    """It can be had, and has a heading; a function with all that is given to it by place."""
    value = getattr(backtest, name)
    head = re.search(rf"^## `{name}(\(.*\))?`", PAGE.read_text(encoding="utf-8"), re.MULTILINE)

    assert head
    if inspect.isfunction(value):
        shown = ast.parse(f"def f{head[1]}: ...").body[0]
        given = inspect.signature(value).parameters.values()
        by_place = [each.name for each in given if each.kind is not each.KEYWORD_ONLY]
        assert [each.arg for each in shown.args.args] == by_place


def test_a_name_that_is_not_there_is_an_error() -> None:
    """As of any module."""
    with pytest.raises(AttributeError, match=r"'sellcore\.backtest' has no attribute 'nothing'"):
        backtest.nothing  # noqa: B018


def test_names_are_loaded_when_they_are_used() -> None:
    """Importing the package alone loads no arrays."""
    code = "import sys, sellcore.backtest; sys.exit('numpy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
