"""The statements of the journal that are put together from columns."""

# ruff: noqa: S608 - what is put together are names of ours; every value is bound

from functools import lru_cache

from adapters.sqlite.rows import ENTRY, EXECUTION, KNOWN, MEANT, UNSETTLED
from sellcore.selling.lifecycle import Happening

_ALL = (*MEANT, *KNOWN)


def _into(table: str, columns: tuple[str, ...]) -> str:
    return f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})"


PUT_ON_RECORD = f"{_into('intents', _ALL)} ON CONFLICT DO NOTHING"
"""Puts nothing where the intent is known, or its position has another that is open."""

_SELECT = f"SELECT {', '.join(_ALL)} FROM intents"
INTENT = f"{_SELECT} WHERE intent_id = ?"
OPEN_INTENTS = f"""
    {_SELECT} WHERE state IN ('prepared', 'cancelling', 'sending', 'working', 'unknown')
    ORDER BY decided_at, seq
"""
INTENTS = f"{_SELECT} WHERE decided_at >= ? ORDER BY decided_at, seq"
INTENTS_OF_TICKER = f"{_SELECT} WHERE decided_at >= ? AND ticker = ? ORDER BY decided_at, seq"

ADD_ENTRY = _into("events", ENTRY)
ENTRIES = f"SELECT {', '.join(ENTRY)} FROM events WHERE intent_id = ? ORDER BY seq"

ADD_SENT = _into("sent", ("intent_id", "con_id", "client_id", "order_id", "at", "value"))
_WRITTEN = f"""
    NOT EXISTS (
        SELECT 1 FROM events
        WHERE events.intent_id = sent.intent_id AND what = '{Happening.HELD_BACK.name}'
    )
"""
"""Leaves out what never left the house: a halt, or the time, held it back."""

SENT_SINCE = f"""
    SELECT currency, value FROM sent JOIN intents USING (intent_id) WHERE at >= ? AND {_WRITTEN}
"""
FAILED_SENDS = f"""
    WITH told AS (
        SELECT sent.seq AS seq, state FROM sent JOIN intents USING (intent_id)
        WHERE sent.con_id = :con_id AND {_WRITTEN} AND intents.epoch >= coalesce(
            (SELECT epoch FROM positions WHERE con_id = :con_id), 0
        )
    )
    SELECT count(*) FROM told WHERE state IN ('rejected', 'not sent') AND seq > (
        SELECT coalesce(max(seq), 0) FROM told WHERE state IN ('working', 'filled', 'cancelled')
    )
"""

ADD_EXECUTION = f"{_into('executions', EXECUTION)} ON CONFLICT (exec_id) DO NOTHING"
EXECUTIONS = f"SELECT {', '.join(EXECUTION)} FROM executions WHERE time >= ? ORDER BY time, seq"

_AS_FOUND = " AND ".join(f"{name} IS ?" for name in (*UNSETTLED, *KNOWN))


@lru_cache
def swap(changed: tuple[int, ...]) -> str:
    """Return the update of these columns of KNOWN where all are still as they were found."""
    columns = "".join(f"{KNOWN[at]} = ?, " for at in changed)
    return f"UPDATE intents SET {columns}version = version + 1 WHERE intent_id = ? AND {_AS_FOUND}"
