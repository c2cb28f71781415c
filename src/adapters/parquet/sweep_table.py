"""The figures of a sweep as an Arrow table, and as the bytes of a Parquet file."""

import pyarrow as pa
import pyarrow.parquet as pq

from sellcore.backtest.universe.sweep import Sweep


def sweep_table(swept: Sweep) -> pa.Table:
    """
    Return a row for each ticker and rule, ticker by ticker.

    Columns: ticker, timeframe, kind, length, then those of
    ``sellcore.backtest.universe.measuring.COLUMNS``; null where there is no such figure. What all
    of it takes for granted stands in the schema's metadata, under ``assumptions``.
    """
    told = "\n".join(swept.assumptions_in_words)
    return swept.to_arrow().replace_schema_metadata({"assumptions": told})


def sweep_parquet(swept: Sweep) -> bytes:
    """Return the table as a Parquet file; the same sweep, the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(sweep_table(swept), sink)
    return bytes(sink.getvalue())
