"""The file of a journal: made whole or not at all, opened only when it can be trusted."""

import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.atomic_file import locked, not_stored, replace_file
from adapters.sqlite.failures import Unreadable, damaged, failure
from adapters.sqlite.schema import (
    APPLICATION_ID,
    fill_new,
    migrate,
    refuse_another,
    refuse_incomplete,
    refuse_newer,
)
from sellcore.errors import StorageError
from sellcore.order import Mode


class Database:
    """
    One connection to the file of a journal, for one thread.

    Several processes may have the same file open: their transactions follow one
    another, and one that had to wait longer than ``patience`` seconds fails.
    """

    def __init__(self, path: Path, mode: Mode, account: str, patience: float) -> None:
        # SQLite keeps the -wal file beside what a link leads to.
        self._path = path = path.resolve()
        _make_unless_there(path, mode, account)
        with self._reported("open"):
            self._db = _connected(path, patience)
        ready = False
        try:
            with self._reported("open"):
                self._trust(mode, account)
            self._files = self._on_disk()
            ready = True
        finally:
            if not ready:
                self._db.close()

    def close(self) -> None:
        """Let go of the file."""
        with self._reported("close"):
            self._db.close()

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """
        Store everything that is done in a ``with`` block, durably, or nothing of it.

        Raises:
            StorageError: nothing is stored.
        """
        with self._reported("write"), self._transaction("IMMEDIATE"):
            if self._on_disk() != self._files:
                raise StorageError(
                    f"the journal {self._path} or its -wal file was moved or removed while in"
                    " use; put them back and start again"
                )
            yield self._db

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """
        Show one and the same moment to everything in a ``with`` block.

        Raises:
            StorageError: it could not be read.
        """
        with self._reported("read"), self._transaction("DEFERRED"):
            yield self._db

    @contextmanager
    def _transaction(self, kind: str) -> Iterator[None]:
        try:
            self._db.execute(f"BEGIN {kind}")
            yield
            self._db.execute("COMMIT")
        finally:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")

    @contextmanager
    def _reported(self, action: str) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise failure(action, self._path, error) from error
        except Unreadable as error:
            raise damaged(self._path, str(error)) from error
        except (OverflowError, UnicodeEncodeError) as error:
            raise StorageError(f"cannot {action} the journal {self._path}: {error}") from error

    def _trust(self, mode: Mode, account: str) -> None:
        """Raise unless this is a whole journal of this account and mode; bring it up to date."""
        db = self._db
        # Before anything is changed: the file may be another program's.
        if db.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
            raise Unreadable("it does not begin like a journal")
        refuse_newer(db, self._path)
        (found,) = db.execute("PRAGMA integrity_check(1)").fetchone()
        if found != "ok":
            raise Unreadable(found)
        refuse_another(db, self._path, mode, account)
        if db.execute("PRAGMA journal_mode = WAL").fetchone()[0] != "wal":
            raise StorageError(
                f"the file system of {self._path} cannot share memory between programs;"
                " keep the journal on a local disk"
            )
        with self._transaction("IMMEDIATE"):
            migrate(db)
        refuse_incomplete(db)

    def _on_disk(self) -> tuple[tuple[int, int] | None, ...]:
        return tuple(_identity(file) for file in (self._path, _log_of(self._path)))


def _connected(path: Path, patience: float) -> sqlite3.Connection:
    db = sqlite3.connect(
        f"{path.as_uri()}?mode=rw", uri=True, timeout=patience, isolation_level=None
    )
    with ExitStack() as unready:  # a file that is no database is found out here
        unready.callback(db.close)
        db.execute("PRAGMA synchronous = FULL")
        db.execute("PRAGMA fullfsync = ON")  # macOS: past the drive's own cache
        db.execute("PRAGMA checkpoint_fullfsync = ON")
        db.execute("PRAGMA foreign_keys = ON")
        unready.pop_all()
    return db


def _make_unless_there(path: Path, mode: Mode, account: str) -> None:
    """
    Give a new journal its name once it is whole, so that an unfinished one is never met.

    Raises:
        StorageError: it cannot be made, or what is left of one that went is there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with locked(path.parent):
            if path.exists():
                return
            for log in (_log_of(path), path.with_name(path.name + "-journal")):
                if log.exists():  # SQLite would write it into the new file
                    raise StorageError(
                        f"the journal {path} is gone, but {log.name} beside it is not: put the"
                        " file back, or compare with the broker by hand and move that away"
                    )
            replace_file(path, _new(path, mode, account))
    except OSError as error:
        raise not_stored(path, error) from error


def _new(path: Path, mode: Mode, account: str) -> bytes:
    with TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
        draft = Path(folder) / "draft"
        try:
            with closing(sqlite3.connect(draft, isolation_level=None)) as db:
                db.execute("PRAGMA synchronous = OFF")  # only its bytes are wanted
                db.execute("BEGIN")
                fill_new(db, mode, account)
                db.execute("COMMIT")
                db.execute("PRAGMA journal_mode = WAL")
        except sqlite3.Error as error:
            raise failure("make", path, error) from error
        return draft.read_bytes()


def _log_of(path: Path) -> Path:
    return path.with_name(path.name + "-wal")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        state = path.stat()
    except OSError:
        return None
    return state.st_dev, state.st_ino
