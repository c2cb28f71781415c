"""Parity: what a simulated day decides live, a backtest decides on the same bars of the cache."""

import re
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from tests.integration.cli import DAY, records, run, strict_json

from sellcore.instant import iso

HOW_TO = Path(__file__).parents[2] / "docs" / "how-to"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
SPY = SHARED / "intraday" / "spy_5min_2018_2020h1.parquet"

SPY_DAY = """
account = "DU0000001"
start = 2019-06-12T13:25:00Z
data = "bars"

[[position]]
ticker = "ARCA:SPY"
con_id = 756733
currency = "USD"
quantity = 100
average_cost = 280.0
"""

Decision = tuple[str, float, float]


def live_decisions(folder: Path) -> dict[tuple[str, str], Decision]:
    """Return outcome, close and average of each bar that the log says was decided."""
    return {
        (str(row["ticker"]), str(row["bar_end"])): (
            str(row["decision"]),
            float(str(row["close"])),
            float(str(row["ma_value"])),
        )
        for row in records(folder)
        if row["decision"] in ("signal", "hold")
    }


def follow_what_was_followed(folder: Path) -> None:
    """Assign each ticker the rule that its records name."""
    rows = {}
    for row in records(folder):
        if row["ma_type"]:
            kind, length = re.fullmatch(r"(\w+)\((\d+)\)", str(row["ma_type"])).groups()
            rows[row["ticker"]] = f"{row['ticker']},{kind},{length},{row['timeframe']}\n"
    sheet = folder / "config" / "assigned_ma.csv"
    sheet.parent.mkdir(exist_ok=True)
    sheet.write_text("ticker,type,length,timeframe\n" + "".join(rows.values()))


def backtest_decisions(folder: Path) -> dict[tuple[str, str], Decision]:
    """Return the same of every bar of a backtest over the cache of the simulated runs."""
    done = run(folder, "backtest", "--origin", "simulated", "--out", "runs", "--json")
    assert done.returncode == 0, done.stderr
    ledger = pq.read_table(Path(folder, str(strict_json(done.stdout)["run"]), "decisions.parquet"))
    return {
        (row["ticker"], iso(row["bar_end"])): (row["outcome"], row["close"], row["average"])
        for row in ledger.to_pylist()
    }


def outcomes_that_agree(folder: Path, least: int) -> set[str]:
    """Hold every bar that was decided live against the backtest; return what was decided."""
    follow_what_was_followed(folder)
    live, found = live_decisions(folder), backtest_decisions(folder)
    assert len(live) >= least
    assert {bar: found.get(bar) for bar in live} == live
    return {outcome for outcome, _, _ in live.values()}


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a whole simulated day has left behind."""
    folder = tmp_path_factory.mktemp("watched")
    done = run(folder, *DAY)
    assert done.returncode == 0, done.stderr
    return folder


def test_a_simulated_day_and_a_backtest_decide_alike(watched: Path) -> None:
    """Six holdings, SMA and EMA, hours and days: outcome, close and average are identical."""
    assert outcomes_that_agree(watched, least=30) == {"signal", "hold"}


def test_the_screen_in_the_manual_is_a_real_one(watched: Path) -> None:
    """What the how-to shows of a backtest is what that command prints."""
    page = (HOW_TO / "backtest-a-rule.md").read_text(encoding="utf-8")
    (words,) = re.findall(r"^\$ sellcli (backtest NYSE:KO NASDAQ:MSFT .*--trades 3)$", page, re.M)
    (screen,) = re.findall(r"^```text\n(SMA.*?)^```$", page, re.M | re.S)

    done = run(watched, *words.split())

    assert done.returncode == 0, done.stderr
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[: len(screen.splitlines())] == screen.splitlines()


@pytest.mark.skipif(not SPY.exists(), reason="the recorded bars of SPY are not here")
@pytest.mark.parametrize("rule", ["SMA,10,1H", "EMA,5,1H"])
def test_a_day_of_real_bars_and_a_backtest_decide_alike(tmp_path: Path, rule: str) -> None:
    """SPY as recorded, watched for a day: every hour is decided as the history decides it."""
    (tmp_path / "bars").mkdir()
    (tmp_path / "bars" / "ARCA_SPY_5m.parquet").symlink_to(SPY)
    (tmp_path / "spy.toml").write_text(SPY_DAY)

    done = run(tmp_path, *DAY, "--scenario", "spy.toml", "--default-rule", rule)
    assert done.returncode == 0, done.stderr

    assert outcomes_that_agree(tmp_path, least=7)
