"""The kill switch port: one thing a person can do, at any time, to end all selling."""

from typing import Protocol


class KillSwitch(Protocol):
    """
    Says whether selling is halted. Asked in each look, and again right before its orders.

    When in doubt it is halted: what cannot be read counts as thrown. It never
    raises, and it is never thrown back by itself.
    """

    def thrown(self) -> str | None:
        """Return why selling is halted, one line; None while it is not."""
        ...
