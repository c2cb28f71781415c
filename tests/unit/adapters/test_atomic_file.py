"""A file that is replaced is on disk under its name, or it is as it was."""

import errno
import os
import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.atomic_file import locked, replace_file


@pytest.fixture
def synced(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return the files and folders that the system was asked to store, in turn."""
    found: list[int] = []
    fsync = os.fsync

    def note(handle: int) -> None:
        found.append(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    return found


@pytest.mark.parametrize("before", [b"what was there", None])
def test_content_is_stored_first_and_then_its_name(
    tmp_path: Path, synced: list[int], before: bytes | None
) -> None:
    """After a power cut the name leads to the whole of the old content or of the new one."""
    path = tmp_path / "halt"
    if before is not None:
        path.write_bytes(before)

    replace_file(path, b"new")

    assert path.read_bytes() == b"new"
    assert synced == [path.stat().st_ino, tmp_path.stat().st_ino]
    assert [file.name for file in tmp_path.iterdir()] == ["halt"]


@pytest.mark.skipif(sys.platform == "win32", reason="its folders are not locked")
@pytest.mark.parametrize("number", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_drive_that_cannot_lock_goes_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """A network drive may have no locks; its files are written all the same."""
    monkeypatch.setattr("fcntl.flock", failing(number))
    with locked(tmp_path):
        replace_file(tmp_path / "rules.csv", b"new")

    assert (tmp_path / "rules.csv").read_bytes() == b"new"


@pytest.mark.skipif(sys.platform == "win32", reason="its folders are not locked")
@pytest.mark.parametrize("number", [errno.EIO, errno.EACCES])
def test_lock_that_could_be_had_and_was_not_lets_nobody_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Two that write at once would lose what one of them has written."""
    monkeypatch.setattr("fcntl.flock", failing(number))
    with pytest.raises(OSError, match=re.escape(os.strerror(number))), locked(tmp_path):
        raise AssertionError("it was let in")


def failing(number: int) -> Callable[[int, int], None]:
    """Return a lock that cannot be had, for a reason of the system's."""

    def flock(handle: int, operation: int) -> None:
        raise OSError(number, os.strerror(number))

    return flock
