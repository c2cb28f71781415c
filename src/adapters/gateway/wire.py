"""The TWS API text protocol on the wire: frames, fields, the version handshake."""

import re
import struct
from collections.abc import Iterable, Iterator
from datetime import datetime
from decimal import Decimal
from math import isinf
from sys import float_info

from attrs import define, field

from sellcore.errors import InvalidValue

MIN_VERSION = 151
MAX_VERSION = 178
"""Lowest and highest server version that is spoken; every client can do one of them."""

MAX_PAYLOAD = 0xFFFFFF
"""Bytes; the clients give up on anything longer, and so do we."""

UNSET_DOUBLE = "1.7976931348623157E308"
UNSET_INT = "2147483647"

HELLO = b"API\0"
"""What a client says before its first frame."""

_RANGE = re.compile(r"v(\d{1,9})(?:\.\.(\d{1,9}))?(?: .*)?", re.DOTALL)


def format_field(value: object) -> str:
    """
    Return a field as a Gateway writes it.

    Booleans are 1 and 0, None is empty, a float is the shortest decimal that
    reads back as it and never has an exponent, a Decimal has no trailing zeros.
    """
    if isinstance(value, float):
        return _decimal_text(value)
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        raise InvalidValue("a time goes out as text or as epoch seconds, not as a datetime")
    return str(value).replace("\0", " ")


def _decimal_text(value: float) -> str:
    text = repr(value)
    if "e" not in text and "n" not in text:
        return text
    if value == float_info.max:
        return UNSET_DOUBLE
    if isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return f"{Decimal(text):f}"


def frame(fields: Iterable[object]) -> bytes:
    """Return one message: a 4-byte length, then each field ended by a NUL."""
    payload = "".join([format_field(value) + "\0" for value in fields]).encode()
    return struct.pack(">I", len(payload)) + payload


@define
class FrameReader:
    """Cuts what arrives, in pieces of any size, into the payloads of whole frames."""

    _buffer: bytearray = field(factory=bytearray)
    _greeted: bool = False

    def feed(self, data: bytes) -> Iterator[bytes]:
        """
        Take in bytes and yield the payload of each frame that they complete.

        Raises:
            InvalidValue: the bytes are not this protocol; hang up.
        """
        self._buffer += data
        if not self._greeted:
            if not HELLO.startswith(self._buffer[: len(HELLO)]):
                raise InvalidValue(f"expected API and a NUL, got {bytes(self._buffer[:8])!r}")
            if len(self._buffer) < len(HELLO):
                return
            del self._buffer[: len(HELLO)]
            self._greeted = True
        while len(self._buffer) >= 4:
            (length,) = struct.unpack_from(">I", self._buffer)
            if not 0 < length <= MAX_PAYLOAD:
                raise InvalidValue(f"a frame of {length} bytes; 1 to {MAX_PAYLOAD} are possible")
            if len(self._buffer) < 4 + length:
                return
            payload = bytes(self._buffer[4 : 4 + length])
            del self._buffer[: 4 + length]
            yield payload


def split_fields(payload: bytes) -> list[str]:
    """Return the NUL-ended fields of a payload; bytes that are not UTF-8 are marked."""
    fields = payload.decode("utf-8", "replace").split("\0")
    return fields[:-1] if fields[-1] == "" else fields


def negotiate(payload: bytes) -> int:
    """
    Return the version to speak with a client that offers ``v157..178 +PACEAPI``.

    Raises:
        InvalidValue: the offer cannot be read, or shares no version with ours.
    """
    text = payload.decode("ascii", "replace").rstrip("\0")
    match = _RANGE.fullmatch(text)
    if match is None:
        raise InvalidValue(f"expected a version range like v157..178, got {text[:40]!r}")
    lowest, highest = int(match[1]), int(match[2] or match[1])
    version = min(highest, MAX_VERSION)
    if version < max(lowest, MIN_VERSION):
        raise InvalidValue(
            f"versions {lowest} to {highest} offered; {MIN_VERSION} to {MAX_VERSION} are spoken"
        )
    return version


def whole(text: str) -> int:
    """Read an integer field; an empty one and the unset mark are 0."""
    return 0 if text in ("", UNSET_INT) else int(text)


def truth(text: str) -> bool:
    """Read a boolean field as clients write it: 1, 0, empty, true, false."""
    return text.strip().lower() in ("1", "true")
