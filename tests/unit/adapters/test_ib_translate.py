"""From a gateway's messages to our values."""

from datetime import UTC, datetime
from decimal import Decimal
from math import isnan

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from ib_async import ComboLeg, Contract, Order, OrderState
from ib_async import ContractDetails as Told

from adapters.ib import translate
from adapters.ib.pending import OpenOrderRow, OrderStatusRow
from sellcore.contract import ContractDetails, NoDetails
from sellcore.instrument import Instrument, Kind
from sellcore.order import Side
from sellcore.request import BarRequest, Cause, Duration, FetchedBars, NoBars, Unit
from sellcore.timeframe import Granularity

AAPL = Instrument(265598, "AAPL", "NASDAQ", "USD")
ASKED_AT = datetime(2025, 3, 24, 15, tzinfo=UTC)
UNSET = 1.7976931348623157e308


def a_position(**changed: str) -> list[str]:
    """Return the fields of a position message."""
    fields = {
        "id": "61",
        "version": "3",
        "account": "DU0000001",
        "con_id": "265598",
        "symbol": "AAPL",
        "sec_type": "STK",
        "last_trade_date": "",
        "strike": "0.0",
        "right": "",
        "multiplier": "",
        "exchange": "NASDAQ",
        "currency": "USD",
        "local_symbol": "AAPL",
        "trading_class": "NMS",
        "quantity": "100",
        "average_cost": "201.88",
    }
    return list((fields | changed).values())


@given(st.decimals(-(10**9), 10**9, places=8).filter(bool))
def test_quantity_is_the_decimal_on_the_wire(quantity: Decimal) -> None:
    """No float lies between the broker's quantity and ours."""
    assert translate.position(a_position(quantity=str(quantity))).quantity == quantity


def test_future_is_held_and_is_no_stock() -> None:
    """What has no listing exchange is told apart by its kind, and never sold."""
    told = a_position(symbol="ES", sec_type="FUT", exchange="", quantity="1", con_id="637533641")
    position = translate.position(told)
    assert position.instrument.kind is Kind.OTHER
    assert position.instrument.ticker == "FUT:ES"


@pytest.mark.parametrize("sec_type", ["CFD", "WAR", "ETF", "stk", "CRYPTO", "FUND"])
def test_what_only_looks_like_a_stock_is_none(sec_type: str) -> None:
    """An order for the stock of that name would open a position that nobody holds."""
    assert translate.position(a_position(sec_type=sec_type)).instrument.kind is Kind.OTHER


@pytest.mark.parametrize("told", ["", "1.7976931348623157E308", "1e300", "-1e300", "n/a"])
def test_average_cost_that_is_not_told_is_not_zero(told: str) -> None:
    """A cost of zero would put every price above break-even."""
    assert isnan(translate.position(a_position(average_cost=told)).average_cost)


@pytest.mark.parametrize(
    "quantity", ["", "many", "nan", "inf", "1.2.3", "1.7976931348623157E308", "-1e301"]
)
def test_unreadable_quantity_is_an_error(quantity: str) -> None:
    """A quantity is never guessed."""
    with pytest.raises(ValueError, match=r"^quantity "):
        translate.position(a_position(quantity=quantity))


def test_texts_of_a_position_are_cleaned() -> None:
    """A symbol cannot carry terminal codes."""
    assert translate.position(a_position(symbol="AA\x1b[2JPL")).instrument.symbol == "AA [2JPL"


@pytest.mark.parametrize(
    ("changed", "ticker"),
    [
        ({"symbol": "", "local_symbol": "AAPL 2"}, "NASDAQ:AAPL 2"),
        ({"symbol": "", "local_symbol": ""}, "NASDAQ:265598"),
        ({"exchange": "nyse"}, "NYSE:AAPL"),
        ({"exchange": ""}, "STK:AAPL"),
    ],
)
def test_position_that_lacks_a_name_gets_the_next_best(
    changed: dict[str, str], ticker: str
) -> None:
    """It is held, and has to be called something."""
    assert translate.position(a_position(**changed)).instrument.ticker == ticker


def test_position_is_of_its_account_and_currency() -> None:
    """Both as told, each on one line."""
    position = translate.position(a_position(account="DU1\n", currency="USD\n"))

    assert (position.account, position.instrument.currency) == ("DU1", "USD")
    assert position.average_cost == 201.88


def test_older_name_of_an_exchange_is_its_present_one() -> None:
    """ISLAND and NASDAQ are one exchange, so a ticker does not change with the gateway."""
    assert translate.position(a_position(exchange="ISLAND")).instrument.exchange == "NASDAQ"


def an_order(status: OrderStatusRow | None = None, **fields: object) -> OpenOrderRow:
    """Return an open order as ib_async reads it."""
    plain = {"action": "SELL", "totalQuantity": 100.0, "orderType": "STP", "auxPrice": 240.0}
    order = Order(**(plain | {"lmtPrice": 0.0, "tif": "GTC", "account": "DU1"} | fields))
    return OpenOrderRow(Contract(conId=265598), order, OrderState(status="PreSubmitted"), status)


@pytest.mark.parametrize(
    ("fields", "limit", "stop"),
    [
        ({}, None, 240.0),
        ({"orderType": "MKT", "auxPrice": 0.0}, None, None),
        ({"orderType": "LMT", "lmtPrice": 250.5, "auxPrice": 0.0}, 250.5, None),
        ({"orderType": "LMT", "lmtPrice": -0.35, "auxPrice": 0.0}, -0.35, None),  # a combination
        ({"orderType": "STP LMT", "lmtPrice": 239.0}, 239.0, 240.0),
        ({"orderType": "TRAIL", "auxPrice": 1.5, "trailStopPrice": 238.0}, None, 238.0),
        ({"orderType": "TRAIL", "auxPrice": 1.5, "trailStopPrice": UNSET}, None, None),
        ({"orderType": "TRAIL LIMIT", "auxPrice": 1.5, "trailStopPrice": 238.0}, None, 238.0),
        ({"orderType": "STP PRT"}, None, 240.0),
        ({"orderType": "MIT"}, None, 240.0),
        ({"orderType": "LIT", "lmtPrice": 239.0}, 239.0, 240.0),
        ({"orderType": "LMT", "lmtPrice": -1.5, "auxPrice": 0.0}, -1.5, None),
        ({"orderType": "LMT", "lmtPrice": 1e300, "auxPrice": 0.0}, None, None),
        ({"orderType": "LMT", "lmtPrice": float("nan"), "auxPrice": 0.0}, None, None),
        ({"orderType": "LMT", "lmtPrice": float("inf"), "auxPrice": 0.0}, None, None),
        ({"orderType": "REL", "auxPrice": 0.05, "lmtPrice": UNSET}, None, None),
        ({"orderType": "LMT", "lmtPrice": UNSET, "auxPrice": UNSET}, None, None),
    ],
)
def test_prices_are_those_the_type_has(
    fields: dict[str, object], limit: float | None, stop: float | None
) -> None:
    """Zero and the broker's huge "unset" are no prices; an offset is no stop."""
    order = translate.open_order(an_order(**fields))
    assert (order.limit_price, order.stop_price) == (limit, stop)


def test_order_without_a_status_counts_in_full() -> None:
    """Where the status is skipped, all of it may still fill."""
    order = translate.open_order(an_order(totalQuantity=10.7))
    assert (order.quantity, order.remaining) == (Decimal("10.7"), Decimal("10.7"))
    assert order.status == "PreSubmitted"


def test_status_of_its_own_wins() -> None:
    """The status message knows what is left to fill."""
    order = translate.open_order(an_order(OrderStatusRow("Submitted", Decimal(40))))
    assert (order.status, order.remaining) == ("Submitted", Decimal(40))


@pytest.mark.parametrize(
    ("action", "side"), [("BUY", Side.BUY), ("SELL", Side.SELL), ("SSHORT", Side.SELL)]
)
def test_side_is_the_brokers(action: str, side: Side) -> None:
    """Selling short sells."""
    assert translate.open_order(an_order(action=action)).side is side


def test_unknown_side_is_an_error() -> None:
    """A side is never guessed."""
    with pytest.raises(ValueError, match="action 'HODL'"):
        translate.open_order(an_order(action="HODL"))


def a_description(con_id: int = 265598, **changed: object) -> Told:
    """Return a contract description as ib_async reads it."""
    contract = Contract(
        conId=con_id,
        symbol="AAPL",
        secType="STK",
        exchange="SMART",
        primaryExchange=str(changed.pop("primary", "NASDAQ")),
        currency="USD",
    )
    plain = {"timeZoneId": "US/Eastern", "minTick": 0.01, "liquidHours": "20250329:CLOSED"}
    return Told(contract=contract, **(plain | changed))


@pytest.mark.parametrize(
    ("action", "legs"),
    [
        ("SELL", {265598: (Side.SELL, 100), 7: (Side.BUY, 1)}),
        ("BUY", {265598: (Side.BUY, 100), 7: (Side.SELL, 1)}),
    ],
)
def test_combination_works_on_each_of_its_legs(
    action: str, legs: dict[int, tuple[Side, int]]
) -> None:
    """To unwind a covered call sells its shares; its own contract id is nobody's position."""
    row = an_order(OrderStatusRow("Submitted", Decimal(2)), action=action, totalQuantity=3.0)
    combination = Contract(
        conId=28812380,
        secType="BAG",
        comboLegs=[
            ComboLeg(conId=265598, ratio=100, action="BUY"),
            ComboLeg(conId=7, ratio=1, action="SELL"),
        ],
    )

    told = translate.open_orders(evolve(row, contract=combination))

    assert {o.con_id: (o.side, o.remaining) for o in told} == {
        con_id: (side, 2 * ratio) for con_id, (side, ratio) in legs.items()
    }
    assert [o.quantity for o in told] == [300, 3]
    assert len({o.perm_id for o in told}) == 1


def test_order_on_one_contract_is_one() -> None:
    """As nearly all are."""
    assert translate.open_orders(an_order()) == (translate.open_order(an_order()),)


def test_description_becomes_details() -> None:
    """Primary exchange, zone, tick and hours are the broker's."""
    asked = evolve(AAPL, currency="CHF", symbol="?")
    details = translate.details(asked, [a_description(primary="ISLAND")])
    assert isinstance(details, ContractDetails)
    assert details.instrument.ticker == "NASDAQ:AAPL"
    assert details.instrument.currency == "USD"
    assert details.zone == "America/New_York"
    assert details.min_tick == Decimal("0.01")
    assert list(details.hours.values()) == [None]


@pytest.mark.parametrize("smart_first", [True, False])
def test_hours_are_those_of_the_exchange_that_orders_go_to(smart_first: bool) -> None:
    """Of several descriptions of one contract, that of SMART counts, wherever it stands."""
    local = a_description(liquidHours="20250329:0930-1300", minTick=0.05)
    assert local.contract is not None
    local.contract.exchange = "BYX"
    told = [a_description(), local] if smart_first else [local, a_description()]

    details = translate.details(AAPL, told)

    assert isinstance(details, ContractDetails)
    assert (details.min_tick, list(details.hours.values())) == (Decimal("0.01"), [None])


@pytest.mark.parametrize(
    ("told", "reason"),
    [
        ([], "the broker knows no contract with this id"),
        ([a_description(5)], "the broker knows no contract with this id"),
        (
            [a_description(), a_description(5)],
            "ambiguous: 2 contracts answer to one contract id",
        ),
        ([a_description(timeZoneId="Mars/Olympus")], "time zone 'Mars/Olympus' is not known"),
    ],
)
def test_description_that_cannot_be_used_says_why(told: list[Told], reason: str) -> None:
    """None, another, several, or one in an unknown zone: no details."""
    details = translate.details(AAPL, told)
    assert details == NoDetails(AAPL, reason)


def test_description_that_leaves_out_a_name_takes_none_away() -> None:
    """What was known of the position stays."""
    told = a_description(primary="")
    assert told.contract is not None
    told.contract.symbol = told.contract.currency = ""

    details = translate.details(AAPL, [told])

    assert isinstance(details, ContractDetails)
    assert (details.instrument.ticker, details.instrument.currency) == ("NASDAQ:AAPL", "USD")


@pytest.mark.parametrize("last", [True, False])
def test_description_without_a_contract_says_nothing(last: bool) -> None:
    """What comes beside it counts, wherever it stands."""
    told = [a_description(), Told(contract=None, timeZoneId="US/Eastern")]

    details = translate.details(AAPL, told if last else told[::-1])

    assert isinstance(details, ContractDetails)
    assert details.min_tick == Decimal("0.01")


def test_bars_and_ticks_are_asked_for_by_contract_id() -> None:
    """Of stocks wherever the broker routes them, of all else where it is listed."""
    future = evolve(AAPL, con_id=7, exchange="CME", kind=Kind.OTHER)

    asked = [translate.data_contract(instrument) for instrument in (AAPL, future)]

    assert [(c.conId, c.exchange) for c in asked] == [(265598, "SMART"), (7, "CME")]
    assert {str(size): words for size, words in translate.BAR_SIZE.items()} == {
        "30m": "30 mins",
        "1d": "1 day",
    }


def test_description_of_what_is_no_stock_says_so() -> None:
    """Whatever it was taken for."""
    told = a_description()
    assert told.contract is not None
    told.contract.secType = "FUND"

    details = translate.details(AAPL, [told])

    assert isinstance(details, ContractDetails)
    assert details.instrument.kind is Kind.OTHER


def a_bar(date: str, close: str = "185.9") -> list[str]:
    """Return the eight fields of a bar."""
    return [date, "182.94", "186.5", "180.94", close, "948837.22", "184.869", "324891"]


def an_answer(
    granularity: Granularity, *rows: list[str], count: str | None = None
) -> FetchedBars | NoBars:
    """Translate a message 17 with these bars."""
    request = BarRequest(AAPL, granularity, Duration(1, Unit.DAYS))
    fields = [
        "17",
        "9000",
        "20230413  16:31:22",
        "20230415  16:31:22",
        str(len(rows)) if count is None else count,
    ]
    return translate.bars(request, ASKED_AT, fields + [text for row in rows for text in row])


@pytest.mark.parametrize(
    ("granularity", "text", "stamp"),
    [
        (Granularity.DAY, "20230413", datetime(2023, 4, 13, tzinfo=UTC)),
        (Granularity.DAY, "1681344000", datetime(2023, 4, 13, tzinfo=UTC)),
        (Granularity.DAY, "20230413 00:00:00 US/Eastern", datetime(2023, 4, 13, tzinfo=UTC)),
        (Granularity.HALF_HOUR, "1681392600", datetime(2023, 4, 13, 13, 30, tzinfo=UTC)),
        (
            Granularity.HALF_HOUR,
            "20230413 09:30:00 US/Eastern",
            datetime(2023, 4, 13, 13, 30, tzinfo=UTC),
        ),
        (
            Granularity.HALF_HOUR,
            "20230413 15:30:00 Central European Standard Time",
            datetime(2023, 4, 13, 13, 30, tzinfo=UTC),
        ),
        (Granularity.HALF_HOUR, "20230413-13:30:00", datetime(2023, 4, 13, 13, 30, tzinfo=UTC)),
    ],
)
def test_bar_time_is_its_start_in_utc(granularity: Granularity, text: str, stamp: datetime) -> None:
    """Seconds, dates and wall-clock texts with a zone in any naming are understood."""
    answer = an_answer(granularity, a_bar(text))
    assert isinstance(answer, FetchedBars)
    assert answer.stamp.tolist() == [int(stamp.timestamp())]
    assert answer.asked_at == ASKED_AT


@pytest.mark.parametrize(
    ("granularity", "text"),
    [
        (Granularity.HALF_HOUR, "20230413"),
        (Granularity.HALF_HOUR, "20230413 09:30:00"),
        (Granularity.HALF_HOUR, "20230413 09:30:00 Middle Earth Standard Time"),
        (Granularity.HALF_HOUR, ""),
        (Granularity.HALF_HOUR, "yesterday"),
        (Granularity.HALF_HOUR, "9" * 40),
        (Granularity.DAY, "20231332"),
        (Granularity.DAY, "1681392600"),
    ],
)
def test_bar_without_a_readable_time_spoils_the_answer(granularity: Granularity, text: str) -> None:
    """Leaving the bar out would look like an interval without a trade."""
    answer = an_answer(granularity, a_bar("20230413"), a_bar(text))
    assert isinstance(answer, NoBars)
    assert answer.cause is Cause.REFUSED
    assert "cannot be read" in answer.text


@pytest.mark.parametrize(
    ("granularity", "text", "reason"),
    [
        (Granularity.HALF_HOUR, "20230413", "bar time '20230413' has no time of day"),
        (Granularity.HALF_HOUR, "253402300800", "bar time '253402300800' is in no calendar"),
        (Granularity.DAY, "1681392600", "daily bar time '1681392600' is not a date"),
        (Granularity.DAY, "1681344001", "daily bar time '1681344001' is not a date"),
        (Granularity.HALF_HOUR, "yesterday", "time 'yesterday'"),
    ],
)
def test_bar_time_that_is_none_is_quoted(granularity: Granularity, text: str, reason: str) -> None:
    """With what is wrong with it."""
    answer = an_answer(granularity, a_bar(text))
    assert isinstance(answer, NoBars)
    assert answer.text == f"the answer cannot be read: {reason}"


def test_last_second_of_the_calendar_is_a_bar_time() -> None:
    """The one behind it is none."""
    answer = an_answer(Granularity.HALF_HOUR, a_bar("253402300799"))
    assert isinstance(answer, FetchedBars)
    assert answer.stamp.tolist() == [253402300799]


def test_bar_has_its_prices_and_its_volume_where_they_belong() -> None:
    """In the order of the message."""
    answer = an_answer(Granularity.DAY, a_bar("20230413"))
    assert isinstance(answer, FetchedBars)
    columns = (answer.open, answer.high, answer.low, answer.close, answer.volume)
    assert [column.tolist() for column in columns] == [
        [182.94],
        [186.5],
        [180.94],
        [185.9],
        [948837.22],
    ]


def test_rows_beyond_the_announced_ones_are_no_bars() -> None:
    """The count says how many there are."""
    answer = an_answer(Granularity.DAY, a_bar("20230413"), a_bar("20230414"), count="1")
    assert isinstance(answer, FetchedBars)
    assert len(answer.stamp) == 1


@pytest.mark.parametrize("close", ["", "nan", "-1", "abc", "1.7976931348623157E308"])
def test_odd_price_is_handed_on_for_the_core_to_judge(close: str) -> None:
    """A price that is none neither kills the batch nor becomes a plausible number."""
    answer = an_answer(Granularity.DAY, a_bar("20230413"), a_bar("20230414", close))
    assert isinstance(answer, FetchedBars)
    assert answer.close[0] == 185.9
    assert not 0 < answer.close[1] < 1e300


@pytest.mark.parametrize("count", ["2", "-1", "-1x", "", "1e3"])
def test_answer_that_is_cut_short_brings_no_bars(count: str) -> None:
    """Fewer bars than announced is not a shorter history."""
    answer = an_answer(Granularity.DAY, a_bar("20230413"), count=count)
    assert isinstance(answer, NoBars)
    assert answer.cause is Cause.REFUSED
    assert answer.text.startswith("the answer cannot be read: ")


def test_answer_that_is_cut_short_says_how_many_are_missing() -> None:
    """Two were announced."""
    answer = an_answer(Granularity.DAY, a_bar("20230413"), count="2")
    assert isinstance(answer, NoBars)
    assert answer.text == "the answer cannot be read: 2 bars were announced, 1 came"


def test_answer_without_bars_is_no_data() -> None:
    """An empty answer is not an empty history."""
    answer = an_answer(Granularity.DAY)
    assert isinstance(answer, NoBars)
    assert answer.cause is Cause.NO_DATA
    assert answer.text == "the broker answered without bars"


@given(st.lists(st.decimals("0.0001", "999999", places=4), min_size=1, max_size=30))
def test_prices_are_the_decimals_that_were_quoted(closes: list[Decimal]) -> None:
    """The shortest decimal that reads back as our float is the one on the wire."""
    rows = [a_bar(str(1681392600 + 1800 * n), str(close)) for n, close in enumerate(closes)]
    answer = an_answer(Granularity.HALF_HOUR, *rows)
    assert isinstance(answer, FetchedBars)
    assert [Decimal(repr(close)) for close in answer.close.tolist()] == closes
    assert np.all(np.diff(answer.stamp) == 1800)
