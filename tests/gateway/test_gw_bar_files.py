"""The data folder: names, formats, and what is wrong in a file, with its line."""

import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from adapters.gateway.bar_files import BarFile, FileSize, list_folder, read_file
from sellcore.errors import ConfigError

HEAD = "ts,open,high,low,close,volume\n"
ROW = "2022-05-20T13:30:00Z,10,11,9,10.5,100\n"


def a_file(folder: Path, text: str, name: str = "NASDAQ_MSFT_30m.csv") -> BarFile:
    (folder / name).write_text(text, encoding="utf-8")
    (file,) = list_folder(folder)
    return file


@pytest.mark.parametrize(
    ("name", "ticker", "size"),
    [
        ("NASDAQ_MSFT_30m.csv", "NASDAQ:MSFT", FileSize.HALF_HOUR),
        ("NYSE_BRK B_1d.parquet", "NYSE:BRK B", FileSize.DAY),
        ("NYSE_A_B_1m.csv", "NYSE:A_B", FileSize.MINUTE),
        ("ARCA_SP-Y.5m_5m.csv", "ARCA:SP-Y.5M", FileSize.FIVE_MINUTES),
        ("TSE_ÄÖ_5m.csv", "TSE:ÄÖ", FileSize.FIVE_MINUTES),
    ],
)
def test_name_tells_ticker_and_size(tmp_path: Path, name: str, ticker: str, size: FileSize) -> None:
    """Everything between the first and the last underscore is the symbol."""
    (tmp_path / name).touch()
    (tmp_path / "README.md").touch()

    assert list_folder(tmp_path) == [BarFile(tmp_path / name, ticker, size)]


@pytest.mark.parametrize(
    "stamp",
    [
        "2022-05-20T13:30:00Z",
        "2022-05-20 13:30:00+00:00",
        "2022-05-20T15:30:00+02:00",
        "2022-05-20T13:30:00",
        "2022-05-20T13:30Z",
    ],
)
def test_time_is_read_in_every_iso_form(tmp_path: Path, stamp: str) -> None:
    """A time without a zone is in UTC."""
    bars = read_file(a_file(tmp_path, f"{HEAD}{stamp},10,11,9,10.5,100\n"))

    assert bars.stamp.tolist() == [int(datetime(2022, 5, 20, 13, 30, tzinfo=UTC).timestamp())]
    assert bars.close.tolist() == [10.5]


def test_rows_come_out_in_order_whatever_the_columns_are(tmp_path: Path) -> None:
    """Columns are found by name, rows are sorted, a missing volume is none, BOM or not."""
    text = (
        "\ufeffvolume,TS,close,open,high,low,note\n"
        ",2022-05-20T14:00:00Z,2,2,2,2,x\n5,2022-05-20T13:30:00Z,1,1,1,1,\n\n"
    )

    bars = read_file(a_file(tmp_path, text))

    assert bars.close.tolist() == [1.0, 2.0]
    assert bars.volume.tolist() == [5.0, 0.0]


def test_days_are_dates(tmp_path: Path) -> None:
    """A daily file holds dates, with or without a time behind them."""
    text = f"{HEAD}2022-05-19,1,1,1,1,1\n2022-05-20T00:00:00Z,2,2,2,2,1\n"

    bars = read_file(a_file(tmp_path, text, "NASDAQ_MSFT_1d.csv"))

    assert bars.stamp.tolist() == [date(2022, 5, d).toordinal() for d in (19, 20)]


@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.decimal128(10, 4), pa.string()])
@pytest.mark.parametrize("zone", [None, "UTC", "America/New_York"])
@pytest.mark.parametrize("unit", ["s", "us", "ns"])
def test_parquet_holds_the_same_as_csv(
    tmp_path: Path, kind: pa.DataType, zone: str | None, unit: str
) -> None:
    """Any number type, zones or none; a float32 is the decimal that was meant."""
    moment = datetime(2022, 5, 20, 13, 30, tzinfo=UTC)
    stamps = pa.array([moment], pa.timestamp(unit, "UTC")).cast(pa.timestamp(unit, zone))
    prices = pa.array(["281.37"]).cast(kind)
    columns = dict.fromkeys(("open", "high", "low", "close"), prices)
    table = pa.table({"ts": stamps, **columns, "volume": pa.array([100])})
    pq.write_table(table, tmp_path / "NASDAQ_MSFT_30m.parquet")
    (file,) = list_folder(tmp_path)

    bars = read_file(file)

    assert bars.stamp.tolist() == [int(moment.timestamp())]
    assert bars.close.tolist() == [281.37]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["line 1", "'ts'"]),
        ("ts,open,high,low,close\n", ["line 1", "'volume'"]),
        (HEAD + ROW + "2022-05-20T14:00:00Z,10,11\n", ["line 3", "3 columns", "6"]),
        (HEAD + "yesterday,10,11,9,10,1\n", ["line 2", "'yesterday'", "ISO 8601"]),
        (HEAD + "2022-05-20,10,11,9,10,1\n", ["line 2", "'2022-05-20'", "instant"]),
        (HEAD + ROW + "\n2022-05-20T14:00:00Z,10,11,9,abc,1\n", ["line 4", "close 'abc'"]),
        (HEAD + "2022-05-20T14:00:00Z,0,11,9,10,1\n", ["line 2", "open '0'", "above zero"]),
        (HEAD + "2022-05-20T14:00:00Z,1,nan,9,10,1\n", ["line 2", "high 'nan'"]),
        (HEAD + "2022-05-20T14:00:00Z,1,1,1,1,-5\n", ["line 2", "volume '-5'"]),
        (HEAD + ROW + ROW, ["line 3", "twice"]),
    ],
)
def test_mistake_is_named_with_file_and_line(tmp_path: Path, text: str, words: list[str]) -> None:
    """One line: which file, which line, what was met."""
    with pytest.raises(ConfigError) as caught:
        read_file(a_file(tmp_path, text))

    line = str(caught.value)
    assert "\n" not in line
    assert [word for word in ["NASDAQ_MSFT_30m.csv", *words] if word not in line] == []


@pytest.mark.parametrize("name", ["NASDAQ_MSFT_30m.parquet", "NASDAQ_MSFT_30m.csv"])
def test_binary_noise_is_named(tmp_path: Path, name: str) -> None:
    """A file that is not what its name says is one line too."""
    (tmp_path / name).write_bytes(b"\x00\xff\xfe\x80" * 20)
    (file,) = list_folder(tmp_path)

    with pytest.raises(ConfigError, match="NASDAQ_MSFT_30m"):
        read_file(file)


def test_folder_must_exist_and_hold_bars(tmp_path: Path) -> None:
    """No folder, an empty folder, and the same series twice are each one line."""
    with pytest.raises(ConfigError, match=r"no such folder; check the path, or give .* --data"):
        list_folder(tmp_path / "nowhere")
    with pytest.raises(ConfigError, match=r"holds no .*; name its files so, or give another"):
        list_folder(tmp_path)
    for name in ("NASDAQ_MSFT_30m.csv", "NASDAQ_MSFT_30m.parquet"):
        (tmp_path / name).touch()
    with pytest.raises(ConfigError, match="same series"):
        list_folder(tmp_path)


def test_parquet_is_read_without_pandas(tmp_path: Path) -> None:
    """Half a second of import time is not spent on a library that is not needed."""
    stamps = pa.array([datetime(2022, 5, 20, 13, 30, tzinfo=UTC)])
    columns = dict.fromkeys(("open", "high", "low", "close", "volume"), pa.array([1.0]))
    pq.write_table(pa.table({"ts": stamps, **columns}), tmp_path / "NASDAQ_MSFT_30m.parquet")
    code = (
        "import sys; from pathlib import Path\n"
        "from adapters.gateway.bar_files import list_folder, read_file\n"
        f"print(len(read_file(list_folder(Path({str(tmp_path)!r}))[0]).close))\n"
        "print('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["1", "False"]
