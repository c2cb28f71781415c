"""Writing so that it survives a power cut: staged, synced, then renamed over the old file."""

import errno
import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from adapters.atomic_file import sync, sync_folder
from adapters.parquet.layout import DAMAGED, STAGED
from sellcore.errors import StorageError

_WAY_OUT = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free space"),
    **dict.fromkeys((errno.EACCES, errno.EPERM, errno.EROFS), "make it writable"),
}


def storage_error(action: str, path: Path, error: OSError) -> StorageError:
    """Return the error that says in one line what failed, why, and the way out."""
    way_out = _WAY_OUT.get(error.errno or 0, "check the disk")
    reason = error.strerror or type(error).__name__
    return StorageError(
        f"cannot {action} {path}: {reason}; {way_out}, or use another folder (--cache-dir)"
    )


def read_bytes(path: Path) -> bytearray | None:
    """
    Return what a file holds, or None when there is none.

    Raises:
        StorageError: it is there and cannot be read.
    """
    try:
        with path.open("rb") as file:
            content = bytearray(os.fstat(file.fileno()).st_size)
            del content[file.readinto(content) :]
            return content
    except FileNotFoundError:
        return None
    except OSError as error:
        raise storage_error("read", path, error) from error


def stage(path: Path, content: bytes | bytearray) -> None:
    """
    Write and sync the next content of ``path`` beside it.

    Raises:
        StorageError: nothing is staged, and the file stands as it was.
    """
    staged = path.with_name(path.name + STAGED)
    try:
        with staged.open("wb") as file:
            file.write(content)
            file.flush()
            sync(file.fileno())
    except OSError as error:
        unstage([path])
        raise storage_error("write", path, error) from error


def publish(paths: Sequence[Path]) -> None:
    """
    Give staged files, all of one folder, their names, durably.

    Raises:
        StorageError: some of them may have taken their place.
    """
    for path in paths:
        try:
            path.with_name(path.name + STAGED).replace(path)
        except OSError as error:
            raise storage_error("replace", path, error) from error
    try:
        sync_folder(paths[0].parent)
    except OSError as error:
        raise storage_error("sync", paths[0].parent, error) from error


def unstage(paths: Iterable[Path]) -> None:
    """Remove what was staged and is not to be published."""
    for path in paths:
        with suppress(OSError):  # it is overwritten when it is staged again
            path.with_name(path.name + STAGED).unlink(missing_ok=True)


def set_aside(path: Path) -> Path:
    """
    Rename a file that cannot be read, keeping it for whoever wants to look, and return its name.

    Raises:
        StorageError: it cannot be renamed.
    """
    number = 1
    while (aside := path.with_name(f"{path.name}{DAMAGED}{number}")).exists():
        number += 1
    try:
        path.rename(aside)
        sync_folder(path.parent)
    except OSError as error:
        raise storage_error("set aside", path, error) from error
    return aside
