"""Alerts on the terminal: a bell, and one line."""

from collections.abc import Callable

from adapters.alerts.message import cause_of, headline
from sellcore.errors import NotDelivered
from sellcore.ports.alerts import Notice


class TerminalChannel:
    """
    Writes each notice as one line, behind the bell that most terminals ring or flash.

    Args:
        write: Takes the text, its line end included; called from another thread.
        bell: Whether to ring.
    """

    name = "the terminal"

    def __init__(self, write: Callable[[str], object], *, bell: bool = True) -> None:
        self._write = write
        self._bell = bell

    def deliver(self, notice: Notice) -> None:
        """Write the line."""
        try:
            self._write(f"{chr(7) if self._bell else ''}{headline(notice)}\n")
        except OSError as error:
            raise NotDelivered(f"{cause_of(error, 0)}; the terminal is gone") from None
        except ValueError:  # so says a stream that was closed
            raise NotDelivered("it was closed") from None
