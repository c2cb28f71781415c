"""Ends that nobody planned: killed, interrupted, started again; nothing is lost or done twice."""

import random
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from tests.integration.cli import DAY as WATCH
from tests.integration.cli import LIMIT, begin, events, records, run, strict_json, when
from tests.integration.made_up_market import (
    OPEN,
    RULES,
    Market,
    assign,
    lay_out,
    market,
    repeated,
    scenario,
    stamp,
    told,
    wrong,
)

CACHE = ("--cache-dir", "cache/simulated")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> tuple[Market, Path]:
    """Make up the market once."""
    made, folder = market(), tmp_path_factory.mktemp("market") / "bars"
    lay_out(folder, made)
    return made, folder


@pytest.fixture
def desk(world: tuple[Market, Path], tmp_path: Path) -> Path:
    """Return a folder with assignments and a scenario."""
    assign(tmp_path)
    (tmp_path / "day.toml").write_text(scenario(world[1]))
    return tmp_path


def read_until(process: "subprocess.Popen[str]", hour: int) -> None:
    """Read a watch's events until it has decided a bar that ends at ``hour``."""
    assert process.stdout is not None
    for line in process.stdout:
        event = strict_json(line)
        if event["event"] == "decision" and when(event).hour == hour:
            return
    raise AssertionError(f"the watch ended before {hour}:00")


def test_a_watch_killed_and_started_again_decides_no_bar_twice(
    desk: Path, world: tuple[Market, Path]
) -> None:
    """Killed right after a decision, twice: in the end each bar has one record, a right one."""
    arguments = ("start", "--simulate", "--no-input", "--json", "--scenario", "day.toml")
    for hour in (14, 15):
        process = begin(desk, *arguments, "--pace", "0.01")
        try:
            read_until(process, hour)
        finally:
            process.kill()
            process.communicate(timeout=LIMIT)
        assert run(desk, "cache", "verify", *CACHE).returncode == 0

    done = run(desk, *arguments, "--pace", "0")

    assert (done.returncode, done.stderr) == (0, "")
    found = records(desk)
    assert repeated(found) == []
    assert wrong(found, world[0]) == []
    hourly = [ticker for ticker, rule in RULES.items() if rule[2] == "1H"]
    today = {(ticker, f"15 {hour}:00") for ticker in hourly for hour in (14, 15, 16)}
    assert set(told(found)) == today | {(ticker, "14 20:00") for ticker in RULES}
    assert {record["decision"] for record in found} == {"signal", "hold"}
    assert len({record["run_id"] for record in found}) == 3


def test_a_day_watched_again_decides_nothing_anew(desk: Path) -> None:
    """The log remembers a whole day; only a changed rule would ask new questions of it."""
    arguments = (*WATCH, "--json", "--scenario", "day.toml")
    first = run(desk, *arguments)
    before = records(desk)

    again = run(desk, *arguments)

    assert (first.returncode, again.returncode, again.stderr) == (0, 0, "")
    assert len(before) > 0
    assert records(desk) == before
    assert [event["event"] for event in events(again.stdout) if event["event"] == "decision"] == []


def test_bars_that_nobody_watched_are_missed_and_the_next_are_decided(
    desk: Path, world: tuple[Market, Path]
) -> None:
    """A watch that ended at eleven and began again next morning owns up to the hours between."""
    day_before = OPEN - timedelta(days=1)
    for began, ended in ((day_before, day_before.replace(hour=15, minute=3)), (OPEN, None)):
        end = ended or OPEN.replace(hour=14, minute=3)
        start = began - timedelta(minutes=5)
        (desk / "day.toml").write_text(scenario(world[1], start=start, end=end))
        done = run(desk, *WATCH, "--json", "--scenario", "day.toml")
        assert (done.returncode, done.stderr) == (0, "")

    found = records(desk)
    assert (wrong(found, world[0]), repeated(found)) == ([], [])
    outcomes = {bar: str(record["decision"]) for bar, record in told(found).items()}
    for ticker, rule in RULES.items():
        if rule[2] == "1H":
            hours = {bar[1]: word for bar, word in outcomes.items() if bar[0] == ticker}
            assert [time for time in hours if hours[time] == "missed"] == [
                f"14 {hour}:00" for hour in (16, 17, 18, 19)
            ]
            assert {"14 14:00", "14 15:00", "14 20:00", "15 14:00"} < set(hours)


def test_a_cache_of_other_prices_is_fetched_anew(desk: Path, world: tuple[Market, Path]) -> None:
    """History that was restated in whole is noticed, told, and never decided on."""
    first = run(desk, *WATCH, "--once", "--scenario", "day.toml")
    other = market(seed=90)
    lay_out(desk / "other", other)
    (desk / "day.toml").write_text(scenario(desk / "other"))
    (desk / "logs").rename(desk / "before")

    done = run(desk, *WATCH, "--json", "--scenario", "day.toml")

    assert (first.returncode, done.returncode, done.stderr) == (0, 0, "")
    told_of = [str(event["text"]) for event in events(done.stdout) if event["event"] == "alert"]
    assert len(told_of) == len(RULES)
    assert all("fetching it anew" in text for text in told_of)
    found = records(desk)
    assert len(found) == 9
    assert wrong(found, other) == []


@pytest.mark.skipif(sys.platform == "win32", reason="these signals are POSIX's")
@pytest.mark.parametrize(
    ("number", "words"),
    [(signal.SIGINT, "ended by Ctrl-C"), (signal.SIGTERM, "ended by SIGTERM")],
    ids=["Ctrl-C", "SIGTERM"],
)
def test_an_interrupt_at_any_moment_ends_cleanly(
    number: signal.Signals, words: str, desk: Path
) -> None:
    """Exit 0, one line, no traceback, no half-written line or file, a sound cache."""
    rng = random.Random(int(number))
    for attempt in range(4):
        folder = desk / str(attempt)
        folder.mkdir()
        assign(folder)
        process = begin(folder, *WATCH, "--json", "--scenario", "../day.toml")
        opened = folder / "cache"  # from here on something is open; before, Python itself starts
        deadline = time.monotonic() + LIMIT
        while not opened.exists() and time.monotonic() < deadline:
            time.sleep(0.005)
        time.sleep(rng.uniform(0.0, 1.2))

        process.send_signal(number)
        out, err = process.communicate(timeout=LIMIT)

        ended_first = err == "" and events(out)[-1]["event"] == "summary"
        assert process.returncode == 0, err
        assert ended_first or err == f"sellcli: {words}\n"
        assert [strict_json(line)["event"] for line in out.splitlines()][:1] in ([], ["connected"])
        assert [path.name for path in folder.rglob("*.tmp")] == []
        assert repeated(records(folder)) == []
        assert run(folder, "cache", "verify", *CACHE).returncode == 0


class Tap:
    """A socket in between that writes down what the client says."""

    def __init__(self, port: int) -> None:
        self.said = bytearray()
        self._far = ("127.0.0.1", port)
        self._door = socket.create_server(("127.0.0.1", 0))
        self.port = self._door.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._door.close()

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._door.accept()
                far = socket.create_connection(self._far)
                for source, target, said in ((near, far, self.said), (far, near, None)):
                    threading.Thread(
                        target=_pass_on, args=(source, target, said), daemon=True
                    ).start()


def _pass_on(source: socket.socket, target: socket.socket, said: bytearray | None) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            if said is not None:
                said += data
            target.sendall(data)
    for end in (source, target):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)


@contextmanager
def gateway(folder: Path) -> Iterator[int]:
    """Run a simulated gateway whose clock is the real one; yield its port."""
    held = "".join(f'[[position]]\nticker = "{t}"\nquantity = 10\nprice = 50.0\n' for t in RULES)
    now = stamp(datetime.now(UTC))
    (folder / "now.toml").write_text(f'account = "DU0000001"\nstart = {now}\n{held}')
    process = begin(folder, "gateway", "--port", "0", "--scenario", "now.toml")
    assert process.stderr is not None
    try:
        found = re.search(r"on 127\.0\.0\.1:(\d+),", process.stderr.readline())
        assert found is not None
        yield int(found[1])
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=LIMIT)


def durations(said: bytes) -> set[str]:
    """Return how much history was asked for."""
    return {text.decode() for text in re.findall(rb"\0(\d+ [DWMY])\0", said)}


@pytest.mark.skipif(sys.platform == "win32", reason="ends the gateway by a signal")
def test_a_second_start_asks_for_days_where_the_first_asked_for_years(tmp_path: Path) -> None:
    """What is in the cache is not downloaded again; only the last days are, to compare."""
    assign(tmp_path)
    asked = []
    with gateway(tmp_path) as port:
        for _ in range(2):
            tap = Tap(port)
            done = run(tmp_path, "start", "--once", "--no-input", "--json", "--port", f"{tap.port}")
            tap.close()
            assert (done.returncode, done.stderr) == (0, "")
            asked.append(durations(bytes(tap.said)))

    assert asked[0] == {"1 Y", "31 D"}
    assert asked[1].isdisjoint(asked[0])
    assert {text.split()[1] for text in asked[1]} == {"D"}
