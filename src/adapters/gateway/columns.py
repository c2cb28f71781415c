"""Bars as columns, and cutting larger bars out of smaller ones."""

from typing import Final

import numpy as np
from attrs import evolve, field, frozen
from numpy.typing import NDArray

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

NAMES: Final = ("start", "end", "open", "high", "low", "close", "volume", "wap", "count")

SHARES_A_TRADE = 100
"""How large a trade is taken to be, where the data does not count them."""


def _integers(values: object) -> Integers:
    return np.asarray(values, dtype=np.int64)


def _floats(values: object) -> Floats:
    return np.asarray(values, dtype=np.float64)


@frozen(eq=False)
class Columns:
    """
    Bars of one listing, oldest first, apart from each other; each column has shape (n,).

    Attributes:
        start: Seconds since 1970 UTC; end likewise, the first second after the bar.
        open: Price in the listing's currency; high, low, close alike.
        volume: Shares.
        wap: Volume-weighted average price.
        count: Trades.
    """

    start: Integers = field(converter=_integers)
    end: Integers = field(converter=_integers)
    open: Floats = field(converter=_floats)
    high: Floats = field(converter=_floats)
    low: Floats = field(converter=_floats)
    close: Floats = field(converter=_floats)
    volume: Floats = field(converter=_floats)
    wap: Floats = field(converter=_floats)
    count: Integers = field(converter=_integers)

    def __len__(self) -> int:
        return len(self.start)

    def __getitem__(self, rows: slice | NDArray[np.bool_] | Integers) -> "Columns":
        return Columns(*(getattr(self, name)[rows] for name in NAMES))

    @classmethod
    def of_prices(
        cls,
        start: object,
        end: object,
        prices: tuple[object, object, object, object],
        volume: object,
    ) -> "Columns":
        """Build bars from open, high, low, close and volume; the rest follows from these."""
        o, h, low, c = (_floats(column) for column in prices)
        shares = _floats(volume)
        wap = np.clip(np.round((o + h + low + c) / 4, 3), np.minimum(low, c), np.maximum(h, c))
        count = np.maximum(shares // SHARES_A_TRADE, 1)
        return cls(start, end, o, h, low, c, shares, wap, count)

    @classmethod
    def empty(cls) -> "Columns":
        """Return no bars."""
        return cls(*([()] * len(NAMES)))

    def between(self, first: int, until: int) -> "Columns":
        """Return the bars that start in [first, until)."""
        low, high = np.searchsorted(self.start, [first, until])
        return self[int(low) : int(high)]


def join(parts: "list[Columns]") -> Columns:
    """Return the bars of all parts, in the order given."""
    if not parts:
        return Columns.empty()
    return Columns(*(np.concatenate([getattr(part, name) for part in parts]) for name in NAMES))


def grouped(bars: Columns, key: Integers, start: Integers, end: Integers) -> Columns:
    """
    Return one bar for each run of equal keys.

    Args:
        bars: Shape (n,), oldest first.
        key: Shape (n,), which bar each belongs to.
        start: Shape (n,), where that bar starts; of a run the first counts.
        end: Shape (n,), where that bar ends; of a run the last counts.
    """
    if not len(bars):
        return bars
    first = np.flatnonzero(np.concatenate([[True], key[1:] != key[:-1]]))
    last = np.concatenate([first[1:], [len(bars)]]) - 1
    volume = np.add.reduceat(bars.volume, first)
    size = last - first + 1
    weighted = np.add.reduceat(bars.volume * bars.wap, first) / np.where(volume > 0, volume, 1)
    plain = np.add.reduceat(bars.wap, first) / size
    low = np.minimum.reduceat(bars.low, first)
    high = np.maximum.reduceat(bars.high, first)
    return Columns(
        start[first],
        end[last],
        bars.open[first],
        high,
        low,
        bars.close[last],
        volume,
        np.clip(np.round(np.where(volume > 0, weighted, plain), 3), low, high),
        np.add.reduceat(bars.count, first),
    )


def scaled(bars: Columns, new: int, old: int) -> Columns:
    """Return the bars as they read after a split of ``new`` shares for ``old``."""
    prices = {
        name: np.round(getattr(bars, name) * old / new, 4)
        for name in ("open", "high", "low", "close", "wap")
    }
    return evolve(bars, **prices, volume=np.round(bars.volume * new / old))
