"""Whatever is wrong with what it is given: one clear line, the documented code, nothing lost."""

import json
import re
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from tests.integration.cli import DAY as WATCH
from tests.integration.cli import LIMIT, begin, one_line, run
from tests.integration.made_up_market import OPEN, assign, fault, lay_out, market, scenario

ONCE = (*WATCH, "--once", "--json", "--scenario", "day.toml")
HEADER = "ticker,type,length,timeframe\n"
CACHE = ("--cache-dir", "cache/simulated")


@pytest.fixture(scope="module")
def bars(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out the market once."""
    folder = tmp_path_factory.mktemp("market") / "bars"
    lay_out(folder, market())
    return folder


@pytest.fixture
def desk(bars: Path, tmp_path: Path) -> Path:
    """Return a folder with assignments and a short day's scenario."""
    assign(tmp_path)
    (tmp_path / "day.toml").write_text(scenario(bars, end=OPEN.replace(hour=14, minute=2)))
    return tmp_path


@dataclass(frozen=True)
class Bad:
    """
    A command that cannot work.

    Attributes:
        arguments: Behind ``sellcli``.
        code: The documented exit code.
        says: What its one line must hold, as a pattern.
        files: Written below the working directory beforehand.
        settings: Environment, without the SELLCLI_ in front.
    """

    arguments: tuple[str, ...]
    code: int
    says: str
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    settings: Mapping[str, str] = field(default_factory=dict)


ASSIGNED = "config/assigned_ma.csv"
SETTINGS = "config/sellcli.toml"
START = "account = 'DU1'\nstart = 2022-06-15T13:25:00Z\n"
SCENARIO = (*WATCH, "--once", "--scenario", "bad.toml")
DATA = (*WATCH, "--once", "--data", "bad")
COLUMNS = "ts,open,high,low,close,volume\n"

COMMANDS = {
    "a command that does not exist": Bad(("strat",), 2, "did you mean 'start'"),
    "a flag that does not exist": Bad(("start", "--simulat"), 2, "nearest is --simulate"),
    "live": Bad(
        ("start", "--live"),
        3,
        "denied: no account is named; .*SELLCLI_ARM is not set; .*nobody typed the account id",
    ),
    "a pace below zero": Bad(("start", "--simulate", "--pace", "-1"), 2, "'--pace': -1.0"),
    "a pace that is no number": Bad(("start", "--simulate", "--pace", "nan"), 2, "nan is not"),
    "an endless pace": Bad(("gateway", "--pace", "inf"), 2, "inf is not"),
    "a scenario without --simulate": Bad(
        ("start", "--scenario", "day.toml"), 2, "--scenario needs --simulate"
    ),
    "bars without --simulate": Bad(("status", "--data", "x"), 2, "--data needs --simulate"),
    "a since that is no date": Bad(
        ("signals", "--since", "noon"), 2, "--since 'noon' .* e.g. 2022"
    ),
    "a ticker without exchange": Bad(("assign", "AAPL", "SMA", "50"), 2, "EXCHANGE:SYMBOL"),
    "a length that is none": Bad(("assign", "NYSE:KO", "SMA", "51"), 2, "not one of 5, 10"),
    "a missing word": Bad(("assign", "NYSE:KO"), 2, "missing argument 'TYPE'"),
    "an import from nowhere": Bad(("assignments", "--import", "no.csv"), 2, "no.csv: no such"),
    "a port out of range": Bad(("start", "--port", "0"), 2, "1 to 65535"),
    "a config file that is not there": Bad(("config", "--config", "no.toml"), 2, "no.toml"),
    "an unknown key": Bad(("config",), 2, "did you mean 'port'", {SETTINGS: "prot = 1\n"}),
    "a key of the wrong type": Bad(("config",), 2, "port 'x'", {SETTINGS: "port = 'x'\n"}),
    "settings that are no TOML": Bad(("config",), 2, "not valid TOML", {SETTINGS: "port = \n"}),
    "an unknown variable": Bad(("config",), 2, "SELLCLI_PORT", settings={"PROT": "1"}),
    "assignments in no UTF-8": Bad(("assignments",), 2, "UTF-8", {ASSIGNED: b"ticker\xff\xfe"}),
    "assignments without header": Bad(("assignments",), 2, "header", {ASSIGNED: "a,b\n1,2\n"}),
    "a scenario that is not there": Bad(SCENARIO, 2, "bad.toml: no such file"),
    "a scenario with an unknown key": Bad(
        SCENARIO, 2, "'strat'; the nearest is 'start'", {"bad.toml": f"{START}strat = 1\n"}
    ),
    "a scenario with an unknown fault": Bad(
        SCENARIO,
        2,
        "nearest is 'drop_socket'",
        {"bad.toml": START + fault("drop_scoket", OPEN)},
    ),
    "a scenario without a zone": Bad(
        SCENARIO,
        2,
        "instant with its zone",
        {"bad.toml": "account = 'DU1'\nstart = 2022-06-15T13:25:00\n"},
    ),
    "a scenario behind the calendar's end": Bad(
        SCENARIO, 2, "no session is known", {"bad.toml": START.replace("2022", "2049")}
    ),
    "a folder of bars that is not there": Bad(DATA, 2, "data folder bad: no such folder"),
    "bars with a word for a price": Bad(
        DATA,
        2,
        r"NASDAQ_AAA_5m.csv: line 2: high 'x'",
        {"bad/NASDAQ_AAA_5m.csv": f"{COLUMNS}2022-06-15T13:30:00Z,1,x,1,1,1\n"},
    ),
    "a file of bars without bars": Bad(DATA, 2, "holds no bar", {"bad/NASDAQ_AAA_5m.csv": COLUMNS}),
    "bars that are no Parquet": Bad(
        DATA, 2, "not a readable Parquet file", {"bad/NYSE_BBB_30m.parquet": "x"}
    ),
    "a cache folder that is a file": Bad(ONCE, 1, "cache/simulated.*--cache-dir", {"cache": "x"}),
    "a log folder that is a file": Bad(ONCE, 1, "cannot read logs", {"logs": "x"}),
    "an account of another login": Bad((*ONCE, "--account", "DU9"), 2, "DU9 .* check --account"),
    "nobody to ask": Bad(
        ("start", "--simulate", "--pace", "0", "--json", "--scenario", "day.toml"),
        2,
        "follows no rule .* --no-input .* --default-rule",
        {ASSIGNED: HEADER},
    ),
}


@pytest.mark.parametrize("name", COMMANDS)
def test_one_line_says_what_is_wrong(name: str, desk: Path) -> None:
    """The documented exit code, one line that names the way out, files left as they were."""
    bad = COMMANDS[name]
    for path, content in bad.files.items():
        (desk / path).parent.mkdir(exist_ok=True)
        (desk / path).write_bytes(content if isinstance(content, bytes) else content.encode())

    done = run(desk, *bad.arguments, settings=bad.settings)

    assert re.search(bad.says, one_line(done.stderr)), done.stderr
    assert done.returncode == bad.code
    for path, content in bad.files.items():
        kept = content if isinstance(content, bytes) else content.encode()
        assert (desk / path).read_bytes() == kept


def test_malformed_assignments_are_told_line_by_line_and_kept(desk: Path) -> None:
    """Good rows count, each bad one is named, a ticker that is there twice follows neither."""
    rows = (
        "NYSE:BBB,EMA,10,1H\nNASDAQ:AAA,SMA,5,1H\nnasdaq:aaa,SMA,10,1H\n"
        "ARCA:CCC,XMA,5,1H\nfoo,SMA,5,1H\n"
    )
    (desk / ASSIGNED).write_text(HEADER + rows)

    done = run(desk, *ONCE)

    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    told = [alert["text"] for alert in document["alerts"]]
    assert [re.findall(r"line (\d)", text)[0] for text in told] == ["4", "5", "6"]
    decided = {decision["ticker"]: decision["decision"] for decision in document["decisions"]}
    assert set(decided) == {"NYSE:BBB"}
    assert (desk / ASSIGNED).read_text() == HEADER + rows


def test_two_holdings_of_one_ticker_are_told_and_not_decided(bars: Path, tmp_path: Path) -> None:
    """An assignment cannot tell them apart, so neither is sold; the others are decided."""
    assign(tmp_path)
    twin = '[[position]]\nticker = "NASDAQ:AAA"\ncon_id = 999\ncurrency = "EUR"\nquantity = 5\n'
    (tmp_path / "day.toml").write_text(scenario(bars, more=twin))

    done = run(tmp_path, *ONCE)

    assert (done.returncode, done.stderr) == (0, "")
    document = json.loads(done.stdout)
    assert {decision["ticker"] for decision in document["decisions"]} == {"NYSE:BBB", "ARCA:CCC"}
    (told,) = (alert["text"] for alert in document["alerts"])
    assert re.search(r"NASDAQ:AAA .*contract 999 in EUR.* none is decided", told)


def silent(client: socket.socket) -> None:
    """Accept, and say nothing."""
    client.recv(1 << 16)
    client.recv(1 << 16)


def web_server(client: socket.socket) -> None:
    """Answer as a web server would."""
    client.recv(1 << 16)
    client.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")


def closing(client: socket.socket) -> None:
    """Hang up at once."""


def babbling(client: socket.socket) -> None:
    """Say what nobody can read."""
    client.recv(1 << 16)
    client.sendall(bytes(range(256)) * 40)


STRANGERS: dict[str, tuple[Callable[[socket.socket], None], str]] = {
    "says nothing": (silent, "open but said nothing"),
    "speaks HTTP": (web_server, "does not speak the TWS API"),
    "hangs up at once": (closing, "opened and closed again"),
    "babbles": (babbling, "does not speak the TWS API"),
}


@contextmanager
def listening(behave: Callable[[socket.socket], None]) -> Iterator[int]:
    """Listen on a free port and treat whoever comes like that; yield the port."""
    door = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                client, _ = door.accept()
                with client, suppress(OSError):
                    behave(client)

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield door.getsockname()[1]
    finally:
        door.close()


@pytest.mark.parametrize("name", STRANGERS)
def test_a_port_where_no_gateway_answers(name: str, desk: Path) -> None:
    """Exit 1 and one line with the cause, and soon."""
    behave, says = STRANGERS[name]
    with listening(behave) as port:
        done = run(
            desk,
            *("start", "--no-input", "--json", "--port", str(port)),
            settings={"CONNECT_TIMEOUT": "1"},
        )

    assert (done.returncode, done.stdout) == (1, "")
    assert re.search(says, one_line(done.stderr))


def test_a_closed_port(desk: Path) -> None:
    """Exit 1, and what to start."""
    with socket.create_server(("127.0.0.1", 0)) as door:
        port = door.getsockname()[1]

    done = run(desk, "status", "--port", str(port))

    assert (done.returncode, done.stdout) == (1, "")
    assert "start TWS or IB Gateway and enable its API" in one_line(done.stderr)


def test_a_client_id_that_is_taken(bars: Path, desk: Path) -> None:
    """Exit 1, one line that names the other flag; the first client goes on undisturbed."""
    taken = fault("client_id_taken", OPEN.replace(hour=12), client_id=1)
    (desk / "taken.toml").write_text(scenario(bars, more=taken))

    done = run(desk, *WATCH, "--once", "--scenario", "taken.toml")
    other = run(desk, *WATCH, "--once", "--scenario", "taken.toml", "--client-id", "2")

    assert done.returncode == 1
    assert "--client-id" in one_line(done.stderr)
    assert (other.returncode, other.stderr) == (0, "")


def test_two_watches_do_not_share_a_cache(desk: Path) -> None:
    """The second ends with one line; the first one's files stay sound."""
    first = begin(desk, "start", "--simulate", "--no-input", "--json", "--scenario", "day.toml")
    try:
        assert first.stdout is not None
        first.stdout.readline()
        second = run(desk, *ONCE)
    finally:
        first.terminate()
        first.communicate(timeout=LIMIT)

    assert second.returncode == 1
    assert "another sellcli" in one_line(second.stderr)
    assert run(desk, "cache", "verify", *CACHE).returncode == 0


def test_an_empty_folder_is_no_fault(tmp_path: Path) -> None:
    """Reading commands find nothing, say so, and exit 0."""
    for arguments in (("cache", "info"), ("cache", "verify"), ("signals",), ("assignments",)):
        done = run(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        assert len((done.stdout + done.stderr).splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_without_a_command_there_is_help(tmp_path: Path) -> None:
    """A newcomer who types the name alone sees what there is."""
    for arguments in ((), ("cache",)):
        done = run(tmp_path, *arguments)
        assert (done.returncode, done.stderr) == (0, "")
        assert "Commands:" in done.stdout
