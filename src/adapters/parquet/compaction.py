"""Folding the journal into the base files, and putting right what was found damaged."""

from collections.abc import Sequence
from pathlib import Path

from adapters.parquet.base_file import Base, encode_base
from adapters.parquet.damage import Damage
from adapters.parquet.durable import publish, set_aside, stage, unstage
from adapters.parquet.journal_file import first_bytes
from adapters.parquet.layout import BASES, JOURNAL
from adapters.parquet.reading import Reading
from sellcore.errors import StorageError


def stage_rewrite(folder: Path, reading: Reading) -> int:
    """
    Write what was read as the next generation, beside the files there are.

    Returns:
        The size of the new base files, bytes.

    Raises:
        StorageError: nothing has changed.
    """
    generation = 1 + max([*reading.generations.values(), *_journal_generation(reading)], default=0)
    size = 0
    try:
        for granularity, name in BASES.items():
            keys = sorted(
                (key for key in reading.series if key.granularity is granularity),
                key=lambda key: key.con_id,
            )
            base = Base(generation, {key: reading.series[key] for key in keys})
            content = encode_base(base, granularity)
            stage(folder / name, content)
            size += len(content)
        stage(folder / JOURNAL, first_bytes(generation))
    except StorageError:
        unstage(_paths(folder))
        raise
    return size


def publish_rewrite(folder: Path, damages: Sequence[Damage]) -> list[str]:
    """
    Put the staged files in place, and return a line for each file that was set aside.

    The base files take their place first: until the journal follows, it is older
    than they are and counts for nothing, so that a crash between loses nothing.

    Raises:
        StorageError: some files may be in place; reading the folder again settles it.
    """
    *bases, journal = _paths(folder)
    lines = [_set_aside(damage) for damage in damages if damage.path != journal]
    publish(bases)
    lines += [_set_aside(damage) for damage in damages if damage.path == journal]
    publish([journal])
    return lines


def _journal_generation(reading: Reading) -> list[int]:
    return [reading.journal.generation] if reading.journal else []


def _paths(folder: Path) -> list[Path]:
    return [*(folder / name for name in BASES.values()), folder / JOURNAL]


def _set_aside(damage: Damage) -> str:
    if not damage.there:
        return f"{damage}; its bars are fetched anew"
    name = set_aside(damage.path).name
    return f"set aside {damage.path} as {name}: it {damage.reason}; its bars are fetched anew"
