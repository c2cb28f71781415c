"""Which rule each holding follows: read the assignments, ask for those that are missing."""

from collections.abc import Callable

from sellcore.event import Alert
from sellcore.rule import MovingAverageRule
from sellcore.usecases.account import stocks
from sellcore.usecases.watch_state import Ports, Terms, WatchState

Ask = Callable[[str], MovingAverageRule | None]
"""Asks a person which rule a ticker is to follow; None leaves it without one."""


def load_rules(ports: Ports, state: WatchState) -> tuple[str, ...]:
    """Read the assignments; return a line for each entry that cannot be used."""
    assignments = ports.assignments.load()
    state.rules = dict(assignments.rules)
    state.unclear = dict(assignments.unclear)
    return tuple(assignments.problems)


def missing(state: WatchState) -> tuple[str, ...]:
    """Return the tickers of long stock positions that follow no rule yet."""
    tickers = {
        position.instrument.ticker
        for position in stocks(state)
        if position.quantity > 0
        and position.instrument.ticker not in state.rules
        and position.instrument.ticker not in state.unclear
    }
    return tuple(sorted(tickers))


def assign_missing(ports: Ports, state: WatchState, terms: Terms, ask: Ask | None) -> None:
    """
    Settle every missing assignment, one ticker at a time, each stored at once.

    Terms that do not assign leave what is stored as it is.

    The default rule is taken where there is one; else a person is asked, where
    there is one; else the holding is watched and never sold.
    """
    for ticker in missing(state):
        rule = terms.default_rule
        if rule is None and ask is not None:
            rule = ask(ticker)
        if rule is None:
            continue
        if terms.assigns:
            ports.assignments.assign(ticker, rule)
        state.rules[ticker] = rule
        if terms.assigns and rule is terms.default_rule:
            ports.emit(Alert(ports.clock.now(), f"{ticker} had no rule: it follows {rule} now"))
