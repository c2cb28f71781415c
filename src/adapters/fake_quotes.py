"""Quotes that are told what to show."""

from collections.abc import Mapping, Sequence

from sellcore.instrument import Instrument
from sellcore.ports.quotes import MarketQuote


class FakeQuotes:
    """
    Plays the market for a moment's look at it; nobody tells anything until ``show``.

    Attributes:
        asked: The instruments of each call, in order.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[Instrument, ...]] = []
        self._shown: dict[Instrument, MarketQuote] = {}

    def show(
        self,
        instrument: Instrument,
        *,
        bid: float | None = None,
        last: float | None = None,
        suspended: bool | None = False,
    ) -> None:
        """Show this of ``instrument`` from now on."""
        self._shown[instrument] = MarketQuote(bid, last, suspended)

    def hide(self, instrument: Instrument) -> None:
        """Tell nothing of ``instrument`` any more."""
        self._shown.pop(instrument, None)

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, MarketQuote]:
        """Return what was told to ``show``; a quote of Nones for the others."""
        self.asked.append(tuple(instruments))
        return {asked: self._shown.get(asked, MarketQuote()) for asked in instruments}
