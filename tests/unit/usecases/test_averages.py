"""The averages that are kept beside the bars, and those that are shown."""

from math import isnan

import numpy as np
import pytest
from tests.builders import AAPL, MSFT, a_tape
from tests.desk import FRIDAY, MINUTE, SESSIONS

from adapters.memory_store import MemoryAverageStore
from sellcore.average_table import AverageTable
from sellcore.errors import StorageError
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument
from sellcore.rule import AverageKind
from sellcore.series import SeriesKey, StoredSeries
from sellcore.timeframe import Granularity, Timeframe
from sellcore.trading_days import TradingDays
from sellcore.usecases.averages import average_tables, store_averages

EVENING = FRIDAY.close + 5 * MINUTE
NOON = FRIDAY.open + 150 * MINUTE


def climbing(n: int) -> float:
    return 100.0 + n


def stored(
    instrument: Instrument, granularity: Granularity, now: object = EVENING
) -> dict[SeriesKey, StoredSeries]:
    key = SeriesKey(instrument.con_id, granularity, instrument.ticker)
    return {key: a_tape(SESSIONS, granularity, climbing).stored(now)}  # type: ignore[arg-type]


def test_average_stands_where_it_may_be_decided_on_and_nowhere_else() -> None:
    """An SMA from its fifth bar on; an EMA from its 17th: (4/6)^12 is under a hundredth."""
    daily = average_tables(stored(MSFT, Granularity.DAY), {})[Timeframe.DAY]

    blank = {
        kind: int(np.isnan(daily.averages[kind, 5]).sum())
        for kind in (AverageKind.SMA, AverageKind.EMA)
    }
    assert blank == {AverageKind.SMA: 4, AverageKind.EMA: 16}
    assert isnan(daily.averages[AverageKind.EMA, 5][15])
    assert daily.averages[AverageKind.SMA, 5][4] == 102.0
    assert np.array_equal(daily.averages[AverageKind.SMA, 5][4:], daily.close[4:] - 2)


def test_bar_that_forms_is_in_no_table() -> None:
    """Nor is an hour half of which is there."""
    series = stored(MSFT, Granularity.HALF_HOUR, NOON) | stored(MSFT, Granularity.DAY, NOON)

    tables = average_tables(series, {MSFT.con_id: TradingDays(SESSIONS)})

    assert int(tables[Timeframe.HOUR].end[-1]) == to_epoch(FRIDAY.open + 90 * MINUTE)
    yesterday = SESSIONS[SESSIONS.index(FRIDAY) - 1]
    assert int(tables[Timeframe.DAY].end[-1]) == to_epoch(yesterday.close)


def test_each_series_has_its_own_rows() -> None:
    """In order of contracts, none of them with bars of another."""
    series = stored(MSFT, Granularity.DAY) | stored(AAPL, Granularity.DAY)

    daily = average_tables(series, {})[Timeframe.DAY]

    first, second = sorted((MSFT, AAPL), key=lambda instrument: instrument.con_id)
    half = len(daily) // 2
    assert daily.ticker == (first.ticker,) * half + (second.ticker,) * half
    assert daily.con_id.tolist() == [first.con_id] * half + [second.con_id] * half
    for column in daily.averages.values():
        assert np.array_equal(column[:half], column[half:], equal_nan=True)


def test_hours_need_sessions() -> None:
    """Without the hours of its exchange nobody knows where an hour ends."""
    tables = average_tables(stored(MSFT, Granularity.HALF_HOUR), {})

    assert len(tables[Timeframe.HOUR]) == len(tables[Timeframe.DAY]) == 0


@pytest.mark.parametrize("fails", [True, False])
def test_tables_that_cannot_be_stored_are_a_line_and_no_more(fails: bool) -> None:
    """They can always be made anew."""

    class Full(MemoryAverageStore):
        def replace(self, timeframe: Timeframe, table: AverageTable) -> None:
            if fails:
                raise StorageError("averages: no space left on device")
            super().replace(timeframe, table)

    store = Full()
    tables = average_tables(stored(MSFT, Granularity.DAY), {})

    said = store_averages(store, tables)

    assert said == ("averages: no space left on device" if fails else None)
    assert (store.read(Timeframe.DAY) is None) is fails
