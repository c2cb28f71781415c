"""What programs read: one document of ``--once`` and ``status``, a stream of events of a day."""

import math
import re
from pathlib import Path

import pytest
from tests.integration.cli import DAY as WATCH
from tests.integration.cli import Json, events, records, run, strict_json
from tests.integration.made_up_market import CLOSE, OPEN, RULES, assign, lay_out, market, scenario

INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")

HOLDING = {
    *("ticker", "con_id", "currency", "position", "average_cost", "close", "bar_end", "forming"),
    *("rule", "average", "to_cross_pct", "decision", "reason", "decided_bar", "open_orders"),
    "distances_pct",
}
DECISION = {
    *("ticker", "con_id", "rule", "bar_end", "decision", "reason", "close", "average"),
    *("bars_used", "distance_pct", "intent_id"),
}
ORDER = {
    *("intent_id", "ticker", "con_id", "mode", "account", "side", "type", "quantity", "residual"),
    *("send_at", "cancels", "text", "sent"),
}
OPEN_ORDER = {
    *("side", "type", "quantity", "remaining", "limit_price", "stop_price", "tif", "status"),
    *("client_id", "perm_id", "order_ref"),
}
EVENTS = {
    "connected": {"server", "account", "mode"},
    "table": {"obstacle", "holdings"},
    "decision": DECISION,
    "order": ORDER | {"foreign"},
    "alert": {"text"},
    "summary": {"sales", "denied", "unknown", "began", "decided", "prepared", "undecided"},
}
"""As docs/reference/json.md has it, beside ``event`` and ``time``."""

STOP = """
[[open_order]]
ticker = "NYSE:BBB"
action = "SELL"
type = "STP"
quantity = 100
price = 50.0
client_id = 0
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a scenario: three assigned, one without a rule, a short, a stop."""
    folder = tmp_path_factory.mktemp("desk")
    lay_out(folder / "bars", market())
    rules = {ticker: rule for ticker, rule in RULES.items() if ticker != "ARCA:CCC"}
    assign(folder, {**rules, "NYSE:BBB": ("EMA", 200, "1H")})
    held = {"NASDAQ:AAA": 100.5, "NYSE:BBB": 100, "ARCA:CCC": -7}
    end = OPEN.replace(hour=15, minute=3)
    (folder / "day.toml").write_text(scenario(folder / "bars", positions=held, end=end, more=STOP))
    evening = CLOSE.replace(minute=30)
    (folder / "evening.toml").write_text(
        scenario(folder / "bars", start=evening, end=evening.replace(minute=40))
    )
    return folder


def check_holdings(document: Json) -> dict[str, Json]:
    """Check the table's shape; return its holdings by ticker."""
    holdings = document["holdings"]
    assert isinstance(holdings, list)
    for holding in holdings:
        assert set(holding) == HOLDING
        for timeframe in ("1H", "D"):
            for kind in ("SMA", "EMA"):
                lengths = list(holding["distances_pct"][timeframe][kind])
                assert lengths == ["5", "10", "20", "50", "100", "150", "200"]
        for order in holding["open_orders"]:
            assert set(order) == OPEN_ORDER
    return {holding["ticker"]: holding for holding in holdings}


def test_one_cycle_is_one_document(desk: Path) -> None:
    """``start --once --json`` prints one object: the line, table, decisions, orders, summary."""
    done = run(desk, *WATCH, "--once", "--json", "--scenario", "day.toml", "--log-dir", "once")

    assert (done.returncode, done.stderr) == (0, "")
    document = strict_json(done.stdout)
    assert set(document) == {"connected", "table", "summary", "decisions", "orders", "alerts"}
    table, decisions, orders = document["table"], document["decisions"], document["orders"]
    assert isinstance(table, dict)
    holdings = check_holdings(table)
    assert isinstance(decisions, list)
    assert isinstance(orders, list)
    assert [set(decision) - {"time"} for decision in decisions] == [DECISION] * len(decisions)
    assert [set(order) - {"time"} for order in orders] == [EVENTS["order"]] * len(orders)
    assert {decision["ticker"] for decision in decisions} == {"NASDAQ:AAA", "NYSE:BBB"}
    assert holdings["NASDAQ:AAA"]["position"] == 100.5
    assert holdings["ARCA:CCC"]["decision"] == "left alone"
    assert holdings["NYSE:BBB"]["decision"] == "abstain"
    stops = holdings["NYSE:BBB"]["open_orders"]
    assert isinstance(stops, list)
    assert [(stop["type"], stop["stop_price"]) for stop in stops] == [("STP", 50)]


def test_a_look_decides_nothing_and_records_nothing(desk: Path) -> None:
    """``status --json`` is the table's document; there is no log behind it."""
    simulated = ("--simulate", "--scenario", "evening.toml")
    done = run(desk, "status", "--json", *simulated, "--log-dir", "never")

    assert (done.returncode, done.stderr) == (0, "")
    document = strict_json(done.stdout)
    assert set(document) == {"time", "obstacle", "holdings"}
    holdings = check_holdings(document)
    assert set(holdings) == set(RULES)
    assert holdings["ARCA:CCC"]["decision"] == "unassigned"
    for holding in holdings.values():
        close = holding["close"]
        assert isinstance(close, float)
        assert math.isfinite(close)
    assert not (desk / "never").exists()


def test_a_look_shows_the_default_rule_and_assigns_it_to_nothing(desk: Path) -> None:
    """What a watch would give a holding is seen; the file of rules stays byte for byte."""
    rules = desk / "config/assigned_ma.csv"
    before = rules.read_bytes()
    simulated = ("--simulate", "--scenario", "evening.toml")

    done = run(desk, "status", "--json", *simulated, settings={"DEFAULT_RULE": "EMA,20,D"})

    holdings = check_holdings(strict_json(done.stdout))
    assert holdings["ARCA:CCC"]["rule"] == "EMA(20) D"
    assert rules.read_bytes() == before


def test_rules_are_exported_and_told_at_once(desk: Path) -> None:
    """One document on stdout, whatever is written beside it."""
    done = run(desk, "assignments", "--export", "copy.csv", "--json")

    document = strict_json(done.stdout)
    assert isinstance(document["assignments"], list)
    assert len((desk / "copy.csv").read_text().splitlines()) == 1 + len(document["assignments"])


def test_a_day_is_a_stream_of_events_between_connected_and_summary(desk: Path) -> None:
    """Each line is one documented event, times never run back, the counts add up."""
    done = run(desk, *WATCH, "--json", "--scenario", "day.toml", "--log-dir", "logs")

    assert (done.returncode, done.stderr) == (0, "")
    stream = events(done.stdout)
    names = [str(event["event"]) for event in stream]
    assert (names[0], names[-1], names.count("summary")) == ("connected", "summary", 1)
    times = [str(event["time"]) for event in stream]
    assert all(INSTANT.fullmatch(time) for time in times)
    assert times == sorted(times)
    for event in stream:
        assert set(event) - {"event", "time"} == EVENTS[str(event["event"])]
        if event["event"] == "table":
            check_holdings(event)
    counted = dict.fromkeys(("signal", "hold", "abstain", "missed"), 0)
    for record in records(desk):
        counted[str(record["decision"])] += 1
    summary = stream[-1]
    assert summary["decided"] == {word: count for word, count in counted.items() if count}
    assert names.count("decision") == sum(counted.values())
    assert names.count("order") == counted["signal"]
    assert (counted["abstain"], counted["signal"] + counted["hold"]) == (3, 3)


def test_an_order_is_prepared_for_whole_shares_and_names_what_must_go_first(desk: Path) -> None:
    """Half a share stays; nothing is ever sent."""
    done = run(
        desk,
        *(*WATCH, "--json", "--scenario", "day.toml", "--log-dir", "orders"),
        *("--assignments", "config/none.csv", "--default-rule", "SMA,5,1H"),
    )

    assert (done.returncode, done.stderr) == (0, "")
    orders = [event for event in events(done.stdout) if event["event"] == "order"]
    sold = {(order["ticker"], order["quantity"], order["residual"]) for order in orders}
    assert sold == {("NASDAQ:AAA", 100, 0.5), ("NYSE:BBB", 100, 0)}
    assert {order["sent"] for order in orders} == {False}
    for order in orders:
        cancels = order["cancels"]
        assert isinstance(cancels, list)
        assert len(cancels) == (1 if order["ticker"] == "NYSE:BBB" else 0)


def test_problems_of_files_are_told_behind_connected(desk: Path, tmp_path: Path) -> None:
    """Whatever there is to complain about, the first event is ``connected``."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "signals.log").write_text("no record\n")
    bad = tmp_path / "bad.csv"
    bad.write_text("ticker,type,length,timeframe\nNASDAQ:AAA,SMA,7,1H\n")

    done = run(
        desk,
        *(*WATCH, "--json", "--scenario", "evening.toml", "--assignments", str(bad)),
        *("--log-dir", str(tmp_path / "logs")),
    )

    assert (done.returncode, done.stderr) == (0, "")
    stream = events(done.stdout)
    assert stream[0]["event"] == "connected"
    alerts = " ".join(str(event["text"]) for event in stream if event["event"] == "alert")
    assert "bad.csv line 2: length 7" in alerts
    assert "signals.log line 1" in alerts
