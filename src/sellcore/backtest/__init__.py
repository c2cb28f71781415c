"""
The rule on history: what it would have done, after costs, beside buy-and-hold.

    from sellcore.backtest import Assumptions, backtest

Names are loaded when they are first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellcore.backtest import metrics
    from sellcore.backtest.actions import Action, ActionKind, adjust, parse_actions
    from sellcore.backtest.assumptions import (
        FREE,
        IB_FIXED,
        Adjustment,
        Assumptions,
        Costs,
        Entry,
        Fill,
        describe,
    )
    from sellcore.backtest.daily_returns import RuleReturns, rule_returns
    from sellcore.backtest.engine import backtest
    from sellcore.backtest.lookahead import LookAhead, against_live, look_ahead
    from sellcore.backtest.luck import (
        DeflatedSharpe,
        RealityCheck,
        deflated_sharpe,
        reality_check,
    )
    from sellcore.backtest.result import Backtest
    from sellcore.backtest.universe import Sweep, sweep
    from sellcore.backtest.windows import Training, WalkForward, walk_forward

_HOMES = {
    "Action": "actions",
    "ActionKind": "actions",
    "Adjustment": "assumptions",
    "Assumptions": "assumptions",
    "Backtest": "result",
    "Costs": "assumptions",
    "DeflatedSharpe": "luck",
    "Entry": "assumptions",
    "FREE": "assumptions",
    "Fill": "assumptions",
    "IB_FIXED": "assumptions",
    "LookAhead": "lookahead",
    "RealityCheck": "luck",
    "RuleReturns": "daily_returns",
    "Sweep": "universe",
    "Training": "windows",
    "WalkForward": "windows",
    "adjust": "actions",
    "against_live": "lookahead",
    "backtest": "engine",
    "deflated_sharpe": "luck",
    "describe": "assumptions",
    "look_ahead": "lookahead",
    "parse_actions": "actions",
    "reality_check": "luck",
    "rule_returns": "daily_returns",
    "sweep": "universe",
    "walk_forward": "windows",
}

__all__ = [
    "FREE",
    "IB_FIXED",
    "Action",
    "ActionKind",
    "Adjustment",
    "Assumptions",
    "Backtest",
    "Costs",
    "DeflatedSharpe",
    "Entry",
    "Fill",
    "LookAhead",
    "RealityCheck",
    "RuleReturns",
    "Sweep",
    "Training",
    "WalkForward",
    "adjust",
    "against_live",
    "backtest",
    "deflated_sharpe",
    "describe",
    "look_ahead",
    "metrics",
    "parse_actions",
    "reality_check",
    "rule_returns",
    "sweep",
    "walk_forward",
]


def __getattr__(name: str) -> Any:
    if name == "metrics":
        return import_module("sellcore.backtest.metrics")
    if name not in _HOMES:
        raise AttributeError(f"module 'sellcore.backtest' has no attribute {name!r}")
    value = getattr(import_module(f"sellcore.backtest.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
