"""The figures of a sweep as an Arrow table, and as the bytes of a Parquet file."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from adapters.parquet.arrow import coded_texts, column_of
from sellcore.backtest.universe import Sweep
from sellcore.bar import Floats
from sellcore.exact_block import Counts


def sweep_table(swept: Sweep) -> pa.Table:
    """
    Return a row for each ticker and rule, ticker by ticker.

    Columns: ticker, timeframe, kind, length, then those of
    ``sellcore.backtest.measuring.COLUMNS``; null where there is no such figure. What all
    of it takes for granted stands in the schema's metadata, under ``assumptions``.
    """
    tickers, rules = len(swept.tickers), len(swept.rules)
    by_ticker = np.repeat(np.arange(tickers, dtype=np.int32), rules)
    by_rule = np.tile(np.arange(rules, dtype=np.int32), tickers)
    lengths = np.array([rule.length for rule in swept.rules], dtype=np.int64)
    columns = {
        "ticker": _texts(swept.tickers, by_ticker),
        "timeframe": _texts([str(rule.timeframe) for rule in swept.rules], by_rule),
        "kind": _texts([str(rule.kind) for rule in swept.rules], by_rule),
        "length": column_of(lengths[by_rule]),
    }
    for name, values in swept.columns.items():
        columns[name] = _or_null(values.reshape(-1))
    table = pa.table(list(columns.values()), names=list(columns))
    return table.replace_schema_metadata({"assumptions": "\n".join(swept.assumptions_in_words)})


def sweep_parquet(swept: Sweep) -> bytes:
    """Return the table as a Parquet file; the same sweep, the same bytes."""
    sink = pa.BufferOutputStream()
    pq.write_table(sweep_table(swept), sink)
    return bytes(sink.getvalue())


def _texts(texts: Sequence[str], codes: NDArray[np.int32]) -> pa.Array:
    """
    Return a column of texts, written out.

    Arrow writes dictionaries with what lies behind the last code: the same table, other bytes.
    """
    return coded_texts(texts, codes).dictionary_decode()


def _or_null(values: Floats | Counts) -> pa.Array:
    """Return a column that is null where a value is NaN, which a count never is."""
    plain = np.ascontiguousarray(values)
    known = ~np.isnan(plain)
    bits = np.packbits(known, bitorder="little")
    missing = len(plain) - int(np.count_nonzero(known))
    buffers = [pa.py_buffer(bits) if missing else None, pa.py_buffer(plain)]
    return pa.Array.from_buffers(pa.from_numpy_dtype(plain.dtype), len(plain), buffers, missing)
