"""The bar source port: the bars of a whole universe, a few tickers at a time."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from sellcore.bar import BarSeries
from sellcore.timeframe import Timeframe


class BarSource(Protocol):
    """
    Has bars of many tickers, more than fit into memory.

    It travels to other processes and machines, so it can be pickled.
    """

    def tickers(self) -> Sequence[str]:
        """
        Return every ticker there are bars of, in a fixed order, each once.

        Raises:
            StorageError: what holds them cannot be read.
        """
        ...

    def load(self, tickers: Sequence[str], timeframe: Timeframe) -> Mapping[str, BarSeries]:
        """
        Return the bars of some tickers, oldest first; one without such bars is left out.

        Raises:
            InvalidValue: bars that cannot be what they claim to be; the line names the
                file, the ticker and the row's time.
            StorageError: what holds them cannot be read.
        """
        ...

    def only(self, tickers: Sequence[str]) -> "BarSource":
        """Return a source that has these tickers at least, and is no larger to send than needed."""
        ...
