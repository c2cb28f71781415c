"""What every bar source promises, the one in memory and the Parquet dataset alike."""

import pickle
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.calendar import SessionTable
from adapters.memory_bars import MemoryBars
from adapters.parquet.dataset import open_dataset
from sellcore.bar import BarSeries
from sellcore.errors import ConfigError, InvalidValue, StorageError
from sellcore.timeframe import Timeframe

DAY, HOUR = 86_400, 3_600
FIRST = 1_577_923_200  # 2020-01-02, a Thursday
DATASETS = Path(__file__).parents[2].parent / "shared" / "data"


def days_of(seed, bars):
    rng = np.random.default_rng(seed)
    start = FIRST + DAY * np.arange(bars)
    close = np.round(50 + np.cumsum(rng.normal(0, 1, bars)) / 10, 2)
    return BarSeries(start, start + DAY, close - 0.01, close + 0.02, close - 0.02, close, close * 9)


def hours_of(seed, bars):
    days = days_of(seed, bars)
    start = FIRST + 14 * HOUR + HOUR * np.arange(bars)
    return BarSeries(start, start + HOUR, *(getattr(days, name) for name in PRICES))


PRICES = ("open", "high", "low", "close", "volume")
UNIVERSE = {
    "NYSE:KO": days_of(1, 30),
    "NASDAQ:MSFT": days_of(2, 41),
    "NASDAQ:AAPL": days_of(3, 7),
}


def columns_of(bars, stamps=None):
    """Return a series as Arrow columns, ``ts`` as dates."""
    begins = bars.start.astype("datetime64[s]")
    return {
        "ts": pa.array(begins.astype("datetime64[D]") if stamps is None else stamps),
        **{name: pa.array(getattr(bars, name)) for name in PRICES},
    }


def write(path, columns, **options):
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(pa.table(columns), path, **options)
    return path


def table_of(universe, label="ticker"):
    """Return all series in one table, one after the other."""
    parts = [
        pa.table({label: pa.array([ticker] * len(bars), pa.string()), **columns_of(bars)})
        for ticker, bars in universe.items()
    ]
    return pa.concat_tables(parts)


class BarSourceContract:
    """One test per promise of the port."""

    def source(self, tmp_path):
        """Return a source that has UNIVERSE, as daily bars."""
        raise NotImplementedError

    def test_names_every_ticker_once(self, tmp_path):
        """The universe is a list without a ticker twice, the same each time."""
        source = self.source(tmp_path)

        assert sorted(source.tickers()) == sorted(UNIVERSE)
        assert list(source.tickers()) == list(source.tickers())

    def test_loads_the_bars_of_the_tickers_asked_for(self, tmp_path):
        """All of their bars, and nobody else's."""
        loaded = self.source(tmp_path).load(["NASDAQ:AAPL", "NYSE:KO"], Timeframe.DAY)

        assert sorted(loaded) == ["NASDAQ:AAPL", "NYSE:KO"]
        for ticker, bars in loaded.items():
            for name in ("start", *PRICES):
                assert np.array_equal(getattr(bars, name), getattr(UNIVERSE[ticker], name))

    def test_leaves_out_what_has_no_such_bars(self, tmp_path):
        """Neither a ticker that is unknown nor bars of another timeframe are made up."""
        source = self.source(tmp_path)

        assert source.load(["NYSE:NONE"], Timeframe.DAY) == {}
        assert source.load(["NYSE:KO"], Timeframe.HOUR) == {}

    def test_a_part_of_it_loads_the_same(self, tmp_path):
        """What is sent to another process answers as the whole does."""
        source = self.source(tmp_path)
        part = pickle.loads(pickle.dumps(source.only(["NASDAQ:MSFT"])))  # noqa: S301

        [(ticker, bars)] = part.load(["NASDAQ:MSFT"], Timeframe.DAY).items()
        assert ticker == "NASDAQ:MSFT"
        assert bars.same(source.load([ticker], Timeframe.DAY)[ticker])


class TestMemoryBars(BarSourceContract):
    """Bars at hand."""

    def source(self, tmp_path):
        return MemoryBars({Timeframe.DAY: UNIVERSE})

    def test_a_part_of_it_holds_no_other_bars(self):
        """Nobody else's bars travel."""
        part = MemoryBars({Timeframe.DAY: UNIVERSE}).only(["NYSE:KO"])

        assert part.tickers() == ("NYSE:KO",)


class TestOneFile(BarSourceContract):
    """A file with a column for the ticker, in small row groups."""

    def source(self, tmp_path):
        path = tmp_path / "all.parquet"
        pq.write_table(table_of(UNIVERSE), path, row_group_size=8)
        return open_dataset(str(path))


class TestFolderByUri(BarSourceContract):
    """Files by year with a column ``symbol``, below a file:// URI."""

    def source(self, tmp_path):
        for number, rows in enumerate((slice(0, 20), slice(20, None))):
            part = {ticker: bars[rows] for ticker, bars in UNIVERSE.items()}
            path = tmp_path / "bars" / f"part-{number}.parquet"
            path.parent.mkdir(exist_ok=True)
            pq.write_table(table_of(part, "symbol"), path)
        return open_dataset((tmp_path / "bars").as_uri())


class TestFilePerTicker(BarSourceContract):
    """Files named for what they hold."""

    def source(self, tmp_path):
        for ticker, bars in UNIVERSE.items():
            write(tmp_path / f"{ticker.replace(':', '_')}_1d.parquet", columns_of(bars))
        return open_dataset(str(tmp_path))


class TestFolderPerTicker(BarSourceContract):
    """Folders named ``ticker=...``, as other tools partition."""

    def source(self, tmp_path):
        for ticker, bars in UNIVERSE.items():
            folder = tmp_path / f"ticker={ticker.replace(':', '%3A')}"
            write(folder / "0.parquet", columns_of(bars))
        return open_dataset(str(tmp_path))


def test_only_row_groups_that_may_hold_a_ticker_are_read(tmp_path):
    """A row group of others is passed over: what is broken in it is not met."""
    universe = {"NYSE:A": days_of(1, 10), "NYSE:B": days_of(2, 10)}
    path = tmp_path / "all.parquet"
    pq.write_table(table_of(universe), path, row_group_size=10, compression="none")
    source = open_dataset(str(path))
    content = bytearray(path.read_bytes())
    group = pq.read_metadata(path).row_group(1)
    close = next(c for c in map(group.column, range(7)) if c.path_in_schema == "close")
    at = close.data_page_offset
    content[at : at + 12] = b"\xff" * 12
    path.write_bytes(content)

    assert len(source.load(["NYSE:A"], Timeframe.DAY)["NYSE:A"]) == 10
    with pytest.raises(StorageError, match="not a readable Parquet file"):
        source.load(["NYSE:B"], Timeframe.DAY)


def test_a_nested_column_before_the_tickers_hides_no_bars(tmp_path):
    """What a file holds besides is of no matter, however it is built."""
    table = table_of({"NYSE:A": days_of(1, 10), "NYSE:B": days_of(2, 10)})
    source_of_row = [{"vendor": "aaa", "feed": "abc"}] * 20
    table = table.add_column(0, "source", pa.array(source_of_row))
    pq.write_table(table, tmp_path / "all.parquet", row_group_size=10)
    source = open_dataset(str(tmp_path))

    found = source.load(["NYSE:A", "NYSE:B"], Timeframe.DAY)
    assert {ticker: len(bars) for ticker, bars in found.items()} == {"NYSE:A": 10, "NYSE:B": 10}


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary()], ids=str)
def test_tickers_in_bytes_are_text(tmp_path, kind):
    """Some writers do not mark text as such; what is no text at all is told."""
    table = table_of({"NYSE:A": days_of(1, 10)})
    as_bytes = table.set_column(0, "ticker", table.column("ticker").cast(kind))
    pq.write_table(as_bytes, tmp_path / "all.parquet")
    found = open_dataset(str(tmp_path)).load(["NYSE:A"], Timeframe.DAY)

    assert len(found["NYSE:A"]) == 10
    pq.write_table(
        table.set_column(0, "ticker", pa.array([b"NYSE:\xff"] * 10)), tmp_path / "all.parquet"
    )
    with pytest.raises(StorageError, match="not a readable Parquet file: Invalid UTF8"):
        open_dataset(str(tmp_path))


@pytest.mark.parametrize("exchange", ["NYSE", "ASX"])
@pytest.mark.parametrize("timeframe", list(Timeframe), ids=str)
def test_a_file_for_each_bar_is_a_history(tmp_path, exchange, timeframe):
    """A single row does not tell how long it is; the rows of all files do."""
    sessions = SessionTable().sessions(exchange, date(2020, 3, 2), date(2020, 3, 13))
    begins = [session.open for session in sessions]
    if timeframe is Timeframe.HOUR:
        begins = [sessions[0].open.replace(minute=0) + timedelta(hours=n) for n in range(4)]
    for number, begin in enumerate(begins):
        stamp = pa.array([begin], pa.timestamp("s", "UTC"))
        columns = {"ticker": [f"{exchange}:X"], "ts": stamp, **{name: [1.0] for name in PRICES}}
        write(tmp_path / f"{number}.parquet", columns)
    source = open_dataset(str(tmp_path), SessionTable(), allow_gaps=True)

    found = source.load([f"{exchange}:X"], timeframe)
    assert len(found[f"{exchange}:X"]) == len(begins)
    [other] = [each for each in Timeframe if each is not timeframe]
    assert source.load([f"{exchange}:X"], other) == {}


def test_files_need_no_order(tmp_path):
    """Names of files say nothing about time; two files with the same bars do not go together."""
    bars = days_of(1, 30)
    for name, rows in (("b", slice(0, 20)), ("a", slice(20, None))):
        write(tmp_path / "ticker=NYSE%3AKO" / f"{name}.parquet", columns_of(bars[rows]))
    found = open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)["NYSE:KO"]

    assert found.close.tolist() == bars.close.tolist()
    write(tmp_path / "ticker=NYSE%3AKO" / "c.parquet", columns_of(bars[19:21]))
    with pytest.raises(InvalidValue, match="NYSE:KO at 2020-01-21: this bar is there twice"):
        open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)


def test_hours_last_until_the_next_begins(tmp_path):
    """The first bar of a New York day is half an hour."""
    stamps = np.array(
        ["2020-01-02T14:30", "2020-01-02T15:00", "2020-01-02T16:00"], dtype="datetime64[s]"
    )
    write(tmp_path / "NYSE_KO_1h.parquet", columns_of(days_of(1, 3), stamps))
    bars = open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.HOUR)["NYSE:KO"]

    assert (bars.end - bars.start).tolist() == [1_800, 3_600, 3_600]


@pytest.mark.parametrize("zone", ["America/New_York", "Asia/Tokyo", "Europe/Berlin"])
def test_local_midnights_are_days(tmp_path, zone):
    """Many sources stamp a day with the midnight of its exchange; clocks change in between."""
    days = [datetime(2020, 3, 2, tzinfo=ZoneInfo(zone)) + timedelta(days=n) for n in range(40)]
    sessions = SessionTable().sessions("NYSE", date(2020, 3, 2), date(2020, 4, 10))
    traded = [day for day in days if day.date() in {session.day for session in sessions}]
    columns = columns_of(days_of(1, len(traded)), [day.astimezone(UTC) for day in traded])
    write(tmp_path / "NYSE_KO_1d.parquet", columns)
    source = open_dataset(str(tmp_path), SessionTable())

    assert len(source.load(["NYSE:KO"], Timeframe.DAY)["NYSE:KO"]) == len(sessions) == 29


@pytest.mark.parametrize("exchange", ["NASDAQ", "LSE", "TSEJ", "ASX"])
@pytest.mark.parametrize("drop", [None, 11])
def test_days_may_begin_with_their_sessions(tmp_path, exchange, drop):
    """A day that is stamped with its open is that session's, on whatever side of midnight UTC."""
    sessions = SessionTable().sessions(exchange, date(2020, 3, 2), date(2020, 4, 30))
    opens = [session.open for row, session in enumerate(sessions) if row != drop]
    close = np.round(50 + np.arange(len(opens)) / 4, 2)
    columns = {name: pa.array(close) for name in PRICES}
    stamps = pa.array(opens, pa.timestamp("us", "UTC"))
    write(tmp_path / f"{exchange}_X_1d.parquet", {"ts": stamps, **columns})
    source = open_dataset(str(tmp_path), SessionTable())

    if drop is None:
        found = source.load([f"{exchange}:X"], Timeframe.DAY)[f"{exchange}:X"]
        assert found.start.tolist() == [int(begin.timestamp()) for begin in opens]
        assert found.end.tolist() == [int(session.close.timestamp()) for session in sessions]
        gaps = open_dataset(str(tmp_path), SessionTable(), allow_gaps=True)
        assert gaps.load([f"{exchange}:X"], Timeframe.DAY)[f"{exchange}:X"].same(found)
        until = open_dataset(str(tmp_path), SessionTable(), until=sessions[20].day)
        assert len(until.load([f"{exchange}:X"], Timeframe.DAY)[f"{exchange}:X"]) == 21
    else:
        day = sessions[drop].day
        with pytest.raises(InvalidValue, match=f"X at {day}: the bar of this session is missing; "):
            source.load([f"{exchange}:X"], Timeframe.DAY)


def test_a_last_day_that_opens_before_midnight_utc_ends_with_its_session(tmp_path):
    """In summer Sydney opens on the day before, by UTC; its last day is a session as any."""
    sessions = SessionTable().sessions("ASX", date(2020, 1, 6), date(2020, 1, 17))
    stamps = pa.array([session.open for session in sessions], pa.timestamp("s", "UTC"))
    columns = {name: pa.array(np.arange(1.0, len(sessions) + 1)) for name in PRICES}
    write(tmp_path / "ASX_BHP_1d.parquet", {"ts": stamps, **columns})

    bars = open_dataset(str(tmp_path), SessionTable()).load(["ASX:BHP"], Timeframe.DAY)["ASX:BHP"]
    assert bars.end[-1] == int(sessions[-1].close.timestamp())


def half_hours(path, drop=()):
    """Write the half hours of two New York sessions, but some."""
    starts = [
        np.datetime64(f"{day}T14:30:00") + np.timedelta64(30 * n, "m")
        for day in ("2020-01-02", "2020-01-03")
        for n in range(13)
    ]
    kept = [start for n, start in enumerate(starts) if n not in drop]
    write(path, columns_of(days_of(4, len(kept)), np.array(kept, dtype="datetime64[s]")))


def test_half_hours_become_the_hours_of_the_exchange(tmp_path):
    """Seven a session, the first of half an hour, the last until the close."""
    half_hours(tmp_path / "NYSE_KO_30m.parquet")
    bars = open_dataset(str(tmp_path), SessionTable()).load(["NYSE:KO"], Timeframe.HOUR)["NYSE:KO"]

    assert len(bars) == 14
    assert bars.end[6] - bars.start[0] == 6.5 * HOUR


@pytest.mark.parametrize(
    ("name", "ticker", "told", "way_out"),
    [
        ("KO", "KO", "KO names no exchange", "write EXCHANGE:SYMBOL"),
        ("PAXOS_BTC", "PAXOS:BTC", "no sessions are known for exchange 'PAXOS'", "unassigned"),
    ],
    ids=["no exchange", "no calendar"],
)
def test_what_has_no_sessions_has_hours_and_days_where_gaps_are_allowed(
    tmp_path, name, ticker, told, way_out
):
    """Nobody knows what is missing; only half hours cannot do without sessions."""
    write(tmp_path / "plain" / f"{name}_1d.parquet", columns_of(days_of(1, 9)))
    stamps = hours_of(1, 9).start.astype("datetime64[s]")
    write(tmp_path / "plain" / f"{name}_1h.parquet", columns_of(hours_of(1, 9), stamps))
    half_hours(tmp_path / "halves" / f"{name}_30m.parquet")
    plain = open_dataset(str(tmp_path / "plain"), SessionTable(), allow_gaps=True)
    strict = open_dataset(str(tmp_path / "plain"), SessionTable())
    halves = open_dataset(str(tmp_path / "halves"), SessionTable(), allow_gaps=True)

    for timeframe in Timeframe:
        assert len(plain.load([ticker], timeframe)[ticker]) == 9
        with pytest.raises(InvalidValue, match=f"{told}.*{way_out}, or .* --allow-gaps$"):
            strict.load([ticker], timeframe)
    with pytest.raises(InvalidValue, match=f"{told}.*{way_out}$"):
        halves.load([ticker], Timeframe.HOUR)


def test_an_hour_that_is_not_over_is_not_missed(tmp_path):
    """What was recorded ends at noon and a half: the hour until one is not known, and not told."""
    half_hours(tmp_path / "NYSE_KO_30m.parquet", drop=range(21, 26))
    bars = open_dataset(str(tmp_path), SessionTable()).load(["NYSE:KO"], Timeframe.HOUR)["NYSE:KO"]

    assert len(bars) == 7 + 4


def test_days_without_a_trade_are_bars(tmp_path):
    """A volume of zero is a number, zero or above."""
    nothing = {"volume": pa.array(np.zeros(9))}
    write(tmp_path / "NYSE_KO_1d.parquet", columns_of(days_of(1, 9)) | nothing)

    assert len(open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)["NYSE:KO"]) == 9


@pytest.mark.parametrize(
    "name", ["_temporary/NYSE_KO_1d.parquet", ".trash/NYSE_KO_1d.parquet", "_metadata.parquet"]
)
def test_what_writers_leave_behind_is_no_part(tmp_path, name):
    """Folders and files with a dot or a line in front are passed over."""
    write(tmp_path / "NYSE_IBM_1d.parquet", columns_of(days_of(1, 9)))
    write(tmp_path / name, columns_of(days_of(2, 9)))

    assert open_dataset(str(tmp_path)).tickers() == ("NYSE:IBM",)


@pytest.mark.parametrize("size", ["1m", "5m"])
def test_files_too_fine_to_be_decided_on_are_passed_over(tmp_path, size):
    """A data folder has them for the simulated gateway."""
    write(tmp_path / "NYSE_IBM_1d.parquet", columns_of(days_of(1, 9)))
    write(tmp_path / f"NYSE_KO_{size}.parquet", columns_of(days_of(2, 9)))

    assert open_dataset(str(tmp_path)).tickers() == ("NYSE:IBM",)


def test_half_hours_need_sessions(tmp_path):
    """Without a calendar nobody knows where an hour is cut."""
    half_hours(tmp_path / "NYSE_KO_30m.parquet")

    with pytest.raises(InvalidValue, match="give hourly bars"):
        open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.HOUR)


def broken(change):
    """Return columns of ten days after a change to their rows."""
    rows = {name: column.to_pylist() for name, column in columns_of(days_of(1, 10)).items()}
    change(rows)
    return {
        "ts": pa.array(rows["ts"], pa.date32()),
        **{name: pa.array(rows[name], pa.float64()) for name in PRICES},
    }


def put(name, row, value):
    return lambda rows: rows[name].__setitem__(row, value)


def swap(rows):
    rows["ts"][4], rows["ts"][5] = rows["ts"][5], rows["ts"][4]


BROKEN = {
    "unsorted": (swap, "NYSE:KO at 2020-01-06: comes after 2020-01-07; sort the rows"),
    "duplicated": (
        put("ts", 5, date(2020, 1, 6)),
        "NYSE:KO at 2020-01-06: this bar is there twice; keep one",
    ),
    "negative": (
        put("low", 3, -1.5),
        "NYSE:KO at 2020-01-05: low -1.5 is not a number, expected one above zero",
    ),
    "zero": (put("open", 0, 0.0), "NYSE:KO at 2020-01-02: open 0 is not a number"),
    "nan": (put("close", 7, float("nan")), "NYSE:KO at 2020-01-09: close is missing"),
    "null": (put("close", 7, None), "NYSE:KO at 2020-01-09: close is missing"),
    "infinite": (put("high", 2, float("inf")), "NYSE:KO at 2020-01-04: high inf is not a number"),
    "twice, and apart": (
        lambda rows: (put("ts", 6, date(2020, 1, 4))(rows), put("ts", 5, date(2020, 1, 9))(rows)),
        "NYSE:KO at 2020-01-04: this bar is there twice; keep one",
    ),
    "volume": (
        put("volume", 9, -3.0),
        "NYSE:KO at 2020-01-11: volume -3 is not a number, expected one zero or above",
    ),
}


@pytest.mark.parametrize(("change", "told"), BROKEN.values(), ids=BROKEN)
def test_a_bad_row_is_told_with_its_place(tmp_path, change, told):
    """One line names the file, the ticker and the row's time."""
    path = write(tmp_path / "NYSE_KO_1d.parquet", broken(change))

    with pytest.raises(InvalidValue) as raised:
        open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)
    assert str(raised.value).startswith(f"{path.as_posix()}: {told}")
    assert "\n" not in str(raised.value)


def test_a_file_of_many_batches_is_read_in_whole(tmp_path, monkeypatch):
    """Larger than what is looked at in one piece, tickers one behind the other or mixed."""
    monkeypatch.setattr("adapters.parquet.dataset_file._BATCH", 3)
    whole = table_of({"NYSE:A": days_of(1, 40), "NYSE:B": days_of(2, 40)})
    mixed = whole.take(np.arange(80).reshape(2, 40).T.reshape(-1))
    for name, table in (("apart", whole), ("mixed", mixed)):
        (tmp_path / name).mkdir()
        pq.write_table(table, tmp_path / name / "all.parquet")
        found = open_dataset(str(tmp_path / name)).load(["NYSE:A", "NYSE:B"], Timeframe.DAY)

        for seed, ticker in enumerate(("NYSE:A", "NYSE:B"), 1):
            assert found[ticker].close.tolist() == days_of(seed, 40).close.tolist()


def test_a_bad_row_is_told_in_whichever_file_it_stands(tmp_path):
    """Each file is looked at, not only the first of a ticker."""
    bars = days_of(1, 20)
    rows = columns_of(bars[10:])
    rows["close"] = pa.array([*bars.close[10:19], -1.0])
    for name, columns in (("a", columns_of(bars[:10])), ("b", rows)):
        write(tmp_path / "ticker=NYSE%3AKO" / f"{name}.parquet", columns)

    with pytest.raises(InvalidValue, match=r"b\.parquet: NYSE:KO at 2020-01-21: close -1 is not a"):
        open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)


@pytest.mark.skipif(sys.platform == "win32", reason="no name may have a colon there")
def test_a_path_may_have_a_colon(tmp_path, monkeypatch):
    """A folder of one ticker is a place of its own, and no URI."""
    write(tmp_path / "ticker=NYSE:KO" / "0.parquet", columns_of(days_of(1, 10)))
    monkeypatch.chdir(tmp_path)

    assert open_dataset("ticker=NYSE:KO").tickers() == ("NYSE:KO",)


def test_a_ticker_is_kept_as_the_dataset_has_it(tmp_path):
    """Names are the source's own: small letters stay small."""
    write(tmp_path / "nyse_ko_1d.parquet", columns_of(days_of(1, 10)))
    source = open_dataset(str(tmp_path))

    assert source.tickers() == ("nyse:ko",)
    assert len(source.load(["nyse:ko"], Timeframe.DAY)["nyse:ko"]) == 10


def test_a_missing_session_is_told(tmp_path):
    """Where the sessions are known, a day without a bar is no bar that never was."""
    days = np.array(["2020-01-02", "2020-01-03", "2020-01-07"], dtype="datetime64[D]")
    write(tmp_path / "NYSE_KO_1d.parquet", columns_of(days_of(1, 3), days))

    with pytest.raises(InvalidValue, match="NYSE:KO at 2020-01-06: the bar of this session is"):
        open_dataset(str(tmp_path), SessionTable()).load(["NYSE:KO"], Timeframe.DAY)
    some = open_dataset(str(tmp_path), SessionTable(), allow_gaps=True)
    assert len(some.load(["NYSE:KO"], Timeframe.DAY)["NYSE:KO"]) == 3


def test_a_gap_before_what_is_asked_about_is_left_behind(tmp_path):
    """The bars behind it are taken, of days and of hours; a gap behind that date is told."""
    days = np.array(["2020-01-02", "2020-01-03", "2020-01-07", "2020-01-08"], dtype="datetime64[D]")
    write(tmp_path / "days" / "NYSE_KO_1d.parquet", columns_of(days_of(1, 4), days))
    half_hours(tmp_path / "hours" / "NYSE_KO_30m.parquet", drop=(3, 4))

    def load(folder, timeframe, since):
        source = open_dataset(str(tmp_path / folder), SessionTable(), since=since)
        return source.only(["NYSE:KO"]).load(["NYSE:KO"], timeframe)["NYSE:KO"]

    behind = load("days", Timeframe.DAY, date(2020, 1, 7))
    assert behind.start.astype("datetime64[s]").astype("datetime64[D]").tolist() == [
        date(2020, 1, 7),
        date(2020, 1, 8),
    ]
    assert len(load("hours", Timeframe.HOUR, date(2020, 1, 3))) == 7 + 4
    assert len(load("hours", Timeframe.HOUR, date(2020, 1, 2))) == 7 + 4
    assert load("days", Timeframe.DAY, date(2020, 1, 6)).same(behind)
    with pytest.raises(InvalidValue, match="2020-01-06: the bar of this session is missing"):
        load("days", Timeframe.DAY, date(2020, 1, 5))


def test_a_gap_is_of_the_exchanges_date(tmp_path):
    """Sydney's first hour of 9 January begins on the 8th by UTC: that is a gap behind the 8th."""
    sessions = SessionTable().sessions("ASX", date(2020, 1, 7), date(2020, 1, 10))
    opens = [np.datetime64(session.open.replace(tzinfo=None), "s") for session in sessions]
    stamps = [each + np.timedelta64(30 * n, "m") for each in opens for n in range(12)]
    del stamps[24:26]  # 23:00 and 23:30 on the 8th
    write(tmp_path / "ASX_BHP_30m.parquet", columns_of(days_of(4, 46), np.array(stamps)))

    def load(since):
        source = open_dataset(str(tmp_path), SessionTable(), since=since)
        return source.load(["ASX:BHP"], Timeframe.HOUR)["ASX:BHP"]

    with pytest.raises(InvalidValue, match="2020-01-08T23:00:00Z: the bar of this hour is missing"):
        load(date(2020, 1, 8))
    assert len(load(date(2020, 1, 9))) == 5 + 6


def test_bars_behind_the_last_date_are_not_known(tmp_path):
    """Neither traded nor missed."""
    days = np.array(["2020-01-02", "2020-01-03", "2020-01-07"], dtype="datetime64[D]")
    write(tmp_path / "days" / "NYSE_KO_1d.parquet", columns_of(days_of(1, 3), days))
    half_hours(tmp_path / "hours" / "NYSE_KO_30m.parquet", drop=(20,))

    def load(folder, timeframe, until):
        source = open_dataset(str(tmp_path / folder), SessionTable(), until=until)
        return source.load(["NYSE:KO"], timeframe)["NYSE:KO"]

    assert len(load("days", Timeframe.DAY, date(2020, 1, 3))) == 2
    assert len(load("hours", Timeframe.HOUR, date(2020, 1, 2))) == 7
    assert len(load("hours", Timeframe.HOUR, date(2019, 12, 31))) == 0


def test_a_missing_half_hour_is_told(tmp_path):
    """An hour that cannot be built is missing."""
    half_hours(tmp_path / "NYSE_KO_30m.parquet", drop=(3, 4))

    with pytest.raises(InvalidValue, match="2020-01-02T16:00:00Z: the bar of this hour is missing"):
        open_dataset(str(tmp_path), SessionTable()).load(["NYSE:KO"], Timeframe.HOUR)


@pytest.mark.parametrize("kind", [pa.null(), pa.float64(), pa.int64()], ids=str)
def test_a_volume_that_nobody_wrote_down_is_none(tmp_path, kind):
    """Of an index nothing is traded; a price that is not there is missing."""
    bars = days_of(1, 30)
    nothing = pa.array([None] * 30, kind)
    write(tmp_path / "a" / "NYSE_KO_1d.parquet", columns_of(bars) | {"volume": nothing})
    write(tmp_path / "b" / "NYSE_KO_1d.parquet", columns_of(bars) | {"open": nothing})

    found = open_dataset(str(tmp_path / "a")).load(["NYSE:KO"], Timeframe.DAY)["NYSE:KO"]
    assert found.volume.tolist() == [0.0] * 30
    with pytest.raises(InvalidValue, match="NYSE:KO at 2020-01-02: open is missing"):
        open_dataset(str(tmp_path / "b")).load(["NYSE:KO"], Timeframe.DAY)


@pytest.mark.parametrize("kind", [pa.float32(), pa.decimal128(9, 2)], ids=str)
def test_a_price_is_the_decimal_that_was_meant(tmp_path, kind):
    """The binary noise of a narrow float is not part of the price."""
    bars = days_of(1, 30)
    columns = columns_of(bars) | {
        name: pa.array(getattr(bars, name)).cast(kind, safe=False)
        for name in ("open", "high", "low", "close")
    }
    write(tmp_path / "NYSE_KO_1d.parquet", columns)
    found = open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)["NYSE:KO"]

    assert np.round(bars.close, 2).tolist() == found.close.tolist()


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"ts": [1]}, "no column 'open'; expected ticker or symbol, ts, open"),
        (
            {"ts": [date(2020, 1, 2)], **{name: [1.0] for name in PRICES if name != "volume"}},
            "no column 'volume'; expected ticker or symbol, ts, open",
        ),
        (
            {"ts": [1], "close": [1.0], "Close": [2.0]},
            "each of 'close', 'Close' may be 'close'; leave one out",
        ),
        (
            {"ts": ["2020"], **{name: [1.0] for name in PRICES}},
            "ts is of type string, expected a date",
        ),
        (
            {"ts": [date(2020, 1, 2)], **{name: ["x"] for name in PRICES}},
            "open is of type string, expected numbers",
        ),
    ],
    ids=["column", "volume", "two of a name", "stamp", "price"],
)
def test_columns_that_are_no_bars_are_told(tmp_path, columns, told):
    """The file, the column, and what was expected."""
    write(tmp_path / "NYSE_KO_1d.parquet", columns)

    with pytest.raises(StorageError, match=told):
        open_dataset(str(tmp_path)).load(["NYSE:KO"], Timeframe.DAY)


@pytest.mark.parametrize(
    ("place", "told"),
    [("nowhere", "no such file or folder"), ("", "holds no .parquet file"), ("ftp://x/y", "URI")],
)
def test_a_dataset_that_is_none_is_told(tmp_path, place, told):
    """Before anything is worked on."""
    location = place if "://" in place else str(tmp_path / place)
    with pytest.raises(ConfigError, match=told):
        open_dataset(location)


def test_rubbish_is_told(tmp_path):
    """A file that only is called so."""
    (tmp_path / "NYSE_KO_1d.parquet").write_bytes(b"ts,open\n" * 50)

    with pytest.raises(StorageError, match=r"NYSE_KO_1d\.parquet: not a readable Parquet file"):
        open_dataset(str(tmp_path))


def test_real_large_caps_are_read():
    """A year of 346 stocks in one file."""
    path = DATASETS / "daily" / "us_large_caps_2009_2010.parquet"
    if not path.exists():
        pytest.skip("the shared market data is not here")
    source = open_dataset(str(path))
    loaded = source.load(source.tickers(), Timeframe.DAY)

    assert len(loaded) == 346
    assert sum(len(bars) for bars in loaded.values()) == 80_630
