"""
The sweep: every rule on every ticker, each on an account of its own.

A universe is cut into chunks of tickers. A chunk is loaded, decided and measured in
one piece, by whatever executor is given: threads, processes, or the machines of a
cluster. What is kept of it is a few figures for each ticker and rule, so memory
follows the chunk and not the universe; no bit of a figure depends on either.
"""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.backtest.actions import Action
from sellcore.backtest.assumptions import Assumptions, describe
from sellcore.backtest.universe.chunks import (
    CHUNK,
    Asked,
    OnProgress,
    asked_of,
    load_ready,
    over_universe,
)
from sellcore.backtest.universe.measuring import COLUMNS, measure
from sellcore.errors import InvalidValue
from sellcore.ports.bar_source import BarSource
from sellcore.rule import MovingAverageRule

if TYPE_CHECKING:
    from sellcore.charts.figure import Figure
    from sellcore.frames import Columns, DataFrame, Table

Figures = Mapping[str, NDArray[np.float64] | NDArray[np.int64]]
"""By name, each of shape (tickers, rules)."""


@frozen(eq=False)
class Sweep:
    """
    The figures of every rule on every ticker.

    Attributes:
        tickers: In the order of the source.
        rules: In the order asked for.
        assumptions: What all of it takes for granted.
        columns: The figures of ``sellcore.backtest.universe.measuring.COLUMNS``. NaN where there
            is no such figure: no bar could be decided, or nothing was at risk.
        since: The trading date before which nothing is decided, where one was asked for.
    """

    tickers: tuple[str, ...]
    rules: tuple[MovingAverageRule, ...]
    assumptions: Assumptions
    columns: Figures
    since: date | None = None

    def __repr__(self) -> str:
        return f"Sweep({len(self.rules)} rules on {len(self.tickers):,} tickers)"

    @property
    def assumptions_in_words(self) -> tuple[str, ...]:
        """What the figures take for granted, a line each."""
        return (
            "each ticker and rule on an account of its own",
            *describe(self.assumptions, since=self.since),
        )

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

    def to_arrow(self) -> "Table":
        """
        Return a row for each ticker and rule, ticker by ticker; null where there is no figure.

        Raises:
            NotInstalled: pyarrow cannot be loaded.
        """
        from sellcore.frames import arrow_table

        return arrow_table(self._table())

    def to_pandas(self) -> "DataFrame":
        """
        Return the same as a pandas data frame; NaN where there is no figure.

        Raises:
            NotInstalled: pandas cannot be loaded.
        """
        from sellcore.frames import data_frame

        return data_frame(self._table())

    def _table(self) -> "Columns":
        tickers, rules = self.tickers, self.rules
        return {
            "ticker": [ticker for ticker in tickers for _ in rules],
            "timeframe": [str(rule.timeframe) for rule in rules] * len(tickers),
            "kind": [str(rule.kind) for rule in rules] * len(tickers),
            "length": np.array([rule.length for rule in rules] * len(tickers), dtype=np.int64),
            **{name: values.reshape(-1) for name, values in self.columns.items()},
        }

    def plot(self) -> "Figure":
        """
        Draw each rule's Sharpe ratio, the median over the tickers, as a heat map.

        Raises:
            NotInstalled: plotly cannot be loaded.
        """
        from sellcore.charts.figure import figure
        from sellcore.charts.rules import heat_map

        return figure(heat_map(self))


def sweep(
    source: BarSource,
    rules: Sequence[MovingAverageRule],
    assumptions: Assumptions | None = None,
    actions: Sequence[Action] = (),
    *,
    since: date | None = None,
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
        assumptions: Of each account; what a sweep cannot do is refused. Left out, those of
            ``Assumptions()``.
        actions: Splits and dividends to take out of the bars.
        since: Each account starts on the first bar of this trading date or later; bars
            before it fill the averages. None for as early as can be.
        tickers: The universe; by default all of the source.
        executor: Where chunks are worked on; by default here, one after the other.
        chunk: Tickers in a chunk, at least 1.
        on_progress: Called as chunks are done, in order.

    Raises:
        InvalidValue: no rule, no ticker, one of them twice, or without any bars; assumptions
            that need a backtest; bars that the source refuses, or that a backtest would.
        StorageError: the source cannot be read.
    """
    asked = asked_of(rules, assumptions, actions, since)
    universe, found = over_universe(_swept, asked, source, tickers, chunk, executor, on_progress)
    joined = {name: np.concatenate([columns[name] for columns in found]) for name in COLUMNS}
    bars = (joined["warm_up"] + joined["bars"]).any(axis=0)
    if not bars.all():
        rule = asked.rules[int(np.argmin(bars))]
        raise InvalidValue(
            f"no ticker of {len(universe)} has bars for {rule}; give some, or leave the rule out"
        )
    return Sweep(universe, asked.rules, asked.assumptions, joined, since)


def _swept(asked: Asked, source: BarSource, tickers: Sequence[str]) -> Figures:
    """Return the figures of some tickers: what an executor is asked to do."""
    rules = asked.rules
    whole = {name: np.full((len(tickers), len(rules)), empty) for name, empty in COLUMNS.items()}
    for timeframe, bars in load_ready(asked, source, tickers).items():
        numbers = [n for n, rule in enumerate(rules) if rule.timeframe is timeframe]
        rows = [row for row, ticker in enumerate(tickers) if ticker in bars]
        series = [bars[tickers[row]] for row in rows]
        own = measure(series, [rules[number] for number in numbers], asked.assumptions, asked.since)
        for name, values in own.items():
            whole[name][np.ix_(rows, numbers)] = values
    return whole
