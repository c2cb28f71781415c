"""An output that fails, and a watch that goes on without it."""

from collections.abc import Callable
from contextlib import suppress

from sellcli.screen.choose import Listener
from sellcli.streams import flush_or_lose
from sellcore.event import Event


class Enduring:
    """
    Shows events as far as they can be shown: an output that fails ends no sale.

    The disk that it goes to may be full for a while, or its terminal gone. Whoever
    reads a pipe and leaves ends the watch, as ever.
    """

    def __init__(self, screen: Listener, say: Callable[[str], object]) -> None:
        """
        Stand before a screen.

        Args:
            screen: Shows them.
            say: Told once, in a line, that it cannot.
        """
        self._screen = screen
        self._say = say
        self._failed = False

    def __call__(self, event: Event) -> None:
        """Show an event, or say why it cannot be shown."""
        try:
            self._screen(event)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._fails(error)

    def close(self) -> None:
        """Leave the screen as it is to stay; what it still holds back is lost with it."""
        try:
            self._screen.close()
        except BrokenPipeError:
            raise
        except OSError as error:
            self._fails(error)
        flush_or_lose()

    def _fails(self, error: OSError) -> None:
        if self._failed:
            return
        self._failed = True
        cause = (error.strerror or str(error)).lower()
        with suppress(OSError):  # it may lead to the same place
            self._say(f"the output cannot be written: {cause}; the watch goes on without it")
