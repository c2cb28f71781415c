"""The bar store port."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries


class BarStore(Protocol):
    """Keeps raw bars and their coverage across restarts."""

    def load(self) -> Mapping[SeriesKey, StoredSeries]:
        """
        Return everything stored.

        A part that cannot be read is set aside, reported by ``problems``, and
        absent here: it is fetched anew, never silently empty.
        """
        ...

    def merge(self, updates: Sequence[SeriesUpdate]) -> None:
        """
        Store the updates; they are on disk when this returns.

        Raises:
            StorageError: nothing of this call is stored.
        """
        ...

    def discard(self, keys: Sequence[SeriesKey]) -> None:
        """Forget these series, durably: what they hold can no longer be trusted."""
        ...

    def problems(self) -> Sequence[str]:
        """Return one line for each part that was set aside since the store was opened."""
        ...
