"""What a person is told when SQLite or a row of it fails."""

import sqlite3
from pathlib import Path

from sellcore.errors import StorageError

_CAUSES = {
    sqlite3.SQLITE_FULL: ("the disk is full", "free some space and try again"),
    sqlite3.SQLITE_IOERR: (
        "the disk failed or is full",
        "check the disk and its free space, then try again",
    ),
    sqlite3.SQLITE_BUSY: ("another program holds it", "wait for that one or stop it"),
    sqlite3.SQLITE_LOCKED: ("another program holds it", "wait for that one or stop it"),
    sqlite3.SQLITE_READONLY: ("it is write-protected", "allow writing there and try again"),
    sqlite3.SQLITE_PERM: ("it is write-protected", "allow writing there and try again"),
    sqlite3.SQLITE_CANTOPEN: (
        "it cannot be opened",
        "allow reading and writing in its folder and try again",
    ),
}
# SQLITE_ERROR: a statement of ours does not fit the tables that are there.
_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)


class Unreadable(ValueError):
    """A row does not hold what it should; the message is the reason, without the file."""


def failure(action: str, path: Path, error: sqlite3.Error) -> StorageError:
    """Return the one line for what SQLite reported: what failed, why, and the way out."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _DAMAGED:
        return damaged(path, str(error))
    reported = " ".join(str(error).split())
    cause, way_out = _CAUSES.get(code, (reported, "start again, and report it if it stays"))
    return StorageError(f"cannot {action} the journal {path}: {cause}; {way_out}")


def damaged(path: Path, reason: str) -> StorageError:
    """Return the refusal of a file that cannot be trusted."""
    return StorageError(
        f"the journal {path} is damaged or none of this program ({' '.join(reason.split())});"
        " no new one takes its place: put a good copy back, or compare orders and positions with"
        " the broker's by hand and move it away with its -wal file"
    )
