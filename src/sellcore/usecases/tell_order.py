"""Telling what becomes of an intent: on screen, in the audit log, and to a person elsewhere."""

from collections.abc import Sequence

from sellcore.errors import StorageError
from sellcore.event import OrderMoved
from sellcore.instant import iso
from sellcore.order import OpenOrder
from sellcore.outcome import Outcome
from sellcore.ports.alerts import Cause
from sellcore.record import DecisionRecord
from sellcore.selling.intent_record import IntentRecord, Move
from sellcore.selling.lifecycle import Happening, State
from sellcore.selling.testimony import INACTIVE
from sellcore.usecases.tell import tell, tell_elsewhere, tell_person
from sellcore.usecases.watch_state import Ports, WatchState

_CAUSES = {
    State.SENDING: Cause.SENT,
    State.FILLED: Cause.FILLED,
    State.DENIED: Cause.DENIED,
    State.LAPSED: Cause.LAPSED,
    State.REJECTED: Cause.REJECTED,
    State.CANCELLED: Cause.CANCELLED,
    State.NOT_SENT: Cause.NOT_SENT,
    State.UNKNOWN: Cause.UNKNOWN,
}
"""What a person is told of; a state that is missing is on the way only."""

ASKED_TO_GO = "asked to go first: "
"""What the step that has other orders cancelled is told with, before their names."""

WAY_OUT = {
    State.UNKNOWN: "nothing more is sold on it; look in TWS, then settle it: sellcli reconcile",
    State.NOT_SENT: "it is not sent again; the next bar decides anew",
    State.REJECTED: "it is not sent again; the next bar decides anew",
    State.CANCELLED: "it is not sent again; the next bar decides anew",
}
"""What to do next, where there is something to do."""


def tell_moves(ports: Ports, state: WatchState, moves: Sequence[Move]) -> None:
    """Tell steps that are on record already. No failure to tell is handed on."""
    ended = []
    for move in moves:
        record = move.record
        ports.emit(OrderMoved(move.at, record))
        cause = _CAUSES.get(record.state)
        if record.state is State.UNKNOWN:
            state.told[f"unknown {record.intent_id}"] = sentence(record)
        if cause is not None:
            _notify(ports, state, cause, record)
        if not record.state.open or record.state is State.UNKNOWN:
            ended.append(move)
            tell_gone(ports, state, record)
    if not ended:
        return
    try:
        ports.log.append([_audit(state, move) for move in ended])
    except StorageError as error:
        tell(ports, state, "log", f"{error}; what became of an order is in the journal")


def tell_gone(ports: Ports, state: WatchState, record: IntentRecord) -> None:
    """Tell a person which orders were asked to go for a sale that did not come about."""
    told = record.state in (State.FILLED, State.SETTLED)
    if told or not record.asked_to_go or ports.selling is None:
        return
    try:
        steps = ports.selling.journal.entries(record.intent_id)
    except StorageError:
        steps = ()
    words = [e.words for e in steps if e.what == Happening.CANCELS_ASKED.name]
    gone = ", ".join(each.removeprefix(ASKED_TO_GO) for each in words)
    sold = f"{record.filled.normalize():f} sold" if record.filled else "not sold"
    if record.state is State.UNKNOWN:
        sold = "perhaps not sold"
    text = (
        f"{record.intent.instrument.ticker}: {sold}, and these orders on it are or may be gone: "
        f"{gone or record.asked_to_go}; place them again if you want their protection"
    )
    tell_person(ports, state, Cause.PROTECTION_GONE, f"gone {record.intent_id}", text)


def tell_inactive(
    ports: Ports, state: WatchState, record: IntentRecord, orders: Sequence[OpenOrder]
) -> None:
    """Tell a person once that our order is listed, and does not sell as it is."""
    mine = [order for order in orders if order.order_ref == record.intent.order_ref]
    about = f"inactive {record.intent_id}"
    if not mine or mine[0].status != INACTIVE:
        state.told.pop(about, None)
        return
    said = state.selling.said.get(record.intent_id)
    text = (
        f"{record.intent.instrument.ticker}: the broker lists our order as {INACTIVE}"
        f"{'' if said is None else f' ({said})'}: it does not sell, and may come back; look in "
        "TWS and cancel it there, or let it work; nothing else is sold on it meanwhile"
    )
    tell_person(ports, state, Cause.REJECTED, about, text)


def tell_signal(ports: Ports, state: WatchState, record: IntentRecord) -> None:
    """Tell a person elsewhere that a bar has closed below its average."""
    _notify(ports, state, Cause.SIGNAL, record)


def sentence(record: IntentRecord) -> str:
    """Return what a person is told of an intent, with what to do next."""
    ticker, quantity = record.intent.instrument.ticker, record.quantity or record.intent.quantity
    advice = WAY_OUT.get(record.state)
    return f"{ticker}: SELL {quantity}: {record.state}: {record.words}" + (
        f"; {advice}" if advice else ""
    )


def last_word(record: IntentRecord) -> str:
    """Return what a person is told of an intent where nobody goes on with it."""
    said, until = sentence(record), iso(record.deadline)
    match record.state:
        case State.PREPARED:
            times = f"from {iso(record.not_before)} to {until}"
            return f"{said.removesuffix(': ')}; a watch that sells {times} sends it, else nobody"
        case State.CANCELLING:
            return (
                f"{said}; they may be gone, and it is not sold: a watch that sells goes on with it "
                f"until {until}, else place them again if you want their protection"
            )
        case State.SENDING:
            return f"{said}; what became of it is not known yet: sellcli reconcile asks the broker"
        case _:
            return said


def _notify(ports: Ports, state: WatchState, cause: Cause, record: IntentRecord) -> None:
    intent = record.intent
    facts: dict[str, str | int | float | None] = {
        "mode": str(intent.mode),
        "ticker": intent.instrument.ticker,
        "con_id": intent.instrument.con_id,
        "intent_id": record.intent_id,
        "state": str(record.state),
        "quantity": record.quantity or intent.quantity,
        "filled": float(record.filled),
        "average_price": record.average_price,
        "perm_id": record.perm_id,
    }
    tell_elsewhere(ports, state, cause, sentence(record), facts)


def _audit(state: WatchState, move: Move) -> DecisionRecord:
    """Return the line of the audit log that says what came of a signal."""
    record, intent = move.record, move.record.intent
    sent = None
    if record.order_id is not None:
        price = "" if record.average_price is None else f" @ {record.average_price:.4f}"
        sent = f"SELL {record.quantity}, {record.filled.normalize():f} sold{price}"
    return DecisionRecord(
        timestamp=move.at,
        run_id=state.run_id,
        mode=intent.mode,
        account=intent.account,
        ticker=intent.instrument.ticker,
        con_id=record.con_id,
        timeframe=intent.rule.timeframe,
        bar_end=intent.bar_end,
        close=record.close,
        ma_type=intent.rule.average,
        ma_value=record.average,
        bars_used=record.bars_used,
        distance_pct=(record.close - record.average) / record.average * 100,
        decision=Outcome.SIGNAL,
        reason=f"{record.state}: {record.words}",
        action_prepared=str(intent),
        action_executed=sent,
        intent_id=record.intent_id,
        order_id=record.order_id,
        perm_id=record.perm_id or None,
        errors=() if record.state is State.FILLED else (sentence(record),),
    )
