"""Instruments are their contract id; tickers are what people call them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.errors import InvalidValue
from sellcore.instrument import Instrument, Kind, parse_ticker

words = st.text(st.characters(categories=["L", "N", "P", "S"]), min_size=1).filter(
    lambda text: text.upper().isprintable()
)


def test_instruments_are_equal_by_contract_id_alone() -> None:
    """A renamed symbol is the same holding."""
    assert Instrument(1, "FB", "NASDAQ", "USD") == Instrument(1, "META", "NYSE", "EUR", Kind.OTHER)


def test_same_text_is_not_the_same_instrument() -> None:
    """Two contracts that share a ticker are two holdings."""
    first, second = (Instrument(con_id, "ABC", "NYSE", "USD") for con_id in (1, 2))

    assert first != second
    assert len({first, second}) == 2
    assert first.ticker == second.ticker


def test_ticker_is_upper_case_with_its_exchange() -> None:
    """The broker's symbol keeps its inner space."""
    assert Instrument(1, "brk b", "nyse", "USD").ticker == "NYSE:BRK B"


@pytest.mark.parametrize(
    ("text", "ticker"),
    [
        (" nasdaq:aapl\n", "NASDAQ:AAPL"),
        ("NYSE:BRK B", "NYSE:BRK B"),
        ("LSE:BT.A", "LSE:BT.A"),
        ("X:Y:Z", "X:Y:Z"),
        ("X:..", "X:.."),
    ],
)
def test_ticker_is_read_trimmed_and_upper_case(text: str, ticker: str) -> None:
    """People may type it as they like."""
    assert parse_ticker(text) == ticker


@pytest.mark.parametrize("text", ["", "AAPL", ":AAPL", "NASDAQ:", ":", "NASDAQ: AAPL", "NASDAQ :A"])
def test_text_that_lacks_a_part_is_no_ticker(text: str) -> None:
    """A refusal says what a ticker looks like."""
    with pytest.raises(InvalidValue, match=r"is not EXCHANGE:SYMBOL, e\.g\. NASDAQ:AAPL$"):
        parse_ticker(text)


@pytest.mark.parametrize("letter", ["\x00", "\n", "\x1b", "\u202e", "\u2028"])
def test_letters_that_cannot_be_printed_are_refused(letter: str) -> None:
    """A ticker cannot rewrite the terminal or break a line of a file."""
    with pytest.raises(InvalidValue, match="cannot be printed") as refusal:
        parse_ticker(f"NASDAQ:A{letter}B")

    assert letter not in str(refusal.value)


@given(words.filter(lambda text: ":" not in text.upper()), words)
def test_ticker_of_an_instrument_is_read_as_itself(exchange: str, symbol: str) -> None:
    """What we print is what we accept."""
    ticker = Instrument(1, symbol, exchange, "USD").ticker

    assert parse_ticker(ticker) == ticker
