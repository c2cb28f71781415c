"""What a shell is told: one line and a number, whatever went wrong."""

import errno
from collections.abc import Callable

import click
import pytest
from tests.journal_builders import TEN

from sellcli.exits import Exit, guarded, of_a_run
from sellcli.interrupts import Ended
from sellcore.errors import (
    BrokerUnavailable,
    ConfigError,
    Denied,
    IllegalMove,
    InvalidValue,
    StorageError,
)
from sellcore.event import Summary


def failing(error: BaseException) -> Callable[[], int]:
    def command() -> int:
        raise error

    return command


@pytest.fixture(autouse=True)
def _no_debug(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SELLCLI_DEBUG", raising=False)


@pytest.mark.parametrize(
    ("denied", "unknown", "code"),
    [(0, 0, 0), (1, 0, 3), (2, 0, 3), (0, 1, 4), (1, 1, 4), (3, 2, 4)],
)
def test_one_order_that_is_denied_or_unknown_is_what_the_shell_is_told(
    denied: int, unknown: int, code: int
) -> None:
    """What nobody knows is worse than what was not done."""
    day = Summary(TEN, TEN, (), (), (), denied=denied, unknown=unknown)

    assert of_a_run(day) == code


FULL = OSError(errno.ENOSPC, "No space left on device")
LOCKED = PermissionError(errno.EACCES, "Permission denied", "logs/signals.log")


@pytest.mark.parametrize(
    ("error", "code", "line"),
    [
        (Denied("it is not armed"), 3, "denied: it is not armed"),
        (ConfigError("no account sells"), 2, "no account sells"),
        (InvalidValue("port 0 is none"), 2, "port 0 is none"),
        (click.UsageError("Missing argument 'TICKER'."), 2, "missing argument 'TICKER'; see"),
        (BrokerUnavailable("connection refused"), 1, "connection refused"),
        (StorageError("the disk is full"), 1, "the disk is full"),
        (IllegalMove("it is filled"), 1, "it is filled"),
        (FULL, 1, "cannot write the output: the disk is full; free some space"),
        (LOCKED, 1, "logs/signals.log: Permission denied"),
        (
            RuntimeError("what now"),
            1,
            "internal error: RuntimeError: what now; set SELLCLI_DEBUG=1",
        ),
        (Ended("ended by SIGTERM"), 0, "ended by SIGTERM"),
        (KeyboardInterrupt(), 0, "ended by Ctrl-C"),
        (click.Abort("ended by the end of the input"), 0, "ended by the end of the input"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else None,
)
def test_each_failure_is_one_line_and_its_code(
    error: BaseException, code: int, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody meets a traceback; what was asked for is no failure."""
    assert guarded(failing(error)) == code

    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.strip().startswith(f"sellcli: {line}")
    assert len(told.err.strip().splitlines()) == 1


@pytest.mark.parametrize(("debug", "shown"), [("", False), ("1", True)])
def test_traceback_is_for_who_asks_for_it(
    debug: str, shown: bool, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A variable that is empty is one that is not set."""
    monkeypatch.setenv("SELLCLI_DEBUG", debug)

    guarded(failing(RuntimeError("what now")))

    *before, last = capsys.readouterr().err.splitlines()
    assert (before[:1] == ["Traceback (most recent call last):"]) is shown
    assert bool(before) is shown
    assert last.startswith("sellcli: internal error: RuntimeError: what now")


def test_words_of_others_stay_on_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    """A message may quote what somebody wrote into a file."""
    guarded(failing(ConfigError("line 3:\n  SMA,\r\n\tx")))

    assert capsys.readouterr().err == "sellcli: line 3: SMA, x\n"


@pytest.mark.parametrize("code", [None, *Exit])
def test_command_that_ends_by_itself_has_the_say(code: int | None) -> None:
    """Nothing said is done."""
    assert guarded(lambda: code) == (code or 0)
