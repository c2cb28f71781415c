"""The state of every holding, for a table: what it is near to, and why it is kept."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import Enum

import numpy as np
from attrs import frozen

from sellcore.average import averages
from sellcore.bar import BarSeries
from sellcore.instant import from_epoch
from sellcore.outcome import Outcome
from sellcore.plan import Decision
from sellcore.rule import LENGTHS, AverageKind, AverageName, MovingAverageRule, required_bars
from sellcore.series import StoredSeries
from sellcore.snapshot import Holding
from sellcore.timeframe import Granularity, Timeframe

Level = tuple[AverageKind, int, Timeframe]
"""Names one of the averages that every holding is measured against."""


@frozen
class Levels:
    """
    The averages at one series' last closed bar.

    Attributes:
        bar_end: End of that bar, UTC.
        close: Its close.
        bars: How many closed bars there are.
        values: Each average that has enough bars, by kind and length.
    """

    bar_end: datetime
    close: float
    bars: int
    values: Mapping[AverageName, float]


def levels(many: Sequence[BarSeries]) -> list[Levels | None]:
    """
    Return the averages at the last bar of each series, None for one without bars.

    Args:
        many: Closed bars, oldest first. Series of one length are averaged together.
    """
    found: list[Levels | None] = [None] * len(many)
    lengths = np.array([len(bars) for bars in many])
    for bars in np.unique(lengths[lengths > 0]).tolist():
        rows = np.flatnonzero(lengths == bars).tolist()
        closes = np.stack([many[row].close for row in rows])
        lasts = {
            (kind, length): column[:, -1].tolist()
            for kind in AverageKind
            for length, column in zip(LENGTHS, averages(closes, kind), strict=True)
            if bars >= required_bars(kind, length)
        }
        for place, row in enumerate(rows):
            values = {name: column[place] for name, column in lasts.items()}
            end, close = int(many[row].end[-1]), float(many[row].close[-1])
            found[row] = Levels(from_epoch(end), close, bars, values)
    return found


@frozen
class Quote:
    """
    The newest price there is.

    Attributes:
        price: Close of the newest bar, in the instrument's currency.
        bar_end: End of that bar, UTC.
        forming: The bar has not ended yet, or is not final.
    """

    price: float
    bar_end: datetime
    forming: bool


def quote(series: Mapping[Granularity, StoredSeries]) -> Quote | None:
    """Return the newest price of any stored bar, half hours before days."""
    for granularity in (Granularity.HALF_HOUR, Granularity.DAY):
        stored = series.get(granularity)
        if stored is not None and len(stored.bars):
            end = int(stored.bars.end[-1])
            covered = stored.coverage.until
            return Quote(
                price=float(stored.bars.close[-1]),
                bar_end=from_epoch(end),
                forming=covered is None or covered < end,
            )
    return None


class Undecided(Enum):
    """
    Why there is no outcome to show of a holding.

    WAITING: a bar is due and cannot be decided yet. LEFT_ALONE: a short position.
    UNASSIGNED: it follows no rule. WATCHING: no bar has been decided yet.
    """

    WAITING = "waiting"
    LEFT_ALONE = "left alone"
    UNASSIGNED = "unassigned"
    WATCHING = "watching"

    def __str__(self) -> str:
        return self.value


@frozen
class Standing:
    """
    How a holding stands.

    Attributes:
        word: The outcome of its last bar, or why there is none.
        reason: One line for people.
    """

    word: Outcome | Undecided
    reason: str


@frozen
class StatusRow:
    """
    One holding.

    Attributes:
        holding: Position, rule and open orders.
        quote: The newest price, or None.
        levels: The averages per timeframe, where there are bars.
        decision: The last one made, or None.
        waiting: What a due bar is waiting for, or None.
    """

    holding: Holding
    quote: Quote | None
    levels: Mapping[Timeframe, Levels]
    decision: Decision | None
    waiting: str | None

    @property
    def average(self) -> float | None:
        """The assigned average at the last closed bar, or None."""
        rule = self.holding.rule
        return None if rule is None else self.value((rule.kind, rule.length, rule.timeframe))

    def value(self, level: Level) -> float | None:
        """Return one average at the last closed bar, or None where bars are too few."""
        kind, length, timeframe = level
        found = self.levels.get(timeframe)
        return None if found is None else found.values.get((kind, length))

    def to_cross_pct(self, level: Level | None = None) -> float | None:
        """
        Return by how many % the newest price must move to meet an average.

        Below zero: it must fall that far. Above zero: it is below already.
        Without ``level``, the assigned average is meant.
        """
        average = self.average if level is None else self.value(level)
        if average is None or self.quote is None:
            return None
        return (average / self.quote.price - 1) * 100

    @property
    def standing(self) -> Standing:
        """How the holding stands; what a bar waits for comes before the last decision."""
        rule = self.holding.rule
        if self.waiting is not None:
            return Standing(Undecided.WAITING, self.waiting)
        if self.decision is not None:
            return Standing(self.decision.outcome, self.decision.reason)
        if self.holding.position.quantity < 0:
            return Standing(Undecided.LEFT_ALONE, "a short position is never touched")
        if rule is None:
            return Standing(Undecided.UNASSIGNED, "no rule: watched, never sold")
        reason = _short_of_bars(rule, self.levels) or "no bar has ended yet"
        return Standing(Undecided.WATCHING, reason)


def _short_of_bars(rule: MovingAverageRule, found: Mapping[Timeframe, Levels]) -> str | None:
    at_hand = found[rule.timeframe].bars if rule.timeframe in found else 0
    if at_hand >= rule.required_bars:
        return None
    return f"{rule} needs {rule.required_bars} closed bars, has {at_hand}"


@frozen
class Status:
    """
    The state of every holding at one instant.

    Attributes:
        time: UTC.
        rows: One per position, by ticker.
        obstacle: Why nothing is decided now, or None.
    """

    time: datetime
    rows: tuple[StatusRow, ...]
    obstacle: str | None = None
