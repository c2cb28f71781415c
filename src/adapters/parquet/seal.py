"""The seal of a file: where it stands in the bytes, and the checksum it holds."""

import zlib

MARK = "sellcli-crc32§"
"""Where the seal begins. Not ASCII: nothing else in the footer can look like it."""

BLANK = b"00000000"
"""Stands for the checksum while it is computed. Behind it follows the index, as JSON."""


def seal_position(content: bytes | bytearray) -> int:
    """Return where the checksum stands, or -1 where there is no seal."""
    mark = MARK.encode()
    found = content.rfind(mark)
    return found + len(mark) if found >= 0 else -1


def checksum(content: bytes | bytearray, at: int) -> bytes:
    """Return the checksum that belongs at ``at``, of all bytes with a blank there."""
    view = memoryview(content)
    before = zlib.crc32(BLANK, zlib.crc32(view[:at]))
    return b"%08x" % zlib.crc32(view[at + len(BLANK) :], before)
