"""The figures of a sweep as a table that others read."""

import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from adapters.memory_bars import MemoryBars
from adapters.parquet.sweep_table import sweep_parquet, sweep_table
from sellcore.backtest import Assumptions, Entry, sweep
from sellcore.bar import BarSeries
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

RULES = [
    MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY),
    MovingAverageRule(AverageKind.EMA, 20, Timeframe.DAY),
]


def a_sweep():
    """Return a sweep of a long history and of one that the EMA cannot decide."""

    def days(count):
        start = 1_577_923_200 + 86_400 * np.arange(count)
        close = np.round(50 + np.sin(np.arange(count)), 2)
        return BarSeries(start, start + 86_400, close, close, close, close, close)

    source = MemoryBars({Timeframe.DAY: {"NYSE:LONG": days(120), "NYSE:NEW": days(30)}})
    return sweep(source, RULES, Assumptions(entry=Entry.RECLAIM))


def test_a_table_has_the_rows_of_the_sweep():
    """Value for value, null where there is none."""
    swept = a_sweep()
    expected = [
        {key: None if value != value else value for key, value in row.items()}
        for row in swept.rows()
    ]

    assert sweep_table(swept).to_pylist() == expected
    assert expected[3]["final_equity"] is None


def test_a_table_says_what_it_takes_for_granted():
    """Beside the figures, not in another file."""
    words = sweep_table(a_sweep()).schema.metadata[b"assumptions"].decode()

    assert words.startswith("each ticker and rule on an account of its own\nentry reclaim")


def test_the_same_sweep_gives_the_same_bytes():
    """And they read back as the table."""
    content = sweep_parquet(a_sweep())

    assert content == sweep_parquet(a_sweep())
    read = pq.read_table(pa.BufferReader(content))
    assert read.column_names == sweep_table(a_sweep()).column_names
    assert math.isclose(read["cagr"][0].as_py(), a_sweep().columns["cagr"][0, 0])
