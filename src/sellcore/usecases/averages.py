"""Computing the averages that are kept beside the bars, for people and notebooks."""

from collections.abc import Mapping

import numpy as np

from sellcore.arrays import Floats
from sellcore.average import averages
from sellcore.average_table import AVERAGES, AverageTable
from sellcore.bar import BarSeries
from sellcore.errors import StorageError
from sellcore.ports.average_store import AverageStore
from sellcore.rule import LENGTHS, AverageKind, AverageName, required_bars
from sellcore.series import SeriesKey, StoredSeries
from sellcore.timeframe import SOURCE, Timeframe
from sellcore.trading_days import TradingDays


def average_tables(
    series: Mapping[SeriesKey, StoredSeries], sessions: Mapping[int, TradingDays]
) -> dict[Timeframe, AverageTable]:
    """
    Return all averages at every closed bar.

    Args:
        series: The stored bars.
        sessions: The exchange's sessions by contract id; hours of a contract
            without any are left out.
    """
    tables = {}
    for timeframe in Timeframe:
        bars = {
            key: closed_bars(stored, timeframe, sessions.get(key.con_id, TradingDays()))
            for key, stored in sorted(series.items(), key=lambda item: item[0].con_id)
            if key.granularity is SOURCE[timeframe]
        }
        tables[timeframe] = _table({key: found for key, found in bars.items() if len(found)})
    return tables


def closed_bars(stored: StoredSeries, timeframe: Timeframe, sessions: TradingDays) -> BarSeries:
    """Return the closed bars of ``timeframe`` that stored bars make, oldest first."""
    if timeframe is Timeframe.DAY:
        return stored.closed
    return stored.hours(sessions)


def _table(bars: Mapping[SeriesKey, BarSeries]) -> AverageTable:
    if not bars:
        return AverageTable.empty()
    counts = [len(found) for found in bars.values()]
    columns: dict[AverageName, list[Floats]] = {name: [] for name in AVERAGES}
    for found in bars.values():
        for kind in AverageKind:
            for length, values in zip(LENGTHS, averages(found.close, kind), strict=True):
                columns[kind, length].append(_converged(values, kind, length))
    return AverageTable(
        con_id=np.repeat([key.con_id for key in bars], counts),
        ticker=[k.ticker for k, n in zip(bars, counts, strict=True) for _ in range(n)],
        end=np.concatenate([found.end for found in bars.values()]),
        close=np.concatenate([found.close for found in bars.values()]),
        averages={name: np.concatenate(parts) for name, parts in columns.items()},
    )


def _converged(values: Floats, kind: AverageKind, length: int) -> Floats:
    """Blank what must not be decided on: an EMA whose seed still weighs too much."""
    values = values.copy()
    values[: required_bars(kind, length) - 1] = np.nan
    return values


def store_averages(store: AverageStore, tables: Mapping[Timeframe, AverageTable]) -> str | None:
    """Store the tables; return why that failed, or None. They can always be made anew."""
    try:
        for timeframe, table in tables.items():
            store.replace(timeframe, table)
    except StorageError as error:
        return str(error)
    return None
