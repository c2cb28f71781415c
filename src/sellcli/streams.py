"""The standard streams, as whoever starts a program may have left them."""

import io
import os
import sys

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
