"""
The rule on history and live, in pure Python: bars, averages, signals, plans.

    from sellcore import BarSeries, sma, ema, below_average, aggregate
    from sellcore import MovingAverageRule, evaluate

Names are loaded when they are first used, so that a command which needs no
arrays does not pay for numpy.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sellcore.aggregation import aggregate
    from sellcore.average import ema, sma
    from sellcore.bar import Bar, BarSeries
    from sellcore.coverage import Coverage
    from sellcore.evaluation import Evaluation, evaluate
    from sellcore.exact import below_average
    from sellcore.outcome import Outcome
    from sellcore.rule import AverageKind, MovingAverageRule
    from sellcore.session import Session
    from sellcore.timeframe import Timeframe

_HOMES = {
    "AverageKind": "rule",
    "Bar": "bar",
    "BarSeries": "bar",
    "Coverage": "coverage",
    "Evaluation": "evaluation",
    "MovingAverageRule": "rule",
    "Outcome": "outcome",
    "Session": "session",
    "Timeframe": "timeframe",
    "aggregate": "aggregation",
    "below_average": "exact",
    "ema": "average",
    "evaluate": "evaluation",
    "sma": "average",
}

__all__ = [
    "AverageKind",
    "Bar",
    "BarSeries",
    "Coverage",
    "Evaluation",
    "MovingAverageRule",
    "Outcome",
    "Session",
    "Timeframe",
    "aggregate",
    "below_average",
    "ema",
    "evaluate",
    "sma",
]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'sellcore' has no attribute {name!r}")
    value = getattr(import_module(f"sellcore.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
