"""A record held against itself: what it says in one field must bear what it says in another."""

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal
from math import isclose

from attrs import evolve

from sellcore.errors import InvalidValue
from sellcore.instant import iso
from sellcore.instrument import Instrument
from sellcore.order import Mode, OrderIntent, SendAt
from sellcore.outcome import Outcome
from sellcore.quoting import quoted, rounded
from sellcore.record import DecisionRecord, rule_of
from sellcore.rule import AverageKind, MovingAverageRule

PROVISIONAL = "; provisional: "
"""How the reason of a bar that was decided before its end goes on."""

BREAK_EVEN = "; break-even "
"""How it goes on where a sale is held back below the position's cost."""

NOT_SOLD = "; not sold: "
"""How the reason of a signal goes on that prepares no order."""

_EPOCHS = 100
"""How often a position is thought to have gone flat at most; the log does not tell."""

_RELATIONS = ("is below", "equals", "is above")

_NEAR = 1e-9
"""Relative; nearer than that, floats do not show which of two numbers is the larger."""


def contradiction(record: DecisionRecord) -> str | None:
    """Return the first thing in a record that another part of it denies, or None."""
    return next(_contradictions(record), None)


def _contradictions(record: DecisionRecord) -> Iterator[str]:
    try:
        rule = rule_of(record)
    except InvalidValue as refused:
        yield str(refused)
        return
    if record.bar_end is None:
        yield f"{record.decision} of no bar"
        return
    if record.timestamp < record.bar_end and PROVISIONAL not in record.reason:
        yield f"decided at {iso(record.timestamp)}, before the bar had ended"
    if record.decision in (Outcome.ABSTAIN, Outcome.MISSED):
        yield from _undecided(record)
    elif rule is None:
        yield f"{record.decision} without a rule"
    else:
        yield from _numbers(record, rule)
        yield from _order(record, rule, record.bar_end)


def _undecided(record: DecisionRecord) -> Iterator[str]:
    told = (record.close, record.ma_value, record.bars_used, record.action_prepared)
    if any(value is not None for value in told):
        yield f"{record.decision}, and yet with numbers or an order"
    if record.decision is Outcome.MISSED and "ran out at" not in record.reason:
        yield "missed, and its reason does not say when its time ran out"


def _numbers(record: DecisionRecord, rule: MovingAverageRule) -> Iterator[str]:
    close, average, used = record.close, record.ma_value, record.bars_used
    if close is None or average is None or used is None or record.distance_pct is None:
        yield f"{record.decision} without the numbers that it rests on"
        return
    if close <= 0 or average <= 0:
        yield f"close {close} or average {average} is no price above zero"
        return
    fits = used == rule.length if rule.kind is AverageKind.SMA else used >= rule.required_bars
    if not fits:
        yield f"{rule} is not decided on {used} bars"
    if not isclose(record.distance_pct, (close - average) / average * 100, abs_tol=_NEAR * 100):
        yield f"a close {record.distance_pct} % from its average is not {quoted(close)}"
    lies = "is below" if close < average else "is above"
    if isclose(close, average, rel_tol=_NEAR):
        lies = next((word for word in _RELATIONS if f" {word} " in record.reason), "equals")
    said = f"close {quoted(close)} {lies} {rule.average} {rounded(average)}"
    if record.reason != said and not record.reason.startswith(f"{said};"):
        yield f"its numbers say {said!r}, its reason does not"
    signals = lies == "is below" and not _held_back(record.reason)
    if signals is not (record.decision is Outcome.SIGNAL):
        yield f"{record.decision}, although its close {lies} its average"


def _held_back(reason: str) -> bool:
    """Say whether the trader's break-even filter has turned a signal into a hold."""
    return BREAK_EVEN in reason and ": not above" in reason


def _order(record: DecisionRecord, rule: MovingAverageRule, end: datetime) -> Iterator[str]:
    prepared = record.action_prepared is not None
    wanted = record.decision is Outcome.SIGNAL and NOT_SOLD not in record.reason
    if prepared is not wanted or (record.intent_id is not None) is not wanted:
        yield f"{record.decision} with an order that does not go with it, or without its order"
    elif record.intent_id is not None and not _could_be_named(record.intent_id, record, rule, end):
        yield "its intent is named for another account, contract, rule or bar"
    if record.mode is Mode.DRY_RUN and record.action_executed is not None:
        yield "an order was sent in a dry run"


def _could_be_named(
    intent_id: str, record: DecisionRecord, rule: MovingAverageRule, end: datetime
) -> bool:
    """Say whether an intent of that holding and bar bears that id, in any of its epochs."""
    exchange, _, symbol = record.ticker.partition(":")
    intent = OrderIntent(
        mode=record.mode,
        account=record.account,
        instrument=Instrument(record.con_id, symbol, exchange, currency=""),
        rule=rule,
        bar_end=end,
        epoch=0,
        quantity=1,
        residual=Decimal(),
        cancels=(),
        send_at=SendAt.NOW,
    )
    return any(evolve(intent, epoch=epoch).intent_id == intent_id for epoch in range(_EPOCHS))


def by_bars_alone(record: DecisionRecord) -> Outcome:
    """Return the outcome of a record without the trader's break-even filter."""
    filtered = record.decision is Outcome.HOLD and _held_back(record.reason)
    return Outcome.SIGNAL if filtered and " is below " in record.reason else record.decision
