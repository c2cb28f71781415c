"""Events and tables in JSON; the documented interface for programs."""

from collections.abc import Mapping
from decimal import Decimal
from math import isfinite

from sellcore.event import (
    Alert,
    Connected,
    Decided,
    Event,
    OrderMoved,
    Prepared,
    Progress,
    Retrying,
    Summary,
    Table,
)
from sellcore.instant import iso
from sellcore.order import OpenOrder, OrderIntent
from sellcore.plan import Decision
from sellcore.rule import LENGTHS, AverageKind
from sellcore.selling.intent_record import IntentRecord
from sellcore.status import Status, StatusRow

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


def event_form(event: Event) -> dict[str, Json] | None:
    """Return an event with its name and time; None for what only a person wants to see."""
    match event:
        case Connected():
            return _named("connected", event, _connected(event))
        case Table():
            return _named("table", event, status_form(event.status))
        case Decided():
            return _named("decision", event, decision_form(event.decision))
        case Prepared():
            foreign: Json = [_order(order) for order in event.foreign]
            return _named("order", event, {**intent_form(event.intent), "foreign": foreign})
        case OrderMoved():
            return _named("order", event, record_form(event.record))
        case Alert():
            return _named("alert", event, {"text": event.text})
        case Retrying():
            return _named("alert", event, {"text": event.reason, "again_at": iso(event.again_at)})
        case Summary():
            return _named("summary", event, _summary(event))
        case Progress():
            return None


def _named(name: str, event: Event, body: dict[str, Json]) -> dict[str, Json]:
    return {"event": name, **body, "time": iso(event.time)}


def _connected(event: Connected) -> dict[str, Json]:
    return {"server": event.server, "account": event.account, "mode": str(event.mode)}


def status_form(status: Status) -> dict[str, Json]:
    """Return both tables as one document."""
    return {
        "time": iso(status.time),
        "obstacle": status.obstacle,
        "holdings": [_row(row) for row in status.rows],
    }


def _row(row: StatusRow) -> dict[str, Json]:
    holding, position = row.holding, row.holding.position
    return {
        "ticker": holding.instrument.ticker,
        "con_id": holding.instrument.con_id,
        "currency": holding.instrument.currency,
        "position": _number(position.quantity),
        "average_cost": position.average_cost if isfinite(position.average_cost) else None,
        "close": row.quote.price if row.quote else None,
        "bar_end": iso(row.quote.bar_end) if row.quote else None,
        "forming": row.quote.forming if row.quote else None,
        "rule": str(holding.rule) if holding.rule else None,
        "average": row.average,
        "to_cross_pct": row.to_cross_pct(),
        "decision": str(row.standing.word),
        "reason": row.standing.reason,
        "decided_bar": iso(row.decision.bar_end) if row.decision else None,
        "open_orders": [_order(order) for order in holding.orders],
        "distances_pct": _distances(row),
    }


def _distances(row: StatusRow) -> dict[str, Json]:
    found: dict[str, Json] = {}
    for timeframe in row.levels:
        kinds: dict[str, Json] = {}
        for kind in AverageKind:
            kinds[str(kind)] = {
                str(length): row.to_cross_pct((kind, length, timeframe)) for length in LENGTHS
            }
        found[str(timeframe)] = kinds
    return found


def _order(order: OpenOrder) -> dict[str, Json]:
    return {
        "side": str(order.side),
        "type": order.order_type,
        "quantity": _number(order.quantity),
        "remaining": _number(order.remaining),
        "limit_price": order.limit_price,
        "stop_price": order.stop_price,
        "tif": order.tif,
        "status": order.status,
        "client_id": order.client_id,
        "perm_id": order.perm_id,
        "order_ref": order.order_ref,
    }


def decision_form(decision: Decision) -> dict[str, Json]:
    """Return one decision with its evidence."""
    evidence = decision.evidence
    return {
        "ticker": decision.instrument.ticker,
        "con_id": decision.instrument.con_id,
        "rule": str(decision.rule),
        "bar_end": iso(decision.bar_end),
        "decision": str(decision.outcome),
        "reason": decision.reason,
        "close": evidence.close if evidence else None,
        "average": evidence.average if evidence else None,
        "bars_used": evidence.bars_used if evidence else None,
        "distance_pct": evidence.distance_pct if evidence else None,
        "intent_id": decision.intent.intent_id if decision.intent else None,
    }


def record_form(record: IntentRecord) -> dict[str, Json]:
    """Return an intent on record: what was meant, where it stands, what is known of it."""
    return {
        **intent_form(record.intent),
        "sent": record.order_id is not None,
        "state": str(record.state),
        "words": record.words,
        "deadline": iso(record.deadline),
        "client_id": record.client_id,
        "order_id": record.order_id,
        "perm_id": record.perm_id or None,
        "sent_quantity": record.quantity,
        "limit_price": record.limit_price,
        "filled": _number(record.filled),
        "average_price": record.average_price,
    }


def intent_form(intent: OrderIntent) -> dict[str, Json]:
    """Return a prepared order."""
    return {
        "intent_id": intent.intent_id,
        "ticker": intent.instrument.ticker,
        "con_id": intent.instrument.con_id,
        "mode": str(intent.mode),
        "account": intent.account,
        "side": "SELL",
        "type": str(intent.order_type),
        "quantity": intent.quantity,
        "residual": _number(intent.residual),
        "send_at": str(intent.send_at),
        "cancels": [_order(order) for order in intent.cancels],
        "text": str(intent),
        "sent": False,
    }


def _summary(event: Summary) -> dict[str, Json]:
    outcomes: Mapping[str, int] = dict(event.outcomes)
    return {
        "began": iso(event.began),
        "decided": {word: outcomes[word] for word in sorted(outcomes)},
        "prepared": [intent_form(intent) for intent in event.prepared],
        "undecided": list(event.undecided),
        "sales": list(event.sales),
        "denied": event.denied,
        "unknown": event.unknown,
    }


def _number(value: Decimal) -> int | float:
    return int(value) if value == int(value) else float(value)
