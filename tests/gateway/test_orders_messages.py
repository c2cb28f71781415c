"""Order and account messages: against recorded traffic, and through the real decoders."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import ib_async
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from ibapi.decoder import Decoder as OfficialDecoder
from ibapi.wrapper import EWrapper
from tests.gateway.orders_world import SHARED

from adapters.gateway import account_messages, order_messages
from adapters.gateway.account_values import AccountValue
from adapters.gateway.holdings import Holding
from adapters.gateway.listings import Listing
from adapters.gateway.orders import (
    Action,
    Execution,
    Order,
    OrderType,
    Status,
    Terms,
    TimeInForce,
)
from adapters.gateway.wire import format_field

VERSIONS = (157, 158, 160, 162, 163, 166, 170, 173, 176, 177, 178)
OPEN_ORDER_FIELDS = dict(
    zip(VERSIONS, (128, 129, 130, 131, 131, 131, 136, 136, 136, 135, 135), strict=True)
)
COMPLETED_ORDER_FIELDS = dict(
    zip(VERSIONS, (96, 96, 96, 96, 96, 96, 101, 101, 101, 100, 100), strict=True)
)
EXECUTION_FIELDS = {version: 32 if version == 178 else 31 for version in VERSIONS}
NOON = datetime(2025, 4, 15, 16, 0, tzinfo=UTC)


def an_order(**changes: Any) -> Order:
    order = Order(
        perm_id=600745656,
        client_id=100,
        order_id=5,
        listing=a_listing(),
        action=Action.BUY,
        terms=Terms(Decimal(100), OrderType.MARKET),
        account="DU1234567",
        placed=NOON,
        works_from=NOON,
    )
    return evolve(order, **changes)


def a_listing() -> Listing:
    return Listing(
        con_id=265598,
        symbol="AAPL",
        exchange="NASDAQ",
        currency="USD",
        sec_type="STK",
        min_tick=0.01,
        zone="America/New_York",
        long_name="APPLE INC",
        trading_class="NMS",
        local_symbol="AAPL",
        market_rule_ids="26",
        valid_exchanges="SMART",
        hours=None,  # type: ignore[arg-type]
    )


def a_fill(**changes: Any) -> Execution:
    filled = an_order(
        status=Status.FILLED,
        filled=Decimal(100),
        paid=Decimal("20194"),
        last_price=201.94,
        commission=Decimal("1.0"),
        order_ref="sell/7f3a",
        **changes,
    )
    return Execution(
        exec_id="0000e0d5.67fe667b.01.01",
        order=filled,
        at=datetime(2025, 4, 15, 19, 38, 31, tzinfo=UTC),
        shares=Decimal(100),
        price=201.94,
        commission=Decimal("1.0"),
        realized=None,
    )


def texts(fields: list[object]) -> list[str]:
    return [format_field(value) for value in fields]


def recorded(file: str) -> Any:
    path = SHARED / "data" / "ib" / file
    if not path.exists():
        pytest.skip("recorded traffic lies in ../shared, which is absent")
    return json.loads(path.read_text())


class Heard(ib_async.wrapper.Wrapper):
    """Keeps what ib_async's decoder hands on."""

    def __init__(self) -> None:
        super().__init__(ib_async.IB())
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name in OURS:
            return lambda *args: self.calls.append((name, args))
        return super().__getattribute__(name)


OURS = {
    *("openOrder", "completedOrder", "orderStatus", "execDetails", "commissionReport"),
    *("position", "updatePortfolio", "updateAccountValue", "accountUpdateMulti"),
    *("accountSummary", "pnl", "pnlSingle", "orderBound"),
}


def by_ib_async(fields: list[object], version: int) -> tuple[str, tuple[Any, ...]]:
    heard = Heard()
    decoder = ib_async.decoder.Decoder(heard, version)
    parts = texts(fields)
    decoder.handlers[int(parts[0])](parts)
    (call,) = heard.calls
    return call


class OfficialHeard(EWrapper):  # type: ignore[misc]
    """Keeps what the official decoder hands on."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, tuple[Any, ...]]] = []

    def __getattribute__(self, name: str) -> Any:
        if name in OURS | {"commissionAndFeesReport", "updateAccountTime"}:
            return lambda *args: self.calls.append((name, args))
        return super().__getattribute__(name)


def by_official(fields: list[object], version: int) -> tuple[str, tuple[Any, ...]]:
    heard = OfficialHeard()
    decoder = OfficialDecoder(heard, version)
    decoder.interpret([text.encode() for text in texts(fields)[1:]], int(texts(fields)[0]))
    (call,) = heard.calls
    return call


def test_open_order_equals_the_recorded_one_field_by_field() -> None:
    """A market order's openOrder and orderStatus are those a real Gateway of 173 sent."""
    frames = recorded("wire_frames_v173.json")["frames"]["market_buy_100_AAPL_2025-04-15"]
    order = an_order()
    assert frames[0] == texts(order_messages.open_order(order, 173))
    assert frames[1] == texts(order_messages.order_status(order))
    filled = evolve(a_fill().order, commission=None, order_ref="")
    assert frames[3] == texts(order_messages.open_order(filled, 173))
    assert frames[4] == texts(order_messages.order_status(filled))


def test_execution_equals_the_recorded_one_but_for_venue_and_zone() -> None:
    """A fill reads as recorded; we trade on the listing exchange and name our zone."""
    frames = recorded("wire_frames_v173.json")["frames"]["market_buy_100_AAPL_2025-04-15"]
    expected = list(frames[2])
    expected[10] = expected[17] = "NASDAQ"
    expected[15] = "20250415 15:38:31 US/Eastern"
    fill = evolve(a_fill(), order=evolve(a_fill().order, order_ref=""))
    assert expected == texts(order_messages.exec_details(fill, 173))


def test_what_if_fills_the_margin_fields_that_a_real_answer_fills() -> None:
    """Our what-if has text where the recorded one has; the commission beside its bounds is ours."""
    exchanges = recorded("wire_session_v176.json")["exchanges"]
    expected = next(
        r for e in exchanges for r in e["responses"] if r[0] == "5" and "1038472.36" in r
    )
    pair = (Decimal(1000), Decimal(990))
    margins = order_messages.Margins(pair, pair, pair, Decimal("1.65"))
    ours = texts(order_messages.open_order(an_order(), 176, margins))
    begin = expected.index("PreSubmitted")
    filled = [bool(text) for text in expected[begin : begin + 15]]
    filled[10] = True
    assert [bool(text) for text in ours[begin : begin + 15]] == filled
    assert ours[begin - 1] == expected[begin - 1] == "1"


def test_position_equals_the_recorded_one() -> None:
    """A short position reads as a real Gateway wrote it."""
    interactions = recorded("wire_interactions_v173.json")["interactions"]
    frames = next(i["responses"] for i in interactions if i["name"] == "positions")
    held = Holding(a_listing(), Decimal(-110), Decimal("201.8829709"))
    assert frames[0] == texts(account_messages.position("ACCOUNT_ID", held))


@pytest.mark.parametrize("version", VERSIONS)
def test_messages_have_as_many_fields_as_each_version_wants(version: int) -> None:
    """Field counts, as the strictest client counts them."""
    order = an_order()
    held = Holding(a_listing(), Decimal(1), Decimal(2))
    assert OPEN_ORDER_FIELDS[version] == len(order_messages.open_order(order, version))
    assert COMPLETED_ORDER_FIELDS[version] == len(order_messages.completed_order(order, version))
    assert EXECUTION_FIELDS[version] == len(order_messages.exec_details(a_fill(), version))
    assert len(order_messages.order_status(order)) == 12
    assert len(order_messages.commission_report(a_fill())) == 8
    assert len(account_messages.position("DU1", held)) == 16
    assert len(account_messages.portfolio_value("DU1", held, Decimal(3))) == 20
    assert len(account_messages.account_update_multi(1, "DU1", "", AccountValue("a", "b"))) == 8


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("decode", [by_ib_async, by_official], ids=["ib_async", "official"])
def test_open_order_reads_back(version: int, decode: Any) -> None:
    """What was written of an order is what both clients read."""
    terms = Terms(
        Decimal(25),
        OrderType.STOP_LIMIT,
        limit=239.5,
        stop=240.25,
        tif=TimeInForce.GOOD_TILL_CANCELLED,
        outside_rth=True,
    )
    order = an_order(terms=terms, action=Action.SELL, order_ref="ref-1", parent_order_id=4)
    name, (order_id, contract, read, state) = decode(
        order_messages.open_order(order, version), version
    )
    assert name == "openOrder"
    assert (order_id, contract.conId, contract.symbol) == (5, 265598, "AAPL")
    assert (read.action, float(read.totalQuantity), read.orderType) == ("SELL", 25.0, "STP LMT")
    assert (read.lmtPrice, read.auxPrice, read.tif) == (239.5, 240.25, "GTC")
    assert (read.orderRef, read.permId, read.clientId) == ("ref-1", 600745656, 100)
    assert (read.parentId, read.account, read.outsideRth) == (4, "DU1234567", True)
    assert state.status == "PreSubmitted"
    assert not read.whatIf
    assert read.isOmsContainer is False


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("decode", [by_ib_async, by_official], ids=["ib_async", "official"])
def test_completed_order_reads_back(version: int, decode: Any) -> None:
    """A completed order tells how it ended and when, to both clients."""
    order = evolve(a_fill().order, finished=NOON, outcome="Filled Size: 100")
    name, (contract, read, state) = decode(order_messages.completed_order(order, version), version)
    assert name == "completedOrder"
    assert (contract.conId, read.permId, read.orderRef) == (265598, 600745656, "sell/7f3a")
    assert (state.status, state.completedStatus) == ("Filled", "Filled Size: 100")
    assert state.completedTime == "20250415 12:00:00 US/Eastern"
    assert float(read.filledQuantity) == 100.0


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("decode", [by_ib_async, by_official], ids=["ib_async", "official"])
def test_execution_reads_back(version: int, decode: Any) -> None:
    """Both clients read a fill with its price, time, owner and label."""
    name, (request, contract, read) = decode(
        order_messages.exec_details(a_fill(), version, 12), version
    )
    assert (name, request, contract.conId) == ("execDetails", 12, 265598)
    assert (read.execId, read.side, read.price) == ("0000e0d5.67fe667b.01.01", "BOT", 201.94)
    assert (float(read.shares), float(read.cumQty), read.avgPrice) == (100.0, 100.0, 201.94)
    assert (read.orderId, read.clientId, read.permId) == (5, 100, 600745656)
    assert read.orderRef == "sell/7f3a"
    expected = a_fill().at if decode is by_ib_async else "20250415 15:38:31 US/Eastern"
    assert read.time == expected


@pytest.mark.parametrize("decode", [by_ib_async, by_official], ids=["ib_async", "official"])
def test_short_messages_read_back(decode: Any) -> None:
    """Status, commission, positions and account values pass both decoders."""
    held = Holding(a_listing(), Decimal("10.7"), Decimal("100.25"), Decimal("5"))
    value = AccountValue("NetLiquidation", "12.50", "USD")
    status = decode(order_messages.order_status(a_fill().order), 178)[1]
    assert [float(x) for x in status[2:5]] == [100.0, 0.0, 201.94]
    (report,) = decode(order_messages.commission_report(a_fill()), 178)[1]
    assert report.execId == "0000e0d5.67fe667b.01.01"
    account, contract, quantity, cost = decode(account_messages.position("DU1", held), 178)[1]
    assert (account, contract.exchange, float(quantity), cost) == ("DU1", "NASDAQ", 10.7, 100.25)
    row = account_messages.portfolio_value("DU1", held, Decimal("101.25"))
    portfolio = decode(row, 178)[1]
    assert [float(x) for x in portfolio[1:7]] == [10.7, 101.25, 1083.38, 100.25, 10.7, 5.0]
    assert decode(account_messages.account_value("DU1", value), 178)[1] == (
        "NetLiquidation",
        "12.50",
        "USD",
        "DU1",
    )
    multi = decode(account_messages.account_update_multi(9, "DU1", "", value), 178)[1]
    assert multi == (9, "DU1", "", "NetLiquidation", "12.50", "USD")
    summary = decode(account_messages.account_summary(9, "DU1", value), 178)[1]
    assert summary == (9, "DU1", "NetLiquidation", "12.50", "USD")
    pnl = decode(account_messages.profit(3, (Decimal(1), Decimal(2), Decimal(3))), 178)[1]
    assert pnl == (3, 1.0, 2.0, 3.0)


@settings(deadline=None)
@given(st.decimals(min_value=-(10**9), max_value=10**9, allow_nan=False, places=6))
def test_numbers_are_plain_decimals_of_the_same_value(value: Decimal) -> None:
    """No exponent, no trailing zero, no change of value."""
    text = order_messages.number(value)
    assert Decimal(text) == value
    assert "E" not in text.upper()
    assert not ("." in text and text.endswith(("0", ".")))
