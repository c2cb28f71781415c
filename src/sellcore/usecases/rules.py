"""Which rule each holding follows: read the assignments, ask for those that are missing."""

from collections.abc import Callable

from sellcore.event import Alert
from sellcore.instrument import Kind
from sellcore.ports.alerts import Cause
from sellcore.rule import MovingAverageRule
from sellcore.usecases.account import stocks
from sellcore.usecases.tell import tell_person
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


def tell_lost_rules(ports: Ports, state: WatchState) -> None:
    """
    Tell a person of holdings without a rule that have had one by another name.

    A listing moves, or a company takes another symbol, and the assignment, which is by
    its name, stays behind: the holding would be watched and never sold, without a word.
    """
    held = {position.instrument.ticker: position.instrument for position in state.positions}
    left = state.rules.keys() - held.keys()
    by_symbol = {ticker.partition(":")[2]: ticker for ticker in sorted(left, reverse=True)}
    by_contract = {key.con_id: key.ticker for key in state.feed.series if key.ticker in left}
    for ticker in missing(state):
        renamed = by_contract.get(held[ticker].con_id)
        before = renamed or by_symbol.get(ticker.partition(":")[2])
        if before is None:
            continue
        rule = state.rules[before]
        why = "and was its name before:"
        if renamed is None:
            why = "and is not held: has its listing moved? then:"
        text = (
            f"{ticker} follows no rule and is never sold; {before} follows {rule} {why} "
            f"sellcli assign {ticker} {rule.kind} {rule.length} --timeframe {rule.timeframe}, "
            "and start again"
        )
        tell_person(ports, state, Cause.MISSED, f"lost rule {ticker}", text)


def tell_idle(ports: Ports, state: WatchState) -> None:
    """
    Tell a person where stocks are held and no rule at all is assigned.

    Nothing would be sold all day. Where that is not meant, the assignments lie in
    another folder, or somebody has removed them.
    """
    tickers = missing(state)
    if tickers and not state.rules and not state.unclear:
        text = (
            "no rule is assigned, so nothing is decided; give one to each holding that may be "
            f"sold: sellcli assign {tickers[0]} SMA 50, and start again"
        )
        tell_person(ports, state, Cause.MISSED, "no rules", text)


def tell_undescribed(ports: Ports, state: WatchState) -> None:
    """
    Tell a person of holdings that the broker does not describe, though they have a rule.

    Without its hours no bar of one is ever due: nothing would be decided on it, nor missed.
    """
    silent = sorted(
        position.instrument.ticker
        for position in state.positions
        if position.instrument.kind is Kind.STOCK
        and position.quantity > 0
        and position.instrument not in state.contracts.details
        and position.instrument.ticker in state.rules
    )
    if not silent:
        state.told.pop("undescribed", None)
        return
    text = (
        f"not decided, since the broker does not describe it: {', '.join(silent)}; it is asked "
        "again each minute, look in TWS whether it still trades"
    )
    tell_person(ports, state, Cause.MISSED, "undescribed", text)


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
