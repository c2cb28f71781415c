"""What a sweep is asked for reaches its figures, and what it says of luck."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from tests.integration.cli import one_line, strict_json
from tests.integration.research import day_rows, lay_out_days, sellcli, sessions, walk, write_rows

SWEEP = ("sweep", "--data", "bars", "--rules", "SMA,5,D EMA,10,D")


def document(folder: Path, *words: str) -> dict:
    """Return what ``--json`` prints."""
    done = sellcli(folder, *words, "--json")
    assert done.code == 0, done.err
    return strict_json(done.out)


def test_luck_is_judged_by_prices_without_their_splits(tmp_path: Path) -> None:
    """What is taken out of the figures is taken out of the daily returns and of the report."""
    lines = day_rows(120, seed=0)
    split = [
        ",".join([day, *(str(float(price) / 4) for price in prices), volume])
        for day, *prices, volume in (line.split(",") for line in lines[60:])
    ]
    write_rows(tmp_path / "whole", "NASDAQ_AAA_1d.csv", lines)
    write_rows(tmp_path / "bars", "NASDAQ_AAA_1d.csv", [*lines[:60], *split])
    day = sessions(120)[60].day
    (tmp_path / "actions.csv").write_text(
        f"ticker,date,kind,value\nNASDAQ:AAA,{day},split,4\n", encoding="utf-8"
    )
    fractions = ("--fractions", "--costs", "free")

    whole = document(tmp_path, "sweep", "--data", "whole", *SWEEP[3:], *fractions)
    kept = ("--actions", "actions.csv", "--out", "runs", "--report")
    adjusted = document(tmp_path, *SWEEP, *fractions, *kept)

    assert adjusted["luck"] is not None
    assert (tmp_path / adjusted["run"] / "report.html").is_file()
    for own, other in zip(adjusted["judged"]["ranking"], whole["judged"]["ranking"], strict=True):
        assert own["rule"] == other["rule"]
        assert own["growth"] == pytest.approx(other["growth"], rel=1e-9)


def write_dataset(folder: Path) -> None:
    """Write sixty days of one ticker as Parquet."""
    opened, closed = walk(60, seed=0)
    columns = {
        "ticker": ["NASDAQ:AAA"] * 60,
        "ts": [session.day for session in sessions(60)],
        "open": opened,
        "high": np.maximum(opened, closed),
        "low": np.minimum(opened, closed),
        "close": closed,
        "volume": np.full(60, 1e5),
    }
    folder.mkdir()
    pq.write_table(pa.table(columns), folder / "all.parquet")


def test_hours_are_not_answered_with_days(tmp_path: Path) -> None:
    """Where a dataset has none of what was asked for, that is told."""
    write_dataset(tmp_path / "dataset")

    done = sellcli(tmp_path, "sweep", "--data", "dataset", "--timeframe", "1H")

    assert (done.code, done.out) == (2, "")
    assert "1H" in one_line(done.err)


def test_a_ticker_that_is_named_twice_is_swept_once(tmp_path: Path) -> None:
    """In a dataset as in a folder."""
    write_dataset(tmp_path / "dataset")

    found = document(
        tmp_path, "sweep", "NASDAQ:AAA", "nasdaq:aaa", "--data", "dataset", "--rules", "SMA,5,D"
    )

    assert found["tickers"] == ["NASDAQ:AAA"]


def test_a_timeframe_that_is_named_twice_is_swept_once(tmp_path: Path) -> None:
    """A rule has one account on a ticker, however often its timeframe is told."""
    write_dataset(tmp_path / "dataset")
    words = ("sweep", "--data", "dataset", "--timeframe", "D")

    assert document(tmp_path, *words, "--timeframe", "D") == document(tmp_path, *words)


def test_a_rule_that_one_ticker_can_follow_is_judged_by_it(tmp_path: Path) -> None:
    """A young company among old ones takes no long rule from the contest."""
    write_rows(tmp_path / "bars", "NASDAQ_OLD_1d.csv", day_rows(120, seed=0))
    write_rows(tmp_path / "bars", "NASDAQ_YOUNG_1d.csv", day_rows(120, seed=1)[80:])

    found = document(tmp_path, "sweep", "--data", "bars", "--rules", "SMA,5,D SMA,50,D")

    assert {each["rule"] for each in found["judged"]["ranking"]} >= {"SMA(5) D", "SMA(50) D"}
    assert found["judged"]["too_short"] == ["NASDAQ:YOUNG"]


def test_where_no_rule_has_bars_the_shortest_says_how_many_it_needs(tmp_path: Path) -> None:
    """That is the least that has to be brought."""
    write_dataset(tmp_path / "dataset")

    words = ("sweep", "--data", "dataset", "--rules", "SMA,200,D SMA,100,D SMA,150,D")
    done = sellcli(tmp_path, *words)

    assert (done.code, done.out) == (2, "")
    assert "SMA(100) D alone needs 100" in one_line(done.err)


def test_any_number_of_workers_rounds_alike(tmp_path: Path) -> None:
    """Means are added up by chunks that follow from the tickers alone."""
    lay_out_days(tmp_path / "bars", ["AAA", "BBB", "CCC", "DDD", "EEE"], count=120)

    words = (*SWEEP, "--entry", "reclaim", "--workers")

    one, two = (document(tmp_path, *words, count, "--out", count) for count in ("1", "2"))

    assert Path(one["run"]).name == Path(two["run"]).name
    assert {**one, "run": None} == {**two, "run": None}


def test_a_report_is_of_the_period_that_was_asked_for(tmp_path: Path) -> None:
    """The account on the page begins and ends with the figures it stands for."""
    lay_out_days(tmp_path / "bars", ["AAA", "BBB"], count=200)
    first, last = (str(sessions(200)[at].day) for at in (100, 179))
    words = ("--from", first, "--to", last, "--out", "runs", "--report")

    found = document(tmp_path, *SWEEP, *words)

    page = (tmp_path / found["run"] / "report.html").read_text()
    best = found["judged"]["ranking"][0]["rule"]
    assert f"{best} \N{MIDDLE DOT} {first} to {last} \N{MIDDLE DOT} 80 closes" in page
    assert f"the account starts on {first} or later" in page


@pytest.mark.parametrize(("more", "walks"), [(0, False), (1, True)])
def test_a_walk_needs_a_day_more_than_it_learns_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, more: int, walks: bool
) -> None:
    """With just as many days there is nothing left to follow: a note, and all else is told."""
    lay_out_days(tmp_path / "bars", ["AAA"], count=120)
    days = document(tmp_path, *SWEEP)["judged"]["days"]
    monkeypatch.setattr("sellcli.compose.sweep.TRAIN", days - more)

    done = sellcli(tmp_path, *SWEEP, "--walk-forward", "--json")

    assert done.code == 0
    assert (strict_json(done.out)["walk_forward"] is not None) is walks
    assert ("walk-forward needs more than" in done.err) is not walks
