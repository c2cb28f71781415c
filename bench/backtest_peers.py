"""
The peers a sweep is measured beside.

vectorbt is run in two ways: by its own averages, and by the entries and exits that our
exact decisions lead to, which is where results are compared. A position is opened at the open of
the first bar that can be decided, sold and bought again at the open after a close
below and above its average, all of the cash each time. backtesting.py is given decisions.
"""

import warnings
from collections.abc import Sequence
from contextlib import redirect_stderr
from io import StringIO

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.arrays import Floats
from sellcore.backtest.assumptions import Assumptions, Costs, Entry
from sellcore.bar import BarSeries
from sellcore.exact import sides_of_average
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

Booleans = NDArray[np.bool_]

BARS = 2_520
RULES = [MovingAverageRule(kind, n, Timeframe.DAY) for kind in AverageKind for n in LENGTHS]
COSTS = Costs(per_share=0, percent=0.05, minimum=0, maximum_pct=None, slippage_bps=2)
ASSUMED = Assumptions(entry=Entry.RECLAIM, costs=COSTS, whole_shares=False)
DAY = 86_400


@frozen(eq=False)
class Signals:
    """
    What vectorbt is given.

    Attributes:
        closes: Shape (bars, columns), columns rule by rule; opens alike.
        opens: The prices that are traded at.
        entries: Where a position is to be opened at that bar's open.
        exits: Where it is to be closed.
    """

    closes: Floats
    opens: Floats
    entries: Booleans
    exits: Booleans


def made_up(tickers: int, bars: int = BARS, seed: int = 7) -> list[BarSeries]:
    """Return days that wander around 100, to the cent."""
    random = np.random.default_rng(seed)
    closes = np.round(100 * np.exp(np.cumsum(random.normal(0, 0.012, (tickers, bars)), axis=1)), 2)
    before = np.concatenate([closes[:, :1], closes[:, :-1]], axis=1)
    opens = np.round(before * np.exp(random.normal(0, 0.003, (tickers, bars))), 2)
    start = np.arange(bars) * DAY
    return [
        BarSeries(start, start + DAY, own, close, close, close, close)
        for own, close in zip(opens, closes, strict=True)
    ]


def signals_of(series: Sequence[BarSeries]) -> Signals:
    """Return the orders of every rule on series of one length."""
    shape = (BARS, len(RULES) * len(series))
    entries, exits = np.zeros((2, *shape), dtype=np.bool_)
    for number, rule in enumerate(RULES):
        for row, bars in enumerate(series):
            column, first = number * len(series) + row, rule.required_bars - 1
            side = sides_of_average(bars.close, rule.kind, rule.length)
            entries[first, column] = True
            entries[first + 1 :, column] = side[first:-1] > 0
            exits[first + 1 :, column] = side[first:-1] < 0
    closes, opens = (
        np.tile(np.array([getattr(bars, name) for bars in series]).T, (1, len(RULES)))
        for name in ("close", "open")
    )
    return Signals(closes, opens, entries, exits)


def vectorbt_signals(opens: Floats, closes: Floats) -> Signals:
    """
    Return what vectorbt's own averages say, shifted to the bar that is traded on.

    Args:
        opens: Shape (tickers, bars).
        closes: Alike.
    """
    import vectorbt

    prices = closes.T
    averages = [
        np.asarray(vectorbt.MA.run(prices, window=list(LENGTHS), ewm=kind is AverageKind.EMA).ma)
        for kind in AverageKind
    ]
    means = np.concatenate(averages, axis=1)
    tiled = np.tile(prices, (1, len(RULES)))
    entries, exits = np.zeros((2, *means.shape), dtype=np.bool_)
    np.greater(tiled[:-1], means[:-1], out=entries[1:])
    np.less(tiled[:-1], means[:-1], out=exits[1:])
    for number, rule in enumerate(RULES):
        own = slice(number * len(opens), (number + 1) * len(opens))
        first = rule.required_bars - 1
        entries[:first, own] = exits[: first + 1, own] = False
        entries[first, own] = True
    return Signals(tiled, np.tile(opens.T, (1, len(RULES))), entries, exits)


def vectorbt_from_bars(series: Sequence[BarSeries], engine: str) -> Floats:
    """Return vectorbt's final equity by its own averages, shape (columns,)."""
    opens, closes = (np.array([getattr(b, name) for b in series]) for name in ("open", "close"))
    return vectorbt_final(vectorbt_signals(opens, closes), engine)


def vectorbt_final(signals: Signals, engine: str) -> Floats:
    """Return vectorbt's final equity, shape (columns,)."""
    return np.asarray(_portfolio(signals, engine).final_value())


def vectorbt_curves(signals: Signals, engine: str) -> tuple[Floats, Floats]:
    """Return vectorbt's equity at every close, and each column's deepest drawdown."""
    portfolio = _portfolio(signals, engine)
    return np.asarray(portfolio.value()), np.asarray(portfolio.max_drawdown())


def _portfolio(signals: Signals, engine: str):  # type: ignore[no-untyped-def]
    import vectorbt

    return vectorbt.Portfolio.from_signals(
        signals.closes,
        signals.entries,
        signals.exits,
        price=signals.opens,
        init_cash=ASSUMED.capital,
        fees=COSTS.percent / 100,
        slippage=COSTS.slippage_bps / 1e4,
        freq="D",
        engine=engine,
    )


def backtesting_final(bars: BarSeries, rules: Sequence[MovingAverageRule]) -> Floats:
    """Return backtesting.py's final equity of each rule on one ticker, decided as it does."""
    with warnings.catch_warnings(), redirect_stderr(StringIO()):  # its warnings, its bars
        warnings.simplefilter("ignore")
        import pandas
        from backtesting import Backtest, Strategy

        data = pandas.DataFrame(
            {name.title(): getattr(bars, name) for name in ("open", "high", "low", "close")},
            index=pandas.to_datetime(bars.start, unit="s"),
        )

        class Reclaim(Strategy):  # type: ignore[misc]
            """Sell below, buy above."""

            side: NDArray[np.int8]

            def init(self) -> None:
                self.told = self.I(lambda: self.side.astype(float), plot=False)

            def next(self) -> None:
                if self.told[-1] > 0 and not self.position:
                    self.buy()
                elif self.told[-1] < 0 and self.position:
                    self.position.close()

        found = []
        for rule in rules:
            Reclaim.side = sides_of_average(bars.close, rule.kind, rule.length)
            run = Backtest(data, Reclaim, cash=1e7, commission=0.0005, finalize_trades=True)
            found.append(float(run.run()["Equity Final [$]"]))
    return np.array(found)
