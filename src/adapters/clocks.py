"""Clocks: the system's, one that stands still, and one that jumps when it is waited on."""

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from sellcore.instant import utc

_LONGEST_NAP = 1.0
"""Seconds; the system clock is looked at again this often, so that a jump is noticed."""


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """Return the machine's idea of the current instant, UTC."""
        return datetime.now(UTC)

    def sleep_until(self, moment: datetime) -> None:
        """
        Sleep in short naps, so that a clock that is set, or a suspend, is noticed.

        Where the clock is set back meanwhile, it returns once as much time has
        passed as was asked for, and not hours later.
        """
        asked_for = (moment - self.now()).total_seconds()
        latest = time.monotonic() + asked_for
        while (left := (moment - self.now()).total_seconds()) > 0 and time.monotonic() < latest:
            time.sleep(min(left, _LONGEST_NAP))


class FrozenClock:
    """A clock for tests: it moves only when it is told to or waited on."""

    def __init__(self, moment: datetime) -> None:
        self._now = utc(moment)

    def now(self) -> datetime:
        """Return the instant it stands at, UTC."""
        return self._now

    def sleep_until(self, moment: datetime) -> None:
        """Move to ``moment`` at once; never backwards."""
        self._now = max(self._now, utc(moment))

    def set(self, moment: datetime) -> None:
        """Move to ``moment``, backwards too: a clock that was set."""
        self._now = utc(moment)


class SimulatedClock:
    """
    Simulated time that jumps to where the application waits for.

    The application and the simulated gateway share one: it stands still while
    the application works, and ``sleep_until`` lets listeners do what was due on
    the way. Safe to read from any thread.
    """

    def __init__(self, start: datetime, *, pace: float = 0.0) -> None:
        """
        Start at ``start``.

        Args:
            start: Simulated instant to begin at.
            pace: Real seconds that a simulated minute takes; 0 jumps at once.
        """
        self._now = utc(start)
        self._pace = pace
        self._lock = threading.Lock()
        self._listeners: list[Callable[[datetime], None]] = []

    def now(self) -> datetime:
        """Return the current simulated instant, UTC."""
        with self._lock:
            return self._now

    def on_advance(self, listener: Callable[[datetime], None]) -> None:
        """Call ``listener(now)`` after each move, in the thread that waits."""
        self._listeners.append(listener)

    def sleep_until(self, moment: datetime) -> None:
        """Move to ``moment`` at the clock's pace, then let the listeners catch up."""
        target = utc(moment)
        while (now := self.now()) < target:
            step = min(target, now + timedelta(minutes=1))
            if self._pace > 0:
                time.sleep((step - now).total_seconds() / 60 * self._pace)
            with self._lock:
                self._now = step
            for listener in self._listeners:
                listener(step)
