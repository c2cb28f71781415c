"""What every source of bars promises: the fake, and IB's before two gateways."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from threading import get_ident

import numpy as np
import pytest
from tests.contract import broker_frames as frames
from tests.contract.broker_stages import AAPL, KO, UNKNOWN, eventually
from tests.contract.scripted_gateway import ScriptedGateway

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock, SimulatedClock
from adapters.fake_broker import FakeBroker
from adapters.fake_market_data import FakeMarketData
from adapters.gateway.scenario import parse_scenario
from adapters.gateway.server import GatewayServer
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.pacing import Pacer
from sellcore.bar import Bar, BarSeries
from sellcore.instant import from_epoch
from sellcore.instrument import Instrument
from sellcore.ports.connection import Connection
from sellcore.ports.market_data import Answer, MarketData
from sellcore.request import BarRequest, Cause, Duration, FetchedBars, NoBars, Unit
from sellcore.timeframe import Granularity

NOW = datetime(2022, 5, 20, 15, 10, tzinfo=UTC)
"""A Friday, 11:10 in New York: the half hour from 11:00 is forming."""

DAYS = [date(2022, 5, day) for day in (12, 13, 16, 17, 18, 19, 20)]
DAY, HALF_HOUR = Granularity.DAY, Granularity.HALF_HOUR


def ask(
    instrument: Instrument = AAPL, granularity: Granularity = HALF_HOUR, days: int = 2
) -> BarRequest:
    """Return a request for the last days."""
    return BarRequest(instrument, granularity, Duration(days, Unit.DAYS))


def half_hours() -> list[datetime]:
    """Return the starts of all half hours that have begun, New York regular hours."""
    opens = [datetime(d.year, d.month, d.day, 13, 30, tzinfo=UTC) for d in DAYS]
    starts = [at + timedelta(minutes=30 * n) for at in opens for n in range(13)]
    return [start for start in starts if start <= NOW]


class Stage(ABC):
    """Bars of AAPL and KO over seven sessions, the last of them under way."""

    connection: Connection
    market_data: MarketData

    def __enter__(self) -> "Stage":
        return self

    def __exit__(self, *_: object) -> None:
        self.connection.close()

    @abstractmethod
    def drop(self) -> None:
        """Lose the line; return once it is known."""


class FakeStage(Stage):
    """The fake that ships with the product."""

    market_data: FakeMarketData

    def __init__(self) -> None:
        clock = FrozenClock(NOW)
        self.connection = self._broker = FakeBroker(clock)
        self.market_data = fake = FakeMarketData(clock, self.connection)
        price = (50.0, 50.5, 49.5, 50.25)
        short = [Bar(at, at + timedelta(minutes=30), *price) for at in half_hours()]
        opens = [datetime(d.year, d.month, d.day, 13, 30, tzinfo=UTC) for d in DAYS]
        long = [Bar(at, at + timedelta(hours=6, minutes=30), *price) for at in opens]
        for instrument in (AAPL, KO):
            fake.give(instrument, HALF_HOUR, BarSeries.of(short))
            fake.give(instrument, DAY, BarSeries.of(long))

    def drop(self) -> None:
        self._broker.drop()


class IBStage(Stage):
    """The real adapter before some gateway."""

    def _attach(self, host: str, port: int, clock: FrozenClock | SimulatedClock) -> None:
        self.connection = IBConnection(host, port, 1, clock, messages_per_second=0)
        self.market_data = IBMarketData(self.connection, Pacer(clock))

    @abstractmethod
    def _cut(self) -> None: ...

    def drop(self) -> None:
        self._cut()
        eventually(lambda: self.connection.fault() is not None)


class ScriptedStage(IBStage):
    """Bars as they are written here."""

    def __init__(self) -> None:
        self._gateway = ScriptedGateway({20: self._bars}).__enter__()
        self._attach("127.0.0.1", self._gateway.port, FrozenClock(NOW))

    def _bars(self, fields: list[str]) -> Sequence[frames.Frame]:
        if int(fields[2]) not in (AAPL.con_id, KO.con_id):
            return [frames.error(fields[1], 200, "No security definition has been found")]
        days = DAYS[-int(fields[17].split()[0]) :]
        if fields[16] == "1 day":
            rows = [(f"{day:%Y%m%d}", 50.25) for day in days]
        else:
            starts = [at for at in half_hours() if at.date() in days]
            rows = [(str(int(at.timestamp())), 50.25) for at in starts]
        return [frames.bars(fields[1], rows)]

    def _cut(self) -> None:
        self._gateway.drop()

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._gateway.__exit__()


class SimulatedStage(IBStage):
    """Bars that the simulated gateway generates."""

    def __init__(self) -> None:
        self._clock = SimulatedClock(NOW)
        positions = "".join(
            f'[[position]]\nticker = "{i.ticker}"\ncon_id = {i.con_id}\nquantity = 1\n'
            "average_cost = 50.0\n"
            for i in (AAPL, KO)
        )
        scenario = parse_scenario(
            f'account = "DU0000001"\nstart = {NOW:%Y-%m-%dT%H:%M:%SZ}\n{positions}'
            '[[fault]]\nat = 2022-05-20T16:00:00Z\nkind = "drop_socket"\n',
            "the stage",
            Path(),
        )
        self._server = GatewayServer(scenario, self._clock, SessionTable())
        self._attach(*self._server.start(), self._clock)

    def _cut(self) -> None:
        self._clock.sleep_until(NOW + timedelta(hours=1))

    def __exit__(self, *_: object) -> None:
        super().__exit__()
        self._server.stop()


def bars_of(answer: Answer) -> FetchedBars:
    """Return the bars of an answer that must have some."""
    assert isinstance(answer, FetchedBars), answer
    return answer


class MarketDataContract:
    """One test for each promise of the port."""

    stage: type[Stage]

    def test_half_hours_are_stamped_with_their_start(self) -> None:
        """Regular hours only, oldest first, the forming bar last."""
        with self.stage() as stage:
            stage.connection.connect()
            (answer,) = map(bars_of, stage.market_data.fetch([ask(days=2)]))
            expected = [at for at in half_hours() if at.date() in DAYS[-2:]]
            assert [from_epoch(stamp) for stamp in answer.stamp.tolist()] == expected

    def test_days_are_stamped_with_midnight_of_their_date(self) -> None:
        """One bar a session, today's among them."""
        with self.stage() as stage:
            stage.connection.connect()
            (answer,) = map(bars_of, stage.market_data.fetch([ask(granularity=DAY, days=5)]))
            assert [from_epoch(stamp).date() for stamp in answer.stamp.tolist()] == DAYS[-5:]
            assert all(stamp % 86400 == 0 for stamp in answer.stamp.tolist())

    def test_columns_are_as_long_as_the_stamps(self) -> None:
        """Prices are numbers above zero that bound each other."""
        with self.stage() as stage:
            stage.connection.connect()
            (answer,) = map(bars_of, stage.market_data.fetch([ask()]))
            assert answer.low.shape == answer.stamp.shape == answer.volume.shape
            assert np.all((answer.low > 0) & (answer.low <= answer.close))
            assert np.all((answer.open <= answer.high) & (answer.close <= answer.high))

    def test_answers_come_in_the_order_of_the_requests(self) -> None:
        """One for each, whatever arrives first."""
        requests = [
            ask(i, g, n) for i in (KO, UNKNOWN, AAPL) for g in (DAY, HALF_HOUR) for n in (1, 3)
        ]
        with self.stage() as stage:
            stage.connection.connect()
            answers = stage.market_data.fetch(requests)
            assert [answer.request for answer in answers] == requests

    def test_each_answer_is_reported_once_in_the_callers_thread(self) -> None:
        """Progress can be shown without a lock."""
        seen: list[tuple[BarRequest, int]] = []
        requests = [ask(KO), ask(UNKNOWN), ask(AAPL)]
        with self.stage() as stage:
            stage.connection.connect()
            stage.market_data.fetch(requests, lambda a: seen.append((a.request, get_ident())))
        assert {request for request, _ in seen} == set(requests)
        assert len(seen) == 3
        assert {thread for _, thread in seen} == {get_ident()}

    def test_unknown_contract_brings_no_bars_and_spoils_nothing(self) -> None:
        """A request that fails is an answer, never an exception or an empty history."""
        with self.stage() as stage:
            stage.connection.connect()
            bad, good = stage.market_data.fetch([ask(UNKNOWN), ask()])
            assert isinstance(bad, NoBars)
            assert bad.cause is Cause.REFUSED
            assert bad.text
            assert isinstance(good, FetchedBars)

    def test_asked_at_is_the_ports_clock(self) -> None:
        """When the request left decides which bars are closed."""
        with self.stage() as stage:
            stage.connection.connect()
            (answer,) = map(bars_of, stage.market_data.fetch([ask()]))
            assert answer.asked_at == NOW

    def test_nothing_asked_is_nothing_answered(self) -> None:
        """An empty batch is fine."""
        with self.stage() as stage:
            stage.connection.connect()
            assert list(stage.market_data.fetch([])) == []

    @pytest.mark.parametrize("dropped", [False, True], ids=["never connected", "dropped"])
    def test_without_a_line_every_answer_says_so(self, dropped: bool) -> None:
        """No connection is a cause of its own."""
        with self.stage() as stage:
            if dropped:
                stage.connection.connect()
                stage.drop()
            answers = stage.market_data.fetch([ask(), ask(KO)])
            assert [a.cause for a in answers if isinstance(a, NoBars)] == [Cause.DISCONNECTED] * 2

    def test_same_question_can_be_asked_of_many_instruments(self) -> None:
        """A batch larger than what may be in flight is answered in whole."""
        requests = [
            ask((AAPL, KO)[n % 2], (DAY, HALF_HOUR)[n // 2 % 2], 1 + n // 4) for n in range(20)
        ]
        with self.stage() as stage:
            stage.connection.connect()
            answers = [bars_of(answer) for answer in stage.market_data.fetch(requests)]
            counts = [len(a.stamp) for a in answers if a.request.granularity is DAY]
            assert counts == sorted(counts)
            assert all(
                earlier < later for a in answers for earlier, later in pairwise(a.stamp.tolist())
            )


class TestFakeMarketData(MarketDataContract):
    """The fake, with the failures it can be told."""

    stage = FakeStage

    def test_failures_come_once_each_in_their_order(self) -> None:
        """A story of failures is told ahead; after it the bars are back."""
        with FakeStage() as stage:
            stage.connection.connect()
            stage.market_data.fail(AAPL, HALF_HOUR, Cause.TIMEOUT)
            stage.market_data.fail(AAPL, HALF_HOUR, Cause.PACING, "too fast")
            answers = stage.market_data.fetch([ask(), ask(KO), ask(), ask()])
            causes = [a.cause if isinstance(a, NoBars) else None for a in answers]
            assert causes == [Cause.TIMEOUT, None, Cause.PACING, None]

    def test_years_reach_back_to_the_same_date(self) -> None:
        """A duration in years is one of the calendar."""
        with FakeStage() as stage:
            stage.connection.connect()
            request = BarRequest(AAPL, DAY, Duration(1, Unit.YEARS))
            (answer,) = map(bars_of, stage.market_data.fetch([request]))
            assert len(answer.stamp) == len(DAYS)


class TestIBMarketDataOverScript(MarketDataContract):
    """The adapter before scripted answers."""

    stage = ScriptedStage


class TestIBMarketDataOverSimulatedGateway(MarketDataContract):
    """The adapter before the gateway that ships with the product."""

    stage = SimulatedStage
