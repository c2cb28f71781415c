"""
The rule on history: what it would have done, after costs, beside buy-and-hold.

    from sellcore.backtest import Assumptions, backtest

Names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellcore.backtest.assumptions import (
        FREE,
        IB_FIXED,
        Adjustment,
        Assumptions,
        Costs,
        Entry,
        Fill,
    )

_HOMES = {
    "Adjustment": "assumptions",
    "Assumptions": "assumptions",
    "Costs": "assumptions",
    "Entry": "assumptions",
    "FREE": "assumptions",
    "Fill": "assumptions",
    "IB_FIXED": "assumptions",
}

__all__ = [
    "FREE",
    "IB_FIXED",
    "Adjustment",
    "Assumptions",
    "Costs",
    "Entry",
    "Fill",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sellcore.backtest' has no attribute {name!r}")
    value = getattr(import_module(f"sellcore.backtest.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
