"""Files of other sources: which column is which, what a time means, and what is refused."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.imports.bar_table import BarTable, Hints, read_bar_table
from adapters.imports.columns import choose_columns, typed_columns
from adapters.imports.sizes import DAY, size_of
from adapters.imports.stamps import Kind, read_stamps
from sellcore.errors import ConfigError, InvalidValue

HERE = Path("bars.csv")
HEAD = "Date,Open,High,Low,Close,Adj Close,Volume\n"
ROWS = "2022-05-19,10,11,9,10.5,5.25,100\n2022-05-20,10.5,12,10,11,5.5,200\n"
MSFT = Hints(ticker="NASDAQ:MSFT")
NEW_YORK = ZoneInfo("America/New_York")


def a_file(folder: Path, text: str | bytes, name: str = "bars.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def read(folder: Path, text: str, hints: Hints = MSFT, name: str = "bars.csv") -> BarTable:
    return read_bar_table(a_file(folder, text, name), hints)


def refused(folder: Path, text: str | bytes, hints: Hints = MSFT, name: str = "bars.csv") -> str:
    with pytest.raises(ConfigError) as error:
        read_bar_table(a_file(folder, text, name), hints)
    message = str(error.value)
    assert name in message
    assert "\n" not in message
    return message.partition(f"{name}: ")[2]


@pytest.mark.parametrize(
    ("header", "chosen"),
    [
        ("ts,open,high,low,close,volume", "ts,open,high,low,close,volume"),
        ("Date,Open,High,Low,Close,Adj Close,Volume", "Date,Open,High,Low,Close,Volume"),
        ("Adj Close,CLOSE,LOW,HIGH,OPEN,TIMESTAMP", "TIMESTAMP,OPEN,HIGH,LOW,CLOSE"),
        ("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>",
         "<DATE>+<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>"),
        ("Time,Open,High,Low,Close,Date", "Date+Time,Open,High,Low,Close"),
        ("timestamp,1. open,2. high,3. low,4. close,5. volume",
         "timestamp,1. open,2. high,3. low,4. close,5. volume"),
        ("symbol,datetime,o,h,l,c,v", "datetime,o,h,l,c,v,symbol"),
    ],
)  # fmt: skip
def test_columns_are_guessed_by_their_names(header: str, chosen: str) -> None:
    """In any case, order and spelling that sources use; an adjusted close is never the close."""
    found = choose_columns(HERE, header.split(","), {})

    assert ",".join(found.names.values()) == chosen
    assert found.guessed is (header != "ts,open,high,low,close,volume")


def test_a_column_that_is_named_wins_over_a_guess() -> None:
    """Who wants adjusted closes has to say so."""
    given = typed_columns("close=Adj Close, ts=Date")
    found = choose_columns(HERE, HEAD.strip().split(","), given)

    assert found.names["close"] == "Adj Close"
    assert found.names["open"] == "Open"
    assert not found.guessed


@pytest.mark.parametrize(
    ("header", "given", "said"),
    [
        ("Date,Open,High,Low,Adj Close", None, "no column is known to be 'close'; found 'Date'"),
        ("Date,timestamp,o,h,l,c", None, "each of 'Date', 'timestamp' may be 'ts'"),
        ("Date,Open,open,High,Low,Close", None, "each of 'Open', 'open' may be 'open'"),
        ("Date,Open,High,Low,Close", "close=Last", "no column 'Last'; found 'Date', 'Open'"),
        ("Date,Open,High,Low,Close,Close", "close=Close", "more than one column 'Close'"),
        ("", None, "line 1 is empty; give a file with column names and bars"),
        ("x" * 500, None, "...; rename it, or name it with 'sellcli import --columns ts=NAME'"),
    ],
)
def test_columns_that_cannot_be_told_are_refused(header: str, given: str | None, said: str) -> None:
    """The message shows what there is, and how to name what is missing."""
    with pytest.raises(ConfigError) as error:
        choose_columns(HERE, header.split(","), typed_columns(given))
    assert said in str(error.value)
    assert len(str(error.value)) < 300


@pytest.mark.parametrize("text", ["Date", "ts", "when=Date", "ts=", "ts=Date,,", ""])
def test_columns_that_are_typed_wrong_are_refused(text: str) -> None:
    """The form is ROLE=NAME, with a role that there is."""
    with pytest.raises(ConfigError, match=r"is not ROLE=NAME, e\.g\. ts=Date; a role is one of"):
        typed_columns(text)


OPEN = int(datetime(2022, 5, 20, 13, 30, tzinfo=UTC).timestamp())


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        ("2022-05-20T13:30:00Z", Kind.INSTANT),
        ("2022-05-20 09:30:00-04:00", Kind.INSTANT),
        ("2022-05-20 09:30", Kind.WALL),
        ("20220520 0930", Kind.WALL),
        (OPEN, Kind.INSTANT),
        (str(OPEN * 1000), Kind.INSTANT),
        (float(OPEN), Kind.INSTANT),
        (datetime(2022, 5, 20, 9, 30), Kind.WALL),
    ],
)
def test_a_time_is_read_in_every_form_that_says_what_it_is(value: object, kind: Kind) -> None:
    """ISO 8601, or a count since 1970; a time without a zone is in the one that was named."""
    found = read_stamps(HERE, [value], [2], None, NEW_YORK)

    assert (found.kind, found.instant.tolist()) == (kind, [OPEN])


@pytest.mark.parametrize("value", ["2022-05-20", "20220520", date(2022, 5, 20)])
def test_a_date_is_no_time(value: object) -> None:
    """It names a session, in whatever zone."""
    found = read_stamps(HERE, [value], [2], None, None)

    assert found.kind is Kind.DATE
    assert found.wall.tolist() == [OPEN // 86_400 * 86_400]


def test_a_form_of_ones_own_can_be_named() -> None:
    """Month before day is no guess to make: it is said."""
    dates = read_stamps(HERE, ["05/20/2022"], [2], "%m/%d/%Y", None)
    times = read_stamps(HERE, ["20.05.2022 09:30"], [2], "%d.%m.%Y %H:%M", NEW_YORK)

    assert (dates.kind, dates.wall.tolist()) == (Kind.DATE, [OPEN // 86_400 * 86_400])
    assert (times.kind, times.instant.tolist()) == (Kind.WALL, [OPEN])


def test_a_form_that_is_all_digits_is_not_taken_for_seconds() -> None:
    """2205201330 is a second of 2039 as well; who names a form has said that it is none."""
    stamps = read_stamps(HERE, ["2205200930"], [2], "%y%m%d%H%M", NEW_YORK)

    assert stamps.instant.tolist() == [OPEN]


@pytest.mark.parametrize("value", ["05/20/2022", "", None, "n/a", "99999999999999999999", "-5"])
def test_what_is_no_time_is_refused_with_its_line(value: object) -> None:
    """A form that could be read two ways is not read at all."""
    with pytest.raises(ConfigError, match=r"bars\.csv: line 7: ts '.*' is not ISO 8601"):
        read_stamps(HERE, [value], [7], None, None)


@pytest.mark.parametrize(
    "second", ["2022-05-20 14:00", "2022-05-20", "20220520", datetime(2022, 5, 20, 14)]
)
def test_zones_that_are_mixed_are_refused_with_the_line(second: object) -> None:
    """Where one time has its zone and the next has none, nobody knows what is meant."""
    with pytest.raises(ConfigError, match=r"line 3: ts .* is a.*, .* on line 2 is a time with its"):
        read_stamps(HERE, ["2022-05-20T13:30:00Z", second], [2, 3], None, NEW_YORK)
    with pytest.raises(ConfigError, match=r"line 9: ts .* is a.*, '.*:30:00Z' on line 4 is a time"):
        read_stamps(HERE, ["2022-05-20T13:30:00Z"] * 2 + [second], [4, 7, 9], None, NEW_YORK)


@given(
    minutes=st.sampled_from([1, 2, 3, 5, 10, 15, 30]),
    slots=st.sets(st.integers(0, 12), min_size=4),
)
def test_the_size_of_bars_is_told_by_their_times(minutes: int, slots: set[int]) -> None:
    """The usual step between bars of one day is how long they are, gaps or not."""
    whole = np.arange(13) * minutes * 60 + OPEN
    holes = np.array(sorted(slots)) * minutes * 60 + OPEN + 86_400

    assert size_of(np.append(whole, holes)) == minutes * 60


def test_bars_a_day_apart_are_days() -> None:
    """Weekends, and an hour more or less where clocks change, are no matter."""
    assert size_of(np.array([0, 86_400, 4 * 86_400 - 3600, 5 * 86_400])) == DAY


@pytest.mark.parametrize(
    ("minutes", "said"),
    [
        ([0, 30, 90, 150, 210], "60 minutes apart; hours are built from bars of 30 minutes"),
        ([0, 240, 480], "240 minutes apart"),
        ([0, 7, 14, 21], "its bars are 420 seconds apart"),
        ([0, 5, 10, 11, 16], "60 to 300 seconds apart"),
        ([0], "a single bar does not tell how long it is"),
    ],
)
def test_sizes_that_no_half_hour_is_made_of_are_refused(minutes: list[int], said: str) -> None:
    """Hours, of which the first is half a one as brokers cut them, are not taken for halves."""
    with pytest.raises(InvalidValue, match=said):
        size_of(np.array(minutes) * 60 + OPEN)


def test_a_daily_file_is_read_as_it_stands(tmp_path: Path) -> None:
    """Dates, prices and volumes, each on its line."""
    (bars,) = read(tmp_path, HEAD + ROWS).bars

    assert (bars.ticker, bars.seconds) == ("NASDAQ:MSFT", DAY)
    assert (bars.close.tolist(), bars.volume.tolist()) == ([10.5, 11.0], [100.0, 200.0])
    assert bars.line.tolist() == [2, 3]
    assert bars.stamp.tolist() == [OPEN // 86_400 * 86_400 - 86_400, OPEN // 86_400 * 86_400]


def test_the_name_of_a_file_tells_ticker_and_size(tmp_path: Path) -> None:
    """As in a data folder; a single bar is enough then."""
    text = "ts,open,high,low,close,volume\n2022-05-20T13:30:00Z,1,1,1,1,\n"
    (other,) = read(tmp_path, text, Hints(), "NYSE_BRK_B_5m.csv").bars
    (bars,) = read(tmp_path, text, Hints(), "NYSE_BRK B_5m.csv").bars

    assert other.ticker == "NYSE:BRK_B"
    assert (bars.ticker, bars.seconds, bars.volume.tolist()) == ("NYSE:BRK B", 300, [0.0])


def test_one_file_may_hold_many_tickers(tmp_path: Path) -> None:
    """Each has its own rows, in order for itself; bare symbols need an exchange."""
    text = (
        "symbol,date,open,high,low,close\n"
        "KO,2022-05-19,1,1,1,1\nNASDAQ:MSFT,2022-05-19,2,2,2,2\n"
        "KO,2022-05-20,3,3,3,3\nNASDAQ:MSFT,2022-05-20,4,4,4,4\n"
    )
    table = read(tmp_path, text, Hints(exchange="nyse"))

    assert {bars.ticker: bars.close.tolist() for bars in table.bars} == {
        "NYSE:KO": [1.0, 3.0],
        "NASDAQ:MSFT": [2.0, 4.0],
    }
    assert "ticker 'KO' names no exchange" in refused(tmp_path, text, Hints())


def test_times_at_which_bars_end_can_be_told(tmp_path: Path) -> None:
    """A stamp is a start, unless it is said to be an end."""
    text = "ts,open,high,low,close\n2022-05-20T14:00Z,1,1,1,1\n2022-05-20T14:30Z,2,2,2,2\n"
    (bars,) = read(tmp_path, text, Hints(ticker="NASDAQ:MSFT", ends=True)).bars

    assert bars.stamp.tolist() == [OPEN, OPEN + 1800]


def test_daily_times_are_dates_where_they_show_midnight(tmp_path: Path) -> None:
    """Else it has to be said on whose calendar they are: midnight elsewhere is another day."""
    rows = ",1,1,1,1\n"
    here = "ts,open,high,low,close\n2022-05-20 00:00:00-04:00" + rows
    there = "ts,open,high,low,close\n2022-05-20T04:00:00Z" + rows
    hints = Hints(ticker="NASDAQ:MSFT", size="1d")
    zoned = Hints(ticker="NASDAQ:MSFT", size="1d", zone=NEW_YORK)

    for text, said in ((here, hints), (there, zoned)):
        (bars,) = read(tmp_path, text, said).bars
        assert bars.stamp.tolist() == [OPEN // 86_400 * 86_400]
    assert "its daily bars have times of day" in refused(tmp_path, there, hints)


@pytest.mark.parametrize("kind", [pa.float32(), pa.float64()])
def test_parquet_is_read_like_csv(kind: pa.DataType, tmp_path: Path) -> None:
    """Prices are the decimals that were meant, times the instants that were."""
    moments = [datetime(2022, 5, 20, 13, 30) + timedelta(minutes=30 * n) for n in range(3)]
    columns = {
        "time": pa.array(moments, pa.timestamp("us", "UTC")),
        **{
            name: pa.array([100.1, 100.2, 100.3], kind) for name in ("open", "high", "low", "close")
        },
        "volume": pa.array([5, None, 7], pa.int64()),
    }
    path = tmp_path / "bars.parquet"
    pq.write_table(pa.table(columns), path)

    (bars,) = read_bar_table(path, MSFT).bars

    assert bars.stamp.tolist() == [OPEN, OPEN + 1800, OPEN + 3600]
    assert (bars.close.tolist(), bars.volume.tolist()) == ([100.1, 100.2, 100.3], [5.0, 0.0, 7.0])


def test_parquet_times_without_a_zone_need_one(tmp_path: Path) -> None:
    """The file's clock may be anyone's."""
    moments = [datetime(2022, 5, 20, 9, 30), datetime(2022, 5, 20, 10)]
    table = {
        "time": pa.array(moments, pa.timestamp("ns")),
        **{name: [1.0, 2.0] for name in ("open", "high", "low", "close")},
    }
    path = tmp_path / "bars.parquet"
    pq.write_table(pa.table(table), path)

    with pytest.raises(ConfigError, match="its times have no zone; name it"):
        read_bar_table(path, MSFT)
    (bars,) = read_bar_table(path, Hints(ticker="NASDAQ:MSFT", zone=NEW_YORK)).bars
    assert bars.stamp.tolist() == [OPEN, OPEN + 1800]


def test_semicolons_and_tabs_part_columns_as_well(tmp_path: Path) -> None:
    """What stands between the names stands between the values."""
    for separator in (";", "\t", "|"):
        table = read(tmp_path, (HEAD + ROWS).replace(",", separator))
        assert table.bars[0].close.tolist() == [10.5, 11.0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1 is empty; give a file with column names and bars"),
        (HEAD, "holds no bar below its column names"),
        (HEAD + ROWS + "2022-05-18,1,1,1,1,1,1\n", "line 4: this ts lies before that of line 3"),
        (HEAD + ROWS + "2022-05-20,1,1,1,1,1,1\n", "line 4: this ts stands on line 3 as well"),
        (HEAD + ROWS + "2022-05-23,1,1,1,-1,1,1\n", "line 4: close '-1' is not a price above zero"),
        (HEAD + ROWS + "2022-05-23,1,1,0,1,1,1\n", "line 4: low '0' is not a price above zero"),
        (HEAD + ROWS + "2022-05-23,1,nan,1,1,1,1\n", "line 4: high 'nan' is not a price"),
        (HEAD + ROWS + "2022-05-23,,1,1,1,1,1\n", "line 4: open '' is not a price above zero"),
        (HEAD + ROWS + "2022-05-23,inf,1,1,1,1,1\n", "line 4: open 'inf' is not a price above"),
        (HEAD + ROWS + "2022-05-23,1,1,1,1,1,-7\n", "line 4: volume '-7' is not a number, zero"),
        (HEAD + ROWS + "2022-05-23,1,1\n", "line 4: 3 columns, expected 7"),
        (HEAD + ROWS + "tomorrow,1,1,1,1,1,1\n", "line 4: ts 'tomorrow' is not ISO 8601"),
        (HEAD + "\n" + ROWS + ",,,,,,\ntomorrow,1,1,1,1,1,1\n", "line 6: ts 'tomorrow' is not"),
        (bytes(range(256)) * 20, "not a CSV file in UTF-8"),
        (b"\x00\x01\x02,\x03\n" * 20, "not a CSV file in UTF-8"),
        (b"PK\x03\x04" + bytes(200), "not a CSV file in UTF-8"),
    ],
)  # fmt: skip
def test_bad_input_is_one_line_with_file_and_row(
    text: str | bytes, said: str, tmp_path: Path
) -> None:
    """Unsorted, twice, negative, none, no number, no text at all: said where, and nothing used."""
    assert said in refused(tmp_path, text)


def test_rubbish_with_the_name_of_a_parquet_file_is_refused(tmp_path: Path) -> None:
    """Neither an empty file nor one of another kind is a table."""
    for content in (b"", b"PAR1" + bytes(100) + b"PAR1", b"ts,open\n"):
        assert "not a readable Parquet file" in refused(tmp_path, content, name="bars.parquet")


@pytest.mark.parametrize(
    ("name", "hints", "said"),
    [
        ("bars.csv", Hints(), "whose bars are these? give --ticker EXCHANGE:SYMBOL"),
        ("bars.xlsx", MSFT, "its name ends with none of .csv, .txt, .tsv, .parquet"),
        ("NASDAQ_MSFT_30m.csv", Hints(), "bars of 30m with dates for times"),
        ("bars.csv", Hints(ticker="NASDAQ:MSFT", size="5m"), "bars of 5m with dates for times"),
        ("_MSFT_1d.csv", Hints(), "ticker ':MSFT' is not EXCHANGE:SYMBOL"),
    ],
)
def test_files_that_do_not_say_what_they_hold_are_refused(
    name: str, hints: Hints, said: str, tmp_path: Path
) -> None:
    """Whose bars, and how long they are, is never assumed."""
    assert said in refused(tmp_path, HEAD + ROWS, hints, name)


def test_times_without_a_zone_are_refused(tmp_path: Path) -> None:
    """Half past nine is another instant in each city."""
    text = "ts,open,high,low,close\n2022-05-20 09:30,1,1,1,1\n2022-05-20 10:00,1,1,1,1\n"

    assert "its times have no zone; name it" in refused(tmp_path, text)
    ends = Hints(ticker="NASDAQ:MSFT", ends=True)
    assert "its times have no zone; name it" in refused(tmp_path, text, ends)


def test_one_ticker_for_a_file_of_many_is_refused(tmp_path: Path) -> None:
    """Else two holdings would become one."""
    text = "symbol,date,open,high,low,close\nA,2022-05-19,1,1,1,1\nB,2022-05-20,1,1,1,1\n"

    assert "its column of tickers names 2 of them" in refused(tmp_path, text)


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    """So is a folder."""
    for path in (tmp_path / "nowhere.csv", tmp_path / "nowhere.parquet"):
        with pytest.raises(ConfigError) as raised:
            read_bar_table(path, MSFT)
        assert str(raised.value) == f"{path}: no such file or directory; check the path"
    for name in ("folder.csv", "folder.parquet"):
        (tmp_path / name).mkdir()
        with pytest.raises(ConfigError) as raised:
            read_bar_table(tmp_path / name, MSFT)
        assert str(raised.value) == f"{tmp_path / name}: is a directory; give the files in it"


def test_daily_times_fall_on_the_date_that_the_named_zone_shows(tmp_path: Path) -> None:
    """An evening in New York is the next day in London: the zone that was said counts."""
    text = "ts,open,high,low,close\n2022-05-19T20:00:00-04:00,1,1,1,1\n"
    hints = Hints(ticker="NASDAQ:MSFT", size="1d", zone=NEW_YORK)

    (bars,) = read(tmp_path, text, hints).bars

    assert bars.stamp.tolist() == [OPEN // 86_400 * 86_400 - 86_400]


def test_a_clock_of_twelve_hours_tells_times_and_not_dates() -> None:
    """Half past nine in the morning and in the evening are two times of one day."""
    texts = ["05/20/2022 09:30 AM", "05/20/2022 09:30 PM"]

    found = read_stamps(HERE, texts, [2, 3], "%m/%d/%Y %I:%M %p", NEW_YORK)

    assert (found.kind, found.instant.tolist()) == (Kind.WALL, [OPEN, OPEN + 43_200])


@pytest.mark.parametrize("text", ["100,50", "1,100.50", "$100.50", "1 000"])
def test_numbers_of_another_country_are_refused_with_what_to_write(
    tmp_path: Path, text: str
) -> None:
    """A comma may part thousands or decimals: it is not guessed, and the line says how."""
    table = (HEAD + ROWS).replace(",", ";") + f"2022-05-23;{text};1;1;1;1;1\n"

    said = refused(tmp_path, table)

    assert f"line 4: open {text!r} is not a price above zero; write it with digits" in said


@pytest.mark.parametrize("name", ["spy_1d.csv", "G_1d.csv", "my_own_bars_1d.csv"])
def test_a_ticker_that_is_given_needs_no_name_of_a_file(tmp_path: Path, name: str) -> None:
    """Whatever the file is called, what it ends with still says how long its bars are."""
    one_day = HEAD + ROWS.splitlines()[0] + "\n"

    (bars,) = read(tmp_path, one_day, Hints(ticker="NASDAQ:MSFT"), name=name).bars
    with_times = one_day.replace("2022-05-19", "2022-05-19T13:30:00Z")
    other = refused(tmp_path, with_times, Hints(ticker="NASDAQ:MSFT"), name=name)

    assert (bars.ticker, bars.seconds) == ("NASDAQ:MSFT", DAY)
    assert "its daily bars have times of day" in other
    assert "name it EXCHANGE_SYMBOL_1d" in refused(tmp_path, one_day, Hints(), name="G_1d.csv")


def test_a_list_is_no_price(tmp_path: Path) -> None:
    """A column of Parquet that holds lists is refused by its row."""
    columns = {name: pa.array([1.0]) for name in ("open", "high", "low")}
    path = tmp_path / "bars.parquet"
    pq.write_table(
        pa.table({"ts": pa.array([date(2022, 5, 20)]), **columns, "close": pa.array([[1.0]])}), path
    )

    with pytest.raises(ConfigError, match=r"line 1: close \[1\.0\] is not a price above zero"):
        read_bar_table(path, MSFT)


@pytest.mark.parametrize("kind", [pa.timestamp("s"), pa.date32()], ids=str)
def test_a_time_that_no_calendar_has_is_refused(kind: pa.DataType, tmp_path: Path) -> None:
    """Thousandths that are called seconds lie millions of years ahead."""
    days = pa.array([2**30 if kind == pa.date32() else 2**47]).cast(
        pa.int32() if kind == pa.date32() else pa.int64()
    )
    prices = {name: [1.0] for name in ("open", "high", "low", "close")}
    path = tmp_path / "bars.parquet"
    pq.write_table(pa.table({"ts": days.cast(kind), **prices}), path)

    with pytest.raises(ConfigError, match=r"bars\.parquet: holds what cannot be read: .*; correct"):
        read_bar_table(path, MSFT)


def test_tickers_in_bytes_are_text(tmp_path: Path) -> None:
    """Some writers do not mark text as such."""
    prices = {name: [1.0] for name in ("open", "high", "low", "close")}
    path = tmp_path / "bars.parquet"
    stamps = pa.array([date(2022, 5, 20)])
    pq.write_table(pa.table({"ts": stamps, **prices, "symbol": [b"NYSE:KO"]}), path)

    assert [bars.ticker for bars in read_bar_table(path, Hints(size="1d")).bars] == ["NYSE:KO"]


@pytest.mark.parametrize(
    ("size", "stamps"),
    [
        ("1d", ("2022-05-20 09:30", "2022-05-20 10:00")),
        ("30m", ("2022-05-19 09:30", "2022-05-20 09:30")),
    ],
    ids=["half hours", "days"],
)
def test_a_size_that_the_times_deny_is_refused(
    tmp_path: Path, size: str, stamps: tuple[str, str]
) -> None:
    """Hinted or named: bars half an hour apart are no days, and days are no half hours."""
    text = "ts,open,high,low,close\n" + "".join(f"{stamp},1,1,1,1\n" for stamp in stamps)

    hints = Hints(ticker="NASDAQ:MSFT", size=size, zone=NEW_YORK)
    named = Hints(zone=NEW_YORK)

    assert f"its bars are not of {size}, by their times" in refused(tmp_path, text, hints)
    name = f"NASDAQ_MSFT_{size}.csv"
    assert f"its bars are not of {size}, by their times" in refused(tmp_path, text, named, name)


def test_a_size_that_is_told_goes_before_the_name(tmp_path: Path) -> None:
    """Whoever says how long bars are has looked at them."""
    text = "ts,open,high,low,close\n2022-05-19T13:30:00Z,1,1,1,1\n2022-05-19T13:45:00Z,1,1,1,1\n"

    table = read(tmp_path, text, Hints(size="15m"), "NASDAQ_MSFT_30m.csv")

    assert [bars.seconds for bars in table.bars] == [900]


def test_the_zone_of_times_is_told_by_its_name(tmp_path: Path) -> None:
    """What was taken for granted stands in the answer; what stands in the file needs no name."""
    wall = "ts,open,high,low,close\n2022-05-19 09:30,1,1,1,1\n2022-05-19 10:00,1,1,1,1\n"
    zoned = wall.replace(" 09:30", "T13:30:00Z").replace(" 10:00", "T14:00:00Z")
    hints = Hints(ticker="NASDAQ:MSFT", zone=NEW_YORK)

    assert read(tmp_path, wall, hints).zone == "America/New_York"
    assert read(tmp_path, zoned, hints).zone == "as written"
    assert read(tmp_path, HEAD + ROWS).zone == "dates"


def test_daily_bars_stamped_at_their_close_by_the_clock_are_of_that_date(tmp_path: Path) -> None:
    """A time without a zone shows its date itself."""
    text = "ts,open,high,low,close\n2022-05-19 16:00,1,1,1,1\n2022-05-20 16:00,1,1,1,1\n"

    table = read(tmp_path, text, Hints(ticker="NASDAQ:MSFT", size="1d"))

    (bars,) = table.bars
    friday = OPEN // 86_400 * 86_400
    assert bars.stamp.tolist() == [friday - 86_400, friday]


def test_a_mark_of_byte_order_is_no_part_of_a_name(tmp_path: Path) -> None:
    """Spreadsheets put one before the first column."""
    path = a_file(tmp_path, b"\xef\xbb\xbf" + (HEAD + ROWS).encode())

    assert read_bar_table(path, MSFT).columns.names["ts"] == "Date"


def test_what_parts_the_columns_is_told_by_their_names(tmp_path: Path) -> None:
    """Commas in a note part nothing, however many there are."""
    text = "Date;Open;High;Low;Close;Note\n2022-05-20;1;1;1;1;a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p\n"

    (bars,) = read(tmp_path, text).bars

    assert bars.close.tolist() == [1.0]


def test_parts_of_a_second_are_left_out() -> None:
    """A bar that is stamped with the last thousandth of its minute belongs to that minute."""
    stamps = read_stamps(HERE, ["1652967059999", "1652967119999"], [2, 3], None, None)

    assert stamps.instant.tolist() == [1_652_967_059, 1_652_967_119]


def test_seconds_of_a_time_are_kept() -> None:
    """On the clock as well as in UTC."""
    stamps = read_stamps(HERE, ["2022-05-19T13:30:45Z"], [2], None, None)

    assert stamps.wall.tolist() == stamps.instant.tolist() == [1_652_967_045]


def test_blanks_around_a_ticker_are_none_of_it(tmp_path: Path) -> None:
    """Tables for people are filled up with them."""
    text = "symbol,ts,open,high,low,close\n MSFT ,2022-05-19,1,1,1,1\nMSFT,2022-05-20,1,1,1,1\n"

    table = read(tmp_path, text, Hints(exchange="NASDAQ"))

    assert [(bars.ticker, len(bars.stamp)) for bars in table.bars] == [("NASDAQ:MSFT", 2)]


def test_bars_further_apart_than_their_name_says_are_refused(tmp_path: Path) -> None:
    """Hours in a file that is named for half hours would pass for every second one of them."""
    text = "ts,open,high,low,close\n2022-05-19T13:30:00Z,1,1,1,1\n2022-05-19T14:30:00Z,1,1,1,1\n"

    message = refused(tmp_path, text, MSFT, "NASDAQ_MSFT_30m.csv")

    assert message.startswith("its bars are 60 minutes apart, and it is named for bars of 30m")


def test_bars_further_apart_than_is_said_are_as_long_as_is_said(tmp_path: Path) -> None:
    """What the refusal of a name tells to say is taken: of a thin stock most half hours lack."""
    text = "ts,open,high,low,close\n2022-05-19T13:30:00Z,1,1,1,1\n2022-05-19T14:30:00Z,1,1,1,1\n"

    table = read(tmp_path, text, Hints(size="30m"), "NASDAQ_MSFT_30m.csv")

    assert [bars.seconds for bars in table.bars] == [1800]
