"""The rule over a whole history: candidates by arrays, each order's decision by the live rule."""

from collections.abc import Sequence
from datetime import date

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from sellcore.arrays import Floats
from sellcore.average import averages
from sellcore.backtest.dates import day_number, is_date, trading_dates
from sellcore.bar import BarSeries
from sellcore.errors import Disagreement, InvalidValue
from sellcore.evaluation import Evaluation, evaluate
from sellcore.exact import sides_of_average
from sellcore.exact_ema import Signs
from sellcore.instant import from_epoch, iso
from sellcore.outcome import Outcome
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Timeframe

_HOUR = 3_600
_HALF_A_DAY = 43_200

_MORNING = 6
"""Bars: so few may be short, as the first one of a session often is."""


@frozen(eq=False)
class Decisions:
    """
    One ticker's bars, each decided as if it were the last one known.

    Attributes:
        ticker: The label it goes by.
        rule: The rule applied.
        bars: Shape (n,), of the rule's timeframe.
        side: Shape (n,): -1 where a bar closed below its average, 0 where they are equal,
            1 above; exact. Before ``first`` it decides nothing.
        first: Row of the first bar that is decided; n where none is.
    """

    ticker: str
    rule: MovingAverageRule
    bars: BarSeries
    side: Signs
    first: int
    below: NDArray[np.intp] = field(init=False)
    above: NDArray[np.intp] = field(init=False)

    @below.default
    def _rows_below(self) -> NDArray[np.intp]:
        return self.first + np.flatnonzero(self.side[self.first :] < 0)

    @above.default
    def _rows_above(self) -> NDArray[np.intp]:
        return self.first + np.flatnonzero(self.side[self.first :] > 0)

    def __repr__(self) -> str:
        return (
            f"Decisions({self.rule} on {self.ticker}, {len(self.bars):,} bars, "
            f"{self.warm_up:,} of them warm-up)"
        )

    @property
    def warm_up(self) -> int:
        """How many bars came before the first that is decided; they count for nothing else."""
        return self.first

    @property
    def averages(self) -> Floats:
        """Shape (n,), the moving average for people, NaN in its first bars."""
        rule = self.rule
        floats: Floats = averages(self.bars.close, rule.kind, (rule.length,))[0]
        return floats

    @property
    def outcomes(self) -> Sequence[Outcome]:
        """What the live rule says of each bar: abstain in the warm-up, then signal or hold."""
        told = [Outcome.SIGNAL if side < 0 else Outcome.HOLD for side in self.side.tolist()]
        return [Outcome.ABSTAIN] * self.first + told[self.first :]

    def evaluation(self, row: int) -> Evaluation:
        """
        Return what the live rule says of a bar, given no bar behind it.

        Raises:
            Disagreement: it differs from what the arrays said.
        """
        told = evaluate(self.bars[: row + 1], self.rule)
        expected = Outcome.SIGNAL if self.side[row] < 0 else Outcome.HOLD
        expected = Outcome.ABSTAIN if row < self.first else expected
        if told.outcome is not expected:
            raise Disagreement(
                f"{self.ticker} {self.rule} at {iso(from_epoch(int(self.bars.end[row])))}: live "
                f"says {told.outcome}, the history {expected}; please report it with these bars"
            )
        return told


def sides(bars: BarSeries, rule: MovingAverageRule) -> Signs:
    """
    Return on which side of its average each bar closed, 0 in the rule's warm-up.

    Returns:
        Shape (n,), int8, exact.
    """
    decided = sides_of_average(bars.close, rule.kind, rule.length)
    decided[: rule.required_bars - 1] = 0
    return decided


def decide(
    ticker: str, bars: BarSeries, rule: MovingAverageRule, since: date | None = None
) -> Decisions:
    """
    Decide every bar of a history.

    Args:
        ticker: The label it goes by.
        bars: Of the rule's timeframe.
        rule: The rule to apply.
        since: Bars of trading dates before it fill the average, and are not decided.

    Raises:
        InvalidValue: the bars are not of the rule's timeframe.
    """
    check_timeframe(ticker, bars, rule)
    first = min(max(rule.required_bars - 1, first_since(bars, since)), len(bars))
    return Decisions(ticker, rule, bars, sides(bars, rule), first)


def first_since(bars: BarSeries, since: date | None) -> int:
    """Return the row of the first bar of a trading date or later; their number if there is none."""
    if since is None:
        return 0
    if not is_date(since):
        raise InvalidValue(f"since {since!r} is no date; give one, e.g. date(2020, 1, 31)")
    return int(trading_dates(bars.start, bars.end).searchsorted(day_number(since)))


def check_timeframe(ticker: str, bars: BarSeries, rule: MovingAverageRule) -> None:
    """
    Refuse bars that are longer or shorter than the rule's.

    Raises:
        InvalidValue: a bar of more than an hour, or mostly shorter ones, for 1H; several bars
            a day for D.
    """
    if len(bars) < 2:
        return
    if rule.timeframe is Timeframe.HOUR:
        lengths = bars.end - bars.start
        longest, usual = int(np.max(lengths)), float(np.median(lengths))
        if longest > _HOUR:
            raise InvalidValue(
                f"{ticker}: a bar of {longest / _HOUR:g} hours for {rule}; "
                "give hourly bars (sellcore.aggregate cuts them from half hours)"
            )
        if usual < _HOUR and len(bars) > _MORNING:
            raise InvalidValue(
                f"{ticker}: bars of mostly {usual / 60:g} minutes for {rule}; "
                "give hourly bars (sellcore.aggregate cuts them from half hours)"
            )
    elif (apart := float(np.median(np.diff(bars.start)))) < _HALF_A_DAY:
        raise InvalidValue(
            f"{ticker}: bars {apart / 60:g} minutes apart for {rule}; give daily bars"
        )
