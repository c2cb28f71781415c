"""From a file of another source to bars, each ticker's by itself, checked line by line."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
from attrs import field, frozen
from numpy.typing import NDArray

from adapters.imports.columns import (
    TICKER,
    TS,
    VOLUME,
    Columns,
    choose_columns,
    places_of,
)
from adapters.imports.sizes import DAY, SIZES, are_days, size_of, usual_step
from adapters.imports.stamps import Kind, Stamps, read_stamps, shown_in
from adapters.series_file import bar_file, named_size
from adapters.table_file import CSV, PARQUET, Table, read_numbers, read_table
from sellcore.bar_columns import PRICES
from sellcore.errors import ConfigError, InvalidValue
from sellcore.foreign_bars import ForeignBars
from sellcore.instrument import parse_ticker

_KINDS = (CSV, ".txt", ".tsv", PARQUET)
_DAY_SECONDS = 86_400


@frozen
class Hints:
    """
    What a person has said about the files.

    Attributes:
        columns: Names of columns, by role.
        ticker: Of all bars.
        exchange: Of symbols that stand in a column without one.
        size: Of the bars, one of SIZES.
        zone: Of times that are written without one.
        stamp_format: How times are written, as strptime knows it; None for ISO 8601.
        ends: The times are those at which the bars end.
    """

    columns: Mapping[str, str] = field(factory=dict)
    ticker: str | None = None
    exchange: str | None = None
    size: str | None = None
    zone: ZoneInfo | None = None
    stamp_format: str | None = None
    ends: bool = False


@frozen
class BarTable:
    """
    What a file holds.

    Attributes:
        path: The file.
        columns: How it was read.
        bars: One for each ticker in it.
        zone: In which its times were read, in words.
    """

    path: Path
    columns: Columns
    bars: tuple[ForeignBars, ...]
    zone: str


def read_bar_table(path: Path, hints: Hints) -> BarTable:
    """
    Read a CSV or Parquet file of bars.

    Raises:
        ConfigError: file and line, what was met, what was expected.
    """
    if path.suffix.lower() not in _KINDS:
        raise ConfigError(f"{path}: its name ends with none of {', '.join(_KINDS)}; convert it")
    chosen: list[Columns] = []

    def choose(header: Sequence[str]) -> dict[str, int]:
        columns = choose_columns(path, header, hints.columns)
        chosen.append(columns)
        return {
            f"{role} {part}" if role == TS else role: header.index(part)
            for role, name in columns.names.items()
            for part in places_of(name, role)
        }

    table = read_table(path, choose)
    (columns,) = chosen
    if not table.lines:
        raise ConfigError(f"{path}: holds no bar below its column names; give a file with bars")
    stamps = read_stamps(path, _times(table), table.lines, hints.stamp_format, hints.zone)
    numbers = {name: read_numbers(path, table, name, price=True) for name in PRICES}
    numbers[VOLUME] = np.zeros(len(table.lines))
    if VOLUME in columns.names:
        numbers[VOLUME] = read_numbers(path, table, VOLUME, price=False)
    bars, every_line = [], np.array(table.lines, dtype=np.int64)
    for ticker, rows in _tickers(path, table, hints).items():
        lines = every_line[rows]
        _in_order(path, stamps.instant[rows], lines)
        seconds = _seconds(path, hints, stamps, rows)
        stamp = _starts(path, hints, stamps, rows, seconds)
        own = {name: values[rows] for name, values in numbers.items()}
        bars.append(ForeignBars(ticker, str(path), seconds, stamp, line=lines, **own))
    return BarTable(path, columns, tuple(bars), _zone_in_words(stamps, hints))


def _times(table: Table) -> Sequence[object]:
    """Return the times, those that stand in two columns joined."""
    parts = [values for name, values in table.columns.items() if name.startswith(f"{TS} ")]
    if len(parts) == 1:
        return parts[0]
    return [f"{day} {time}".strip() for day, time in zip(*parts, strict=True)]


def _zone_in_words(stamps: Stamps, hints: Hints) -> str:
    if stamps.kind is Kind.WALL and hints.zone is not None:
        return str(hints.zone)
    return {Kind.DATE: "dates", Kind.WALL: "dates"}.get(stamps.kind, "as written")


def _tickers(path: Path, table: Table, hints: Hints) -> dict[str, NDArray[np.intp]]:
    """Return the rows of each ticker, in the order in which they come."""
    every = np.arange(len(table.lines))
    if hints.ticker is not None:
        named = set(map(str, table.columns.get(TICKER, ())))
        if len(named) > 1:
            raise ConfigError(
                f"{path}: its column of tickers names {len(named)} of them; leave --ticker out"
            )
        return {hints.ticker: every}
    if TICKER not in table.columns:
        named_after = bar_file(path)
        if named_after is None:
            raise ConfigError(
                f"{path}: whose bars are these? give --ticker EXCHANGE:SYMBOL, or name the file "
                "EXCHANGE_SYMBOL_1d.csv"
            )
        return {named_after.ticker: every}
    rows: dict[str, list[int]] = {}
    for row, name in enumerate(table.columns[TICKER]):
        rows.setdefault("" if name is None else str(name).strip(), []).append(row)
    found: dict[str, NDArray[np.intp]] = {}
    for name, own in rows.items():
        ticker = _ticker(path, name, table.lines[own[0]], hints.exchange)
        found[ticker] = np.array(own, dtype=np.intp)
    return found


def _ticker(path: Path, name: str, line: int, exchange: str | None) -> str:
    if ":" not in name and exchange is None:
        raise ConfigError(
            f"{path}: line {line}: ticker {name!r} names no exchange; say which with --exchange"
        )
    try:
        return parse_ticker(name if ":" in name else f"{exchange}:{name}")
    except InvalidValue as error:
        raise ConfigError(f"{path}: line {line}: {error}") from None


def _in_order(path: Path, instants: NDArray[np.int64], lines: NDArray[np.int64]) -> None:
    steps = np.diff(instants)
    bad = np.flatnonzero(steps <= 0)
    if len(bad):
        at, before = int(lines[bad[0] + 1]), int(lines[bad[0]])
        if steps[bad[0]] == 0:
            raise ConfigError(
                f"{path}: line {at}: this ts stands on line {before} as well; keep one of them"
            )
        raise ConfigError(
            f"{path}: line {at}: this ts lies before that of line {before}; sort the rows, "
            "oldest first"
        )


def _seconds(path: Path, hints: Hints, stamps: Stamps, rows: NDArray[np.intp]) -> int:
    """Return the length of the bars; as hinted, by the name, or by the stamps."""
    named = named_size(path)
    size = hints.size or (named.value if named is not None else None)
    if stamps.kind is Kind.DATE:
        if size not in (None, "1d"):
            raise ConfigError(f"{path}: bars of {size} with dates for times; they need the time")
        return DAY
    instants = stamps.instant[rows]
    try:
        seconds = size_of(instants) if size is None else SIZES[size]
    except InvalidValue as error:
        raise ConfigError(f"{path}: {error}") from None
    if len(rows) > 1 and (seconds == DAY) is not are_days(instants):
        raise ConfigError(f"{path}: its bars are not of {size}, by their times")
    if hints.size is None and seconds and usual_step(instants) > seconds:
        raise ConfigError(
            f"{path}: its bars are {usual_step(instants) // 60} minutes apart, and it is named for "
            f"bars of {size}; rename it, or say --size {size} if that is right"
        )
    return seconds


def _starts(
    path: Path, hints: Hints, stamps: Stamps, rows: NDArray[np.intp], seconds: int
) -> NDArray[np.int64]:
    """Return the starts of bars, seconds since 1970 UTC; of days, their dates at midnight UTC."""
    if seconds == DAY:
        wall = stamps.wall[rows]
        if stamps.kind is Kind.INSTANT and np.any(wall % _DAY_SECONDS):
            if hints.zone is None:
                raise ConfigError(
                    f"{path}: its daily bars have times of day; say on whose calendar they are "
                    "dates, e.g. --zone America/New_York"
                )
            wall = shown_in(hints.zone, stamps.instant[rows])
        return wall // _DAY_SECONDS * _DAY_SECONDS
    if stamps.kind is Kind.WALL and hints.zone is None:
        raise ConfigError(
            f"{path}: its times have no zone; name it, e.g. --zone America/New_York or --zone UTC"
        )
    return stamps.instant[rows] - (seconds if hints.ends else 0)
