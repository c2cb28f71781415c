"""Rows of the journal: decimals and instants as text, floats as they are."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, TypeVar

from attrs import fields

from adapters.sqlite.failures import Unreadable
from sellcore.instant import utc
from sellcore.instrument import Instrument, Kind
from sellcore.order import Mode, OpenOrder, OrderIntent, SendAt, Side
from sellcore.order_type import OrderType
from sellcore.ports.journal import Entry
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.selling.execution import Commission, Execution
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import State
from sellcore.timeframe import Timeframe

Row = tuple[Any, ...]
T = TypeVar("T")

MEANT = (
    *("intent_id", "mode", "account", "con_id", "symbol", "exchange", "currency", "kind"),
    *("price_magnifier", "ticker"),
    *("ma_kind", "ma_length", "timeframe", "bar_end", "epoch"),
    *("meant_quantity", "residual", "cancels", "send_at", "order_type"),
)
"""The columns of an intent; they never change."""

UNSETTLED = MEANT[-5:]
"""Those that the intent's id says nothing of."""

KNOWN = tuple(f.name for f in fields(IntentRecord) if f.name != "intent")
"""The columns of what is known of it, named like the fields of the record."""

ENTRY = ("at", "intent_id", "what", "words", "details")
EXECUTION = tuple(f.name for f in fields(Execution))

_ORDER = tuple(f.name for f in fields(OpenOrder))


@lru_cache(maxsize=1024)  # the intents of one bar share theirs
def stamp(moment: datetime) -> str:
    """Return an instant as text of one length, so that texts sort like instants."""
    return f"{utc(moment).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def meant_row(intent: OrderIntent, intent_id: str) -> Row:
    """Return the columns MEANT."""
    instrument, rule = intent.instrument, intent.rule
    return (
        intent_id,
        intent.mode.value,
        intent.account,
        instrument.con_id,
        instrument.symbol,
        instrument.exchange,
        instrument.currency,
        instrument.kind.value,
        instrument.price_magnifier,
        instrument.ticker,
        rule.kind.value,
        rule.length,
        rule.timeframe.value,
        stamp(intent.bar_end),
        intent.epoch,
        *unsettled_row(intent),
    )


def unsettled_row(intent: OrderIntent) -> Row:
    """Return the columns UNSETTLED."""
    return (
        intent.quantity,
        str(intent.residual),
        json.dumps([_order_json(order) for order in intent.cancels]) if intent.cancels else "[]",
        intent.send_at.value,
        intent.order_type.value,
    )


def known_row(record: IntentRecord) -> Row:
    """Return the columns KNOWN."""
    return (
        record.state.value,
        stamp(record.decided_at),
        stamp(record.not_before),
        stamp(record.deadline),
        str(record.held),
        record.close,
        record.average,
        record.bars_used,
        json.dumps(record.asked_to_go) if record.asked_to_go else "[]",
        record.client_id,
        record.order_id,
        record.quantity,
        record.limit_price,
        None if record.position_before is None else str(record.position_before),
        None if record.sent_at is None else stamp(record.sent_at),
        record.perm_id,
        str(record.filled),
        record.average_price,
        record.words,
    )


def record_of(row: Row) -> IntentRecord:
    """Read the columns MEANT and KNOWN; raises Unreadable."""
    intent_id = row[0]
    try:
        record = _record_of(_intent_of(*row[: len(MEANT)]), *row[len(MEANT) :])
    except (ValueError, TypeError, ArithmeticError, KeyError) as error:
        raise Unreadable(f"intent {intent_id}: {error}") from error
    if record.intent_id != intent_id:
        raise Unreadable(f"intent {intent_id}: its fields name {record.intent_id}")
    return record


def _intent_of(
    _: str,
    mode: str,
    account: str,
    con_id: int,
    symbol: str,
    exchange: str,
    currency: str,
    kind: str,
    price_magnifier: int,
    __: str,
    ma_kind: str,
    ma_length: int,
    timeframe: str,
    bar_end: str,
    epoch: int,
    quantity: int,
    residual: str,
    cancels: str,
    send_at: str,
    order_type: str,
) -> OrderIntent:
    return OrderIntent(
        mode=Mode(mode),
        account=account,
        instrument=Instrument(con_id, symbol, exchange, currency, Kind(kind), price_magnifier),
        rule=MovingAverageRule(AverageKind(ma_kind), ma_length, Timeframe(timeframe)),
        bar_end=instant(bar_end),
        epoch=epoch,
        quantity=quantity,
        residual=Decimal(residual),
        cancels=tuple(map(_order_of, json.loads(cancels))),
        send_at=SendAt(send_at),
        order_type=OrderType(order_type),
    )


def _record_of(
    intent: OrderIntent,
    state: str,
    decided_at: str,
    not_before: str,
    deadline: str,
    held: str,
    close: float,
    average: float,
    bars_used: int,
    asked_to_go: str,
    client_id: int | None,
    order_id: int | None,
    quantity: int | None,
    limit_price: float | None,
    position_before: str | None,
    sent_at: str | None,
    perm_id: int,
    filled: str,
    average_price: float | None,
    words: str,
) -> IntentRecord:
    return IntentRecord(
        intent=intent,
        state=State(state),
        decided_at=instant(decided_at),
        not_before=instant(not_before),
        deadline=instant(deadline),
        held=Decimal(held),
        close=close,
        average=average,
        bars_used=bars_used,
        asked_to_go=tuple(json.loads(asked_to_go)),
        client_id=client_id,
        order_id=order_id,
        quantity=quantity,
        limit_price=limit_price,
        position_before=None if position_before is None else Decimal(position_before),
        sent_at=None if sent_at is None else instant(sent_at),
        perm_id=perm_id,
        filled=Decimal(filled),
        average_price=average_price,
        words=words,
    )


def _order_json(order: OpenOrder) -> dict[str, Any]:
    told = {name: getattr(order, name) for name in _ORDER}
    return told | {
        "side": order.side.value,
        "quantity": str(order.quantity),
        "remaining": str(order.remaining),
    }


def _order_of(told: dict[str, Any]) -> OpenOrder:
    return OpenOrder(
        **told
        | {
            "side": Side(told["side"]),
            "quantity": Decimal(told["quantity"]),
            "remaining": Decimal(told["remaining"]),
        }
    )


def entry_row(entry: Entry) -> Row:
    """Return the columns of an event."""
    return (stamp(entry.at), entry.intent_id, entry.what, entry.words, entry.details)


def entry_of(row: Row) -> Entry:
    """Read the columns of an event; raises Unreadable."""
    return Entry(moment(row[0]), *row[1:])


def execution_row(execution: Execution) -> Row:
    """Return the columns of an execution."""
    return (
        execution.exec_id,
        execution.con_id,
        execution.account,
        execution.side.value,
        str(execution.shares),
        execution.price,
        stamp(execution.time),
        execution.perm_id,
        execution.order_id,
        execution.client_id,
        execution.order_ref,
    )


def execution_of(row: Row) -> Execution:
    """Read the columns of an execution; raises Unreadable."""
    exec_id, con_id, account, side, shares, price, time, *order = row
    return Execution(
        exec_id,
        con_id,
        account,
        _must(Side, side),
        number(shares),
        price,
        moment(time),
        *order,
    )


def commission_row(commission: Commission) -> Row:
    """Return the columns of a commission."""
    return (commission.exec_id, commission.amount, commission.currency, commission.realized)


def number(text: str) -> Decimal:
    """Read a decimal; raises Unreadable."""
    return _must(Decimal, text)


def moment(text: str) -> datetime:
    """Read an instant; raises Unreadable."""
    return _must(instant, text)


def instant(text: str) -> datetime:
    """Read what ``stamp`` wrote."""
    return datetime.fromisoformat(text)


def _must(read: Callable[[str], T], text: str) -> T:
    try:
        return read(text)
    except (ValueError, TypeError, ArithmeticError) as error:
        raise Unreadable(f"{text!r}: {error}") from error
