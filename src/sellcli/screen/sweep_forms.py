"""A sweep as one JSON document."""

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from sellcli.screen.backtest_forms import assumptions_form
from sellcli.screen.json_forms import Json
from sellcore.backtest.dates import day_of
from sellcore.backtest.luck.walk_forward import WalkForward
from sellcore.backtest.metrics import TRADING_DAYS
from sellcore.backtest.universe.ranking import Standing, ranking, standing

if TYPE_CHECKING:
    from sellcli.compose.sweep import Luck, Swept
    from sellcore.backtest.universe.daily_returns import RuleReturns


def sweep_form(swept: "Swept") -> dict[str, Json]:
    """Return which rule did best, how likely that is luck, and what all of it rests on."""
    returns = swept.returns
    return {
        "tickers": list(swept.found.tickers),
        "rules": [str(rule) for rule in swept.found.rules],
        "since": None if swept.found.since is None else swept.found.since.isoformat(),
        "judged": None if returns is None else _judged(returns),
        "luck": None if swept.luck is None or returns is None else _luck(swept.luck, returns),
        "walk_forward": None
        if swept.walked is None or returns is None
        else _walk_forward(swept.walked, returns),
        "notes": list(swept.notes),
        "assumptions": assumptions_form(swept.found.assumptions),
        "assumptions_in_words": list(swept.found.assumptions_in_words),
    }


def row_forms(swept: "Swept") -> list[Json]:
    """Return the figures of each rule on each ticker."""
    return [
        {
            name: None if isinstance(value, float) and not isfinite(value) else value
            for name, value in row.items()
        }
        for row in swept.found.rows()
    ]


def _judged(returns: "RuleReturns") -> Json:
    days = returns.days
    return {
        "tickers": list(returns.tickers),
        "too_short": list(returns.too_short),
        "days": len(days),
        "first": day_of(int(days[0])).isoformat() if len(days) else None,
        "last": day_of(int(days[-1])).isoformat() if len(days) else None,
        "ranking": [_standing(each) for each in ranking(returns)] if len(days) else [],
        "hold": _standing(standing(returns.hold)) if len(days) else None,
    }


def _standing(each: Standing) -> Json:
    return {
        "rule": None if each.rule is None else str(each.rule),
        "growth": each.growth,
        "cagr": each.cagr,
        "volatility": each.volatility,
        "sharpe": each.sharpe,
        "max_drawdown": each.max_drawdown,
    }


def _luck(luck: "Luck", returns: "RuleReturns") -> Json:
    deflated, check = luck.deflated, luck.check
    year = float(np.sqrt(TRADING_DAYS))
    return {
        "deflated_sharpe": None
        if deflated is None
        else {
            "best": str(returns.rules[deflated.best]),
            "sharpe": deflated.sharpe * year,
            "by_chance": deflated.by_chance * year,
            "probability": deflated.probability,
            "trials": deflated.trials,
        },
        "reality_check": {
            "best": str(returns.rules[check.best]),
            "excess_a_year": check.excess * TRADING_DAYS,
            "p_value": check.p_value,
            "draws": check.draws,
            "block": check.block,
        },
    }


def _walk_forward(walked: WalkForward, returns: "RuleReturns") -> Json:
    year = float(np.sqrt(TRADING_DAYS))
    first = walked.windows[0].first
    return {
        "walked": _standing(standing(walked.returns)),
        "hold": _standing(standing(returns.hold[first:])),
        "windows": [
            {
                "from": day_of(int(returns.days[window.first])).isoformat(),
                "to": day_of(int(returns.days[window.end - 1])).isoformat(),
                "rule": str(returns.rules[window.chosen]),
                "sharpe_before": window.sharpe_before * year,
                "sharpe_after": window.sharpe_after * year,
            }
            for window in walked.windows
        ],
    }
