"""A scenario for a folder of bars that nobody wrote one for."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
from attrs import evolve

from adapters.gateway.bar_files import BarFile, FileBars, FileSize, list_folder, read_file
from adapters.gateway.scenario import Scenario, ScenarioPosition, load_scenario, made_up_con_id
from sellcore.errors import CalendarError, ConfigError
from sellcore.instrument import exchange_of
from sellcore.ports.sessions import SessionCalendar
from sellcore.session import Session

OWN = "scenario.toml"
"""A folder may bring its own scenario under this name."""

ACCOUNT = "DU0000001"
SHARES = Decimal(100)
_EARLY = timedelta(minutes=5)
_LONGEST_PAUSE = 10
"""Days within which every exchange has a session."""
_FINEST_FIRST = (FileSize.MINUTE, FileSize.FIVE_MINUTES, FileSize.HALF_HOUR, FileSize.DAY)


def folder_scenario(folder: Path, calendar: SessionCalendar) -> Scenario:
    """
    Return the folder's own scenario, or one that holds 100 shares of all it has bars of.

    Its own scenario has the folder's bars too, unless it names others.

    It begins five minutes before the open of the last session that the bars
    reach into, which is the day to watch.

    Raises:
        ConfigError: the folder or a file in it cannot be read.
    """
    own = folder / OWN
    if own.is_file():
        brought = load_scenario(own)
        return brought if brought.data is not None else evolve(brought, data=folder)
    finest = _finest(list_folder(folder))
    bars = {ticker: read_file(file) for ticker, file in finest.items()}
    last = max(
        (_last_session(finest[ticker], series, calendar) for ticker, series in bars.items()),
        key=lambda session: session.open,
    )
    return Scenario(
        account=ACCOUNT,
        start=last.open - _EARLY,
        data=folder,
        positions=tuple(
            ScenarioPosition(
                ticker=ticker,
                con_id=made_up_con_id(ticker),
                currency="USD",
                quantity=SHARES,
                average_cost=round(float(np.median(series.close)), 2),
            )
            for ticker, series in sorted(bars.items())
        ),
    )


def _finest(files: list[BarFile]) -> dict[str, BarFile]:
    found: dict[str, BarFile] = {}
    for size in _FINEST_FIRST:
        for file in files:
            if file.size is size:
                found.setdefault(file.ticker, file)
    return found


def _last_session(file: BarFile, bars: FileBars, calendar: SessionCalendar) -> Session:
    if not len(bars.stamp):
        raise ConfigError(f"{file.path}: holds no bar")
    stamp = int(bars.stamp[-1])
    if file.size is FileSize.DAY:
        day = date.fromordinal(stamp)
    else:
        day = datetime.fromtimestamp(stamp, UTC).date()
    exchange = exchange_of(file.ticker)
    first = date.fromordinal(max(day.toordinal() - _LONGEST_PAUSE, 1))
    try:
        return calendar.sessions(exchange, first, day)[-1]
    except CalendarError:
        pass
    try:
        return calendar.sessions("NYSE", first, day)[-1]
    except CalendarError as error:
        raise ConfigError(f"{file.path}: {error}") from None
