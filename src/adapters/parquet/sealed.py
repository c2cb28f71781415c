"""
Parquet files with a seal: a checksum over every byte, in the footer.

Any Parquet reader opens them. The seal is looked for and tested before the
bytes are parsed, so that a damaged file never reaches the parser's corners.
"""

import zlib
from collections.abc import Mapping, Sequence

import pyarrow as pa
import pyarrow.parquet as pq
from attrs import frozen

from adapters.parquet.damage import Damaged
from adapters.parquet.layout import SCHEMA_VERSION

_MARK = "sellcli-crc32§"
"""Not ASCII: no other text of the footer, which is JSON, can look like it."""

_MARK_BYTES = _MARK.encode()
_BLANK = b"00000000"


class NewerSchema(Exception):
    """The file was written by a later program; the argument is its schema version."""

    def __init__(self, version: int) -> None:
        super().__init__(version)
        self.version = version


@frozen
class Sealed:
    """
    A file whose seal holds.

    Attributes:
        table: The columns that were asked for.
        texts: What its writer put into the footer.
    """

    table: pa.Table
    texts: Mapping[str, str]


def seal(table: pa.Table, texts: Mapping[str, str]) -> list[bytes | memoryview]:
    """Return the bytes of a sealed file, in pieces to be written one after another."""
    footer = {"seal": _MARK + _BLANK.decode(), "schema_version": str(SCHEMA_VERSION), **texts}
    repetitive = [f.name for f in table.schema if f.name in {"con_id", "ticker", "start", "end"}]
    sink = pa.BufferOutputStream()
    pq.write_table(
        table.replace_schema_metadata(footer),
        sink,
        row_group_size=max(1, len(table)),  # one piece per column: read without joining
        use_dictionary=repetitive,
        compression="none",  # prices hardly shrink, and reading is what has to be quick
        write_statistics=False,
    )
    content = memoryview(sink.getvalue())
    at = _seal_position(content)
    return [content[:at], b"%08x" % zlib.crc32(content), content[at + len(_BLANK) :]]


def unseal(content: bytes, columns: Sequence[str]) -> Sealed:
    """
    Read a sealed file.

    Raises:
        Damaged: it is not one, or not as it was written.
        NewerSchema: a later program wrote it.
    """
    if not _seal_holds(content):
        _refuse_newer(content)
        raise Damaged("is damaged: it does not match its checksum")
    try:
        file = pq.ParquetFile(pa.BufferReader(content))
        texts = _texts(file.schema_arrow.metadata)
        _check_version(texts)
        # Threads gain little here, and one that lets go of our bytes while the process
        # ends aborts it ("terminate called without an active exception").
        return Sealed(file.read(columns=list(columns), use_threads=False), texts)
    except (pa.ArrowException, OSError, ValueError, KeyError) as error:
        raise Damaged(f"cannot be read as Parquet ({type(error).__name__})") from error


def _seal_position(content: bytes | memoryview) -> int:
    found = bytes(content).rfind(_MARK_BYTES)
    return found + len(_MARK_BYTES) if found >= 0 else -1


def _seal_holds(content: bytes) -> bool:
    at = _seal_position(content)
    if at < 0:
        return False
    view = memoryview(content)
    checksum = zlib.crc32(_BLANK, zlib.crc32(view[:at]))
    checksum = zlib.crc32(view[at + len(_BLANK) :], checksum)
    return content[at : at + len(_BLANK)] == b"%08x" % checksum


def _refuse_newer(content: bytes) -> None:
    """Raise NewerSchema where a later program wrote this, and seals in another way."""
    try:
        _check_version(_texts(pq.read_metadata(pa.BufferReader(content)).metadata))
    except (pa.ArrowException, OSError, ValueError, Damaged):
        return


def _texts(metadata: Mapping[bytes, bytes] | None) -> dict[str, str]:
    return {k.decode(): v.decode(errors="replace") for k, v in (metadata or {}).items()}


def _check_version(texts: Mapping[str, str]) -> None:
    written = texts.get("schema_version", "")
    if not (written.isascii() and written.isdigit()):
        raise Damaged("is not a file of this program")
    if int(written) > SCHEMA_VERSION:
        raise NewerSchema(int(written))
    if int(written) < SCHEMA_VERSION:
        raise Damaged(f"has schema version {written}, which is too old to be read")
