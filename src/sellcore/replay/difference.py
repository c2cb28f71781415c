"""Why a record and the cache differ, as far as the bars can show it."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from math import isclose

import numpy as np
from attrs import frozen

from sellcore.arrays import Floats
from sellcore.average import ema, sma
from sellcore.bar import BarSeries
from sellcore.evaluation import Evidence
from sellcore.instant import from_epoch, iso
from sellcore.merge import TOLERANCE
from sellcore.quoting import quoted, rounded
from sellcore.record import DecisionRecord
from sellcore.replay.decide_again import Again
from sellcore.replay.finding import Cause
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule

SAME = 1e-12
"""Relative: averages of the same closes differ by less, whoever adds them up."""

Explained = tuple[Cause, str]


@frozen
class Grounds:
    """
    The numbers that a record says its decision rests on.

    Attributes:
        close: Of the bar, in the instrument's currency.
        average: At that bar.
        used: How many bars it is made of.
    """

    close: float
    average: float
    used: int


def grounds(record: DecisionRecord) -> Grounds | None:
    """Return the numbers of a record, or None where it has not all of them."""
    if record.close is None or record.ma_value is None or record.bars_used is None:
        return None
    return Grounds(record.close, record.ma_value, record.bars_used)


def difference(
    then: Grounds,
    now: Evidence,
    rule: MovingAverageRule,
    again: Again,
    logged: Mapping[datetime, float],
) -> Explained:
    """
    Explain why the numbers of a record are not those of the same bar decided again.

    Args:
        then: What was logged.
        now: What the bar comes to now.
        rule: By which both were decided.
        again: The bar, decided again.
        logged: The closes that the log holds of this holding, by the end of the bar.
    """
    closes = f"close {quoted(then.close)} then, {quoted(now.close)} now"
    factor = now.close / then.close
    restated = isclose(now.average / then.average, factor, rel_tol=TOLERANCE)
    if abs(factor - 1) > TOLERANCE and restated:
        return Cause.RESTATED, f"{closes}; its average moved by the same factor {factor:.4g}"
    if now.close != then.close:
        return Cause.CLOSE_REVISED, closes
    return (
        _revised_before(then, rule, again, logged)
        or _gone_now(then, rule, again, logged)
        or _other_rule(then, rule, again)
        or _missing_then(then, rule, again)
        or (
            Cause.OTHER_BARS,
            f"average {rounded(then.average)} then, {rounded(now.average)} now; "
            "the close is the same, bars before it are not",
        )
    )


def _value(closes: Floats, kind: AverageKind, length: int) -> float:
    if len(closes) < length:
        return np.nan
    if kind is AverageKind.SMA:
        return float(sma(closes[-length:], length)[-1])
    return float(ema(closes, length)[-1])


def _fits(closes: Floats, rule: MovingAverageRule, then: Grounds) -> bool:
    return isclose(_value(closes, rule.kind, rule.length), then.average, rel_tol=SAME)


def _revised_before(
    then: Grounds, rule: MovingAverageRule, again: Again, logged: Mapping[datetime, float]
) -> Explained | None:
    """Put back the closes that the log holds: do they make the logged average?"""
    closes = again.used.close.copy()
    changed = []
    for row, end in enumerate(again.used.end.tolist()):
        now = float(closes[row])
        was = logged.get(from_epoch(end), now)
        if was != now:
            changed.append(f"{iso(from_epoch(end))} was {quoted(was)}, is {quoted(now)}")
            closes[row] = was
    if not changed or not _fits(closes, rule, then):
        return None
    return Cause.EARLIER_REVISED, f"the close of {', '.join(changed)}"


def _gone_now(
    then: Grounds, rule: MovingAverageRule, again: Again, logged: Mapping[datetime, float]
) -> Explained | None:
    """Put back the bars that the log has and the cache has not."""
    held = {from_epoch(end): close for end, close in _closes(again.bars)}
    first, last = min(held), max(held)
    gone = sorted(end for end in logged if first < end < last and end not in held)
    if not gone:
        return None
    whole = held | {end: logged[end] for end in gone}
    closes = np.array([whole[end] for end in sorted(whole)])
    if not _fits(closes[-then.used :], rule, then):
        return None
    return Cause.BAR_GONE, f"without {', '.join(map(iso, gone))}, which the log has"


def _closes(bars: BarSeries) -> Iterable[tuple[int, float]]:
    return zip(bars.end.tolist(), bars.close.tolist(), strict=True)


def _other_rule(then: Grounds, rule: MovingAverageRule, again: Again) -> Explained | None:
    whole = again.bars.close
    for kind in AverageKind:
        for length in LENGTHS:
            other = MovingAverageRule(kind, length, rule.timeframe)
            parts = (whole, whole[-then.used :]) if kind is AverageKind.EMA else (whole,)
            if other != rule and any(_fits(part, other, then) for part in parts):
                return Cause.ANOTHER_RULE, f"{rounded(then.average)} is the average of {other}"
    return None


def _missing_then(then: Grounds, rule: MovingAverageRule, again: Again) -> Explained | None:
    """Leave out one bar after the other: which one, had it not come, explains the average?"""
    bars = again.bars
    for row in range(len(bars) - 2, max(-1, len(bars) - 2 - then.used), -1):
        left = np.delete(bars.close, row)
        if _fits(left[-then.used :], rule, then):
            end = iso(from_epoch(int(bars.end[row])))
            return Cause.BAR_MISSING, f"without the bar that ends {end} it is the logged average"
    return None
