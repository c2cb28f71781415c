"""Merging fresh bars into stored ones; a split must never look like a crash."""

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.bar import BarSeries, Floats
from sellcore.instant import from_epoch, iso
from sellcore.quoting import quoted
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, closed

TOLERANCE = 1e-3
"""A single closed bar may be corrected by this fraction of its close, no more."""


@frozen
class Revision:
    """A closed bar whose close was corrected, within TOLERANCE."""

    end: int
    before: float
    after: float

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

    Closes that both hold as closed must agree. One that was corrected a little
    is taken over; more than one that differs, or one that differs by more than
    TOLERANCE, is a split, a restated history or another instrument's data. With
    closed bars on both sides but none in common, nothing shows that they belong
    together, which is a mismatch too.
    """
    if not len(fresh.bars):
        return Merged(None)
    before = stored.closed if stored is not None else fresh.bars[:0]
    if stored is None or not len(before):
        return Merged(SeriesUpdate(key, fresh.bars, fresh.coverage, replaces_all=True))
    after = closed(fresh.bars, fresh.coverage)
    _, ours, theirs = np.intersect1d(
        before.start, after.start, assume_unique=True, return_indices=True
    )
    if not len(ours) and len(after):
        return Mismatch("the bars fetched do not reach back to the bars stored")
    old, new = before.close[ours], after.close[theirs]
    differs = np.flatnonzero(old != new)
    if len(differs) and (
        len(differs) > 1 or abs(new[differs[0]] / old[differs[0]] - 1) > TOLERANCE
    ):
        return Mismatch(_contradiction(before[ours], new, differs))
    revisions = tuple(
        Revision(int(before.end[ours[i]]), float(old[i]), float(new[i])) for i in differs
    )
    changed = _changed(stored.bars, fresh.bars)
    coverage = stored.coverage | fresh.coverage
    if not len(changed) and coverage == stored.coverage:
        return Merged(None)
    return Merged(SeriesUpdate(key, changed, coverage), revisions)


def _changed(stored: BarSeries, fresh: BarSeries) -> BarSeries:
    """Return the fresh bars that are not stored exactly so already."""
    if not len(stored):
        return fresh
    at = np.minimum(np.searchsorted(stored.start, fresh.start), len(stored) - 1)
    known = stored.start[at] == fresh.start
    for name in ("end", "open", "high", "low", "close", "volume"):
        known &= getattr(stored, name)[at] == getattr(fresh, name)
    return fresh[~known]


def _contradiction(before: BarSeries, new: Floats, differs: NDArray[np.intp]) -> str:
    first = int(differs[0])
    was, now = float(before.close[first]), float(new[first])
    return (
        f"{len(differs)} stored closes differ from those fetched now, the first at "
        f"{iso(from_epoch(int(before.end[first])))}: {quoted(was)} stored, {quoted(now)} fetched "
        f"(factor {now / was:.4g}); a split, or a restated history"
    )
