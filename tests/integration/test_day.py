"""A simulated day through the command line, decided again by independent means."""

import json
import subprocess
import sys
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from tests.integration.independent_day import (
    Row,
    below,
    days,
    days_of,
    hours,
    made_up_bars,
    session,
    weekdays,
    write_csv,
)

RULES = {
    "NASDAQ:AAA": ("SMA", 5, "1H"),
    "NYSE:BBB": ("EMA", 20, "1H"),
    "NASDAQ:CCC": ("SMA", 50, "1H"),
    "ARCA:DDD": ("EMA", 50, "1H"),
    "NYSE:EEE": ("SMA", 10, "D"),
    "NASDAQ:FFF": ("EMA", 5, "D"),
}

CASES = {
    "an ordinary day": (date(2022, 6, 15), date(2022, 6, 15), set(), {}),
    "the Monday after clocks went forward": (
        date(2022, 3, 14),
        date(2022, 3, 14),
        {date(2022, 2, 21)},
        {},
    ),
    "the Monday after clocks went back": (date(2022, 11, 7), date(2022, 11, 7), set(), {}),
    "a half day, and the Monday after it": (
        date(2022, 11, 25),
        date(2022, 11, 28),
        {date(2022, 11, 24)},
        {date(2022, 11, 25): time(13)},
    ),
}


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command line below ``folder``."""
    return subprocess.run(
        [sys.executable, "-m", "sellcli", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        timeout=300,
        check=False,
    )


def world(
    folder: Path, first: date, last: date, closed: set[date], early: dict[date, time]
) -> tuple[dict[str, list[Row]], list[tuple[datetime, datetime]]]:
    """Lay out bars, a scenario and assignments; return the bars and all sessions."""
    history = weekdays(first - timedelta(days=110), last, closed | HOLIDAYS)
    sessions = [session(day, early.get(day, time(16))) for day in history]
    (folder / "bars").mkdir()
    (folder / "config").mkdir()
    bars = {}
    lines = []
    for number, ticker in enumerate(RULES):
        bars[ticker] = list(made_up_bars(sessions, number, 5000 + number, timedelta(minutes=5)))
        name = ticker.replace(":", "_")
        write_csv(folder / "bars" / f"{name}_5m.csv", bars[ticker])
        write_csv(folder / "bars" / f"{name}_1d.csv", days_of(bars[ticker]), daily=True)
        lines.append(f'[[position]]\nticker = "{ticker}"\nquantity = {100 + number}\n')
    start = session(first)[0] - timedelta(minutes=5)
    end = session(last, early.get(last, time(16)))[1] + timedelta(minutes=5)
    head = f'account = "DU0000001"\nstart = {stamp(start)}\nend = {stamp(end)}\ndata = "bars"\n'
    (folder / "scenario.toml").write_text(head + "\n".join(lines))
    rows = [",".join(map(str, (ticker, *rule))) for ticker, rule in RULES.items()]
    (folder / "config" / "assigned_ma.csv").write_text(
        "\n".join(["ticker,type,length,timeframe", *rows]) + "\n"
    )
    return bars, sessions


HOLIDAYS = {
    date(2022, 1, 17),
    date(2022, 2, 21),
    date(2022, 4, 15),
    date(2022, 5, 30),
    date(2022, 6, 20),
    date(2022, 7, 4),
    date(2022, 9, 5),
    date(2021, 12, 24),
    date(2021, 11, 25),
}


def stamp(moment: datetime) -> str:
    """Return an instant as TOML and JSON have it."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


@pytest.mark.parametrize("case", CASES)
def test_every_bar_is_decided_exactly_once_and_as_fractions_decide_it(
    case: str, tmp_path: Path
) -> None:
    """Each bar that ends in the watch has one record, and its outcome is the exact one."""
    first, last, closed, early = CASES[case]
    bars, sessions = world(tmp_path, first, last, closed, early)

    done = run(
        tmp_path,
        *("start", "--simulate", "--scenario", "scenario.toml"),
        *("--pace", "0", "--no-input", "--json"),
    )

    assert done.returncode == 0, done.stderr
    records = all_records(tmp_path / "logs")
    began = session(first)[0]
    outcomes = set()
    for ticker, (kind, length, timeframe) in RULES.items():
        closed_bars = (hours if timeframe == "1H" else days)(bars[ticker], sessions)
        expected = [bar.end for bar in closed_bars if bar.end > began]
        mine = [r for r in records if r["ticker"] == ticker and when(r) > began]
        assert sorted(map(when, mine)) == expected
        for record in mine:
            used = [bar.close for bar in closed_bars if bar.end <= when(record)]
            used = used[-int(record["bars_used"]) :]
            exact = "signal" if below(used, kind, length) else "hold"
            assert (record["decision"], record["close"]) == (exact, float(used[-1])), record
            outcomes.add(exact)
    assert outcomes == {"signal", "hold"}
    events = [json.loads(line) for line in done.stdout.splitlines()]
    assert [e["event"] for e in events[:1]] == ["connected"]
    assert events[-1]["event"] == "summary"
    assert sum(e["event"] == "decision" for e in events) == len(records)


def all_records(logs: Path) -> list[dict[str, object]]:
    """Return the records of all days."""
    files = sorted(logs.glob("signals.log*"))
    return [json.loads(line) for file in files for line in file.read_text().splitlines()]


def when(record: dict[str, object]) -> datetime:
    """Return the end of the bar that a record is about."""
    return datetime.fromisoformat(str(record["bar_end"]))
