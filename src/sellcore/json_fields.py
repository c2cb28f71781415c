"""
Reading a JSON object that somebody else may have written, field by field.

A reader takes a value or raises InvalidValue with what it expected.
"""

import math
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import Enum
from typing import TypeVar

from attrs import frozen

from sellcore.errors import InvalidValue
from sellcore.instant import utc

T = TypeVar("T")
E = TypeVar("E", bound=Enum)

_SHOWN = 60
"""Characters of a refused value that are repeated in a message."""


@frozen
class Fields:
    """The fields of a JSON object, read one at a time."""

    row: Mapping[str, object]

    def must(self, name: str, read: Callable[[object], T]) -> T:
        """Return a field that has to be there; InvalidValue names it where it is not so."""
        if name not in self.row:
            raise InvalidValue(f"field '{name}' is missing")
        try:
            return read(self.row[name])
        except InvalidValue as refused:
            shown = repr(self.row[name])
            shown = shown if len(shown) <= _SHOWN else shown[:_SHOWN] + "..."
            raise InvalidValue(f"field '{name}' is {shown}, expected {refused}") from None

    def may(self, name: str, read: Callable[[object], T]) -> T | None:
        """Return a field that has to be there and may be null: None."""
        if name in self.row and self.row[name] is None:
            return None
        return self.must(name, read)


def text(value: object) -> str:
    """Take a text that can be written and printed."""
    if not isinstance(value, str) or any("\ud800" <= letter <= "\udfff" for letter in value):
        raise InvalidValue("text")
    return value


def whole(value: object) -> int:
    """Take a whole number."""
    if not isinstance(value, int) or isinstance(value, bool):
        raise InvalidValue("a whole number")
    return value


def finite(value: object) -> float:
    """Take a number that is neither infinite nor NaN."""
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise InvalidValue("a number")
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not math.isfinite(number):
        raise InvalidValue("a finite number")
    return number


def instant(value: object) -> datetime:
    """Take an instant in ISO 8601 with its zone; it is returned in UTC."""
    try:
        return utc(datetime.fromisoformat(text(value)))
    except (ValueError, OverflowError):
        raise InvalidValue("an instant with its zone, e.g. 2022-05-20T14:00:00Z") from None


def lines(value: object) -> tuple[str, ...]:
    """Take a list of texts."""
    if not isinstance(value, list) or not all(isinstance(line, str) for line in value):
        raise InvalidValue("a list of texts")
    return tuple(value)


def member(kind: type[E]) -> Callable[[object], E]:
    """Return a reader that takes the value of one of the members of ``kind``."""

    def read(value: object) -> E:
        for candidate in kind:
            if candidate.value == value:
                return candidate
        raise InvalidValue(f"one of {', '.join(str(known.value) for known in kind)}")

    return read
