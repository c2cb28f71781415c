"""Questions end when they are told to, whenever that is."""

import os
import signal
import subprocess
import sys
import time

import pytest
from tests.integration.cli import LIMIT, environment

pty = pytest.importorskip("pty", reason="terminals of this kind are POSIX's")

ASKING = """
import os
from sellcli.interrupts import interrupt_when_asked
from sellcli.prompt import ask_account

interrupt_when_asked()
try:
    os.write(1, b"?")
    ask_account("DU1")
except KeyboardInterrupt as interrupt:
    os.write(1, interrupt.args[0].encode())
"""
TRIES = 40
STEP = 20e-6
"""Seconds by which each signal comes later: some meet the program as it begins to read."""


def test_a_signal_ends_a_question_at_whatever_moment_it_comes() -> None:
    """No key has to be typed behind it: Python's own input() loses one in ten here."""
    terminal, inner = pty.openpty()
    for attempt in range(TRIES):
        with subprocess.Popen(
            [sys.executable, "-c", ASKING],
            env=environment(),
            stdin=inner,
            stdout=subprocess.PIPE,
            stderr=inner,
        ) as child:
            assert child.stdout is not None
            assert child.stdout.read(1) == b"?"
            due = time.perf_counter() + attempt * STEP
            while time.perf_counter() < due:
                pass
            child.send_signal(signal.SIGTERM)
            try:
                words, _ = child.communicate(timeout=LIMIT)
            finally:
                child.kill()
        assert (words, child.returncode) == (b"ended by SIGTERM", 0)
    os.close(inner)
    os.close(terminal)
