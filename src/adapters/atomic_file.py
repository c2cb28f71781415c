"""Durable writing, for every adapter that keeps a file of its own."""

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from sellcore.errors import StorageError
from sellcore.plain_text import system_words

if sys.platform != "win32":
    import fcntl

_WAY_OUT = {
    **dict.fromkeys((errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "free some space"),
    **dict.fromkeys(
        (errno.EACCES, errno.EPERM, errno.EROFS), "allow writing there or choose another place"
    ),
    errno.EAGAIN: "wait for that one or end it",
}

PATIENCE = 5.0
"""Seconds to wait for another process that writes in the same folder."""

_NAP = 0.01

_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL)
"""What a file system answers that cannot lock, as some network drives cannot."""


def not_stored(path: Path, error: OSError) -> StorageError:
    """Return what to tell a person when ``path`` could not be written."""
    cause = system_words(error)
    way_out = _WAY_OUT.get(error.errno or 0, "mend that")
    return StorageError(f"cannot write {path}: {cause}; {way_out} and try again")


def replace_file(path: Path, data: bytes) -> None:
    """
    Make ``data`` the content of ``path``, durably, or leave the file as it is.

    Its folder is made where there is none. A link stays a link, and the file
    keeps its permissions.

    Raises:
        StorageError: nothing was written.
    """
    target = path.resolve()
    # A name of its own for each writer: two at once cannot write into one file.
    draft = target.with_name(f".{target.name[:100]}.{os.urandom(4).hex()}.tmp")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            with draft.open("xb") as file:
                file.write(data)
                file.flush()
                sync(file.fileno())
            if target.exists():
                _keep_permissions(target, draft)
            draft.replace(target)
        finally:
            # Gone already unless something failed, Ctrl-C included.
            draft.unlink(missing_ok=True)
        sync_folder(target.parent)
    except OSError as error:
        raise not_stored(path, error) from error


def _keep_permissions(target: Path, draft: Path) -> None:
    # A rename would get past the write protection that its owner gave the file.
    if not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    draft.chmod(target.stat().st_mode & 0o7777)


def sync(descriptor: int) -> None:
    """Have the device itself hold what was written to an open file."""
    if sys.platform == "darwin":  # there fsync stops at the drive's own cache
        with suppress(OSError):  # not every file system can
            fcntl.fcntl(descriptor, fcntl.F_FULLFSYNC)
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make names that were added to or taken from ``folder`` durable."""
    if sys.platform == "win32":  # cannot open a folder; NTFS keeps names in its own journal
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """
    Keep other processes of ours from writing in ``folder`` meanwhile.

    Waits its turn, leaves no file behind, and ends with the process that holds
    it. Windows, and drives that cannot lock, go without.

    Raises:
        OSError: another process has kept it for too long; one that was stopped by
            Ctrl-Z would keep it for ever.
    """
    if sys.platform == "win32":
        yield
        return
    handle = os.open(folder, os.O_RDONLY)
    try:
        with _tolerating_no_locks():
            _take_turn(handle)
        yield
    finally:
        os.close(handle)


def _take_turn(handle: int) -> None:
    if sys.platform == "win32":
        return
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() >= deadline:
                text = "another program keeps its folder locked"
                raise BlockingIOError(errno.EAGAIN, text) from None
            time.sleep(_NAP)
        else:
            return


@contextmanager
def _tolerating_no_locks() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
