"""Bars for research: which tickers, from where, and of which timeframe."""

from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from sellcli.compose.bars import Origin, TickerBars, folder_bars, only_elsewhere, stored_bars
from sellcli.settings import Settings
from sellcore.errors import ConfigError

if TYPE_CHECKING:
    from adapters.action_file import ActionFile
    from sellcore.bar import BarSeries
    from sellcore.coverage import Coverage
    from sellcore.timeframe import Timeframe


def research_bars(
    settings: Settings, tickers: Sequence[str], data: Path | None, origin: Origin | None
) -> tuple[TickerBars, ...]:
    """
    Return all bars that there are of some tickers.

    Args:
        settings: Where the cache is.
        tickers: ``EXCHANGE:SYMBOL`` each; none for all there are.
        data: A data folder to read in place of the cache.
        origin: Whose bars of the cache; None for whoever has them.

    Raises:
        ConfigError: there are none, or not of a ticker.
        InvalidValue: a ticker is none, or bars do not fit into sessions.
        StorageError: the cache cannot be read.
    """
    if data is not None:
        return folder_bars(data, tickers)
    found = stored_bars(settings, tickers, origin)
    if not found:
        where = settings.cache_dir if origin is None else f"{settings.cache_dir} ({origin})"
        way_out = only_elsewhere(settings, origin) or "; watch with 'sellcli start'"
        raise ConfigError(
            f"no bars are stored in {where}{way_out}, bring bars with 'sellcli import', or name "
            "a folder with --data"
        )
    return found


def has_bars(found: TickerBars, timeframe: "Timeframe") -> bool:
    """Say whether there are bars to make those of a timeframe from."""
    from sellcore.timeframe import SOURCE

    return SOURCE[timeframe] in found.series


def closed_bars(
    found: TickerBars,
    timeframe: "Timeframe",
    *,
    allow_gaps: bool,
    since: date | None = None,
    until: date | None = None,
) -> "BarSeries":
    """
    Return a ticker's closed bars of a timeframe.

    Args:
        found: All that there is of it.
        timeframe: Hours are built from half hours, by the exchange's sessions.
        allow_gaps: Take the bars around a gap for neighbours.
        since: What is asked about begins then: bars behind the last gap before it will do,
            as live decides on no others.
        until: The last trading date.

    Raises:
        ConfigError: there are none, or they have a gap.
    """
    from sellcore.backtest.dates import day_number, trading_dates
    from sellcore.evaluation import gaps
    from sellcore.instant import from_epoch
    from sellcore.timeframe import SOURCE, Granularity, Timeframe

    stored = found.series.get(SOURCE[timeframe])
    if stored is None:
        has, needs = "days", "half hours"
        if Granularity.HALF_HOUR in found.series:
            has, needs = needs, has
        raise ConfigError(
            f"{found.ticker} has only {has}, and a rule of {timeframe} needs {needs}; bring them "
            "with 'sellcli import', or test a rule of the other timeframe"
        )
    hours = timeframe is Timeframe.HOUR
    bars = stored.hours(found.sessions) if hours else stored.closed
    if until is not None:
        dates = trading_dates(bars.start, bars.end)
        bars = bars[: int(dates.searchsorted(day_number(until), side="right"))]
    missing = gaps(bars, stored.coverage, found.sessions)
    if allow_gaps or missing.until is None:
        return bars
    ends_in = found.sessions[found.sessions.begun(from_epoch(missing.until - 1)) - 1]
    if since is None or ends_in.day > since:
        raise ConfigError(_gap(found.ticker, missing))
    return bars[int(bars.start.searchsorted(missing.until)) :]


def check_some(bars: "Iterable[BarSeries]", until: date | None) -> None:
    """
    Refuse bars that all begin behind the last trading date.

    Raises:
        ConfigError: no bar is left.
    """
    if until is not None and not any(map(len, bars)):
        raise ConfigError(f"there is no bar up to --to {until}; end later, or bring older bars")


def _gap(ticker: str, missing: "Coverage") -> str:
    from sellcore.instant import from_epoch, iso

    start, end = (iso(from_epoch(each)) for each in missing.intervals[0])
    others = len(missing.intervals) - 1
    more = f" (and {others} more gap{'s' * (others > 1)})" if others else ""
    return (
        f"{ticker}: bars are missing from {start} to {end}{more}; bring them, begin behind the "
        "gaps with --from, or take what there is with --allow-gaps"
    )


def read_actions(path: Path) -> "ActionFile":
    """
    Return the corporate actions of a file.

    Raises:
        ConfigError: it cannot be read.
    """
    from adapters import action_file

    return action_file.read_actions(path)
