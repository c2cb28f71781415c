"""
How fast the broker may be asked: arithmetic only, whoever waits does so elsewhere.

The rules are the broker's ("Pacing Violations for Small Bars", "Pacing
Limitations"): half hours and days are throttled softly, and the gaps kept for them
are a courtesy that keeps it so. Bars of 30 seconds or less have hard limits; none is
asked for here.
"""

from collections import defaultdict
from collections.abc import Hashable

from attrs import field, frozen

from adapters.ib.window import Bookings, Window
from sellcore.errors import InvalidValue
from sellcore.ports.clock import Clock
from sellcore.request import BarRequest

MOST_OPEN = 50
"""Historical requests that the broker lets one login have open at once."""

IDENTICAL = Window(1, 5.0)
"""The same request again."""

CONTRACT = Window(5, 2.0)
"""Requests for one contract."""

_CLOCK_WAS_SET = 1.0
"""Seconds; a clock that runs back further was set."""


@frozen
class Ticket:
    """
    Leave to send one request.

    Attributes:
        wait: Seconds of wall time to wait before it leaves.
        term: The term of the limits it was issued in.
    """

    wait: float
    term: int


@frozen
class Pace:
    """
    How a pacer is set.

    Attributes:
        concurrency: Historical requests in flight at most; above 50 is 50.
        retry_after: Seconds before a request that was refused as too fast is
            sent once more.
        recovery: Good answers in a row that win back one step.
        first_pause: Seconds between requests after the first slow-down, doubled
            by each further one.
        longest_pause: Seconds; the pause never grows beyond.
    """

    concurrency: int = field(default=32)
    retry_after: float = 10.0
    recovery: int = 10
    first_pause: float = 0.25
    longest_pause: float = 4.0

    @concurrency.validator
    def _positive(self, _: object, value: int) -> None:
        if value < 1:
            raise InvalidValue(f"concurrency {value} is not at least 1; the default is 32")


class Pacer:
    """
    The one pacer of a process: who may ask for bars, and when.

    A refusal halves what may be in flight and sets a pause between requests;
    a run of good answers takes that back step by step. Refusals of requests
    that had left before the last slow-down tell nothing new and change nothing.
    """

    def __init__(self, clock: Clock, pace: Pace | None = None) -> None:
        """
        Start at full speed.

        Args:
            clock: Measures the gaps.
            pace: The limits; the defaults suit a live account.
        """
        self.pace = pace or Pace()
        self.allowed = self._most = min(self.pace.concurrency, MOST_OPEN)
        self.pause = 0.0
        self._clock = clock
        self._term = 0
        self._good = 0
        self._latest = 0.0
        self._bookings: dict[Hashable, Bookings] = defaultdict(Bookings)

    def book(self, request: BarRequest) -> Ticket:
        """
        Book the next free departure for a request.

        In a simulation the clock stands still while the application works: wait
        the ticket's time once and go, do not ask the clock again.
        """
        now = self._clock.now().timestamp()
        if now < self._latest - _CLOCK_WAS_SET:
            self._bookings.clear()  # they lie in what is the future now
        self._latest = now
        windows: tuple[tuple[Hashable, Window], ...] = (
            (request, IDENTICAL),
            (request.instrument, CONTRACT),
            ("pause", Window(1, self.pause)),
        )
        wait = max(self._bookings[key].wait(window, now) for key, window in windows)
        for key, window in windows:
            self._bookings[key].book(window, now + wait)
        return Ticket(wait, self._term)

    def answered(self) -> None:
        """Count an answer; after enough of them in a row, allow one step more."""
        self._good += 1
        if self._good >= self.pace.recovery:
            self._good = 0
            self.allowed = min(self._most, self.allowed + max(1, self._most // 8))
            self.pause = 0.0 if self.pause <= self.pace.first_pause else self.pause / 2

    def refused(self, ticket: Ticket) -> None:
        """Slow down for a request that was refused as too fast, or not answered in time."""
        if ticket.term == self._term:
            self.slow_down()

    def slow_down(self) -> None:
        """Halve what may be in flight, and pause longer between requests."""
        self._term += 1
        self._good = 0
        self.allowed = max(1, self.allowed // 2)
        self.pause = min(self.pace.longest_pause, max(self.pace.first_pause, self.pause * 2))
