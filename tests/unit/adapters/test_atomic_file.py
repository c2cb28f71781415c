"""A file that is replaced is on disk under its name, or it is as it was."""

import os
from pathlib import Path

import pytest

from adapters.atomic_file import replace_file


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
