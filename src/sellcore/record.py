"""The record of one decision, and its JSON form: a line of ``signals.log``."""

import math
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from enum import Enum
from operator import index
from typing import TypeVar

from attrs import field, fields, frozen
from attrs.converters import optional

from sellcore.errors import InvalidValue
from sellcore.instant import iso, utc
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.timeframe import Timeframe

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_SHOWN = 60
"""Characters of a refused value that are repeated in a message."""

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


def _plain(value: object) -> Json:
    match value:
        case datetime():
            return iso(value)
        case Mode() | Outcome() | Timeframe():
            return str(value)
        case tuple():
            return [str(text) for text in value]
        case None | str() | int() | float():
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
    field_of = _Fields(row)
    return DecisionRecord(
        timestamp=field_of.must("timestamp", _instant),
        run_id=field_of.must("run_id", _text),
        mode=field_of.must("mode", _member(Mode)),
        account=field_of.must("account", _text),
        ticker=field_of.must("ticker", _text),
        con_id=field_of.must("con_id", _whole),
        timeframe=field_of.may("timeframe", _member(Timeframe)),
        bar_end=field_of.may("bar_end", _instant),
        close=field_of.may("close", _finite),
        ma_type=field_of.may("ma_type", _text),
        ma_value=field_of.may("ma_value", _finite),
        bars_used=field_of.may("bars_used", _whole),
        distance_pct=field_of.may("distance_pct", _finite),
        decision=field_of.must("decision", _member(Outcome)),
        reason=field_of.must("reason", _text),
        action_prepared=field_of.may("action_prepared", _text),
        action_executed=field_of.may("action_executed", _text),
        intent_id=field_of.may("intent_id", _text),
        order_id=field_of.may("order_id", _whole),
        perm_id=field_of.may("perm_id", _whole),
        errors=field_of.must("errors", _lines),
    )


@frozen
class _Fields:
    """The fields of a JSON object, read one at a time."""

    row: Mapping[str, object]

    def must(self, name: str, read: Callable[[object], T]) -> T:
        if name not in self.row:
            raise InvalidValue(f"field '{name}' is missing")
        try:
            return read(self.row[name])
        except InvalidValue as refused:
            shown = repr(self.row[name])
            shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
            raise InvalidValue(f"field '{name}' is {shown}, expected {refused}") from None

    def may(self, name: str, read: Callable[[object], T]) -> T | None:
        if name in self.row and self.row[name] is None:
            return None
        return self.must(name, read)


def _text(value: object) -> str:
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidValue("text")
    return value


def _whole(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue("a whole number")
    return value


def _finite(value: object) -> float:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidValue("a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidValue("a finite number")
    return number


def _instant(value: object) -> datetime:
    try:
        return utc(datetime.fromisoformat(_text(value)))
    except (ValueError, OverflowError):
        raise InvalidValue("an instant with its zone, e.g. 2022-05-20T14:00:00Z") from None


def _lines(value: object) -> tuple[str, ...]:
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise InvalidValue("a list of texts")
    return tuple(value)


def _member(kind: type[E]) -> Callable[[object], E]:
    def read(value: object) -> E:
        for member in kind:
            if member.value == value:
                return member
        raise InvalidValue(f"one of {', '.join(str(member.value) for member in kind)}")

    return read
