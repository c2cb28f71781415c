"""The base file of one granularity: every bar in Parquet, and an index of its series."""

import json
from collections.abc import Mapping

import numpy as np
import pyarrow as pa
from attrs import frozen

from adapters.parquet.buffers import array, labels, numbers, table_of
from adapters.parquet.damage import Damaged
from adapters.parquet.sealed import Sealed, seal, unseal
from sellcore.bar import COLUMNS, PRICES, BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.series import SeriesKey, StoredSeries
from sellcore.timeframe import Granularity

_TYPES = {
    **dict.fromkeys(("start", "end"), "<i8"),
    **dict.fromkeys((*PRICES, "volume"), "<f8"),
}


@frozen
class Base:
    """
    What a base file holds.

    Attributes:
        generation: One more at each compaction; says which journal continues it.
        series: Everything stored at that moment, in the order of the rows.
    """

    generation: int
    series: Mapping[SeriesKey, StoredSeries]


def encode_base(base: Base, granularity: Granularity) -> list[bytes | memoryview]:
    """Return the bytes of a base file, in pieces; ``base`` holds that granularity only."""
    index = [
        [key.con_id, key.ticker, len(stored.bars), stored.coverage.intervals]
        for key, stored in base.series.items()
    ]
    texts = {
        "content": f"bars-{granularity}",
        "generation": str(base.generation),
        "series": json.dumps(index, separators=(",", ":")),
    }
    return seal(_table(base.series), texts)


def decode_base(content: bytes, granularity: Granularity) -> Base:
    """
    Read the bytes of a base file.

    Raises:
        Damaged: they are not those of one, or not as they were written.
        NewerSchema: a later program wrote them.
    """
    return _base(unseal(content, COLUMNS), granularity)


def label_faults(content: bytes, granularity: Granularity) -> list[str]:
    """
    Compare the columns con_id and ticker, which people read, with the index, which we read.

    Raises:
        Damaged, NewerSchema: as for ``decode_base``.
    """
    sealed = unseal(content, (*COLUMNS, "con_id", "ticker"))
    series = _base(sealed, granularity).series
    expected = _table(series)
    return [
        f"the column {name!r} differs from the index"
        for name in ("con_id", "ticker")
        if not _plain(sealed.table, name).equals(_plain(expected, name))
    ]


def _plain(table: pa.Table, name: str) -> pa.ChunkedArray:
    column = table.column(name)
    return column.cast(pa.string()) if name == "ticker" else column


def _table(series: Mapping[SeriesKey, StoredSeries]) -> pa.Table:
    counts = [len(stored.bars) for stored in series.values()]
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    con_ids = np.array([key.con_id for key in series], dtype=np.int64)
    columns = {
        "con_id": numbers(con_ids[owner]),
        "ticker": labels([key.ticker for key in series], owner),
    }
    for name, dtype in _TYPES.items():
        parts = [getattr(stored.bars, name) for stored in series.values()]
        columns[name] = numbers(np.concatenate([np.empty(0, dtype), *parts]))
    return table_of(columns)


def _base(sealed: Sealed, granularity: Granularity) -> Base:
    content = sealed.texts.get("content")
    if content != f"bars-{granularity}":
        raise Damaged(f"holds {content!r} instead of bars-{granularity}")
    columns = [array(sealed.table, name, dtype) for name, dtype in _TYPES.items()]
    try:
        index = json.loads(sealed.texts["series"])
        bars = BarSeries.split(columns, [count for _, _, count, _ in index])
        series = {
            SeriesKey(con_id, granularity, ticker): StoredSeries(
                part, Coverage(tuple((low, high) for low, high in intervals))
            )
            for (con_id, ticker, _, intervals), part in zip(index, bars, strict=True)
        }
        return Base(int(sealed.texts["generation"]), series)
    except (KeyError, TypeError, ValueError, InvalidValue) as error:
        raise Damaged(f"contradicts itself: {error}") from error
