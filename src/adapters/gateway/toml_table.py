"""Reading one TOML table key by key, with one clear line for whatever is wrong in it."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from difflib import get_close_matches

from attrs import define

from sellcore.errors import ConfigError


@define
class TomlTable:
    """
    A table and where it stands.

    Attributes:
        where: File and table, the head of every message.
        values: As tomllib read them, fractions as Decimal.
    """

    where: str
    values: Mapping[str, object]

    def only(self, *known: str) -> None:
        """Refuse a key that is not known, naming the nearest that is."""
        for key in self.values:
            if key not in known:
                near = get_close_matches(key, known, 1, 0.0)[0]
                raise ConfigError(f"{self.where}: unknown key {key!r}; the nearest is {near!r}")

    def text(self, key: str, default: str | None = None) -> str:
        """Return a string that is not empty."""
        value = self._value(key, default)
        if not isinstance(value, str) or not value.strip():
            raise self._wrong(key, value, "a text")
        return value

    def flag(self, key: str, *, default: bool) -> bool:
        """Return true or false."""
        value = self._value(key, default)
        if not isinstance(value, bool):
            raise self._wrong(key, value, "true or false")
        return value

    def whole(self, key: str, default: int | None = None) -> int:
        """Return a whole number."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            raise self._wrong(key, value, "a whole number")
        return value

    def decimal(self, key: str, default: Decimal | None = None) -> Decimal:
        """Return a finite number, exactly as written."""
        value = self._value(key, default)
        if isinstance(value, bool) or not isinstance(value, int | Decimal):
            raise self._wrong(key, value, "a number")
        number = Decimal(value)
        if not number.is_finite():
            raise self._wrong(key, value, "a finite number")
        return number

    def number(self, key: str, default: float | None = None) -> float:
        """Return a finite number as a float."""
        return float(self.decimal(key, None if default is None else Decimal(repr(default))))

    def optional_number(self, key: str) -> float | None:
        """Return a number above zero, or None where the key is left out."""
        if key not in self.values:
            return None
        value = self.number(key)
        if value <= 0:
            raise self._wrong(key, value, "a number above zero")
        return value

    def instant(self, key: str) -> datetime:
        """Return an instant; one without a zone is refused."""
        value = self._value(key, None)
        if not isinstance(value, datetime) or value.tzinfo is None:
            raise self._wrong(key, value, "an instant with its zone, e.g. 2022-05-20T13:25:00Z")
        return value

    def optional_instant(self, key: str) -> datetime | None:
        """Return an instant, or None where the key is left out."""
        return self.instant(key) if key in self.values else None

    def optional_day(self, key: str) -> date | None:
        """Return a date, or None where the key is left out."""
        value = self.values.get(key)
        if value is None:
            return None
        if isinstance(value, datetime) or not isinstance(value, date):
            raise self._wrong(key, value, "a date, e.g. 2022-05-20")
        return value

    def tables(self, key: str) -> list["TomlTable"]:
        """Return the tables ``[[key]]``, each knowing its number."""
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise self._wrong(key, value, f"written as [[{key}]] tables")
        return [
            TomlTable(f"{self.where}: [[{key}]] number {i}", item)
            for i, item in enumerate(value, start=1)
        ]

    def _value(self, key: str, default: object) -> object:
        value = self.values.get(key, default)
        if value is None:
            raise ConfigError(f"{self.where}: {key!r} is missing")
        return value

    def _wrong(self, key: str, value: object, expected: str) -> ConfigError:
        shown = value if isinstance(value, str | int | float) else str(value)
        return ConfigError(f"{self.where}: {key} = {shown!r} is not {expected}")
