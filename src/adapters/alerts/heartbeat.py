"""Tells a person of a watch that stands still: nothing in it could do so any more."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from sellcore.instant import iso
from sellcore.ports.alerts import Alerts, Cause, Notice
from sellcore.ports.clock import Clock

LOOK = timedelta(seconds=30)
"""Between two looks whether it still goes on."""


class HeartbeatClock:
    """
    A clock by which a watch goes: that it is asked is the watch's heartbeat.

    Looks are counted, not seconds: a machine that sleeps makes none.

    Args:
        clock: Tells the time.
        alerts: Told once of each standstill.
        account: The account that is watched.
        after: How long nothing may be heard of the watch.
    """

    def __init__(self, clock: Clock, alerts: Alerts, account: str, after: timedelta) -> None:
        self._clock = clock
        self._alerts = alerts
        self._account = account
        self._patience = max(2, after // LOOK)
        self._beats = self._seen = self._silent = 0
        self._last = clock.now()

    def now(self) -> datetime:
        """Return the current instant, UTC."""
        self._last = self._clock.now()
        self._beats += 1
        return self._last

    def sleep_until(self, moment: datetime) -> None:
        """Return once ``moment`` has come."""
        self._clock.sleep_until(moment)
        self._beats += 1

    def look(self) -> None:
        """Look whether it was asked since the last look, and tell once it was not for too long."""
        self._silent = self._silent + 1 if self._beats == self._seen else 0
        self._seen = self._beats
        if self._silent == self._patience:
            text = (
                f"the watch stands still since {iso(self._last)}: nothing is decided or sold; a "
                "paused terminal goes on with Ctrl-Q or Escape, else look at disk and memory of "
                "its machine, end it and start it again"
            )
            now = self._clock.now()
            self._alerts.send(Notice(now, Cause.STUCK, self._account, text, {}))


@contextmanager
def heartbeat(clock: Clock, alerts: Alerts, account: str, after: timedelta) -> Iterator[Clock]:
    """Return a clock for a watch to go by, and look after it in a thread of its own."""
    beating, ended = HeartbeatClock(clock, alerts, account, after), threading.Event()

    def look_after_it() -> None:
        while not ended.wait(LOOK.total_seconds()):
            beating.look()

    threading.Thread(target=look_after_it, name="heartbeat", daemon=True).start()
    try:
        yield beating
    finally:
        ended.set()
