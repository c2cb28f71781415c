"""From a decision to an intent on record, before anything else knows of it."""

from collections.abc import Sequence
from datetime import datetime

from attrs import evolve

from sellcore.order import OrderIntent, SendAt
from sellcore.plan import Decision
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import State
from sellcore.snapshot import Holding
from sellcore.trading_days import TradingDays
from sellcore.usecases.selling_state import Selling
from sellcore.usecases.watch_state import Terms


def prepare(
    selling: Selling,
    terms: Terms,
    decisions: Sequence[Decision],
    held: Sequence[Holding],
    now: datetime,
) -> list[IntentRecord]:
    """
    Put the intents of these decisions on record; one that is there already stays.

    Returns:
        Those that are on record now. One whose position has another open intent
        is left out.

    Raises:
        StorageError: nothing is on record, so nothing of it may be sent.
    """
    holdings = {holding.instrument: holding for holding in held}
    records = [
        _record(terms, decision, decision.intent, holdings[decision.instrument], now)
        for decision in decisions
        if decision.intent is not None
    ]
    return list(selling.journal.prepare(records)) if records else []


def _record(
    terms: Terms, decision: Decision, intent: OrderIntent, holding: Holding, now: datetime
) -> IntentRecord:
    evidence = decision.evidence
    assert evidence is not None  # noqa: S101 - a signal rests on evidence
    days = TradingDays.of(holding.sessions)
    following = days.ended(intent.bar_end)  # behind the bar, not behind now: it may have begun
    opens = days[following].open if following < len(days) else now
    at_open = intent.send_at is SendAt.NEXT_OPEN
    last = (opens if intent.send_at is not SendAt.NOW else intent.bar_end) + terms.policy.window
    return IntentRecord(
        intent=intent,
        state=State.PREPARED,
        decided_at=now,
        not_before=max(opens, now) if at_open else now,
        deadline=max(last, now),
        held=holding.position.quantity,
        close=evidence.close,
        average=evidence.average,
        bars_used=evidence.bars_used,
    )


def with_epochs(selling: Selling, held: Sequence[Holding]) -> tuple[Holding, ...]:
    """Return the holdings with how often each position has gone flat."""
    epochs = selling.journal.epochs()
    return tuple(
        holding if epoch == holding.epoch else evolve(holding, epoch=epoch)
        for holding in held
        for epoch in (epochs.get(holding.instrument.con_id, 0),)
    )
