"""Alerts by a command of the user's, which gets each notice as JSON on its standard input."""

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from adapters.alerts.message import as_json, cause_of, one_line
from sellcore.errors import ConfigError, NotDelivered
from sellcore.ports.alerts import Notice


class CommandChannel:
    """
    Runs a command for each notice; exit code 0 says that it was delivered.

    It is run as it stands, never by a shell, so nothing in a notice can become a
    command. What it prints is not kept: nobody knows what it holds.

    Args:
        words: The program and its arguments, or one text that is cut as a shell
            would cut it.
        seconds: After this time it is ended, with all that it has started.
        environment: Its variables; None for those of this process.

    Raises:
        ConfigError: there is no program in ``words``, or a quote is not closed.
    """

    def __init__(
        self,
        words: Sequence[str] | str,
        *,
        seconds: float = 10.0,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self._words = _cut(words)
        self._seconds = seconds
        self._environment = None if environment is None else dict(environment)

    @property
    def name(self) -> str:
        """The program's name without its folder and its arguments."""
        return f"the command {one_line(PurePath(self._words[0]).name)}"

    def deliver(self, notice: Notice) -> None:
        """Run the command and wait for its end."""
        try:
            # A session of its own: Ctrl-C in our terminal must not end it half way.
            process = subprocess.Popen(  # noqa: S603 - the user's own command, and no shell
                self._words,
                stdin=subprocess.PIPE,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=self._environment,
                start_new_session=True,
            )
        except OSError as error:
            raise NotDelivered(f"it cannot be run: {cause_of(error, self._seconds)}") from None
        except ValueError:  # a null byte in an argument
            raise NotDelivered("it cannot be run: an argument cannot be passed on") from None
        with process:
            try:
                process.communicate(f"{as_json(notice)}\n".encode(), timeout=self._seconds)
            except subprocess.TimeoutExpired:
                raise NotDelivered(f"it ran for more than {self._seconds:g} s") from None
            finally:
                if process.poll() is None:
                    _end(process)
        if process.returncode < 0:
            raise NotDelivered(f"it was ended by signal {-process.returncode}")
        if process.returncode > 0:
            raise NotDelivered(f"it ended with exit code {process.returncode}; run it by hand")


def _cut(words: Sequence[str] | str) -> tuple[str, ...]:
    try:
        cut = tuple(shlex.split(words) if isinstance(words, str) else words)
    except ValueError:
        cut = ()
    if not cut or not cut[0]:
        raise ConfigError("the command for alerts names no program; mend command in [alerts]")
    return cut


def _end(process: "subprocess.Popen[bytes]") -> None:
    if sys.platform == "win32":
        process.kill()
        return
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):  # it has just ended, or may not be touched
        process.kill()
