"""A sweep on a screen: which rule did best, on all tickers and on each, and is it luck?"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
from rich.console import Console
from rich.table import Table
from rich.text import Text

from sellcli.screen.backtest_tables import part, ratio, show_assumptions, signed_part
from sellcli.screen.fitted_table import Column, Row, fitted_table
from sellcli.screen.luck_words import luck_lines, walk_lines
from sellcli.screen.text import NONE
from sellcore.backtest.dates import day_of
from sellcore.backtest.universe.ranking import Standing, ranking, standing, wins

if TYPE_CHECKING:
    from sellcli.compose.sweep import Swept
    from sellcore.backtest.universe.daily_returns import RuleReturns
    from sellcore.backtest.universe.sweep import Sweep


def tried(found: "Sweep") -> str:
    """Return how many rules were tried on how many tickers, in words."""
    rules, tickers = len(found.rules), len(found.tickers)
    return f"{rules} rule{'s' * (rules != 1)} on {tickers:,} ticker{'s' * (tickers != 1)}"


def show_sweep(console: Console, swept: "Swept", top: int) -> None:
    """
    Print the best rules, how likely they are luck, and what all of it takes for granted.

    Args:
        console: Where to.
        swept: The sweep.
        top: So many rules, and so many tickers, are listed.
    """
    found, returns = swept.found, swept.returns
    head = tried(found)
    console.print(Text(head if returns is None else f"{head}, {_span(returns)}", style="bold"))
    if returns is not None and len(returns.days):
        console.print(_rules_table(swept, returns, top, console.width))
    console.print(_tickers_table(swept, top, console.width))
    for head, lines in _sections(swept):
        console.print(Text(head, style="bold"))
        for line in lines:
            console.print(Text(f"  {line}"), soft_wrap=True)
    if returns is not None and returns.too_short:
        console.print(_too_short(returns), soft_wrap=True)
    show_assumptions(console, found.assumptions_in_words)


def _sections(swept: "Swept") -> Iterator[tuple[str, list[str]]]:
    returns = swept.returns
    if swept.luck is not None and returns is not None:
        yield "is it luck?", luck_lines(swept.luck, returns)
    if swept.walked is not None and returns is not None:
        yield "walk-forward", walk_lines(swept.walked, returns)


def _span(returns: "RuleReturns") -> str:
    days = returns.days
    if not len(days):
        return "no day that every rule can decide"
    first, last = (day_of(int(each)) for each in (days[0], days[-1]))
    return f"{first} to {last}, {len(days):,} days that every rule can decide"


_RULE_COLUMNS = (
    Column("rule", right=False),
    Column("growth a year"),
    Column("volatility", goes=1),
    Column("Sharpe"),
    Column("drawdown"),
    Column("beats holding on", goes=2),
)


def _rules_table(swept: "Swept", returns: "RuleReturns", top: int, width: int) -> Table:
    found = swept.found
    rows: list[Row] = []
    for each in ranking(returns)[:top]:
        column = found.rules.index(each.rule) if each.rule in found.rules else 0
        better, of = wins(
            found.columns["final_equity"][:, column].tolist(),
            found.columns["hold_final_equity"][:, column].tolist(),
        )
        rows.append((str(each.rule), *_figures(each), f"{better:,} of {of:,}"))
    hold = ("buy and hold", *_figures(standing(returns.hold)), NONE)
    rows.append([Text(cell, style="dim") for cell in hold])
    title = "the best rules over all tickers, equal parts every day"
    return fitted_table(title, _RULE_COLUMNS, rows, width)


def _figures(each: Standing) -> tuple[str, str, str, str]:
    return (
        signed_part(each.cagr),
        part(each.volatility),
        ratio(each.sharpe),
        part(-each.max_drawdown if each.max_drawdown else 0.0),
    )


_TICKER_COLUMNS = (
    Column("ticker", right=False),
    Column("rule", right=False),
    Column("growth a year"),
    Column("held"),
    Column("Sharpe"),
    Column("held"),
    Column("drawdown", goes=3),
    Column("held", goes=2),
    Column("trips", goes=1),
)


def _tickers_table(swept: "Swept", top: int, width: int) -> Table:
    """Return the best rule of each ticker, beside holding over the same bars."""
    found = swept.found
    sharpes = found.columns["sharpe"]
    best = np.argmax(np.where(np.isnan(sharpes), -np.inf, sharpes), axis=1)
    heights = sharpes[np.arange(len(found.tickers)), best]
    known = np.flatnonzero(~np.isnan(heights))
    title, listed = "the best rule of each ticker", known
    if len(known) > top:
        title += f": the {top} highest of {len(known):,}"
        listed = known[np.argsort(-heights[known], kind="stable")][:top]
    rows = []
    for row in listed.tolist():
        at = row, int(best[row])
        figures = {name: float(values[at]) for name, values in found.columns.items()}
        rows.append(
            (
                found.tickers[row],
                str(found.rules[at[1]]),
                *(_signed(figures[f"{own}cagr"]) for own in ("", "hold_")),
                *(_ratio(figures[f"{own}sharpe"]) for own in ("", "hold_")),
                *(_fall(figures[f"{own}max_drawdown"]) for own in ("", "hold_")),
                f"{figures['trades']:,.0f}",
            )
        )
    return fitted_table(title, _TICKER_COLUMNS, rows, width)


def _signed(value: float) -> str:
    return signed_part(None if np.isnan(value) else value)


def _ratio(value: float) -> str:
    return ratio(None if np.isnan(value) else value)


def _fall(value: float) -> str:
    return part(None if np.isnan(value) else -value if value else 0.0)


def _too_short(returns: "RuleReturns") -> str:
    names = ", ".join(returns.too_short[:5])
    more = f" and {len(returns.too_short) - 5:,} more" if len(returns.too_short) > 5 else ""
    return (
        f"not judged over all, for want of bars that every rule can decide: {names}{more}; "
        "their own figures stand"
    )
