"""Single values as a gateway writes them."""

from datetime import UTC, datetime
from decimal import Decimal
from math import isnan

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib import wire_values as wire
from sellcore.order import Side

UNSET = "1.7976931348623157E308"


@pytest.mark.parametrize(
    ("word", "side"),
    [
        ("BUY", Side.BUY),
        ("BOT", Side.BUY),
        ("SELL", Side.SELL),
        ("SSHORT", Side.SELL),
        ("SLONG", Side.SELL),
        ("SLD", Side.SELL),
    ],
)
def test_orders_and_trades_name_their_side_each_in_its_own_words(word: str, side: Side) -> None:
    """An order says what it does, a trade what it did."""
    assert wire.side(word) is side


@pytest.mark.parametrize("word", ["", "sell", "SELL ", "HODL\n"])
def test_side_that_is_none_is_quoted(word: str) -> None:
    """On one line, and never guessed."""
    with pytest.raises(ValueError, match=f"^order action '{word.strip()}'$"):
        wire.side(word)


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        ("a\nb", "quantity 'a b'"),
        ("inf", "quantity Infinity"),
        ("nan", "quantity NaN"),
        ("1.01e300", "quantity 1.01E+300"),
        ("-1.01e300", "quantity -1.01E+300"),
    ],
)
def test_quantity_that_is_none_is_quoted(text: str, quoted: str) -> None:
    """Endless, no number, or as large as the broker's mark for none."""
    with pytest.raises(ValueError, match=r"^quantity ") as refusal:
        wire.decimal(text)

    assert str(refusal.value) == quoted


@given(st.decimals(-(10**9), 10**9, places=6))
def test_float_that_was_a_decimal_is_it_again(shares: Decimal) -> None:
    """10.7 shares are ten and seven tenths, and no fraction of two."""
    assert wire.quantity(float(shares)) == shares


@pytest.mark.parametrize("value", [1e300, -1e300, float(UNSET)])
def test_float_that_is_not_set_is_nothing(value: float) -> None:
    """An order without a quantity of its own has none; the broker's mark begins at 1e300."""
    assert wire.quantity(value) == 0


@pytest.mark.parametrize(
    ("text", "amount"),
    [
        ("1.25", 1.25),
        ("-3", -3.0),
        ("0", 0.0),
        ("", None),
        ("n/a", None),
        ("nan", None),
        ("inf", None),
        ("1e300", None),
        ("-1e300", None),
        (UNSET, None),
    ],
)
def test_amount_is_told_or_it_is_not(text: str, amount: float | None) -> None:
    """What a trade cost is never taken for the broker's mark."""
    assert wire.amount(text) == amount


def test_number_that_is_none_is_nan() -> None:
    """It compares as false, whatever it is held against."""
    assert wire.number("7.5") == 7.5
    assert isnan(wire.number("seven"))


@pytest.mark.parametrize(
    ("text", "zone", "instant"),
    [
        ("20220520 09:30:00 US/Eastern", None, datetime(2022, 5, 20, 13, 30, tzinfo=UTC)),
        ("20220520 09:30:00 US/Eastern", "Asia/Tokyo", datetime(2022, 5, 20, 13, 30, tzinfo=UTC)),
        ("20220520-13:30:00", "Asia/Tokyo", datetime(2022, 5, 20, 13, 30, tzinfo=UTC)),
        ("20220520  22:30:00", "Asia/Tokyo", datetime(2022, 5, 20, 13, 30, tzinfo=UTC)),
        (" 20220520 22:30:00 ", "Asia/Tokyo", datetime(2022, 5, 20, 13, 30, tzinfo=UTC)),
    ],
)
def test_clock_time_is_an_instant_of_the_zone_that_it_names(
    text: str, zone: str | None, instant: datetime
) -> None:
    """The machine's zone is taken where none is named, and a dash stands for UTC."""
    found = wire.instant(text, zone)

    assert found == instant
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    ("text", "refused"),
    [
        ("20220520  22:30:00", "time '20220520 22:30:00' has no zone that is known"),
        ("20220520 22:30:00 Mars", "time '20220520 22:30:00 Mars' has no zone that is known"),
        ("noon\nsharp", "time 'noon sharp'"),
        ("20220520", "time '20220520'"),
        ("20220520 22:30", "time '20220520 22:30'"),
    ],
)
def test_clock_time_that_could_be_another_is_quoted(text: str, refused: str) -> None:
    """An hour too many or too few is a wrong bar."""
    with pytest.raises(ValueError, match="time") as refusal:
        wire.instant(text)

    assert str(refusal.value) == refused
