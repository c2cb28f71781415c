"""So many departures within so many seconds, and when the next one is free."""

from collections import deque

from attrs import define, field, frozen


@frozen
class Window:
    """At most ``count`` departures within ``seconds``."""

    count: int
    seconds: float


@define
class Bookings:
    """The latest departures under one window, in seconds since 1970."""

    times: deque[float] = field(factory=deque)

    def wait(self, window: Window, now: float) -> float:
        """Return the seconds until one more fits into the window."""
        if len(self.times) < window.count:
            return 0.0
        return max(0.0, self.times[-window.count] + window.seconds - now)

    def book(self, window: Window, at: float) -> None:
        """Note a departure, of which only so many as the window counts are kept."""
        self.times.append(at)
        while len(self.times) > window.count:
            self.times.popleft()
