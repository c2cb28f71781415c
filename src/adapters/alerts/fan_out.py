"""Alerts along every way at once, by a thread of their own."""

import threading
from collections import deque
from collections.abc import Iterable, Sequence
from time import monotonic

from attrs import evolve, frozen

from adapters.alerts.channel import Channel
from sellcore.errors import NotDelivered
from sellcore.instant import iso
from sellcore.ports.alerts import Cause, Notice

WORST_FIRST = (
    Cause.UNKNOWN,
    Cause.PROTECTION_GONE,
    Cause.HALTED,
    Cause.ENDED,
    Cause.STUCK,
    Cause.REJECTED,
    Cause.NOT_SENT,
    Cause.CANCELLED,
    Cause.DENIED,
    Cause.LAPSED,
    Cause.DISCONNECTED,
    Cause.MISSED,
    Cause.FILLED,
    Cause.SENT,
    Cause.SIGNAL,
    Cause.TEST,
)
"""What is kept longest where there is no room for all."""

_RANKS = {cause: rank for rank, cause in enumerate(WORST_FIRST)}

_MOST_FAILURES = 1000
"""Lines that are kept for whoever asks; the oldest go first."""


@frozen(eq=False)
class _Delivery:
    """
    One notice that is to go one way.

    Attributes:
        number: Counts the notices.
        notice: What is to be told.
        channel: How.
        attempt: Counts from 1.
        due: Not before this reading of the monotonic clock.
    """

    number: int
    notice: Notice
    channel: Channel
    attempt: int
    due: float


class FanOut:
    """
    The alerts port over any number of channels.

    One daemon thread delivers. Each channel is tried by itself: one that fails
    is tried again after a pause, and what is new goes ahead of what failed. A
    channel that takes its time delays the others by its own time limit at most.

    Args:
        channels: Tried in this order.
        capacity: Notices that may wait. Beyond it the oldest of the least
            important is dropped, and counts as a failure.
        pauses: Seconds before each further attempt.
    """

    def __init__(
        self,
        channels: Iterable[Channel],
        *,
        capacity: int = 200,
        pauses: Sequence[float] = (2.0, 15.0),
    ) -> None:
        self._channels = tuple(channels)
        self._capacity = capacity
        self._pauses = tuple(pauses)
        # Re-entrant: a signal may call send() while its thread is inside of it already.
        self._changed = threading.Condition(threading.RLock())
        self._waiting: list[_Delivery] = []
        self._current: _Delivery | None = None
        self._failures: deque[str] = deque(maxlen=_MOST_FAILURES)
        self._count = 0
        self._closed = False
        self._worker = threading.Thread(target=self._work, name="alerts", daemon=True)
        self._worker.start()

    def send(self, notice: Notice) -> None:
        """Hand a notice over; it is delivered while the caller goes on."""
        with self._changed:
            if self._closed:
                self._failures.append(f"{_named(notice)} came after the end and was not delivered")
                return
            self._count += 1
            self._waiting += [
                _Delivery(self._count, notice, channel, 1, 0.0) for channel in self._channels
            ]
            self._make_room()
            self._changed.notify_all()

    def failures(self) -> Sequence[str]:
        """Return one line for each delivery that failed for good since the last call."""
        with self._changed:
            found = tuple(self._failures)
            self._failures.clear()
        return found

    def close(self, seconds: float) -> None:
        """
        End, once all that waits has been tried; what failed is tried again without a pause.

        Args:
            seconds: The longest this may take. What is left then is a failure each.
        """
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        self._worker.join(max(0.0, seconds))
        with self._changed:
            left = [*([self._current] if self._current else []), *self._waiting]
            self._waiting.clear()
            self._current = None
            for delivery in left:
                self._fail(delivery, "the program ended first; it may not have arrived")
            self._changed.notify_all()

    def _make_room(self) -> None:
        waiting = {delivery.number: delivery.notice for delivery in self._waiting}
        if len(waiting) <= self._capacity:
            return
        number = min(waiting, key=lambda n: (-_RANKS[waiting[n].cause], n))
        ways = ", ".join(d.channel.name for d in self._waiting if d.number == number)
        self._waiting = [d for d in self._waiting if d.number != number]
        self._failures.append(
            f"{_named(waiting[number])} was dropped before it went by {ways}: "
            f"{self._capacity} others wait already"
        )

    def _work(self) -> None:
        while (delivery := self._next()) is not None:
            reason = _attempt(delivery)
            with self._changed:
                if self._current is None:  # close() has given it up
                    return
                self._current = None
                if reason is not None:
                    self._again(delivery, reason)

    def _next(self) -> _Delivery | None:
        """Wait for what is due; None once it is closed and nothing waits."""
        with self._changed:
            while True:
                now = monotonic()
                due = [d for d in self._waiting if self._closed or d.due <= now]
                if due:  # those of one attempt wait in the order in which they came
                    self._current = min(due, key=lambda d: d.attempt)
                    self._waiting.remove(self._current)
                    return self._current
                if self._closed:
                    return None
                soonest = min((d.due for d in self._waiting), default=None)
                self._changed.wait(None if soonest is None else soonest - now)

    def _again(self, delivery: _Delivery, reason: str) -> None:
        if delivery.attempt > len(self._pauses):
            self._fail(delivery, reason)
            return
        due = monotonic() + self._pauses[delivery.attempt - 1]
        self._waiting.append(evolve(delivery, attempt=delivery.attempt + 1, due=due))
        self._make_room()

    def _fail(self, delivery: _Delivery, reason: str) -> None:
        tries = "1 attempt" if delivery.attempt == 1 else f"{delivery.attempt} attempts"
        self._failures.append(
            f"{_named(delivery.notice)} was not delivered by {delivery.channel.name} "
            f"in {tries}: {reason}"
        )


def _attempt(delivery: _Delivery) -> str | None:
    """Return why the notice was not delivered, None where it was."""
    try:
        delivery.channel.deliver(delivery.notice)
    except NotDelivered as failure:
        return str(failure)
    except Exception as error:  # noqa: BLE001 - the rim of this thread: others' alerts go on
        # Its name alone: nobody knows what its text holds.
        return f"internal error: {type(error).__name__}"
    return None


def _named(notice: Notice) -> str:
    at = iso(notice.at) if notice.at.tzinfo else notice.at.isoformat()  # it must never raise
    return f"alert '{notice.cause}' of {at}"
