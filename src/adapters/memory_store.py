"""Stores that forget everything at exit: for tests, notebooks and trials."""

from collections.abc import Mapping, Sequence

from sellcore.average_table import AverageTable
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, apply
from sellcore.timeframe import Timeframe


class MemoryBarStore:
    """Keeps the bars in memory, with the promises of ``BarStore`` except durability."""

    def __init__(self) -> None:
        self._series: dict[SeriesKey, StoredSeries] = {}

    def load(self) -> Mapping[SeriesKey, StoredSeries]:
        """Return everything stored."""
        return dict(self._series)

    def merge(self, updates: Sequence[SeriesUpdate]) -> None:
        """
        Store the updates, all or none.

        Raises:
            InvalidValue: a bar overlaps a stored one that it does not replace.
        """
        series = dict(self._series)
        for update in updates:
            stored = series.pop(update.key, None)  # the key too: its ticker may be new
            series[update.key] = apply(stored, update)
        self._series = series

    def discard(self, keys: Sequence[SeriesKey]) -> None:
        """Forget these series."""
        for key in keys:
            self._series.pop(key, None)

    def problems(self) -> Sequence[str]:
        """Return nothing: memory is not set aside."""
        return ()


class MemoryAverageStore:
    """Keeps computed averages in memory."""

    def __init__(self) -> None:
        self._tables: dict[Timeframe, AverageTable] = {}

    def read(self, timeframe: Timeframe) -> AverageTable | None:
        """Return what was stored last, or None."""
        return self._tables.get(timeframe)

    def replace(self, timeframe: Timeframe, table: AverageTable) -> None:
        """Store ``table`` instead of what was stored."""
        self._tables[timeframe] = table

    def problems(self) -> Sequence[str]:
        """Return nothing: memory is not damaged."""
        return ()
