"""How many messages the broker may be sent within a second, and who of us goes first."""

from enum import IntEnum

from adapters.ib.window import Bookings, Window
from sellcore.errors import InvalidValue

PER_SECOND = 45.0
"""What is sent at most, of the 50 messages a second that the broker takes."""


class Lane(IntEnum):
    """What a message is for, the more urgent the higher."""

    BULK = 0
    """Bars and descriptions of contracts: one for each holding, and none of them urgent."""

    QUESTION = 1
    """What a sale waits for: positions, orders, trades, quotes, the time."""

    ORDER = 2
    """Orders and their cancels."""


SHARES = {Lane.ORDER: 0.125, Lane.QUESTION: 0.3}
"""The parts of the budget that are kept free for these, whatever bulk there is."""


class MessageBudget:
    """
    At most so many messages within any second, counted on the wall.

    Each lane has a part of its own, in which it meets only its like, and may
    use what the less urgent ones leave. So neither an order nor a question that
    a sale waits for stands behind the bars of five hundred holdings.
    """

    def __init__(self, per_second: float) -> None:
        """
        Start with a second in which nothing was sent.

        Args:
            per_second: Messages per second to the broker, 0 for no limit.
        """
        if not 0 <= per_second < float("inf"):
            raise InvalidValue(
                f"messages_per_second {per_second:g} is not a rate; "
                f"use {PER_SECOND:g}, or 0 for no limit"
            )
        self._limited = per_second > 0
        # Counts are whole: where a lane would get none, the window is widened instead.
        self._seconds = max(1.0, len(Lane) / per_second) if self._limited else 1.0
        total = max(len(Lane), int(per_second))
        counts = {lane: max(1, int(total * share)) for lane, share in SHARES.items()}
        counts[Lane.BULK] = total - sum(counts.values())
        self._windows = {lane: Window(counts[lane], self._seconds) for lane in Lane}
        self._booked = {lane: Bookings() for lane in Lane}

    @property
    def slowest_order(self) -> float:
        """Seconds that one order can wait for another, at worst."""
        return self._seconds if self._limited else 0.0

    def book(self, lane: Lane, now: float) -> float:
        """
        Book the next message of a lane, in whichever part that is open to it is free first.

        Args:
            lane: What the message is for.
            now: Seconds of a clock that never runs backwards.

        Returns:
            Seconds to wait before it is sent.
        """
        if not self._limited:
            return 0.0
        open_to_it = (lane, *(below for below in Lane if below < lane))
        waits = {part: self._booked[part].wait(self._windows[part], now) for part in open_to_it}
        part = min(waits, key=waits.__getitem__)
        self._booked[part].book(self._windows[part], now + waits[part])
        return waits[part]
