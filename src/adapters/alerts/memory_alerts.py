"""Alerts that stay in memory, for tests."""

from collections.abc import Sequence

from sellcore.ports.alerts import Notice


class MemoryAlerts:
    """
    The alerts port in memory.

    Attributes:
        sent: What was handed over, in order.
        failing: Why nothing gets through; empty while all does.
    """

    def __init__(self) -> None:
        self.sent: list[Notice] = []
        self.failing = ""
        self._failures: list[str] = []

    def send(self, notice: Notice) -> None:
        """Keep the notice; it counts as not delivered while ``failing`` says why."""
        self.sent.append(notice)
        if self.failing:
            self._failures.append(f"alert '{notice.cause}' was not delivered: {self.failing}")

    def failures(self) -> Sequence[str]:
        """Return a line for each notice that failed since the last call."""
        found, self._failures = self._failures, []
        return tuple(found)
