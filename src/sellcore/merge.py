"""Merging fresh bars into stored ones; a split must never look like a crash."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.bar import BarSeries
from sellcore.bar_columns import COLUMNS
from sellcore.instant import from_epoch, iso
from sellcore.quoting import quoted
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, are_closed, upsert

TOLERANCE = 1e-3
"""A single closed bar may be corrected by this fraction of its close, no more."""


@frozen
class Revision:
    """A closed bar whose close was corrected."""

    end: int
    before: float
    after: float

    @property
    def factor(self) -> float:
        """What the close was multiplied by."""
        return self.after / self.before

    @property
    def small(self) -> bool:
        """Whether it may be a mere correction."""
        return abs(self.factor - 1) <= TOLERANCE

    def __str__(self) -> str:
        bar = iso(from_epoch(self.end))
        return f"close of {bar} corrected from {quoted(self.before)} to {quoted(self.after)}"


@frozen
class Merged:
    """The fresh bars agree with the stored ones; ``update`` is None when nothing is new."""

    update: SeriesUpdate | None
    revisions: tuple[Revision, ...] = ()


@frozen
class Mismatch:
    """The fresh bars contradict the stored ones: nothing of either may be decided on."""

    reason: str


def merge(key: SeriesKey, stored: StoredSeries | None, fresh: StoredSeries) -> Merged | Mismatch:
    """
    Return how to store ``fresh`` beside ``stored``, or why the two cannot go together.

    Closes that both hold as closed must agree. A single one that was corrected
    a little is taken over, where one before it agrees: a split or a restated
    history changes all that came before it. Anything else that differs is a
    mismatch, and so are bars that have no closed one in common with those
    stored, since nothing shows that they are of one scale.

    What was read while a bar formed never counts as closed: neither instead of
    a final reading, nor because coverage from behind it spans it.
    """
    if not len(fresh.bars):
        return Merged(None)
    if stored is None or not (stored_closed := are_closed(stored.bars, stored.coverage)).any():
        return Merged(SeriesUpdate(key, fresh.bars, fresh.coverage, replaces_all=True))
    at = np.minimum(stored.bars.start.searchsorted(fresh.bars.start), len(stored.bars) - 1)
    shared = stored.bars.start[at] == fresh.bars.start
    was_closed = shared & stored_closed[at]
    is_closed = are_closed(fresh.bars, fresh.coverage)
    older = was_closed & ~is_closed
    if older.all():
        return Merged(None)
    theirs = (was_closed & is_closed).nonzero()[0]
    ours = at[theirs]
    before, after = stored.bars.close[ours], fresh.bars.close[theirs]
    differs = np.flatnonzero(before != after)
    revisions = tuple(
        Revision(int(stored.bars.end[ours[i]]), float(before[i]), float(after[i])) for i in differs
    )
    if not len(theirs):
        return Mismatch("the bars fetched do not reach back to the bars stored")
    if _cut_otherwise(stored.bars, fresh.bars):
        return Mismatch("the bars fetched begin at other hours than the bars stored")
    if revisions and not (len(revisions) == 1 and differs[0] > 0 and revisions[0].small):
        return Mismatch(_contradiction(revisions))
    news = fresh.bars.where(~older & ~(shared & _same(stored.bars, at, fresh.bars)))
    coverage = stored.coverage | fresh.coverage
    stale = ~stored_closed & are_closed(stored.bars, coverage)
    if stale.any():
        stale &= ~np.isin(stored.bars.start, fresh.bars.start)
    if stale.any():
        bars = upsert(stored.bars[~stale], news)
        return Merged(SeriesUpdate(key, bars, coverage, replaces_all=True), revisions)
    if not len(news) and coverage == stored.coverage:
        return Merged(None)
    return Merged(SeriesUpdate(key, news, coverage), revisions)


def _contradiction(differing: Sequence[Revision]) -> str:
    first = differing[0]
    return (
        f"{len(differing)} stored closes differ from those fetched now, the first at "
        f"{iso(from_epoch(first.end))}: {quoted(first.before)} stored, {quoted(first.after)} "
        f"fetched (factor {first.factor:.4g}); a split, or a restated history"
    )


def _cut_otherwise(stored: BarSeries, fresh: BarSeries) -> bool:
    """Say whether a fresh bar shares time with a stored one that it does not replace."""
    low = stored.end.searchsorted(fresh.start, side="right")
    high = stored.start.searchsorted(fresh.end, side="left")
    first = stored.start[np.minimum(low, len(stored) - 1)]
    return bool(np.any((high - low > 1) | ((high - low == 1) & (first != fresh.start))))


def _same(stored: BarSeries, at: NDArray[np.intp], fresh: BarSeries) -> NDArray[np.bool_]:
    """Say of each fresh bar whether the stored bar in row ``at`` equals it in every column."""
    same = np.ones(len(fresh), dtype=np.bool_)
    for name in COLUMNS:
        same &= getattr(stored, name)[at] == getattr(fresh, name)
    return same
