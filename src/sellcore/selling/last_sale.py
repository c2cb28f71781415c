"""The last sale of a position: what is told of the position must show it."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from decimal import Decimal

from sellcore.order import Side
from sellcore.selling.execution import Execution
from sellcore.selling.intent_record import IntentRecord

LATELY = timedelta(days=1)
"""For so long behind a sale a position that is told as it was before is not believed."""


def last_sales(records: Iterable[IntentRecord], now: datetime) -> dict[int, IntentRecord]:
    """Return, by contract id, the newest intent that was sent lately and has sold something."""
    sold = [r for r in records if r.filled and r.sent_at is not None and now - r.sent_at < LATELY]
    return {record.con_id: record for record in sold}


def hides(
    held: Decimal, epoch: int, last: IntentRecord | None, trades: Iterable[Execution]
) -> IntentRecord | None:
    """
    Return the last sale where a position, as told, does not show it; else None.

    A position that went flat since, or was bought into as far as trades tell, is
    another one. What is left: the same shares as before the sale, to the fraction.

    Args:
        held: Shares, as told now.
        epoch: How often the position has gone flat by now.
        last: The last sale of it, or None.
        trades: Of the account, whoever made them.
    """
    if last is None or held != last.position_before or epoch != last.intent.epoch:
        return None
    since = last.sent_at or last.decided_at
    bought = any(t.con_id == last.con_id and t.side is Side.BUY and t.time >= since for t in trades)
    return None if bought else last
