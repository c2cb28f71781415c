"""``start --live`` through the command line: armed or not, sold once, told and on record."""

import json
import signal
import sys
from pathlib import Path

import pytest
from tests.integration.cli import DAY, LIMIT, begin, run, strict_json

ACCOUNT = "DU0000001"
ARMED = {"ARM": ACCOUNT, "LIVE_ACCOUNT": ACCOUNT, "LIVE_KIND": "paper"}
WIDE = {"LIVE_MAX_VALUE_PER_ORDER": "1e9", "LIVE_MAX_VALUE_PER_DAY": "1e9"}
LIVE = (*DAY, "--live", "--scenario", "day.toml", "--default-rule", "SMA,5,1H")

SCENARIO = """
account = "DU0000001"
start = 2022-05-20T13:25:00Z
end = 2022-05-20T15:05:00Z

[[position]]
ticker = "NASDAQ:MSFT"
quantity = 100
average_cost = 280.0
price = 260.0

[[position]]
ticker = "NASDAQ:AAPL"
quantity = 10.7
average_cost = 140.0
price = 137.0

[[position]]
ticker = "NYSE:KO"
quantity = -50
average_cost = 60.0
price = 62.0
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with the scenario of a morning on which two holdings signal."""
    (tmp_path / "day.toml").write_text(SCENARIO)
    return tmp_path


def orders(stdout: str) -> list[dict[str, object]]:
    """Return the steps of intents from a stream of events."""
    events = [strict_json(line) for line in stdout.splitlines()]
    return [event for event in events if event["event"] == "order"]


def test_armed_run_sells_each_signal_once(folder: Path) -> None:
    """Whole shares of what is held; a fraction stays, a short is never touched."""
    done = run(folder, *LIVE, "--json", "--arm-until", "23:59", settings=ARMED | WIDE)

    assert (done.returncode, done.stderr) == (0, "")
    told = orders(done.stdout)
    filled = {str(o["ticker"]): o for o in told if o["state"] == "filled"}
    assert {ticker: o["filled"] for ticker, o in filled.items()} == {
        "NASDAQ:MSFT": 100,
        "NASDAQ:AAPL": 10,
    }
    assert sum(o["state"] == "sending" for o in told) == 2
    assert filled["NASDAQ:AAPL"]["residual"] == 0.7
    rows = [json.loads(line) for line in (folder / "logs" / "signals.log").read_text().splitlines()]
    executed = [row for row in rows if row["action_executed"]]
    assert {row["ticker"] for row in executed} == {"NASDAQ:MSFT", "NASDAQ:AAPL"}
    assert all(row["mode"] == "paper" and row["perm_id"] for row in executed)


def test_why_explains_the_latest_run_of_a_bar(folder: Path) -> None:
    """A dry run of the morning, in the same log, does not hide the sale of a live one."""
    dry = (*DAY, "--scenario", "day.toml", "--default-rule", "SMA,5,1H")
    run(folder, *dry, "--json")
    run(folder, *LIVE, "--json", "--arm-until", "23:59", settings=ARMED | WIDE)

    rows = [json.loads(line) for line in (folder / "logs" / "signals.log").read_text().splitlines()]
    sold = next(r for r in rows if r["action_executed"] and r["ticker"] == "NASDAQ:MSFT")
    where = ("--at", sold["bar_end"], "--state-dir", "state/simulated")
    why = run(folder, "why", "NASDAQ:MSFT", "--json", *where)

    page = strict_json(why.stdout)
    decision, intent = page["decision"], page["intent"]
    assert isinstance(decision, dict)
    assert isinstance(intent, dict)
    assert (decision["mode"], intent["state"]) == ("paper", "filled")


def test_second_run_of_the_same_day_sells_nothing_again(folder: Path) -> None:
    """The journal and the log remember; the simulated broker begins anew."""
    first = run(folder, *LIVE, "--json", "--arm-until", "23:59", settings=ARMED | WIDE)
    second = run(folder, *LIVE, "--json", "--arm-until", "23:59", settings=ARMED | WIDE)

    again = [o["intent_id"] for o in orders(second.stdout) if o["state"] == "sending"]
    before = [o["intent_id"] for o in orders(first.stdout) if o["state"] == "sending"]
    assert set(again).isdisjoint(before)


def test_simulation_keeps_to_folders_of_its_own(folder: Path) -> None:
    """Made-up bars are averaged, and made-up sales counted, by no run before a real broker."""
    done = run(folder, *LIVE, "--json", "--arm-until", "23:59", settings=ARMED | WIDE)

    assert done.returncode == 0
    for kept in ("cache", "state"):
        assert [path.name for path in (folder / kept).iterdir()] == ["simulated"]


@pytest.mark.parametrize(
    ("missing", "says"),
    [
        ("ARM", "SELLCLI_ARM is not set"),
        ("LIVE_ACCOUNT", "no account is named"),
        ("LIVE_KIND", "no kind of account is named"),
    ],
)
def test_any_key_that_is_missing_denies(folder: Path, missing: str, says: str) -> None:
    """Exit code 3, one line, nothing begun."""
    keys = {name: text for name, text in ARMED.items() if name != missing}

    done = run(folder, *LIVE, "--arm-until", "23:59", settings=keys)

    assert done.returncode == 3
    assert done.stderr.startswith("sellcli: denied: ")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not (folder / "logs").exists()


def test_login_that_sells_from_another_account_denies(folder: Path) -> None:
    """Every key is there, and they agree, on an account that is not behind this port."""
    keys = {"ARM": "DU0000009", "LIVE_ACCOUNT": "DU0000009", "LIVE_KIND": "paper"}

    done = run(folder, *LIVE, "--arm-until", "23:59", settings=keys)

    assert done.returncode == 3
    assert done.stderr == (
        "sellcli: denied: the settings name account 'DU0000009' and this login sells from "
        "'DU0000001'; correct [live] account, or log in to the other\n"
    )
    assert not (folder / "logs").exists()
    assert not list(folder.rglob("journal.db"))


def test_run_that_nobody_arms_denies(folder: Path) -> None:
    """Without a terminal and without a time, no person has said yes."""
    done = run(folder, *LIVE, settings=ARMED)

    assert done.returncode == 3
    assert "nobody typed the account id" in done.stderr


def test_run_disarms_itself_when_its_time_has_come(folder: Path) -> None:
    """Ten minutes before the first hour ends: what signals then is denied, and says why."""
    done = run(folder, *LIVE, "--arm-until", "13:50", settings=ARMED | WIDE)

    assert done.returncode == 3
    assert "not armed: it was until 2022-05-20T13:50:00Z; start again with --live" in done.stdout
    assert "sending" not in done.stdout


def test_time_to_arm_until_is_no_leave_to_sell(folder: Path) -> None:
    """Who means to sell says so: without --live it would be a dry run that looks armed."""
    done = run(folder, *DAY, "--arm-until", "23:59", settings=ARMED)

    assert done.returncode == 2
    assert done.stderr.startswith("sellcli: --arm-until is for --live; add that, or leave it out")
    assert not (folder / "logs").exists()


def test_denied_sale_ends_with_its_own_code(folder: Path) -> None:
    """A cap of one share: every sale is denied, with the way out, and the command says so."""
    caps = {"LIVE_MAX_SHARES_PER_ORDER": "1"}
    done = run(folder, *LIVE, "--arm-until", "23:59", settings=ARMED | WIDE | caps)

    assert done.returncode == 3
    assert "raise max_shares_per_order" in done.stdout
    why = run(folder, "why", "NASDAQ:MSFT", "--state-dir", "state/simulated")
    assert "NO order size" in why.stdout
    assert why.returncode == 0


def test_halt_stops_a_run_that_is_armed(folder: Path) -> None:
    """The kill switch is asked before each order."""
    assert run(folder, "halt", "not today").returncode == 0

    done = run(folder, *LIVE, "--arm-until", "23:59", settings=ARMED | WIDE)

    assert done.returncode == 3
    assert "halted: not today" in done.stdout
    assert "sending" not in done.stdout


def test_why_tells_the_whole_story(folder: Path) -> None:
    """Bars, average, what would have changed it, every check, the course and the end."""
    run(folder, *LIVE, "--arm-until", "23:59", settings=ARMED | WIDE)

    done = run(folder, "why", "nasdaq:msft", "--state-dir", "state/simulated")
    told = run(folder, "why", "nasdaq:msft", "--state-dir", "state/simulated", "--json")

    for part in (
        "signal: close",
        "needs 5",
        "bars 5 that ended from 2022-05-19T17:00:00Z to 2022-05-20T14:00:00Z",
        "the last closes:",
        "or more would have been a hold",
        "ok session",
        "SENDING",
    ):
        assert part in " ".join(done.stdout.split()), done.stdout
    document = strict_json(told.stdout)
    bars, decision = document["bars"], document["decision"]
    assert isinstance(bars, dict)
    assert isinstance(decision, dict)
    assert bars["closes"][-1] == decision["close"]
    assert sum(bars["closes"]) / 5 == pytest.approx(decision["ma_value"], rel=1e-12)
    checks = document["checks"]
    assert isinstance(checks, list)
    assert len(checks) == 22
    assert all(check["passed"] for check in checks)
    intent = document["intent"]
    assert isinstance(intent, dict)
    assert intent["state"] == "filled"


def test_live_needs_no_shadow_of_a_doubt_about_the_port(folder: Path) -> None:
    """A paper account behind a live Gateway's port is a mistake."""
    done = run(folder, "start", "--live", "--arm-until", "23:59", "--port", "4001", settings=ARMED)

    assert done.returncode == 3
    assert "port 4001 is IB Gateway, live account" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="these signals are POSIX's")
def test_ctrl_c_on_the_way_out_changes_no_exit_code(folder: Path) -> None:
    """The last alerts may take seconds; that a sale was denied is still what a shell is told."""
    settings = ARMED | {"LIVE_MAX_SHARES_PER_ORDER": "1", "ALERTS_COMMAND": "sleep 9"}
    process = begin(folder, *LIVE, "--json", "--arm-until", "23:59", settings=settings)
    assert process.stdout is not None
    while strict_json(process.stdout.readline())["event"] != "summary":
        pass

    process.send_signal(signal.SIGINT)

    _, said = process.communicate(timeout=LIMIT)
    assert (process.returncode, said) == (3, "")
