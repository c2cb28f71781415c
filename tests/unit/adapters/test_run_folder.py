"""A run's folder is there whole or not at all, and is never changed."""

import errno
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import sellcore
from adapters.memory_bars import MemoryBars
from adapters.runs.folder import store_run
from adapters.runs.ledgers import returns_ledger
from adapters.runs.revision import Revision, revision
from sellcore import BarSeries, Timeframe
from sellcore.backtest import Assumptions, rule_returns
from sellcore.backtest.dates import DAY
from sellcore.errors import StorageError
from sellcore.rule import parse_rule

FILES = {"a.txt": b"one", "b.bin": bytes(range(256))}


def content(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_a_run_is_written_once(tmp_path: Path) -> None:
    """The first time it is new, with all its files; then it is only looked at."""
    first = store_run(tmp_path / "runs", "x", FILES)
    second = store_run(tmp_path / "runs", "x", FILES)

    assert (first.is_new, second.is_new) == (True, False)
    assert first.folder == second.folder == tmp_path / "runs" / "x"
    assert content(first.folder) == FILES
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["x"]


def test_a_run_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each file is synced when all of it has left the program, and then renamed."""
    real = os.fsync
    synced: list[tuple[int, bool]] = []

    def sync(descriptor: int) -> None:
        synced.append((os.fstat(descriptor).st_size, (tmp_path / "x").exists()))
        real(descriptor)

    monkeypatch.setattr(os, "fsync", sync)
    store_run(tmp_path, "x", FILES)

    assert synced[: len(FILES)] == [(len(data), False) for data in FILES.values()]


@pytest.mark.parametrize(
    ("spoil", "line"),
    [
        (lambda folder: (folder / "a.txt").write_bytes(b"two"), "a.txt is there and differs"),
        (lambda folder: (folder / "a.txt").unlink(), "is there and lacks a.txt"),
    ],
)
def test_a_run_that_differs_is_an_error_and_stays(tmp_path: Path, spoil, line: str) -> None:
    """Whatever lies there is not ours to mend, and nothing more is put beside it."""
    folder = store_run(tmp_path, "x", FILES).folder
    spoil(folder)
    before = content(folder)

    with pytest.raises(StorageError, match=line):
        store_run(tmp_path, "x", {**FILES, "page.html": b"late"}, added=("page.html",))

    assert content(folder) == before


def test_a_page_may_come_later_and_is_kept_then(tmp_path: Path) -> None:
    """What may be added is added once; asked for without it, the run is still the same."""
    late = {**FILES, "page.html": b"late"}
    store_run(tmp_path, "x", FILES, added=("page.html",))

    store_run(tmp_path, "x", late, added=("page.html",))
    again = store_run(tmp_path, "x", FILES, added=("page.html",))

    assert not again.is_new
    assert content(again.folder) == late
    with pytest.raises(StorageError, match=r"page.html is there and differs"):
        store_run(tmp_path, "x", {**late, "page.html": b"other"}, added=("page.html",))


@pytest.mark.parametrize("fails_at", [0, 1, 2, 3])
def test_nothing_is_left_behind_wherever_it_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int
) -> None:
    """Neither half a run nor a folder made for it; what was there before stays."""
    (tmp_path / "kept").mkdir()
    asked = iter(range(100))
    whole = os.fsync

    def fsync(handle: int) -> None:
        if next(asked) == fails_at:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        whole(handle)

    monkeypatch.setattr(os, "fsync", fsync)
    with pytest.raises(StorageError, match="no space left on device; free some space"):
        store_run(tmp_path / "kept" / "deep" / "runs", "x", FILES)

    left = sorted(path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*"))
    # The last flush is of the folder that holds the run: by then the run itself is whole.
    assert left == ["kept"] if fails_at < 3 else "kept/deep/runs/x/b.bin" in left


def test_half_a_page_is_no_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Added late, it is there whole or not at all; the run beside it stays what it was."""
    folder = store_run(tmp_path, "x", FILES).folder

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StorageError, match="no space left on device"):
        store_run(tmp_path, "x", {**FILES, "page.html": b"late"}, added=("page.html",))

    assert content(folder) == FILES


def test_a_file_in_the_place_of_the_folder_is_told_of(tmp_path: Path) -> None:
    """One line says what cannot be written."""
    (tmp_path / "runs").write_text("mine")

    with pytest.raises(StorageError, match=r"cannot write .*runs/x"):
        store_run(tmp_path / "runs", "x", FILES)

    assert (tmp_path / "runs").read_text() == "mine"


def test_a_file_with_the_name_of_a_run_is_no_run(tmp_path: Path) -> None:
    """It is told of, stays as it is, and leaves nothing beside it."""
    (tmp_path / "x").write_text("mine")

    with pytest.raises(StorageError, match=r"cannot write .*/x: .*(not a directory|exists)"):
        store_run(tmp_path, "x", FILES)

    assert (tmp_path / "x").read_text() == "mine"
    assert [path.name for path in tmp_path.iterdir()] == ["x"]


def test_the_commit_is_the_one_that_is_checked_out() -> None:
    """Git itself says the same; without git, or installed elsewhere, there is none."""
    asked = subprocess.run(
        ["git", "rev-parse", "HEAD"], cwd=Path(__file__).parent, capture_output=True, text=True
    )
    wanted = asked.stdout.strip() if asked.returncode == 0 else None

    assert revision().git_sha == wanted


@pytest.mark.parametrize(
    ("told", "text"),
    [
        (Revision("1.2", None, modified=False), "1.2"),
        (Revision("1.2", "0123456789" * 4, modified=False), "0123456"),
        (Revision("1.2", "0123456789" * 4, modified=True), "0123456-modified"),
    ],
)
def test_a_program_is_named_for_its_commit_or_else_its_version(told: Revision, text: str) -> None:
    """Changes that are not committed are told as well: no commit stands for them."""
    assert str(told) == text


def test_no_git_is_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without git runs a program all the same."""
    monkeypatch.setenv("PATH", "")

    assert revision().git_sha is None


def test_a_hook_of_git_does_not_change_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    """What git tells its own hooks is about their repository, not about this program."""
    plain = revision()
    monkeypatch.setenv("GIT_DIR", os.devnull)
    monkeypatch.setenv("GIT_INDEX_FILE", os.devnull)

    assert revision() == plain


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_program_below_the_checkout_of_somebody_else_has_no_commit(tmp_path: Path) -> None:
    """An environment in a trader's own repository: that one's commits are not ours."""
    source = Path(str(sellcore.__file__)).parents[1]
    for package in ("sellcore", "adapters"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source / package, tmp_path / "env" / package, ignore=skipped)
    (tmp_path / ".gitignore").write_text("env/\n")
    for words in (
        ("init", "-q"),
        ("add", ".gitignore"),
        ("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "mine"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)

    asked = subprocess.run(
        [sys.executable, "-c", "from adapters.runs.revision import revision; print(revision())"],
        env={**os.environ, "PYTHONPATH": str(tmp_path / "env"), "PYTHONSAFEPATH": "1"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )

    assert asked.stdout.strip() == revision().version


@pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")
def test_a_module_that_was_never_committed_is_a_change(tmp_path: Path) -> None:
    """It runs, and no commit has it."""
    source = Path(str(sellcore.__file__)).parents[1]
    for package in ("sellcore", "adapters"):
        skipped = shutil.ignore_patterns("__pycache__")
        shutil.copytree(source / package, tmp_path / "src" / package, ignore=skipped)
    for words in (
        ("init", "-q"),
        ("add", "-A"),
        ("-c", "user.name=T", "-c", "user.email=t@example.com", "commit", "-q", "-m", "own"),
    ):
        subprocess.run(["git", *words], cwd=tmp_path, check=True)

    def asked() -> str:
        done = subprocess.run(
            [sys.executable, "-B", "-c", "from adapters.runs.revision import *; print(revision())"],
            env={**os.environ, "PYTHONPATH": str(tmp_path / "src"), "PYTHONSAFEPATH": "1"},
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        )
        return done.stdout.strip()

    committed = asked()
    (tmp_path / "src" / "sellcore" / "another.py").touch()

    assert len(committed) == 7
    assert asked() == f"{committed}-modified"


def test_returns_are_kept_under_their_days() -> None:
    """Each row is named for the day that its return ends on."""
    days = np.arange(18_000, 18_040)
    close = np.round(50 + np.sin(np.arange(40)), 2)
    bars = BarSeries(days * DAY + 52_200, days * DAY + 75_600, *[close] * 5)
    rules = [parse_rule("SMA,5,D"), parse_rule("EMA,5,D")]
    source = MemoryBars({Timeframe.DAY: {"NYSE:X": bars}})

    found = rule_returns(source, rules, Assumptions())

    kept = pq.read_table(pa.BufferReader(returns_ledger(found)))
    assert kept.column_names == ["day", "hold", "SMA(5) D", "EMA(5) D"]
    assert [moment.toordinal() - 719_163 for moment in kept["day"].to_pylist()] == (
        found.days.tolist()
    )
    assert found.days.tolist() == days[-len(found.days) :].tolist()
    assert kept["hold"].to_pylist() == found.hold.tolist()
    assert kept["EMA(5) D"].to_pylist() == found.returns[1].tolist()
    assert len({tuple(column) for column in (found.hold, *found.returns)}) == 3


def test_of_many_that_write_the_same_run_at_once_one_does(tmp_path: Path) -> None:
    """The others find it there, whole, and have nothing to complain of."""
    writers = 8
    together = Barrier(writers)

    def write(name: str) -> bool:
        together.wait()
        return store_run(tmp_path / "runs", name, FILES).is_new

    with ThreadPoolExecutor(writers) as pool:
        for number in range(25):
            wrote = list(pool.map(write, [f"run-{number}"] * writers))
            assert sorted(wrote) == [False] * (writers - 1) + [True]

    left = {path.name for path in (tmp_path / "runs").iterdir()}
    assert left == {f"run-{number}" for number in range(25)}
