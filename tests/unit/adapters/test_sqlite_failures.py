"""What a person reads when SQLite fails: what could not be done, why, and the way out."""

import sqlite3
from pathlib import Path

import pytest

from adapters.sqlite.failures import failure

JOURNAL = Path("state") / "journal.db"
FULL = "the disk is full; free some space and try again"
BROKEN = "the disk failed or is full; check the disk and its free space, then try again"
HELD = "another program holds it; wait for that one or stop it"
PROTECTED = "it is write-protected; allow writing there and try again"
SHUT = "it cannot be opened; allow reading and writing in its folder and try again"
OTHER = "a long story; start again, and report it if it stays"


def raised(code: int) -> sqlite3.Error:
    """Return an error of SQLite's with this code."""
    error = sqlite3.OperationalError("a long\nstory")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "cause"),
    [
        (sqlite3.SQLITE_FULL, FULL),
        (sqlite3.SQLITE_IOERR, BROKEN),
        (sqlite3.SQLITE_IOERR_FSYNC, BROKEN),
        (sqlite3.SQLITE_BUSY, HELD),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, HELD),
        (sqlite3.SQLITE_LOCKED, HELD),
        (sqlite3.SQLITE_READONLY, PROTECTED),
        (sqlite3.SQLITE_READONLY_DBMOVED, PROTECTED),
        (sqlite3.SQLITE_PERM, PROTECTED),
        (sqlite3.SQLITE_CANTOPEN, SHUT),
        (sqlite3.SQLITE_MISUSE, OTHER),
    ],
)
def test_failure_names_its_cause_and_the_way_out(code: int, cause: str) -> None:
    """By the first eight bits of the code; the others tell details that change nothing."""
    told = failure("write", JOURNAL, raised(code))

    assert str(told) == f"cannot write the journal {JOURNAL}: {cause}"


def test_error_without_a_code_is_quoted() -> None:
    """The library's own refusals have none: another thread, a closed file."""
    told = failure("read", JOURNAL, sqlite3.ProgrammingError("closed"))

    assert str(told) == (
        f"cannot read the journal {JOURNAL}: closed; start again, and report it if it stays"
    )


@pytest.mark.parametrize(
    "code", [sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR]
)
def test_file_that_cannot_be_trusted_is_never_replaced(code: int) -> None:
    """Neither by us nor, the line says, by a new one: it may hold what was sent."""
    assert str(failure("open", JOURNAL, raised(code))) == (
        f"the journal {JOURNAL} is damaged or none of this program (a long story); no new one "
        "takes its place: put a good copy back, or compare orders and positions with the "
        "broker's by hand and move it away with its -wal file"
    )
