"""What a backtest comes to, and the hash that names what went into it."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from attrs import fields, frozen

from sellcore.arrays import Floats, Seconds
from sellcore.backtest.account.orders import Order
from sellcore.backtest.actions import Action
from sellcore.backtest.assumptions import Assumptions, Costs, describe
from sellcore.backtest.curve import Curve
from sellcore.backtest.dates import date_on, turn_of_day
from sellcore.backtest.decisions import Decisions
from sellcore.backtest.execution import Execution
from sellcore.backtest.metrics import Metrics
from sellcore.backtest.trades import Trade
from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS
from sellcore.rule import MovingAverageRule
from sellcore.selling.limits import SellingPolicy
from sellcore.timeframe import Timeframe

if TYPE_CHECKING:
    from sellcore.charts.figure import Figure
    from sellcore.frames import DataFrame, Table

FORMAT = "sellcore.backtest 4"
"""Changes when the same input may give another result."""


@frozen(eq=False)
class Backtest:
    """
    What a rule would have done with an account, beside buying and holding.

    Attributes:
        assumptions: What was taken for granted.
        actions: Corporate actions that were given.
        decisions: By ticker, in their order: every bar, adjusted, and how it was decided.
        too_short: Tickers without a bar that can be decided, each with the reason; they
            take no part.
        orders: In the order they were decided.
        fills: As they happened.
        trades: Round trips that were closed, as they were closed.
        curve: The account at every close, from the first bar that can be decided on.
        metrics: Of it.
        hold: The curve of buy-and-hold: entered alike, never sold.
        hold_fills: Its purchases.
        hold_metrics: Of it.
        since: The trading date before which nothing is decided, where one was asked for.
        config_hash: 64 hexadecimal digits: the same input has the same.
    """

    assumptions: Assumptions
    actions: tuple[Action, ...]
    decisions: Mapping[str, Decisions]
    too_short: Mapping[str, str]
    orders: tuple[Order, ...]
    fills: tuple[Execution, ...]
    trades: tuple[Trade, ...]
    curve: Curve
    metrics: Metrics
    hold: Curve
    hold_fills: tuple[Execution, ...]
    hold_metrics: Metrics
    since: date | None
    config_hash: str

    def __repr__(self) -> str:
        rules = dict.fromkeys(str(each.rule) for each in self.decisions.values())
        return (
            f"Backtest({', '.join(rules)} on {', '.join(self.decisions)}: "
            f"{self.assumptions.capital:,.2f} became {self.final_equity:,.2f}, "
            f"held {self.hold_metrics.final_equity:,.2f})"
        )

    @property
    def times(self) -> Seconds:
        """Ends of bars, shape (n,), seconds since 1970 UTC."""
        return self.curve.time

    @property
    def equity(self) -> Floats:
        """The account's worth at those times, shape (n,)."""
        return self.curve.equity

    @property
    def final_equity(self) -> float:
        """The account's worth at the last close."""
        return float(self.curve.equity[-1])

    @property
    def is_intraday(self) -> bool:
        """Whether a rule looks at hours; days of two exchanges end twice a day and are days."""
        return any(each.rule.timeframe is Timeframe.HOUR for each in self.decisions.values())

    @property
    def warm_up(self) -> Mapping[str, int]:
        """How many bars of each ticker came before the first that can be decided."""
        return {ticker: each.warm_up for ticker, each in self.decisions.items()}

    @property
    def assumptions_in_words(self) -> tuple[str, ...]:
        """What was taken for granted, a line each; printed with the result."""
        warm_up = ", ".join(f"{ticker} {bars}" for ticker, bars in self.warm_up.items())
        return (
            *describe(self.assumptions, since=self.since),
            f"warm-up bars that count for nothing: {warm_up}",
            *(f"left out: {reason}" for reason in self.too_short.values()),
        )

    def calendar(self, ticker: str | None = None) -> Callable[[int], date]:
        """
        Return what tells the trading date of a moment, in seconds since 1970 UTC.

        A session that passes midnight UTC, as Sydney's does, has one date.

        Args:
            ticker: By its bars; None for those of all tickers.
        """
        told = self.decisions.values() if ticker is None else [self.decisions[ticker]]
        start, end = (
            np.concatenate([getattr(each.bars, name) for each in told]) for name in ("start", "end")
        )
        return partial(date_on, turn=turn_of_day(start, end))

    def to_arrow(self, ledger: str = "equity") -> "Table":
        """
        Return a ledger as an Arrow table, times in UTC, null where there is no value.

        Args:
            ledger: One of equity, positions, bars, decisions, orders, fills, trades.

        Raises:
            InvalidValue: there is no such ledger.
            NotInstalled: pyarrow cannot be loaded.
        """
        from sellcore.backtest.account.ledgers import columns_of
        from sellcore.frames import arrow_table

        return arrow_table(columns_of(self, ledger))

    def to_pandas(self, ledger: str = "equity") -> "DataFrame":
        """
        Return a ledger as a pandas data frame; arguments are those of ``to_arrow``.

        Raises:
            InvalidValue: there is no such ledger.
            NotInstalled: pandas cannot be loaded.
        """
        from sellcore.backtest.account.ledgers import INDEX, columns_of
        from sellcore.frames import data_frame

        return data_frame(columns_of(self, ledger), INDEX.get(ledger))

    def plot(self, ticker: str | None = None) -> "Figure":
        """
        Draw the account beside buy-and-hold, or one ticker's price with its average and trades.

        Raises:
            InvalidValue: the ticker takes no part.
            NotInstalled: plotly cannot be loaded.
        """
        from sellcore.charts.account import account
        from sellcore.charts.figure import figure
        from sellcore.charts.price import price

        return figure(account(self) if ticker is None else price(self, ticker))


def config_hash(
    bars: Mapping[str, BarSeries],
    rules: Mapping[str, MovingAverageRule],
    assumptions: Assumptions,
    actions: Sequence[Action],
    since: date | None = None,
) -> str:
    """
    Return the SHA-256 of all input, whatever order tickers and actions were given in.

    Returns:
        64 hexadecimal digits.
    """
    lines = [FORMAT]
    lines += [f"bars {ticker} {rules[ticker]} {_digest(bars[ticker])}" for ticker in sorted(bars)]
    lines += [f"assume {name} {value}" for name, value in _flat("", assumptions)]
    lines += [] if since is None else [f"since {since}"]
    lines += sorted(
        f"action {each.ticker} {each.day} {each.kind} {float(each.value)!r}" for each in actions
    )
    # A lone surrogate in a ticker, which is no text, counts as its escape.
    text = "\n".join(lines).encode("utf-8", "backslashreplace")
    return hashlib.sha256(text).hexdigest()


def _digest(bars: BarSeries) -> str:
    """Return the SHA-256 of the columns' bytes, the same on every machine."""
    digest = hashlib.sha256()
    for name in COLUMNS:
        column = getattr(bars, name)
        digest.update(column.astype(column.dtype.newbyteorder("<")).tobytes())
    return digest.hexdigest()


def _flat(prefix: str, value: object) -> list[tuple[str, str]]:
    """Return the leaves of a value with their names, in the order they are declared."""
    if not isinstance(value, Assumptions | Costs | SellingPolicy):
        if isinstance(value, int | float) and not isinstance(value, bool):
            value = float(value)  # 1 and 1.0 are one assumption
        return [(prefix, str(value))]
    inner: list[tuple[str, str]] = []
    for each in fields(type(value)):
        name = f"{prefix}.{each.name}" if prefix else each.name
        inner += _flat(name, getattr(value, each.name))
    return inner
