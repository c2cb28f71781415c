"""
Reading Parquet files that carry a seal: a checksum of every byte, and an index.

Any Parquet reader opens them. We need none: their columns lie in them as plain
little-endian numbers, and the index says where. So reading imports no pyarrow,
starts no thread, and hands no damaged byte to a parser: the seal is tested first.
"""

import json
from collections.abc import Mapping
from typing import Any

import numpy as np
from attrs import frozen

from adapters.parquet.damage import Damaged
from adapters.parquet.layout import SCHEMA_VERSION
from adapters.parquet.seal import BLANK, checksum, seal_position
from sellcore.arrays import Floats, Seconds


class NewerSchema(Exception):
    """The file was written by a later program, with this schema version."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@frozen
class Sealed:
    """
    A file whose seal holds.

    Attributes:
        index: What its writer says of it.
        columns: Those that were asked for, each of shape (rows,).
    """

    index: Mapping[str, Any]
    columns: Mapping[str, Seconds | Floats]


def unseal(content: bytearray, columns: Mapping[str, str]) -> Sealed:
    """
    Read a sealed file.

    Args:
        content: Its bytes. They become the columns' memory: the caller gives them away.
        columns: The names that are wanted, and their numpy types.

    Raises:
        Damaged: it is not one, or not as it was written.
        NewerSchema: a later program wrote it.
    """
    index = _index(content)
    try:
        rows, offsets = index["rows"], index["columns"]
        elsewhere = {n: dtype for n, dtype in columns.items() if offsets.get(n) is None}
        found = _decoded(content, elsewhere) if elsewhere else {}
        for name in columns.keys() - elsewhere.keys():
            found[name] = _in_place(content, offsets[name], rows, np.dtype(columns[name]))
    except (KeyError, TypeError, ValueError) as error:
        raise Damaged(f"contradicts itself: {error}") from error
    return Sealed(index, {name: found[name] for name in columns})


def _index(content: bytearray) -> Mapping[str, Any]:
    at = seal_position(content)
    if at < 0 or content[at : at + len(BLANK)] != checksum(content, at):
        _refuse_newer(content)
        raise Damaged("is damaged: it does not match its checksum")
    text = content[at + len(BLANK) :].decode("latin-1")  # what follows the JSON is no text
    try:
        index, _ = json.JSONDecoder().raw_decode(text)
        version = int(index["schema_version"])
    except (ValueError, TypeError, KeyError) as error:
        raise Damaged("has a seal without an index") from error
    _check_version(version)
    return dict(index)


def _in_place(content: bytearray, offset: int, rows: int, dtype: np.dtype[Any]) -> Seconds | Floats:
    """Return a column where it lies, moved back by some bytes to where numbers are quick."""
    size = rows * dtype.itemsize
    address = np.frombuffer(content, np.uint8).ctypes.data + offset
    aligned = offset - address % dtype.itemsize
    if aligned < 0 or offset + size > len(content):
        raise ValueError(f"a column reaches from {offset} to {offset + size}")
    view = memoryview(content)
    view[aligned : aligned + size] = view[offset : offset + size]
    return np.frombuffer(content, dtype, rows, aligned)


def _decoded(content: bytearray, columns: Mapping[str, str]) -> dict[str, Seconds | Floats]:
    """Return columns that a pyarrow of another version wrote in a layout of its own."""
    from adapters.parquet.arrow import read_numbers  # rarely, and it takes its time

    return read_numbers(content, columns)


def _refuse_newer(content: bytearray) -> None:
    """Raise NewerSchema where a later program wrote this, and seals in another way."""
    from adapters.parquet.arrow import read_version

    version = read_version(content)
    if version is not None:
        _check_version(version)


def _check_version(version: int) -> None:
    if version > SCHEMA_VERSION:
        raise NewerSchema(version)
    if version < SCHEMA_VERSION:
        raise Damaged(f"has schema version {version}, which is too old to be read")
