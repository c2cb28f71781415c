"""The quotes port: whether an instrument trades now, and at what price."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from attrs import frozen

from sellcore.instrument import Instrument


@frozen
class MarketQuote:
    """
    What the market shows of an instrument.

    Attributes:
        bid: What buyers offer, in the instrument's currency; None where nobody tells.
        last: What was paid last; None where nobody tells.
        suspended: Whether trading is halted; None where nobody tells.
    """

    bid: float | None = None
    last: float | None = None
    suspended: bool | None = None


class Quotes(Protocol):
    """Looks at the market for the few instruments that are about to be sold."""

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, MarketQuote]:
        """
        Return what can be told at once; a quote of Nones where nothing can.

        It never raises and takes half a second at most: not to know is an answer.
        """
        ...
