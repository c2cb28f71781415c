"""The kill switch port: a person's way to stop all selling at once."""

from typing import Protocol


class KillSwitch(Protocol):
    """Asked before every sale, so that it takes effect within one cycle."""

    def thrown(self) -> str | None:
        """Return why selling is halted, or None; where that cannot be read, it is halted."""
        ...
