"""Assignments in a CSV file that people edit too, ``config/assigned_ma.csv``."""

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

from adapters.assignment_sheet import Sheet, assign, assignments, parse_sheet
from adapters.atomic_file import locked, not_stored, replace_file
from sellcore.assignment import Assignments
from sellcore.errors import ConfigError, StorageError
from sellcore.instrument import parse_ticker
from sellcore.plain_text import system_words
from sellcore.rule import MovingAverageRule

_ATTEMPTS = 5
"""How often a write starts again because somebody else wrote in between."""


@frozen
class _Reading:
    """What the file held, and by which stamp it can be told to have changed since."""

    sheet: Sheet
    newline: str
    stamp: tuple[int, int, int] | None


class CsvAssignments:
    """
    The assignment store port over one file; nothing of it is kept between calls.

    Columns ``ticker,type,length,timeframe`` in any order and case; a file without
    ``timeframe`` is an older one, and hourly. Rows that cannot be used, comments
    (``#``) and further columns stay in the file whatever is written.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def load(self) -> Assignments:
        """Return the good rows, and one line with its number about each bad one."""
        return assignments(self._read().sheet, self._path.name)

    def assign(self, ticker: str, rule: MovingAverageRule) -> None:
        """Give ``ticker`` this rule, in one atomic and durable rewrite of the file."""
        self.assign_all({ticker: rule})

    def assign_all(self, rules: Mapping[str, MovingAverageRule]) -> None:
        """Give all these tickers their rules, in one atomic and durable rewrite."""
        named = {parse_ticker(ticker): rule for ticker, rule in rules.items()}
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with locked(self._path.parent):
                self._rewrite(named)
        except OSError as error:
            raise not_stored(self._path, error) from error

    def _rewrite(self, rules: Mapping[str, MovingAverageRule]) -> None:
        for _ in range(_ATTEMPTS):
            reading = self._read()
            sheet = reading.sheet
            for ticker, rule in rules.items():
                sheet = assign(sheet, ticker, rule)
            # Editors heed no lock: whoever saved meanwhile must not lose what they wrote.
            if self._stamp() == reading.stamp:
                return replace_file(self._path, sheet.text(reading.newline).encode())
        raise StorageError(
            f"cannot write {self._path}: it keeps changing; close what writes it and try again"
        )

    def _read(self) -> _Reading:
        stamp = self._stamp()
        if stamp is None:
            return _Reading(Sheet(), "\n", None)
        try:
            # utf-8-sig: spreadsheets put a byte order mark in front.
            text = self._path.read_bytes().decode("utf-8-sig")
        except UnicodeDecodeError:
            raise ConfigError(
                f"{self._path} is not UTF-8 text; save it as CSV in UTF-8, it was left as it is"
            ) from None
        except OSError as error:
            raise self._unreadable(error) from error
        return _Reading(
            parse_sheet(text, self._path.name), "\r\n" if "\r\n" in text else "\n", stamp
        )

    def _stamp(self) -> tuple[int, int, int] | None:
        try:
            state = self._path.stat()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise self._unreadable(error) from error
        return state.st_ino, state.st_size, state.st_mtime_ns

    def _unreadable(self, error: OSError) -> ConfigError:
        cause = system_words(error)
        return ConfigError(f"cannot read {self._path}: {cause}; mend that and try again")
