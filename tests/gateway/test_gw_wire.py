"""Frames, fields and the version handshake."""

import struct
from decimal import Decimal
from sys import float_info

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.gateway.wire import FrameReader, format_field, frame, negotiate, split_fields
from sellcore.errors import InvalidValue

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=20)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "1"),
        (False, "0"),
        (7, "7"),
        (0.1 + 0.2, "0.30000000000000004"),
        (281.37, "281.37"),
        (1e-07, "0.0000001"),
        (1e22, "10000000000000000000000"),
        (0.0, "0.0"),
        (float_info.max, "1.7976931348623157E308"),
        (float("inf"), "Infinity"),
        (Decimal("10.70"), "10.7"),
        (Decimal("1E+2"), "100"),
        ("a\0b", "a b"),
    ],
)
def test_field_reads_as_a_gateway_writes_it(value: object, text: str) -> None:
    """No field has an exponent, a rounding error of ours, or a NUL inside."""
    assert format_field(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False, max_value=1e300, min_value=-1e300))
def test_price_survives_the_wire(price: float) -> None:
    """A float goes out as a decimal without exponent that reads back as the same float."""
    text = format_field(price)

    assert "e" not in text.lower()
    assert float(text) == price


@given(st.lists(st.lists(TEXTS, min_size=1, max_size=5), max_size=5), st.data())
def test_frames_arrive_whole_however_they_are_cut(
    messages: list[list[str]], data: st.DataObject
) -> None:
    """Any way of cutting the bytes into pieces gives the same messages."""
    stream = b"API\0" + b"".join(frame(message) for message in messages)
    reader = FrameReader()
    found, rest = [], stream
    while rest:
        cut = data.draw(st.integers(1, len(rest)))
        found += [split_fields(payload) for payload in reader.feed(rest[:cut])]
        rest = rest[cut:]

    assert found == messages


@pytest.mark.parametrize(
    "stream",
    [
        b"GET / HTTP/1.1\r\n",
        b"API\0" + struct.pack(">I", 0xFFFFFF + 1),
        b"API\0" + struct.pack(">I", 0),
    ],
)
def test_bytes_of_another_protocol_are_refused(stream: bytes) -> None:
    """Nobody waits for sixteen megabytes that will never come."""
    with pytest.raises(InvalidValue):
        list(FrameReader().feed(stream))


@pytest.mark.parametrize(
    ("offer", "version"),
    [
        (b"v157..178", 178),
        (b"v157..178 +PACEAPI", 178),
        (b"v100..226", 178),
        (b"v100..157", 157),
        (b"v142..152", 152),
        (b"v100..151", 151),
        (b"v163", 163),
        (b"v157..178\0", 178),
    ],
)
def test_the_highest_common_version_is_spoken(offer: bytes, version: int) -> None:
    """The reply is the lower of what the client can do and 178."""
    assert negotiate(offer) == version


@pytest.mark.parametrize("offer", [b"v100..150", b"v179..200", b"hello", b"", b"v..", b"v\xff"])
def test_no_common_version_is_refused(offer: bytes) -> None:
    """A client that is too old, too new or talks something else is turned away."""
    with pytest.raises(InvalidValue):
        negotiate(offer)
