"""``sellcli reconcile`` and ``sellcli sales``: what was sent, what is known, a person's word."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.contract.broker_stages import eventually
from tests.integration.cli import gateway, one_line, run, strict_json
from tests.integration.test_live import ARMED, LIVE, SCENARIO, WIDE
from tests.journal_builders import WAYS, a_record, steps

from adapters.clocks import SystemClock
from adapters.ib.broker import IBBroker
from adapters.ib.connection import IBConnection
from adapters.ib.order_entry import IBOrderEntry
from adapters.instance_lock import InstanceLock, state_folder
from adapters.sqlite.journal import SqliteJournal
from sellcore.order import Mode
from sellcore.order_type import OrderType
from sellcore.ports.order_entry import SellOrder
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import State

ACCOUNT = "DU0000001"
KEYS = {"LIVE_ACCOUNT": ACCOUNT, "LIVE_KIND": "paper"}
HOLDING = """
[[position]]
ticker = "NASDAQ:MSFT"
quantity = 100
average_cost = 280.0
price = 260.0
"""

STRAY = """
[[open_order]]
ticker = "NASDAQ:MSFT"
action = "SELL"
type = "LMT"
quantity = 40
price = 9999.0
client_id = 17
order_ref = "sellcli:0123456789abcdef"
"""


def leave(state_dir: Path, state: State, *records: IntentRecord) -> None:
    """Have these intents on record in a state."""
    folder = state_folder(state_dir, Mode.PAPER, ACCOUNT)
    folder.mkdir(parents=True)
    with closing(SqliteJournal(folder / "journal.db", Mode.PAPER, ACCOUNT)) as journal:
        journal.prepare(records)
        for record in records:
            for move in steps(record, *WAYS[state]):
                journal.record([move])


def left(tmp_path: Path) -> dict[str, State]:
    """Return where every intent on record stands."""
    path = state_folder(tmp_path / "state", Mode.PAPER, ACCOUNT) / "journal.db"
    with closing(SqliteJournal(path, Mode.PAPER, ACCOUNT)) as journal:
        return {record.intent_id: record.state for record in journal.intents()}


@pytest.fixture
def unknown(tmp_path: Path) -> str:
    """Leave an intent of which nobody knows what became; return its id."""
    record = a_record()
    leave(tmp_path / "state", State.UNKNOWN, record)
    return record.intent_id


def test_unknown_intent_is_settled_by_a_persons_word(tmp_path: Path, unknown: str) -> None:
    """It names the intent and what was seen; the words stay on record."""
    told = ("--settle", unknown[:8], "--why", "filled, seen in the statement")
    done = run(tmp_path, "reconcile", *told, settings=KEYS)

    assert (done.returncode, done.stderr) == (0, "")
    assert "settled by hand: filled, seen in the statement" in done.stdout
    again = run(tmp_path, "reconcile", *told, settings=KEYS)
    assert again.returncode == 2
    assert "0 open intents begin with" in one_line(again.stderr)


@pytest.mark.parametrize("state", [State.PREPARED, State.SENDING, State.WORKING], ids=str)
def test_intent_that_is_not_unknown_is_not_settled_by_hand(tmp_path: Path, state: State) -> None:
    """What the broker knows is for the broker to say, and the line names the way out."""
    record = a_record()
    leave(tmp_path / "state", state, record)

    told = ("--settle", record.intent_id[:6], "--why", "seen in TWS")
    done = run(tmp_path, "reconcile", *told, settings=KEYS)

    assert done.returncode == 2
    assert one_line(done.stderr) == (
        f"sellcli: intent {record.intent_id} is {state}: only one that is unknown is settled by "
        "hand; sellcli reconcile compares it with the broker\n"
    )
    assert left(tmp_path) == {record.intent_id: state}


def test_beginning_that_two_intents_share_settles_neither(tmp_path: Path) -> None:
    """Which is meant is not known; both are named in full."""
    records = [a_record(con_id) for con_id in range(1, 40)]
    first = records[0]
    twin = next(r for r in records[1:] if r.intent_id[0] == first.intent_id[0])
    leave(tmp_path / "state", State.UNKNOWN, first, twin)

    told = ("--settle", first.intent_id[0], "--why", "seen in TWS")
    done = run(tmp_path, "reconcile", *told, settings=KEYS)

    assert done.returncode == 2
    line = one_line(done.stderr)
    assert "2 open intents begin with" in line
    assert first.intent_id in line
    assert twin.intent_id in line
    assert set(left(tmp_path).values()) == {State.UNKNOWN}


def test_login_of_another_account_is_no_witness(
    tmp_path: Path, a_gateway: Callable[..., int]
) -> None:
    """It lists nothing of ours, which proves nothing: nothing is compared."""
    record = a_record()
    leave(tmp_path / "state", State.SENDING, record)

    port = a_gateway(tmp_path, "DU0000002")
    done = run(tmp_path, "reconcile", "--port", str(port), settings=KEYS)

    assert done.returncode == 2
    assert f"account {ACCOUNT} is not one of this login's: DU0000002" in one_line(done.stderr)
    assert left(tmp_path) == {record.intent_id: State.SENDING}


@pytest.mark.parametrize(
    ("caps", "once"),
    [(WIDE, ()), (WIDE | {"LIVE_MAX_SHARES_PER_ORDER": "1"}, ()), (WIDE, ("--once",))],
)
def test_run_that_ends_with_an_unknown_says_so(
    tmp_path: Path, caps: dict[str, str], once: tuple[str, ...]
) -> None:
    """By its exit code, whatever else was sold or denied, and with the way out."""
    leave(tmp_path / "state" / "simulated", State.UNKNOWN, a_record())
    (tmp_path / "day.toml").write_text(SCENARIO)

    done = run(tmp_path, *LIVE, *once, "--arm-until", "23:59", settings=ARMED | caps)

    assert done.returncode == 4
    assert "look in TWS, then settle it: sellcli reconcile" in done.stdout


@pytest.mark.parametrize("nothing", ["", " "])
def test_settling_needs_an_intent(tmp_path: Path, unknown: str, nothing: str) -> None:
    """A script whose variable is empty must not end the one order that nobody knows of."""
    told = ("--settle", nothing, "--why", "filled, seen in TWS")
    done = run(tmp_path, "reconcile", *told, settings=KEYS)

    assert done.returncode == 2
    assert "--settle names no intent" in one_line(done.stderr)
    assert left(tmp_path) == {unknown: State.UNKNOWN}


@pytest.mark.parametrize("why", [(), ("--why", ""), ("--why", " \t")])
def test_settling_needs_a_reason(tmp_path: Path, unknown: str, why: tuple[str, ...]) -> None:
    """Whoever reads the journal next year wants to know."""
    done = run(tmp_path, "reconcile", "--settle", unknown, *why, settings=KEYS)

    assert done.returncode == 2
    assert "--settle needs --why" in one_line(done.stderr)


def test_while_a_watch_runs_the_journal_alone_is_shown(tmp_path: Path, unknown: str) -> None:
    """It compares them itself; the exit code says that something is unknown."""
    now = datetime.now(UTC)
    with InstanceLock(tmp_path / "state", Mode.PAPER, ACCOUNT, now):
        done = run(tmp_path, "reconcile", "--json", settings=KEYS)
        shown = run(tmp_path, "reconcile", settings=KEYS)

    assert "the broker was not asked: another sellcli runs" in one_line(shown.stderr)
    assert unknown[:12] in shown.stdout
    document = strict_json(done.stdout)
    assert (done.returncode, shown.returncode) == (4, 4)
    assert "another sellcli runs" in str(document["note"])
    intents = document["intents"]
    assert isinstance(intents, list)
    assert [intent["intent_id"] for intent in intents] == [unknown]


def test_broker_that_knows_nothing_leaves_it_unknown(
    tmp_path: Path, unknown: str, a_gateway: Callable[..., int]
) -> None:
    """Absence proves nothing once the position has moved; the way out is told."""
    port = a_gateway(tmp_path)
    done = run(tmp_path, "reconcile", "--port", str(port), settings=KEYS)

    assert done.returncode == 4
    assert "look in TWS, then settle it: sellcli reconcile" in done.stdout


def test_order_that_was_being_sent_is_looked_for_until_its_absence_is_proof(
    tmp_path: Path, a_gateway: Callable[..., int]
) -> None:
    """One look proves nothing; twenty seconds of looks do."""
    leave(tmp_path / "state", State.SENDING, a_record())
    port = a_gateway(tmp_path)

    done = run(tmp_path, "reconcile", "--port", str(port), settings=KEYS)

    assert done.returncode == 0
    assert "in no list of the broker's yet; looking for 20 seconds" in one_line(done.stderr)
    assert "not sent: it is in no list of the broker's; the position was" in done.stdout


def test_what_the_comparison_has_just_ended_is_shown(
    tmp_path: Path, a_gateway: Callable[..., int]
) -> None:
    """Its order had been cancelled while nobody looked; then there is nothing open any more."""
    port = a_gateway(tmp_path)
    with closing(IBConnection("127.0.0.1", port, 7, SystemClock())) as connection:
        connection.connect()
        broker, entry = IBBroker(connection), IBOrderEntry(connection)
        (msft,) = (position.instrument for position in broker.positions())
        record = a_record(instrument=msft)
        leave(tmp_path / "state", State.SENDING, record)
        (number,) = entry.order_ids(1, 0)
        ref = record.intent.order_ref
        entry.place([SellOrder(number, ACCOUNT, msft, 100, OrderType.LIMIT, 9999.0, ref)])
        eventually(lambda: len(broker.open_orders()) == 1)
        entry.cancel(broker.open_orders())
        eventually(lambda: not broker.open_orders())

    where = ("--port", str(port), "--json")
    first, second = (run(tmp_path, "reconcile", *where, settings=KEYS) for _ in range(2))

    intents = strict_json(first.stdout)["intents"]
    assert isinstance(intents, list)
    assert [(each["intent_id"], each["state"]) for each in intents] == [
        (record.intent_id, "cancelled")
    ]
    assert (first.returncode, second.returncode) == (0, 0)
    assert strict_json(second.stdout)["intents"] == []


def test_order_of_ours_that_no_intent_explains_is_named(
    tmp_path: Path, a_gateway: Callable[..., int]
) -> None:
    """Nobody knows what became of the intent: exit code 4, and what to do about it."""
    leave(tmp_path / "state", State.FILLED, a_record())
    port = a_gateway(tmp_path, more=STRAY)

    where = ("--port", str(port))
    told = run(tmp_path, "reconcile", *where, settings=KEYS)
    document = run(tmp_path, "reconcile", *where, "--json", settings=KEYS)

    assert (told.returncode, document.returncode) == (4, 4)
    assert told.stdout == (
        "no intent explains SELL 40 LMT @ 9999.00 GTC, sellcli:0123456789abcdef; cancel it in TWS\n"
    )
    strays = strict_json(document.stdout)["strays"]
    assert isinstance(strays, list)
    assert [stray["order_ref"] for stray in strays] == ["sellcli:0123456789abcdef"]


@pytest.fixture
def a_gateway() -> Iterator[Callable[..., int]]:
    """Return what starts a gateway below a folder; it is ended with the test."""
    with ExitStack() as running:

        def start(folder: Path, account: str = ACCOUNT, more: str = "") -> int:
            now = f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%SZ}"
            scenario = f'account = "{account}"\nstart = {now}\n{HOLDING}{more}'
            return running.enter_context(gateway(folder, scenario))

        yield start


def test_without_an_account_there_is_nothing_to_compare(tmp_path: Path) -> None:
    """One line with the way out."""
    done = run(tmp_path, "reconcile")

    assert done.returncode == 2
    assert "set account and kind in [live]" in one_line(done.stderr)


def test_sales_show_what_was_sold_and_what_it_brought(tmp_path: Path) -> None:
    """By the broker's own executions, commissions and realised profit."""
    (tmp_path / "day.toml").write_text(SCENARIO)
    run(tmp_path, *LIVE, "--arm-until", "23:59", settings=ARMED | WIDE)

    where = ("--state-dir", "state/simulated")
    lines = run(tmp_path, "sales", *where, settings=KEYS).stdout.splitlines()
    document = strict_json(run(tmp_path, "sales", *where, "--json", settings=KEYS).stdout)
    later = ("--since", "2022-05-21", "--json")
    since = strict_json(run(tmp_path, "sales", *where, *later, settings=KEYS).stdout)

    assert since["sales"] == []
    assert [line.split()[:2] for line in lines] == [["NASDAQ:AAPL", "10"], ["NASDAQ:MSFT", "100"]]
    sales = document["sales"]
    assert isinstance(sales, list)
    for sale, cost in zip(sales, (140.0, 280.0), strict=True):
        expected = (sale["average_price"] - cost) * sale["shares"] - sale["commissions"]["USD"]
        assert sale["realized"] == pytest.approx(expected, abs=0.01)
