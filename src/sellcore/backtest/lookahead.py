"""
Does a decision peek at bars that were not there yet?

The decisions of a whole history are made again with the future cut off at each
bar. What was decided on a bar, and on those before it, must not change.
"""

from collections.abc import Callable, Iterable

import numpy as np
from attrs import frozen
from numpy.typing import ArrayLike, NDArray

from sellcore.backtest.decisions import sides
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.evaluation import evaluate
from sellcore.instant import from_epoch, iso
from sellcore.kinds import whole_number
from sellcore.outcome import Outcome
from sellcore.rule import MovingAverageRule

Decide = Callable[[BarSeries, MovingAverageRule], ArrayLike]
"""What is checked: bars and a rule in, one value for each bar out."""


@frozen
class Peek:
    """
    A bar whose decision changes with what comes behind it.

    Attributes:
        row: Of the bar.
        bar_end: Its end, seconds since 1970 UTC.
        whole: What was decided with the future there.
        cut: What is decided without it.
        known: The last row that was known then; ``row``, or one behind it.
    """

    row: int
    bar_end: int
    whole: object
    cut: object
    known: int

    def __str__(self) -> str:
        return (
            f"bar {self.row}, ending {iso(from_epoch(self.bar_end))}: {self.whole} with the bars "
            f"behind it, {self.cut} when known up to bar {self.known}"
        )


@frozen
class LookAhead:
    """
    What a check for look-ahead found.

    Attributes:
        bars: How many were decided again.
        warm_up: How many come before the first that the rule can decide.
        peeks: In the order of bars, each bar once; none is as it should be.
    """

    bars: int
    warm_up: int
    peeks: tuple[Peek, ...]

    @property
    def clean(self) -> bool:
        """Whether no decision changed."""
        return not self.peeks


def look_ahead(
    decide: Decide,
    bars: BarSeries,
    rule: MovingAverageRule,
    rows: Iterable[int] | None = None,
) -> LookAhead:
    """
    Make decisions again with the future cut off at each bar, and compare.

    Args:
        decide: What is checked.
        bars: Shape (n,), the history.
        rule: Given to ``decide``.
        rows: Bars to cut behind; all of them unless told otherwise.

    Raises:
        InvalidValue: ``decide`` does not return one value for each bar, or a row is of no bar.
    """
    whole = _decided(decide, bars, rule)
    peeks: dict[int, Peek] = {}
    cuts = range(len(bars)) if rows is None else _cuts(rows, len(bars))
    for known in cuts:
        cut = _decided(decide, bars[: known + 1], rule)
        for row in np.flatnonzero(_differs(whole[: known + 1], cut)).tolist():
            if row not in peeks:
                end = int(bars.end[row])
                peeks[row] = Peek(row, end, whole[row].item(), cut[row].item(), known)
    warm_up = min(rule.required_bars - 1, len(bars))
    return LookAhead(len(cuts), warm_up, tuple(peeks[row] for row in sorted(peeks)))


def against_live(bars: BarSeries, rule: MovingAverageRule, decide: Decide = sides) -> LookAhead:
    """
    Compare the decisions of a whole history with the live rule, bar by bar.

    The live rule is given each bar as the last one known. A signal is below zero, a hold
    zero or above; what is abstained on is warm-up, and not compared.

    Args:
        bars: Shape (n,), the history.
        rule: The rule to apply.
        decide: What is checked; the backtest's own decisions unless told otherwise.

    Raises:
        InvalidValue: ``decide`` does not return one value for each bar.
    """
    whole = _decided(decide, bars, rule)
    first = min(rule.required_bars - 1, len(bars))
    peeks = []
    for row in range(first, len(bars)):
        live = evaluate(bars[: row + 1], rule).outcome
        told = Outcome.SIGNAL if whole[row] < 0 else Outcome.HOLD
        if live is not told:
            peeks.append(Peek(row, int(bars.end[row]), str(told), str(live), row))
    return LookAhead(len(bars) - first, first, tuple(peeks))


def _cuts(rows: Iterable[int], bars: int) -> list[int]:
    cuts = sorted({whole_number("row", row) for row in rows})
    for row in cuts:
        if not 0 <= row < bars:
            raise InvalidValue(f"row {row} is none of the {bars} bars; they count from 0")
    return cuts


def _decided(decide: Decide, bars: BarSeries, rule: MovingAverageRule) -> NDArray[np.generic]:
    decided = np.asarray(decide(bars, rule))
    if decided.shape != (len(bars),):
        raise InvalidValue(
            f"decisions of {len(bars)} bars have shape {decided.shape}; give one for each bar"
        )
    return decided


def _differs(whole: NDArray[np.generic], cut: NDArray[np.generic]) -> NDArray[np.bool_]:
    """Compare value for value; not a number is the same as not a number."""
    differs: NDArray[np.bool_] = (whole != cut) & ~((whole != whole) & (cut != cut))
    return differs
