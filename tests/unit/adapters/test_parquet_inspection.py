"""Looking into a cache folder, verifying it, and rebuilding it."""

import shutil
import struct
import zlib
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path

import pytest
from tests.contract.stored_bars import a_key, an_update, content_of, some_bars

from adapters.parquet.average_store import ParquetAverageStore
from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.compaction import publish_rewrite, stage_rewrite
from adapters.parquet.inspection import info, rebuild
from adapters.parquet.reading import read_cache
from adapters.parquet.verification import verify
from sellcore.average_table import AVERAGES, AverageTable
from sellcore.coverage import Coverage
from sellcore.errors import StorageError
from sellcore.series import SeriesKey, SeriesUpdate, StoredSeries
from sellcore.timeframe import Granularity, Timeframe

DAILY = a_key(2, Granularity.DAY)


def averages_of(con_id: int, close: float, end: int = 3600) -> AverageTable:
    return AverageTable(
        [con_id], [f"NASDAQ:T{con_id}"], [end], [close], dict.fromkeys(AVERAGES, (close,))
    )


def no_averages(series: Mapping[SeriesKey, StoredSeries]) -> Mapping[Timeframe, AverageTable]:
    return {}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with two series, one of them partly in the journal only."""
    with ParquetBarStore(tmp_path / "open") as store:
        store.merge([an_update([1, 2]), an_update([1], key=DAILY)])
        store.compact()
        store.merge([an_update([3])])
        shutil.copytree(tmp_path / "open", tmp_path / "cache")
    return tmp_path / "cache"


def test_info_tells_of_each_series_what_is_stored(folder: Path) -> None:
    """Ticker, granularity, bars, first, last, coverage; and each file's size."""
    found = info(folder)

    assert [str(series.key) for series in found.series] == ["NASDAQ:T1:30m", "NASDAQ:T2:1d"]
    half_hours, days = found.series
    assert (half_hours.bars, days.bars) == (3, 1)
    assert half_hours.first == datetime(1970, 1, 1, 0, 30, tzinfo=UTC)
    assert half_hours.last == datetime(1970, 1, 1, 2, 0, tzinfo=UTC)
    assert half_hours.coverage == Coverage(((0, 4 * 1800),))
    assert {file.name: file.size for file in found.files} == {
        path.name: path.stat().st_size for path in folder.iterdir() if path.name != ".lock"
    }
    assert found.problems == ()


def test_info_of_nothing_is_nothing(tmp_path: Path) -> None:
    """A folder that is not there is an empty cache, and is not made."""
    found = info(tmp_path / "cache")
    assert (found.series, found.files, found.problems) == ((), (), ())
    assert not (tmp_path / "cache").exists()


def test_a_series_without_bars_has_no_first_and_no_last(tmp_path: Path) -> None:
    """Only its coverage is known."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([SeriesUpdate(a_key(), some_bars([]), Coverage(((0, 9),)))])
    (series,) = info(tmp_path).series
    assert (series.bars, series.first, series.last) == (0, None, None)


def test_a_sound_cache_has_no_findings(folder: Path) -> None:
    """All checksums, orders and labels hold, in the journal too."""
    ParquetAverageStore(folder).replace(Timeframe.HOUR, averages_of(1, 10.0))
    found = verify(folder)
    assert (found.series, found.bars, found.findings) == (2, 4, ())


@pytest.mark.parametrize("name", ["bars-30m.parquet", "bars-1d.parquet", "bars.journal"])
def test_verify_names_each_damaged_file_and_changes_nothing(folder: Path, name: str) -> None:
    """Damage is told by the file's name; setting it aside is not for a reading command."""
    content = bytearray((folder / name).read_bytes())
    content[len(content) // 2] ^= 1
    (folder / name).write_bytes(content)
    before = {path.name: path.read_bytes() for path in folder.iterdir()}

    found = verify(folder)

    assert [finding.place for finding in found.findings] == [name]
    assert "damaged" in str(found.findings[0])
    assert {path.name: path.read_bytes() for path in folder.iterdir()} == before


def test_verify_tells_of_bars_outside_coverage(tmp_path: Path) -> None:
    """Bars behind it all are forming; others should be covered."""
    with ParquetBarStore(tmp_path) as store:
        coverage = Coverage(((1800, 3600), (5400, 7200)))
        store.merge([SeriesUpdate(a_key(), some_bars([1, 2, 3, 4]), coverage)])
        store.merge([an_update([1], key=a_key(2))])
    (finding,) = verify(tmp_path).findings
    assert finding.place == "NASDAQ:T1:30m"
    assert finding.fault.startswith(
        "1 bars lie outside its coverage, the first ending 1970-01-01T01:30:00Z"
    )


def test_verify_tells_of_a_label_that_differs_from_the_index(folder: Path) -> None:
    """What another tool shows must be what we read."""
    path = folder / "bars-30m.parquet"
    wrong = path.read_bytes().replace(b"NASDAQ:T1", b"NASDAQ:T2", 1)  # in the ticker column
    path.write_bytes(_sealed_again(wrong))

    (finding,) = verify(folder).findings
    assert finding.place == "bars-30m.parquet"
    assert finding.fault.startswith("the column 'ticker' reads otherwise with other tools")


@pytest.mark.parametrize("name", ["bars-30m.parquet", "bars-1d.parquet"])
def test_verify_tells_of_a_file_that_other_tools_cannot_read(folder: Path, name: str) -> None:
    """We find our columns by the index, they by what stands before each."""
    path = folder / name
    wrong = path.read_bytes()[:4] + b"\xff" + path.read_bytes()[5:]  # the first column's header
    path.write_bytes(_sealed_again(wrong))

    (finding,) = verify(folder).findings
    assert finding.place == name
    assert finding.fault.startswith("cannot be read as Parquet (OSError); 'sellcli cache rebuild'")
    rebuild(folder, no_averages)
    assert verify(folder).findings == ()


def test_verify_tells_of_rows_in_a_sealed_file_that_run_backwards(folder: Path) -> None:
    """A good checksum does not make wrong bars right."""
    path = folder / "bars-30m.parquet"
    rows = struct.pack("<qq", 1800, 3600)
    wrong = path.read_bytes().replace(rows, struct.pack("<qq", 3600, 1800), 1)
    path.write_bytes(_sealed_again(wrong))

    (finding,) = verify(folder).findings
    assert "contradicts itself: bars must be in order" in finding.fault
    with ParquetBarStore(folder) as store:
        assert set(store.load()) == {DAILY}


def test_a_rewrite_tells_the_size_of_all_its_bases(folder: Path) -> None:
    """Of half hours and days together: the journal may grow with it."""
    reading = read_cache(folder)
    size = stage_rewrite(folder, reading)
    publish_rewrite(folder, reading.damages)

    bases = [folder / "bars-30m.parquet", folder / "bars-1d.parquet"]
    assert size == sum(base.stat().st_size for base in bases)


def _sealed_again(content: bytes) -> bytes:
    mark = "sellcli-crc32§".encode()
    at = content.rfind(mark) + len(mark)
    blank = content[:at] + b"00000000" + content[at + 8 :]
    return content[:at] + b"%08x" % zlib.crc32(blank) + content[at + 8 :]


@pytest.mark.parametrize(("con_id", "close"), [(1, 99.0), (7, 10.0)])
def test_verify_tells_of_averages_that_do_not_fit_the_bars(
    folder: Path, con_id: int, close: float
) -> None:
    """Another close, or a series that is not stored."""
    ParquetAverageStore(folder).replace(Timeframe.HOUR, averages_of(con_id, close))
    (finding,) = verify(folder).findings
    assert str(finding).startswith("averages-1h.parquet: 1 rows do not fit the stored bars")


def test_verify_tells_of_a_damaged_file_of_averages(folder: Path) -> None:
    """And that they can be computed anew."""
    (folder / "averages-1d.parquet").write_bytes(b"PAR1")
    (finding,) = verify(folder).findings
    assert finding.place == "averages-1d.parquet"
    assert "cache rebuild" in finding.fault


def test_rebuild_keeps_all_that_can_be_read_and_computes_the_averages(folder: Path) -> None:
    """The journal is folded in, what is damaged is set aside, and the result is sound."""
    (folder / "bars-1d.parquet").write_bytes(b"")
    (folder / "averages-1h.parquet").write_bytes(b"")
    given = []

    def compute(series: Mapping[SeriesKey, StoredSeries]) -> Mapping[Timeframe, AverageTable]:
        given.append(content_of(series))
        return {Timeframe.HOUR: averages_of(1, 10.0), Timeframe.DAY: AverageTable.empty()}

    rebuilt = rebuild(folder, compute)

    assert (rebuilt.series, rebuilt.bars) == (1, 3)
    assert rebuilt.averages == {Timeframe.HOUR: 1, Timeframe.DAY: 0}
    (line,) = rebuilt.problems
    assert "bars-1d.parquet.damaged-1" in line
    assert [list(content) for content in given] == [[a_key()]]
    assert verify(folder).findings == ()
    assert (folder / "bars.journal").stat().st_size == 24


def test_rebuild_of_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    """It writes, so it needs the lock; looking does not."""
    with ParquetBarStore(tmp_path):
        with pytest.raises(StorageError, match="by another sellcli"):
            rebuild(tmp_path, no_averages)
        assert verify(tmp_path).findings == ()
        assert info(tmp_path).series == ()
