"""
The append journal: framed, checksummed records that are synced one by one.

Bytes, little endian. File: magic, version, generation, checksum of these. Record:
magic, length, number, checksum of the payload, checksum of the header so far,
then the payload. Numbers run from 0, so that a record that is missing shows.
"""

import os
import struct
import zlib
from collections.abc import Sequence
from pathlib import Path

from attrs import define, frozen

from adapters.atomic_file import sync
from adapters.parquet.damage import Damage, too_new
from adapters.parquet.durable import storage_error
from adapters.parquet.layout import SCHEMA_VERSION
from sellcore.errors import StorageError

_FILE_MAGIC = b"SELLBARS"
_FILE = struct.Struct("<8sIQ")
_RECORD_MAGIC = b"BARS"
_RECORD = struct.Struct("<4sIQI")
_CHECKSUM = struct.Struct("<I")
_FILE_SIZE = _FILE.size + _CHECKSUM.size  # 24
_RECORD_SIZE = _RECORD.size + _CHECKSUM.size  # 24


@frozen
class Scan:
    """
    What a journal holds.

    Attributes:
        generation: Of the base files that it continues.
        payloads: Of the records that are whole, oldest first.
        end: Where the last of them ends; anything behind it was never acknowledged.
        size: Bytes there are.
    """

    generation: int
    payloads: Sequence[memoryview]
    end: int
    size: int


def first_bytes(generation: int) -> bytes:
    """Return a journal without records."""
    head = _FILE.pack(_FILE_MAGIC, SCHEMA_VERSION, generation)
    return head + _CHECKSUM.pack(zlib.crc32(head))


def scan(path: Path, content: bytes | bytearray) -> tuple[Scan | None, Damage | None]:
    """
    Read a journal as far as it can be trusted.

    A record that was being written when the power went is no damage: it was not
    acknowledged yet. Bytes that were whole once and are not any more are.

    Raises:
        StorageError: a later program wrote it.
    """
    generation = _generation(path, content)
    if generation is None:
        return None, Damage(path, "does not begin like a journal of this program")
    payloads: list[memoryview] = []
    view, at = memoryview(content), _FILE_SIZE
    while (payload := _record(view, at, len(payloads))) is not None:
        payloads.append(payload)
        at += _RECORD_SIZE + len(payload)
    found = Scan(generation, payloads, at, len(content))
    if at == len(content) or _is_torn(view, at, len(payloads)):
        return found, None
    return found, Damage(path, f"has a damaged record, number {len(payloads) + 1}")


def _generation(path: Path, content: bytes | bytearray) -> int | None:
    if len(content) < _FILE_SIZE:
        return None
    magic, version, generation = _FILE.unpack_from(content)
    (checksum,) = _CHECKSUM.unpack_from(content, _FILE.size)
    if magic != _FILE_MAGIC or checksum != zlib.crc32(content[: _FILE.size]):
        return None
    if version > SCHEMA_VERSION:
        raise too_new(path, version, SCHEMA_VERSION)
    return int(generation) if version == SCHEMA_VERSION else None


def _header(view: memoryview, at: int, number: int) -> tuple[int, int] | None:
    """Return length and checksum of the payload of an intact header, or None."""
    if len(view) < at + _RECORD_SIZE:
        return None
    magic, length, found, checksum = _RECORD.unpack_from(view, at)
    (own,) = _CHECKSUM.unpack_from(view, at + _RECORD.size)
    if own != zlib.crc32(view[at : at + _RECORD.size]) or (magic, found) != (_RECORD_MAGIC, number):
        return None
    return length, checksum


def _record(view: memoryview, at: int, number: int) -> memoryview | None:
    header = _header(view, at, number)
    if header is None:
        return None
    length, checksum = header
    payload = view[at + _RECORD_SIZE : at + _RECORD_SIZE + length]
    return payload if len(payload) == length and zlib.crc32(payload) == checksum else None


def _is_torn(view: memoryview, at: int, number: int) -> bool:
    """Say whether what follows ``at`` is how an unfinished write looks: cut off, or zeros."""
    rest = len(view) - at
    if rest < _RECORD_SIZE or not bytes(view[at:]).strip(b"\0"):
        return True
    header = _header(view, at, number)
    return header is not None and rest < _RECORD_SIZE + header[0]


@define
class Journal:
    """
    An open journal, to append to.

    Attributes:
        path: Its file.
        end: Where the last acknowledged record ends.
        number: Of the next record.
    """

    path: Path
    end: int
    number: int
    _descriptor: int
    _clean: bool = False

    @classmethod
    def open(cls, path: Path, end: int = _FILE_SIZE, number: int = 0) -> "Journal":
        """
        Open an existing journal with ``number`` records that end at ``end``.

        Raises:
            StorageError: it cannot be opened for writing.
        """
        try:
            flags = os.O_RDWR | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
            return cls(path, end, number, os.open(path, flags))
        except OSError as error:
            raise storage_error("open", path, error) from error

    def append(self, payload: bytes) -> None:
        """
        Add a record; it is on disk when this returns.

        Raises:
            StorageError: the journal holds what it held before.
        """
        self.trim()
        head = _RECORD.pack(_RECORD_MAGIC, len(payload), self.number, zlib.crc32(payload))
        record = memoryview(head + _CHECKSUM.pack(zlib.crc32(head)) + payload)
        self._clean = False
        try:
            os.lseek(self._descriptor, self.end, os.SEEK_SET)
            written = 0
            while written < len(record):
                written += os.write(self._descriptor, record[written:])
            sync(self._descriptor)
        except OSError as error:
            self._give_up()
            raise storage_error("write", self.path, error) from error
        self.end, self.number, self._clean = self.end + len(record), self.number + 1, True

    def trim(self) -> None:
        """
        Cut off whatever follows the last acknowledged record.

        Raises:
            StorageError: it cannot be cut off.
        """
        if self._clean:
            return
        try:
            if os.fstat(self._descriptor).st_size != self.end:
                os.ftruncate(self._descriptor, self.end)
                sync(self._descriptor)
        except OSError as error:
            raise storage_error("write", self.path, error) from error
        self._clean = True

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _give_up(self) -> None:
        try:
            self.trim()
        except StorageError:
            return  # tried again before the next record, and a torn end is no damage
