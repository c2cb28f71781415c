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
    size = named_size(path)
    if size is None:
        return None
    exchange, _, symbol = path.stem.rpartition("_")[0].partition("_")
    try:
        return BarFile(path, parse_ticker(f"{exchange}:{symbol}"), size)
    except InvalidValue as error:
        raise ConfigError(f"{path}: {error}; name it EXCHANGE_SYMBOL_{size.value}") from None


def named_size(path: Path) -> FileSize | None:
    """Return how long a file's bars are by the end of its name, whatever stands before it."""
    _, underscore, size = path.stem.rpartition("_")
    known = underscore and path.suffix.lower() in (CSV, PARQUET)
    return next((each for each in FileSize if known and each.value == size), None)
