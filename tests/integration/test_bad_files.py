"""Damaged, foreign and full: what goes wrong with files costs no decision and no data."""

import json
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.cli import COMMAND, LIMIT, environment, events, one_line, records, run
from tests.integration.cli import DAY as WATCH
from tests.integration.made_up_market import (
    OPEN,
    assign,
    lay_out,
    market,
    repeated,
    scenario,
    wrong,
)

ONCE = (*WATCH, "--once", "--json", "--scenario", "day.toml")
CACHE = ("--cache-dir", "cache/simulated")


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the market once."""
    folder = tmp_path_factory.mktemp("market") / "bars"
    lay_out(folder, market())
    return folder


@pytest.fixture
def desk(bars: Path, tmp_path: Path) -> Path:
    """Return a folder with assignments and a short day's scenario."""
    assign(tmp_path)
    (tmp_path / "day.toml").write_text(scenario(bars, end=OPEN.replace(hour=14, minute=2)))
    return tmp_path


@pytest.fixture(scope="module")
def filled(bars: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder behind a short watched day, its cache filled."""
    folder = tmp_path_factory.mktemp("filled")
    assign(folder)
    (folder / "day.toml").write_text(scenario(bars, end=OPEN.replace(hour=14, minute=2)))
    done = run(folder, *WATCH, "--scenario", "day.toml")
    assert done.returncode == 0, done.stderr
    return folder


FILES = (
    *("bars-1d.parquet", "bars-30m.parquet", "bars.journal"),
    *("averages-1d.parquet", "averages-1h.parquet"),
)


def truncated(data: bytes) -> bytes:
    """Cut a file in half."""
    return data[: len(data) // 2]


def flipped(data: bytes) -> bytes:
    """Turn over the bits of a byte in the middle."""
    middle = len(data) // 2
    return data[:middle] + bytes([data[middle] ^ 0xFF]) + data[middle + 1 :]


@pytest.mark.parametrize("damage", [truncated, flipped])
def test_a_damaged_cache_is_set_aside_told_and_fetched_anew(
    damage: Callable[[bytes], bytes], filled: Path, tmp_path: Path
) -> None:
    """Every file of the cache at once: found by verify, survived by start, sound after it."""
    cache = tmp_path / "cache" / "simulated"
    cache.mkdir(parents=True)
    found = {path.name: path for path in (filled / "cache" / "simulated").iterdir()}
    assert set(FILES) <= set(found)
    for name in FILES:
        (cache / name).write_bytes(damage(found[name].read_bytes()))
    assign(tmp_path)
    (tmp_path / "day.toml").write_text((filled / "day.toml").read_text())

    verified = run(tmp_path, "cache", "verify", *CACHE)
    done = run(tmp_path, *WATCH, "--json", "--scenario", "day.toml")

    assert verified.returncode == 1
    assert len(verified.stdout.splitlines()) >= len(FILES)
    assert (done.returncode, done.stderr) == (0, "")
    told = [str(event["text"]) for event in events(done.stdout) if event["event"] == "alert"]
    aside = {path.name for path in cache.iterdir() if "damaged" in path.name}
    assert {name for name in FILES[:3] if f"{name}.damaged-1" in aside} == set(FILES[:3])
    assert all(any(name in text for text in told) for name in FILES[:3])
    assert wrong(records(tmp_path), market()) == []
    assert run(tmp_path, "cache", "verify", *CACHE).returncode == 0


def test_a_cache_of_a_newer_program_is_left_alone(filled: Path, tmp_path: Path) -> None:
    """One line, and not a byte of it changed: only the newer program can read it."""
    cache = tmp_path / "cache" / "simulated"
    cache.mkdir(parents=True)
    assign(tmp_path)
    (tmp_path / "day.toml").write_text((filled / "day.toml").read_text())
    base = cache / "bars-30m.parquet"
    table = pa.table({"start": [1]}).replace_schema_metadata({"schema_version": "99"})
    pq.write_table(table, base)
    before = base.read_bytes()

    done = run(tmp_path, *ONCE)

    assert done.returncode == 1
    assert "upgrade sellcli" in one_line(done.stderr)
    assert base.read_bytes() == before


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are POSIX's")
@pytest.mark.parametrize("limit", [1_000, 60_000], ids=["at once", "in the midst of it"])
def test_a_full_disk_loses_nothing(limit: int, desk: Path) -> None:
    """It is said once, nothing half-written stays, and with space again the day is right."""
    full = run_with_files_of_at_most(limit, desk, *WATCH, "--json", "--scenario", "day.toml")
    assert run(desk, "cache", "verify", *CACHE).returncode == 0

    done = run(desk, *WATCH, "--json", "--scenario", "day.toml")

    if limit < 10_000:
        assert full.returncode == 1
        assert "--cache-dir" in one_line(full.stderr)
    else:
        assert (full.returncode, full.stderr) == (0, "")
        told = [event["text"] for event in events(full.stdout) if event["event"] == "alert"]
        assert any("going on with what is in memory" in str(text) for text in told)
    assert (done.returncode, done.stderr) == (0, "")
    found = records(desk)
    assert (wrong(found, market()), repeated(found)) == ([], [])
    assert len(found) == 5
    assert run(desk, "cache", "verify", *CACHE).returncode == 0


@pytest.mark.skipif(sys.platform == "win32", reason="limits on file sizes are POSIX's")
def test_what_cannot_be_recorded_is_not_decided(desk: Path) -> None:
    """With no room for the log there are no decisions, and the summary names the bars."""
    log = desk / "logs" / "signals.log"
    log.parent.mkdir()
    log.write_text("\n" * 399_990)

    done = run_with_files_of_at_most(400_000, desk, *WATCH, "--json", "--scenario", "day.toml")

    assert (done.returncode, done.stderr) == (0, "")
    stream = events(done.stdout)
    assert [event for event in stream if event["event"] in ("decision", "order")] == []
    told = [str(event["text"]) for event in stream if event["event"] == "alert"]
    assert (
        len([text for text in told if "nothing is decided until it can be recorded" in text]) == 1
    )
    undecided = stream[-1]["undecided"]
    assert isinstance(undecided, list)
    assert len(undecided) == 3
    assert all("cannot be recorded" in text for text in undecided)
    assert log.read_text() == "\n" * 399_990


def run_with_files_of_at_most(
    size: int, folder: Path, *arguments: str
) -> "subprocess.CompletedProcess[str]":
    """Run the command line where no file can grow beyond ``size`` bytes."""
    limited = (
        "import os, resource, sys; "
        f"resource.setrlimit(resource.RLIMIT_FSIZE, ({size}, {size})); "
        "os.execv(sys.argv[1], sys.argv[1:])"
    )
    return subprocess.run(
        [sys.executable, "-c", limited, *COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=LIMIT,
        check=False,
    )


def test_garbage_in_the_log_is_told_and_left_alone(desk: Path) -> None:
    """``signals`` reads on behind it, ``start`` says so too, and not a byte is lost."""
    log = desk / "logs" / "signals.log"
    log.parent.mkdir()
    garbage = b'{"x": 1}\ngarbage\n\xff\xfe\n[1]\n{"timestamp": NaN}\n'
    log.write_bytes(garbage)

    shown = run(desk, "signals")
    done = run(desk, *ONCE)
    after = run(desk, "signals", "--json")

    assert (shown.returncode, shown.stdout) == (0, "")
    assert [int(n) for n in re.findall(r"signals\.log line (\d)", shown.stderr)] == [1, 2, 3, 4, 5]
    assert (done.returncode, done.stderr) == (0, "")
    assert len(json.loads(done.stdout)["alerts"]) == 5
    kept = b"".join(path.read_bytes() for path in sorted(log.parent.iterdir()))
    assert garbage in kept
    assert len(json.loads(after.stdout)["signals"]) == 3
