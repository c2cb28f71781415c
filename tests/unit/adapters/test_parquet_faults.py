"""The Parquet store on a disk that fails, or in a process that dies, at any system call."""

import errno
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from textwrap import dedent

import pytest
from tests.contract.stored_bars import HALF_HOUR, Content, a_key, an_update, content_of

from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.journal_file import Journal, first_bytes, scan
from adapters.parquet.reading import BarReader
from sellcore.errors import StorageError
from sellcore.timeframe import Granularity

CALLS = ("write", "fsync", "replace", "open")
"""Where the store meets the operating system."""

Step = Callable[[ParquetBarStore], None]

STEPS: tuple[Step, ...] = (
    lambda store: store.merge([an_update([1, 2]), an_update([1], key=a_key(2))]),
    lambda store: store.merge([an_update([3], close=11.0)]),
    lambda store: store.compact(),
    lambda store: store.merge([an_update([3, 4], close=12.0)]),
    lambda store: store.discard([a_key(2)]),
    lambda store: store.merge([an_update([7], key=a_key(3))]),
    lambda store: store.compact(),
)


class _Crash(BaseException):
    """The process is gone; nobody catches this."""


@contextmanager
def failing(call: str, number: int, fault: BaseException) -> Iterator[list[int]]:
    """Let the ``number``-th ``os.call`` from here on, counted from 0, raise ``fault``."""
    real, count = getattr(os, call), [0]

    def faulty(*args: object, **kwargs: object) -> object:
        count[0] += 1
        if count[0] == number + 1:
            raise fault
        return real(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, call, faulty)
        yield count


def states_after_each_step(folder: Path) -> list[Content]:
    """Return what is stored before the first step and after each, without any fault."""
    states = [{}]
    with ParquetBarStore(folder) as store:
        for step in STEPS:
            step(store)
            states.append(content_of(store.load()))
    return states


@pytest.mark.parametrize("call", CALLS)
def test_a_failed_call_leaves_what_was_stored_and_the_store_usable(
    tmp_path: Path, call: str
) -> None:
    """One line tells of it, the state is that before the call, and a repetition works."""
    states = states_after_each_step(tmp_path / "sound")
    failures = 0
    while True:
        folder = tmp_path / f"{call}-{failures}"
        with ParquetBarStore(folder) as store, failing(call, failures, _no_space()):
            lines = [
                line
                for step, before, after in zip(STEPS, states, states[1:], strict=False)
                if (line := _do_again_if_it_fails(store, step, before, after))
            ]
        with ParquetBarStore(folder) as again:
            assert content_of(again.load()) == states[-1]
            assert list(again.problems()) == []
        if not lines:
            break
        (line,) = lines
        assert "\n" not in line
        assert "free space" in line
        failures += 1
    assert failures >= 4


def _do_again_if_it_fails(
    store: ParquetBarStore, step: Step, before: Content, after: Content
) -> str | None:
    told = None
    try:
        step(store)
    except StorageError as error:
        told = str(error)
    if told:
        assert content_of(store.load()) == before
        step(store)
    assert content_of(store.load()) == after
    return told


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize("lost", ["nothing", "what was staged"])
def test_a_process_that_dies_at_any_call_loses_nothing_it_acknowledged(
    tmp_path: Path, call: str, lost: str
) -> None:
    """What a new process finds is the state before or after the step that was under way."""
    states = states_after_each_step(tmp_path / "sound")
    number, crashed = 0, True
    while crashed:
        folder, copy = tmp_path / f"{call}-{number}", tmp_path / f"{call}-{number}-copy"
        crashed, done = False, 0
        with ParquetBarStore(folder) as store:
            with failing(call, number, _Crash()):
                try:
                    for step in STEPS:
                        step(store)
                        done += 1
                except _Crash:
                    crashed = True
            shutil.copytree(folder, copy)
        if lost != "nothing":
            for staged in copy.glob("*.new"):
                staged.unlink()
        with ParquetBarStore(copy) as again:
            assert content_of(again.load()) in states[done : done + 2]
            assert list(again.problems()) == []
            _is_added_to(again, copy)
        assert not list(copy.glob("*.new"))
        number += 1


def _is_added_to(store: ParquetBarStore, folder: Path) -> None:
    """Merge half hours and days of new series, and find them before anything is folded up."""
    new = [a_key(8), a_key(9, Granularity.DAY)]
    store.merge([an_update([5], key=key) for key in new])
    found = BarReader(folder).load()
    assert [found[key].bars.start.tolist() for key in new] == [[5 * HALF_HOUR]] * 2


@pytest.mark.parametrize("call", CALLS)
def test_an_interrupt_at_any_call_leaves_the_store_usable(tmp_path: Path, call: str) -> None:
    """Ctrl-C in the middle of a step: it counts in whole or not at all, and so do later ones."""
    states = states_after_each_step(tmp_path / "sound")
    number, interrupted = 0, True
    while interrupted:
        interrupted = False
        with (
            ParquetBarStore(tmp_path / f"{call}-{number}") as store,
            failing(call, number, KeyboardInterrupt()),
        ):
            for step, *around in zip(STEPS, states, states[1:], strict=False):
                try:
                    step(store)
                except KeyboardInterrupt:
                    interrupted = True
                    assert content_of(store.load()) in around
                    step(store)
                assert content_of(store.load()) == around[1]
        number += 1
    assert number >= 4


def test_half_a_record_that_cannot_be_cut_off_is_cut_off_later(tmp_path: Path) -> None:
    """Until it is, nothing more is acknowledged; a reader never sees it."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([1])])
        before = content_of(store.load())
        with pytest.MonkeyPatch.context() as patch:
            real = os.write
            patch.setattr(os, "write", lambda fd, data: _write_half(real, fd, data))
            patch.setattr(os, "ftruncate", _raise_io_error)
            for _ in range(2):
                with pytest.raises(StorageError):
                    store.merge([an_update([2])])
            assert content_of(BarReader(tmp_path).load()) == before
        store.merge([an_update([3])])
        assert store.load()[a_key()].bars.start.tolist() == [HALF_HOUR, 3 * HALF_HOUR]
        assert list(store.problems()) == []


def _write_half(write: Callable[[int, bytes], int], descriptor: int, data: memoryview) -> int:
    if len(data) < 100:
        raise _no_space()
    return write(descriptor, bytes(data[: len(data) // 2]))


def test_record_leaves_nothing_of_a_longer_one_behind_it(tmp_path: Path) -> None:
    """What had been begun and could not be cut off is cut off before the next record."""
    path = tmp_path / "journal"
    path.write_bytes(first_bytes(1) + b"x" * 500)
    journal = Journal.open(path)
    journal.append(b"short")
    journal.close()

    found, damage = scan(path, path.read_bytes())

    assert damage is None
    assert found is not None
    assert [bytes(payload) for payload in found.payloads] == [b"short"]
    assert found.size == found.end


def test_what_is_cut_off_is_cut_off_on_disk(tmp_path: Path) -> None:
    """A record that was told to have failed does not come back when the power fails."""
    path = tmp_path / "journal"
    path.write_bytes(first_bytes(1))
    journal = Journal.open(path)
    synced: list[int] = []

    def sync_after_the_first(descriptor: int) -> None:
        synced.append(os.fstat(descriptor).st_size)
        if len(synced) == 1:
            _raise_io_error()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(os, "fsync", sync_after_the_first)
        with pytest.raises(StorageError):
            journal.append(b"not acknowledged")
    journal.close()

    assert synced[1:] == [len(first_bytes(1))]


def test_a_broken_sync_is_told_every_time(tmp_path: Path) -> None:
    """No merge is acknowledged that the device did not take."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([1])])
        before = content_of(store.load())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(os, "fsync", _raise_io_error)
            for _ in range(3):
                with pytest.raises(StorageError, match=r"bars\.journal.*check the disk"):
                    store.merge([an_update([2])])
        assert content_of(store.load()) == before


@pytest.mark.parametrize("compact_from", ["1", "4000000"])
def test_a_file_size_limit_stores_all_or_nothing(tmp_path: Path, compact_from: str) -> None:
    """A disk that fills up in the middle of a write, as the system itself enforces it."""
    resource = pytest.importorskip("resource", reason="file sizes are limited by POSIX only")
    done = subprocess.run(
        [sys.executable, "-c", _UNTIL_FULL, str(tmp_path), compact_from],
        capture_output=True,
        text=True,
        check=True,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000)),
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    acknowledged, message = done.stdout.splitlines()

    assert int(acknowledged) > 10
    assert "free space" in message
    with ParquetBarStore(tmp_path) as store:
        (stored,) = store.load().values()
        assert len(stored.bars) == int(acknowledged)
        assert list(store.problems()) == []


_UNTIL_FULL = dedent(
    """
    import sys
    from pathlib import Path
    from adapters.parquet import bar_store
    from adapters.parquet.bar_store import ParquetBarStore
    from sellcore.errors import StorageError
    from tests.contract.stored_bars import an_update

    bar_store._COMPACT_FROM = int(sys.argv[2])
    store, number = ParquetBarStore(Path(sys.argv[1])), 0
    try:
        while True:
            store.merge([an_update([number])])
            number += 1
    except StorageError as error:
        print(number)
        print(error)
    """
)


def test_a_process_that_is_killed_has_stored_what_it_was_told(tmp_path: Path) -> None:
    """When merge has returned, the bars are there, with no goodbye whatever."""
    subprocess.run(
        [sys.executable, "-c", _STORE_AND_DIE, str(tmp_path)],
        check=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with ParquetBarStore(tmp_path) as store:
        (stored,) = store.load().values()
        assert len(stored.bars) == 5


_STORE_AND_DIE = dedent(
    """
    import os, sys
    from pathlib import Path
    from adapters.parquet.bar_store import ParquetBarStore
    from tests.contract.stored_bars import an_update

    store = ParquetBarStore(Path(sys.argv[1]))
    for number in range(5):
        store.merge([an_update([number])])
    os._exit(0)
    """
)


@pytest.mark.parametrize("name", ["cache", "cache/deeper"])
def test_a_folder_that_cannot_be_made_is_told_in_one_line(tmp_path: Path, name: str) -> None:
    """A file stands where the folder should."""
    (tmp_path / "cache").write_text("not a folder")
    with pytest.raises(StorageError, match=r"^cannot open the cache .*--cache-dir\)$"):
        ParquetBarStore(tmp_path / name)


def test_a_compaction_that_fails_on_the_way_is_no_failed_merge(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The merge is stored; what could not be done is told, and done later."""
    monkeypatch.setattr("adapters.parquet.bar_store._COMPACT_FROM", 0)
    monkeypatch.setattr("adapters.parquet.bar_store._COMPACT_RATIO", 0)
    with ParquetBarStore(tmp_path) as store:
        with failing("replace", 0, _no_space()):
            store.merge([an_update([1])])
        (line,) = store.problems()
        assert "free space" in line
        store.merge([an_update([2])])
        assert len(store.load()[a_key()].bars) == 2
        assert (tmp_path / "bars.journal").stat().st_size < 100


def _no_space() -> OSError:
    return OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _raise_io_error(*args: int) -> None:
    raise OSError(errno.EIO, os.strerror(errno.EIO))
