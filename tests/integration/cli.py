"""The command line as a user has it: a process of its own, below a folder of its own."""

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

COMMAND = (sys.executable, "-m", "sellcli")

DAY = ("start", "--simulate", "--pace", "0", "--no-input")
"""A simulated day as fast as it goes; ``--scenario`` and the like go behind."""

LIMIT = 120.0
"""Wall seconds after which a run counts as one that does not end by itself."""

Json = dict[str, object]


def environment(settings: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return this process's environment with these settings and no others of ours."""
    kept = {name: text for name, text in os.environ.items() if not name.startswith("SELLCLI_")}
    return {**kept, "TZ": "UTC", **{f"SELLCLI_{k}": v for k, v in (settings or {}).items()}}


def run(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None, limit: float = LIMIT
) -> subprocess.CompletedProcess[str]:
    """
    Run the command line below ``folder`` and wait for its end.

    Args:
        folder: The working directory.
        arguments: Behind ``sellcli``.
        settings: Environment, without the SELLCLI_ in front.
        limit: Wall seconds it may take.
    """
    return subprocess.run(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(settings),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=limit,
        check=False,
    )


def begin(
    folder: Path, *arguments: str, settings: Mapping[str, str] | None = None
) -> subprocess.Popen[str]:
    """Start the command line below ``folder``, in a process group of its own."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


@contextmanager
def gateway(folder: Path, scenario: str) -> Iterator[int]:
    """Serve a scenario from a process below ``folder``; yields its port."""
    (folder / "served.toml").write_text(scenario)
    process = begin(folder, "gateway", "--port", "0", "--scenario", "served.toml")
    try:
        assert process.stderr is not None
        found = re.search(r" on 127\.0\.0\.1:(\d+),", process.stderr.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def one_line(stderr: str) -> str:
    """Return the one line of a command that failed; it is short, and no traceback."""
    assert re.fullmatch(r"sellcli: [^\n]{10,300}\n", stderr), stderr
    assert "internal error" not in stderr
    return stderr


def strict_json(text: str) -> Json:
    """Return one JSON object; NaN and infinities are no JSON."""
    document = json.loads(text, parse_constant=_no_number)
    assert isinstance(document, dict), text
    return document


def _no_number(word: str) -> object:
    raise AssertionError(f"{word} is no JSON")


def events(stdout: str) -> list[Json]:
    """Return the events of a ``start --json``."""
    return [strict_json(line) for line in stdout.splitlines()]


def records(folder: Path) -> list[Json]:
    """Return the audit log below ``folder``, all days of it."""
    files = sorted((folder / "logs").glob("signals.log*"), key=lambda path: path.name)
    return [strict_json(line) for path in files for line in path.read_text().splitlines()]


def when(record: Mapping[str, object]) -> datetime:
    """Return the end of the bar that a record is about."""
    return datetime.fromisoformat(str(record["bar_end"]))
