"""The faults a scenario can rehearse: their kinds, their parameters, what happens."""

from collections.abc import Mapping
from datetime import datetime
from difflib import get_close_matches
from enum import Enum

from attrs import Factory, frozen

from sellcore.errors import ConfigError

Value = bool | int | float | str | datetime | tuple[str, ...]


class FaultKind(Enum):
    """What can go wrong; the value is the word in a scenario."""

    DROP_SOCKET = "drop_socket"
    REFUSE_CONNECTIONS = "refuse_connections"
    SILENT_SOCKET = "silent_socket"
    HALF_OPEN = "half_open"
    CLIENT_ID_TAKEN = "client_id_taken"
    FRAGMENTED = "fragmented"
    RESTART = "restart"
    ID_ROLLBACK = "id_rollback"
    LOST_1100 = "lost_1100"
    RESTORED_1101 = "restored_1101"
    RESTORED_1102 = "restored_1102"
    FARM_DOWN = "farm_down"
    SLOW_ANSWERS = "slow_answers"
    MISSING_ANSWERS = "missing_answers"
    MISSING_END = "missing_end"
    GARBLED_ANSWERS = "garbled_answers"
    PACING_ERRORS = "pacing_errors"
    MISSING_BARS = "missing_bars"
    REVISED_BARS = "revised_bars"
    LATE_BARS = "late_bars"
    FROZEN_BARS = "frozen_bars"
    SPLIT = "split"
    CLOCK_SKEW = "clock_skew"
    WINDOWS_ZONE_NAMES = "windows_zone_names"
    AMBIGUOUS_SYMBOL = "ambiguous_symbol"
    READ_ONLY = "read_only"
    SET_POSITION = "set_position"
    SILENT_ORDERS = "silent_orders"
    SKIP_STATUS = "skip_status"
    DUPLICATE_STATUS = "duplicate_status"
    EXEC_BEFORE_OPEN = "exec_before_open"
    PARTIAL_FILLS = "partial_fills"
    LATE_COMMISSION = "late_commission"
    EXEC_CORRECTION = "exec_correction"
    FILL_ON_CANCEL = "fill_on_cancel"
    REJECT_ORDERS = "reject_orders"
    HOLD_399 = "hold_399"
    HALTED = "halted"
    NO_SUBSCRIPTION = "no_subscription"
    TIF_10349 = "tif_10349"
    CANCEL_10147 = "cancel_10147"
    CANCEL_10148 = "cancel_10148"
    WARN_2137 = "warn_2137"

    def __str__(self) -> str:
        return self.value


class Form(Enum):
    """What a parameter holds; the value is how the help calls it."""

    NUMBER = "number"
    FLAG = "true or false"
    TEXT = "text"
    NAMES = "list of requests"
    INSTANT = "instant"
    RATIO = "ratio NEW:OLD"


@frozen
class Parameter:
    """One parameter of a fault; without a default it must be given."""

    name: str
    form: Form
    default: Value | None = None


@frozen
class Fault:
    """
    One fault of a scenario.

    Attributes:
        kind: What goes wrong.
        at: Simulated instant from which on, UTC.
        until: First instant when it is over; None: it stays, or happens once.
        ticker: Only for this instrument; None: for all.
        parameters: Checked against the kind's table, defaults filled in.
    """

    kind: FaultKind
    at: datetime
    until: datetime | None = None
    ticker: str | None = None
    parameters: Mapping[str, Value] = Factory(dict)

    def concerns(self, ticker: str | None) -> bool:
        """Say whether it concerns this ticker; a fault without one concerns all."""
        return self.ticker is None or self.ticker == ticker

    def is_about(self, request: str | None) -> bool:
        """Say whether it is about a request, by name; listing none it is about all of REQUESTS."""
        return request in (self.names("requests") or REQUESTS)

    def number(self, name: str) -> float:
        """Return a number parameter."""
        value = self.parameters[name]
        return float(value) if isinstance(value, int | float) else 0.0

    def flag(self, name: str) -> bool:
        """Return a true-or-false parameter."""
        return self.parameters.get(name) is True

    def text(self, name: str) -> str:
        """Return a text parameter, empty where it was not given."""
        return str(self.parameters.get(name, ""))

    def names(self, name: str) -> tuple[str, ...]:
        """Return a list parameter, empty where it was not given."""
        value = self.parameters.get(name, ())
        return value if isinstance(value, tuple) else ()

    def instant(self, name: str) -> datetime | None:
        """Return an instant parameter, None where it was not given."""
        value = self.parameters.get(name)
        return value if isinstance(value, datetime) else None

    @property
    def ratio(self) -> tuple[int, int]:
        """New shares for old shares, of a split."""
        new, old = self.text("ratio").split(":")
        return int(new), int(old)


REQUESTS: Mapping[str, tuple[int, ...]] = {
    "account": (6, 62, 76),
    "cancels": (4, 58),
    "completed_orders": (99,),
    "details": (9,),
    "executions": (7,),
    "head_timestamp": (87,),
    "history": (20,),
    "market_data": (1,),
    "open_orders": (5, 16),
    "orders": (3,),
    "positions": (61,),
    "time": (49,),
}
"""Requests by the names that faults use for them, and their message ids."""


def read_parameters(
    kind: FaultKind, table: tuple[Parameter, ...], given: Mapping[str, object], where: str
) -> Mapping[str, Value]:
    """
    Return the parameters of one fault, checked, defaults filled in.

    Args:
        kind: What goes wrong.
        table: The parameters that this kind knows.
        given: What the scenario says.
        where: File and table, for the message.

    Raises:
        ConfigError: unknown, missing, or of the wrong form; names the nearest known.
    """
    known = {parameter.name: parameter for parameter in table}
    for name in given:
        if name not in known:
            near = get_close_matches(name, [*known, "at", "until", "ticker", "kind"], 1, 0.0)
            raise ConfigError(f"{where}: {kind} knows no {name!r}; the nearest is {near[0]!r}")
    values: dict[str, Value] = {}
    for name, parameter in known.items():
        if name in given:
            values[name] = _checked(parameter, given[name], f"{where}: {kind}")
        elif parameter.default is not None:
            values[name] = parameter.default
        elif parameter.form not in (Form.INSTANT, Form.NAMES):
            raise ConfigError(f"{where}: {kind} needs {name!r}, a {parameter.form.value}")
    return values


def _checked(parameter: Parameter, value: object, where: str) -> Value:
    name, form = parameter.name, parameter.form
    match value:
        case bool() if form is Form.FLAG:
            return value
        case int() | float() if form is Form.NUMBER and not isinstance(value, bool):
            return value
        case datetime() if form is Form.INSTANT and value.tzinfo is not None:
            return value
        case str() if form is Form.TEXT:
            return value
        case str() if form is Form.RATIO and _is_ratio(value):
            return value
        case list() if form is Form.NAMES:
            unknown = [str(item) for item in value if item not in REQUESTS]
            if not unknown:
                return tuple(str(item) for item in value)
            raise ConfigError(
                f"{where}: {unknown[0]!r} in {name!r} is none of {', '.join(REQUESTS)}"
            )
        case _:
            raise ConfigError(f"{where}: {name} = {value!r} is not a {form.value}")


def _is_ratio(text: str) -> bool:
    parts = text.split(":")
    return len(parts) == 2 and all(
        part.isascii() and part.isdigit() and int(part) for part in parts
    )
