"""``sellcli sweep``: figures of a backtest, one answer however many workers, honest about luck."""

import sys
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.backtest_builders import plain_loop
from tests.integration.cli import one_line, run, strict_json
from tests.integration.research import (
    day_rows,
    lay_out_days,
    sellcli,
    series_of,
    sessions,
    walk,
    write_rows,
)

from sellcore.backtest import FREE
from sellcore.rule import parse_rule

SWEEP = ("sweep", "--data", "bars", "--rules", "SMA,5,D SMA,20,D EMA,10,D")


def write_dataset(folder: Path, symbols: list[str], count: int) -> None:
    """Write the same histories as ``lay_out_days``, as one Parquet file with tickers in it."""
    folder.mkdir()
    parts = []
    for seed, symbol in enumerate(symbols):
        opens, closes = walk(count, seed)
        parts.append(
            pa.table(
                {
                    "ticker": [f"NASDAQ:{symbol}"] * count,
                    "ts": [session.day for session in sessions(count)],
                    "open": opens,
                    "high": np.maximum(opens, closes),
                    "low": np.minimum(opens, closes),
                    "close": closes,
                    "volume": np.full(count, 1e5),
                }
            )
        )
    pq.write_table(pa.concat_tables(parts), folder / "all.parquet")


@pytest.fixture(scope="module")
def market(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay out three histories of 900 days once, as CSV files and as a dataset."""
    folder = tmp_path_factory.mktemp("market")
    lay_out_days(folder / "bars", ["AAA", "BBB", "CCC"], count=900)
    write_dataset(folder / "dataset", ["AAA", "BBB", "CCC"], count=900)
    return folder


@pytest.fixture
def desk(market: Path, tmp_path: Path) -> Path:
    """Return a folder of one's own that has them."""
    for name in ("bars", "dataset"):
        (tmp_path / name).symlink_to(market / name)
    return tmp_path


def document(folder: Path, *words: str) -> dict:
    """Return what ``--json`` prints."""
    done = sellcli(folder, *words, "--json")
    assert done.code == 0, done.err
    return strict_json(done.out)


def test_figures_are_those_of_a_backtest(desk: Path) -> None:
    """Each row of a sweep is the account that a backtest of that ticker and rule has."""
    rows = document(desk, *SWEEP, "--entry", "reclaim", "--costs", "1,0.01")["rows"]

    assert len(rows) == 9
    for row in rows:
        rule = f"{row['kind']},{row['length']},{row['timeframe']}"
        words = (row["ticker"], "--rule", rule, "--data", "bars", "--entry", "reclaim")
        own = document(desk, "backtest", *words, "--costs", "1,0.01")
        for name in ("final_equity", "sharpe", "cagr", "volatility", "trades"):
            assert row[name] == pytest.approx(own["metrics"][name], rel=1e-9), name
        assert row["hold_final_equity"] == pytest.approx(
            own["hold_metrics"]["final_equity"], rel=1e-9
        )


PERIOD = ("--from", str(sessions(900)[150].day), "--to", str(sessions(900)[599].day))


def test_a_period_is_counted_as_a_loop_over_its_bars_counts_it(desk: Path) -> None:
    """Bars before it fill the averages, bars behind it are not known; nothing else is traded."""
    words = (*SWEEP, "--entry", "reclaim", "--costs", "free", "--fractions", *PERIOD)
    rows = document(desk, *words)["rows"]

    for row in rows:
        seed = ["NASDAQ:AAA", "NASDAQ:BBB", "NASDAQ:CCC"].index(row["ticker"])
        counted = plain_loop(
            series_of(900, seed)[:600],
            parse_rule(f"{row['kind']},{row['length']},{row['timeframe']}"),
            costs=FREE,
            reclaim=True,
            same_close=False,
            whole=False,
            since=150,
        )
        assert row["final_equity"] == pytest.approx(counted.equity[-1], rel=1e-9)
        assert (row["warm_up"], row["bars"]) == (150, 450)


def test_a_period_is_that_of_a_backtest(desk: Path) -> None:
    """The same flags give the same account, and luck is judged on its days alone."""
    found = document(desk, *SWEEP, *PERIOD)
    row = found["rows"][1]
    words = (row["ticker"], "--rule", "SMA,20,D", "--data", "bars", *PERIOD)
    own = document(desk, "backtest", *words)

    assert row["sharpe"] == pytest.approx(own["metrics"]["sharpe"], rel=1e-9)
    assert (found["since"], found["judged"]["days"]) == (PERIOD[1], 449)
    assert found["judged"]["last"] == PERIOD[3]
    assert any(PERIOD[1] in words for words in found["assumptions_in_words"])


def test_a_dataset_has_the_period_of_a_data_folder(desk: Path) -> None:
    """Path or files: the same rows, and a gap behind us is no gap for either."""
    lines = day_rows(60, seed=0)
    write_rows(desk / "holes", "NASDAQ_AAA_1d.csv", lines[:10] + lines[11:])
    write_dataset(desk / "whole", ["AAA"], count=60)
    table = pq.read_table(desk / "whole" / "all.parquet")
    (desk / "parts").mkdir()
    kept = pa.concat_tables([table.slice(0, 10), table.slice(11)])
    pq.write_table(kept, desk / "parts" / "all.parquet")
    words = ("--rules", "SMA,5,D", "--from", str(sessions(60)[30].day))

    folder = document(desk, "sweep", "--data", "holes", *words)
    path = document(desk, "sweep", "--data", "parts", *words)
    refused = sellcli(desk, "sweep", "--data", "parts", "--rules", "SMA,5,D")

    assert path["rows"] == folder["rows"]
    assert [(row["warm_up"], row["bars"]) for row in path["rows"]] == [(19, 30)]
    assert "begin behind it with --from" in one_line(refused.err)
    assert (
        document(desk, *SWEEP[:2], "dataset", *SWEEP[3:], *PERIOD)["rows"]
        == (document(desk, *SWEEP, *PERIOD)["rows"])
    )


def test_a_dataset_gives_what_a_data_folder_gives(desk: Path) -> None:
    """By path, by URI, or as CSV files: the same bars, the same document."""
    folder = document(desk, *SWEEP)

    path = document(desk, *SWEEP[:2], "dataset", *SWEEP[3:])
    uri = document(desk, *SWEEP[:2], (desk / "dataset").resolve().as_uri(), *SWEEP[3:])

    assert path["rows"] == folder["rows"]
    assert uri == path


def test_tickers_of_a_dataset_are_found_in_any_case(desk: Path) -> None:
    """Its labels are its own; nobody has to know whether they are small."""
    for folder, symbol in (("small", "nasdaq:aaa"), ("large", "NASDAQ:AAA")):
        table = pq.read_table(desk / "dataset" / "all.parquet")
        own = table.filter(pc.equal(table["ticker"], "NASDAQ:AAA"))
        named = own.set_column(own.column_names.index("ticker"), "ticker", [[symbol] * len(own)])
        (desk / folder).mkdir()
        pq.write_table(named, desk / folder / "all.parquet")
        found = document(desk, "sweep", "--data", folder, "nasdaq:AAA", "--rules", "SMA,5,D")
        assert found["tickers"] == [symbol]


def test_tickers_are_swept_in_the_order_asked_for(desk: Path) -> None:
    """Each once, whatever the source's own order."""
    words = ("NASDAQ:CCC", "NASDAQ:AAA", "NASDAQ:CCC", "--rules", "SMA,5,D")

    for place in ("bars", "dataset"):
        found = document(desk, "sweep", "--data", place, *words)
        assert found["tickers"] == ["NASDAQ:CCC", "NASDAQ:AAA"]


def test_left_alone_it_tries_both_kinds_of_every_length(desk: Path) -> None:
    """SMA and EMA of seven lengths, of the bars that there are; those too short say null."""
    found = document(desk, "sweep", "--data", "bars")

    assert len(found["rules"]) == 14
    assert {rule.split()[-1] for rule in found["rules"]} == {"D"}
    assert found["rules"][0] == "SMA(5) D"
    assert found["judged"]["days"] == 900 - 661


def test_the_best_rule_comes_first_beside_holding_and_luck(desk: Path) -> None:
    """A person sees the ranking, each ticker's best, both measures of luck, and a verdict."""
    done = sellcli(desk, *SWEEP, "--entry", "reclaim", "--walk-forward")

    assert (done.code, done.err) == (0, "")
    found = document(desk, *SWEEP, "--entry", "reclaim", "--walk-forward")
    ranking = found["judged"]["ranking"]
    sharpes = [each["sharpe"] for each in ranking]
    assert sharpes == sorted(sharpes, reverse=True)
    assert found["luck"]["deflated_sharpe"]["best"] == ranking[0]["rule"]
    assert f"the best of 3 by Sharpe is {ranking[0]['rule']}" in done.out
    assert "White's reality check; 5 % and less is convincing" in done.out
    assert "in each window the rule with the best Sharpe before it was followed" in done.out
    assert "buy and hold" in done.out
    assert "each ticker and rule on an account of its own" in done.out


def test_random_walks_are_called_luck(desk: Path) -> None:
    """Where there is no skill to be found, nobody is told that there is."""
    found = document(desk, "sweep", "--data", "bars", "--entry", "reclaim")
    shown = sellcli(desk, "sweep", "--data", "bars", "--entry", "reclaim").out

    assert found["luck"]["reality_check"]["p_value"] > 0.05
    assert "luck alone hardly explains it" not in shown


def test_walk_forward_counts_only_what_follows_a_choice(desk: Path) -> None:
    """The first window begins after two years, and each begins where the last ended."""
    walked = document(desk, *SWEEP, "--walk-forward")["walk_forward"]
    too_few = sellcli(desk, "sweep", "--data", "bars", "--walk-forward")

    windows = walked["windows"]
    days = [str(session.day) for session in sessions(900)]
    # EMA(10) needs 33 bars; the first return ends on the bar behind.
    assert windows[0]["from"] == days[33 + 504]
    assert windows[-1]["to"] == days[-1]
    for before, after in pairwise(windows):
        assert days.index(after["from"]) == days.index(before["to"]) + 1
    assert "walk-forward needs more than 504 days" in too_few.err


def content(folder: Path) -> dict[str, bytes]:
    """Return every file of a run."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_workers_make_no_difference_of_a_byte(desk: Path) -> None:
    """Alone or with two processes: the same run, which is then the same to the last byte."""
    words = ("sweep", "--data", "dataset", "--rules", "SMA,5,D EMA,10,D", "--entry", "reclaim")
    assert sellcli(desk, *words, "--workers", "1", "--out", "one").code == 0

    done = run(desk, *words, "--workers", "2", "--out", "two")

    assert (done.returncode, done.stderr) == (0, "")
    (one,), (two,) = (desk / "one").iterdir(), (desk / "two").iterdir()
    assert one.name == two.name
    assert content(one) == content(two)
    assert set(content(one)) == {
        *("summary.json", "assumptions.txt", "sweep.parquet", "returns.parquet")
    }
    returns = pq.read_table(one / "returns.parquet")
    assert returns.column_names == ["day", "hold", "SMA(5) D", "EMA(10) D"]


@pytest.mark.slow
def test_a_cluster_makes_none_either(desk: Path) -> None:
    """Two workers of a dask cluster on this machine, by the address of its scheduler."""
    distributed = pytest.importorskip("distributed", reason="dask.distributed is not installed")
    alone = document(desk, *SWEEP)
    with distributed.LocalCluster(
        n_workers=2,
        threads_per_worker=1,
        processes=True,
        dashboard_address="127.0.0.1:0",
        host="127.0.0.1",
    ) as cluster:
        done = run(desk, *SWEEP, "--json", "--dask", cluster.scheduler_address)

    assert (done.returncode, done.stderr) == (0, "")
    assert strict_json(done.stdout) == alone


def test_without_dask_there_is_a_way_out(desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever asks for a cluster without the library is told how to get it, or do without."""
    monkeypatch.setitem(sys.modules, "distributed", None)

    done = sellcli(desk, *SWEEP, "--dask", "127.0.0.1:8786")

    assert done.code == 2
    assert "pip install 'sellcli[dask]', or leave the cluster out" in one_line(done.err)


def nothing(folder: Path) -> None:
    """Prepare nothing."""


def days(change: Callable[[list[str]], list[str]]) -> Callable[[Path], None]:
    """Return what writes a data folder of 60 days with its lines changed."""
    return lambda folder: write_rows(
        folder / "bad", "NASDAQ_AAA_1d.csv", change(day_rows(60, seed=0))
    )


def dataset(folder: Path) -> None:
    """Write a dataset of 60 days of one ticker."""
    write_dataset(folder / "bad", ["AAA"], count=60)


BAD = ("sweep", "--data", "bad", "--rules", "SMA,5,D")

CASES = {
    "an empty cache": (("sweep",), nothing, "no bars are stored in cache"),
    "nothing there": (BAD, nothing, "dataset bad: no such file or folder"),
    "an empty folder": (BAD, lambda folder: (folder / "bad").mkdir(), "holds no .parquet file"),
    "an unknown rule": ((*BAD[:4], "SMA,51,D"), nothing, "length 51 is not one of"),
    "no rule": ((*BAD[:4], " "), dataset, "there is no rule to sweep"),
    "a rule twice": ((*BAD[:4], "SMA,5,D SMA,5,D"), dataset, "rule SMA(5) D is there twice"),
    "an unknown ticker": (("sweep", "NYSE:KO", *BAD[1:]), dataset, "holds no bars of NYSE:KO"),
    "hours of days": ((*BAD[:4], "SMA,5,1H"), dataset, "has bars for SMA(5) 1H"),
    "unsorted": (BAD, days(lambda r: [r[1], r[0], *r[2:]]), "line 3: this ts lies before"),
    "hours of a folder of days": (
        (*BAD[:4], "SMA,5,1H"),
        days(lambda r: r),
        "no ticker of 1 has bars for rules of 1H; bring some with 'sellcli import'",
    ),
    "one CSV file": (
        (*BAD[:2], "bad/NASDAQ_AAA_1d.csv", *BAD[3:]),
        days(lambda r: r),
        "dataset bad/NASDAQ_AAA_1d.csv: is one CSV file; give the folder that it lies in",
    ),
    "a day missing": (BAD, days(lambda r: r[:9] + r[10:]), "bars are missing from"),
    "too few bars": ((*BAD[:4], "SMA,100,D"), dataset, "no ticker has enough bars for any rule"),
    "unknown costs": ((*BAD, "--costs", "x"), dataset, "--costs 'x' is none of ib, free"),
    "a strange scheme": (("sweep", "--data", "ftp+x://y"), nothing, "check the URI"),
    "from after to": (
        (*BAD, "--from", "2016-01-01", "--to", "2015-01-01"),
        nothing,
        "--from 2016-01-01 is after --to 2015-01-01; exchange them",
    ),
    "no date": ((*BAD, "--to", "noon"), nothing, "--to 'noon' is not a date"),
    "from after the end": (
        (*BAD, "--from", "2030-01-01"),
        dataset,
        "no ticker has 3 bars from 2030-01-01 on that a rule can decide; begin earlier",
    ),
    "to before the first of a folder": (
        (*BAD, "--to", "2001-01-01"),
        days(lambda r: r),
        "there is no bar up to --to 2001-01-01; end later, or bring older bars",
    ),
    "to before the start": ((*BAD, "--to", "2001-01-01"), dataset, "has bars for SMA(5) D"),
    "two sources": ((*BAD, "--origin", "broker"), nothing, "give one of them"),
    "both kinds of worker": ((*BAD, "--workers", "2", "--dask", "x"), nothing, "give one of them"),
}


@pytest.mark.parametrize(("words", "prepare", "line"), CASES.values(), ids=CASES)
def test_bad_input_is_one_clear_line(
    tmp_path: Path, words: tuple[str, ...], prepare: Callable[[Path], object], line: str
) -> None:
    """The value met and what to do, exit code 2, and no run or half of one."""
    prepare(tmp_path)

    done = sellcli(tmp_path, *words, "--out", "runs")

    assert (done.code, done.out) == (2, "")
    assert line in one_line(done.err)
    assert not (tmp_path / "runs").exists()


def test_a_report_of_a_sweep_shows_its_best_rule_and_how_likely_it_is_luck(desk: Path) -> None:
    """The page is kept beside the figures, and says what the screen says of luck."""
    pytest.importorskip("plotly", reason="the report's extra is not installed")

    done = sellcli(desk, *SWEEP, "--entry", "reclaim", "--out", "runs", "--report")

    assert (done.code, done.err) == (0, "")
    (folder,) = (desk / "runs").iterdir()
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert "The best of 3 rules on 3 tickers" in page
    assert "deflated Sharpe; 95 % and more is convincing" in page


def test_a_terminal_sees_how_far_it_is_and_no_number_cut_short(desk: Path) -> None:
    """A bar moves while it works and is gone at the end; the tables fit 80 columns."""
    from tests.integration.terminal import on_terminal

    shown = on_terminal(desk, [*SWEEP, "--entry", "reclaim"], columns=80)

    assert shown.code == 0
    assert any("every rule on every ticker" in line and "3/3" in line for line in shown.plain)
    assert "…" not in shown.text
    ruled = [line for line in shown.plain if line.strip().startswith("──")]
    assert len(ruled) == 2
    assert all(len(line) <= 80 for line in ruled)
