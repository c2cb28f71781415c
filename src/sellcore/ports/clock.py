"""The clock port."""

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """The only source of time. Implementations: system, frozen, simulated."""

    def now(self) -> datetime:
        """Return the current instant, UTC."""
        ...

    def sleep_until(self, moment: datetime) -> None:
        """
        Return once ``moment`` has come; at once if it has passed.

        A simulated clock moves to ``moment`` and lets what was due happen first.
        """
        ...
