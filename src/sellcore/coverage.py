"""Coverage: the intervals of a stored series that were fetched successfully."""

from collections.abc import Iterable

from attrs import field, frozen

from sellcore.errors import InvalidValue

FAR_FUTURE = 1 << 62
"""Seconds since 1970 UTC; an end for what has none."""


def _normal(intervals: Iterable[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(intervals):
        if start > end:
            raise InvalidValue(f"coverage runs backwards: {start} to {end}")
        if start == end:
            continue
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return tuple(merged)


@frozen
class Coverage:
    """
    Half-open intervals [start, end) in seconds since 1970 UTC, apart and in order.

    Inside them a missing bar means that nothing was traded; outside, that we
    do not know.
    """

    intervals: tuple[tuple[int, int], ...] = field(default=(), converter=_normal)

    def __bool__(self) -> bool:
        return bool(self.intervals)

    def __or__(self, other: "Coverage") -> "Coverage":
        return Coverage(self.intervals + other.intervals)

    def __sub__(self, other: "Coverage") -> "Coverage":
        left = list(self.intervals)
        for start, end in other.intervals:
            left = [
                piece
                for low, high in left
                for piece in ((low, min(high, start)), (max(low, end), high))
                if piece[0] < piece[1]
            ]
        return Coverage(tuple(left))

    def contains(self, start: int, end: int) -> bool:
        """Say whether [start, end) lies inside one interval."""
        return any(low <= start and end <= high for low, high in self.intervals)

    @property
    def until(self) -> int | None:
        """The end of the last interval, or None when nothing is covered."""
        return self.intervals[-1][1] if self.intervals else None
