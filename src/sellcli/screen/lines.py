"""One line for each thing that happens, the same words on a terminal and in a file."""

from datetime import timedelta

from sellcli.screen.text import NONE, bar_name, percent, price
from sellcore.event import (
    Alert,
    Connected,
    Decided,
    OrderMoved,
    Prepared,
    Retrying,
    Summary,
)
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.status import Status, StatusRow


def connected(event: Connected) -> str:
    """Say where we are connected and what may happen."""
    sends = "no order can be sent" if event.mode is Mode.DRY_RUN else "orders are sent"
    return f"connected to {event.server}, account {event.account}, {event.mode}: {sends}"


def retrying(event: Retrying) -> str:
    """Say why we wait, and how long."""
    seconds = (event.again_at - event.time) / timedelta(seconds=1)
    return f"{event.reason}; trying again in {seconds:.0f} s"


def decided(event: Decided) -> str:
    """Say what was decided about which bar, and why."""
    decision = event.decision
    bar = bar_name(decision.bar_end, event.time, event.zone)
    word = (
        decision.outcome.value.upper()
        if decision.outcome is Outcome.SIGNAL
        else str(decision.outcome)
    )
    rule = "" if decision.reason.startswith(str(decision.rule)) else f"{decision.rule}: "
    return f"{bar:>9} {decision.instrument.ticker:<14} {word:<8} {rule}{decision.reason}"


def prepared(event: Prepared) -> str:
    """Say which order was prepared, and what became of it."""
    intent = event.intent
    fate = "not sent (dry-run)" if intent.mode is Mode.DRY_RUN else "to be sent"
    clients = " or ".join(str(number) for number in sorted({o.client_id for o in event.foreign}))
    if clients:
        fate += f"; live it would be denied: only client {clients} can cancel that"
    return f"{'':>10}order for {intent.instrument.ticker}: {intent}; {fate}"


def moved(event: OrderMoved) -> str:
    """Say where an order stands now, and why."""
    record = event.record
    ticker, quantity = record.intent.instrument.ticker, record.quantity or record.intent.quantity
    words = f": {record.words}" if record.words else ""
    return f"{'':>10}{ticker:<14} SELL {quantity} {record.state}{words}"


def alert(event: Alert) -> str:
    """Return the alert's own words."""
    return event.text


def minute(status: Status) -> str:
    """Sum up a minute in which nothing was decided."""
    if status.obstacle is not None:
        return f"{_holdings(status)}, nothing is decided: {status.obstacle}"
    near = nearest(status)
    if near is None:
        return _holdings(status)
    rule = near.holding.rule
    return (
        f"{_holdings(status)}; nearest: {near.holding.instrument.ticker} at "
        f"{price(near.quote.price if near.quote else None)}, "
        f"{percent(near.to_cross_pct())} to {rule.average if rule else NONE}"
    )


def _holdings(status: Status) -> str:
    count = len(status.rows)
    return f"{count} holding" if count == 1 else f"{count} holdings"


def nearest(status: Status) -> StatusRow | None:
    """Return the long holding that is nearest to its average, or furthest below it."""
    rows = [
        (distance, row)
        for row in status.rows
        if row.holding.position.quantity > 0 and (distance := row.to_cross_pct()) is not None
    ]
    return max(rows, key=lambda pair: pair[0])[1] if rows else None


def summary(event: Summary, log: str) -> list[str]:
    """Sum up a watch, and say where its record is."""
    bars = sum(count for _, count in event.outcomes)
    told = ", ".join(f"{count} {word}" for word, count in sorted(event.outcomes)) or "none"
    lines = [f"watched {_span(event.time - event.began)}; bars decided: {bars} ({told})"]
    lines += [
        f"prepared: {intent.instrument.ticker} {intent}; not sent (dry-run)"
        for intent in event.prepared
        if intent.mode is Mode.DRY_RUN
    ]
    lines += [f"sale: {text}" for text in event.sales]
    lines += [f"not decided yet: {text}" for text in event.undecided]
    lines.append(f"every decision and its reason: {log}")
    return lines


def _span(length: timedelta) -> str:
    minutes = int(length / timedelta(minutes=1))
    return f"{minutes // 60} h {minutes % 60:02} min"
