"""A decision log that lasts as long as the process."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sellcore.order import Mode
from sellcore.record import DecidedBar, DecisionRecord, decided_bars, matching


class MemoryDecisionLog:
    """The decision log port in memory."""

    def __init__(self) -> None:
        self._records: list[DecisionRecord] = []

    def append(self, records: Sequence[DecisionRecord]) -> None:
        """Add the records in this order."""
        self._records.extend(records)

    def read(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Iterator[DecisionRecord]:
        """Yield the records in the order they came."""
        return matching(self._records, since, ticker)

    def decided(self, mode: Mode, account: str, since: datetime) -> frozenset[DecidedBar]:
        """Return the bars that have a record of any outcome."""
        return decided_bars(self.read(since), mode, account)

    def problems(self) -> Sequence[str]:
        """Return nothing: memory holds only what was appended."""
        return ()
