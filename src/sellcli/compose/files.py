"""What lies in files: assignments, the audit log, the kill switch, the cache."""

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from sellcli.compose.sessions import sessions_around
from sellcli.settings import Settings
from sellcore.errors import CalendarError

if TYPE_CHECKING:
    from adapters.kill_file import KillFile
    from adapters.parquet.inspection import CacheInfo, Rebuilt
    from adapters.parquet.inspection import SeriesInfo as SeriesInfo
    from sellcore.ports.assignments import AssignmentStore
    from sellcore.ports.decision_log import DecisionLog
    from sellcore.series import SeriesKey, StoredSeries
    from sellcore.trading_days import TradingDays


def assignment_file(path: Path) -> "AssignmentStore":
    """Return the assignments of one CSV file."""
    from adapters.csv_assignments import CsvAssignments

    return CsvAssignments(path)


def assignment_store(settings: Settings) -> "AssignmentStore":
    """Return the user's assignments."""
    return assignment_file(settings.assignments)


def decision_log(settings: Settings) -> "DecisionLog":
    """Return the audit log."""
    from adapters.signal_log import SignalLog

    return SignalLog(settings.log_dir)


def kill_switch(settings: Settings) -> "KillFile":
    """Return the file that halts selling."""
    from adapters.kill_file import KillFile

    return KillFile(settings.state_dir)


def imported_dir(settings: Settings) -> Path:
    """Return where bars of other sources lie: apart, so that no watch ever reads them."""
    return settings.cache_dir / "imported"


def cache_info(settings: Settings) -> "CacheInfo":
    """Return what is stored of the broker's bars."""
    from adapters.parquet.inspection import info

    return info(settings.cache_dir)


def imported_info(settings: Settings) -> "CacheInfo":
    """Return what is stored of bars that were imported."""
    from adapters.parquet.inspection import info

    return info(imported_dir(settings))


def cache_findings(settings: Settings) -> tuple[str, ...]:
    """Return what is wrong with what is stored, one line each."""
    from adapters.parquet.verification import verify

    own = map(str, verify(settings.cache_dir).findings)
    imported = verify(imported_dir(settings)).findings
    return (*own, *(f"imported, {finding}" for finding in imported))


def cache_rebuild(settings: Settings) -> "Rebuilt":
    """Write the stored bars anew, and their averages."""
    from adapters.parquet.inspection import rebuild
    from sellcore.usecases.averages import average_tables

    return rebuild(settings.cache_dir, lambda series: average_tables(series, _sessions(series)))


def _sessions(series: "Mapping[SeriesKey, StoredSeries]") -> "dict[int, TradingDays]":
    """Return the table's sessions around all stored bars, by contract id."""
    found = {}
    for key, stored in series.items():
        if len(stored.bars):
            with suppress(CalendarError):
                found[key.con_id] = sessions_around(key.ticker, (stored,))
    return found
