"""The record of one decision, and its JSON form: a line of ``signals.log``."""

import math
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from operator import index

from attrs import field, fields, frozen
from attrs.converters import optional

from sellcore.errors import InvalidValue
from sellcore.instant import iso, utc
from sellcore.json_fields import Fields, finite, instant, lines, member, text, whole
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.rule import MovingAverageRule, parse_kind, parse_length
from sellcore.timeframe import Timeframe

Json = str | int | float | list[str] | None
"""What the fields of a record are in JSON."""


def _number(value: float | None) -> float | None:
    # An average in warm-up is NaN, which JSON cannot say: it does not exist, so it is null.
    return None if value is None or not math.isfinite(value) else float(value)


def _texts(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(values)


@frozen
class DecidedBar:
    """
    Names a bar of a holding that has been decided.

    Attributes:
        con_id: The broker's contract id.
        timeframe: Hourly or daily.
        end: End of the bar, UTC.
    """

    con_id: int
    timeframe: Timeframe
    end: datetime


@frozen
class DecisionRecord:
    """
    One decision with its grounds and its consequence; None is what does not exist.

    Attributes:
        timestamp: When it was decided, UTC.
        run_id: Names the run of the program.
        mode: Dry-run, paper or live.
        account: The account that holds the position.
        ticker: ``EXCHANGE:SYMBOL``.
        con_id: The broker's contract id.
        timeframe: Of the bar; None without an assigned rule, as are the rule's other fields.
        bar_end: End of the bar that was decided, UTC.
        close: Its close, in the instrument's currency.
        ma_type: The average without its timeframe: ``SMA(50)``.
        ma_value: Its value with that bar included, in the instrument's currency.
        bars_used: Closed bars the average was made of.
        distance_pct: How far the close lies from the average, in percent of the
            average; below zero when the close is below it.
        decision: Signal, hold, abstain or missed.
        reason: Why, one line.
        action_prepared: The order that was meant: ``SELL 100 MKT DAY``.
        action_executed: The order that was sent; always None in a dry run.
        intent_id: Names the intent.
        order_id: The broker's order id, unique per client id only.
        perm_id: The broker's permanent id.
        errors: What went wrong, one line each.
    """

    timestamp: datetime = field(converter=utc)
    run_id: str
    mode: Mode
    account: str
    ticker: str
    con_id: int = field(converter=index)
    timeframe: Timeframe | None
    bar_end: datetime | None = field(converter=optional(utc))
    close: float | None = field(converter=_number)
    ma_type: str | None
    ma_value: float | None = field(converter=_number)
    bars_used: int | None = field(converter=optional(index))
    distance_pct: float | None = field(converter=_number)
    decision: Outcome
    reason: str
    action_prepared: str | None = None
    action_executed: str | None = None
    intent_id: str | None = None
    order_id: int | None = field(default=None, converter=optional(index))
    perm_id: int | None = field(default=None, converter=optional(index))
    errors: tuple[str, ...] = field(default=(), converter=_texts)

    @property
    def bar(self) -> DecidedBar | None:
        """The bar that was decided, or None where there was none to decide."""
        if self.timeframe is None or self.bar_end is None:
            return None
        return DecidedBar(self.con_id, self.timeframe, self.bar_end)


def matching(
    records: Iterable[DecisionRecord], since: datetime | None = None, ticker: str | None = None
) -> Iterator[DecisionRecord]:
    """
    Return the records that are asked for, one by one.

    Args:
        records: In any order, which stays.
        since: Earliest timestamp, included.
        ticker: Only records of this ticker, in any case.

    Raises:
        InvalidValue: ``since`` has no zone.
    """
    earliest = None if since is None else utc(since)
    wanted = None if ticker is None else ticker.strip().upper()
    return (
        record
        for record in records
        if (earliest is None or record.timestamp >= earliest)
        and (wanted is None or record.ticker.upper() == wanted)
    )


def rule_of(record: DecisionRecord) -> MovingAverageRule | None:
    """
    Return the rule that a record was decided by, or None where it names none.

    Raises:
        InvalidValue: what it names is no rule.
    """
    if record.ma_type is None or record.timeframe is None:
        return None
    kind, bracket, length = record.ma_type.partition("(")
    if not bracket or not length.endswith(")"):
        raise InvalidValue(f"{record.ma_type!r} is no average, such as SMA(50)")
    return MovingAverageRule(parse_kind(kind), parse_length(length[:-1]), record.timeframe)


def decided_bars(
    records: Iterable[DecisionRecord], mode: Mode, account: str
) -> frozenset[DecidedBar]:
    """Return the bars that were decided, with whatever outcome, in this mode and account."""
    return frozenset(
        record.bar
        for record in records
        if record.mode is mode and record.account == account and record.bar is not None
    )


def _plain(value: object) -> Json:
    if value is None or type(value) in (str, int, float):  # as nearly all are
        return value  # type: ignore[return-value]
    match value:
        case datetime():
            return iso(value)
        case Mode() | Outcome() | Timeframe():
            return str(value)
        case tuple():
            return [str(text) for text in value]
        case str() | int() | float():
            return value
        case _:
            raise AssertionError(f"no JSON form is known for {value!r}")


FIELDS = tuple(attribute.name for attribute in fields(DecisionRecord))
"""The names of a record's fields, in the order they are written."""


def to_json(record: DecisionRecord) -> dict[str, Json]:
    """Return the record for JSON: instants ISO 8601 in UTC with a Z, what is not there null."""
    return {name: _plain(getattr(record, name)) for name in FIELDS}


def from_json(row: Mapping[str, object]) -> DecisionRecord:
    """
    Return the record that ``row`` is the JSON form of.

    Fields that are not known are left alone: a newer version wrote them.

    Raises:
        InvalidValue: names the first field that is missing or not what it should be.
    """
    field_of = Fields(row)
    return DecisionRecord(
        timestamp=field_of.must("timestamp", instant),
        run_id=field_of.must("run_id", text),
        mode=field_of.must("mode", member(Mode)),
        account=field_of.must("account", text),
        ticker=field_of.must("ticker", text),
        con_id=field_of.must("con_id", whole),
        timeframe=field_of.may("timeframe", member(Timeframe)),
        bar_end=field_of.may("bar_end", instant),
        close=field_of.may("close", finite),
        ma_type=field_of.may("ma_type", text),
        ma_value=field_of.may("ma_value", finite),
        bars_used=field_of.may("bars_used", whole),
        distance_pct=field_of.may("distance_pct", finite),
        decision=field_of.must("decision", member(Outcome)),
        reason=field_of.must("reason", text),
        action_prepared=field_of.may("action_prepared", text),
        action_executed=field_of.may("action_executed", text),
        intent_id=field_of.may("intent_id", text),
        order_id=field_of.may("order_id", whole),
        perm_id=field_of.may("perm_id", whole),
        errors=field_of.must("errors", lines),
    )
