"""The market data port."""

from collections.abc import Callable, Sequence
from typing import Protocol

from sellcore.request import BarRequest, FetchedBars, NoBars

Answer = FetchedBars | NoBars


class MarketData(Protocol):
    """Answers batches of bar requests, paced as the broker wants it."""

    def fetch(
        self,
        requests: Sequence[BarRequest],
        on_answer: Callable[[Answer], None] = lambda answer: None,
    ) -> Sequence[Answer]:
        """
        Return one answer per request, in the same order.

        Args:
            requests: What to ask for; run concurrently within the broker's limits.
            on_answer: Called in the caller's thread as each answer arrives.

        A request that fails is a NoBars; the batch never raises for one of them.
        """
        ...
