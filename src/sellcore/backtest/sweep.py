"""
The sweep: every rule on every ticker, each on an account of its own.

A universe is cut into chunks of tickers. A chunk is loaded, decided and measured in
one piece, by whatever executor is given: threads, processes, or the machines of a
cluster. What is kept of it is a few figures for each ticker and rule, so memory
follows the chunk and not the universe; no bit of a figure depends on either.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.backtest.actions import Action
from sellcore.backtest.assumptions import Assumptions
from sellcore.backtest.decisions import check_timeframe
from sellcore.backtest.engine import decidable_bars
from sellcore.backtest.measuring import COLUMNS, measure
from sellcore.errors import InvalidValue
from sellcore.order import OrderType
from sellcore.ports.bar_source import BarSource
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Timeframe

CHUNK = 64
"""Tickers in a chunk: some 50 MB while it is worked on, with ten years of days."""

Columns = Mapping[str, NDArray[np.float64] | NDArray[np.int64]]
"""By name, each of shape (tickers, rules)."""

OnProgress = Callable[[int, int], None]
"""Told how many tickers are done, of how many."""


@frozen(eq=False)
class Sweep:
    """
    The figures of every rule on every ticker.

    Attributes:
        tickers: In the order of the source.
        rules: In the order asked for.
        assumptions: What all of it takes for granted.
        columns: The figures of ``sellcore.backtest.measuring.COLUMNS``. NaN where there is no
            such figure: no bar could be decided, or nothing was at risk.
    """

    tickers: tuple[str, ...]
    rules: tuple[MovingAverageRule, ...]
    assumptions: Assumptions
    columns: Columns

    def rows(self) -> Iterator[dict[str, str | int | float]]:
        """Return a row for each ticker and rule, ticker by ticker."""
        for row, ticker in enumerate(self.tickers):
            for number, rule in enumerate(self.rules):
                yield {
                    "ticker": ticker,
                    "timeframe": str(rule.timeframe),
                    "kind": str(rule.kind),
                    "length": rule.length,
                    **{name: values[row, number].item() for name, values in self.columns.items()},
                }


def sweep(
    source: BarSource,
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions,
    actions: Sequence[Action] = (),
    *,
    tickers: Sequence[str] | None = None,
    executor: Executor | None = None,
    chunk: int = CHUNK,
    on_progress: OnProgress = lambda done, total: None,
) -> Sweep:
    """
    Run every rule on every ticker, beside buying and holding it.

    Args:
        source: The bars. A ticker without bars of a timeframe has no figures in it.
        rules: Each once; of any timeframe the source has.
        assumptions: Of each account; what a sweep cannot do is refused.
        actions: Splits and dividends to take out of the bars.
        tickers: The universe; by default all of the source.
        executor: Where chunks are worked on; by default here, one after the other.
        chunk: Tickers in a chunk, at least 1.
        on_progress: Called as chunks are done, in order.

    Raises:
        InvalidValue: no rule, no ticker, or one of them twice; assumptions that need a
            backtest; bars that the source refuses, or that a backtest would.
        StorageError: the source cannot be read.
    """
    universe = tuple(source.tickers() if tickers is None else tickers)
    _check(universe, rules, assumptions, chunk)
    parts = [universe[first : first + chunk] for first in range(0, len(universe), chunk)]
    found: list[Columns] = []
    task = _Task(tuple(rules), assumptions, tuple(actions))
    for columns in _worked_on(source, parts, task, executor):
        found.append(columns)
        on_progress(min(len(found) * chunk, len(universe)), len(universe))
    joined = {name: np.concatenate([columns[name] for columns in found]) for name in COLUMNS}
    return Sweep(universe, tuple(rules), assumptions, joined)


@frozen
class _Task:
    """What is to be done with every chunk."""

    rules: tuple[MovingAverageRule, ...]
    assumptions: Assumptions
    actions: tuple[Action, ...]

    def of(self, tickers: Sequence[str]) -> "_Task":
        """Return the task with the actions of these tickers alone."""
        own = tuple(action for action in self.actions if action.ticker in set(tickers))
        return _Task(self.rules, self.assumptions, own)


def _worked_on(
    source: BarSource, parts: Sequence[Sequence[str]], task: _Task, executor: Executor | None
) -> Iterator[Columns]:
    """Return the figures of each part, in order, however they are worked out."""
    if executor is None:
        yield from (_chunk(source, part, task.of(part)) for part in parts)
        return
    running = [executor.submit(_chunk, source.only(part), part, task.of(part)) for part in parts]
    try:
        yield from (future.result() for future in running)
    finally:
        for future in running:
            future.cancel()


def _chunk(source: BarSource, tickers: Sequence[str], task: _Task) -> Columns:
    """Return the figures of some tickers: what an executor is asked to do."""
    rules, given = task.rules, task.assumptions
    whole = {name: np.full((len(tickers), len(rules)), empty) for name, empty in COLUMNS.items()}
    for timeframe in Timeframe:
        numbers = [n for n, rule in enumerate(rules) if rule.timeframe is timeframe]
        if not numbers:
            continue
        bars = source.load(tickers, timeframe)
        rows = [row for row, ticker in enumerate(tickers) if ticker in bars]
        for row in rows:
            check_timeframe(tickers[row], bars[tickers[row]], rules[numbers[0]])
        series = [
            decidable_bars(tickers[row], bars[tickers[row]], task.actions, given) for row in rows
        ]
        own = measure(series, [rules[number] for number in numbers], given)
        for name, values in own.items():
            whole[name][np.ix_(rows, numbers)] = values
    return whole


def _check(
    tickers: Sequence[str],
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions,
    chunk: int,
) -> None:
    if not tickers:
        raise InvalidValue("the universe is empty: there is no ticker to sweep; give some bars")
    if not rules:
        raise InvalidValue("there is no rule to sweep; give at least one, e.g. SMA,50,D")
    for what, given in (("ticker", tickers), ("rule", rules)):
        twice = next((each for n, each in enumerate(given) if each in given[:n]), None)
        if twice is not None and len(set(given)) < len(given):
            raise InvalidValue(f"{what} {twice} is there twice; give each once")
    if chunk < 1:
        raise InvalidValue(f"chunk {chunk} is below 1; a chunk holds at least one ticker")
    for means, asked in _BEYOND.items():
        if asked(assumptions):
            raise InvalidValue(f"a sweep has no {means}; leave it out, or backtest that ticker")


_BEYOND: Mapping[str, Callable[[Assumptions], bool]] = {
    "limit orders": lambda given: given.order_type is not OrderType.MARKET,
    "volume cap": lambda given: given.volume_cap is not None,
    "daily loss limit": lambda given: given.max_daily_loss_pct is not None,
    "limits on orders": lambda given: given.limits is not None,
    "exposure cap": lambda given: min(given.max_symbol_exposure, given.max_gross_exposure) < 1,
}
"""What depends on the day, the volume or the other tickers, and whether it is asked for."""
