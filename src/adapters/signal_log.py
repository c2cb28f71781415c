"""The audit log as JSON lines, ``logs/signals.log``, one file a day."""

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from io import FileIO
from pathlib import Path

from adapters.atomic_file import locked, not_stored, sync, sync_folder
from sellcore.errors import InvalidValue, StorageError
from sellcore.instant import utc
from sellcore.order import Mode
from sellcore.plain_text import system_words
from sellcore.record import (
    DecidedBar,
    DecisionRecord,
    decided_bars,
    from_json,
    matching,
    to_json,
)

NAME = "signals.log"
"""The file of the current day; older ones carry their day behind it."""

_ENCODER = json.JSONEncoder(allow_nan=False)

_ROTATED = re.compile(re.escape(NAME) + r"\.([0-9]{4}-[0-9]{2}-[0-9]{2})(?:\.([0-9]{1,9}))?")


class SignalLog:
    """
    The decision log port over a folder of JSON lines.

    ``signals.log`` holds one UTC date, by the latest timestamp of what was
    appended. The first record of another date renames it to
    ``signals.log.YYYY-MM-DD`` (``.2`` and so on behind a name that is taken).
    Other processes may append to the same folder, and people may read it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / NAME
        self._problems: dict[str, None] = {}
        self._known: tuple[tuple[int, int], date | None] | None = None

    def append(self, records: Sequence[DecisionRecord]) -> None:
        """Add the records: one write, on disk when this returns, or no trace of it."""
        if not records:
            return
        lines = "".join(_ENCODER.encode(to_json(record)) + "\n" for record in records)
        day = max(record.timestamp for record in records).date()
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with locked(self._folder):
                self._repair()
                self._rotate(day)
                self._write(lines.encode())
                self._known = (self._stamp(), day)
        except OSError as error:
            raise not_stored(self._path, error) from error

    def read(
        self, since: datetime | None = None, ticker: str | None = None
    ) -> Iterator[DecisionRecord]:
        """Yield the records, a line at a time; files of days before ``since`` stay closed."""
        first = date.min if since is None else utc(since).date()
        records = (record for path in self._files(first) for record in self._records(path))
        return matching(records, since, ticker)

    def decided(self, mode: Mode, account: str, since: datetime) -> frozenset[DecidedBar]:
        """Return the bars that have a record of any outcome."""
        return decided_bars(self.read(since), mode, account)

    def problems(self) -> Sequence[str]:
        """Return a line for each repair and for each line that could not be read."""
        return tuple(self._problems)

    def _files(self, first: date) -> Iterator[Path]:
        read: set[Path] = set()
        # Looked up again after each: a rotation may add one while a caller takes its time.
        while ahead := [path for path in self._rotated(first) if path not in read]:
            read.add(ahead[0])
            yield ahead[0]
        yield self._path

    def _rotated(self, first: date) -> list[Path]:
        found = []
        try:
            for path in self._folder.iterdir():
                match = _ROTATED.fullmatch(path.name)
                if match and match[1] >= first.isoformat():
                    found.append((match[1], int(match[2] or 1), path))
        except FileNotFoundError:
            return []
        except OSError as error:
            raise _unreadable(self._folder, error) from error
        return [path for *_, path in sorted(found)]

    def _records(self, path: Path) -> Iterator[DecisionRecord]:
        try:
            with path.open("rb") as file:
                for number, line in enumerate(file, 1):
                    try:
                        yield from _parse(line)
                    except InvalidValue as refused:
                        self._report(f"{path.name} line {number}: {refused}; it is left out")
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unreadable(path, error) from error

    def _repair(self) -> None:
        """Mend a last line that a crash or a full disk left without its end."""
        try:
            with self._path.open("rb+") as file:
                size = file.seek(0, os.SEEK_END)
                file.seek(max(0, size - 1))
                if file.read(1) in (b"", b"\n"):
                    return
                file.seek(0)
                content = file.read()
                start = content.rfind(b"\n") + 1
                newlines = content.count(b"\n")
                where = f"{NAME} line {newlines + 1}"
                try:
                    whole = list(_parse(content[start:]))
                except InvalidValue:
                    whole = []
                if whole:
                    file.write(b"\n")
                    self._report(f"{where}: ended a record that lacked its line end")
                else:
                    file.truncate(start)
                    self._report(f"{where}: cut off {size - start} bytes of an unfinished record")
        except FileNotFoundError:
            return

    def _rotate(self, day: date) -> None:
        last = self._last_day()
        if last is None or last == day:
            return
        name, number = f"{NAME}.{last}", 1
        while self._folder.joinpath(name).exists():
            number += 1
            name = f"{NAME}.{last}.{number}"
        self._path.rename(self._folder / name)
        sync_folder(self._folder)

    def _last_day(self) -> date | None:
        """Return the latest date in the current file; None where it holds no record."""
        try:
            stamp = self._stamp()
        except FileNotFoundError:
            return None
        if self._known is None or self._known[0] != stamp:
            days = [record.timestamp.date() for record in self._records(self._path)]
            self._known = (stamp, max(days, default=None))
        return self._known[1]

    def _stamp(self) -> tuple[int, int]:
        state = self._path.stat()
        return state.st_ino, state.st_size

    def _write(self, data: bytes) -> None:
        # Unbuffered: what a buffer still held would be written again when it is closed.
        with FileIO(self._path, "ab") as file:
            before = file.seek(0, os.SEEK_END)
            stored = False
            try:
                written = 0
                while written < len(data):
                    written += file.write(data[written:])
                sync(file.fileno())
                if before == 0:
                    sync_folder(self._folder)
                stored = True
            finally:
                if not stored:  # half a batch, or one that may not last, counts as nothing
                    file.truncate(before)

    def _report(self, problem: str) -> None:
        self._problems.setdefault(problem)


def _parse(line: bytes) -> Iterator[DecisionRecord]:
    """Yield the record of a line; nothing for a blank one."""
    if not line.strip():
        return
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        raise InvalidValue("no JSON that could be read") from None
    if not isinstance(row, dict):
        raise InvalidValue("no JSON object")
    yield from_json(row)


def _unreadable(path: Path, error: OSError) -> StorageError:
    cause = system_words(error)
    return StorageError(f"cannot read {path}: {cause}; mend that and try again")
