"""The bar store in Parquet: one process writes, any number read meanwhile."""

from collections.abc import Mapping, Sequence, Set
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from attrs import evolve

from adapters.parquet.compaction import publish_rewrite, stage_rewrite
from adapters.parquet.damage import Damage
from adapters.parquet.durable import unstage
from adapters.parquet.journal_file import Journal
from adapters.parquet.journal_records import encode
from adapters.parquet.layout import JOURNAL, durable_files
from adapters.parquet.lock import lock_for_writing
from adapters.parquet.reading import Reading, read_cache
from adapters.parquet.tails import Tail, tail, tails_after, tails_checked
from sellcore.errors import StorageError
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries

_COMPACT_FROM = 4_000_000
"""Bytes; a journal shorter than this is read in no time."""

_COMPACT_RATIO = 0.5
"""The journal may grow to this part of the base files before it is folded into them."""


class ParquetBarStore:
    """
    Bars in one Parquet base file per granularity, and an append journal beside them.

    A merge is one write and one sync, however many series it touches. The journal
    is folded into the base files when it has grown, and on ``close``. For one
    thread; other processes are kept from writing by a lock, not from reading.
    """

    def __init__(self, folder: Path) -> None:
        """
        Open the store for writing, making the folder where there is none.

        Raises:
            StorageError: the folder cannot be written, another process writes
                there, or a file in it was written by a later program.
        """
        self._folder = folder
        self._path = folder / JOURNAL
        self._problems: list[str] = []
        self._tails: dict[SeriesKey, Tail] = {}
        self._journaled: set[SeriesKey] = set()
        self._lost: set[SeriesKey] = set()
        self._journal: Journal | None = None
        self._compact_at = 0
        self._lock = lock_for_writing(folder)
        with ExitStack() as undo:
            undo.callback(self._lock.release)
            unstage(durable_files(folder))
            self._just_read: dict[SeriesKey, StoredSeries] | None = self._recover()[1]
            undo.pop_all()

    def load(self) -> Mapping[SeriesKey, StoredSeries]:
        """
        Return everything stored; what cannot be read is set aside and absent.

        Raises:
            StorageError: a file cannot be read at all, or not be set aside.
        """
        series, self._just_read = self._just_read, None
        return self._recover()[1] if series is None else series

    def merge(self, updates: Sequence[SeriesUpdate]) -> None:
        """
        Store the updates; they are on disk when this returns.

        A series that was found damaged since the store was opened is stored again
        once it comes in whole. Until then its updates are passed over: they claim
        coverage for bars that are gone.

        Raises:
            StorageError: nothing of this call is stored.
            InvalidValue: a bar overlaps a stored one that it does not replace;
                nothing of this call is stored.
        """
        if not updates:
            return
        journal = self._open_journal()
        updates, lost = _sound(updates, self._lost) if self._lost else (updates, self._lost)
        if not updates:
            return
        tails = self._tails_after(updates)
        self._journaled.update(tails)
        journal.append(encode(updates))
        self._tails.update(tails)
        self._lost = lost
        self._appended(journal)

    def discard(self, keys: Sequence[SeriesKey]) -> None:
        """
        Forget these series, durably.

        Raises:
            StorageError: they are still stored.
        """
        if not keys:
            return
        journal = self._open_journal()
        journal.append(encode((), keys))
        for key in keys:
            self._tails.pop(key, None)
        self._lost.difference_update(keys)
        self._appended(journal)

    def problems(self) -> Sequence[str]:
        """Return one line for each part that was set aside since the store was opened."""
        return tuple(self._problems)

    def compact(self) -> None:
        """
        Fold the journal into the base files now, for instance while there is nothing to do.

        Raises:
            StorageError: not now; everything is stored as before.
        """
        self._open_journal().trim()
        self._rewrite(self._read())

    def close(self) -> None:
        """Fold the journal into the base files, if that can be done, and let others write."""
        if self._journal is not None and self._journal.number:
            self._compact_or_note(self._journal)
        self._close_journal()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def _appended(self, journal: Journal) -> None:
        self._just_read = None
        if journal.end > self._compact_at:
            self._compact_or_note(journal)

    def _compact_or_note(self, journal: Journal) -> None:
        """Compact; a failure is told and tried again later, since everything is stored."""
        try:
            self.compact()
        except StorageError as error:
            self._problems.append(f"the journal is kept as it is, and works: {error}")
            self._compact_at = 2 * journal.end

    def _open_journal(self) -> Journal:
        return self._journal or self._recover()[0]

    def _recover(self) -> tuple[Journal, dict[SeriesKey, StoredSeries]]:
        """Read everything, put right what a crash or damage left, and open the journal."""
        if not self._lock.is_locked:
            raise StorageError(f"the cache {self._folder} was closed; open it again")
        if self._journal is not None:
            self._journal.trim()
        reading = self._read()
        if reading.settled and reading.journal is not None:
            journal = self._journal or Journal.open(
                self._path, reading.journal.end, len(reading.journal.payloads)
            )
            self._journal, self._compact_at = journal, _threshold(reading.base_size)
            self._journaled = set(reading.journaled)
        else:
            journal = self._rewrite(reading)
        self._tails = {key: tail(stored.bars) for key, stored in reading.series.items()}
        return journal, reading.series

    def _read(self) -> Reading:
        """Read everything; leave out what has lost something since the store was opened."""
        reading = read_cache(self._folder)
        known, found = self._journal, reading.journal
        if known and found and found.end < known.end and not _names(reading.damages, self._path):
            damages = [*reading.damages, Damage(self._path, "was cut short")]
            reading = evolve(reading, damages=damages)
        cut = _names(reading.damages, self._path)
        self._lost |= {
            key
            for key in self._tails
            if key not in reading.series or (cut and key in self._journaled)
        }
        for key in self._lost & reading.series.keys():
            del reading.series[key]
        return reading

    def _rewrite(self, reading: Reading) -> Journal:
        base_size = stage_rewrite(self._folder, reading)
        self._close_journal()  # Windows does not replace an open file
        self._problems += publish_rewrite(self._folder, reading.damages)
        self._journal = journal = Journal.open(self._path)
        self._journaled.clear()
        self._compact_at = _threshold(base_size)
        return journal

    def _close_journal(self) -> None:
        if self._journal is not None:
            self._journal.close()
            self._journal = None

    def _tails_after(self, updates: Sequence[SeriesUpdate]) -> dict[SeriesKey, Tail]:
        tails = tails_after(self._tails, updates)
        if tails is None:
            self._open_journal().trim()
            tails = tails_checked(read_cache(self._folder).series, updates)
        return tails


def _sound(
    updates: Sequence[SeriesUpdate], lost: Set[SeriesKey]
) -> tuple[list[SeriesUpdate], set[SeriesKey]]:
    """Leave out the updates of lost series that build on what is gone; return what stays lost."""
    sound, still_lost = [], set(lost)
    for update in updates:
        if update.replaces_all:
            still_lost.discard(update.key)
        if update.key not in still_lost:
            sound.append(update)
    return sound, still_lost


def _names(damages: Sequence[Damage], path: Path) -> bool:
    return any(damage.path == path for damage in damages)


def _threshold(base_size: int) -> int:
    return max(_COMPACT_FROM, int(_COMPACT_RATIO * base_size))
