"""The standard streams, as whoever starts a program may have left them."""

import errno
import io
import os
import select
import sys
from typing import TextIO

_MODES = {"stdin": ("r", os.O_RDONLY), "stdout": ("w", os.O_WRONLY), "stderr": ("w", os.O_WRONLY)}
"""In the order of their numbers: the system gives out the lowest that is free."""


def open_what_is_closed() -> None:
    """
    Lead closed streams nowhere, as ``>/dev/null`` does.

    Python has None for a closed one, and the next file that is opened would get
    its number: the audit log would be what others take for the output.
    """
    for name, (mode, flags) in _MODES.items():
        if getattr(sys, name) is None:
            setattr(sys, name, os.fdopen(os.open(os.devnull, flags), mode, encoding="utf-8"))


def escape_what_cannot_be_shown() -> None:
    """
    Write a letter that the output's encoding lacks as its number, as on stderr.

    Names and words come from files and from the broker, in any language: one of them
    must not end a watch where the output goes to a file of another code page.
    """
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="backslashreplace")


def lead_nowhere() -> None:
    """Lead the output nowhere: what is still buffered must not fail again at the end."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def flush_or_lose() -> None:
    """Write what is still buffered; where it cannot be written, it is lost without a word."""
    try:
        sys.stdout.flush()
    except OSError:
        lead_nowhere()


def write_at_once(stream: TextIO, text: str) -> int:
    """
    Write to a terminal, unless it is paused: to wait for it could take for ever.

    Raises:
        OSError: it takes nothing now.
    """
    if os.name == "posix" and not select.select([], [stream], [], 0)[1]:
        raise BlockingIOError(errno.EAGAIN, "it is paused, or nobody reads it")
    return stream.write(text)
