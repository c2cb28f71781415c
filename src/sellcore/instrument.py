"""Instruments and the tickers people call them by."""

import re
from enum import Enum
from functools import cached_property

from attrs import field, frozen

from sellcore.errors import InvalidValue

_PART = re.compile(r"\S(?:.*\S)?", re.DOTALL)


class Kind(Enum):
    """What kind of thing is held; only stocks (ETFs are stocks to IB) are ever sold."""

    STOCK = "STK"
    OTHER = "other"


@frozen(cache_hash=True)
class Instrument:
    """
    What is held. Two are equal when their contract ids are, never by text.

    Attributes:
        con_id: The broker's contract id.
        symbol: The broker's symbol, e.g. ``BRK B``.
        exchange: The primary listing exchange, e.g. ``NYSE``.
        currency: ISO code of the currency it trades in.
        kind: Stock, or anything else.
        price_magnifier: How many units of its prices make one of its currency: 100 where
            they are pence of a pound, as the broker quotes London, else 1.
    """

    con_id: int
    symbol: str = field(eq=False)
    exchange: str = field(eq=False)
    currency: str = field(eq=False)
    kind: Kind = field(default=Kind.STOCK, eq=False)
    price_magnifier: int = field(default=1, eq=False)

    @cached_property
    def ticker(self) -> str:
        """The label ``EXCHANGE:SYMBOL``, upper case."""
        return f"{self.exchange}:{self.symbol}".upper()


def exchange_of(ticker: str) -> str:
    """Return the exchange that ``EXCHANGE:SYMBOL`` names."""
    return ticker.partition(":")[0]


def parse_ticker(text: str) -> str:
    """
    Return ``text`` as a ticker: trimmed, upper case, ``EXCHANGE:SYMBOL``.

    Raises:
        InvalidValue: a part is missing, or the text holds a control character.
    """
    exchange, colon, symbol = text.strip().upper().partition(":")
    if not colon or not _PART.fullmatch(exchange) or not _PART.fullmatch(symbol):
        raise InvalidValue(f"ticker {text.strip()!r} is not EXCHANGE:SYMBOL, e.g. NASDAQ:AAPL")
    if not (exchange + symbol).isprintable():
        raise InvalidValue(f"ticker {text.strip()!r} holds a character that cannot be printed")
    return f"{exchange}:{symbol}"
