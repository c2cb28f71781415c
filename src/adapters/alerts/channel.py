"""What every way of delivering an alert promises to the one that sends along all of them."""

from typing import Protocol

from sellcore.ports.alerts import Notice


class Channel(Protocol):
    """One way to a person. It may take its time, up to a limit of its own."""

    @property
    def name(self) -> str:
        """What it is called in a line about a failure; holds no secret."""
        ...

    def deliver(self, notice: Notice) -> None:
        """
        Deliver one notice, now.

        Raises:
            NotDelivered: it may not have arrived; one line, without a secret.
        """
        ...
