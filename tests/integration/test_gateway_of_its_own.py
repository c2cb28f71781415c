"""A gateway that outlives the application: killed and started again, a day comes out the same."""

import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib.resources import files
from pathlib import Path

import pytest
from tests.integration.cli import (
    COMMAND,
    LIMIT,
    Json,
    begin,
    environment,
    events,
    one_line,
    records,
    run,
    when,
)
from tests.integration.made_up_market import assign, repeated

BUILT_IN = files("adapters.gateway").joinpath("scenarios/default.toml").read_text("utf-8")
RULES = {
    "NASDAQ:MSFT": ("SMA", 50, "1H"),
    "NASDAQ:AAPL": ("EMA", 20, "1H"),
    "NYSE:KO": ("SMA", 20, "1H"),
    "NYSE:JPM": ("SMA", 50, "D"),
    "ARCA:SPY": ("EMA", 50, "1H"),
    "NASDAQ:NVDA": ("SMA", 20, "1H"),
    "NYSE:BLCO": ("SMA", 20, "1H"),
}
START = datetime(2022, 5, 20, 13, 25, tzinfo=UTC)
HOURS = [datetime(2022, 5, 20, hour, tzinfo=UTC) for hour in range(14, 21)]
BEFORE = datetime(2022, 5, 19, 20, tzinfo=UTC)
"""The last close before: the day's first decisions are about the bars that end here."""

WATCH = ("start", "--simulate", "--no-input")


@dataclass(frozen=True)
class Standing:
    """A gateway that runs by itself."""

    process: "subprocess.Popen[str]"
    port: int
    clock: int

    @property
    def flags(self) -> tuple[str, ...]:
        return ("--gateway", f"127.0.0.1:{self.port}", "--clock", f"127.0.0.1:{self.clock}")

    def ask(self, request: str = "now") -> str:
        """Ask its clock; it has its own word for the time."""
        with socket.create_connection(("127.0.0.1", self.clock), timeout=LIMIT) as line:
            line.sendall(request.encode() + b"\n")
            return line.makefile().readline().strip()

    def now(self) -> datetime:
        return datetime.fromisoformat(self.ask().removeprefix("now "))


@contextmanager
def standing(folder: Path, *arguments: str) -> Iterator[Standing]:
    """Run a gateway with a clock; whatever happens it is ended."""
    process = begin(folder, "gateway", "--port", "0", "--clock", "0", *arguments)
    assert process.stderr is not None
    try:
        line = process.stderr.readline()
        found = re.search(r" on 127\.0\.0\.1:(\d+), .*; clock on 127\.0\.0\.1:(\d+); ", line)
        assert found is not None, line
        yield Standing(process, int(found[1]), int(found[2]))
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)


@pytest.fixture
def desk(tmp_path: Path) -> Path:
    """Return a folder with assignments and the built-in day as a file."""
    assign(tmp_path, RULES)
    (tmp_path / "day.toml").write_text(BUILT_IN)
    return tmp_path


def silent(folder: Path, *arguments: str) -> "subprocess.Popen[bytes]":
    """Start the command line and let it talk to nobody."""
    return subprocess.Popen(
        [*COMMAND, *arguments],
        cwd=folder,
        env=environment(),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def kill(process: "subprocess.Popen[bytes]", due: Callable[[], bool]) -> None:
    """Kill a watch without a word as soon as it is due."""
    deadline = time.monotonic() + LIMIT
    try:
        while process.poll() is None and not due():
            assert time.monotonic() < deadline
            time.sleep(0.002)
    finally:
        process.kill()
        process.wait()


def content(found: Sequence[Json]) -> dict[tuple[object, ...], Json]:
    """Return the records by bar, without what belongs to the run that wrote them."""
    return {
        (r["ticker"], r["timeframe"], when(r)): {
            name: value for name, value in r.items() if name not in ("run_id", "timestamp")
        }
        for r in found
    }


def test_a_day_of_crashes_decides_what_a_day_without_decides(desk: Path) -> None:
    """Killed at seeded moments, some before its first table: each bar has one record, the same."""
    rng = random.Random(20220520)
    minutes = [rng.uniform(0.5, 45.0) for _ in range(5)]
    moments = [("time", m) for m in minutes] + [("wall", rng.uniform(0.1, 1.5)) for _ in range(3)]
    rng.shuffle(moments)
    calm = desk / "calm"
    calm.mkdir()
    assign(calm, RULES)
    done = run(calm, *WATCH, "--pace", "0", "--scenario", "../day.toml")
    assert (done.returncode, done.stderr) == (0, "")

    with standing(desk, "--scenario", "day.toml") as gateway:
        assert gateway.now() == START
        for kind, length in moments:
            watch = silent(desk, *WATCH, "--pace", "0.02", *gateway.flags)
            if kind == "wall":
                until = time.monotonic() + length
                kill(watch, lambda until=until: time.monotonic() >= until)
            else:
                moment = gateway.now() + timedelta(minutes=length)
                kill(watch, lambda moment=moment: gateway.now() >= moment)
        assert START < gateway.now() < HOURS[-1], "the day was over before the last crash"
        last = run(desk, *WATCH, "--pace", "0", *gateway.flags)
        assert (last.returncode, last.stderr) == (0, "")
        assert gateway.now() == HOURS[-1] + timedelta(minutes=5)

    found = records(desk)
    assert repeated(found) == []
    crashed, expected = content(found), content(records(calm))
    due = {
        (ticker, rule[2], end)
        for ticker, rule in RULES.items()
        for end in ((BEFORE, *HOURS) if rule[2] == "1H" else (BEFORE, HOURS[-1]))
    }
    assert set(crashed) == set(expected) == due
    assert crashed == expected, "none is even missed: no time passes while nobody watches"
    assert len({record["run_id"] for record in found}) > 2
    checked = run(desk, "cache", "verify", "--cache-dir", "cache/simulated")
    assert checked.returncode == 0, checked.stderr


def test_a_watch_ends_when_the_scenario_or_the_day_does(desk: Path) -> None:
    """The scenario's end; without one, five minutes after the close; and once more is nothing."""
    (desk / "ends.toml").write_text("end = 2022-05-20T14:20:00Z\n" + BUILT_IN)
    arguments = (*WATCH, "--json", "--pace", "0")
    with standing(desk, "--scenario", "day.toml") as gateway:
        first = run(desk, *arguments, *gateway.flags, "--scenario", "ends.toml")
        at_end = gateway.now()
        once = run(desk, "start", "--simulate", "--no-input", "--once", "--json", *gateway.flags)
        after_once = gateway.now()
        assert gateway.ask("sleep 2022-05-20T20:04:00Z") == "now 2022-05-20T20:04:00Z"
        rest = run(desk, *arguments, *gateway.flags)
        again = run(desk, *arguments, *gateway.flags)
        at_last = gateway.now()

    assert [done.returncode for done in (first, once, rest, again)] == [0] * 4
    assert at_end == after_once == datetime(2022, 5, 20, 14, 20, tzinfo=UTC)
    assert at_last == datetime(2022, 5, 20, 20, 5, tzinfo=UTC)
    assert "2022-05-20T14:20:00Z" in once.stdout
    assert [event for event in events(again.stdout) if event["event"] == "decision"] == []
    outcomes = {bar[2]: record["decision"] for bar, record in content(records(desk)).items()}
    assert outcomes[HOURS[2]] == "missed"
    assert repeated(records(desk)) == []


def test_nobody_is_asked_for_rules_of_the_demonstration(tmp_path: Path) -> None:
    """A gateway elsewhere is watched by the rules in the file, whatever it serves."""
    with standing(tmp_path) as gateway:
        asked = run(tmp_path, "start", "--simulate", *gateway.flags)
        began = gateway.now()
        watched = run(
            tmp_path, *WATCH, "--default-rule", "SMA,20,1H", "--pace", "0", *gateway.flags
        )

    assert began == START, "time passed, though nothing was watched"
    assert asked.returncode == 2
    assert "follows no rule and there is no terminal to ask on" in one_line(asked.stderr)
    assert watched.returncode == 0
    assert {record["ma_type"] for record in records(tmp_path)} == {"SMA(20)"}
    assert not (tmp_path / "cache" / "bars").exists()
    assert (tmp_path / "cache" / "simulated").is_dir()


@pytest.mark.skipif(sys.platform == "win32", reason="these signals are POSIX's")
@pytest.mark.parametrize("whose", ["the watch's own", "the gateway's"])
def test_a_wait_ends_at_once(desk: Path, whose: str) -> None:
    """By SIGTERM, in a minute that takes one; or with one line when the gateway has gone."""
    with standing(desk, "--scenario", "day.toml", "--pace", "60") as gateway:
        watch = begin(desk, *WATCH, "--pace", "0", *gateway.flags)
        assert watch.stdout is not None
        for line in watch.stdout:
            if "NYSE:BLCO" in line:
                break
        time.sleep(1.0)
        began = time.monotonic()
        (watch if whose == "the watch's own" else gateway.process).send_signal(signal.SIGTERM)
        _, err = watch.communicate(timeout=LIMIT)
        took = time.monotonic() - began

    if whose == "the watch's own":
        assert (watch.returncode, err) == (0, "sellcli: ended by SIGTERM\n")
        assert took < 10.0
    else:
        assert watch.returncode == 1
        assert f"the gateway's clock at 127.0.0.1:{gateway.clock} cannot be reached: " in err
        one_line(err)
        assert took < 15.0


A, B = "127.0.0.1:1", "127.0.0.1:2"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--gateway", A, "--clock", B), "--gateway needs --simulate; add that, or give --host"),
        (("--clock", B), "--clock needs --simulate; add that"),
        (("--simulate", "--gateway", A), "--gateway needs --clock; add --clock HOST:PORT"),
        (("--simulate", "--clock", B), "--clock needs --gateway; add --gateway HOST:PORT"),
        (
            ("--simulate", "--gateway", A, "--clock", B, "--data", "bars"),
            "--data is the gateway's to read where --gateway is given; leave it out here",
        ),
        (("--simulate", "--gateway", "4002", "--clock", B), "'4002' is not HOST:PORT, e.g. 127"),
        (("--simulate", "--gateway", A, "--clock", "x:0"), "'x:0' is not HOST:PORT"),
        (("--simulate", "--gateway", A, "--clock", "x:65536"), "is not HOST:PORT"),
        (("--simulate", "--gateway", A, "--clock", "x:\u0661"), "is not HOST:PORT"),
        (("--simulate", "--gateway", A, "--clock", f"x:{'9' * 5000}"), "is not HOST:PORT"),
        (("--simulate", "--gateway", A, "--clock", ""), "'' is not HOST:PORT"),
    ],
)
def test_flags_that_make_no_sense_together(
    tmp_path: Path, arguments: tuple[str, ...], words: str
) -> None:
    """Exit 2 and a line with the way out."""
    done = run(tmp_path, "start", *arguments)

    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def test_a_gateway_without_clock_needs_a_pace(tmp_path: Path) -> None:
    """As fast as it goes is for those who go by its clock."""
    done = run(tmp_path, "gateway", "--pace", "0", "--port", "0")

    assert done.returncode == 2
    assert "--pace 0 needs --clock; add --clock 0" in one_line(done.stderr)


def test_a_taken_clock_port_is_one_line(tmp_path: Path) -> None:
    """And no gateway stays behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = run(tmp_path, "gateway", "--port", "0", "--clock", f"{port}", limit=30.0)

    assert done.returncode == 2
    assert f"cannot serve the clock on 127.0.0.1:{port}: " in one_line(done.stderr)


def test_no_gateway_there_is_one_line(tmp_path: Path) -> None:
    """A clock that nobody serves, and one at the port of something else."""
    with standing(tmp_path) as gateway:
        port = f"127.0.0.1:{gateway.port}"
        swapped = run(tmp_path, *WATCH, "--gateway", port, "--clock", port)
    gone = run(tmp_path, *WATCH, *gateway.flags)

    assert (swapped.returncode, gone.returncode) == (1, 1)
    assert "cannot be reached: " in one_line(gone.stderr)
    assert "clock" in one_line(swapped.stderr)
