"""
Values as tables of Arrow and pandas, for notebooks.

The one place of the core that names these libraries, and only inside functions: neither
is loaded, nor needs to be installed, until a table is asked for. Decision 0019.
"""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sellcore.arrays import Seconds
from sellcore.errors import NotInstalled

if TYPE_CHECKING:
    # "as" gives the names on to the modules whose methods return these.
    from pandas import DataFrame as DataFrame
    from pyarrow import Array
    from pyarrow import Table as Table

Numbers = NDArray[np.float64] | NDArray[np.int64] | NDArray[np.int8] | NDArray[np.datetime64]
"""Times are datetime64[s], in UTC; NaN stands for no value."""

Columns = Mapping[str, Numbers | Sequence[str]]
"""By name, in their order, all of one length: numbers and times as arrays, or texts."""


def times(seconds: "Seconds | Sequence[int]") -> NDArray[np.datetime64]:
    """Return seconds since 1970 UTC as what tables know as times."""
    return np.asarray(seconds, dtype=np.int64).view("datetime64[s]")


def arrow_table(columns: Columns) -> "Table":
    """
    Return an Arrow table; times are in UTC, null stands where a number is NaN.

    Raises:
        NotInstalled: pyarrow cannot be loaded.
    """
    try:
        import pyarrow
    except ImportError as error:
        raise NotInstalled(f"to_arrow() needs pyarrow ({error}); pip install pyarrow") from error
    return pyarrow.table([_arrow(values) for values in columns.values()], names=list(columns))


def data_frame(columns: Columns, index: str | None = None) -> "DataFrame":
    """
    Return a pandas data frame; times are in UTC, NaN stands for no value.

    Args:
        columns: What is to be in it.
        index: The column to name rows by; left out, they are counted from 0.

    Raises:
        NotInstalled: pandas cannot be loaded.
    """
    try:
        import pandas
    except ImportError as error:
        raise NotInstalled(f"to_pandas() needs pandas ({error}); pip install pandas") from error
    frame = pandas.DataFrame(
        {
            name: pandas.to_datetime(values, utc=True) if _are_times(values) else values
            for name, values in columns.items()
        }
    )
    return frame if index is None else frame.set_index(index)


def _are_times(values: Numbers | Sequence[str]) -> bool:
    return isinstance(values, np.ndarray) and values.dtype.kind == "M"


def _arrow(values: Numbers | Sequence[str]) -> "Array":
    """Return an Arrow array by its buffers: ``pyarrow.array`` imports pandas where it is there."""
    import pyarrow

    if not isinstance(values, np.ndarray):
        encoded = [text.encode("utf-8", "backslashreplace") for text in values]
        ends = np.cumsum([0, *map(len, encoded)], dtype=np.int32)
        texts = [None, pyarrow.py_buffer(ends), pyarrow.py_buffer(b"".join(encoded))]
        return pyarrow.Array.from_buffers(pyarrow.string(), len(encoded), texts)
    known = ~np.isnan(values)
    missing = len(values) - int(np.count_nonzero(known))
    bits = pyarrow.py_buffer(np.packbits(known, bitorder="little")) if missing else None
    numbers = pyarrow.py_buffer(values.tobytes())
    kind = (
        pyarrow.timestamp("s", "UTC")
        if _are_times(values)
        else pyarrow.from_numpy_dtype(values.dtype)
    )
    return pyarrow.Array.from_buffers(kind, len(values), [bits, numbers], missing)
