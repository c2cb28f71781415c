"""A clock that starts at a scenario's start and runs by itself."""

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from sellcore.errors import InvalidValue
from sellcore.instant import utc

REAL_TIME = 60.0
"""Wall seconds for a simulated minute, when time runs as it does."""

_NAP = 0.2


class RunningClock:
    """Simulated time for a gateway that serves applications with clocks of their own."""

    def __init__(
        self,
        start: datetime,
        *,
        pace: float = REAL_TIME,
        wall: Callable[[], float] = time.monotonic,
    ) -> None:
        """
        Start at ``start``, now.

        Args:
            start: Simulated instant to begin at.
            pace: Wall seconds that a simulated minute takes, above zero.
            wall: Seconds on a clock that only runs forward.

        Raises:
            InvalidValue: pace is not above zero.
        """
        if pace <= 0:
            raise InvalidValue(
                f"pace {pace:g} is not above zero; only an application that shares the gateway's "
                "clock (start --simulate, gateway --clock) can go as fast as it goes"
            )
        self._start = utc(start)
        self._speed = REAL_TIME / pace
        self._wall = wall
        self._began = wall()

    def now(self) -> datetime:
        """Return the current simulated instant, UTC."""
        return self._start + timedelta(seconds=(self._wall() - self._began) * self._speed)

    def sleep_until(self, moment: datetime) -> None:
        """Sleep in short naps until the moment has come."""
        while (left := (utc(moment) - self.now()).total_seconds()) > 0:
            time.sleep(min(left / self._speed, _NAP))
