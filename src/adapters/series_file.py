"""Files that are named after the series they hold: ``EXCHANGE_SYMBOL_SIZE.csv``."""

from enum import Enum
from pathlib import Path

from attrs import frozen

from adapters.table_file import CSV, PARQUET
from sellcore.errors import ConfigError, InvalidValue
from sellcore.instrument import parse_ticker


class FileSize(Enum):
    """The bar sizes that files come in; the value is the end of the file's name."""

    MINUTE = "1m"
    FIVE_MINUTES = "5m"
    HALF_HOUR = "30m"
    DAY = "1d"

    @property
    def seconds(self) -> int:
        """Length of a bar; a day's is not fixed and given as 0."""
        return {"1m": 60, "5m": 300, "30m": 1800, "1d": 0}[self.value]


@frozen
class BarFile:
    """One file: the bars of one ticker at one size."""

    path: Path
    ticker: str
    size: FileSize


def bar_file(path: Path) -> BarFile | None:
    """
    Return what a file is named after, or None where it is not named so.

    Raises:
        ConfigError: it ends as such a file does, and names no ticker.
    """
    exchange, _, rest = path.stem.partition("_")
    symbol, _, size = rest.rpartition("_")
    if path.suffix.lower() not in (CSV, PARQUET) or size not in (s.value for s in FileSize):
        return None
    try:
        return BarFile(path, parse_ticker(f"{exchange}:{symbol}"), FileSize(size))
    except InvalidValue as error:
        raise ConfigError(f"{path}: {error}; name it EXCHANGE_SYMBOL_{size}") from None
