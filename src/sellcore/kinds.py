"""
Values of the kind that was asked for.

In a notebook nobody checks types: a word in place of a member of a closed set would be
passed over, and another answer given in silence. So public values and functions look.
"""

import operator
from collections.abc import Callable
from enum import Enum
from numbers import Real
from typing import TYPE_CHECKING, Any

from sellcore.errors import InvalidValue

if TYPE_CHECKING:
    from attrs import Attribute

    Validator = Callable[[object, Attribute[Any], object], None]


def check_member(name: str, value: object, kind: type[Enum]) -> None:
    """Refuse what is no member of a closed set: a word, or a member of another one."""
    if not isinstance(value, kind):
        known = ", ".join(f"{kind.__name__}.{each.name}" for each in kind)
        raise InvalidValue(f"{name} {value!r} is not one of {known}")


def check_made_as(name: str, value: object, kind: type) -> None:
    """Refuse what is no value of a class."""
    if not isinstance(value, kind):
        raise InvalidValue(f"{name} {value!r} is no {kind.__name__}; make one")


def whole_number(name: str, value: object) -> int:
    """Return a whole number as Python's own, numpy's for instance."""
    try:
        return operator.index(value)  # type: ignore[arg-type]  # anything: that is the question
    except TypeError:
        raise InvalidValue(f"{name} {value!r} is not a whole number") from None


def number(value: object) -> float | None:
    """Return a number, numpy's for instance, as a float; None for what is none."""
    return float(value) if isinstance(value, Real) else None


def as_number(value: Any) -> Any:
    """Convert a number to a float, and leave what is none for a validator to name."""
    met = number(value)
    return value if met is None else met


def member_of(kind: type[Enum]) -> "Validator":
    """Return a validator of a field that holds a member of a closed set."""

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        check_member(attribute.name, value, kind)

    return check


def made_as(kind: type) -> "Validator":
    """Return a validator of a field that holds a value of a class."""

    def check(_: object, attribute: "Attribute[Any]", value: object) -> None:
        check_made_as(attribute.name, value, kind)

    return check


def true_or_false(_: object, attribute: "Attribute[Any]", value: object) -> None:
    """Refuse what is neither: ``"no"`` would count as True."""
    if not isinstance(value, bool):
        raise InvalidValue(f"{attribute.name} {value!r} is not True or False")
