"""Stored bars by ticker, for research: the broker's or imported ones, never a mixture."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from difflib import get_close_matches
from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from sellcli.compose.files import imported_dir
from sellcli.compose.sessions import sessions_around
from sellcli.settings import Settings
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from adapters.series_file import BarFile
    from sellcore.series import SeriesKey, StoredSeries
    from sellcore.timeframe import Granularity
    from sellcore.trading_days import TradingDays

_AROUND = timedelta(days=1)


class Origin(Enum):
    """
    Where bars come from; each lies in a folder of its own.

    SIMULATED bars were served by a simulated gateway, perhaps made up: they are only
    taken where they are named. FILES are a data folder's, which nobody has imported.
    """

    BROKER = "broker"
    IMPORTED = "imported"
    SIMULATED = "simulated"
    FILES = "files"

    def __str__(self) -> str:
        return self.value


@frozen
class TickerBars:
    """
    All that is stored of one ticker, from one origin.

    Attributes:
        ticker: ``EXCHANGE:SYMBOL``.
        origin: Whose bars they are.
        series: Half hours, days, or both.
        sessions: Of its exchange, around all of these bars.
    """

    ticker: str
    origin: Origin
    series: "Mapping[Granularity, StoredSeries]"
    sessions: "TradingDays"


def stored_bars(
    settings: Settings, tickers: Sequence[str], origin: Origin | None = None
) -> tuple[TickerBars, ...]:
    """
    Return what the cache holds of each ticker, in the order asked for.

    Args:
        settings: Where the cache is.
        tickers: ``EXCHANGE:SYMBOL`` each, in any case; none for all there are.
        origin: Broker, imported or simulated; None for the one of the first two that
            has the ticker.

    Raises:
        CalendarError: no sessions are known for an exchange, or for these days.
        ConfigError: a ticker has no bars, has them from both origins, or from two contracts.
        InvalidValue: a ticker is none.
        StorageError: the cache cannot be read, or a part of it is damaged.
    """
    from sellcore.instrument import parse_ticker

    held = {each: _by_ticker(_folder(settings, each)) for each in _taken(origin)}
    known = sorted({ticker for found in held.values() for ticker in found})
    wanted = list(dict.fromkeys(map(parse_ticker, tickers))) or known
    found = []
    for ticker in wanted:
        having = [each for each in held if ticker in held[each]]
        if not having:
            raise ConfigError(_unknown(ticker, known, settings, origin))
        if len(having) > 1:
            raise ConfigError(
                f"{ticker} is in the cache twice, from the broker and imported; give --origin "
                "broker or --origin imported"
            )
        series = _one_contract(ticker, held[having[0]][ticker])
        found.append(
            TickerBars(ticker, having[0], series, sessions_around(ticker, series.values()))
        )
    return tuple(found)


def only_elsewhere(settings: Settings, origin: Origin | None, ticker: str | None = None) -> str:
    """
    Say that bars are there from an origin that was not asked for, and how to ask for it.

    Args:
        settings: Where the cache is.
        origin: Whose bars were asked for.
        ticker: Of which ticker; None for any.

    Returns:
        The rest of a line, or nothing where there are none.
    """
    from adapters.parquet.reading import read_cache

    for other, told in _TOLD.items():
        if other in _taken(origin):
            continue
        stored = read_cache(_folder(settings, other)).series  # what is damaged there is no answer
        if any(len(each.bars) and ticker in (None, key.ticker) for key, each in stored.items()):
            return f", only {told}; take those with --origin {other}"
    return ""


_TOLD = {
    Origin.BROKER: "the broker's",
    Origin.IMPORTED: "imported ones",
    Origin.SIMULATED: "simulated ones",
}
"""What lies in the cache, in words."""


def _taken(origin: Origin | None) -> tuple[Origin, ...]:
    """Return the origins that are looked at; simulated bars are only where they are named."""
    return (Origin.BROKER, Origin.IMPORTED) if origin is None else (origin,)


def folder_bars(folder: Path, tickers: Sequence[str] = ()) -> tuple[TickerBars, ...]:
    """
    Return the bars of a data folder, read as an import reads them; nothing is stored.

    Half hours are cut from the finest file of a ticker. Times without a zone are in
    UTC, as the manual says of such a folder.

    Args:
        folder: ``EXCHANGE_SYMBOL_1d.csv`` and the like.
        tickers: ``EXCHANGE:SYMBOL`` each, in any case; none for all there are.

    Raises:
        ConfigError: the folder or a file cannot be used, or a ticker is not there.
        InvalidValue: a ticker is none, or bars do not fit into sessions.
    """
    from zoneinfo import ZoneInfo

    from adapters.calendar import SessionTable
    from adapters.clocks import SystemClock
    from adapters.gateway.bar_files import list_folder
    from adapters.imports.bar_table import Hints, read_bar_table
    from sellcore.instrument import parse_ticker
    from sellcore.usecases.import_bars import plan_import

    finest: dict[tuple[str, bool], BarFile] = {}
    for file in sorted(list_folder(folder), key=lambda file: file.size.seconds):
        finest.setdefault((file.ticker, file.size.seconds == 0), file)
    known = sorted({ticker for ticker, _ in finest})
    wanted = list(dict.fromkeys(map(parse_ticker, tickers))) or known
    for ticker in wanted:
        if ticker not in known:
            raise ConfigError(f"data folder {folder}: holds no bars of {ticker}; it has {known[0]}")
    hints, now = Hints(zone=ZoneInfo("UTC")), SystemClock().now()
    files = [file for (ticker, _), file in finest.items() if ticker in wanted]
    bars = [each for file in files for each in read_bar_table(file.path, hints).bars]
    series: dict[str, dict[Granularity, StoredSeries]] = {ticker: {} for ticker in wanted}
    for each in plan_import(bars, SessionTable(), {}, now, replace=False):
        series[each.taken.key.ticker][each.taken.key.granularity] = each.taken.stored
    return tuple(
        TickerBars(ticker, Origin.FILES, found, sessions_around(ticker, found.values()))
        for ticker, found in series.items()
    )


def _folder(settings: Settings, origin: Origin) -> Path:
    if origin is Origin.BROKER:
        return settings.cache_dir
    return imported_dir(settings) if origin is Origin.IMPORTED else settings.cache_dir / str(origin)


def _by_ticker(folder: Path) -> "dict[str, dict[SeriesKey, StoredSeries]]":
    from adapters.parquet.reading import read_cache
    from sellcore.errors import StorageError

    reading = read_cache(folder)
    if reading.damages:
        raise StorageError(f"{reading.damages[0]}; see 'sellcli cache verify'")
    found: dict[str, dict[SeriesKey, StoredSeries]] = {}
    for key, stored in reading.series.items():
        if len(stored.bars):
            found.setdefault(key.ticker, {})[key] = stored
    return found


def _one_contract(
    ticker: str, held: "Mapping[SeriesKey, StoredSeries]"
) -> "dict[Granularity, StoredSeries]":
    ids = sorted({key.con_id for key in held})
    if len(ids) > 1:
        contracts = ", ".join(map(str, ids))
        raise ConfigError(
            f"{ticker} names the contracts {contracts} in the cache; import the bars of the one "
            "that is meant under a ticker of its own"
        )
    return {key.granularity: stored for key, stored in held.items()}


def _unknown(ticker: str, known: Sequence[str], settings: Settings, origin: Origin | None) -> str:
    asked = "" if origin is None else f" ({origin})"
    if elsewhere := only_elsewhere(settings, origin, ticker):
        return f"no bars of {ticker} are stored in {settings.cache_dir}{asked}{elsewhere}"
    near = get_close_matches(ticker, known, n=1)
    hint = f"did you mean {near[0]}? else " if near else ""
    return (
        f"no bars of {ticker} are stored in {settings.cache_dir}{asked}; {hint}watch it with "
        "'sellcli start', or bring bars with 'sellcli import'"
    )
