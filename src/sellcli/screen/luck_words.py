"""How likely the best rule is luck, in words."""

from math import sqrt
from typing import TYPE_CHECKING

from sellcli.screen.backtest_tables import ratio, signed_part
from sellcore.backtest.dates import day_of
from sellcore.backtest.luck.deflated_sharpe import DeflatedSharpe
from sellcore.backtest.luck.reality_check import RealityCheck
from sellcore.backtest.luck.walk_forward import WalkForward
from sellcore.backtest.metrics import TRADING_DAYS
from sellcore.backtest.universe.ranking import standing

if TYPE_CHECKING:
    from sellcli.compose.sweep import Luck
    from sellcore.backtest.universe.daily_returns import RuleReturns

CONVINCING, UNLIKELY = 0.95, 0.05
"""A probability of skill from here on, of luck up to here, is called significant."""


def luck_lines(luck: "Luck", returns: "RuleReturns") -> list[str]:
    """Return what both measures say, and what to make of it."""
    lines = []
    if luck.deflated is not None:
        lines += _deflated(luck.deflated, str(returns.rules[luck.deflated.best]))
    lines += _checked(luck.check, str(returns.rules[luck.check.best]), len(returns.rules))
    return [*lines, _verdict(luck)]


def _deflated(found: DeflatedSharpe, rule: str) -> list[str]:
    own, chance = (ratio(each * sqrt(TRADING_DAYS)) for each in (found.sharpe, found.by_chance))
    return [
        f"the best of {found.trials} by Sharpe is {rule}: {own} a year; the best of as many rules "
        f"without any skill would show {chance} by chance",
        f"the probability that it is better than that is {_chance(found.probability)} "
        "(deflated Sharpe; 95 % and more is convincing)",
    ]


def _checked(found: RealityCheck, rule: str, rules: int) -> list[str]:
    lead = found.excess * TRADING_DAYS
    than = "more than" if lead >= 0 else "less than"
    first = (
        f"the one that earned most, {rule}, earned {abs(lead) * 100:.2f} points a year {than} "
        "buying and holding"
    )
    whose = "the rule were" if rules == 1 else f"none of the {rules} were"
    return [
        first,
        f"if {whose} better than holding, so good a result would still come about in "
        f"{_chance(found.p_value)} of histories like this one (White's reality check; 5 % and "
        "less is convincing)",
    ]


def _verdict(luck: "Luck") -> str:
    skilled = luck.deflated is not None and luck.deflated.probability >= CONVINCING
    beats = luck.check.p_value <= UNLIKELY
    if beats and (skilled or luck.deflated is None):
        return "luck alone hardly explains it; whether it lasts, no history can say"
    if beats:
        return "it beat holding by more than luck explains, but its Sharpe could be chance"
    if skilled:
        return "its Sharpe is more than chance, but it did not beat holding by more than luck"
    return "it may well be luck: do not count on it"


def walk_lines(walked: WalkForward, returns: "RuleReturns") -> list[str]:
    """Return what came of following, in each window, the rule that was best before it."""
    first = walked.windows[0].first
    own, hold = standing(walked.returns), standing(returns.hold[first:])
    lines = [
        "in each window the rule with the best Sharpe before it was followed, as nobody knew "
        "better then",
        f"that came to {signed_part(own.cagr)} a year, Sharpe {ratio(own.sharpe)}; holding to "
        f"{signed_part(hold.cagr)}, Sharpe {ratio(hold.sharpe)}",
    ]
    for window in walked.windows:
        begins, ends = (day_of(int(returns.days[at])) for at in (window.first, window.end - 1))
        before, after = (
            ratio(each * sqrt(TRADING_DAYS)) for each in (window.sharpe_before, window.sharpe_after)
        )
        rule = str(returns.rules[window.chosen])
        lines.append(f"{begins} to {ends}  {rule:<11} Sharpe {before:>5} before, {after:>5} after")
    return lines


def _chance(value: float) -> str:
    """Return a probability in percent; never a certain one, as none is."""
    if value < 0.001:
        return "less than 0.1 %"
    return "more than 99.9 %" if value > 0.999 else f"{value:.1%}".replace("%", " %")
