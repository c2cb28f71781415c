"""Computed averages in Parquet, a file per timeframe."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from adapters.parquet.buffers import array, labels, numbers, table_of
from adapters.parquet.damage import Damaged, too_new
from adapters.parquet.durable import publish, read_bytes, stage, storage_error
from adapters.parquet.layout import AVERAGES as FILES
from adapters.parquet.layout import SCHEMA_VERSION
from adapters.parquet.sealed import NewerSchema, seal, unseal
from sellcore.average_table import AVERAGES, AverageTable
from sellcore.timeframe import Timeframe

COLUMNS = {(kind, length): f"{kind.value.lower()}_{length}" for kind, length in AVERAGES}
"""The column of each average: ``sma_5`` to ``ema_200``."""


class ParquetAverageStore:
    """
    Averages beside the bars, in the same folder; who writes them holds its bar store's lock.

    A damaged file is not set aside: it holds nothing that cannot be computed anew.
    """

    def __init__(self, folder: Path) -> None:
        """Keep averages in ``folder``; nothing is read or made yet."""
        self._folder = folder
        self._problems: list[str] = []

    def read(self, timeframe: Timeframe) -> AverageTable | None:
        """
        Return what was stored last; None where nothing is, or it is damaged.

        Raises:
            StorageError: it cannot be read, or a later program wrote it.
        """
        path = self._folder / FILES[timeframe]
        content = read_bytes(path)
        try:
            return None if content is None else decode_averages(path, content, timeframe)
        except Damaged as reason:
            self._problems.append(f"{path} {reason}; its averages are computed anew")
            return None

    def replace(self, timeframe: Timeframe, table: AverageTable) -> None:
        """
        Store ``table``, atomically.

        Raises:
            StorageError: what was stored before still stands.
        """
        path = self._folder / FILES[timeframe]
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise storage_error("open the cache", self._folder, error) from error
        stage(path, _encode(table, timeframe))
        publish([path])

    def problems(self) -> Sequence[str]:
        """Return one line for each file that could not be used."""
        return tuple(self._problems)


def decode_averages(path: Path, content: bytes, timeframe: Timeframe) -> AverageTable:
    """
    Read the bytes of a file of averages, which lies at ``path``.

    Raises:
        Damaged: they are not those of one, or not as they were written.
        StorageError: a later program wrote them.
    """
    names = ("con_id", "ticker", "end", "close", *COLUMNS.values())
    try:
        sealed = unseal(content, names)
    except NewerSchema as newer:
        raise too_new(path, newer.version, SCHEMA_VERSION) from newer
    if sealed.texts.get("content") != f"averages-{timeframe}":
        raise Damaged(f"does not hold averages-{timeframe}")
    table = sealed.table
    return AverageTable(
        con_id=array(table, "con_id", "<i8"),
        ticker=table.column("ticker").to_pylist(),
        end=array(table, "end", "<i8"),
        close=array(table, "close", "<f8"),
        averages={name: array(table, column, "<f8") for name, column in COLUMNS.items()},
    )


def _encode(table: AverageTable, timeframe: Timeframe) -> list[bytes | memoryview]:
    texts = sorted(set(table.ticker))
    place = {text: number for number, text in enumerate(texts)}
    owner = np.array([place[text] for text in table.ticker], dtype=np.int32)
    columns = {
        "con_id": numbers(table.con_id),
        "ticker": labels(texts, owner),
        "end": numbers(table.end),
        "close": numbers(table.close),
        **{column: numbers(table.averages[name]) for name, column in COLUMNS.items()},
    }
    return seal(table_of(columns), {"content": f"averages-{timeframe}"})
