"""Tables in files: CSV and Parquet, read as they are, each row with the line it stands on."""

import csv
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from attrs import frozen
from numpy.typing import NDArray

from sellcore.errors import ConfigError
from sellcore.plain_text import system_words

if TYPE_CHECKING:
    import pyarrow as pa

PARQUET = ".parquet"
CSV = ".csv"

Choose = Callable[[Sequence[str]], Mapping[str, int]]
"""Says which columns of a table are wanted: from their names to places, by a name of ours."""

_SEPARATORS = ",;\t|"


@frozen
class Table:
    """
    The wanted columns of a file.

    Attributes:
        columns: By our name; texts of a CSV file, values of a Parquet file, None for none.
        lines: Where each row stands: the line of a CSV file, the row of a Parquet file.
    """

    columns: Mapping[str, Sequence[object]]
    lines: Sequence[int]


def read_table(path: Path, choose: Choose) -> Table:
    """
    Read the columns of a file that ``choose`` wants.

    Args:
        path: A Parquet file where it ends with .parquet, else CSV in UTF-8, its
            first line the names, separated by commas, semicolons, tabs or bars.
        choose: Called with the names; what it raises is passed on.

    Raises:
        ConfigError: the file, the line, what was met, what was expected.
    """
    try:
        path.open("rb").close()  # what a library would say of it is long
    except OSError as error:
        raise ConfigError(f"{path}: {why_unreadable(error)}") from None
    return (_read_parquet if path.suffix.lower() == PARQUET else _read_csv)(path, choose)


def why_unreadable(error: OSError) -> str:
    """Return why a file cannot be read, and what to do."""
    cause = system_words(error)
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"{cause}; check the path"
    if isinstance(error, IsADirectoryError):
        return f"{cause}; give the files in it"
    return f"{cause}; make it readable"


def _read_csv(path: Path, choose: Choose) -> Table:
    try:
        text = path.read_bytes().decode("utf-8-sig")
        if "\0" in text:
            raise _no_csv(path)
        first = text.partition("\n")[0]
        separator = max(_SEPARATORS, key=first.count)
        reader = csv.reader(StringIO(text, newline=""), delimiter=separator)
        header = [name.strip() for name in next(reader, [])]
        places = choose(header)
        kept: list[list[str]] = []
        lines: list[int] = []
        for row in reader:
            if not any(cell.strip() for cell in row):
                continue
            if len(row) != len(header):
                raise ConfigError(
                    f"{path}: line {reader.line_num}: {len(row)} columns, expected {len(header)}; "
                    "mend the row"
                )
            kept.append(row)
            lines.append(reader.line_num)
    except OSError as error:
        raise ConfigError(f"{path}: {why_unreadable(error)}") from None
    except (UnicodeDecodeError, csv.Error):
        raise _no_csv(path) from None
    columns = list(zip(*kept, strict=True)) or [()] * len(header)
    return Table({name: columns[place] for name, place in places.items()}, lines)


def _no_csv(path: Path) -> ConfigError:
    return ConfigError(f"{path}: not a CSV file in UTF-8; save it so")


def _read_parquet(path: Path, choose: Choose) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as parquet:  # read_table would import pandas
            table = parquet.read()
    except (OSError, pa.ArrowException) as error:
        first = str(error).splitlines()[0]
        raise ConfigError(f"{path}: not a readable Parquet file: {first}") from None
    places = choose([str(name) for name in table.column_names])
    try:
        columns = {name: _values(table.column(place)) for name, place in places.items()}
    except (OverflowError, ValueError) as error:  # those of Arrow among them
        first = str(error).splitlines()[0]
        raise ConfigError(f"{path}: holds what cannot be read: {first}; correct it") from None
    return Table(columns, range(1, table.num_rows + 1))


def _values(column: "pa.ChunkedArray") -> Sequence[object]:
    import pyarrow as pa

    if pa.types.is_timestamp(column.type):  # as it is, it would import pandas
        seconds = column.cast(pa.timestamp("s", column.type.tz), safe=False)
        numbers = seconds.cast(pa.int64()).to_pylist()
        moments = [None if n is None else datetime.fromtimestamp(n, UTC) for n in numbers]
        if column.type.tz is not None:
            return moments
        return [None if moment is None else moment.replace(tzinfo=None) for moment in moments]
    if pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type):
        column = column.cast(pa.string())  # text that its writer did not mark as such
    values: Sequence[object] = column.to_pylist()
    if pa.types.is_float32(column.type):  # the decimal that was meant, not its binary noise
        return [None if value is None else float(str(np.float32(str(value)))) for value in values]
    return values


def read_numbers(path: Path, table: Table, name: str, *, price: bool) -> NDArray[np.float64]:
    """
    Return a column as numbers, shape (n,): prices above zero, or volumes of zero and more.

    A volume that is left blank is none.

    Raises:
        ConfigError: a value is no such number; names the line.
    """
    texts = table.columns[name]
    lowest = np.nextafter(0.0, 1.0) if price else 0.0
    try:
        values = np.array(texts, dtype=np.float64)
    except (TypeError, ValueError):
        values = np.full(len(texts), np.nan)  # some row is at fault, or a volume is blank
    if values.ndim == 1 and np.all((values >= lowest) & (values < np.inf)):
        return values
    for i, text in enumerate(texts):
        try:
            value = float(str(text))
        except ValueError:
            blank = text is None or not str(text).strip()
            value = 0.0 if blank and not price else float("nan")
        if not lowest <= value < float("inf"):
            raise ConfigError(
                f"{path}: line {table.lines[i]}: {name} {text!r} is not a "
                f"{'price above zero' if price else 'number, zero or above'}; write it with "
                "digits and a point alone, e.g. 1234.5"
            )
        values[i] = value
    return values
