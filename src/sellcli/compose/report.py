"""A page for people beside a run."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sellcli.compose.sweep import Swept
    from sellcore.backtest.account.result import Backtest
    from sellcore.backtest.actions import Action


def backtest_page(found: "Backtest", title: str) -> str:
    """
    Return the HTML page of a backtest.

    Raises:
        NotInstalled: what draws it is not there.
    """
    from adapters.report.render import render

    return render(found, title=title)


def sweep_page(swept: "Swept", actions: "Sequence[Action]", title: str, luck: Sequence[str]) -> str:
    """
    Return the HTML page of a sweep: its best rule on one account, and all of them as a map.

    Args:
        swept: The sweep.
        actions: That were taken out of its bars.
        title: The heading.
        luck: Lines on how likely the best rule is luck.

    Raises:
        ConfigError: no rule could be judged over all tickers.
        NotInstalled: what draws it is not there.
    """
    from adapters.report.render import render
    from sellcore.backtest.account.engine import backtest
    from sellcore.backtest.universe.ranking import ranking
    from sellcore.errors import ConfigError

    if swept.returns is None or not len(swept.returns.days):
        raise ConfigError(
            "no report without a best rule: no ticker has bars that every rule can decide; give "
            "fewer or shorter --rules"
        )
    best = ranking(swept.returns)[0].rule
    assert best is not None  # noqa: S101 - of rules, never of holding
    bars = swept.source.load(swept.returns.tickers, best.timeframe)
    since = swept.found.since
    found = backtest(bars, best, swept.found.assumptions, actions, since=since)
    return render(found, title=title, sweep=swept.found, luck=luck)
