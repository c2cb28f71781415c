"""Computed averages in Parquet, a file per timeframe."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from adapters.parquet.damage import Damaged, too_new
from adapters.parquet.durable import publish, read_bytes, stage, storage_error
from adapters.parquet.layout import AVERAGES as FILES
from adapters.parquet.layout import SCHEMA_VERSION
from adapters.parquet.sealed import NewerSchema, unseal
from sellcore.arrays import Floats, Seconds
from sellcore.average_table import AVERAGES, AverageTable
from sellcore.timeframe import Timeframe

COLUMNS = {(kind, length): f"{kind.value.lower()}_{length}" for kind, length in AVERAGES}
"""The column of each average: ``sma_5`` to ``ema_200``."""

_TYPES = {
    **dict.fromkeys(("con_id", "end"), "<i8"),
    **dict.fromkeys(("close", *COLUMNS.values()), "<f8"),
}


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


def decode_averages(path: Path, content: bytearray, timeframe: Timeframe) -> AverageTable:
    """
    Read the bytes of a file of averages, which lies at ``path``.

    Raises:
        Damaged: they are not those of one, or not as they were written.
        StorageError: a later program wrote them.
    """
    try:
        sealed = unseal(content, _TYPES)
    except NewerSchema as newer:
        raise too_new(path, newer.version, SCHEMA_VERSION) from newer
    if sealed.index.get("content") != f"averages-{timeframe}":
        raise Damaged(f"does not hold averages-{timeframe}")
    columns = sealed.columns
    try:
        return AverageTable(
            con_id=columns["con_id"],
            ticker=[ticker for ticker, count in sealed.index["tickers"] for _ in range(count)],
            end=columns["end"],
            close=columns["close"],
            averages={name: columns[column] for name, column in COLUMNS.items()},
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"contradicts itself: {error}") from error


def _encode(table: AverageTable, timeframe: Timeframe) -> bytearray:
    from adapters.parquet import arrow  # reading does without it, and starts sooner

    runs = [(ticker, len(list(rows))) for ticker, rows in groupby(table.ticker)]
    tickers, counts = [ticker for ticker, _ in runs], [count for _, count in runs]
    numbers: dict[str, Seconds | Floats] = {
        "con_id": table.con_id,
        "end": table.end,
        "close": table.close,
        **{column: table.averages[name] for name, column in COLUMNS.items()},
    }
    labels = {"ticker": arrow.labels_of([0] * len(runs), tickers, counts)["ticker"]}
    return arrow.sealed_parquet(
        numbers, labels, {"content": f"averages-{timeframe}", "tickers": runs}
    )
