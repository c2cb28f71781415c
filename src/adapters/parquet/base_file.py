"""The base file of one granularity: every bar in Parquet, and an index of its series."""

from collections.abc import Iterator, Mapping

import numpy as np
from attrs import frozen

from adapters.parquet.damage import Damaged
from adapters.parquet.sealed import unseal
from sellcore.bar import BarSeries
from sellcore.bar_columns import PRICES
from sellcore.coverage import Coverage
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


def encode_base(base: Base, granularity: Granularity) -> bytearray:
    """Return the bytes of a base file; ``base`` holds that granularity only."""
    from adapters.parquet import arrow  # reading and merging do without it, and start sooner

    index = {
        "content": f"bars-{granularity}",
        "generation": base.generation,
        "series": [
            [key.con_id, key.ticker, len(stored.bars), stored.coverage.intervals]
            for key, stored in base.series.items()
        ],
    }
    all_bars = [stored.bars for stored in base.series.values()]
    numbers = {
        name: np.concatenate([np.empty(0, dtype), *(getattr(bars, name) for bars in all_bars)])
        for name, dtype in _TYPES.items()
    }
    return arrow.sealed_parquet(numbers, arrow.labels_of(*_owners(base)), index)


def decode_base(content: bytearray, granularity: Granularity) -> Base:
    """
    Read the bytes of a base file, which become the memory of the bars.

    Raises:
        Damaged: they are not those of one, or not as they were written.
        NewerSchema: a later program wrote them.
    """
    sealed = unseal(content, _TYPES)
    if sealed.index.get("content") != f"bars-{granularity}":
        raise Damaged(f"holds {sealed.index.get('content')!r} instead of bars-{granularity}")
    try:
        index = sealed.index["series"]
        bars = BarSeries.split(list(sealed.columns.values()), [count for _, _, count, _ in index])
        series = {
            SeriesKey(con_id, granularity, ticker): StoredSeries(
                part, Coverage(tuple((low, high) for low, high in intervals))
            )
            for (con_id, ticker, _, intervals), part in zip(index, bars, strict=True)
        }
        return Base(int(sealed.index["generation"]), series)
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"contradicts itself: {error}") from error


def column_faults(content: bytes, granularity: Granularity) -> Iterator[str]:
    """
    Say in which columns other tools see something else than we do, or that they see none.

    Raises:
        Damaged, NewerSchema: as for ``decode_base``.
    """
    from adapters.parquet import arrow  # see encode_base

    labels = arrow.labels_of(*_owners(decode_base(bytearray(content), granularity)))
    try:
        table = arrow.read_table(content, [*labels, *_TYPES])
    except Damaged as reason:  # for them, not for us: we go by our own index
        yield str(reason)
        return
    columns = unseal(bytearray(content), _TYPES).columns
    ours = {**labels, **{name: arrow.column_of(values) for name, values in columns.items()}}
    for name, values in ours.items():
        if not arrow.same(table.column(name), values):
            yield f"the column {name!r} reads otherwise with other tools"


def _owners(base: Base) -> tuple[list[int], list[str], list[int]]:
    """Return contract ids, tickers and bar counts, series by series."""
    return (
        [key.con_id for key in base.series],
        [key.ticker for key in base.series],
        [len(stored.bars) for stored in base.series.values()],
    )
