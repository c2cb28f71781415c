"""Where stored series end: enough to see, without their bars, that an update fits behind."""

from collections.abc import Mapping, Sequence

from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, apply

Tail = tuple[int, int] | None
"""Start and end of a series' last bar, seconds since 1970 UTC; None where it has no bars."""


def tail(bars: BarSeries) -> Tail:
    """Return where ``bars`` end."""
    return (int(bars.start[-1]), int(bars.end[-1])) if len(bars) else None


def tails_after(
    tails: Mapping[SeriesKey, Tail], updates: Sequence[SeriesUpdate]
) -> dict[SeriesKey, Tail] | None:
    """
    Return the tails of the updated series, or None where the stored bars are needed to tell.

    An update that replaces the last bar or follows it, which is nearly all of
    them, needs no look at the others.
    """
    after: dict[SeriesKey, Tail] = {}
    for update in updates:
        key, bars = update.key, update.bars
        before = None if update.replaces_all else after[key] if key in after else tails.get(key)
        if not len(bars):
            after[key] = before
            continue
        if before is not None:
            first = int(bars.start[0])
            if first != before[0] and first < before[1]:
                return None
        after[key] = tail(bars)
    return after


def tails_checked(
    stored: Mapping[SeriesKey, StoredSeries], updates: Sequence[SeriesUpdate]
) -> dict[SeriesKey, Tail]:
    """
    Return the tails of the updated series, by making the updates on the stored bars.

    Raises:
        InvalidValue: a bar overlaps one that it does not replace.
    """
    after: dict[SeriesKey, StoredSeries] = {}
    for update in updates:
        key = update.key
        try:
            after[key] = apply(after[key] if key in after else stored.get(key), update)
        except InvalidValue as error:
            raise InvalidValue(f"the update of {key} does not fit the stored bars: {error}") from (
                error
            )
    return {key: tail(series.bars) for key, series in after.items()}
