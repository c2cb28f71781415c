"""A simulated day is decided again from what it left behind; planted changes are found."""

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from tests.integration.cli import DAY, Json, one_line, records, run, strict_json

from adapters.parquet.bar_store import ParquetBarStore
from sellcore.bar import BarSeries
from sellcore.instant import to_epoch
from sellcore.record import from_json
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries
from sellcore.timeframe import Granularity

MSFT = "NASDAQ:MSFT"


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that a whole simulated day has left behind."""
    folder = tmp_path_factory.mktemp("watched")
    done = run(folder, *DAY)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture
def day(watched: Path, tmp_path: Path) -> Path:
    """Return a copy of it, to change things in."""
    shutil.copytree(watched, tmp_path / "day")
    return tmp_path / "day"


def replayed(folder: Path, *words: str) -> tuple[int, list[Json]]:
    """Replay, and return the exit code and what was found."""
    done = run(folder, "replay", "--json", *words)
    findings = strict_json(done.stdout)["findings"]
    assert isinstance(findings, list)
    return done.returncode, findings


def odd(findings: Sequence[Json]) -> dict[tuple[str, str], tuple[str, str | None]]:
    """Return verdict and cause of what does not agree, by ticker and bar."""
    return {
        (f["ticker"], f["bar_end"]): (f["verdict"], f["cause"])
        for f in findings
        if f["verdict"] != "agrees"
    }


def log_of(folder: Path) -> Path:
    return folder / "logs" / "signals.log"


def rewrite(folder: Path, rows: Sequence[Json]) -> None:
    log_of(folder).write_text("".join(json.dumps(row) + "\n" for row in rows))


def change_cache(folder: Path, ticker: str, change) -> None:
    """Store the half hours of a ticker anew, changed."""
    with ParquetBarStore(folder / "cache" / "simulated") as store:
        key, stored = next(
            (k, s)
            for k, s in store.load().items()
            if (k.ticker, k.granularity) == (ticker, Granularity.HALF_HOUR)
        )
        update: SeriesUpdate = change(key, stored)
        store.merge([update])


def test_a_simulated_day_is_decided_again_as_it_was(watched: Path) -> None:
    """Every line of the log agrees with the cache of the same day; nothing is missing."""
    code, findings = replayed(watched)

    assert code == 0
    assert odd(findings) == {}
    logged = records(watched)
    assert sorted((f["ticker"], f["bar_end"]) for f in findings) == sorted(
        (row["ticker"], row["bar_end"]) for row in logged
    )
    now = {(f["ticker"], f["bar_end"]): f["now"] for f in findings}
    for row in logged:
        if row["decision"] in ("signal", "hold"):
            again = now[row["ticker"], row["bar_end"]]
            assert [again[name] for name in ("decision", "close", "ma_value", "reason")] == [
                row[name] for name in ("decision", "close", "ma_value", "reason")
            ]


def test_a_replay_is_one_line_for_each_decision_and_a_total(watched: Path) -> None:
    """A person sees every decision, which bars it was compared with, and what it comes to."""
    done = run(watched, "replay", "2022-05-20")

    lines = done.stdout.splitlines()
    assert (done.returncode, done.stderr) == (0, "")
    assert len(lines) == len(records(watched)) + 1
    assert lines[-1].startswith("2022-05-20, bars of cache/simulated: ")
    assert "0 differ" in lines[-1]


def test_a_day_is_replayed_twice_over_with_the_same_words(watched: Path) -> None:
    """The same log and the same cache give the same document, byte for byte."""
    first, second = (run(watched, "replay", "--json").stdout for _ in range(2))

    assert first == second


def test_a_revised_close_in_the_cache_is_found_and_named(day: Path) -> None:
    """The bar says that its close was revised, those behind it that an earlier one was."""
    end = "2022-05-20T15:00:00Z"
    row = next(r for r in records(day) if (r["ticker"], r["bar_end"]) == (MSFT, end))

    def revise(key: SeriesKey, stored: StoredSeries) -> SeriesUpdate:
        bars = stored.bars
        at = int(np.flatnonzero(bars.end == to_epoch(from_json(row).bar_end))[0])
        bar = bars[at : at + 1]
        values = [float(bar.open[0]), float(bar.high[0]), float(bar.low[0]), 249.87, 1.0]
        return SeriesUpdate(key, bar.with_last(values), stored.coverage)

    change_cache(day, MSFT, revise)
    code, findings = replayed(day)

    found = odd(findings)
    assert code == 1
    assert found.pop((MSFT, end)) == ("differs", "close revised")
    assert set(found.values()) == {("differs", "an earlier close revised")}
    assert {ticker for ticker, _ in found} == {MSFT}
    text = next(f["text"] for f in findings if (f["ticker"], f["bar_end"]) == (MSFT, end))
    assert f"close {row['close']} then, 249.87 now" in text


def test_a_close_that_was_logged_the_day_before_bears_witness(day: Path) -> None:
    """What was decided then tells which close later averages were made with."""
    end = "2022-05-20T15:00:00Z"
    rows = records(day)
    row = next(r for r in rows if (r["ticker"], r["bar_end"]) == (MSFT, end))
    earlier = {**row, "timestamp": "2022-05-19T15:00:40Z"}

    def revise(key: SeriesKey, stored: StoredSeries) -> SeriesUpdate:
        bars = stored.bars
        at = int(np.flatnonzero(bars.end == to_epoch(from_json(row).bar_end))[0])
        bar = bars[at : at + 1]
        values = [float(bar.open[0]), float(bar.high[0]), float(bar.low[0]), 249.87, 1.0]
        return SeriesUpdate(key, bar.with_last(values), stored.coverage)

    change_cache(day, MSFT, revise)
    rewrite(day, [earlier, *(r for r in rows if r is not row)])
    code, findings = replayed(day, "2022-05-20")

    assert code == 1
    assert (MSFT, end) not in {(f["ticker"], f["bar_end"]) for f in findings}
    assert set(odd(findings).values()) == {("differs", "an earlier close revised")}


def test_what_was_decided_on_a_later_day_is_no_part_of_an_earlier_one(day: Path) -> None:
    """Of two days in the log only the one that is asked for is decided again."""
    rows = records(day)
    moved = next(r for r in rows if (r["ticker"], r["bar_end"]) == (MSFT, "2022-05-20T15:00:00Z"))
    rewrite(day, [*rows, {**moved, "timestamp": "2022-05-23T15:00:40Z"}])

    _, findings = replayed(day, "2022-05-20")

    assert len(findings) == len(rows)


def test_bars_of_simulated_runs_are_read_where_they_alone_are_asked_for(day: Path) -> None:
    """With other bars beside them they are not mixed up, whichever there are."""
    shutil.move(day / "cache" / "simulated", day / "other")
    shutil.rmtree(day / "cache")
    shutil.move(day / "other", day / "cache")

    known, findings = replayed(day)
    code, unknown = replayed(day, "--simulated")

    assert (known, odd(findings)) == (0, {})
    assert code == 1
    assert {finding["verdict"] for finding in unknown} == {"cannot be told"}


def test_of_both_caches_that_of_the_broker_is_read(day: Path) -> None:
    """Simulated runs of the same holdings, with bars of their own, do not stand in its way."""
    shutil.copytree(day / "cache" / "simulated", day / "other")
    change_cache(day, MSFT, _all_doubled)
    shutil.copytree(day / "other", day / "cache", dirs_exist_ok=True)

    code, findings = replayed(day)

    assert (code, odd(findings)) == (0, {})
    assert replayed(day, "--simulated")[0] == 1


def _all_doubled(key: SeriesKey, stored: StoredSeries) -> SeriesUpdate:
    """Return the same bars at twice the price."""
    bars = stored.bars
    rows = [getattr(bars, name) * 2 for name in ("open", "high", "low", "close")]
    twice = BarSeries(bars.start, bars.end, *rows, bars.volume)
    return SeriesUpdate(key, twice, stored.coverage)


def test_a_split_of_the_cache_is_found_and_named(day: Path) -> None:
    """After a restated history all closes and averages have moved by one factor."""

    def split(key: SeriesKey, stored: StoredSeries) -> SeriesUpdate:
        bars = stored.bars
        prices = [getattr(bars, name) / 4 for name in ("open", "high", "low", "close")]
        whole = BarSeries(bars.start, bars.end, *prices, bars.volume * 4)
        return SeriesUpdate(key, whole, stored.coverage, replaces_all=True)

    change_cache(day, MSFT, split)
    code, findings = replayed(day)

    assert code == 1
    assert set(odd(findings).values()) == {("differs", "a split, or a restated history")}
    assert {ticker for ticker, _ in odd(findings)} == {MSFT}


def test_a_bar_that_left_the_cache_is_found(day: Path) -> None:
    """Where the bars of a holding are gone, its decisions cannot be told; the others can."""
    with ParquetBarStore(day / "cache" / "simulated") as store:
        store.discard([key for key in store.load() if key.ticker == MSFT])

    code, findings = replayed(day)

    assert code == 0
    assert set(odd(findings).values()) == {("cannot be told", None)}
    assert {ticker for ticker, _ in odd(findings)} == {MSFT}


def test_a_replay_without_any_bars_does_not_pass_for_agreement(day: Path) -> None:
    """Where nothing could be compared, the exit code is not that of a day that agrees."""
    shutil.rmtree(day / "cache")

    code, findings = replayed(day)

    assert code == 1
    assert {verdict for verdict, _ in odd(findings).values()} == {"cannot be told"}


@pytest.mark.parametrize(
    ("field", "value"),
    [("decision", "hold"), ("close", 261.37), ("ma_value", 249.9), ("reason", "it felt right")],
)
def test_a_doctored_line_is_found(field: str, value: object, day: Path) -> None:
    """One field of one signal changed by hand: that line, and no other, differs."""
    rows = records(day)
    row = next(r for r in rows if r["decision"] == "signal" and r["ticker"] == MSFT)
    row[field] = value
    rewrite(day, rows)

    code, findings = replayed(day)

    assert code == 1
    assert odd(findings) == {(MSFT, row["bar_end"]): ("differs", "the record contradicts itself")}


def test_a_removed_line_is_found(day: Path) -> None:
    """A bar between two decisions on a holding has to be on record."""
    end = "2022-05-20T16:00:00Z"
    rows = [r for r in records(day) if (r["ticker"], r["bar_end"]) != (MSFT, end)]
    rewrite(day, rows)

    code, findings = replayed(day)

    assert code == 1
    assert odd(findings) == {(MSFT, end): ("no record", None)}


def test_a_line_that_cannot_be_read_is_told_and_counts(day: Path) -> None:
    """A broken line is named by its number, and its bar has no record."""
    lines = log_of(day).read_text().splitlines(keepends=True)
    log_of(day).write_text("".join([*lines[:20], lines[20][:30] + "\n", *lines[21:]]))

    done = run(day, "replay")

    assert done.returncode == 1
    assert "signals.log line 21" in done.stderr
    assert "1 have no record" in done.stdout


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["2022-13-45"], "'2022-13-45' is not a date, e.g. 2022-05-20"),
        (["2022-05-21"], "no decision of 2022-05-21 is recorded below logs"),
        (["2022-05-19"], "no decision of 2022-05-19 is recorded below logs"),
        (["--mode", "live"], "no decision is recorded below logs"),
        (["--account", "DU7"], "no decision is recorded below logs"),
    ],
)
def test_a_day_that_cannot_be_replayed_is_one_clear_line(
    words: list[str], said: str, watched: Path
) -> None:
    """What was given cannot be used, and what to look at instead is said."""
    done = run(watched, "replay", *words)

    assert done.returncode == 2
    assert said in one_line(done.stderr)
    assert done.stdout == ""


LIVE = """
account = "DU0000001"
start = 2022-05-20T13:25:00Z
end = 2022-05-20T15:05:00Z

[[position]]
ticker = "NASDAQ:MSFT"
quantity = 100
average_cost = 280.0
price = 260.0

[[position]]
ticker = "NYSE:KO"
quantity = -50
average_cost = 60.0
price = 62.0
"""


def test_a_day_that_sold_is_decided_again_as_it_was(tmp_path: Path) -> None:
    """What became of an order stands in the log as well, and is no decision to compare."""
    (tmp_path / "day.toml").write_text(LIVE)
    account = "DU0000001"
    done = run(
        tmp_path,
        *(*DAY, "--live", "--arm-until", "23:59", "--scenario", "day.toml"),
        *("--default-rule", "SMA,5,1H"),
        settings={
            "ARM": account,
            "LIVE_ACCOUNT": account,
            "LIVE_KIND": "paper",
            "LIVE_MAX_VALUE_PER_ORDER": "1e9",
            "LIVE_MAX_VALUE_PER_DAY": "1e9",
        },
    )
    assert done.returncode == 0, done.stderr
    logged = records(tmp_path)
    sold = [row for row in logged if row["action_executed"]]
    assert sold

    code, findings = replayed(tmp_path, "--mode", "paper")

    assert (code, odd(findings)) == (0, {})
    assert len(findings) == len(logged) - len(sold)


def test_a_day_of_faults_names_the_bar_that_was_late(tmp_path: Path) -> None:
    """A bar that did not come in time made it abstain; the next day's cache has that bar."""
    late = LIVE.replace("end = 2022-05-20T15:05:00Z", "end = 2022-05-20T16:15:00Z") + (
        '\n[[fault]]\nkind = "late_bars"\nat = 2022-05-20T14:59:00Z\n'
        'until = 2022-05-20T15:30:00Z\nticker = "NASDAQ:MSFT"\nseconds = 1200\n'
    )
    (tmp_path / "day.toml").write_text(late)
    done = run(tmp_path, *DAY, "--scenario", "day.toml", "--default-rule", "SMA,5,1H")
    assert done.returncode == 0, done.stderr
    abstained = {
        (row["ticker"], row["bar_end"])
        for row in records(tmp_path)
        if row["decision"] == "abstain" and row["ticker"] == MSFT
    }
    assert abstained == {(MSFT, "2022-05-20T15:00:00Z")}

    code, findings = replayed(tmp_path)

    assert code == 1
    assert odd(findings) == dict.fromkeys(abstained, ("differs", "a bar was missing then"))
