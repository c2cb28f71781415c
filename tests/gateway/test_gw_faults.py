"""Faults: each one as a client meets it."""

import socket
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from tests.gateway.gateway_stand import (
    OPEN,
    RawClient,
    Running,
    Silence,
    a_scenario,
    bars_of,
    contract_fields,
    running,
)

from adapters.gateway.fault_table import HELP
from adapters.gateway.faults import Fault, FaultKind, read_parameters
from adapters.gateway.scenario import ScenarioPosition

AT = OPEN + timedelta(minutes=45)
UNTIL = AT + timedelta(minutes=20)


def fault(
    kind: FaultKind, *, until: datetime | None = UNTIL, ticker: str | None = None, **given: object
) -> Fault:
    parameters = read_parameters(kind, HELP[kind].parameters, given, "here")
    return Fault(kind, AT, None if HELP[kind].once else until, ticker, parameters)


class Rehearsal:
    """A gateway with one fault ahead, and a client that is in."""

    def __init__(self, gateway: Running) -> None:
        self.gateway = gateway
        gateway.until(AT - timedelta(minutes=1))
        self.client = gateway.client(1)
        self.client.settle()

    def begin(self) -> None:
        self.gateway.until(AT)

    def end(self) -> None:
        self.gateway.until(UNTIL)

    def halves(self, contract: list[str] | None = None) -> list[list[str]]:
        self.client.history(5, contract)
        return bars_of(self.client.answer(17))


@pytest.fixture
def rehearse() -> Callable[..., Rehearsal]:
    opened = []

    def start(*faults: Fault) -> Rehearsal:
        stand = running(a_scenario(*faults))
        opened.append(stand)
        return Rehearsal(stand.__enter__())

    yield start
    for stand in opened:
        stand.__exit__(None, None, None)


Rehearse = Callable[..., Rehearsal]


@pytest.mark.parametrize("kind", [FaultKind.DROP_SOCKET, FaultKind.RESTART, FaultKind.ID_ROLLBACK])
def test_sockets_close_and_the_next_connect_succeeds(rehearse: Rehearse, kind: FaultKind) -> None:
    """Everybody is hung up on, once."""
    act = rehearse(fault(kind))
    act.begin()

    assert act.client.hung_up()
    with act.gateway.client(2) as again:
        assert again.read()[0] == "15"


def test_only_the_named_client_is_dropped(rehearse: Rehearse) -> None:
    """client_id narrows it down."""
    act = rehearse(fault(FaultKind.DROP_SOCKET, client_id=2))
    other = act.gateway.client(2)
    other.settle()
    act.begin()

    assert other.hung_up()
    assert act.client.settle() == []


def test_port_is_closed_and_opens_again(rehearse: Rehearse) -> None:
    """Who is in stays in; who comes is refused until it is over."""
    act = rehearse(fault(FaultKind.REFUSE_CONNECTIONS))
    act.begin()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", act.gateway.port))
    assert act.client.settle() == []
    act.end()
    with act.gateway.client(2) as late:
        assert late.read()[0] == "15"


def test_port_stays_closed_where_two_faults_meet(rehearse: Rehearse) -> None:
    """The second begins as the first ends."""
    first = fault(FaultKind.REFUSE_CONNECTIONS)
    meets = Fault(FaultKind.REFUSE_CONNECTIONS, UNTIL, UNTIL + timedelta(minutes=5))
    act = rehearse(first, meets)
    act.end()

    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", act.gateway.port))
    act.gateway.until(UNTIL + timedelta(minutes=5))
    with act.gateway.client(2) as late:
        assert late.read()[0] == "15"


def test_silent_socket_accepts_and_says_nothing(rehearse: Rehearse) -> None:
    """Not even the version comes."""
    act = rehearse(fault(FaultKind.SILENT_SOCKET))
    act.begin()

    with RawClient(act.gateway.port) as client:
        client.socket.sendall(b"API\0\0\0\0\x04v178")
        with pytest.raises(Silence):
            client.read(patience=0.2)


def test_half_open_socket_neither_answers_nor_closes(rehearse: Rehearse) -> None:
    """The line looks alive and is not."""
    act = rehearse(fault(FaultKind.HALF_OPEN))
    act.begin()
    act.client.send(49, 1)

    with pytest.raises(Silence):
        act.client.read(patience=0.2)


def test_taken_client_id_draws_326(rehearse: Rehearse) -> None:
    """Another program has it; a different one is free."""
    act = rehearse(fault(FaultKind.CLIENT_ID_TAKEN, client_id=7))
    act.begin()

    with act.gateway.client(7) as taken, act.gateway.client(8) as free:
        assert taken.read()[3] == "326"
        assert taken.hung_up()
        assert free.read()[0] == "15"


def test_fragments_add_up(rehearse: Rehearse) -> None:
    """Byte by byte the same message arrives."""
    act = rehearse(fault(FaultKind.FRAGMENTED))
    before = act.halves()
    act.begin()

    assert act.halves()[0] == before[0]


def test_line_lost_and_restored(rehearse: Rehearse) -> None:
    """1100 at its begin and again each minute, silence on requests, 1102 at the end."""
    act = rehearse(fault(FaultKind.LOST_1100))
    act.begin()
    begun = act.client.settle()
    act.client.history(5)
    act.client.send(9, 8, 6, *contract_fields(272093), 0, "", "", "")
    unanswered = act.client.settle()
    act.gateway.until(AT + timedelta(minutes=2))
    repeated = act.client.settle()
    act.end()
    over = [m for m in act.client.settle() if m[3] != "1100"]

    assert [m[2:4] for m in begun] == [["-1", "1100"]]
    assert unanswered == []
    assert [m[3] for m in repeated] == ["1100", "1100"]
    assert [m[3] for m in over] == ["1102"]
    assert len(act.halves()) > 1


def test_requests_fail_while_the_line_is_lost_if_so_wanted(rehearse: Rehearse) -> None:
    """The request's own id comes back."""
    act = rehearse(fault(FaultKind.LOST_1100, answers="fail"))
    act.begin()
    act.client.settle()
    act.client.history(5)

    assert act.client.answer(4)[2:4] == ["5", "162"]


def test_data_lost_ends_live_bars(rehearse: Rehearse) -> None:
    """After 1101 nothing comes of what was asked before; after 1102 it goes on."""
    for kind, goes_on in ((FaultKind.RESTORED_1101, False), (FaultKind.RESTORED_1102, True)):
        act = rehearse(
            Fault(FaultKind.LOST_1100, AT - timedelta(seconds=30), parameters={"answers": "hang"}),
            fault(kind),
        )
        act.client.history(5, size="1 min", live=1)
        act.client.answer(17)
        act.begin()
        act.end()
        came = act.client.settle()

        assert str(kind)[-4:] in [m[3] for m in came if m[0] == "4"]
        assert any(m[0] == "90" for m in came) is goes_on


def test_farm_down_ends_live_bars_and_refuses_history(rehearse: Rehearse) -> None:
    """2103, 2105 and 10182; nothing resumes after 2104 and 2106."""
    act = rehearse(fault(FaultKind.FARM_DOWN))
    act.client.history(5, size="1 min", live=1)
    act.client.answer(17)
    act.begin()
    began = {m[3] for m in act.client.settle() if m[0] == "4"}
    act.client.history(6)
    refused = act.client.answer(4)
    act.end()
    ended = act.client.settle()

    assert began == {"2103", "2105", "10182"}
    assert refused[2:4] == ["6", "162"]
    assert {m[3] for m in ended if m[0] == "4"} == {"2104", "2106"}
    assert not [m for m in ended if m[0] == "90"]
    assert act.halves()


def test_answers_come_late(rehearse: Rehearse) -> None:
    """History waits, another request overtakes it."""
    act = rehearse(fault(FaultKind.SLOW_ANSWERS, seconds=0.3, requests=["history"]))
    act.begin()
    act.client.history(5)

    assert act.client.settle() == []
    assert act.client.answer(17)[1] == "5"


def test_answers_do_not_come(rehearse: Rehearse) -> None:
    """Only for the request and the ticker that are named."""
    act = rehearse(
        fault(FaultKind.MISSING_ANSWERS, requests=["history", "details"], ticker="NYSE:KO")
    )
    act.begin()
    act.client.history(5, contract_fields(8894))
    act.client.send(9, 8, 6, *contract_fields(8894), 0, "", "", "")
    act.client.history(7)

    assert [m[:2] for m in act.client.settle()] == [["17", "7"]]


def test_ends_do_not_come(rehearse: Rehearse) -> None:
    """Positions arrive without their end, open orders with it."""
    act = rehearse(fault(FaultKind.MISSING_END, requests=["positions"]))
    act.begin()
    act.client.send(61, 1)
    act.client.send(16, 1)

    assert [m[0] for m in act.client.settle()] == ["61", "61", "53"]


def test_history_is_paced_by_fault(rehearse: Rehearse) -> None:
    """Every second request is refused, whatever its size."""
    act = rehearse(fault(FaultKind.PACING_ERRORS, every=2))
    act.begin()
    for n in range(4):
        act.client.history(n)
    found = [act.client.answer(4, 17) for _ in range(4)]

    assert [m[0] for m in found] == ["17", "4", "17", "4"]
    assert "pacing violation" in found[1][4]


def test_bars_are_missing_and_come_back(rehearse: Rehearse) -> None:
    """The half hour of the open is cut out while it lasts, days are whole."""
    act = rehearse(
        fault(FaultKind.MISSING_BARS, **{"from": OPEN, "to": OPEN + timedelta(minutes=1)})
    )
    whole = act.halves()
    act.begin()
    holed = act.halves()
    act.client.history(6, size="1 day")
    days = bars_of(act.client.answer(17))
    act.end()

    assert whole[0][0] == str(int(OPEN.timestamp()))
    assert [row[0] for row in holed] == [str(int(OPEN.timestamp()) + 1800)]
    assert days[-1][0] == "20220520"
    assert act.halves()[0] == whole[0]


def test_close_is_revised_after_its_time(rehearse: Rehearse) -> None:
    """The bar of 14:00 to 14:30 ends five ticks high and is right three minutes later."""
    act = rehearse(fault(FaultKind.REVISED_BARS, seconds=180, ticks=5))
    act.gateway.until(OPEN + timedelta(minutes=61))
    young = act.halves()[1]
    act.gateway.until(OPEN + timedelta(minutes=63))
    settled = act.halves()[1]

    assert young[0] == settled[0]
    assert round(float(young[4]) - float(settled[4]), 4) == 0.05
    assert float(young[2]) >= float(young[4])


def test_closed_bar_comes_late(rehearse: Rehearse) -> None:
    """Two minutes after its end the bar is there, the forming one all the while."""
    act = rehearse(fault(FaultKind.LATE_BARS, seconds=120))
    act.gateway.until(OPEN + timedelta(minutes=61))
    early = [row[0] for row in act.halves()]
    act.gateway.until(OPEN + timedelta(minutes=62))
    later = [row[0] for row in act.halves()]
    second, third = (str(int(OPEN.timestamp()) + 1800 * n) for n in (1, 2))

    assert second not in early
    assert third in early
    assert second in later


def test_bars_freeze(rehearse: Rehearse) -> None:
    """The same answer as at its begin, until it is over."""
    act = rehearse(fault(FaultKind.FROZEN_BARS))
    act.begin()
    then = act.halves()
    act.gateway.until(AT + timedelta(minutes=19))

    assert act.halves() == then
    act.end()
    assert len(act.halves()) > len(then)


def test_split_scales_history_and_positions(rehearse: Rehearse) -> None:
    """2:1: half the prices, twice the shares, for this ticker only."""
    act = rehearse(fault(FaultKind.SPLIT, ratio="2:1", ticker="NASDAQ:MSFT"))
    before, other = act.halves(), act.halves(contract_fields(8894))
    act.begin()
    act.client.settle()
    act.client.send(61, 1)
    positions = {m[3]: m[14] for m in act.client.settle() if m[0] == "61"}

    assert 2 * float(act.halves()[0][4]) == float(before[0][4])
    assert act.halves(contract_fields(8894))[0] == other[0]
    assert positions == {"272093": "200", "8894": "10.7"}


def test_told_time_is_off(rehearse: Rehearse) -> None:
    """Two minutes ahead, until it is over."""
    act = rehearse(fault(FaultKind.CLOCK_SKEW, seconds=120))
    act.begin()
    act.client.send(49, 1)

    assert act.client.answer(49)[2] == str(int(AT.timestamp()) + 120)


def test_zones_are_written_as_windows_does(rehearse: Rehearse) -> None:
    """In details, in bars, and in the handshake."""
    act = rehearse(fault(FaultKind.WINDOWS_ZONE_NAMES))
    act.begin()
    act.client.send(9, 8, 6, *contract_fields(272093), 0, "", "", "")
    details = act.client.answer(10)
    act.client.history(5, form=1)
    bars = bars_of(act.client.answer(17))
    with RawClient(act.gateway.port, 3) as other:
        greeting = other.greet()

    assert details[25] == "Eastern Standard Time"
    assert bars[0][0] == "20220520 09:30:00 Eastern Standard Time"
    assert greeting[1] == "20220520 10:15:00 Eastern Standard Time"


def test_symbol_becomes_ambiguous_and_the_id_stays_clear(rehearse: Rehearse) -> None:
    """By symbol two answers, by contract id one."""
    act = rehearse(fault(FaultKind.AMBIGUOUS_SYMBOL, ticker="NASDAQ:MSFT"))
    act.begin()
    act.client.send(9, 8, 6, *contract_fields(symbol="MSFT"), 0, "", "", "")
    by_symbol = act.client.settle()
    act.client.history(5, contract_fields(symbol="MSFT"))
    error = act.client.answer(4)

    assert [m[0] for m in by_symbol] == ["10", "10", "52"]
    assert error[2:4] == ["5", "200"]
    assert act.halves()


def test_position_is_changed_by_hand(rehearse: Rehearse) -> None:
    """A follower of positions is told at once."""
    act = rehearse(fault(FaultKind.SET_POSITION, quantity=40, ticker="NASDAQ:MSFT"))
    act.client.send(61, 1)
    act.client.settle()
    act.begin()

    assert [(m[3], m[14]) for m in act.client.settle() if m[0] == "61"] == [("272093", "40")]


def test_faults_at_the_start_are_on_before_anybody_connects() -> None:
    """A port that is closed from the start refuses the first connect."""
    closed = Fault(FaultKind.SILENT_SOCKET, datetime(2022, 5, 20, 13, 0, tzinfo=UTC))
    with running(a_scenario(closed)) as gateway, RawClient(gateway.port) as client:
        client.socket.sendall(b"API\0\0\0\0\x04v178")
        with pytest.raises(Silence):
            client.read(patience=0.2)


def ticks(act: Rehearsal, req_id: int, con_id: int = 272093) -> list[list[str]]:
    act.client.send(1, 11, req_id, *contract_fields(con_id), 0, "", 0, 0, "")
    return act.client.settle()


def halts(messages: list[list[str]]) -> list[float]:
    return [float(m[4]) for m in messages if m[0] == "45" and m[3] == "49"]


def test_halt_is_told_by_the_ticks(rehearse: Rehearse) -> None:
    """At the subscription, as it begins and as it ends; meanwhile prices stand still."""
    act = rehearse(fault(FaultKind.HALTED, value=2, ticker="NASDAQ:MSFT"))
    assert halts(ticks(act, 5)) == [0.0]
    assert halts(ticks(act, 6, 8894)) == [0.0]
    act.begin()
    began = act.client.settle()
    late = ticks(act, 7)
    act.gateway.until(UNTIL - timedelta(minutes=1))
    meanwhile = [m for m in act.client.settle() if m[2] != "6"]
    act.end()

    assert [m[2] for m in began if m[0] == "45"] == ["5"]
    assert halts(began) == [2.0]
    assert halts(late) == [2.0]
    assert {m[3] for m in late if m[0] == "1"} >= {"1", "2", "4"}
    assert not [m for m in meanwhile if m[0] == "1" and m[3] in ("1", "2", "4")]
    assert halts(act.client.settle()) == [0.0, 0.0]


def test_instrument_without_a_price_tells_whether_it_is_halted() -> None:
    """Nothing has traded in it yet."""
    young = a_scenario(
        positions=(
            ScenarioPosition(
                "NYSE:NEW", 77, "USD", Decimal(1), 5.0, price=5.0, first_day=date(2022, 5, 23)
            ),
        )
    )
    with running(young) as gateway:
        client = gateway.client(1)
        client.settle()
        client.send(1, 11, 5, *contract_fields(77), 0, "", 0, 0, "")
        told = client.settle()

    assert halts(told) == [0.0]
    assert not [m for m in told if m[0] == "1"]


def test_ticks_are_refused_without_a_subscription(rehearse: Rehearse) -> None:
    """Those of this ticker, with the error of the scenario; history is served."""
    act = rehearse(fault(FaultKind.NO_SUBSCRIPTION, code=10089, ticker="NASDAQ:MSFT"))
    act.begin()

    assert [m[2:4] for m in ticks(act, 5)] == [["5", "10089"]]
    assert halts(ticks(act, 6, 8894)) == [0.0]
    assert act.halves()
    act.end()
    assert halts(ticks(act, 7)) == [0.0]
