"""A bar source in memory: for a notebook, and for tests."""

from collections.abc import Mapping, Sequence

from attrs import field, frozen

from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.timeframe import Timeframe

_SHAPE = "give {Timeframe.DAY: {'NYSE:KO': bars}}"


def _by_timeframe(_: object, __: object, series: object) -> None:
    if not isinstance(series, Mapping):
        raise InvalidValue(f"{type(series).__name__} is no table of bars; {_SHAPE}")
    for key, by_ticker in series.items():
        if not isinstance(key, Timeframe):
            raise InvalidValue(f"bars of {key!r} are of no timeframe; {_SHAPE}")
        if not isinstance(by_ticker, Mapping):
            raise InvalidValue(f"bars of {key} name no ticker; {_SHAPE}")
        for ticker, bars in by_ticker.items():
            if not isinstance(bars, BarSeries):
                raise InvalidValue(
                    f"{ticker}: {type(bars).__name__} is no BarSeries; make one of it"
                )


@frozen(eq=False)
class MemoryBars:
    """
    Bars that are at hand.

    Attributes:
        series: By timeframe, then by ticker.
    """

    series: Mapping[Timeframe, Mapping[str, BarSeries]] = field(validator=_by_timeframe)

    def __repr__(self) -> str:
        own = (f"{len(by_ticker):,} of {each}" for each, by_ticker in self.series.items())
        return f"MemoryBars({', '.join(own) or 'none'})"

    def tickers(self) -> Sequence[str]:
        """Return every ticker, in the order given, those of the first timeframe first."""
        every = (ticker for by_ticker in self.series.values() for ticker in by_ticker)
        return tuple(dict.fromkeys(every))

    def load(self, tickers: Sequence[str], timeframe: Timeframe) -> Mapping[str, BarSeries]:
        """Return the bars of those tickers that have some."""
        own = self.series.get(timeframe, {})
        return {ticker: own[ticker] for ticker in tickers if ticker in own}

    def only(self, tickers: Sequence[str]) -> "MemoryBars":
        """Return these tickers' bars alone."""
        return MemoryBars({each: self.load(tickers, each) for each in self.series})
