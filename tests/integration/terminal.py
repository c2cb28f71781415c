"""The command line on a terminal of its own, with somebody who types."""

import os
import re
import select
import struct
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
from tests.integration.cli import COMMAND, LIMIT, environment

fcntl = pytest.importorskip("fcntl", reason="terminals of this kind are POSIX's")
pty = pytest.importorskip("pty")
termios = pytest.importorskip("termios")

ESCAPE = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
QUESTION = re.compile(rb"[\]):] ?: ?$|\]: $")

OWN_TERMINAL = (
    "import fcntl, os, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "os.execv(sys.argv[1], sys.argv[1:])"
)
"""Makes standard input the terminal that Ctrl-C is typed on."""


@dataclass(frozen=True)
class Shown:
    """What came of a run on a terminal."""

    code: int
    text: str

    @property
    def plain(self) -> list[str]:
        """The lines without escape codes; a line drawn over counts as well."""
        return re.split(r"[\r\n]+", ESCAPE.sub("", self.text))


def on_terminal(
    folder: Path,
    arguments: Sequence[str],
    *,
    columns: int,
    rows: int = 40,
    answers: Sequence[tuple[re.Pattern[bytes], bytes]] = (),
    variables: Mapping[str, str] | None = None,
) -> Shown:
    """
    Run the command line on a terminal of its own.

    Args:
        folder: The working directory.
        arguments: Behind ``sellcli``.
        columns: How wide the terminal is.
        rows: How high.
        answers: What is typed once a pattern stands at the end of what came since.
        variables: Environment beside the usual.
    """
    usual = {k: v for k, v in environment().items() if k not in ("NO_COLOR", "COLUMNS", "LINES")}
    terminal, inner = pty.openpty()
    fcntl.ioctl(inner, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    child = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *COMMAND, *arguments],
        cwd=folder,
        env={**usual, "TERM": "xterm-256color", **(variables or {})},
        stdin=inner,
        stdout=inner,
        stderr=inner,
        start_new_session=True,
    )
    os.close(inner)
    out, since, waiting = b"", b"", list(answers)
    deadline = time.monotonic() + LIMIT
    while time.monotonic() < deadline:
        if not select.select([terminal], [], [], 0.2)[0]:
            continue
        try:
            data = os.read(terminal, 1 << 16)
        except OSError:  # how Linux says that the other side has hung up
            break
        if not data:
            break
        out, since = out + data, since + data
        if waiting and waiting[0][0].search(since):
            os.write(terminal, waiting.pop(0)[1])
            since = b""
    os.close(terminal)
    code = child.wait(timeout=LIMIT)
    assert not waiting, out.decode()
    return Shown(code, out.decode())
