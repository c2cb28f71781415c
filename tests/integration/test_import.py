"""Bars of other sources come into the cache whole or not at all, and never to a decision."""

import re
import shutil
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from filelock import FileLock
from tests.integration.cli import DAY, Json, one_line, records, run, strict_json
from tests.integration.made_up_market import OPEN, assign, lay_out, market, scenario

from adapters.parquet.bar_store import ParquetBarStore
from sellcli.compose.bars import Origin, folder_bars, stored_bars
from sellcli.settings import Settings
from sellcore.errors import ConfigError
from sellcore.timeframe import Granularity

SHARED = Path(__file__).parents[2].parent / "shared" / "data"

HEAD = "Date,Open,High,Low,Close,Adj Close,Volume\n"
TEXT = HEAD + (
    "2022-05-18,10,11,9,10.5,5.25,100\n"
    "2022-05-19,10.5,12,10,11,5.5,200\n"
    "2022-05-20,11,11.5,10.25,10.75,5.375,300\n"
)
NAMED = "ts=Date,open=Open,high=High,low=Low,close=Close,volume=Volume"
MSFT = ("--ticker", "NASDAQ:MSFT")


def write(folder: Path, text: str | bytes = TEXT, name: str = "msft.csv") -> str:
    (folder / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    return name


def info(folder: Path, kind: str = "imported") -> list[Json]:
    """Return what ``cache info`` lists."""
    found = strict_json(run(folder, "cache", "info", "--json").stdout)[kind]
    assert isinstance(found, list)
    return found


def imported(folder: Path) -> dict[str, list[float]]:
    """Return the closes that a backtest gets, by ticker."""
    found = stored_bars(Settings(cache_dir=folder / "cache"), (), Origin.IMPORTED)
    return {
        f"{bars.ticker}:{granularity}": stored.bars.close.tolist()
        for bars in found
        for granularity, stored in bars.series.items()
    }


def test_columns_that_are_named_are_taken_without_asking(tmp_path: Path) -> None:
    """What was read is shown, stored, listed, sound, and there for a backtest."""
    done = run(tmp_path, "import", write(tmp_path), *MSFT, "--columns", NAMED)

    assert (done.returncode, done.stderr) == (0, "")
    assert "columns ts=Date,open=Open,high=High,low=Low,close=Close,volume=Volume" in done.stdout
    assert "NASDAQ:MSFT:1d: 3 bars" in done.stdout
    assert "open 10.00, high 11.00, low 9.00, close 10.50, volume 100" in done.stdout
    assert imported(tmp_path) == {"NASDAQ:MSFT:1d": [10.5, 11.0, 10.75]}
    (series,) = info(tmp_path)
    assert (series["ticker"], series["bars"]) == ("NASDAQ:MSFT", 3)
    assert series["coverage"] == [["2022-05-18T13:30:00Z", "2022-05-20T20:00:00Z"]]
    assert run(tmp_path, "cache", "verify").returncode == 0


def test_columns_that_were_guessed_need_a_word(tmp_path: Path) -> None:
    """Nobody at a terminal, nothing said: nothing is written; --yes is enough of a word."""
    name = write(tmp_path)

    silent = run(tmp_path, "import", name, *MSFT)
    said = run(tmp_path, "import", name, *MSFT, "--yes")

    assert silent.returncode == 2
    assert "its columns were guessed, ts=Date,open=Open" in one_line(silent.stderr)
    assert said.returncode == 0
    assert imported(tmp_path) == {"NASDAQ:MSFT:1d": [10.5, 11.0, 10.75]}


@pytest.mark.parametrize(("typed", "bars"), [(b"y\n", 1), (b"n\n", 0)])
def test_a_person_is_asked_about_a_guess(typed: bytes, bars: int, tmp_path: Path) -> None:
    """The columns are shown first; the answer decides."""
    from tests.integration.terminal import QUESTION, on_terminal

    words = ["import", write(tmp_path), *MSFT]
    shown = on_terminal(tmp_path, words, columns=200, answers=[(QUESTION, typed)])

    assert shown.code == 0
    assert shown.text.index("close=Close") < shown.text.index("take the columns")
    assert ("nothing was written" in shown.text) is (not bars)
    assert len(info(tmp_path)) == bars


@pytest.mark.parametrize(("typed", "written"), [(b"n\r", "false"), (b"y\r", "true")])
def test_a_document_says_whether_anything_was_written(
    typed: bytes, written: str, tmp_path: Path
) -> None:
    """Whoever declined reads there that nothing was."""
    from tests.integration.terminal import QUESTION, on_terminal

    words = ["import", write(tmp_path), *MSFT, "--json"]
    shown = on_terminal(tmp_path, words, columns=200, answers=[(QUESTION, typed)])

    assert shown.code == 0
    assert f'"written": {written}' in shown.text


def test_an_adjusted_close_is_taken_only_when_it_is_named(tmp_path: Path) -> None:
    """Adjusted prices are another scale; who wants them says so."""
    name = write(tmp_path)
    adjusted = run(tmp_path, "import", name, *MSFT, "--columns", "close=Adj Close")

    assert adjusted.returncode == 0
    assert imported(tmp_path) == {"NASDAQ:MSFT:1d": [5.25, 5.5, 5.375]}
    assert "3 bars open or close beyond their own high or low" in adjusted.stdout


def test_a_check_shows_everything_and_writes_nothing(tmp_path: Path) -> None:
    """No folder, no lock, no file."""
    name = write(tmp_path)
    before = sorted(path.name for path in tmp_path.rglob("*"))

    shown = run(tmp_path, "import", name, *MSFT, "--check")
    document = run(tmp_path, "import", name, *MSFT, "--check", "--json")
    sure = run(tmp_path, "import", name, *MSFT, "--check", "--yes")

    assert shown.returncode == document.returncode == sure.returncode == 0
    assert sure.stdout.endswith("nothing was written\n")
    assert shown.stdout.endswith("nothing was written\n")
    told = strict_json(document.stdout)
    assert told["written"] is False
    assert told["series"][0]["bars"] == 3
    assert told["files"][0]["columns"]["close"] == "Close"
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


def test_the_same_bars_again_are_no_news_and_others_need_a_word(tmp_path: Path) -> None:
    """What was imported is replaced in whole and on purpose, never mixed with."""
    words = ("import", write(tmp_path), *MSFT, "--yes")
    run(tmp_path, *words)

    again = run(tmp_path, *words)
    write(tmp_path, TEXT.replace("10.75", "10.77"))
    refused = run(tmp_path, *words)
    kept = imported(tmp_path)
    replaced = run(tmp_path, *words, "--replace")

    assert "0 of 1 series imported" in again.stdout
    assert refused.returncode == 2
    assert "NASDAQ:MSFT:1d has been imported already, 3 bars" in one_line(refused.stderr)
    assert kept == {"NASDAQ:MSFT:1d": [10.5, 11.0, 10.75]}
    assert replaced.returncode == 0
    assert imported(tmp_path) == {"NASDAQ:MSFT:1d": [10.5, 11.0, 10.77]}


def test_parts_of_a_series_come_from_several_files(tmp_path: Path) -> None:
    """In any order; where two hold the same day they must hold the same prices."""
    lines = TEXT.splitlines(keepends=True)
    late = write(tmp_path, "".join([lines[0], *lines[2:]]), "late.csv")
    early = write(tmp_path, "".join(lines[:3]), "early.csv")
    other = write(tmp_path, "".join(lines[:3]).replace("11,5.5", "11.01,5.5"), "other.csv")

    refused = run(tmp_path, "import", late, other, *MSFT, "--yes")
    done = run(tmp_path, "import", late, early, *MSFT, "--yes")

    assert refused.returncode == 2
    assert "late.csv and other.csv tell another close" in one_line(refused.stderr)
    assert done.returncode == 0
    assert imported(tmp_path) == {"NASDAQ:MSFT:1d": [10.5, 11.0, 10.75]}


BAD = {
    "unsorted": (HEAD + "2022-05-19,1,1,1,1,1,1\n2022-05-18,1,1,1,1,1,1\n", "line 3: this ts lies"),
    "twice": (HEAD + "2022-05-19,1,1,1,1,1,1\n2022-05-19,1,1,1,1,1,1\n", "line 3: this ts stands"),
    "negative": (HEAD + "2022-05-19,1,1,-1,1,1,1\n", "line 2: low '-1' is not a price"),
    "nan": (HEAD + "2022-05-19,1,1,1,NaN,1,1\n", "line 2: close 'NaN' is not a price"),
    "no price": (HEAD + "2022-05-19,1,1,1,,1,1\n", "line 2: close '' is not a price"),
    "no close": ("Date,Open,High,Low\n2022-05-19,1,1,1\n", "no column is known to be 'close'"),
    "empty": ("", "line 1 is empty; give a file with column names and bars"),
    "only a header": (HEAD, "holds no bar below its column names"),
    "rubbish": (bytes(range(256)) * 9, "not a CSV file in UTF-8"),
    "no session": (
        HEAD + "2022-05-21,1,1,1,1,1,1\n",
        "no bar of NASDAQ:BAD lies in a past session",
    ),
    "the future": (
        HEAD + "2029-05-21,1,1,1,1,1,1\n",
        "no bar of NASDAQ:BAD lies in a past session",
    ),
    "before calendars": (
        HEAD + "1985-05-21,1,1,1,1,1,1\n",
        "the sessions of NASDAQ are known from",
    ),
    "mixed zones": (
        "ts,open,high,low,close\n2022-05-20T13:30Z,1,1,1,1\n2022-05-20 10:00,1,1,1,1\n",
        "line 3: ts '2022-05-20 10:00' is a time without a zone",
    ),
    "no zone": (
        "ts,open,high,low,close\n2022-05-20 09:30,1,1,1,1\n2022-05-20 10:00,1,1,1,1\n",
        "its times have no zone",
    ),
    "hours": (
        "ts,open,high,low,close\n2022-05-20T14:00Z,1,1,1,1\n2022-05-20T15:00Z,1,1,1,1\n",
        "60 minutes apart",
    ),
}


@pytest.mark.parametrize("what", BAD)
def test_one_bad_file_and_nothing_of_all_is_written(what: str, tmp_path: Path) -> None:
    """All files are looked at before the first bar is stored; the one line names file and row."""
    text, said = BAD[what]
    size = "30m" if what in ("no zone", "mixed zones", "hours") else "1d"
    good = write(tmp_path, TEXT, "NASDAQ_GOOD_1d.csv")
    bad = write(tmp_path, text, f"NASDAQ_BAD_{size}.csv")
    more = write(tmp_path, HEAD + "2022-05-19,2,2,2,2,2,2\n", "NASDAQ_MORE_1d.csv")
    before = sorted(path.name for path in tmp_path.rglob("*"))

    done = run(tmp_path, "import", good, bad, more, "--yes")

    assert (done.returncode, done.stdout) == (2, "")
    assert f"{bad}: " in one_line(done.stderr)
    assert said in done.stderr
    assert sorted(path.name for path in tmp_path.rglob("*")) == before


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--columns", "Date"], "--columns 'Date' is not ROLE=NAME, e.g. ts=Date"),
        (["--columns", "ts=When"], "no column 'When'"),
        (["--zone", "Newyork"], "--zone 'Newyork' is no time zone"),
        (["--ticker", "MSFT"], "ticker 'MSFT' is not EXCHANGE:SYMBOL"),
        (["--ticker", "MOON:MSFT"], "no calendar is known for exchange 'MOON'"),
        (["--size", "5m"], "bars of 5m with dates for times"),
        ([], "whose bars are these?"),
    ],
)
def test_flags_that_cannot_be_used_are_one_line(
    words: list[str], said: str, tmp_path: Path
) -> None:
    """What was typed, what was expected, what to do; nothing is begun."""
    given = words if "--ticker" in words or not words else [*words, *MSFT]
    done = run(tmp_path, "import", write(tmp_path), "--yes", *given)

    assert done.returncode == 2
    assert said in one_line(done.stderr)
    assert not (tmp_path / "cache").exists()


def test_two_imports_at_once_do_not_mix(tmp_path: Path) -> None:
    """One writes; the other is told so, and has stored nothing."""
    folder = tmp_path / "cache" / "imported"
    folder.mkdir(parents=True)
    with FileLock(folder / ".lock"):
        done = run(tmp_path, "import", write(tmp_path), *MSFT, "--yes")

    assert done.returncode == 1
    assert "is being written by another sellcli" in one_line(done.stderr)
    assert imported(tmp_path) == {}


def minutes(first: datetime, count: int, step: int) -> list[datetime]:
    return [first + timedelta(minutes=step * n) for n in range(count)]


@pytest.mark.parametrize("zone", ["America/New_York", "UTC"])
def test_finer_bars_become_half_hours_in_the_zone_that_is_told(zone: str, tmp_path: Path) -> None:
    """Five-minute bars of an exchange's own clock are cut at its sessions, whatever the date."""
    rows = ["Time,Open,High,Low,Close"]
    for day in (date(2022, 3, 11), date(2022, 3, 14)):  # clocks went forward between
        opened = datetime.combine(day, time(9, 30), ZoneInfo("America/New_York"))
        for n, moment in enumerate(minutes(opened.astimezone(UTC), 78, 5)):
            shown = moment.astimezone(ZoneInfo(zone))
            rows.append(f"{shown:%Y-%m-%d %H:%M},{n + 1},{n + 2},{n + 0.5},{n + 1.5}")
    name = write(tmp_path, "\n".join(rows) + "\n")

    done = run(tmp_path, "import", name, *MSFT, "--yes", "--zone", zone)

    assert done.returncode == 0, done.stderr
    assert imported(tmp_path)["NASDAQ:MSFT:30m"] == [6 * n + 6.5 for n in range(13)] * 2
    (series,) = info(tmp_path)
    assert series["coverage"] == [["2022-03-11T14:30:00Z", "2022-03-14T20:00:00Z"]]


def test_imported_bars_never_reach_a_decision(tmp_path: Path) -> None:
    """Not even where somebody lays them into the cache of a watch under the same ticker."""
    lay_out(tmp_path / "bars", market())
    plain, lured = tmp_path / "plain", tmp_path / "lured"
    for desk in (plain, lured):
        desk.mkdir()
        assign(desk)
        (desk / "day.toml").write_text(
            scenario(tmp_path / "bars", end=OPEN.replace(hour=15, minute=2))
        )
    rows = "".join(f"{day:%Y-%m-%d},1,1,1,{1 + n},1,1\n" for n, day in enumerate(weekdays()))
    for ticker in ("NASDAQ:AAA", "NYSE:BBB", "ARCA:CCC"):
        name = write(lured, HEAD + rows, f"{ticker.replace(':', '_')}_1d.csv")
        assert run(lured, "import", name, "--yes").returncode == 0
    shutil.copytree(lured / "cache" / "imported", lured / "cache" / "simulated")

    for desk in (plain, lured):
        done = run(desk, *DAY, "--scenario", "day.toml")
        assert done.returncode == 0, done.stderr

    assert told(lured) == told(plain)
    assert all(record["con_id"] > 0 for record in records(lured))
    assert {series["con_id"] < 0 for series in info(lured)} == {True}
    assert info(lured, "series") == []


def weekdays() -> list[date]:
    """Return the sessions of two weeks in 2022."""
    first = date(2022, 6, 1)
    return [d for n in range(14) if (d := first + timedelta(days=n)).weekday() < 5]


def told(folder: Path) -> list[Json]:
    """Return the decisions, without the name of the run."""
    return [{k: v for k, v in record.items() if k != "run_id"} for record in records(folder)]


def test_bars_are_loaded_from_one_origin_only(tmp_path: Path) -> None:
    """A ticker that the broker has and an import has as well is nobody's guess."""
    settings = Settings(cache_dir=tmp_path / "cache")
    run(tmp_path, "import", write(tmp_path), *MSFT, "--yes")
    (found,) = stored_bars(settings, ["nasdaq:msft"])
    with (
        ParquetBarStore(tmp_path / "cache" / "imported") as theirs,
        ParquetBarStore(tmp_path / "cache") as ours,
    ):
        from attrs import evolve

        from sellcore.series import SeriesUpdate

        ((key, stored),) = theirs.load().items()
        ours.merge([SeriesUpdate(evolve(key, con_id=272093), stored.bars, stored.coverage)])

    assert (found.ticker, found.origin) == ("NASDAQ:MSFT", Origin.IMPORTED)
    assert found.series[Granularity.DAY].closed.close.tolist() == [10.5, 11.0, 10.75]
    assert [day.day for day in found.sessions][1:4] == [date(2022, 5, d) for d in (18, 19, 20)]
    with pytest.raises(ConfigError) as raised:
        stored_bars(settings, ["NASDAQ:MSFT"])
    assert str(raised.value) == (
        "NASDAQ:MSFT is in the cache twice, from the broker and imported; give --origin broker or "
        "--origin imported"
    )
    (chosen,) = stored_bars(settings, ["NASDAQ:MSFT"], Origin.BROKER)
    assert chosen.origin is Origin.BROKER


@pytest.mark.parametrize(
    ("asked", "line"),
    [
        (
            None,
            "no bars of NASDAQ:MSFT are stored in {cache}, only simulated ones; take those with "
            "--origin simulated",
        ),
        (
            Origin.IMPORTED,
            "no bars of NASDAQ:MSFT are stored in {cache} (imported), only simulated ones; take "
            "those with --origin simulated",
        ),
    ],
    ids=str,
)
def test_bars_of_another_origin_are_named_with_the_flag(
    tmp_path: Path, asked: Origin | None, line: str
) -> None:
    """Nobody takes them unasked, and nobody has to guess how to ask."""
    run(tmp_path, "import", write(tmp_path), *MSFT, "--yes")
    (tmp_path / "cache" / "imported").rename(tmp_path / "cache" / "simulated")
    settings = Settings(cache_dir=tmp_path / "cache")

    with pytest.raises(ConfigError) as raised:
        stored_bars(settings, ["NASDAQ:MSFT"], asked)
    assert str(raised.value) == line.format(cache=tmp_path / "cache")
    (found,) = stored_bars(settings, ["NASDAQ:MSFT"], Origin.SIMULATED)
    assert found.origin is Origin.SIMULATED


def test_a_cache_of_simulated_bars_alone_says_so(tmp_path: Path) -> None:
    """Left alone, a test takes none of them, and tells how to."""
    run(tmp_path, "import", write(tmp_path), *MSFT, "--yes")
    (tmp_path / "cache" / "imported").rename(tmp_path / "cache" / "simulated")

    done = run(tmp_path, "backtest", "--rule", "SMA,5,D")

    assert done.returncode == 2
    assert one_line(done.stderr).strip() == (
        "sellcli: no bars are stored in cache, only simulated ones; take those with --origin "
        "simulated, bring bars with 'sellcli import', or name a folder with --data"
    )


def test_a_ticker_without_bars_is_refused_with_the_nearest(tmp_path: Path) -> None:
    """What there is, and how to get what there is not."""
    run(tmp_path, "import", write(tmp_path), *MSFT, "--yes")

    with pytest.raises(ConfigError, match=r"no bars of NASDAQ:MSTF are stored .* did you mean NAS"):
        stored_bars(Settings(cache_dir=tmp_path / "cache"), ["NASDAQ:MSTF"])


def test_a_data_folder_is_read_as_an_import_would(tmp_path: Path) -> None:
    """Half hours from the finest file, days from the daily one, nothing stored."""
    lay_out(tmp_path / "bars", market())
    names = [path.name for path in sorted((tmp_path / "bars").iterdir())]
    for name in names:
        shutil.copy(tmp_path / "bars" / name, tmp_path / name)
    done = run(tmp_path, "import", *names)

    stored = stored_bars(Settings(cache_dir=tmp_path / "cache"), ())
    read = folder_bars(tmp_path / "bars")

    assert done.returncode == 0, done.stderr
    assert [bars.ticker for bars in read] == ["ARCA:CCC", "NASDAQ:AAA", "NYSE:BBB"]
    for one, other in zip(stored, read, strict=True):
        assert one.ticker == other.ticker
        for granularity in Granularity:
            assert one.series[granularity].bars.same(other.series[granularity].bars)
            assert one.series[granularity].coverage == other.series[granularity].coverage


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")
def test_real_five_minute_bars_become_the_half_hours_that_were_recorded(tmp_path: Path) -> None:
    """Two and a half years of SPY, early closes and holes included, price for price."""
    fine = SHARED / "intraday" / "spy_5min_2018_2020h1.parquet"
    coarse = SHARED / "intraday" / "spy_30min_2018_2020h1.parquet"

    done = run(tmp_path, "import", str(fine), "--ticker", "ARCA:SPY", "--yes")

    assert done.returncode == 0, done.stderr
    (spy,) = stored_bars(Settings(cache_dir=tmp_path / "cache"), ["ARCA:SPY"])
    ours = {
        bar.start: (bar.open, bar.high, bar.low, bar.close)
        for bar in spy.series[Granularity.HALF_HOUR].bars
    }
    rows = pq.read_table(coarse).select(["ts", "open", "high", "low", "close"]).to_pylist()
    assert len(rows) > 7000
    for row in rows:
        moment = row.pop("ts").astimezone(UTC)
        assert ours[moment] == tuple(row.values()), moment


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")
def test_a_real_file_of_hundreds_of_tickers_comes_whole(tmp_path: Path) -> None:
    """Each of 346 members has its own series; what is odd in them is told, not mended."""
    members = SHARED / "daily" / "us_large_caps_2009_2010.parquet"

    done = run(tmp_path, "import", str(members), "--exchange", "NYSE", "--yes")

    assert done.returncode == 0, done.stderr
    assert re.search(r"346 of 346 series imported", done.stdout)
    table = pq.read_table(members)
    rows = table.to_pylist()
    found = imported(tmp_path)
    for symbol in ("AAPL", "GE", "ZION"):
        expected = [row["close"] for row in rows if row["symbol"] == symbol]
        assert found[f"NYSE:{symbol}:1d"] == expected
