"""Connections: the burst after startApi, collisions, garbage, and many clients at once."""

import struct
from collections.abc import Iterator

import pytest
from tests.gateway.gateway_stand import START, HungUp, RawClient, Running, Silence, running

from adapters.gateway.clients import Client
from adapters.gateway.connection import MOST_CLIENTS


@pytest.fixture(scope="module")
def gateway() -> Iterator[Running]:
    with running() as gateway:
        yield gateway


def test_nothing_is_said_between_the_version_and_start_api(gateway: Running) -> None:
    """The official client would lose what came there; the reply has exactly two fields."""
    with RawClient(gateway.port, 5) as client:
        reply = client.greet()

        assert reply[0] == "178"
        assert len(reply) == 2
        with pytest.raises(Silence):
            client.read(patience=0.2)


def test_accounts_id_and_notices_come_unasked(gateway: Running) -> None:
    """15 and 9 have three fields each, notices have request id -1."""
    with gateway.client(6) as client:
        burst = client.settle()

    assert burst[0] == ["15", "1", "DU0000001"]
    assert burst[1][:2] == ["9", "1"]
    assert len(burst[1]) == 3
    assert [(m[2], m[3]) for m in burst[2:]] == [("-1", "2104"), ("-1", "2106"), ("-1", "2158")]


@pytest.mark.parametrize(("version", "length"), [(157, 5), (165, 5), (166, 6), (178, 6)])
def test_errors_have_a_field_more_from_166_on(gateway: Running, version: int, length: int) -> None:
    """The notice that comes first has as many fields as this version's clients read."""
    with gateway.client(7, version) as client:
        assert len(client.answer(4)) == length


def test_time_is_simulated(gateway: Running) -> None:
    """The clock that clients are told is the scenario's, in whole seconds."""
    with gateway.client(8) as client:
        client.send(49, 1)
        assert client.answer(49) == ["49", "1", str(int(START.timestamp()))]


def test_client_id_in_use_draws_326_and_a_hang_up(gateway: Running) -> None:
    """The second one is sent away, the first one stays."""
    with gateway.client(9) as first:
        first.settle()
        with gateway.client(9) as second:
            assert second.read()[:4] == ["4", "2", "-1", "326"]
            assert second.hung_up()
        assert first.settle() == []


def test_client_id_is_free_again_after_leaving(gateway: Running) -> None:
    """Whoever hangs up makes room."""
    with gateway.client(10) as client:
        client.settle()
        client.socket.shutdown(2)
        assert client.hung_up()
    for _ in range(50):  # the gateway may see the end a moment later
        with gateway.client(10) as again:
            first = again.read()
            if first[0] == "15":
                return
    pytest.fail(f"still taken: {first}")


def test_thirty_two_clients_fit_and_no_more() -> None:
    """The thirty-third is sent away; the others are served."""
    with running() as gateway:
        clients = [gateway.client(number) for number in range(MOST_CLIENTS)]
        assert all(client.settle() for client in clients)
        with gateway.client(99) as one_more:
            assert one_more.read()[:3] == ["4", "2", "-1"]
            assert one_more.hung_up()
        for client in clients:
            assert client.settle() == []
            client.socket.close()


def test_unknown_message_draws_321_and_the_talk_goes_on(gateway: Running) -> None:
    """What is not served is said to be so, without a hang-up."""
    with gateway.client(11) as client:
        client.settle()
        client.send(12345, 1, "x")
        assert client.answer(4)[2:4] == ["-1", "321"]
        assert client.settle() == []


@pytest.mark.parametrize(
    "message",
    [("20",), ("20", "x"), ("9", "8", "1"), ("abc",), ("",), ("3", "1"), ("1", "11"), ("7", "3")],
)
def test_malformed_message_draws_an_error_and_the_talk_goes_on(
    gateway: Running, message: tuple[str, ...]
) -> None:
    """Fields that are missing or no numbers cost one error message."""
    with gateway.client(12) as client:
        client.settle()
        client.send(*message)
        assert client.answer(4)[3] in ("320", "321")
        assert client.settle() == []


@pytest.mark.parametrize(
    "noise",
    [b"GET / HTTP/1.0\r\n\r\n", b"API\0" + struct.pack(">I", 2**31) + b"x", b"API\0\0\0\0\0"],
)
def test_garbage_ends_only_the_client_that_sent_it(gateway: Running, noise: bytes) -> None:
    """Noise on one connection is not heard on another."""
    with gateway.client(13) as good, RawClient(gateway.port) as bad:
        good.settle()
        bad.socket.sendall(noise)
        assert bad.hung_up()
        assert good.settle() == []


def test_client_below_151_is_hung_up_on(gateway: Running) -> None:
    """Nothing is said to a client whose fields would be read wrongly."""
    with RawClient(gateway.port) as client, pytest.raises(HungUp):
        client.greet(b"v76..100")


def test_bytes_may_come_one_by_one(gateway: Running) -> None:
    """Fragments of any size add up to the same talk."""
    with RawClient(gateway.port, 14) as client:
        text = b"v157..178"
        start = b"71\0002\00014\0\0"
        stream = b"API\0" + struct.pack(">I", len(text)) + text
        for byte in stream + struct.pack(">I", len(start)) + start:
            client.socket.sendall(bytes([byte]))
        assert client.read()[0] == "178"
        assert client.read() == ["15", "1", "DU0000001"]


def test_burst_of_a_full_read_is_not_sent_in_one_piece() -> None:
    """The official client drops 4096 bytes when nothing follows; the last byte comes later."""
    import asyncio

    from adapters.gateway.switches import Switches

    class Pieces(asyncio.Transport):
        def __init__(self) -> None:
            super().__init__()
            self.written: list[bytes] = []

        def write(self, data: object) -> None:
            self.written.append(bytes(data))  # type: ignore[call-overload]

        def get_write_buffer_size(self) -> int:
            return 0

    async def talk() -> list[bytes]:
        transport = Pieces()
        client = Client(transport, Switches())
        client.send("x" * (4096 - 5))
        client.flush()
        client.send("after")
        while len(transport.written) < 2:
            await asyncio.sleep(0.005)
        return transport.written

    pieces = asyncio.run(talk())

    assert len(pieces[0]) == 4095
    assert b"".join(pieces)[4096:] == b"\0\0\0\x06after\0"


def test_client_that_never_reads_is_not_worked_for_and_holds_nobody_up() -> None:
    """Its questions wait once a few answers wait unread; it gets them all when it reads."""
    asked, answers = 1_000, 100
    with running() as gateway, gateway.client(1) as glutton, gateway.client(2) as other:
        glutton.settle()
        for req_id in range(asked):
            glutton.history(req_id, size="1 min", duration="10 D")
        other.settle()

        assert gateway.server.world.clients[1].unsent < 4 << 20
        told = [glutton.answer(17) for _ in range(answers)]
        assert [int(message[1]) for message in told] == list(range(answers))


def test_client_that_leaves_its_ticks_unread_is_hung_up_on(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """What nobody fetches does not fill the memory."""
    monkeypatch.setattr("adapters.gateway.clients._MOST_BEHIND", 100_000)
    with running() as gateway, gateway.client(1) as sleeper:
        sleeper.settle()
        sleeper.history(5, size="1 min", duration="10 D")

        assert sleeper.hung_up()
