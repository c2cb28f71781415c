"""Logging in to gateways that are closed, silent, strange or taken, and noticing dead lines."""

import logging
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from tests.contract.broker_frames import POSITION_END, error
from tests.contract.broker_stages import PATIENCE, eventually
from tests.contract.scripted_gateway import ACCOUNTS, LOGIN, ScriptedGateway, packed

from adapters.clocks import SystemClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.inbox import Inbox
from adapters.ib.library_logs import LOG, quieten
from adapters.ib.message_budget import Lane, MessageBudget
from adapters.ib.order_news import OrderNews
from adapters.ib.reading_client import reading_client
from sellcore.errors import BrokerUnavailable, InvalidValue

SOON = PATIENCE
"""Seconds; a time-out that must not be waited for."""


def a_connection(port: int, host: str = "127.0.0.1", **options: object) -> IBConnection:
    """Return a connection with a time-out that a failing test would notice."""
    return IBConnection(host, port, 1, SystemClock(), **({"timeout": SOON} | options))


def failure(connection: IBConnection) -> str:
    """Return the text of a login that fails, and hang up."""
    try:
        with pytest.raises(BrokerUnavailable) as caught:
            connection.connect()
    finally:
        connection.close()
    text = str(caught.value)
    assert text.startswith("cannot connect to ")
    assert text.isprintable()
    assert connection.fault() is not None
    return text


def a_closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_closed_port_says_what_to_start(host: str) -> None:
    """Refused by one address or by all of a name's, the cause is the same."""
    port = a_closed_port()
    assert failure(a_connection(port, host)) == (
        f"cannot connect to {host}:{port}: connection refused; start TWS or IB Gateway "
        "and enable its API, or see 'sellcli doctor'"
    )


@pytest.mark.parametrize("host", ["no.such.host.invalid", "two words", "a" * 80, "", "x\0y"])
def test_unknown_host_is_named(host: str) -> None:
    """A name that cannot be looked up is the user's to correct."""
    assert "is not known; check --host" in failure(a_connection(4001, host))


def test_port_that_accepts_and_says_nothing_is_given_up() -> None:
    """The time-out says that the port is open."""
    with ScriptedGateway(greeting=None) as gateway:
        text = failure(a_connection(gateway.port, timeout=0.3))
    assert "the port is open but said nothing for 0.3 s" in text


def test_port_that_accepts_and_hangs_up_is_told_at_once() -> None:
    """An address that is not trusted is closed without a word."""
    with ScriptedGateway(accepts=False) as gateway:
        assert "the port was opened and closed again" in failure(a_connection(gateway.port))


def test_client_id_in_use_is_told_at_once() -> None:
    """The 326 is enough; the time-out is not waited for."""
    taken = error(-1, 326, "Unable to connect as the client id is already in use.")
    with ScriptedGateway(login=[taken]) as gateway:
        assert "client id 1 is already in use" in failure(a_connection(gateway.port))


@pytest.mark.parametrize(
    "stranger", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n", packed(("hello",))]
)
def test_stranger_is_told_at_once(stranger: bytes) -> None:
    """A web server on that port is no gateway that has yet to answer."""
    with ScriptedGateway(greeting=stranger) as gateway:
        assert "does not speak the TWS API" in failure(a_connection(gateway.port))


@pytest.mark.parametrize("version", [76, 999])
def test_server_version_out_of_range_is_told_at_once(version: int) -> None:
    """Neither an old gateway nor an impossible one is talked to."""
    with ScriptedGateway(greeting=(version, "20250101 00:00:00 EST")) as gateway:
        text = failure(a_connection(gateway.port))
    assert f"server version {version} is not one of 157 to 178" in text


@pytest.mark.parametrize("login", [[], [(9, 1, 7)], [ACCOUNTS], [(15, 1, ""), (9, 1, 7)]])
def test_login_without_accounts_is_given_up(login: list[tuple[object, ...]]) -> None:
    """A gateway that has not logged in itself names no account."""
    with ScriptedGateway(login=login) as gateway:
        text = failure(a_connection(gateway.port, timeout=0.3))
    assert "no account was named within 0.3 s" in text


def test_login_that_failed_leaves_no_line_open() -> None:
    """The gateway would keep its client id taken, and refuse the next try."""
    with ScriptedGateway(login=[]) as gateway:
        connection = a_connection(gateway.port, timeout=0.3)
        with pytest.raises(BrokerUnavailable):
            connection.connect()
        assert gateway.received != []
        eventually(lambda: gateway.lines == 0)
        connection.close()


def test_gateways_complaint_is_quoted() -> None:
    """What was said before the time-out is the best hint there is."""
    with ScriptedGateway(login=[error(-1, 1100, "Connectivity\nhas been\x1b[1m lost")]) as gateway:
        text = failure(a_connection(gateway.port, timeout=0.3))
    assert "(the gateway said: 1100 Connectivity has been [1m lost)" in text


def test_complaint_that_is_quoted_is_no_remark() -> None:
    """That a data farm is fine explains nothing."""
    lost, fine = error(-1, 1100, "lost"), error(-1, 2104, "farm connection is OK:usfarm")
    with ScriptedGateway(login=[lost, fine]) as gateway:
        text = failure(a_connection(gateway.port, timeout=0.3))
    assert "(the gateway said: 1100 lost)" in text


def test_hang_up_during_the_login_is_told_at_once() -> None:
    """A restart in the middle of a login does not wait for the time-out."""
    with ScriptedGateway() as gateway:
        gateway.answers[71] = lambda _: gateway.drop() or ()
        assert "hung up during the login" in failure(a_connection(gateway.port))


def test_account_that_is_not_in_the_login_is_named() -> None:
    """Watching the wrong account is worse than watching none."""
    with ScriptedGateway() as gateway:
        text = failure(a_connection(gateway.port, account="U7654321"))
    assert "account 'U7654321' is not in this login, which has DU0000001" in text


@pytest.mark.parametrize(
    ("port", "client_id", "why"),
    [
        (0, 1, "port 0 is not one of 1 to 65535; IB Gateway listens on 4001"),
        (65536, 1, "port 65536 is not one of 1 to 65535; IB Gateway listens on 4001"),
        (1, -1, "client id -1 is not a number of 0 or more"),
        (1, 2**31, "client id 2147483648 is not a number of 0 or more"),
    ],
)
def test_impossible_settings_are_refused(port: int, client_id: int, why: str) -> None:
    """What cannot be a port or a client id never reaches the network."""
    with pytest.raises(InvalidValue) as refused:
        IBConnection("h", port, client_id, SystemClock())
    assert str(refused.value) == why


@pytest.mark.parametrize(("port", "client_id"), [(1, 0), (65535, 2**31 - 1)])
def test_outermost_settings_are_taken(port: int, client_id: int) -> None:
    """The first and the last of each; a client may be nought."""
    connection = IBConnection("h", port, client_id, SystemClock())
    assert connection.client_id == client_id
    assert connection.fault() == "not connected"


@pytest.mark.parametrize("version", [157, 163, 164, 173, 178])
def test_login_works_at_every_version(version: int) -> None:
    """The server version is told to people."""
    with ScriptedGateway(greeting=(version, "20250415 19:38:30 British Summer Time")) as gateway:
        connection = a_connection(gateway.port)
        assert connection.connect().server.endswith(f"server version {version}")
        assert gateway.opening == b"API\0"
        connection.close()


def test_login_sends_nothing_but_the_start() -> None:
    """Nothing is subscribed to that nobody uses."""
    with ScriptedGateway() as gateway:
        connection = a_connection(gateway.port)
        connection.connect()
        connection.close()
        assert gateway.received == [["71", "2", "1", ""]]


def test_frames_may_come_byte_by_byte() -> None:
    """The network cuts where it likes."""
    with ScriptedGateway({61: lambda _: [POSITION_END]}, split=1) as gateway:
        connection = a_connection(gateway.port)
        assert connection.connect().accounts == ("DU0000001",)
        assert IBBroker(connection).positions() == ()
        connection.close()


def test_several_accounts_are_told() -> None:
    """One login may see many accounts."""
    with ScriptedGateway(login=[(15, 1, "U1,U2,"), (9, 1, 1)]) as gateway:
        connection = a_connection(gateway.port)
        assert connection.connect().accounts == ("U1", "U2")
        connection.close()


def test_loss_of_servers_during_the_login_is_a_fault() -> None:
    """A gateway without its servers lets us in, and cannot be relied on."""
    with ScriptedGateway(login=[error(-1, 1100, "lost"), *LOGIN]) as gateway:
        connection = a_connection(gateway.port)
        connection.connect()
        assert "1100: lost" in (connection.fault() or "")
        connection.close()


def test_line_stands_until_it_is_gone_itself() -> None:
    """Servers that are lost behind it leave it open; a hang-up does not."""
    with ScriptedGateway() as gateway:
        connection = a_connection(gateway.port)
        assert not connection.is_open()
        connection.connect()
        assert connection.is_open()
        gateway.say(*error(-1, 1100, "lost"))
        eventually(lambda: "1100" in (connection.fault() or ""))
        assert connection.is_open()
        gateway.drop()
        eventually(lambda: not connection.is_open())
        connection.close()
        assert not connection.is_open()


def test_half_open_line_is_found_out() -> None:
    """A socket that stays open and says nothing more is lost, without anybody asking."""
    with ScriptedGateway() as gateway:
        connection = a_connection(gateway.port, idle=0.05, timeout=1.0)
        connection.connect()
        before = connection.generation()
        eventually(lambda: connection.fault() is not None)
        assert "current time: no complete answer within 1 s" in (connection.fault() or "")
        assert connection.generation() > before
        connection.close()


def test_quiet_line_that_answers_stays_up() -> None:
    """Silence alone is no fault: the line is tried, and used on."""
    with ScriptedGateway({49: lambda _: [(49, 1, 1752606307)]}) as gateway:
        connection = a_connection(gateway.port, idle=0.02)
        connection.connect()
        eventually(lambda: len(gateway.asked(49)) >= 3)
        assert connection.fault() is None
        assert connection.generation() == 0
        connection.close()


def test_line_that_falls_silent_after_some_talk_is_found_out() -> None:
    """What was said before does not end the watch over it."""
    with ScriptedGateway({49: lambda _: [(49, 1, 1752606307)]}) as gateway:
        connection = a_connection(gateway.port, idle=0.2, timeout=0.5)
        connection.connect()
        for _ in range(5):
            gateway.say(*error(-1, 2104, "Market data farm connection is OK"))
            time.sleep(0.1)
        gateway.answers[49] = lambda _: ()
        eventually(lambda: connection.fault() is not None)
        connection.close()


def test_batch_of_orders_has_the_time_that_it_may_take() -> None:
    """However slowly it leaves beside a burst of bars, it is not given up in the middle."""
    budget = MessageBudget(3.0)
    for _ in range(100):
        budget.book(Lane.BULK, 0.0)
    waits = [budget.book(Lane.ORDER, 0.0) for _ in range(12)]
    connection = a_connection(4001, timeout=1.0, messages_per_second=3.0)

    assert connection.order_limit(12) >= max(waits) > connection.timeout


def test_rubbish_in_the_middle_of_a_session_is_found_out() -> None:
    """A stream that has lost its framing never answers again, however much it says."""
    with ScriptedGateway({49: lambda _: [(49, 1, 1752606307)]}) as gateway:
        connection = a_connection(gateway.port, idle=0.05, timeout=1.0)
        connection.connect()
        gateway.say_raw(b"HTTP/1.1 200 OK\r\n\r\n")
        eventually(lambda: connection.fault() is not None)
        connection.close()


def test_reading_from_many_threads_is_safe() -> None:
    """Questions without a number on the wire are put one at a time."""
    with ScriptedGateway({61: lambda _: [POSITION_END], 16: lambda _: [(53, 1)]}) as gateway:
        connection = a_connection(gateway.port)
        connection.connect()
        broker = IBBroker(connection)
        with ThreadPoolExecutor(8) as pool:
            asked = [pool.submit(q) for q in [broker.positions, broker.open_orders] * 10]
            assert [future.result() for future in asked] == [()] * 20
        connection.close()


def test_question_whose_turn_comes_on_a_lost_line_says_why_it_was_lost() -> None:
    """It was never asked, and the cause is that of the loss."""
    with ScriptedGateway({61: lambda _: [POSITION_END]}) as gateway:

        class LostMeanwhile(MessageBudget):
            def book(self, lane: Lane, now: float) -> float:
                gateway.drop()
                return 0.3

        connection = a_connection(gateway.port)
        connection._budget = LostMeanwhile(0)
        connection.connect()
        with pytest.raises(BrokerUnavailable, match="the gateway closed the connection"):
            IBBroker(connection).positions()
        assert gateway.asked(61) == []
        connection.close()


def test_question_over_a_line_that_is_opened_anew_ends_at_once() -> None:
    """Its answer will never come, and nobody waits the time-out for it."""
    with ScriptedGateway({61: lambda _: ()}) as gateway, ThreadPoolExecutor(1) as pool:
        connection = a_connection(gateway.port)
        connection.connect()
        asked = pool.submit(IBBroker(connection).positions)
        eventually(lambda: gateway.asked(61) != [])
        connection.connect()
        with pytest.raises(BrokerUnavailable, match="the connection was closed"):
            asked.result()
        connection.close()


def test_what_the_libraries_log_is_one_clean_line(caplog: pytest.LogCaptureFixture) -> None:
    """It quotes the gateway, which may be anybody."""
    quieten()
    with caplog.at_level(logging.DEBUG, logger=LOG.name):
        logging.getLogger("ib_async").warning("API error\nall is well \x1b[2J%s", "\r")
    ours = [record.getMessage() for record in caplog.records if record.name == LOG.name]
    assert ours == ["ib_async: API error all is well [2J"]


def test_late_end_marker_never_answers_the_next_question() -> None:
    """After an answer that stayed out, the line is opened anew before anything is believed."""
    with ScriptedGateway({61: lambda _: ()}) as gateway:
        connection = a_connection(gateway.port, timeout=1.0)
        connection.connect()
        broker = IBBroker(connection)
        with pytest.raises(BrokerUnavailable):
            broker.positions()
        gateway.say(*POSITION_END)
        with pytest.raises(
            BrokerUnavailable, match=r"was lost: positions: no complete answer within 1 s$"
        ):
            broker.positions()
        connection.close()


def test_servers_lost_while_a_question_is_open_spoil_its_answer() -> None:
    """An answer from both sides of a loss is not believed."""
    with ScriptedGateway() as gateway:
        gateway.answers[61] = lambda _: [
            error(-1, 1100, "lost"),
            error(-1, 1102, "restored"),
            POSITION_END,
        ]
        connection = a_connection(gateway.port)
        connection.connect()
        with pytest.raises(BrokerUnavailable, match="meanwhile"):
            IBBroker(connection).positions()
        assert connection.fault() is None
        connection.close()


def test_closing_ends_the_thread() -> None:
    """Nothing is left running."""
    with ScriptedGateway() as gateway:
        connection = a_connection(gateway.port)
        connection.connect()
        assert "sellcli-ib" in {thread.name for thread in threading.enumerate()}
        connection.close()
        assert "sellcli-ib" not in {thread.name for thread in threading.enumerate()}


def test_nothing_reaches_the_terminal(
    capfd: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """Neither the libraries' logs nor the event loop's complaints are shown to a user."""
    terminal = logging.StreamHandler()  # as an application would set it up, for warnings
    request.addfinalizer(lambda: logging.getLogger().removeHandler(terminal))
    logging.getLogger().addHandler(terminal)
    taken = error(-1, 326, "Unable to connect as the client id is already in use.")
    for gateway in (
        ScriptedGateway(greeting=packed(("a", "b"))),
        ScriptedGateway(login=[taken]),
        ScriptedGateway(accepts=False),
        ScriptedGateway(login=[("x", "y", "z"), ("9", "1")], greeting=None),
    ):
        with gateway:
            failure(a_connection(gateway.port, timeout=0.3))
    with ScriptedGateway() as gateway:
        connection = a_connection(gateway.port)
        connection.connect()
        gateway.say("not a number", "x")
        gateway.say(5, "broken")
        gateway.drop()
        eventually(lambda: connection.fault() is not None)
        connection.close()
    shown = capfd.readouterr()
    assert (shown.out, shown.err) == ("", "")


def test_library_does_not_throttle() -> None:
    """Its queue is first come, first served: an order would wait behind data requests."""

    class Ear:
        def heard(self, _: object) -> None: ...

    ear = Ear()
    client = reading_client(Inbox(lambda code, text: None, OrderNews(1)), ear.heard, ear.heard)
    assert client.MaxRequests == 0
