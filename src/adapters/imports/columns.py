"""Which column of a file is which: given, or guessed from its name."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from sellcore.bar_columns import PRICES
from sellcore.errors import ConfigError

TS, TICKER, VOLUME = "ts", "ticker", "volume"
ROLES = (TS, *PRICES, VOLUME, TICKER)
"""What a column can be; the first five must be there."""

_NAMES = {
    TS: ("ts", "timestamp", "datetime", "date", "time"),
    "open": ("open", "o"),
    "high": ("high", "h"),
    "low": ("low", "l"),
    "close": ("close", "c", "closelast"),
    VOLUME: ("volume", "vol", "v"),
    TICKER: ("ticker", "symbol"),
}
"""Names by which a column is known, in small letters and without signs.

An adjusted close is none of them: prices of two scales in one bar are no bar.
"""

_SHOWN = 120
"""Characters of a file's column names that are repeated in a message."""


@frozen
class Columns:
    """
    The columns of a file.

    Attributes:
        names: By role; a date and a time that belong together are ``Date+Time``.
        guessed: Somebody should look at them before they are taken.
    """

    names: Mapping[str, str]
    guessed: bool

    def __str__(self) -> str:
        return ",".join(f"{role}={name}" for role, name in self.names.items())


def typed_columns(text: str | None) -> Mapping[str, str]:
    """
    Read ``ts=Date,close=Close``, the form of ``--columns``.

    Raises:
        ConfigError: it is not of that form, or names no role.
    """
    found: dict[str, str] = {}
    for part in (text or "").split(",") if text is not None else ():
        role, equals, name = (word.strip() for word in part.partition("="))
        if not equals or not name or role not in ROLES:
            raise ConfigError(
                f"--columns {part.strip()!r} is not ROLE=NAME, e.g. ts=Date; "
                f"a role is one of {', '.join(ROLES)}"
            )
        found[role] = name
    return found


def choose_columns(path: Path, header: Sequence[str], given: Mapping[str, str]) -> Columns:
    """
    Return which column of a file is which.

    Args:
        path: For complaints.
        header: The names of its columns.
        given: Those that were named, by role; the others are guessed.

    Raises:
        ConfigError: there are none; a column that was named is not there; for one that is
            needed there is none, or more than one.
    """
    if not any(header):
        raise ConfigError(f"{path}: line 1 is empty; give a file with column names and bars")
    names = dict(given)
    for role in ROLES:
        if role not in names and (guess := _guess(path, header, role)) is not None:
            names[role] = guess
    for role, name in names.items():
        for part in places_of(name, role):
            if header.count(part) != 1:
                times = "no" if part not in header else "more than one"
                raise ConfigError(f"{path}: line 1: {times} column {part!r}; {_found(header)}")
    for role in (TS, *PRICES):
        if role not in names:
            raise ConfigError(
                f"{path}: line 1: no column is known to be {role!r}; {_found(header)}; "
                f"rename it, or name it with 'sellcli import --columns {role}=NAME'"
            )
    ordered = {role: names[role] for role in ROLES if role in names}
    own = all(role == name for role, name in ordered.items())
    return Columns(ordered, guessed=not given and not own)


def places_of(name: str, role: str) -> list[str]:
    """Return the columns that a name stands for: two for a ``Date+Time``."""
    return name.split("+") if role == TS else [name]


def _guess(path: Path, header: Sequence[str], role: str) -> str | None:
    known = _NAMES[role]
    fitting = [name for name in header if _plain(name) in known]
    if role == TS and sorted(map(_plain, fitting)) == ["date", "time"]:
        return "+".join(sorted(fitting, key=_plain))
    if len(fitting) > 1:
        raise ConfigError(
            f"{path}: line 1: each of {', '.join(map(repr, fitting))} may be {role!r}; "
            f"rename one, or name one with 'sellcli import --columns {role}=NAME'"
        )
    return fitting[0] if fitting else None


def _plain(name: str) -> str:
    """Return a name in small letters, without signs and without a number in front."""
    return re.sub(r"^\d+|[^a-z0-9]", "", re.sub(r"^\s*\d+[.)]\s*", "", name.lower()))


def _found(header: Sequence[str]) -> str:
    names = ", ".join(map(repr, header)) or "none"
    return f"found {names if len(names) <= _SHOWN else names[:_SHOWN] + '...'}"
