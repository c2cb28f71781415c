"""Real traffic of real gateways, played back to the real adapter over a socket."""

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.contract.broker_stages import eventually
from tests.contract.scripted_gateway import Answer, Frame, ScriptedGateway

from adapters.clocks import FrozenClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.market_data import IBMarketData
from adapters.ib.pacing import Pacer
from sellcore.contract import ContractDetails
from sellcore.instant import from_epoch
from sellcore.instrument import Instrument, Kind
from sellcore.order import Side
from sellcore.request import BarRequest, Duration, FetchedBars, Unit
from sellcore.timeframe import Granularity

RECORDED = Path(__file__).parents[2].parent / "shared" / "data" / "ib"
NOW = datetime(2025, 4, 16, 12, tzinfo=UTC)
AAPL = Instrument(265598, "AAPL", "SMART", "USD")
TSLA = Instrument(76792991, "TSLA", "SMART", "USD")

pytestmark = pytest.mark.skipif(
    not RECORDED.is_dir(), reason="../shared is absent: there is no recorded traffic to play back"
)


def recorded(name: str) -> dict[str, object]:
    """Return a recording."""
    return json.loads((RECORDED / f"{name}.json").read_text("utf-8"))


def session() -> Mapping[str, Sequence[Frame]]:
    """Return the recorded session at 176: responses by request."""
    exchanges = recorded("wire_session_v176")["exchanges"]
    return {e["request_id_and_second_field"]: e["responses"] for e in exchanges}


def interactions() -> Mapping[str, Sequence[Frame]]:
    """Return the recorded questions at 173: responses by name."""
    found = recorded("wire_interactions_v173")["interactions"]
    return {interaction["name"]: interaction["responses"] for interaction in found}


def frames() -> Mapping[str, Sequence[Frame]]:
    """Return the recorded single messages at 173."""
    return recorded("wire_frames_v173")["frames"]


@contextmanager
def playing(
    answers: Mapping[int, Answer], greeting: Frame, login: Sequence[Frame]
) -> Iterator[tuple[ScriptedGateway, IBConnection]]:
    """Log in to a gateway that says what was recorded."""
    with ScriptedGateway(answers, greeting=greeting, login=login) as gateway:
        connection = IBConnection("127.0.0.1", gateway.port, 100, FrozenClock(NOW))
        try:
            yield gateway, connection
        finally:
            connection.close()


def numbered(frame: Frame, position: int, request: str) -> Frame:
    """Return a recorded answer under the number of our request."""
    return [*frame[:position], request, *frame[position + 1 :]]


def test_recorded_login_and_flat_account() -> None:
    """Handshake, the burst after the start, and the end markers of an empty account."""
    told = session()
    answers = {61: lambda _: told["61_1"], 16: lambda _: told["5_1"]}
    with playing(answers, told["API_"][0], told["71_2"]) as (_, connection):
        login = connection.connect()
        assert login.accounts == ("DU1234567",)
        assert login.server.endswith("server version 176")
        assert connection.fault() is None
        broker = IBBroker(connection)
        assert broker.positions() == ()
        assert broker.open_orders() == ()


def test_account_values_that_nobody_asked_for_do_no_harm() -> None:
    """Hundreds of recorded messages of other kinds pass by a question that is open."""
    told = session()
    noise = [*told["6_2"], *told["76_1"], *told["62_1"], *told["7_3"], *told["99_0"]]
    answers = {61: lambda _: [*noise, *told["61_1"]]}
    with playing(answers, told["API_"][0], told["71_2"]) as (_, connection):
        connection.connect()
        assert IBBroker(connection).positions() == ()
        assert connection.fault() is None


def test_recorded_what_if_is_no_open_order() -> None:
    """A question for margins comes back as an openOrder message at 176; it will never work."""
    told = session()
    answers = {16: lambda _: [*told["3_219"], ("53", "1")]}
    with playing(answers, told["API_"][0], told["71_2"]) as (_, connection):
        connection.connect()
        assert IBBroker(connection).open_orders() == ()


def test_recorded_refusal_of_an_order_answers_no_question_of_ours() -> None:
    """The 321 on somebody's order passes by positions that are being read."""
    told = session()
    answers = {61: lambda _: [told["3_220"][0], *told["61_1"]]}
    with playing(answers, told["API_"][0], told["71_2"]) as (_, connection):
        connection.connect()
        assert told["3_220"][0][3] == "321"
        assert IBBroker(connection).positions() == ()


def test_recorded_refusal_ends_the_request_it_names() -> None:
    """The same 321, under the number of a request for bars, ends it at once."""
    told = session()
    answers = {20: lambda fields: [numbered(told["3_220"][0], 2, fields[1])]}
    with playing(answers, told["API_"][0], told["71_2"]) as (_, connection):
        connection.connect()
        market_data = IBMarketData(connection, Pacer(FrozenClock(NOW)))
        (answer,) = market_data.fetch([BarRequest(AAPL, Granularity.DAY, Duration(2, Unit.DAYS))])
        assert "321" in answer.text


def test_recorded_positions_of_a_short_and_a_future() -> None:
    """Signs, decimals and kinds as the gateway at 173 told them."""
    told, single = interactions(), frames()
    answers = {61: lambda _: told["positions"], 49: lambda _: told["server_time"]}
    greeting = single["handshake_replies"][0]
    with playing(answers, greeting, single["start_api_replies"]) as (_, connection):
        connection.connect()
        broker = IBBroker(connection)
        short, future = broker.positions()
        assert (short.instrument.ticker, short.quantity) == ("NASDAQ:AAPL", Decimal(-110))
        assert short.average_cost == 201.8829709
        assert short.instrument.kind is Kind.STOCK
        assert (future.instrument.kind, future.quantity) == (Kind.OTHER, Decimal(1))
        assert future.instrument.ticker == "FUT:ES"
        assert broker.server_time() == datetime(2025, 7, 15, 19, 5, 7, tzinfo=UTC)


@pytest.mark.parametrize("number", [0, 1])
def test_recorded_zone_names_in_words_do_not_stop_the_login(number: int) -> None:
    """British Summer Time and Greenwich Mean Time, and a farm that is inactive."""
    single = frames()
    greeting = single["handshake_replies"][number]
    with playing({}, greeting, single["start_api_replies"]) as (gateway, connection):
        assert connection.connect().accounts == ("DU1234567",)
        assert connection.fault() is None
        assert gateway.asked(71) == [["71", "2", "100", ""]]


def test_recorded_fill_beside_a_question_does_no_harm() -> None:
    """Somebody's market order fills while open orders are read: it is not open any more."""
    single = frames()
    fill = single["market_buy_100_AAPL_2025-04-15"]
    greeting = single["handshake_replies"][0]
    answers = {16: lambda _: [*fill, ("53", "1")]}
    with playing(answers, greeting, single["start_api_replies"]) as (_, connection):
        connection.connect()
        assert IBBroker(connection).open_orders() == ()


def test_recorded_order_before_its_fill_is_open() -> None:
    """Up to the first status, the same recording is an order that works."""
    single = frames()
    begin = single["market_buy_100_AAPL_2025-04-15"][:2]
    greeting = single["handshake_replies"][0]
    answers = {16: lambda _: [*begin, ("53", "1")]}
    with playing(answers, greeting, single["start_api_replies"]) as (_, connection):
        connection.connect()
        (order,) = IBBroker(connection).open_orders()
        assert (order.side, order.quantity, order.remaining) == (Side.BUY, 100, 100)
        assert (order.order_type, order.limit_price, order.stop_price) == ("MKT", None, None)
        assert (order.status, order.tif, order.client_id) == ("PreSubmitted", "DAY", 100)
        assert order.perm_id == 600745656


def details_of(recording: Frame, instrument: Instrument) -> ContractDetails:
    """Return what the adapter makes of a recorded contract description."""
    single = frames()

    def answer(fields: list[str]) -> list[Frame]:
        return [numbered(recording, 1, fields[2]), ("52", "1", fields[2])]

    greeting = single["handshake_replies"][0]
    with playing({9: answer}, greeting, single["start_api_replies"]) as (_, connection):
        connection.connect()
        details = IBBroker(connection).details([instrument])[instrument]
    assert isinstance(details, ContractDetails), details
    return details


def test_recorded_contracts_are_described() -> None:
    """Primary exchange, zone, tick and hours of two stocks, three years apart."""
    single = frames()
    apple = details_of(single["contract_details_AAPL_2025-03-23"][0], AAPL)
    assert apple.instrument.ticker == "NASDAQ:AAPL"
    assert (apple.zone, apple.min_tick) == ("America/New_York", Decimal("0.01"))
    assert list(apple.hours) == [date(2025, 3, 24) + timedelta(days=n) for n in range(5)]
    tesla = details_of(single["contract_details_TSLA_2022-12-29"][0], TSLA)
    assert tesla.instrument.ticker == "NASDAQ:TSLA"
    assert tesla.hours[date(2023, 1, 2)] is None
    tuesday = tesla.hours[date(2023, 1, 3)]
    assert tuesday is not None
    assert tuesday.open == datetime(2023, 1, 3, 14, 30, tzinfo=UTC)


@pytest.mark.parametrize("number", range(4))
def test_recorded_hours_are_those_of_new_york(number: int) -> None:
    """Holidays are closed, the Friday after Thanksgiving closes at one, other days at four."""
    sample = recorded("trading_hours_samples")["samples"][number]
    frame = list(frames()["contract_details_AAPL_2025-03-23"][0])
    frame[frame.index("US/Eastern") :][:3] = []
    place = frame.index("US/Eastern")
    frame[place : place + 3] = [sample["timeZoneId"], sample["tradingHours"], sample["liquidHours"]]
    hours = details_of(frame, AAPL).hours
    new_york = ZoneInfo("America/New_York")
    for told in sample["liquidHours"].split(";"):
        day = datetime.strptime(told[:8], "%Y%m%d").date()
        session_ = hours[day]
        if told.endswith("CLOSED"):
            assert session_ is None
            continue
        assert session_ is not None
        closes = time(13) if day == date(2024, 11, 29) else time(16)
        assert session_.open.astimezone(new_york).time() == time(9, 30)
        assert session_.close.astimezone(new_york).time() == closes
    assert len(hours) == len(sample["liquidHours"].split(";"))


def test_recorded_daily_bars_are_read() -> None:
    """Two days of April 2023, with volume in hundredths as it was sent."""
    single = frames()
    (recording,) = single["historical_data_two_daily_bars_2023"]
    answers = {20: lambda fields: [numbered(recording, 1, fields[1])]}
    greeting = single["handshake_replies"][0]
    with playing(answers, greeting, single["start_api_replies"]) as (_, connection):
        connection.connect()
        market_data = IBMarketData(connection, Pacer(FrozenClock(NOW)))
        (answer,) = market_data.fetch([BarRequest(TSLA, Granularity.DAY, Duration(2, Unit.DAYS))])
    assert isinstance(answer, FetchedBars)
    days = [from_epoch(stamp).date() for stamp in answer.stamp.tolist()]
    assert days == [date(2023, 4, 13), date(2023, 4, 14)]
    assert answer.close.tolist() == [185.90, 185.00]
    assert answer.low.tolist() == [180.94, 182.01]
    assert answer.volume.tolist() == [948837.22, 810998.27]


def test_recorded_farm_notices_are_no_fault() -> None:
    """Data farms that are fine or asleep say nothing about orders and positions."""
    told = session()
    with playing({}, told["API_"][0], told["71_2"]) as (gateway, connection):
        heard: list[int] = []
        connection.on_notice(heard.append)
        connection.connect()
        for frame in frames()["start_api_replies"][3:]:
            gateway.say(*frame)
        eventually(lambda: {2104, 2107, 2158} <= set(heard))
        assert connection.fault() is None
        assert connection.generation() == 0
