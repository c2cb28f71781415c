"""The kinds of values that settings have: how each is read, and what to tell who got it wrong."""

import re
import shlex
from collections.abc import Callable
from enum import Enum
from pathlib import Path
from typing import Generic, TypeVar

from attrs import frozen

from sellcore.errors import InvalidValue
from sellcore.rule import MovingAverageRule, parse_rule

T = TypeVar("T")
E = TypeVar("E", bound=Enum)


@frozen
class Kind(Generic[T]):
    """
    What a setting's value may be.

    Attributes:
        expected: Ends the sentence "... is not".
        from_text: Turns the text of a variable or a flag into what a TOML file
            would hold; ValueError where it cannot.
        from_value: Turns what a TOML file holds into the setting's value;
            ValueError where it may not be that.
        guarded: For values that people put a secret into, though they should
            not: returns what of it may be shown. What is refused is not repeated.
    """

    expected: str
    from_text: Callable[[str], object]
    from_value: Callable[[object], T]
    guarded: Callable[[T], str] | None = None

    def shown(self, value: T) -> str | int | float | bool:
        """Return a value as it may be shown: as a TOML file would hold it, or less of it."""
        return plain(value) if self.guarded is None else self.guarded(value)


def whole(low: int, high: int) -> Kind[int]:
    """Whole numbers from ``low`` to ``high``."""

    def read(value: object) -> int:
        if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
            raise ValueError
        return value

    return Kind(f"a whole number from {low} to {high}", _whole_text, read)


def _whole_text(text: str) -> int:
    # int() itself reads more than people write: underscores, other scripts' digits.
    digits = text.strip().removeprefix("-")
    if not (digits.isascii() and digits.isdigit()):
        raise ValueError
    return int(text)


def number(low: float, high: float) -> Kind[float]:
    """Numbers from ``low`` to ``high``."""

    def read(value: object) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise ValueError
        if not low <= value <= high:
            raise ValueError
        return float(value)

    return Kind(f"a number from {low:.15g} to {high:.15g}", float, read)


_SWITCH = {
    **dict.fromkeys(("true", "yes", "on", "1"), True),
    **dict.fromkeys(("false", "no", "off", "0"), False),
}


def switch() -> Kind[bool]:
    """Either true or false."""

    def from_text(text: str) -> bool:
        if text.strip().lower() not in _SWITCH:
            raise ValueError
        return _SWITCH[text.strip().lower()]

    def read(value: object) -> bool:
        if not isinstance(value, bool):
            raise ValueError
        return value

    return Kind("true or false", from_text, read)


def word(expected: str, *, empty: bool = False) -> Kind[str]:
    """Texts without spaces; ``expected`` names what they are."""

    def read(value: object) -> str:
        text = _printable(value)
        if not (text or empty) or any(letter.isspace() for letter in text):
            raise ValueError
        return text

    return Kind(expected, str, read)


def file_path() -> Kind[Path]:
    """Paths; ``~`` is the user's home, relative ones start at the working directory."""

    def read(value: object) -> Path:
        text = _printable(value)
        if not text:
            raise ValueError
        try:
            return Path(text).expanduser()
        except RuntimeError as error:  # there is no home to be found
            raise ValueError from error

    return Kind("a path", str, read)


def choice(members: type[E]) -> Kind[E]:
    """One of the members of an enum, by its value."""
    return Kind(_one_of(members), str, lambda value: members(_printable(value)))


def choice_or_none(members: type[E]) -> Kind[E | None]:
    """One of the members of an enum, by its value, or an empty text for none."""
    return Kind(
        f"{_one_of(members)}, or empty",
        str,
        lambda value: members(_printable(value)) if value != "" else None,
    )


def rule_or_none() -> Kind[MovingAverageRule | None]:
    """Rules as ``SMA,50,1H``, or an empty text for none."""
    return Kind(
        "TYPE,LENGTH,TIMEFRAME, e.g. SMA,50,1H, or empty",
        str,
        lambda value: parse_rule(_printable(value)) if value != "" else None,
    )


_ADDRESS = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]+@[A-Za-z0-9.-]+")


def mail_addresses(most: int) -> Kind[str]:
    """So many mail addresses with commas between, or an empty text."""

    def read(value: object) -> str:
        found = [part.strip() for part in _printable(value).split(",")]
        if found == [""]:
            return ""
        if len(found) > most or not all(_ADDRESS.fullmatch(part) for part in found):
            raise ValueError
        return ",".join(found)

    expected = "a mail address" if most == 1 else "mail addresses with commas between"
    return Kind(f"{expected}, or empty", str, read)


def web_address() -> Kind[str]:
    """Addresses a notice can be posted to, or an empty text; only their host is ever shown."""

    def read(value: object) -> str:
        from urllib.parse import urlsplit  # here, because most runs have none to read

        text = _printable(value)
        parts = urlsplit(text)
        if not text:
            return text
        if "@" in parts.netloc:
            raise InvalidValue(
                "a user or a password has no place in an address, because files are copied and "
                "shared; set the variable SELLCLI_WEBHOOK_TOKEN"
            )
        _ = parts.port  # a ValueError where that is no number
        fine = parts.scheme in ("http", "https") and parts.hostname and text.isascii()
        if not fine or any(letter.isspace() for letter in text):
            raise ValueError
        return text

    def origin(value: str) -> str:
        scheme, _, rest = value.partition("://")
        host = re.split(r"[/?#]", rest)[0]
        return value if rest in (host, f"{host}/") else f"{scheme}://{host}/..."

    return Kind("an address that begins with https:// or http://, or empty", str, read, origin)


def arguments() -> Kind[tuple[str, ...]]:
    """Commands: a list of texts, or one text cut as a shell would; only the program shows."""

    def read(value: object) -> tuple[str, ...]:
        parts = shlex.split(_printable(value)) if isinstance(value, str) else value
        if not isinstance(parts, list) or (parts and not _printable(parts[0])):
            raise ValueError
        for part in parts:
            _printable(part)
        return tuple(parts)

    def name(value: tuple[str, ...]) -> str:
        return " ".join([shlex.join(value[:1]), "..."]) if value[1:] else shlex.join(value)

    return Kind("a command as a list of texts or as one text, or empty", str, read, name)


def _one_of(members: type[Enum]) -> str:
    return "one of " + ", ".join(str(member.value) for member in members)


def _printable(value: object) -> str:
    if not isinstance(value, str) or not value.isprintable():
        raise ValueError
    return value.strip()


def plain(value: object) -> str | int | float | bool:
    """Return a setting's value as a TOML file would hold it."""
    match value:
        case None:
            return ""
        case Path():
            return value.as_posix()
        case Enum():
            return str(value.value)
        case tuple():
            return shlex.join(value)
        case MovingAverageRule():
            return f"{value.kind},{value.length},{value.timeframe}"
        case float():
            return int(value) if value.is_integer() else value
        case str() | int():
            return value
        case _:
            raise AssertionError(f"no setting is of the kind of {value!r}")
