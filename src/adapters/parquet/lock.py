"""One writer per cache folder, across processes."""

from pathlib import Path

from filelock import FileLock, Timeout

from adapters.parquet.durable import storage_error
from adapters.parquet.layout import LOCK
from sellcore.errors import StorageError


def lock_for_writing(folder: Path) -> FileLock:
    """
    Take the folder's lock, making the folder where there is none; the system drops it at exit.

    Raises:
        StorageError: another writer has it, or the folder cannot be written.
    """
    lock = FileLock(folder / LOCK)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        lock.acquire(blocking=False)
    except Timeout as error:
        raise StorageError(
            f"the cache {folder} is being written by another sellcli; "
            "stop that one, or use another folder (--cache-dir)"
        ) from error
    except OSError as error:
        raise storage_error("open the cache", folder, error) from error
    except NotImplementedError as error:
        raise StorageError(
            f"the file system of {folder} has no locks; use a local folder (--cache-dir)"
        ) from error
    return lock
