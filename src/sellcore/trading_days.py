"""The sessions of one exchange as a sequence that knows its bounds as arrays."""

from bisect import bisect_right
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from typing import Self

import numpy as np

from sellcore.arrays import Seconds
from sellcore.instant import to_epoch
from sellcore.session import Session


class TradingDays(tuple[Session, ...]):
    """
    Sessions in order; one object is shared by all that trade on the exchange.

    A thousand sessions are looked at for every holding, every minute: the
    arrays are made once, and so is the hash.
    """

    @classmethod
    def of(cls, sessions: Sequence[Session]) -> Self:
        """Return ``sessions`` as trading days; the same object where they are already."""
        return sessions if isinstance(sessions, cls) else cls(sessions)

    @cached_property
    def opens(self) -> Seconds:
        """Shape (n,), seconds since 1970 UTC."""
        return np.array([to_epoch(session.open) for session in self], dtype=np.int64)

    @cached_property
    def closes(self) -> Seconds:
        """Shape (n,), seconds since 1970 UTC."""
        return np.array([to_epoch(session.close) for session in self], dtype=np.int64)

    @cached_property
    def midnights(self) -> Seconds:
        """Shape (n,), the exchange dates as midnight UTC, seconds since 1970 UTC."""
        starts = (datetime(s.day.year, s.day.month, s.day.day, tzinfo=UTC) for s in self)
        return np.array([to_epoch(start) for start in starts], dtype=np.int64)

    @cached_property
    def _open_seconds(self) -> list[int]:
        return [int(open_) for open_ in self.opens]  # for a single instant, quicker than an array

    @cached_property
    def _close_seconds(self) -> list[int]:
        return [int(close) for close in self.closes]

    @cached_property
    def _hash(self) -> int:
        return tuple.__hash__(self)

    def __hash__(self) -> int:
        return self._hash

    def begun(self, moment: datetime) -> int:
        """Return how many sessions have opened by ``moment``."""
        return bisect_right(self._open_seconds, to_epoch(moment))

    def ended(self, moment: datetime) -> int:
        """Return how many sessions have closed by ``moment``."""
        return bisect_right(self._close_seconds, to_epoch(moment))
