"""``sellcli backtest``: figures that an independent loop confirms, and runs that never change."""

import errno
import json
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.backtest_builders import plain_loop
from tests.integration.cli import one_line, strict_json
from tests.integration.research import (
    day_rows,
    lay_out_days,
    sellcli,
    series_of,
    sessions,
    write_rows,
)

from sellcore.backtest import FREE, IB_FIXED, Costs
from sellcore.rule import parse_rule

TEST = ("backtest", "NASDAQ:AAA", "--rule", "SMA,20,D", "--data", "bars")
LEDGERS = ("bars", "decisions", "orders", "fills", "equity", "positions", "trades")
FILES = {"summary.json", "assumptions.txt", *(f"{name}.parquet" for name in LEDGERS)}


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out two histories of 400 days once; nobody writes there."""
    folder = tmp_path_factory.mktemp("market")
    lay_out_days(folder / "bars", ["AAA", "BBB"])
    return folder


@pytest.fixture
def desk(market: Path, tmp_path: Path) -> Path:
    """Return a folder of one's own that has those bars."""
    (tmp_path / "bars").symlink_to(market / "bars")
    return tmp_path


def document(folder: Path, *words: str) -> dict:
    """Return what ``--json`` prints."""
    done = sellcli(folder, *words, "--json")
    assert done.code == 0, done.err
    return strict_json(done.out)


@pytest.mark.parametrize(
    ("words", "costs", "fractions", "same_close"),
    [
        ((), IB_FIXED, False, False),
        (("--costs", "free", "--fractions"), FREE, True, False),
        (("--costs", "1.5,0.01", "--slippage-bps", "7"), None, False, False),
        (("--fill", "same-close"), IB_FIXED, False, True),
    ],
)
def test_final_equity_is_that_of_a_plain_loop(
    desk: Path, words: tuple[str, ...], costs: Costs | None, fractions: bool, same_close: bool
) -> None:
    """The flags arrive where they are meant to, and the money is right to 1e-9."""
    own = Costs(fixed=1.5, per_share=0.01, minimum=0, maximum_pct=None, slippage_bps=7)
    loop = plain_loop(
        series_of(400, seed=0),
        parse_rule("SMA,20,D"),
        costs=costs or own,
        reclaim=True,
        same_close=same_close,
        whole=not fractions,
    )

    found = document(desk, *TEST, "--entry", "reclaim", *words)

    assert found["metrics"]["final_equity"] == pytest.approx(loop.equity[-1], rel=1e-9)
    assert found["metrics"]["trades"] == sum(fill[1] == "SELL" for fill in loop.fills)


def test_a_person_sees_figures_trades_and_always_what_is_taken_for_granted(desk: Path) -> None:
    """The account beside holding, the ticker, the reasons, warm-up bars, adjustment in words."""
    done = sellcli(desk, *TEST, "--entry", "reclaim", "--trades", "2")

    assert (done.code, done.err) == (0, "")
    assert done.out.startswith("SMA(20) D on NASDAQ:AAA, 2015-01-30 to ")
    assert "buy and hold" in done.out
    assert "the last 2 of " in done.out
    assert done.out.count(" is below SMA(20) ") == 2
    assert "adjustment price: prices are adjusted for splits" in done.out
    assert "warm-up bars that count for nothing: NASDAQ:AAA 19" in done.out
    assert "\x1b" not in done.out


def test_a_result_says_which_adjustment_it_is_of(desk: Path) -> None:
    """Total return is told as loudly, on the screen and in the document."""
    (desk / "actions.csv").write_text(
        f"ticker,date,kind,value\nNASDAQ:AAA,{sessions(300)[-1].day},dividend,1\n"
    )
    words = (*TEST, "--adjust", "total-return", "--actions", "actions.csv")

    told = document(desk, *words)

    assert "(total return): dividends count as if reinvested" in sellcli(desk, *words).out
    assert told["assumptions"]["adjustment"] == "total return"
    assert told["actions"] == [f"dividend 1 of NASDAQ:AAA on {sessions(300)[-1].day}"]
    assert told["metrics"]["final_equity"] != document(desk, *TEST)["metrics"]["final_equity"]


def test_a_split_in_a_file_of_actions_is_taken_out(desk: Path) -> None:
    """Raw bars with their split are as good as bars that never split."""
    rows = [row.split(",") for row in day_rows(400, seed=0)]
    for row in rows[:200]:
        row[1:5] = [repr(4 * float(price)) for price in row[1:5]]
    write_rows(desk / "raw", "NASDAQ_AAA_1d.csv", [",".join(row) for row in rows])
    (desk / "actions.csv").write_text(
        f"ticker,date,kind,value\nNASDAQ:AAA,{rows[200][0]},split,4\n"
    )

    raw = document(desk, *TEST[:-1], "raw", "--actions", "actions.csv")
    refused = sellcli(desk, *TEST[:-1], "raw")

    assert raw["metrics"] == document(desk, *TEST)["metrics"]
    assert refused.code == 2
    assert f"on {rows[200][0]} looks like a split 4:1 without an action" in one_line(refused.err)


def test_the_period_bounds_the_account_and_not_the_averages(desk: Path) -> None:
    """From and to are first and last day of the account; the bars before are its warm-up."""
    days = sessions(400)
    whole = series_of(400, seed=0)

    found = document(desk, *TEST, "--from", str(days[150].day), "--to", str(days[299].day))

    assert (found["metrics"]["bars"], found["tickers"]["NASDAQ:AAA"]["warm_up"]) == (150, 150)
    assert found["trades"][0]["entry_price"] == pytest.approx(whole.open[150] * 1.0002, rel=1e-12)


def test_every_ticker_that_is_named_shares_the_account(desk: Path) -> None:
    """Named twice it is still one, and one that is not named is left out."""
    lay_out_days(desk / "three", ["AAA", "BBB", "CCC"], count=40)
    words = ("--rule", "SMA,20,D", "--data", "three")

    found = document(desk, "backtest", "NASDAQ:CCC", "nasdaq:aaa", "NASDAQ:CCC", *words)

    assert sorted(found["tickers"]) == sorted(found["origins"]) == ["NASDAQ:AAA", "NASDAQ:CCC"]
    assert len(document(desk, "backtest", *words)["tickers"]) == 3


def test_each_ticker_follows_its_own_rule_where_none_is_named(desk: Path) -> None:
    """The assigned rules are tested; a ticker without one is left out, and that is told."""
    assert sellcli(desk, "assign", "NASDAQ:AAA", "EMA", "10", "--timeframe", "D").code == 0

    done = sellcli(desk, "backtest", "--data", "bars", "--json")
    named = sellcli(desk, "backtest", "NASDAQ:BBB", "--data", "bars")

    found = strict_json(done.out)
    assert {ticker: each["rule"] for ticker, each in found["tickers"].items()} == {
        "NASDAQ:AAA": "EMA(10) D"
    }
    assert "left out: NASDAQ:BBB has no rule assigned" in done.err
    assert named.code == 2
    assert "NASDAQ:BBB has no rule assigned; give --rule" in one_line(named.err)


def test_imported_bars_are_tested_from_the_cache(desk: Path) -> None:
    """What an import has brought is found by its ticker, and gives the figures of its file."""
    assert sellcli(desk, "import", "bars/NASDAQ_AAA_1d.csv", "--yes").code == 0

    found = document(desk, "backtest", "--rule", "SMA,20,D", "--out", "runs")

    assert found["origins"] == {"NASDAQ:AAA": "imported"}
    file = sellcli(desk, *TEST, "--out", "runs")
    assert f"the same run was kept before in {found['run']}" in file.out


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a run."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_two_runs_are_the_same_byte_for_byte(desk: Path) -> None:
    """The same question, the same name, the same files: nothing of clock or machine in them."""
    words = ("backtest", "--rule", "SMA,20,D", "--data", "bars", "--entry", "reclaim")
    for out in ("one", "two"):
        assert sellcli(desk, *words, "--out", out).code == 0

    (one,), (two,) = (desk / "one").iterdir(), (desk / "two").iterdir()
    assert one.name == two.name
    assert set(content(one)) == FILES
    assert content(one) == content(two)


def test_a_run_names_its_program_and_its_input(desk: Path) -> None:
    """Run id, commit and hash stand in the summary; another input is another run."""
    found = document(desk, *TEST, "--out", "runs")
    other = document(desk, *TEST, "--out", "runs", "--capital", "50000")

    summary = json.loads((desk / found["run"] / "summary.json").read_text())
    assert summary["run_id"] == Path(found["run"]).name
    assert summary["run_id"].startswith(summary["config_hash"][:12])
    assert summary["git_sha"] is None or len(summary["git_sha"]) == 40
    assert summary["metrics"] == found["metrics"]
    assert other["run"] != found["run"]
    assert (desk / found["run"] / "assumptions.txt").read_text().splitlines() == found[
        "assumptions_in_words"
    ]


def test_ledgers_add_up(desk: Path) -> None:
    """Cash and shares follow from the fills, equity from both, and orders explain every fill."""
    words = ("backtest", "--rule", "SMA,20,D", "--data", "bars", "--entry", "reclaim")
    folder = desk / document(desk, *words, "--out", "runs")["run"]
    ledger = {name: pq.read_table(folder / f"{name}.parquet").to_pylist() for name in LEDGERS}

    cash = 100_000.0
    held = dict.fromkeys(("NASDAQ:AAA", "NASDAQ:BBB"), 0.0)
    orders = {order["number"]: order for order in ledger["orders"]}
    for fill in ledger["fills"]:
        sign = 1 if fill["side"] == "BUY" else -1
        cash -= sign * fill["shares"] * fill["price"] + fill["commission"]
        held[fill["ticker"]] += sign * fill["shares"]
        assert orders[fill["order"]]["decided_at"] <= fill["time"]
        assert orders[fill["order"]]["state"] == "filled"
    last = {bar["ticker"]: bar["close"] for bar in ledger["bars"]}
    final = ledger["equity"][-1]
    assert final["cash"] == pytest.approx(cash, rel=1e-12)
    worth = sum(held[ticker] * last[ticker] for ticker in held)
    assert final["equity"] == pytest.approx(cash + worth, rel=1e-12)
    parts = {row["ticker"]: row for row in ledger["positions"]}
    earned = sum(part["realised"] + part["unrealised"] for part in parts.values())
    assert final["equity"] == pytest.approx(100_000 + earned, rel=1e-12)
    assert [row["outcome"] for row in ledger["decisions"]].count("abstain") == 2 * 19
    assert len(ledger["decisions"]) == len(ledger["bars"]) == 800
    sold = [order["reason"] for order in ledger["orders"] if order["side"] == "SELL"]
    assert [trade["reason"] for trade in ledger["trades"]] == sold[: len(ledger["trades"])]


def test_a_run_that_is_there_is_left_as_it_is(desk: Path) -> None:
    """The same run again changes nothing and says so; a file that differs is an error."""
    assert sellcli(desk, *TEST, "--out", "runs").code == 0
    (folder,) = (desk / "runs").iterdir()
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}

    again = sellcli(desk, *TEST, "--out", "runs")

    assert again.code == 0
    assert f"the same run was kept before in runs/{folder.name}" in again.out
    assert {path.name: path.stat().st_mtime_ns for path in folder.iterdir()} == before
    (folder / "fills.parquet").write_bytes(b"another")
    changed = sellcli(desk, *TEST, "--out", "runs")
    assert changed.code == 1
    assert "fills.parquet is there and differs from this run" in one_line(changed.err)
    assert (folder / "fills.parquet").read_bytes() == b"another"


def test_a_full_disk_leaves_nothing_behind(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line, and neither a run, nor half of one, nor the folder that was made for it."""
    written = os.fsync

    def full(handle: int) -> None:
        written(handle)
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    done = sellcli(desk, *TEST, "--out", "new/runs")

    assert done.code == 1
    assert "no space left on device; free some space and try again" in one_line(done.err)
    assert sorted(path.name for path in desk.iterdir()) == ["bars"]


def rows(change: Callable[[list[str]], Iterable[str]]) -> Callable[[Path], None]:
    """Return what writes a file of 60 days with its lines changed."""
    return lambda folder: write_rows(
        folder / "bad", "NASDAQ_AAA_1d.csv", list(change(day_rows(60, seed=0)))
    )


def price(text: str) -> Callable[[list[str]], Iterable[str]]:
    """Return what puts another close into the eleventh row."""

    def change(lines: list[str]) -> Iterable[str]:
        cells = lines[10].split(",")
        return [*lines[:10], ",".join([*cells[:4], text, cells[5]]), *lines[11:]]

    return change


def nothing(folder: Path) -> None:
    """Prepare nothing."""


BAD = ("backtest", "NASDAQ:AAA", "--rule", "SMA,5,D", "--data", "bad")
MISSING = f"bars are missing from {sessions(60)[10].day}T14:30:00Z"

CASES = {
    "unsorted": (BAD, rows(lambda r: [r[1], r[0], *r[2:]]), "line 3: this ts lies before"),
    "twice": (BAD, rows(lambda r: [r[0], *r]), "line 3: this ts stands on line 2 as well"),
    "below zero": (BAD, rows(price("-1")), "line 12: close '-1'"),
    "not a number": (BAD, rows(price("nan")), "line 12: close 'nan'"),
    "no price": (BAD, rows(price("")), "line 12: close ''"),
    "a day missing": (BAD, rows(lambda r: r[:10] + r[11:]), MISSING),
    "no row": (BAD, rows(lambda r: []), "holds no bar below its column names"),
    "too few bars": (
        (*BAD[:3], "SMA,200,D", *BAD[4:]),
        rows(lambda r: r),
        r"SMA(200) D needs 200 closed bars, has 60",
    ),
    "no folder": (
        (*BAD[:-1], "nowhere"),
        nothing,
        "data folder nowhere: no such folder; check the path, or give another folder of CSV or "
        "Parquet bars with --data",
    ),
    "an empty cache": (BAD[:4], nothing, "no bars of NASDAQ:AAA are stored in cache"),
    "an empty universe": (("backtest", *BAD[2:4]), nothing, "no bars are stored in cache"),
    "an unknown ticker": (
        ("backtest", "NASDAQ:ZZZ", *BAD[2:]),
        rows(lambda r: r),
        "holds no bars of NASDAQ:ZZZ; it has NASDAQ:AAA",
    ),
    "no ticker at all": (("backtest", "AAA", *BAD[2:4]), nothing, "is not EXCHANGE:SYMBOL"),
    "an unknown kind": ((*BAD[:3], "WMA,5,D", *BAD[4:]), nothing, "not one of SMA, EMA"),
    "an unknown length": ((*BAD[:3], "SMA,51,D", *BAD[4:]), nothing, "not one of 5, 10"),
    "an unknown timeframe": ((*BAD[:3], "SMA,5,W", *BAD[4:]), nothing, "not one of 1H, D"),
    "hours of a folder of days": (
        ("backtest", "--rule", "SMA,5,1H", *BAD[4:]),
        rows(lambda r: r),
        "NASDAQ:AAA has no bars for SMA(5) 1H; bring some with 'sellcli import'",
    ),
    "unknown costs": ((*BAD, "--costs", "cheap"), nothing, "--costs 'cheap' is none of ib, free"),
    "costs below zero": ((*BAD, "--costs", "-1"), nothing, "--costs FIXED -1.0 is not a"),
    "endless slippage": ((*BAD, "--slippage-bps", "inf"), nothing, "--slippage-bps inf is not"),
    "to before the start": (
        (*BAD, "--to", "2001-01-01"),
        rows(lambda r: r),
        "there is no bar up to --to 2001-01-01; end later, or bring older bars",
    ),
    "no capital": ((*BAD, "--capital", "nan"), nothing, "capital nan is not a number above 0"),
    "from after to": (
        (*BAD, "--from", "2016-01-01", "--to", "2015-01-01"),
        nothing,
        "--from 2016-01-01 is after --to 2015-01-01",
    ),
    "no date": ((*BAD, "--from", "noon"), nothing, "--from 'noon' is not a date"),
    "from after the end": (
        (*BAD, "--from", "2030-01-01"),
        rows(lambda r: r),
        "has no bar from 2030-01-01 on",
    ),
    "no file of actions": (
        (*BAD, "--actions", "no.csv"),
        nothing,
        "no.csv: actions cannot be read: no such file or directory; check the path",
    ),
    "hours of days": (
        (*BAD[:3], "SMA,5,1H", *BAD[4:]),
        rows(lambda r: r),
        "NASDAQ:AAA has only days, and a rule of 1H needs half hours; bring them",
    ),
    "two sources": ((*BAD, "--origin", "broker"), nothing, "give one of them"),
}


@pytest.mark.parametrize(("words", "prepare", "line"), CASES.values(), ids=CASES)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, words: tuple[str, ...], prepare: Callable[[Path], None], line: str
) -> None:
    """The value met and what to do, exit code 2, and no run or half of one."""
    prepare(tmp_path)

    done = sellcli(tmp_path, *words, "--out", "runs")

    assert (done.code, done.out) == (2, "")
    assert line in one_line(done.err)
    assert not (tmp_path / "runs").exists()


def test_every_bad_row_of_a_file_of_actions_has_a_line(desk: Path) -> None:
    """Nobody mends a file row by row, a run each."""
    (desk / "actions.csv").write_text(
        "ticker,date,kind,value\n"
        "NASDAQ:AAA,2015-06-01,split,0\n"
        "NASDAQ:AAA,soon,split,2\n"
        "NASDAQ:AAA,2015-06-03,merger,2\n"
    )

    done = sellcli(desk, *TEST, "--actions", "actions.csv")

    lines = done.err.splitlines()
    assert done.code == 2
    assert [line.split(":")[:3] for line in lines] == [
        ["sellcli", " actions.csv", f" line {number}"] for number in (2, 3, 4)
    ]


def test_actions_of_no_ticker_that_is_tested_are_told_of(desk: Path) -> None:
    """A misspelt ticker would keep its split in the prices, and nobody would know."""
    (desk / "actions.csv").write_text("ticker,date,kind,value\nNASDAQ:AAB,2015-06-01,split,2\n")

    done = sellcli(desk, *TEST, "--actions", "actions.csv")

    assert done.code == 0
    assert "actions.csv: actions of NASDAQ:AAB are of no ticker that is tested" in done.err


def test_gaps_are_taken_where_somebody_says_so(desk: Path) -> None:
    """Bars around a missing day count as neighbours with --allow-gaps; behind it with --from."""
    lines = day_rows(60, seed=0)
    write_rows(desk / "bad", "NASDAQ_AAA_1d.csv", lines[:10] + lines[11:])
    day = str(sessions(60)[30].day)

    assert document(desk, *BAD, "--allow-gaps")["metrics"]["bars"] == 59 - 4
    behind = document(desk, *BAD, "--from", day)
    assert (behind["metrics"]["bars"], behind["tickers"]["NASDAQ:AAA"]["warm_up"]) == (30, 19)


def test_the_limits_of_live_orders_apply_where_asked_for(desk: Path) -> None:
    """A sale that live would deny is denied, for the reason that live gives."""
    found = document(desk, *TEST, "--live-limits", "--capital", "500000", "--out", "runs")

    orders = pq.read_table(desk / found["run"] / "orders.parquet").to_pylist()
    assert found["assumptions"]["limits"]["max_value_per_order"] == 50_000
    assert (found["orders"]["denied"], found["metrics"]["trades"]) == (len(orders) - 1, 0)
    assert "at most 10000 worth 50000" in orders[1]["denied"]


def test_a_report_is_kept_beside_the_ledgers(desk: Path) -> None:
    """A page for people; a run that was kept without one gets it, and nothing else changes."""
    pytest.importorskip("plotly", reason="the report's extra is not installed")
    assert sellcli(desk, *TEST, "--out", "runs").code == 0
    (folder,) = (desk / "runs").iterdir()
    before = content(folder)

    for _ in range(2):
        done = sellcli(desk, *TEST, "--out", "runs", "--report")
        assert (done.code, done.err) == (0, "")

    after = content(folder)
    assert after.pop("report.html").startswith(b"<!doctype html>")
    assert after == before


def test_a_report_has_to_go_somewhere(desk: Path) -> None:
    """A page without a folder is a mistake of who asked for it."""
    done = sellcli(desk, *TEST, "--report")

    assert (done.code, done.out) == (2, "")
    assert "--report needs --out RUNS_DIR" in one_line(done.err)


def keys(found: object) -> set[str]:
    """Return every name of a document, but for tickers and the states of orders."""
    if isinstance(found, dict):
        inner = set().union(*(keys(value) for value in found.values()))
        return inner | {name for name in found if ":" not in name}
    return set().union(*map(keys, found)) if isinstance(found, list) else set()


def test_every_name_in_the_documents_is_in_the_manual(desk: Path) -> None:
    """A program that reads them finds each field that it meets in the reference."""
    docs = Path(__file__).parents[2] / "docs"
    pages = ("reference/json.md", "reference/backtest.md", "how-to/sweep-rules.md")
    manual = "".join((docs / page).read_text(encoding="utf-8") for page in pages)
    told = set(re.findall(r"`([a-z_0-9]+)[`(]", manual))
    one = document(desk, *TEST, "--live-limits")
    many = document(desk, "sweep", "--data", "bars", "--rules", "SMA,5,D EMA,5,D")
    one.pop("orders")
    for found in (one, many):
        found["assumptions"].pop("limits")  # settings of [live], documented there

    found = keys(one) | {name for name in keys(many) if not name.startswith("hold_")}
    assert found - told == set()
