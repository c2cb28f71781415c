"""A backtest: bars and rules in, what would have come of it out."""

from collections.abc import Iterable, Mapping
from datetime import date

from sellcore.backtest.account.equity import curve
from sellcore.backtest.account.result import Backtest, config_hash
from sellcore.backtest.account.simulation import simulate
from sellcore.backtest.account.state import Ledger
from sellcore.backtest.account.times import AccountTimes, account_times
from sellcore.backtest.actions import Action
from sellcore.backtest.asked import a_rule, assumed, listed
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.curve import Curve
from sellcore.backtest.decidable_bars import decidable_bars
from sellcore.backtest.decisions import Decisions, decide
from sellcore.backtest.metrics import Metrics, measure, periods_per_year
from sellcore.backtest.trades import Trade, round_trips
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.rule import MovingAverageRule

Rules = MovingAverageRule | Mapping[str, MovingAverageRule]
"""One rule for all tickers, or one for each."""


def backtest(
    bars: Mapping[str, BarSeries],
    rules: Rules,
    assumptions: Assumptions | None = None,
    actions: Iterable[Action] = (),
    *,
    since: date | None = None,
) -> Backtest:
    """
    Return what rules would have done with one account, beside buying and holding.

    The decision on a bar uses closes up to that bar; what it orders is filled on the
    next bar, at its open or later. Bars before a ticker's first that can be decided
    count for nothing.

    Args:
        bars: By ticker, raw or adjusted, of the rule's timeframe, of one currency.
        rules: Of every ticker.
        assumptions: Left out, those of ``Assumptions()``.
        actions: Splits and dividends to take out of the bars; those of other tickers
            are passed over.
        since: The account starts on the first bar of this trading date or later; bars
            before it fill the averages. None for as early as can be.

    Raises:
        InvalidValue: no ticker, a ticker without a rule, bars of another timeframe, a jump
            that looks like a split without an action, or too few bars of all of them.
    """
    given = assumed(assumptions)
    told = listed(actions)
    ruled = _rules_of(bars, rules)
    adjusted = {
        ticker: decidable_bars(ticker, bars[ticker], told, given) for ticker in sorted(bars)
    }
    every = [decide(ticker, series, ruled[ticker], since) for ticker, series in adjusted.items()]
    too_short = {each.ticker: _too_short(each, since) for each in every if _is_too_short(each)}
    decided = [each for each in every if not _is_too_short(each)]
    if not decided:
        first = every[0]
        way_out = "give a longer history or a shorter rule"
        if _begins_late(first, since):
            way_out = "begin earlier, or give a longer history"
        raise InvalidValue(f"{too_short[first.ticker]}; {way_out}")
    times = account_times(decided)
    ledger = simulate(decided, given, times)
    hold = simulate(decided, given, times, trades=False)
    trades = round_trips(
        ledger.book.executions, {order.number: order.reason for order in ledger.orders}
    )
    line, metrics = _measured(decided, ledger, trades, times, given)
    hold_line, hold_metrics = _measured(decided, hold, (), times, given)
    return Backtest(
        assumptions=given,
        actions=told,
        decisions={each.ticker: each for each in decided},
        too_short=too_short,
        orders=ledger.orders,
        fills=tuple(ledger.book.executions),
        trades=trades,
        curve=line,
        metrics=metrics,
        hold=hold_line,
        hold_fills=tuple(hold.book.executions),
        hold_metrics=hold_metrics,
        since=since,
        config_hash=config_hash(bars, ruled, given, told, since),
    )


def _rules_of(bars: Mapping[str, BarSeries], rules: Rules) -> Mapping[str, MovingAverageRule]:
    if not isinstance(bars, Mapping):
        raise InvalidValue(
            f"{type(bars).__name__} names no ticker; give bars by ticker, e.g. {{'NYSE:KO': bars}}"
        )
    if not bars:
        raise InvalidValue("there is no ticker to test; give the bars of at least one")
    for ticker, series in bars.items():
        name: object = ticker
        if not isinstance(name, str):
            raise InvalidValue(f"ticker {name!r} is no text; name it, e.g. 'NYSE:KO'")
        if not isinstance(series, BarSeries):
            raise InvalidValue(f"{ticker}: {type(series).__name__} is no BarSeries; make one of it")
    if not isinstance(rules, Mapping):
        return dict.fromkeys(bars, a_rule(rules))
    if without := sorted(set(bars) - set(rules)):
        raise InvalidValue(f"{without[0]} has bars and no rule; give it one, e.g. SMA,50,1H")
    if unknown := sorted(set(rules) - set(bars)):
        raise InvalidValue(f"{unknown[0]} has a rule and no bars; give its bars or leave it out")
    return {ticker: a_rule(rule) for ticker, rule in rules.items()}


def _is_too_short(decisions: Decisions) -> bool:
    return decisions.first == len(decisions.bars)


def _begins_late(decisions: Decisions, since: date | None) -> bool:
    return since is not None and len(decisions.bars) >= decisions.rule.required_bars


def _too_short(decisions: Decisions, since: date | None) -> str:
    if _begins_late(decisions, since):
        return f"{decisions.ticker}: {decisions.rule} has no bar from {since} on"
    return (
        f"{decisions.ticker}: {decisions.rule} needs {decisions.rule.required_bars} closed bars, "
        f"has {len(decisions.bars)}"
    )


def _measured(
    decided: list[Decisions],
    ledger: Ledger,
    trades: tuple[Trade, ...],
    times: AccountTimes,
    given: Assumptions,
) -> tuple[Curve, Metrics]:
    line = curve(ledger.book, decided, times, given.capital)
    return line, measure(
        line,
        ledger.book.executions,
        trades,
        began=times.began,
        capital=given.capital,
        periods=periods_per_year(times.date),
    )
