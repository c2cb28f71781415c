"""The journal port over one SQLite file."""

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from adapters.journal_rules import check_prepared, happened, prepared, sent_in_all, stale
from adapters.sqlite import statements
from adapters.sqlite.database import Database
from adapters.sqlite.rows import (
    entry_of,
    entry_row,
    known_row,
    meant_row,
    record_of,
    stamp,
    unsettled_row,
)
from adapters.sqlite.trades import (
    add_trades,
    commissions_since,
    executions_since,
    note_positions,
    read_epochs,
    read_told_since,
)
from sellcore.order import Mode
from sellcore.ports.journal import Entry, Sent
from sellcore.selling.execution import Commission, Execution
from sellcore.selling.intent_record import IntentRecord, Move, check, sent_order
from sellcore.selling.lifecycle import Happening

PATIENCE = 5.0
"""Seconds to wait for another process that writes the same file."""


class SqliteJournal:
    """
    The journal port over a file that belongs to one account in one mode.

    Each writing method is one transaction that the disk itself has confirmed.
    For one thread. Other processes may open the same file: they take turns,
    and a step that starts from what another one has moved on is refused.
    """

    def __init__(self, path: Path, mode: Mode, account: str, patience: float = PATIENCE) -> None:
        """
        Open the journal, or make it where there is none.

        Args:
            path: The file; SQLite keeps two more beside it while it is open.
            mode: The mode it belongs to.
            account: The account it belongs to.
            patience: Seconds to wait for another process that writes.

        Raises:
            StorageError: it belongs to another account or mode, was made by a
                later program, is damaged, or cannot be read and written.
        """
        self._mode = mode
        self._account = account
        self._database = Database(path, mode, account, patience)

    def close(self) -> None:
        """Let go of the file; nothing is lost without it."""
        self._database.close()

    def prepare(self, records: Sequence[IntentRecord]) -> Sequence[IntentRecord]:
        """Put new intents on record; each position has one that is open at most."""
        check_prepared(records, self._mode, self._account)
        answer: dict[str, IntentRecord] = {}
        new: list[Entry] = []
        with self._database.writing() as db:
            for record in records:
                intent_id = record.intent_id
                row = meant_row(record.intent, intent_id) + known_row(record)
                if db.execute(statements.PUT_ON_RECORD, row).rowcount:
                    answer[intent_id] = record
                    new.append(prepared(record, intent_id))
                elif (known := _find(db, intent_id)) is not None:
                    answer[intent_id] = known
            _add_entries(db, new)
        return tuple(answer.values())

    def record(self, moves: Sequence[Move]) -> None:
        """Store all steps, or none of them."""
        for move in moves:
            check(move)
        steps = [(move.before.intent_id, move) for move in moves]
        if not steps:
            return
        with self._database.writing() as db:
            for intent_id, move in steps:
                _move(db, intent_id, move)
            _add_entries(db, (happened(move, intent_id) for intent_id, move in steps))
            _add_sent(db, steps)

    def note(self, entries: Sequence[Entry]) -> None:
        """Add events that move no intent."""
        if entries:
            with self._database.writing() as db:
                _add_entries(db, entries)

    def open_intents(self) -> Sequence[IntentRecord]:
        """Return the intents that have not ended, the oldest first."""
        return self._intents(statements.OPEN_INTENTS)

    def intents(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Sequence[IntentRecord]:
        """Return the intents decided at or after ``since``, of a ticker in any case."""
        first = "" if since is None else stamp(since)
        if ticker is None:
            return self._intents(statements.INTENTS, first)
        return self._intents(statements.INTENTS_OF_TICKER, first, ticker.strip().upper())

    def entries(self, intent_id: str) -> Sequence[Entry]:
        """Return the events of one intent in the order they came; of none for an empty id."""
        with self._database.reading() as db:
            rows = db.execute(statements.ENTRIES, (intent_id,))
            return tuple(map(entry_of, rows))

    def sent_since(self, moment: datetime) -> Sent:
        """Return how much was sent at or after ``moment``, whatever became of it."""
        with self._database.reading() as db:
            rows = db.execute(statements.SENT_SINCE, (stamp(moment),)).fetchall()
        return sent_in_all(rows)

    def failed_sends(self, con_id: int) -> int:
        """Return how many orders of a position, since it was flat, came to nothing in a row."""
        with self._database.reading() as db:
            (count,) = db.execute(statements.FAILED_SENDS, {"con_id": con_id}).fetchone()
        return int(count)

    def highest_order_id(self, client_id: int) -> int:
        """Return the highest order number that was ever used under a client id, or 0."""
        with self._database.reading() as db:
            (highest,) = db.execute(
                "SELECT max(order_id) FROM sent WHERE client_id = ?", (client_id,)
            ).fetchone()
        return int(highest or 0)

    def add_trades(
        self, executions: Sequence[Execution], commissions: Sequence[Commission]
    ) -> None:
        """Store trades and their costs; what is known already stays once."""
        if executions or commissions:
            with self._database.writing() as db:
                add_trades(db, executions, commissions)

    def trades(
        self, since: datetime | None = None
    ) -> tuple[Sequence[Execution], Sequence[Commission]]:
        """Return the stored executions by time, and their commissions."""
        with self._database.reading() as db:
            return executions_since(db, since), commissions_since(db, since)

    def epochs(self) -> Mapping[int, int]:
        """Return how often each position has gone flat, by contract id."""
        with self._database.reading() as db:
            return read_epochs(db)

    def seen(self, quantities: dict[int, Decimal], at: datetime) -> None:
        """Take note of all positions as just read."""
        with self._database.writing() as db:
            note_positions(db, quantities, at)

    def told_since(self) -> Mapping[int, datetime]:
        """Return when each position was first read as it was last, by contract id."""
        with self._database.reading() as db:
            return read_told_since(db)

    def _intents(self, statement: str, *values: str) -> Sequence[IntentRecord]:
        with self._database.reading() as db:
            return tuple(map(record_of, db.execute(statement, values)))


def _find(db: sqlite3.Connection, intent_id: str) -> IntentRecord | None:
    row = db.execute(statements.INTENT, (intent_id,)).fetchone()
    return None if row is None else record_of(row)


def _move(db: sqlite3.Connection, intent_id: str, move: Move) -> None:
    """Put a record in the place of the one it was made from; IllegalMove if that one is gone."""
    if _swap(db, intent_id, move.before, move.record):
        return
    found = _find(db, intent_id)
    # Equal ones may be spelled differently, as 100 and 100.0 are.
    if found is None or found != move.before or not _swap(db, intent_id, found, move.record):
        raise stale(move, found)


def _swap(db: sqlite3.Connection, intent_id: str, old: IntentRecord, new: IntentRecord) -> bool:
    before, after = known_row(old), known_row(new)
    changed = tuple(at for at, value in enumerate(after) if value != before[at])
    values = (*(after[at] for at in changed), intent_id, *unsettled_row(old.intent), *before)
    return db.execute(statements.swap(changed), values).rowcount == 1


def _add_entries(db: sqlite3.Connection, entries: Iterable[Entry]) -> None:
    db.executemany(statements.ADD_ENTRY, map(entry_row, entries))


def _add_sent(db: sqlite3.Connection, steps: Iterable[tuple[str, Move]]) -> None:
    rows = []
    for intent_id, move in steps:
        if move.happening is Happening.SENDING:
            order = sent_order(move.record)
            number = (order.client_id, order.order_id)
            rows.append((intent_id, move.record.con_id, *number, stamp(order.at), order.value))
    db.executemany(statements.ADD_SENT, rows)
