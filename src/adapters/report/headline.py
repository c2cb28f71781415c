"""The figures of the account beside buy-and-hold, and what came of it in words."""

from collections.abc import Callable, Iterable
from enum import Enum

from attrs import frozen

from adapters.report.wording import amount, cents, fine_percent, percent, ratio, signed_percent
from sellcore.backtest.account.result import Backtest
from sellcore.backtest.metrics import Metrics


class Better(Enum):
    """Which way a figure is better; NEITHER where that is a matter of taste."""

    MORE = "more"
    LESS = "less"
    NEITHER = "neither"


@frozen
class Kind:
    """
    A kind of figure.

    Attributes:
        name: What it is called.
        of: Takes it from the metrics.
        say: Says it in words.
        better: Which way it is better.
    """

    name: str
    of: Callable[[Metrics], float | None]
    say: Callable[[float | None], str]
    better: Better = Better.NEITHER


@frozen
class Figure:
    """
    One figure of both.

    Attributes:
        name: What it is called.
        account: The account's, in words.
        hold: That of buy-and-hold.
        verdict: "better" or "worse", empty where it is neither.
    """

    name: str
    account: str
    hold: str
    verdict: str


CARDS = (
    Kind("Final equity", lambda of: of.final_equity, amount, Better.MORE),
    Kind("Growth a year", lambda of: of.cagr, percent, Better.MORE),
    Kind("Sharpe ratio", lambda of: of.sharpe, ratio, Better.MORE),
    Kind("Deepest fall", lambda of: of.drawdown.depth, percent, Better.LESS),
    Kind("Time in market", lambda of: of.time_in_market, percent),
    Kind("Costs", lambda of: of.costs, amount, Better.LESS),
)
"""What stands at the top."""

FIGURES = (
    Kind("Final equity", lambda of: of.final_equity, cents, Better.MORE),
    Kind("Total return", lambda of: of.total_return, percent, Better.MORE),
    Kind("CAGR", lambda of: of.cagr, percent, Better.MORE),
    Kind("Volatility a year", lambda of: of.volatility, percent, Better.LESS),
    Kind("Sharpe ratio", lambda of: of.sharpe, ratio, Better.MORE),
    Kind("Sortino ratio", lambda of: of.sortino, ratio, Better.MORE),
    Kind("Maximum drawdown", lambda of: of.drawdown.depth, percent, Better.LESS),
    Kind("Its length in days", lambda of: of.drawdown.days, amount, Better.LESS),
    Kind("Calmar ratio", lambda of: of.calmar, ratio, Better.MORE),
    Kind("Exposure", lambda of: of.exposure, percent),
    Kind("Time in market", lambda of: of.time_in_market, percent),
    Kind("Turnover a year", lambda of: of.turnover, ratio),
    Kind("Closed trades", lambda of: of.trades, amount),
    Kind("Hit rate", lambda of: of.hit_rate, percent),
    Kind("Average win", lambda of: of.average_win, cents),
    Kind("Average loss", lambda of: of.average_loss, cents),
)
"""All there are, in the order of ``Metrics``."""

COSTS = (
    Kind("Commission", lambda of: of.commission, cents, Better.LESS),
    Kind("Slippage", lambda of: of.slippage, cents, Better.LESS),
    Kind("Together", lambda of: of.costs, cents, Better.LESS),
    Kind("Of the final equity", lambda of: _part(of.costs, of.final_equity), fine_percent),
    Kind("For each closed trade", lambda of: _part(of.costs, of.trades), cents),
)
"""What trading cost."""


def compared(run: Backtest, kinds: Iterable[Kind]) -> list[Figure]:
    """Return figures of the account, each beside that of buy-and-hold."""
    return [_compared(kind, run.metrics, run.hold_metrics) for kind in kinds]


def _compared(kind: Kind, account: Metrics, hold: Metrics) -> Figure:
    own, held = kind.of(account), kind.of(hold)
    return Figure(kind.name, kind.say(own), kind.say(held), _verdict(kind, own, held))


def _verdict(kind: Kind, own: float | None, held: float | None) -> str:
    if own is None or held is None or kind.better is Better.NEITHER:
        return ""
    if kind.say(own) == kind.say(held):  # nobody could see which is better
        return ""
    return "better" if (own > held) is (kind.better is Better.MORE) else "worse"


def outcome(run: Backtest) -> str:
    """Return what came of it, in two sentences."""
    own, held = run.metrics, run.hold_metrics
    lead = own.final_equity - held.final_equity
    beside = f"{amount(abs(lead))} {'more' if lead > 0 else 'less'} than buy and hold"
    return (
        f"{amount(run.assumptions.capital)} became {amount(own.final_equity)} "
        f"({signed_percent(own.total_return)}), "
        f"{beside if round(lead) else 'as much as buy and hold'}. The deepest fall was "
        f"{percent(own.drawdown.depth)}, that of buy and hold {percent(held.drawdown.depth)}."
    )


def deepest_fall(run: Backtest) -> str:
    """Return when the account's deepest fall was, and whether it was made good."""
    fall, day = run.metrics.drawdown, run.calendar()
    if fall.peak is None or fall.trough is None:
        return "The account never fell below what it once was."
    back = "not made good by the end"
    if fall.recovery is not None:
        back = f"made good on {day(fall.recovery)}"
    return (
        f"The deepest: {percent(fall.depth)}, from {day(fall.peak)} down to {day(fall.trough)}, "
        f"{back}. {amount(fall.days)} days or {amount(fall.bars)} bars below the peak."
    )


def _part(value: float, of: float) -> float | None:
    return value / of if of > 0 else None
