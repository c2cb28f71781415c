"""A dry run cannot send: not on the wire, not by its types, not by what it has loaded."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
from tests.integration.cli import environment, events, records
from tests.integration.made_up_market import lay_out, market, scenario

from adapters.gateway import server as gateway
from adapters.gateway.wire import FrameReader, frame, split_fields

ROOT = Path(__file__).parents[2]
PLACE, CANCEL, CANCEL_ALL = "3", "4", "58"
SENDING = {PLACE, CANCEL, CANCEL_ALL}
"""The messages of the TWS API that reach an order."""

STOP = """
[[open_order]]
ticker = "NYSE:BBB"
action = "SELL"
type = "STP"
quantity = 100
price = 50.0
client_id = 11
"""


class Tap:
    """Stands between a client and a gateway, and reads what the client says."""

    def __init__(self, gateway: tuple[str, int]) -> None:
        self._gateway = gateway
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.address: tuple[str, int] = self._listener.getsockname()
        self.heard: list[list[str]] = []
        Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                there = socket.create_connection(self._gateway)
                Thread(target=self._forward, args=(client, there, True), daemon=True).start()
                Thread(target=self._forward, args=(there, client, False), daemon=True).start()

    def _forward(self, source: socket.socket, sink: socket.socket, listens: bool) -> None:
        reader = FrameReader()
        with suppress(OSError):
            while data := source.recv(65536):
                if listens:
                    self.heard += [split_fields(payload) for payload in reader.feed(data)]
                sink.sendall(data)
        for end in (source, sink):
            with suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
            end.close()

    def close(self) -> None:
        self._listener.close()

    @property
    def numbers(self) -> set[str]:
        """The numbers of the messages that were sent."""
        return {fields[0] for fields in self.heard}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a market in which most hours are signals, and a stop of our own."""
    folder = tmp_path_factory.mktemp("dry")
    lay_out(folder / "bars", market())
    (folder / "day.toml").write_text(scenario(folder / "bars", more=STOP))
    return folder


ARGUMENTS = (
    *("start", "--simulate", "--pace", "0", "--no-input", "--json", "--scenario", "day.toml"),
    *("--default-rule", "SMA,5,1H"),
)


@contextmanager
def tapped(monkeypatch: pytest.MonkeyPatch, ledger: Path) -> Iterator[list[Tap]]:
    """Let the simulated gateway keep a ledger, and be reached through a tap only."""
    taps: list[Tap] = []

    class Server(gateway.GatewayServer):
        def __init__(self, *arguments: Any, **named: Any) -> None:
            super().__init__(*arguments, **named, record=ledger)

        def start(self) -> tuple[str, int]:
            taps.append(Tap(super().start()))
            return taps[-1].address

    monkeypatch.setattr(gateway, "GatewayServer", Server)
    yield taps
    for tap in taps:
        tap.close()


def test_day_of_signals_sends_no_order_message(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Orders are prepared all day; the wire has no message that reaches one, nor has the ledger."""
    from sellcli.app import app

    monkeypatch.chdir(folder)
    for name in [name for name in os.environ if name.startswith("SELLCLI_")]:
        monkeypatch.delenv(name)
    ledger = folder / "ledger.jsonl"

    with tapped(monkeypatch, ledger) as taps:
        app.main(args=list(ARGUMENTS), prog_name="sellcli", standalone_mode=False)

    orders = [event for event in events(capsys.readouterr().out) if event["event"] == "order"]
    assert len(orders) >= 3
    assert any(order["cancels"] for order in orders)
    (tap,) = taps
    assert tap.numbers >= {"71", "61", "16", "20", "49"}
    assert tap.numbers & SENDING == set()
    assert ledger.read_bytes() == b""
    assert {record["action_executed"] for record in records(folder)} == {None}


def test_tap_would_hear_an_order() -> None:
    """What is tapped above is not silent because nobody listens."""
    there = socket.create_server(("127.0.0.1", 0))
    tap = Tap(there.getsockname())
    with socket.create_connection(tap.address) as client:
        said, _ = there.accept()
        wanted = [*(frame([number, 1, "DU0000001"]) for number in sorted(SENDING))]
        sent = b"API\0" + frame(["v100..178"]) + b"".join(wanted)
        for byte in range(0, len(sent), 7):
            client.sendall(sent[byte : byte + 7])
        client.shutdown(socket.SHUT_WR)
        said.settimeout(10)
        while said.recv(4096):
            pass
        said.close()
    tap.close()
    there.close()

    assert tap.numbers >= SENDING


LOADED = """
import sys
from sellcli.app import app
try:
    app.main(args={words!r}, prog_name="sellcli", standalone_mode=False)
finally:
    print("LOADED", *sorted(sys.modules), file=sys.stderr)
"""


def test_dry_run_never_loads_what_sends(folder: Path) -> None:
    """Neither the order entry, nor the client with its calls, nor a journal, nor the wiring."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(words=list(ARGUMENTS))],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=120,
    )

    assert done.returncode == 0, done.stderr
    loaded = set(done.stderr.rpartition("LOADED")[2].split())
    assert loaded >= {"adapters.ib.broker", "adapters.ib.reading_client", "sellcore.plan"}
    assert loaded.isdisjoint(
        {
            "adapters.ib.order_entry",
            "adapters.ib.sending_client",
            "adapters.sqlite.journal",
            "sellcli.compose.selling",
        }
    )


SNIPPET = """
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.reading_client import ReadingClient
from sellcli.compose.watch import Wiring
from sellcore.ports.broker import Broker
from sellcore.ports.order_entry import OrderEntry, SellOrder


def sends(entry: OrderEntry, order: SellOrder) -> None:
    entry.place([order])


def through_the_wiring(wiring: Wiring, order: SellOrder) -> None:
    wiring.ports.broker.place([order])  # wrong
    wiring.ports.connection.place([order])  # wrong
    wiring.ports.market_data.place([order])  # wrong
    wiring.ports.selling.entry.place([order])  # wrong
    wiring.connection.place([order])  # wrong


def through_the_adapters(broker: IBBroker, line: IBConnection, order: SellOrder) -> None:
    broker.place([order])  # wrong
    line.place([order])  # wrong
    sends(broker, order)  # wrong
    sends(line, order)  # wrong


def through_the_client(client: ReadingClient) -> None:
    client.placeOrder(1, None, None)  # wrong
    client.cancelOrder(1)  # wrong
    client.reqGlobalCancel()  # wrong


def reads(broker: Broker) -> object:
    return broker.positions()
"""


def test_no_type_of_a_dry_run_has_a_way_to_send(tmp_path: Path) -> None:
    """Mypy refuses every such line, and nothing else."""
    file = tmp_path / "snippet.py"
    file.write_text(SNIPPET)
    config = ["--config-file", str(ROOT / "pyproject.toml"), "--cache-dir", str(tmp_path / "cache")]

    done = subprocess.run(
        [sys.executable, "-m", "mypy", *config, "--no-error-summary", str(file)],
        cwd=ROOT,
        env={**os.environ, "MYPYPATH": "src"},
        capture_output=True,
        text=True,
        timeout=240,
    )

    wrong = [n for n, line in enumerate(SNIPPET.splitlines(), 1) if line.endswith("# wrong")]
    lines = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert sorted({int(line.split(":")[1]) for line in lines}) == wrong, done.stdout
    assert all("snippet.py" in line for line in lines)
