"""A backtest, put together: bars, rules and actions in, what came of it out."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.compose.bars import Origin, TickerBars
from sellcli.compose.files import assignment_store
from sellcli.compose.research_bars import check_some, closed_bars, has_bars, research_bars
from sellcli.settings import Settings
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from sellcore.backtest.account.result import Backtest
    from sellcore.backtest.actions import Action
    from sellcore.backtest.assumptions import Assumptions
    from sellcore.rule import MovingAverageRule


@frozen
class Question:
    """
    What is to be tested.

    Attributes:
        tickers: ``EXCHANGE:SYMBOL`` each; none for all there are.
        rule: Of all of them; None for the one that each is assigned.
        since: First trading date of the account; bars before it fill the averages.
        until: Last trading date.
        data: A data folder in place of the cache.
        origin: Whose bars of the cache.
        allow_gaps: Take bars around a gap for neighbours.
    """

    tickers: tuple[str, ...]
    rule: "MovingAverageRule | None"
    since: date | None
    until: date | None
    data: Path | None
    origin: Origin | None
    allow_gaps: bool


@frozen
class Tested:
    """
    What came of it.

    Attributes:
        found: The backtest.
        origins: Whose bars each ticker's are.
        notes: What a person should know of what was left out, one line each.
    """

    found: "Backtest"
    origins: Mapping[str, Origin]
    notes: tuple[str, ...]


def tested(
    settings: Settings,
    question: Question,
    assumptions: "Assumptions",
    actions: "Sequence[Action]",
) -> Tested:
    """
    Test rules on history.

    Raises:
        ConfigError: no bars, no rule, bars with gaps.
        InvalidValue: bars that cannot be what they claim to be; see ``backtest``.
        StorageError: the cache cannot be read.
    """
    from sellcore.backtest.account.engine import backtest

    every = research_bars(settings, question.tickers, question.data, question.origin)
    rules, notes = _rules(settings, question, every)
    chosen = [found for found in every if found.ticker in rules]
    bars = {
        found.ticker: closed_bars(
            found,
            rules[found.ticker].timeframe,
            allow_gaps=question.allow_gaps,
            since=question.since,
            until=question.until,
        )
        for found in chosen
    }
    check_some(bars.values(), question.until)
    result = backtest(bars, rules, assumptions, actions, since=question.since)
    return Tested(result, {found.ticker: found.origin for found in chosen}, notes)


def _rules(
    settings: Settings, question: Question, every: Sequence[TickerBars]
) -> "tuple[dict[str, MovingAverageRule], tuple[str, ...]]":
    """Return the rule of each ticker; one that nobody named may go without, and is told of."""
    assigned: Mapping[str, MovingAverageRule] = {}
    unclear: Mapping[str, str] = {}
    if question.rule is None:
        assignments = assignment_store(settings).load()
        assigned, unclear = assignments.rules, assignments.unclear
    rules, left_out = {}, []
    for found in every:
        rule = question.rule or assigned.get(found.ticker)
        if rule is None and found.ticker not in unclear:
            rule = settings.default_rule
        if rule is None:
            why = unclear.get(found.ticker, f"{found.ticker} has no rule assigned")
            left_out.append(f"{why}; give --rule, or assign one with 'sellcli assign'")
        elif has_bars(found, rule.timeframe) or question.tickers:
            rules[found.ticker] = rule
        else:
            left_out.append(
                f"{found.ticker} has no bars for {rule}; bring some with 'sellcli import', or test "
                "a rule of the other timeframe"
            )
    if left_out and (question.tickers or not rules):
        raise ConfigError(left_out[0])
    return rules, tuple(f"left out: {why}" for why in left_out)
