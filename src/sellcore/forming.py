"""The common minute: nothing has happened but that the forming bar moved on."""

import numpy as np
from attrs import frozen

from sellcore.bar_columns import COLUMNS
from sellcore.instant import to_epoch
from sellcore.intake import HIGHEST, LOWEST
from sellcore.request import FetchedBars
from sellcore.series import SeriesUpdate, StoredSeries
from sellcore.timeframe import Granularity

_VALUES = COLUMNS[2:]


@frozen
class TakenIn:
    """
    An answer, and the series as it was stored with it.

    Attributes:
        answer: What the broker sent.
        stored: What taking that in and merging it came to.
    """

    answer: FetchedBars
    stored: StoredSeries


@frozen
class Moved:
    """
    What is stored after the forming bar has moved on.

    Attributes:
        stored: The whole series.
        update: What of it is new; None where nothing is.
    """

    stored: StoredSeries
    update: SeriesUpdate | None


def forming_only(before: TakenIn, answer: FetchedBars) -> Moved | None:
    """
    Return what an answer comes to where at most the forming bar differs from the last one.

    None means that more may have changed: take the answer in and merge it. Where
    this returns something, it is what taking in and merging come to.

    Args:
        before: The answer before, still what is stored.
        answer: The answer to the same request.
    """
    last, stored = before.answer, before.stored
    bars, until = stored.bars, stored.coverage.until
    if (
        answer.request.granularity is not Granularity.HALF_HOUR
        or len(bars) < 2
        or until is None
        or until < bars.end[-2]
        or to_epoch(answer.asked_at) >= bars.end[-1]
        or bars.start[-len(last.stamp) :].tobytes() != last.stamp.tobytes()
        or answer.stamp.tobytes() != last.stamp.tobytes()
        or not _alike_but_for_the_last(answer, last)
    ):
        return None
    values = [float(getattr(answer, name)[-1]) for name in _VALUES]
    *prices, volume = values
    if not (all(LOWEST <= price <= HIGHEST for price in prices) and 0 <= volume < np.inf):
        return None
    if values == [getattr(bars, name)[-1] for name in _VALUES]:
        return Moved(stored, None)
    moved = stored.with_forming(values)
    return Moved(moved, SeriesUpdate(answer.request.key, moved.bars[-1:], moved.coverage))


def _alike_but_for_the_last(one: FetchedBars, other: FetchedBars) -> bool:
    for name in _VALUES:
        if getattr(one, name)[:-1].tobytes() != getattr(other, name)[:-1].tobytes():
            return False
    return True
