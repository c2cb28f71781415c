"""Reading the stored bars: the base files, and the journal on top of them."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from attrs import frozen

from adapters.parquet.base_file import Base, decode_base
from adapters.parquet.damage import Damage, Damaged, too_new
from adapters.parquet.durable import read_bytes
from adapters.parquet.journal_file import Scan, scan
from adapters.parquet.journal_records import squash
from adapters.parquet.layout import BASES, JOURNAL, SCHEMA_VERSION
from adapters.parquet.sealed import NewerSchema
from sellcore.errors import InvalidValue
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries, apply
from sellcore.timeframe import Granularity


@frozen
class Reading:
    """
    What the cache holds, and what of it cannot be read.

    Attributes:
        series: Everything that can be trusted, by granularity and contract id.
        journal: None when there is none, or none that can be read.
        generations: Of the base files that can be read.
        damages: What is to be set aside.
        base_size: Bytes of the base files.
        journaled: The series that the journal has something of.
    """

    series: dict[SeriesKey, StoredSeries]
    journal: Scan | None
    generations: Mapping[Granularity, int]
    damages: Sequence[Damage]
    base_size: int
    journaled: frozenset[SeriesKey]

    @property
    def settled(self) -> bool:
        """Whether the journal continues exactly the base files there are."""
        if self.damages or self.journal is None:
            return False
        return set(self.generations.values()) == {self.journal.generation}


def read_cache(folder: Path) -> Reading:
    """
    Read all bars in ``folder``, changing nothing; a folder that is not there is empty.

    The journal is read before the base files: a compaction in between, by another
    process, leaves base files that hold all of that journal, and more.

    Raises:
        StorageError: a file cannot be read at all, or a later program wrote it.
    """
    exists = any((folder / name).exists() for name in (JOURNAL, *BASES.values()))
    journal, updates, damages = _read_journal(folder / JOURNAL, expected=exists)
    series: dict[SeriesKey, StoredSeries] = {}
    generations: dict[Granularity, int] = {}
    base_size = 0
    for granularity, name in BASES.items():
        content = read_bytes(folder / name)
        base_size += len(content or b"")
        base = _read_base(folder / name, content, granularity, journal, expected=exists)
        if isinstance(base, Damage):
            damages.append(base)
        elif base is not None:
            generations[granularity] = base.generation
            series.update(base.series)
        if isinstance(base, Base) and journal and base.generation > journal.generation:
            continue  # the journal is in it already
        complete = not isinstance(base, Damage)
        own = [u for u in updates.items() if u[0].granularity is granularity]
        damages += _replay(series, own, folder / JOURNAL, complete=complete)
    return Reading(series, journal, generations, damages, base_size, frozenset(updates))


def _read_journal(
    path: Path, *, expected: bool
) -> tuple[Scan | None, dict[SeriesKey, SeriesUpdate | None], list[Damage]]:
    content = read_bytes(path)
    if content is None:
        return None, {}, [Damage(path, "is missing", there=False)] if expected else []
    journal, damage = scan(path, content)
    damages = [damage] if damage else []
    if journal is None:
        return None, {}, damages
    try:
        return journal, squash(journal.payloads), damages
    except Damaged as reason:
        return None, {}, [Damage(path, str(reason))]


def _read_base(
    path: Path,
    content: bytearray | None,
    granularity: Granularity,
    journal: Scan | None,
    *,
    expected: bool,
) -> Base | Damage | None:
    if content is None:
        return Damage(path, "is missing", there=False) if expected else None
    try:
        base = decode_base(content, granularity)
    except NewerSchema as newer:
        raise too_new(path, newer.version, SCHEMA_VERSION) from newer
    except Damaged as reason:
        return Damage(path, str(reason))
    if journal is not None and base.generation < journal.generation:
        return Damage(path, "is older than its journal")
    return base


def _replay(
    series: dict[SeriesKey, StoredSeries],
    updates: Sequence[tuple[SeriesKey, SeriesUpdate | None]],
    journal: Path,
    *,
    complete: bool,
) -> list[Damage]:
    """
    Bring ``series`` forward by updates from the journal; return what cannot be.

    Without a complete base only the updates that do not build on it count: the
    others claim coverage for bars that are gone.
    """
    damages = []
    for key, update in updates:
        stored = series.pop(key, None)  # the key too: its ticker may be new
        if update is None or not (complete or update.replaces_all):
            continue
        try:
            series[key] = apply(stored, update)
        except InvalidValue:
            damages.append(Damage(journal, f"holds bars of {key} that do not fit its base file"))
    return damages


class BarReader:
    """Reads the bars while another process may be writing them; changes nothing."""

    def __init__(self, folder: Path) -> None:
        """Read below ``folder``; one that is not there is empty."""
        self._folder = folder
        self._problems: list[str] = []

    def load(self) -> Mapping[SeriesKey, StoredSeries]:
        """
        Return everything stored that can be read.

        Raises:
            StorageError: a file cannot be read at all, or a later program wrote it.
        """
        reading = read_cache(self._folder)
        self._problems = [
            f"{damage}; it is fetched anew at the next start" for damage in reading.damages
        ]
        return reading.series

    def problems(self) -> Sequence[str]:
        """Return one line for each part that the last ``load`` could not read."""
        return tuple(self._problems)
