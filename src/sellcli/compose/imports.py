"""Bars of other sources: read from files, and stored apart from those of the broker."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.compose.files import imported_dir
from sellcli.settings import Settings
from sellcore.errors import ConfigError, InvalidValue

if TYPE_CHECKING:
    from adapters.imports.bar_table import BarTable as BarTable
    from adapters.imports.bar_table import Hints
    from sellcore.usecases.import_bars import Import


@frozen
class Examined:
    """
    What files come to, before anything is stored.

    Attributes:
        tables: The files, and how each was read.
        imports: The series that they come to.
        problems: One line for each part of what was imported before that cannot be read.
    """

    tables: "tuple[BarTable, ...]"
    imports: "tuple[Import, ...]"
    problems: tuple[str, ...]


def typed_hints(
    columns: str | None,
    ticker: str | None,
    exchange: str | None,
    size: str | None,
    zone: str | None,
    stamp_format: str | None,
    *,
    ends: bool,
) -> "Hints":
    """
    Return what a person said about the files.

    Raises:
        ConfigError: a flag cannot be used.
    """
    from adapters.imports.bar_table import Hints
    from adapters.imports.columns import typed_columns
    from adapters.imports.stamps import known_zone
    from sellcore.instrument import parse_ticker

    return Hints(
        columns=typed_columns(columns),
        ticker=None if ticker is None else parse_ticker(ticker),
        exchange=exchange,
        size=size,
        zone=None if zone is None else known_zone(zone),
        stamp_format=stamp_format,
        ends=ends,
    )


def examine(
    settings: Settings, paths: Sequence[Path], hints: "Hints", *, replace: bool
) -> Examined:
    """
    Read all files and say what they come to; nothing is stored.

    Raises:
        ConfigError: the first thing that is wrong in a file, with its line.
        StorageError: what was imported before cannot be read.
    """
    from adapters.calendar import SessionTable
    from adapters.calendar.exchanges import CALENDARS
    from adapters.clocks import SystemClock
    from adapters.imports.bar_table import read_bar_table
    from adapters.parquet.reading import read_cache
    from sellcore.instrument import exchange_of
    from sellcore.usecases.import_bars import plan_import

    tables = tuple(read_bar_table(path, hints) for path in paths)
    reading = read_cache(imported_dir(settings))
    bars = [bars for table in tables for bars in table.bars]
    for each in bars:
        exchange = exchange_of(each.ticker)
        if exchange not in CALENDARS:
            raise ConfigError(
                f"{each.source}: no calendar is known for exchange {exchange!r}; name the primary "
                "one as Interactive Brokers does, e.g. NASDAQ, NYSE, ARCA, LSE or IBIS"
            )
    try:
        now = SystemClock().now()
        found = plan_import(bars, SessionTable(), reading.series, now, replace=replace)
    except InvalidValue as refused:
        raise ConfigError(str(refused)) from None
    return Examined(tables, found, tuple(map(str, reading.damages)))


def store(settings: Settings, found: "Sequence[Import]", *, replace: bool) -> int:
    """
    Store the series, all of them or none; return how many were new.

    Raises:
        ConfigError: one of them is there with other bars, and is not to be replaced.
        StorageError: nothing is stored.
    """
    from contextlib import closing

    from adapters.parquet.bar_store import ParquetBarStore
    from sellcore.usecases.import_bars import store_imports

    with closing(ParquetBarStore(imported_dir(settings))) as bars:
        return store_imports(bars, found, replace=replace)
