"""The decision log port."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from sellcore.order import Mode
from sellcore.record import DecidedBar, DecisionRecord


class DecisionLog(Protocol):
    """The audit log: what was decided, on what grounds, and what came of it."""

    def append(self, records: Sequence[DecisionRecord]) -> None:
        """
        Add the records in this order; they are on disk when this returns.

        Raises:
            StorageError: none of them is stored.
        """
        ...

    def read(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Iterator[DecisionRecord]:
        """
        Yield records in the order they were added, as long as time ran forward.

        Args:
            since: Earliest timestamp, included; with a zone.
            ticker: Only records of this ticker, in any case.

        An entry that cannot be read is left out, and reported by ``problems``.

        Raises:
            StorageError: the log as a whole cannot be read.
            InvalidValue: ``since`` has no zone.
        """
        ...

    def decided(self, mode: Mode, account: str, since: datetime) -> frozenset[DecidedBar]:
        """
        Return the bars with a record of any outcome whose timestamp is at or after ``since``.

        One that is in here must not be decided again, whichever process did it.
        """
        ...

    def problems(self) -> Sequence[str]:
        """Return one line for each entry that was met and could not be read."""
        ...
