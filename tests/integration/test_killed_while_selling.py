"""Live selling, killed without a word again and again: the gateway's own ledger is the judge."""

import json
import random
import sqlite3
import subprocess
import time
from collections import Counter, defaultdict
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.integration.cli import COMMAND, LIMIT, Json, environment, records, run
from tests.integration.made_up_market import assign
from tests.integration.test_gateway_of_its_own import Standing, standing

ACCOUNT = "DU0000001"
HELD = {
    "NASDAQ:MSFT": 100.0,
    "NASDAQ:AAPL": 10.7,
    "NASDAQ:NVDA": 40.0,
    "NYSE:KO": 250.0,
    "NYSE:JPM": 30.0,
    "NYSE:T": -20.0,
}
"""One of them is short."""

RULES = dict.fromkeys(HELD, ("SMA", 5, "1H"))
END = datetime(2022, 5, 20, 20, 6, tzinfo=UTC)
ARMED = {
    "ARM": ACCOUNT,
    "LIVE_ACCOUNT": ACCOUNT,
    "LIVE_KIND": "paper",
    "CONNECT_TIMEOUT": "2",
    "LIVE_MAX_VALUE_PER_ORDER": "1e9",
    "LIVE_MAX_VALUE_PER_DAY": "1e9",
}
LIVE = ("start", "--live", "--simulate", "--no-input", "--arm-until", "23:59", "--pace", "0")


def scenario(seed: int, faults: str = "") -> str:
    """Write a day of six holdings, two of them with resting stops of ours."""
    positions = "".join(
        f'[[position]]\nticker = "{ticker}"\nquantity = {quantity}\nprice = {90 + n * 13}.0\n'
        for n, (ticker, quantity) in enumerate(HELD.items())
    )
    stops = "".join(
        f'[[open_order]]\nticker = "{ticker}"\naction = "SELL"\ntype = "STP"\n'
        f"quantity = {int(HELD[ticker])}\nprice = 5.0\nclient_id = 1\n"
        for ticker in ("NASDAQ:MSFT", "NYSE:KO")
    )
    return (
        f'account = "{ACCOUNT}"\nseed = {seed}\nstart = 2022-05-20T13:25:00Z\n'
        f"end = 2022-05-20T20:05:00Z\n{positions}{stops}{faults}"
    )


def ledger(path: Path) -> list[Json]:
    """Return what the gateway itself has on record."""
    if not path.exists():
        return []
    return [json.loads(line) for line in path.read_text().splitlines() if line.endswith("}")]


def watch(folder: Path, gateway: Standing) -> "subprocess.Popen[bytes]":
    """Start a live watch that talks to nobody."""
    return subprocess.Popen(
        [*COMMAND, *LIVE, "--scenario", "day.toml", *gateway.flags],
        cwd=folder,
        env=environment(ARMED),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


def live_through(folder: Path, gateway: Standing, rng: random.Random, deaths: int) -> None:
    """Kill the watch so many times, often as soon as an order has arrived; then let it be."""
    orders = folder / "orders.jsonl"
    for _ in range(deaths):
        process = watch(folder, gateway)
        seen, until = len(ledger(orders)), time.monotonic() + rng.uniform(0.3, 2.5)
        on_order = rng.random() < 0.6
        while process.poll() is None and time.monotonic() < until:
            if on_order and len(ledger(orders)) > seen:
                break
            time.sleep(rng.uniform(0.0, 0.003))
        process.kill()
        process.wait()
        if gateway.now() >= END:
            return
    process = watch(folder, gateway)
    assert process.wait(timeout=LIMIT) in (0, 3, 4)


def intents(folder: Path) -> list[sqlite3.Row]:
    """Return the journal's intents, read by somebody else's program."""
    (path,) = (folder / "state").rglob("journal.db")
    with closing(sqlite3.connect(path)) as journal:
        journal.row_factory = sqlite3.Row
        return journal.execute("SELECT * FROM intents").fetchall()


def judge(folder: Path) -> Counter[str]:
    """Hold the gateway's ledger against the journal and against what was held."""
    told = ledger(folder / "orders.jsonl")
    rows = {row["intent_id"][:16]: row for row in intents(folder)}
    placed: Counter[str] = Counter()
    filled: dict[tuple[str, str, int], float] = {}
    for event in told:
        ref = str(event["order_ref"]).removeprefix("sellcli:")
        if event["event"] == "accepted" and ref:
            placed[ref] += 1
            assert rows[ref]["order_id"] == event["order_id"], "not on record as it was sent"
        if event["event"] == "executed":
            order = (str(event["ticker"]), ref, int(str(event["perm_id"])))
            filled[order] = max(filled.get(order, 0.0), float(str(event["filled"])))
    sold: defaultdict[str, float] = defaultdict(float)
    by_ref: defaultdict[str, float] = defaultdict(float)
    for (ticker, ref, _), shares in filled.items():
        sold[ticker] += shares
        by_ref[ref] += shares
    assert placed, "nothing was sold, so nothing was proven"
    assert set(placed) <= set(rows), "an order without a journal row"
    assert [ref for ref, count in placed.items() if count > 1] == [], "sent twice"
    for ticker, shares in sold.items():
        assert 0 < shares <= HELD[ticker], f"{shares} sold of {HELD[ticker]} {ticker}"
    for ref, row in rows.items():
        if row["state"] == "filled":
            assert by_ref[ref] == row["quantity"] == float(row["filled"])
        if row["state"] in ("denied", "lapsed", "not sent", "rejected"):
            assert by_ref[ref] == 0, f"{row['state']} and sold"
    acted_on = [r for r in records(folder) if r["action_prepared"] and not r["errors"]]
    signals = {str(r["intent_id"])[:16] for r in acted_on}
    assert signals <= set(rows), "a signal without an intent"
    return Counter(str(row["state"]) for row in rows.values())


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_killed_at_any_moment_it_sells_each_signal_once(tmp_path: Path, seed: int) -> None:
    """Never short, never twice, nothing without a journal row, and every signal has an end."""
    rng = random.Random(seed)
    assign(tmp_path, RULES)
    (tmp_path / "day.toml").write_text(scenario(seed))

    with standing(tmp_path, "--scenario", "day.toml", "--record", "orders.jsonl") as gateway:
        live_through(tmp_path, gateway, rng, deaths=8)

    states = judge(tmp_path)
    assert states["filled"] >= 2, states
    assert not {"sending", "cancelling"} & set(states), states


def test_two_folders_do_not_sell_for_one_account(tmp_path: Path) -> None:
    """Two journals know nothing of each other: both would sell the same shares at once."""
    one, other = tmp_path / "one", tmp_path / "other"
    for folder in (one, other):
        folder.mkdir()
        assign(folder, RULES)
        (folder / "day.toml").write_text(scenario(1))

    with standing(one, "--scenario", "day.toml", "--record", "orders.jsonl") as gateway:
        process = watch(one, gateway)
        try:
            while not list((one / "state").rglob("journal.db")):
                assert process.poll() is None
                time.sleep(0.01)
            flags = ("--client-id", "2", "--scenario", "day.toml", *gateway.flags)
            second = run(other, *LIVE, *flags, settings=ARMED)
        finally:
            process.kill()
            process.wait()

    assert second.returncode == 1
    assert "another sellcli runs for account 'DU0000001' in mode paper" in second.stderr
    assert {event["client_id"] for event in ledger(one / "orders.jsonl")} <= {0, 1}


FAULTS = {
    "silent_orders": "accepted = true",
    "silence, and nothing was accepted": 'kind = "silent_orders"\naccepted = false',
    "fill_on_cancel": "",
    "cancel_10147": "",
    "cancel_10148": "",
    "tif_10349": "",
    "hold_399": "",
    "reject_orders": "",
    "read_only": "",
    "partial_fills": "parts = 3",
    "exec_before_open": "",
    "exec_correction": "",
    "skip_status": "",
    "duplicate_status": "",
    "warn_2137": "",
    "halted": 'ticker = "NASDAQ:AAPL"',
}
LASTS = "at = 2022-05-20T13:30:00Z\nuntil = 2022-05-20T15:00:00Z"
ONCE = {
    "missing_end": "at = 2022-05-20T14:00:10Z\nuntil = 2022-05-20T14:04:00Z\n"
    'requests = ["completed_orders"]',
    "garbled_answers": "at = 2022-05-20T14:00:10Z\nuntil = 2022-05-20T14:04:00Z",
    "drop_socket": "at = 2022-05-20T14:00:31Z",
    "id_rollback": "at = 2022-05-20T14:30:00Z",
    "restart": "at = 2022-05-20T14:00:30Z",
    "lost_1100": "at = 2022-05-20T14:00:20Z\nuntil = 2022-05-20T14:03:00Z",
}


def fault(name: str) -> str:
    """Write a fault that begins before the first hour ends."""
    if name in ONCE:
        return f'[[fault]]\nkind = "{name}"\n{ONCE[name]}\n'
    kind = "" if "kind =" in FAULTS[name] else f'kind = "{name}"\n'
    return f"[[fault]]\n{kind}{LASTS}\n{FAULTS[name]}\n"


@pytest.mark.parametrize("name", [*FAULTS, *ONCE])
def test_faults_over_the_wire_sell_nothing_twice(tmp_path: Path, name: str) -> None:
    """Whatever the gateway does with an order, the lists settle it."""
    assign(tmp_path, RULES)
    (tmp_path / "day.toml").write_text(scenario(5, fault(name)))

    with standing(tmp_path, "--scenario", "day.toml", "--record", "orders.jsonl") as gateway:
        live_through(tmp_path, gateway, random.Random(5), deaths=0)

    assert not {"sending", "cancelling"} & set(judge(tmp_path))
