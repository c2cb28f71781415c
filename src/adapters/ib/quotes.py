"""What the market shows at Interactive Brokers, looked at for a moment."""

from collections.abc import Mapping, Sequence
from concurrent.futures import CancelledError
from datetime import date

from adapters.ib import questions, translate, translate_prices
from adapters.ib.connection import IBConnection
from adapters.ib.library_logs import LOG
from adapters.ib.notices import NOT_SUBSCRIBED
from adapters.ib.pending import Ticks
from sellcore.errors import BrokerUnavailable
from sellcore.instrument import Instrument
from sellcore.ports.quotes import MarketQuote

_LITTLE = 0.25
"""Seconds that the event loop gets beyond those of the look, when it is busy."""


class IBQuotes:
    """
    Looks at the market over a connection that somebody else opens and closes.

    It subscribes, listens for a moment and unsubscribes. An instrument that the
    login may not see is not asked for again on the same day, by the
    connection's clock in UTC.
    """

    def __init__(self, connection: IBConnection, seconds: float = 0.5) -> None:
        """
        Share the connection.

        Args:
            connection: Open or not; while it is not, nothing can be told.
            seconds: Wall-clock seconds that one look takes at most.
        """
        self._connection = connection
        self._seconds = seconds
        self._refused: set[Instrument] = set()
        self._refused_on: date | None = None

    def quotes(self, instruments: Sequence[Instrument]) -> Mapping[Instrument, MarketQuote]:
        """Return what can be told at once; a quote of Nones where nothing can."""
        today = self._connection.clock.now().date()
        if today != self._refused_on:
            self._refused, self._refused_on = set(), today
        wanted = [i for i in dict.fromkeys(instruments) if i not in self._refused]
        told = self._look(wanted) if wanted else {}
        return {i: told.get(i, MarketQuote()) for i in instruments}

    def _look(self, instruments: Sequence[Instrument]) -> dict[Instrument, MarketQuote]:
        try:
            self._connection.line()
            future = self._connection.submit(self._listen(instruments))
            try:
                heard = future.result(self._seconds + _LITTLE)
            finally:
                future.cancel()  # what is left of it unsubscribes
        except (BrokerUnavailable, ConnectionError, TimeoutError, CancelledError) as error:
            LOG.info("no quotes: %s", error)
            return {}
        quotes = {i: translate_prices.quote(ticks.rows) for i, ticks in heard.items()}
        self._refused |= {i for i, ticks in heard.items() if _is_final(ticks, quotes[i])}
        return quotes

    async def _listen(self, instruments: Sequence[Instrument]) -> dict[Instrument, Ticks]:
        line, generation = self._connection.line(), self._connection.generation()
        contracts = [translate.data_contract(instrument) for instrument in instruments]
        ticks = await questions.ticks(line, contracts, self._seconds)
        if self._connection.generation() != generation:
            raise BrokerUnavailable("the broker's servers were lost meanwhile")
        return dict(zip(instruments, ticks, strict=True))


def _is_final(ticks: Ticks, quote: MarketQuote) -> bool:
    """Say whether asking again today would be in vain."""
    refused = ticks.refusal is not None and ticks.refusal.code in NOT_SUBSCRIBED
    return refused and quote == MarketQuote()
