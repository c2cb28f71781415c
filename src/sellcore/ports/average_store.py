"""The average store port."""

from collections.abc import Sequence
from typing import Protocol

from sellcore.average_table import AverageTable
from sellcore.timeframe import Timeframe


class AverageStore(Protocol):
    """Keeps computed averages apart from the bars, from which they can be made anew."""

    def read(self, timeframe: Timeframe) -> AverageTable | None:
        """
        Return what was stored last, or None when nothing usable is stored.

        Raises:
            StorageError: it cannot be read, or a later program wrote it.
        """
        ...

    def replace(self, timeframe: Timeframe, table: AverageTable) -> None:
        """
        Store ``table`` instead of what was stored for that timeframe.

        Raises:
            StorageError: what was stored before still stands.
        """
        ...

    def problems(self) -> Sequence[str]:
        """Return one line for each part that could not be used since the store was opened."""
        ...
