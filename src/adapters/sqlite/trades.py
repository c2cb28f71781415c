"""Executions, commissions and positions in the tables of the journal."""

import sqlite3
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from adapters.journal_rules import went_flat
from adapters.sqlite.rows import (
    commission_row,
    execution_of,
    execution_row,
    moment,
    number,
    stamp,
)
from adapters.sqlite.statements import ADD_EXECUTION, EXECUTIONS
from sellcore.selling.execution import Commission, Execution

_NOTHING = Decimal(0)


def add_trades(
    db: sqlite3.Connection, executions: Sequence[Execution], commissions: Sequence[Commission]
) -> None:
    """Add what is not there."""
    db.executemany(ADD_EXECUTION, map(execution_row, executions))
    db.executemany(
        "INSERT INTO commissions (exec_id, amount, currency, realized) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (exec_id) DO NOTHING",
        map(commission_row, commissions),
    )


def executions_since(db: sqlite3.Connection, since: datetime | None) -> tuple[Execution, ...]:
    """Return the executions at or after an instant by time, or all."""
    rows = db.execute(EXECUTIONS, ("" if since is None else stamp(since),))
    return tuple(map(execution_of, rows))


def commissions_since(db: sqlite3.Connection, since: datetime | None) -> tuple[Commission, ...]:
    """Return the commissions of the executions at or after an instant, or all."""
    rows = db.execute(
        """
        SELECT exec_id, amount, currency, realized FROM commissions
        WHERE :since IS NULL
        OR exec_id IN (SELECT exec_id FROM executions WHERE time >= :since)
        ORDER BY seq
        """,
        {"since": None if since is None else stamp(since)},
    )
    return tuple(Commission(*row) for row in rows)


def read_epochs(db: sqlite3.Connection) -> dict[int, int]:
    """Return how often each position has gone flat, by contract id."""
    return dict(db.execute("SELECT con_id, epoch FROM positions WHERE epoch > 0"))


def read_told_since(db: sqlite3.Connection) -> dict[int, datetime]:
    """Return when each position was first seen as it is; an older program did not note it."""
    rows = db.execute("SELECT con_id, since FROM positions WHERE since <> ''")
    return {con_id: moment(since) for con_id, since in rows}


def note_positions(db: sqlite3.Connection, quantities: dict[int, Decimal], at: datetime) -> None:
    """Store what has changed since the positions were seen last, and when that was seen."""
    rows = db.execute("SELECT con_id, quantity, epoch FROM positions")
    known = {con_id: (number(quantity), epoch) for con_id, quantity, epoch in rows}
    changed = []
    for con_id in known.keys() | quantities.keys():
        held, epoch = known.get(con_id, (_NOTHING, 0))
        now = quantities.get(con_id, _NOTHING)
        if now != held:
            changed.append((con_id, str(now), epoch + went_flat(held, now), stamp(at)))
    db.executemany(
        "INSERT INTO positions (con_id, quantity, epoch, since) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (con_id) DO UPDATE"
        " SET quantity = excluded.quantity, epoch = excluded.epoch, since = excluded.since",
        changed,
    )
