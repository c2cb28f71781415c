"""The adapter before the simulated gateway's faults: nothing partial, nothing endless."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from attrs import evolve, frozen
from tests.contract.broker_stages import AAPL, KO, PATIENCE, eventually

from adapters.calendar import SessionTable
from adapters.clocks import SimulatedClock
from adapters.gateway.scenario import parse_scenario
from adapters.gateway.server import GatewayServer
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.pacing import Pace, Pacer, Ticket
from sellcore.contract import ContractDetails
from sellcore.errors import BrokerUnavailable
from sellcore.request import BarRequest, Cause, Duration, FetchedBars, NoBars, Unit
from sellcore.timeframe import Granularity

START = datetime(2022, 5, 20, 14, tzinfo=UTC)
REQUESTS = [
    BarRequest(instrument, granularity, Duration(3, Unit.DAYS))
    for instrument in (AAPL, KO)
    for granularity in Granularity
]


class Ungapped(Pacer):
    """A pacer whose gaps are nothing: the wall time of a retry is not under test."""

    def book(self, request: BarRequest) -> Ticket:
        return evolve(super().book(request), wait=0.0)


@frozen
class Desk:
    """A broker and market data before a gateway with a fault."""

    clock: SimulatedClock
    connection: IBConnection
    broker: IBBroker
    market_data: IBMarketData


@contextmanager
def facing(
    fault: str, *, begins: timedelta = timedelta(hours=1), timeout: float = PATIENCE / 2
) -> Iterator[Desk]:
    """Log in, then let the fault begin; it lasts two hours."""
    clock = SimulatedClock(START)
    at, until = START + begins, START + begins + timedelta(hours=2)
    once = "drop_socket" in fault or "restart" in fault
    text = f'account = "DU0000001"\nstart = {START:%Y-%m-%dT%H:%M:%SZ}\n' + "".join(
        f'[[position]]\nticker = "{i.ticker}"\ncon_id = {i.con_id}\nquantity = 1\n'
        for i in (AAPL, KO)
    )
    text += f"[[fault]]\nat = {at:%Y-%m-%dT%H:%M:%SZ}\n{fault}\n"
    text += "" if once else f"until = {until:%Y-%m-%dT%H:%M:%SZ}\n"
    server = GatewayServer(parse_scenario(text, "the desk", Path()), clock, SessionTable())
    host, port = server.start()
    connection = IBConnection(
        host, port, 1, clock, timeout=timeout, messages_per_second=0, idle=0.1
    )
    pacer = Ungapped(clock, Pace(retry_after=0.01))
    market_data = IBMarketData(connection, pacer, timeout=timeout)
    try:
        connection.connect()
        clock.sleep_until(at)
        yield Desk(clock, connection, IBBroker(connection), market_data)
    finally:
        connection.close()
        server.stop()


@pytest.mark.parametrize(
    "fault",
    [
        'kind = "fragmented"',
        'kind = "slow_answers"\nseconds = 0.2',
        'kind = "windows_zone_names"',
        'kind = "read_only"',
        'kind = "skip_status"',
        'kind = "duplicate_status"',
        'kind = "ambiguous_symbol"',
    ],
)
def test_harmless_faults_change_no_answer(fault: str) -> None:
    """Slow, fragmented, repeated or oddly named: the account and its bars are read."""
    with facing(fault) as desk:
        assert len(desk.broker.positions()) == 2
        assert desk.broker.open_orders() == ()
        details = desk.broker.details([AAPL, KO])
        assert all(isinstance(told, ContractDetails) for told in details.values())
        assert {told.zone for told in details.values()} == {"America/New_York"}
        answers = desk.market_data.fetch(REQUESTS)
        assert all(isinstance(answer, FetchedBars) for answer in answers), answers
        assert desk.connection.fault() is None


def test_answers_without_their_end_are_no_answers() -> None:
    """Two positions and no end marker may be two of three."""
    with facing('kind = "missing_end"', timeout=3.0) as desk:
        with pytest.raises(BrokerUnavailable, match=r"^positions: no complete answer within 3 s$"):
            desk.broker.positions()
        assert desk.connection.fault() is not None


def test_answers_that_cannot_be_read_are_no_answers() -> None:
    """Each says which; bars are refused, and the line stays."""
    with facing('kind = "garbled_answers"') as desk:
        with pytest.raises(BrokerUnavailable, match="positions: the answer cannot be read"):
            desk.broker.positions()
        with pytest.raises(BrokerUnavailable, match="server time: the answer cannot be read"):
            desk.broker.server_time()
        assert desk.broker.open_orders() == ()
        answers = desk.market_data.fetch(REQUESTS)
        assert {a.cause for a in answers if isinstance(a, NoBars)} == {Cause.REFUSED}
        assert desk.connection.fault() is None


def test_silent_history_is_a_time_out() -> None:
    """The rest of the gateway goes on answering."""
    with facing('kind = "missing_answers"\nrequests = ["history"]', timeout=3.0) as desk:
        answers = desk.market_data.fetch(REQUESTS)
        assert {a.cause for a in answers if isinstance(a, NoBars)} == {Cause.TIMEOUT}
        assert len(desk.broker.positions()) == 2


@pytest.mark.parametrize(("every", "missing"), [(1, 4), (1000, 0)])
def test_pacing_refusals_are_tried_once_more(every: int, missing: int) -> None:
    """What is refused again is a cause of its own, what is not brings its bars."""
    with facing(f'kind = "pacing_errors"\nevery = {every}') as desk:
        answers = desk.market_data.fetch(REQUESTS)
        causes = [a.cause for a in answers if isinstance(a, NoBars)]
        assert causes == [Cause.PACING] * missing


def test_history_farm_that_is_down_is_no_lost_broker() -> None:
    """Bars are refused; positions and orders are as good as ever."""
    with facing('kind = "farm_down"') as desk:
        answers = desk.market_data.fetch(REQUESTS)
        assert all(isinstance(answer, NoBars) for answer in answers)
        assert len(desk.broker.positions()) == 2
        assert desk.connection.fault() is None


@pytest.mark.parametrize("answers", ["hang", "fail"])
def test_lost_servers_end_every_question_at_once(answers: str) -> None:
    """Nothing is asked that could only hang; with their return, all is read anew."""
    with facing(f'kind = "lost_1100"\nanswers = "{answers}"', timeout=60.0) as desk:
        eventually(lambda: desk.connection.fault() is not None)
        causes = {a.cause for a in desk.market_data.fetch(REQUESTS) if isinstance(a, NoBars)}
        assert causes == {Cause.DISCONNECTED}
        with pytest.raises(BrokerUnavailable, match="lost the broker's servers"):
            desk.broker.positions()
        desk.clock.sleep_until(START + timedelta(hours=4))
        eventually(lambda: desk.connection.fault() is None)
        assert len(desk.broker.positions()) == 2


def test_half_open_line_is_found_out_and_opened_anew() -> None:
    """Nobody has to ask: the health check does."""
    with facing('kind = "half_open"', timeout=2.0) as desk:
        eventually(lambda: desk.connection.fault() is not None)
        desk.clock.sleep_until(START + timedelta(hours=4))
        desk.connection.connect()
        assert len(desk.broker.positions()) == 2


@pytest.mark.parametrize("kind", ["drop_socket", "restart"])
def test_dropped_line_is_opened_anew(kind: str) -> None:
    """After a restart of the gateway a new login reads the account again."""
    with facing(f'kind = "{kind}"') as desk:
        eventually(lambda: desk.connection.fault() is not None)
        desk.connection.connect()
        assert len(desk.broker.positions()) == 2


@pytest.mark.parametrize(
    ("fault", "cause"),
    [
        ('kind = "refuse_connections"', "connection refused"),
        ('kind = "silent_socket"', "said nothing"),
        ('kind = "client_id_taken"', "client id 1 is already in use"),
    ],
)
def test_login_that_is_refused_says_why(fault: str, cause: str) -> None:
    """Each way of not getting in has its own words, and is over when the fault is."""
    with facing(fault, timeout=2.0) as desk:
        with pytest.raises(BrokerUnavailable, match=cause):
            desk.connection.connect()
        desk.clock.sleep_until(START + timedelta(hours=4))
        desk.connection.connect()
        assert len(desk.broker.positions()) == 2


def test_broker_clock_that_is_off_is_told_as_it_is() -> None:
    """The skew is the use case's to judge."""
    with facing('kind = "clock_skew"\nseconds = 120') as desk:
        skew = desk.broker.server_time() - desk.clock.now()
        assert skew == timedelta(seconds=120)
