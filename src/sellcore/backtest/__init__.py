"""
The rule on history: what it would have done, after costs, beside buy-and-hold.

    from sellcore.backtest import Assumptions, backtest

Names are loaded when they are first used. One account bar by bar: ``account``; every
rule on every ticker: ``universe``; is the best of them luck: ``luck``; beside them,
what these rest on.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellcore.backtest import metrics
    from sellcore.backtest.account.engine import backtest
    from sellcore.backtest.account.result import Backtest
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
    from sellcore.backtest.lookahead import LookAhead, against_live, look_ahead
    from sellcore.backtest.luck.deflated_sharpe import DeflatedSharpe, deflated_sharpe
    from sellcore.backtest.luck.reality_check import RealityCheck, reality_check
    from sellcore.backtest.luck.walk_forward import Training, WalkForward, walk_forward
    from sellcore.backtest.universe.daily_returns import RuleReturns, rule_returns
    from sellcore.backtest.universe.sweep import Sweep, sweep

_HOMES = {
    "Action": "actions",
    "ActionKind": "actions",
    "Adjustment": "assumptions",
    "Assumptions": "assumptions",
    "Backtest": "account.result",
    "Costs": "assumptions",
    "DeflatedSharpe": "luck.deflated_sharpe",
    "Entry": "assumptions",
    "FREE": "assumptions",
    "Fill": "assumptions",
    "IB_FIXED": "assumptions",
    "LookAhead": "lookahead",
    "RealityCheck": "luck.reality_check",
    "RuleReturns": "universe.daily_returns",
    "Sweep": "universe.sweep",
    "Training": "luck.walk_forward",
    "WalkForward": "luck.walk_forward",
    "adjust": "actions",
    "against_live": "lookahead",
    "backtest": "account.engine",
    "deflated_sharpe": "luck.deflated_sharpe",
    "describe": "assumptions",
    "look_ahead": "lookahead",
    "parse_actions": "actions",
    "reality_check": "luck.reality_check",
    "rule_returns": "universe.daily_returns",
    "sweep": "universe.sweep",
    "walk_forward": "luck.walk_forward",
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
