"""The tables of the journal, and how a file of an older program comes to have them."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from adapters.sqlite.failures import Unreadable
from sellcore.errors import StorageError
from sellcore.order import Mode

APPLICATION_ID = 0x53454C4C
"""Stands in the header of every journal ("SELL"), and of no other program's file."""

_FOR_EVER = """
    CREATE TRIGGER {table}_{verb}_never BEFORE {verb} ON {table}
    BEGIN SELECT RAISE(ABORT, '{table} are only ever added'); END
"""


def _only_added(*tables: str) -> tuple[str, ...]:
    return tuple(
        _FOR_EVER.format(table=table, verb=verb)
        for table in tables
        for verb in ("UPDATE", "DELETE")
    )


MIGRATIONS: list[tuple[str, ...]] = [
    (
        """
        CREATE TABLE ledger (
            only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
            mode     TEXT NOT NULL,
            account  TEXT NOT NULL
        )
        """,
        """
        CREATE TABLE intents (
            seq              INTEGER PRIMARY KEY,  -- in the order they came
            intent_id        TEXT NOT NULL UNIQUE,
            mode             TEXT NOT NULL,
            account          TEXT NOT NULL,
            con_id           INTEGER NOT NULL,
            symbol           TEXT NOT NULL,
            exchange         TEXT NOT NULL,
            currency         TEXT NOT NULL,
            kind             TEXT NOT NULL,
            ticker           TEXT NOT NULL,
            ma_kind          TEXT NOT NULL,
            ma_length        INTEGER NOT NULL,
            timeframe        TEXT NOT NULL,
            bar_end          TEXT NOT NULL,
            epoch            INTEGER NOT NULL,
            meant_quantity   INTEGER NOT NULL,
            residual         TEXT NOT NULL,
            cancels          TEXT NOT NULL,
            send_at          TEXT NOT NULL,
            state            TEXT NOT NULL,
            decided_at       TEXT NOT NULL,
            not_before       TEXT NOT NULL,
            deadline         TEXT NOT NULL,
            held             TEXT NOT NULL,
            close            REAL NOT NULL,
            average          REAL NOT NULL,
            bars_used        INTEGER NOT NULL,
            asked_to_go      TEXT NOT NULL,
            client_id        INTEGER,
            order_id         INTEGER,
            quantity         INTEGER,
            limit_price      REAL,
            position_before  TEXT,
            sent_at          TEXT,
            perm_id          INTEGER NOT NULL,
            filled           TEXT NOT NULL,
            average_price    REAL,
            words            TEXT NOT NULL,
            version          INTEGER NOT NULL DEFAULT 1
        )
        """,
        """
        CREATE UNIQUE INDEX one_open_intent ON intents (mode, account, con_id)
        WHERE state IN ('prepared', 'cancelling', 'sending', 'working', 'unknown')
        """,
        "CREATE INDEX intents_by_age ON intents (decided_at)",
        """
        CREATE TRIGGER intents_DELETE_never BEFORE DELETE ON intents
        BEGIN SELECT RAISE(ABORT, 'intents are never forgotten'); END
        """,
        """
        CREATE TABLE sent (
            seq        INTEGER PRIMARY KEY,
            intent_id  TEXT NOT NULL UNIQUE REFERENCES intents (intent_id),
            con_id     INTEGER NOT NULL,
            client_id  INTEGER NOT NULL,
            order_id   INTEGER NOT NULL,
            at         TEXT NOT NULL,
            value      REAL NOT NULL
        )
        """,
        "CREATE INDEX sent_by_time ON sent (at)",
        "CREATE INDEX sent_by_position ON sent (con_id)",
        """
        CREATE TABLE events (
            seq        INTEGER PRIMARY KEY,
            at         TEXT NOT NULL,
            intent_id  TEXT NOT NULL,  -- empty where it is about none
            what       TEXT NOT NULL,
            words      TEXT NOT NULL,
            details    TEXT NOT NULL
        )
        """,
        "CREATE INDEX events_by_intent ON events (intent_id)",
        """
        CREATE TABLE executions (
            seq        INTEGER PRIMARY KEY,
            exec_id    TEXT NOT NULL UNIQUE,
            con_id     INTEGER NOT NULL,
            account    TEXT NOT NULL,
            side       TEXT NOT NULL,
            shares     TEXT NOT NULL,
            price      REAL NOT NULL,
            time       TEXT NOT NULL,
            perm_id    INTEGER NOT NULL,
            order_id   INTEGER NOT NULL,
            client_id  INTEGER NOT NULL,
            order_ref  TEXT NOT NULL
        )
        """,
        "CREATE INDEX executions_by_time ON executions (time)",
        """
        CREATE TABLE commissions (
            seq       INTEGER PRIMARY KEY,
            exec_id   TEXT NOT NULL UNIQUE,
            amount    REAL NOT NULL,
            currency  TEXT NOT NULL,
            realized  REAL
        )
        """,
        """
        CREATE TABLE positions (
            con_id    INTEGER PRIMARY KEY,
            quantity  TEXT NOT NULL,
            epoch     INTEGER NOT NULL
        )
        """,
        *_only_added("ledger", "sent", "events", "executions", "commissions"),
    ),
    ("ALTER TABLE intents ADD COLUMN order_type TEXT NOT NULL DEFAULT 'MKT'",),
    ("ALTER TABLE positions ADD COLUMN since TEXT NOT NULL DEFAULT ''",),
    ("ALTER TABLE intents ADD COLUMN price_magnifier INTEGER NOT NULL DEFAULT 1",),
]
"""What each version adds to the one before; the first entry makes version 1 of an empty file."""


def version_of(db: sqlite3.Connection) -> int:
    """Return the version of the tables in a file."""
    return int(db.execute("PRAGMA user_version").fetchone()[0])


def refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    """Raise StorageError for a file of a later program."""
    if (version := version_of(db)) > len(MIGRATIONS):
        raise StorageError(
            f"the journal {path} has version {version}, this sellcli knows {len(MIGRATIONS)};"
            " it is left as it is: upgrade sellcli"
        )


def migrate(db: sqlite3.Connection) -> None:
    """Bring the tables up to date; to be called inside a transaction."""
    for version, statements in enumerate(MIGRATIONS[version_of(db) :], version_of(db) + 1):
        _run(db, statements)
        db.execute(f"PRAGMA user_version = {version}")


def fill_new(db: sqlite3.Connection, mode: Mode, account: str) -> None:
    """Make an empty file the journal of an account in a mode."""
    db.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    migrate(db)
    db.execute("INSERT INTO ledger VALUES (1, ?, ?)", (mode.value, account))


def refuse_another(db: sqlite3.Connection, path: Path, mode: Mode, account: str) -> None:
    """Raise StorageError for the journal of another account or mode."""
    whose = db.execute("SELECT mode, account FROM ledger").fetchone()
    if whose is None:
        raise Unreadable("it does not say whose it is")
    if whose == (mode.value, account):
        return
    if whose[0] == mode.value:
        never = f"the ledger of {whose[1]} can never be opened by a run of {account}"
    else:
        never = f"a {whose[0]} ledger can never be opened by a {mode} run"
    raise StorageError(
        f"the journal {path} belongs to {whose[1]} in {whose[0]} mode: {never};"
        " use the state folder of this account and mode"
    )


def refuse_incomplete(db: sqlite3.Connection) -> None:
    """Raise Unreadable where a table, or an index or trigger that guards one, was dropped."""
    with closing(sqlite3.connect(":memory:")) as whole:
        migrate(whole)
        missing = _parts(whole) - _parts(db)
    if missing:
        raise Unreadable(f"it lacks {', '.join(sorted(missing))}")


def _parts(db: sqlite3.Connection) -> set[str]:
    rows = db.execute("SELECT type || ' ' || name FROM sqlite_master WHERE sql IS NOT NULL")
    return {part for (part,) in rows}


def _run(db: sqlite3.Connection, statements: Sequence[str]) -> None:
    for statement in statements:
        db.execute(statement)
