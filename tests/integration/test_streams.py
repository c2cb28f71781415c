"""Output that nobody reads, that has no room, or that was never given a place."""

import os
import subprocess
from pathlib import Path

import pytest
from tests.integration.cli import COMMAND, environment, records

from sellcli.streams import write_at_once

ONCE = ("start", "--simulate", "--pace", "0", "--no-input", "--once", "--json")
DAY = ("start", "--simulate", "--pace", "0", "--no-input", "--json")
A_QUARTER_OF_AN_HOUR = """
account = "DU0000001"
start = 2022-05-20T13:25:00Z
end = 2022-05-20T13:40:00Z

[[position]]
ticker = "NASDAQ:MSFT"
con_id = 272093
currency = "USD"
quantity = 100
average_cost = 280.0
"""
needs_a_shell = pytest.mark.skipif(os.name != "posix", reason="the shell of POSIX closes streams")


def shell(folder: Path, arguments: tuple[str, ...], behind: str) -> tuple[int, str]:
    """Run the command in a shell, with this behind it; return its own code and its stderr."""
    script = f'"$@" {behind}'
    done = subprocess.run(
        ["bash", "-c", script, "bash", *COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return done.returncode, done.stderr


@needs_a_shell
def test_reader_that_has_seen_enough_ends_the_watch_as_ctrl_c_does(tmp_path: Path) -> None:
    """Exit code 0 and no word, also where the output breaks in the middle of the day."""
    code, said = shell(tmp_path, DAY, "| head -1; exit ${PIPESTATUS[0]}")

    assert (code, said) == (0, "")


@needs_a_shell
@pytest.mark.parametrize("closed", [">&-", "2>&-", "<&-", "<&- >&- 2>&-"])
def test_closed_stream_is_one_that_leads_nowhere(tmp_path: Path, closed: str) -> None:
    """The work is done, and no file of ours is written to by others."""
    code, said = shell(tmp_path, ONCE, closed)

    assert (code, said) == (0, "")
    assert (tmp_path / "cache").is_dir()


@needs_a_shell
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_output_without_room_is_one_line(tmp_path: Path) -> None:
    """It names the output, which has no file name of its own."""
    code, said = shell(tmp_path, ONCE, "> /dev/full")

    assert code == 1
    assert said == (
        "sellcli: cannot write the output: the disk is full; "
        "free some space, or send it elsewhere\n"
    )


def test_letter_that_the_output_lacks_ends_no_watch(tmp_path: Path) -> None:
    """A name, or the broker's words, in another language than the file it goes to."""
    (tmp_path / "config").mkdir()
    rules = "ticker,type,length,timeframe\nNASDAQ:MSFT,SMA,50,1H\n\u5fae\u8edf,SMA,50,1H\n"
    (tmp_path / "config" / "assigned_ma.csv").write_text(rules, encoding="utf-8")
    (tmp_path / "day.toml").write_text(A_QUARTER_OF_AN_HOUR)
    done = subprocess.run(
        [*COMMAND, *DAY[:-1], "--scenario", "day.toml"],
        cwd=tmp_path,
        env={**environment(), "PYTHONIOENCODING": "ascii"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert r"ticker '\u5fae\u8edf' is not EXCHANGE:SYMBOL" in done.stdout


@needs_a_shell
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("form", [[], ["--json"]], ids=["lines", "json"])
def test_watch_that_sells_goes_on_without_its_output(tmp_path: Path, form: list[str]) -> None:
    """What it sells is on record; that nobody could see it is one line on stderr."""
    (tmp_path / "day.toml").write_text(A_QUARTER_OF_AN_HOUR.replace("13:40", "14:05"))
    account = "DU0000001"
    armed = {"ARM": account, "LIVE_ACCOUNT": account, "LIVE_KIND": "paper"}
    live = [
        "--scenario",
        "day.toml",
        "--live",
        "--arm-until",
        "23:59",
        "--default-rule",
        "SMA,5,1H",
    ]
    done = subprocess.run(
        ["bash", "-c", '"$@" > /dev/full', "bash", *COMMAND, *DAY[:-1], *form, *live],
        cwd=tmp_path,
        env=environment(armed),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert done.stderr == (
        "sellcli: the output cannot be written: no space left on device; "
        "the watch goes on without it\n"
    )
    assert done.returncode == 0
    assert "2022-05-20T14:00:00Z" in {row["bar_end"] for row in records(tmp_path)}


@needs_a_shell
def test_bell_does_not_wait_for_a_terminal_that_is_paused() -> None:
    """Mail and webhook stand behind it."""
    import termios

    ours, theirs = os.openpty()
    with os.fdopen(ours, "rb", 0), os.fdopen(theirs, "w") as terminal:
        assert write_at_once(terminal, "\a") == 1
        termios.tcflow(terminal, termios.TCOOFF)
        with pytest.raises(BlockingIOError, match="it is paused"):
            write_at_once(terminal, "\a")
        termios.tcflow(terminal, termios.TCOON)
