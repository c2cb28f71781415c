"""What every look at the market promises: the fake, and IB's before two gateways."""

import time
from abc import ABC, abstractmethod
from collections.abc import Mapping
from enum import Enum
from pathlib import Path

import pytest
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, ACCOUNT, KO, START, UNKNOWN, eventually
from tests.contract.scripted_gateway import ScriptedGateway

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock, SimulatedClock
from adapters.fake_quotes import FakeQuotes
from adapters.gateway.scenario import parse_scenario
from adapters.gateway.server import GatewayServer
from adapters.ib.connection import IBConnection
from adapters.ib.quotes import IBQuotes
from sellcore.instrument import Instrument
from sellcore.ports.quotes import MarketQuote, Quotes

MSFT = Instrument(272093, "MSFT", "NASDAQ", "USD")
STOCKS = (AAPL, KO, MSFT)
LONG = 10.0
"""Seconds of a look that ends by itself, on a machine that is busy."""

LITTLE = 1.0
"""Seconds beyond those of a look that a busy machine may need."""

NOTHING = MarketQuote()


class Market(Enum):
    """What is told of an instrument."""

    TRADES = "it is not halted, and its prices"
    HALTED = "it is halted"
    SILENT = "nothing"
    REFUSED = "that the login may not see it"


class Stage(ABC):
    """A market with some instruments, and a line to it that is open."""

    quotes: Quotes

    def __init__(self, markets: Mapping[Instrument, Market], seconds: float = LONG) -> None:
        self._markets = markets
        self._seconds = seconds
        self._open()

    @abstractmethod
    def _open(self) -> None: ...

    @abstractmethod
    def hang_up(self) -> None:
        """Lose the line."""

    def subscriptions(self) -> int:
        """Return how many subscriptions the gateway has open."""
        return 0

    @abstractmethod
    def close(self) -> None:
        """Take it all down."""

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class FakeStage(Stage):
    """The fake that ships with the product."""

    def _open(self) -> None:
        self.quotes = self._fake = FakeQuotes()
        for instrument, market in self._markets.items():
            if market is Market.TRADES:
                self._fake.show(instrument, bid=50.24, last=50.25)
            elif market is Market.HALTED:
                self._fake.show(instrument, last=50.25, suspended=True)

    def hang_up(self) -> None:
        for instrument in self._markets:
            self._fake.hide(instrument)

    def close(self) -> None:
        self._fake.asked.clear()


class ScriptedStage(Stage):
    """The real adapter before a gateway that answers as it is written here."""

    def _open(self) -> None:
        self._by_id = {str(i.con_id): market for i, market in self._markets.items()}
        self.gateway = ScriptedGateway({1: self._ticks}).__enter__()
        clock = FrozenClock(START)
        self._connection = IBConnection("127.0.0.1", self.gateway.port, 1, clock)
        self._connection.connect()
        self.quotes = IBQuotes(self._connection, self._seconds)

    def _ticks(self, fields: list[str]) -> list[frames.Frame]:
        request, con_id = fields[2:4]
        match self._by_id.get(con_id):
            case Market.TRADES:
                prices = [frames.tick(request, 1, "50.24"), frames.tick(request, 4, "50.25")]
                return [frames.data_type(request, 1), *prices, frames.halted(request, "0")]
            case Market.HALTED:
                return [frames.tick(request, 4, "50.25"), frames.halted(request, "1.0")]
            case Market.SILENT:
                return []
            case Market.REFUSED:
                return [frames.error(request, 354, "Requested market data is not subscribed.")]
            case None:
                return [frames.error(request, 200, "No security definition has been found")]

    def hang_up(self) -> None:
        self.gateway.drop()
        eventually(lambda: self._connection.fault() is not None)

    def subscriptions(self) -> int:
        return len(self.gateway.asked(1)) - len(self.gateway.asked(2))

    def close(self) -> None:
        self._connection.close()
        self.gateway.__exit__()


_FAULTS = {
    Market.HALTED: 'kind = "halted"',
    Market.SILENT: 'kind = "missing_answers"\nrequests = ["market_data"]',
    Market.REFUSED: 'kind = "no_subscription"',
}


class SimulatedStage(Stage):
    """The real adapter before the gateway that ships with the product."""

    def _open(self) -> None:
        clock = SimulatedClock(START)
        scenario = parse_scenario(self._toml(), "the stage", Path())
        self._server = GatewayServer(scenario, clock, SessionTable())
        host, port = self._server.start()
        self._connection = IBConnection(host, port, 1, clock)
        self._connection.connect()
        self.quotes = IBQuotes(self._connection, self._seconds)

    def hang_up(self) -> None:
        self._server.stop()
        eventually(lambda: self._connection.fault() is not None)

    def subscriptions(self) -> int:
        return self._server.subscriptions

    def close(self) -> None:
        self._connection.close()
        self._server.stop()

    def _toml(self) -> str:
        at = f"{START:%Y-%m-%dT%H:%M:%SZ}"
        text = f'account = "{ACCOUNT}"\nstart = {at}\n'
        for instrument in self._markets:
            text += (
                f'[[position]]\nticker = "{instrument.ticker}"\ncon_id = {instrument.con_id}\n'
                "quantity = 100\naverage_cost = 50.25\n"
            )
        for instrument, market in self._markets.items():
            if market in _FAULTS:
                text += f'[[fault]]\nat = {at}\nticker = "{instrument.ticker}"\n{_FAULTS[market]}\n'
        return text


class QuotesContract:
    """One test for each promise of the port."""

    stage: type[Stage]

    def test_instrument_that_trades_has_prices(self) -> None:
        """A bid and a last price, and nothing is halted."""
        with self.stage({AAPL: Market.TRADES}) as stage:
            quote = stage.quotes.quotes([AAPL])[AAPL]
            assert quote.suspended is False
            assert quote.bid is not None
            assert quote.last is not None
            assert 0 < quote.bid <= quote.last

    def test_halt_of_trading_is_told(self) -> None:
        """Whatever the prices are."""
        with self.stage({AAPL: Market.HALTED}) as stage:
            assert stage.quotes.quotes([AAPL])[AAPL].suspended is True

    @pytest.mark.parametrize("market", [Market.SILENT, Market.REFUSED])
    def test_not_to_know_is_an_answer(self, market: Market) -> None:
        """Where nobody tells, and where the broker refuses to, nothing is made up."""
        with self.stage({AAPL: market}, seconds=0.3) as stage:
            assert stage.quotes.quotes([AAPL]) == {AAPL: NOTHING}

    def test_contract_that_nobody_knows_has_no_quote(self) -> None:
        """It spoils no other."""
        with self.stage({AAPL: Market.TRADES}) as stage:
            told = stage.quotes.quotes([UNKNOWN, AAPL])
            assert told[UNKNOWN] == NOTHING
            assert told[AAPL].suspended is False

    def test_several_are_looked_at_together(self) -> None:
        """Each has an answer of its own, one that was asked for twice has one."""
        markets = {AAPL: Market.HALTED, KO: Market.REFUSED, MSFT: Market.TRADES}
        with self.stage(markets) as stage:
            told = stage.quotes.quotes([*STOCKS, AAPL])
            assert [told[i].suspended for i in STOCKS] == [True, None, False]
            assert len(told) == len(STOCKS)
            assert told[MSFT].bid

    def test_silence_takes_no_longer_than_told(self) -> None:
        """What others told in that time is kept."""
        with self.stage({AAPL: Market.TRADES, KO: Market.SILENT}, seconds=2.0) as stage:
            begun = time.monotonic()
            told = stage.quotes.quotes([KO, AAPL])
            assert time.monotonic() - begun < 2.0 + LITTLE
            assert told[KO] == NOTHING
            assert told[AAPL].suspended is False

    def test_nothing_asked_is_nothing_told(self) -> None:
        """No instruments, no quotes, no wait."""
        with self.stage({AAPL: Market.TRADES}) as stage:
            assert stage.quotes.quotes([]) == {}

    def test_lost_line_is_not_to_know(self) -> None:
        """It raises nothing, and takes no time."""
        with self.stage({AAPL: Market.TRADES}) as stage:
            stage.hang_up()
            begun = time.monotonic()
            assert stage.quotes.quotes([AAPL, KO]) == {AAPL: NOTHING, KO: NOTHING}
            assert time.monotonic() - begun < LITTLE

    def test_each_look_is_new(self) -> None:
        """What was told before is told again."""
        with self.stage({AAPL: Market.TRADES}) as stage:
            first, second = (stage.quotes.quotes([AAPL])[AAPL] for _ in range(2))
            assert first == second

    def test_nothing_stays_subscribed(self) -> None:
        """Neither what was told, nor what was refused, nor what was waited for in vain."""
        markets = {AAPL: Market.TRADES, KO: Market.REFUSED, MSFT: Market.SILENT}
        with self.stage(markets, seconds=0.5) as stage:
            stage.quotes.quotes(STOCKS)
            eventually(lambda: stage.subscriptions() == 0)


class TestFakeQuotes(QuotesContract):
    """The fake."""

    stage = FakeStage


class TestIBQuotesOverScript(QuotesContract):
    """The adapter before scripted answers."""

    stage = ScriptedStage

    def test_each_subscription_has_its_cancel(self) -> None:
        """The gateway sees one cancel for each request, by its number."""
        markets = {AAPL: Market.TRADES, KO: Market.REFUSED, MSFT: Market.SILENT}
        with ScriptedStage(markets, seconds=0.5) as stage:
            stage.quotes.quotes(STOCKS)
            eventually(lambda: len(stage.gateway.asked(2)) == len(STOCKS))
            asked = [fields[2] for fields in stage.gateway.asked(1)]
            assert [fields[2] for fields in stage.gateway.asked(2)] == asked


class TestIBQuotesOverSimulatedGateway(QuotesContract):
    """The adapter before the gateway that ships with the product."""

    stage = SimulatedStage
