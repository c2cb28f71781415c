"""Who asks for the end again while everything is closed already."""

import subprocess
import sys

import pytest

ON_THE_WAY_OUT = """
import os, signal
from sellcli.interrupts import end_undisturbed, interrupt_when_asked
interrupt_when_asked()
end_undisturbed()
os.kill(os.getpid(), signal.{name})
print("closed in good order")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process there at once")
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_end_that_is_asked_for_again_disturbs_nothing_on_the_way_out(name: str) -> None:
    """The code is the run's own, and no signal's."""
    done = subprocess.run(
        [sys.executable, "-c", ON_THE_WAY_OUT.format(name=name)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "closed in good order\n", "")


IN_THE_BACKGROUND = """
import os, signal
from sellcli.interrupts import end_at_once_when_asked, interrupt_when_asked
signal.signal(signal.{name}, signal.SIG_IGN)
{begin}()
os.kill(os.getpid(), signal.{name})
print("goes on")
"""


@pytest.mark.skipif(sys.platform == "win32", reason="os.kill ends a process there at once")
@pytest.mark.parametrize("begin", ["end_at_once_when_asked", "interrupt_when_asked"])
@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_signal_that_was_ignored_at_the_start_stays_so(name: str, begin: str) -> None:
    """Below nohup a watch outlives its terminal: whoever began it so counts on that."""
    done = subprocess.run(
        [sys.executable, "-c", IN_THE_BACKGROUND.format(name=name, begin=begin)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert (done.returncode, done.stdout, done.stderr) == (0, "goes on\n", "")
