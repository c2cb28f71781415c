"""Contract details, symbol search and market data over the wire."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from tests.gateway.gateway_stand import (
    OPEN,
    RawClient,
    Running,
    a_scenario,
    contract_fields,
    running,
)

from adapters.gateway.scenario import ScenarioPosition

SHARED = Path(__file__).parents[2].parent / "shared"
TWO_LISTINGS = a_scenario(
    positions=(
        ScenarioPosition("NASDAQ:MSFT", 272093, "USD", Decimal(100), 240.0, long_name="Größe"),
        ScenarioPosition("NYSE:ABC", 11, "USD", Decimal(1), 5.0),
        ScenarioPosition("LSE:ABC", 12, "GBP", Decimal(1), 5.0),
    )
)


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with running(TWO_LISTINGS) as gateway:
        yield gateway


def details(gateway: Running, contract: list[str], version: int = 178) -> list[list[str]]:
    with gateway.client(version, version) as client:
        client.settle()
        issuer = [""] if version >= 176 else []
        client.send(9, 8, 3, *contract, 0, "", "", *issuer)
        found = client.settle()
        client.socket.shutdown(2)
        client.hung_up()
    return found


def test_details_have_the_fields_of_a_recorded_message(gateway: Running) -> None:
    """As many fields as the recording, apart from its security ids; fixed ones are equal."""
    path = SHARED / "data/ib/wire_frames_v173.json"
    if not path.exists():
        pytest.skip(f"{path.name} is not here")
    frames = json.loads(path.read_text())["frames"]
    recorded = frames["contract_details_AAPL_2025-03-23"][0]
    (message, _) = details(gateway, contract_fields(272093), 173)

    same = [2, 3, 4, 5, 6, 7, 8, 10, 11, 13, 14, 17, 18, 20, 21, 25]
    rest = [*recorded[:30], "0", *recorded[33:]]  # without the one security id
    assert len(message) == len(rest)
    assert [message[i] for i in same if i > 3] == [rest[i] for i in same if i > 3]
    assert message[-4:] == rest[-4:]


@pytest.mark.parametrize(
    ("version", "count", "head"),
    [
        (151, 38, ["10", "8", "3"]),
        (152, 39, ["10", "8", "3"]),
        (157, 39, ["10", "8", "3"]),
        (163, 40, ["10", "8", "3"]),
        (164, 40, ["10", "3", "MSFT"]),
    ],
)
def test_details_differ_by_version_as_the_clients_read_them(
    gateway: Running, version: int, count: int, head: list[str]
) -> None:
    """Stock type from 152 on; below 164 a version and a multiplier, at 163 one size, then three."""
    message, end = details(gateway, contract_fields(272093), version)

    assert message[:3] == head
    assert len(message) == count
    assert end == ["52", "1", "3"]


def test_hours_tell_today_and_the_next_six_days(gateway: Running) -> None:
    """Weekends are closed, extended hours wider, both in the zone that is named."""
    message, _ = details(gateway, contract_fields(272093))
    zone, trading, liquid = message[25:28]

    assert zone == "US/Eastern"
    assert liquid.split(";")[:4] == [
        "20220520:0930-20220520:1600",
        "20220521:CLOSED",
        "20220522:CLOSED",
        "20220523:0930-20220523:1600",
    ]
    assert trading.startswith("20220520:0400-20220520:2000;20220521:CLOSED")
    assert len(liquid.split(";")) == len(trading.split(";")) == 7


def test_hours_tell_holidays_and_half_days() -> None:
    """Thanksgiving 2022 is closed, the day after ends at 13:00."""
    with running(a_scenario(start=datetime(2022, 11, 23, 15, 0, tzinfo=UTC))) as gateway:
        message, _ = details(gateway, contract_fields(272093))

    assert message[27].split(";")[:3] == [
        "20221123:0930-20221123:1600",
        "20221124:CLOSED",
        "20221125:0930-20221125:1300",
    ]
    assert "20221125:0400-20221125:1700" in message[26]


def test_name_beyond_ascii_is_escaped(gateway: Running) -> None:
    """The clients undo the escapes."""
    message, _ = details(gateway, contract_fields(272093))

    assert message[19] == "Gr\\xf6\\xdfe"


def test_symbol_of_two_contracts_is_both(gateway: Running) -> None:
    """Details show both; a request for one of them is ambiguous."""
    both = details(gateway, contract_fields(symbol="ABC"))
    one = details(gateway, contract_fields(symbol="ABC", currency="GBP"))
    with gateway.client(1) as client:
        client.settle()
        client.history(5, contract_fields(symbol="ABC"))
        error = client.answer(4)

    assert [m[12] for m in both[:-1]] == ["11", "12"]
    assert [m[12] for m in one[:-1]] == ["12"]
    assert error[2:5] == ["5", "200", "The contract description specified for ABC is ambiguous."]


@pytest.mark.parametrize(
    "contract",
    [
        contract_fields(con_id=5),
        contract_fields(symbol="NONE"),
        contract_fields(),
        contract_fields(symbol="MSFT", exchange="LSE"),
        contract_fields(symbol="MSFT", currency="EUR"),
    ],
)
def test_unknown_contract_draws_200(gateway: Running, contract: list[str]) -> None:
    """No details and no end, but the error that ends the request."""
    (error,) = details(gateway, contract)

    assert error[:5] == [
        *("4", "2", "3", "200"),
        "No security definition has been found for the request",
    ]


def test_symbols_are_found_by_their_beginning(gateway: Running) -> None:
    """Two contracts begin with AB; from 176 on each has two fields more."""
    with gateway.client(2) as new, gateway.client(3, 175) as old:
        for client in (new, old):
            client.settle()
            client.send(81, 4, "AB")
        assert len(new.answer(79)) == 3 + 2 * 8
        assert len(old.answer(79)) == 3 + 2 * 6


def test_market_rule_of_us_stocks_is_one_cent(gateway: Running) -> None:
    """Another rule is refused, without an end to wait for."""
    with gateway.client(4) as client:
        client.settle()
        client.send(91, 26)
        assert client.answer(93) == ["93", "26", "1", "0", "0.01"]
        client.send(91, 999)
        assert client.answer(4)[3] == "321"


@pytest.fixture
def ticking() -> Iterator[tuple[Running, RawClient]]:
    with running() as gateway, gateway.client(1) as client:
        gateway.until(OPEN + timedelta(minutes=5))
        client.settle()
        yield gateway, client


def market_data(req_id: int, *, snapshot: int, generic: str = "") -> tuple[object, ...]:
    return (1, 11, req_id, *contract_fields(272093), 0, generic, snapshot, 0, "")


def test_snapshot_ends(ticking: tuple[Running, RawClient]) -> None:
    """Type, parameters, prices with sizes, and the end; bid below last below ask."""
    gateway, client = ticking
    client.send(*market_data(5, snapshot=1))
    ticks = client.settle()
    prices = {int(m[3]): float(m[4]) for m in ticks if m[0] == "1"}

    assert ticks[0] == ["58", "1", "5", "1"]
    assert ticks[-1] == ["57", "1", "5"]
    assert {len(m) for m in ticks if m[0] == "1"} == {7}
    assert prices[1] < prices[4] < prices[2]
    assert prices[7] <= prices[4] <= prices[6]
    gateway.until(OPEN + timedelta(minutes=6))
    assert client.settle() == []


def test_subscription_ticks_until_it_is_cancelled(ticking: tuple[Running, RawClient]) -> None:
    """Only what has changed is sent again."""
    gateway, client = ticking
    client.send(*market_data(5, snapshot=0))
    client.settle()
    gateway.until(OPEN + timedelta(minutes=7))
    later = client.settle()
    client.send(2, 2, 5)
    client.settle()
    gateway.until(OPEN + timedelta(minutes=9))

    assert {m[0] for m in later} <= {"1", "2", "46"}
    assert [m for m in later if m[0] == "46"]
    assert not [m for m in later if m[0] == "1" and m[3] == "9"]  # yesterday's close stands
    assert client.settle() == []


def test_frozen_data_is_told_so_after_hours() -> None:
    """Type 2 is answered with frozen data while the market is closed."""
    with running() as gateway, gateway.client(1) as client:
        client.settle()
        client.send(59, 1, 2)
        client.send(*market_data(5, snapshot=1))

        assert client.answer(58) == ["58", "1", "5", "2"]


def refused(client: RawClient, *fields: object) -> tuple[str, str]:
    client.send(*fields)
    (message,) = client.settle()
    return message[2], message[3]


def test_subscription_twice_under_one_id_is_refused(ticking: tuple[Running, RawClient]) -> None:
    """322 on the id; the first one goes on and can be cancelled."""
    _, client = ticking
    client.send(*market_data(5, snapshot=0))
    client.settle()

    assert refused(client, *market_data(5, snapshot=0)) == ("5", "322")
    client.send(2, 2, 5)
    assert client.settle() == []


def test_cancel_of_no_subscription_draws_300(ticking: tuple[Running, RawClient]) -> None:
    """Whether it never was, or has ended."""
    _, client = ticking
    client.send(*market_data(6, snapshot=1))
    client.settle()

    assert refused(client, 2, 2, 6) == ("6", "300")
    assert refused(client, 2, 2, 7) == ("7", "300")


def test_snapshot_with_generic_ticks_is_refused(ticking: tuple[Running, RawClient]) -> None:
    """They go with a subscription only."""
    _, client = ticking
    assert refused(client, *market_data(5, snapshot=1, generic="233")) == ("5", "321")


@pytest.mark.parametrize("kind", [0, 5, -1])
def test_market_data_type_of_another_number_is_refused(
    ticking: tuple[Running, RawClient], kind: int
) -> None:
    """There are four; the one in force stays."""
    _, client = ticking
    assert refused(client, 59, 1, kind) == ("-1", "321")
    client.send(*market_data(5, snapshot=1))
    assert client.answer(58) == ["58", "1", "5", "1"]
