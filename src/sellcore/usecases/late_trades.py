"""Trades of ours that the journal cannot explain: an end that was not one, or another sellcli."""

from collections.abc import Iterator
from decimal import Decimal

from sellcore.order import REF_PREFIX, Side
from sellcore.ports.alerts import Cause
from sellcore.ports.journal import Entry
from sellcore.selling.execution import Execution, corrected
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.testimony import Testimony
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.tell import tell_person
from sellcore.usecases.unlogged import REMEMBERED
from sellcore.usecases.watch_state import Ports, WatchState

SOLD_LATE = "SOLD_LATE"
"""What the journal calls trades of an intent that had ended without them."""


def tell_late_trades(ports: Ports, selling: Selling, state: WatchState, told: Testimony) -> None:
    """
    Tell a person of sales with our reference that no intent on record accounts for.

    An order can turn up that was in no list for longer than anybody waits, and the
    broker can take back a refusal. What has ended stays so; that it sold is on record.

    Raises:
        StorageError: the journal could not be read or written.
    """
    sales = _sales(told)
    if not sales:
        return
    first = min(trade.time for trades in sales.values() for trade in trades)
    decided = selling.journal.intents(first - REMEMBERED)
    records = {record.intent.order_ref: record for record in decided}
    for about, intent_id, text in _unexplained(sales, records):
        if state.told.get(about) == text:
            continue
        if intent_id:
            selling.journal.note([Entry(told.read_at, intent_id, SOLD_LATE, text)])
        tell_person(ports, state, Cause.UNKNOWN, about, text)


def _sales(told: Testimony) -> dict[str, list[Execution]]:
    sales: dict[str, list[Execution]] = {}
    for trade in corrected(told.executions):
        if trade.side is Side.SELL and trade.shares and trade.order_ref.startswith(REF_PREFIX):
            sales.setdefault(trade.order_ref, []).append(trade)
    return sales


def _unexplained(
    sales: dict[str, list[Execution]], records: dict[str, IntentRecord]
) -> Iterator[tuple[str, str, str]]:
    """Yield what each is about, the intent's id where there is one, and what to tell."""
    for ref, trades in sales.items():
        sold = sum((trade.shares for trade in trades), Decimal(0)).normalize()
        record = records.get(ref)
        if record is None:
            yield (
                f"strange {ref}",
                "",
                f"{sold:f} shares of contract {trades[0].con_id} were sold with a reference of "
                f"sellcli, {ref}, that is not in this journal: does another sellcli sell for this "
                "account? end one of the two",
            )
        elif not record.state.open and sold > record.filled:
            yield (
                f"late {ref}",
                record.intent_id,
                f"{record.intent.instrument.ticker}: {sold:f} shares were sold by an order that "
                f"is on record as {record.state}; look at the position and the orders in TWS",
            )
