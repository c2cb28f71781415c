"""Being asked to end: Ctrl-C, and the signals by which a system asks for the same."""

import os
import select
import signal
import sys
from collections.abc import Callable
from types import FrameType

_WORDS = {
    "SIGINT": "ended by Ctrl-C",
    "SIGTERM": "ended by SIGTERM",
    "SIGHUP": "ended by SIGHUP, the terminal is gone",
    "SIGBREAK": "ended by Ctrl-Break",
}
"""What a person is told; not every system has all of them."""


class Ended(KeyboardInterrupt):
    """
    The end was asked for; holds what to tell a person.

    A class of its own: where a plain KeyboardInterrupt passes through code that
    was made at run time, Python kills its process at exit, though it was caught.
    """


class ReaderLeft(Exception):
    """Whoever read the output has seen enough; not an error, which click would make of it."""


_Handler = Callable[[int, FrameType | None], None]


def end_at_once_when_asked() -> None:
    """While modules are loaded there is nothing to close: say one line, and go."""
    _handle(_end_at_once)


def interrupt_when_asked() -> None:
    """From now on each of the signals raises Ended in the main thread."""
    _handle(_interrupt)


def end_undisturbed() -> None:
    """All is closed: who asks again must not break in on the way out."""
    _handle(signal.SIG_IGN)


def wait_for_input() -> None:
    """
    Return once a line was typed; raise Ended if the end is asked for before.

    Python looks whether a signal came in, and then begins to read: one that comes
    between the two is not seen before the next key. Here each signal also writes to a
    descriptor that is waited for together with the keys.
    """
    if os.name != "posix":  # consoles elsewhere cannot be waited for, and end their reads
        return
    heard, said = os.pipe()
    os.set_blocking(said, False)
    before = signal.set_wakeup_fd(said)
    try:
        select.select([sys.stdin, heard], [], [])
    finally:
        signal.set_wakeup_fd(before)
        os.close(heard)
        os.close(said)


def _handle(handler: "_Handler | signal.Handlers") -> None:
    for name in _WORDS:
        number = getattr(signal, name, None)
        # What is ignored stays so: nohup, and a shell's jobs in the background, count on it.
        if number is not None and signal.getsignal(number) is not signal.SIG_IGN:
            signal.signal(number, handler)


def _interrupt(number: int, frame: FrameType | None) -> None:
    raise Ended(_WORDS[signal.Signals(number).name])


def _end_at_once(number: int, frame: FrameType | None) -> None:
    os.write(2, f"sellcli: {_WORDS[signal.Signals(number).name]}\n".encode())
    os._exit(0)


def farewell(interrupt: BaseException) -> str:
    """Return the line that tells a person, below the ^C that a terminal has shown."""
    below = "\n" if os.isatty(2) else ""
    return f"{below}sellcli: {interrupt.args[0] if interrupt.args else _WORDS['SIGINT']}"
