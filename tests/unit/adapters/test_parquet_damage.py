"""Parquet files and journals that are cut, flipped, foreign, missing, or of another version."""

import shutil
import struct
import zlib
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from tests.contract.stored_bars import (
    Content,
    Merge,
    Table,
    a_key,
    an_update,
    content_of,
    rows_of,
    updates,
)

from adapters.parquet.bar_store import ParquetBarStore
from adapters.parquet.damage import Damaged
from adapters.parquet.journal_records import encode, squash
from adapters.parquet.reading import BarReader
from sellcore.errors import StorageError
from sellcore.series import SeriesUpdate
from sellcore.timeframe import Granularity

FILES = ("bars-30m.parquet", "bars-1d.parquet", "bars.journal")
DAILY = a_key(2, Granularity.DAY)

IN_THE_BASE = [an_update([1, 2, 3]), an_update([1, 2], key=DAILY)]
IN_THE_JOURNAL = [[an_update([4])], [an_update([3], key=DAILY)], [an_update([5], key=a_key(3))]]


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with bars in both base files and three records in the journal."""
    folder = tmp_path_factory.mktemp("kept")
    with ParquetBarStore(folder / "open") as store:
        store.merge(IN_THE_BASE)
        store.compact()
        for record in IN_THE_JOURNAL:
            store.merge(record)
        shutil.copytree(folder / "open", folder / "cache")  # as a crash leaves it
    return folder / "cache"


def prefixes(records: list[list[SeriesUpdate]]) -> list[Content]:
    """Return what is stored after the base and after each record."""
    table = Table()
    table.do(Merge(tuple(IN_THE_BASE)))
    states = [table.content()]
    for record in records:
        table.do(Merge(tuple(record)))
        states.append(table.content())
    return states


def of(state: Content, granularity: Granularity) -> Content:
    return {key: held for key, held in state.items() if key.granularity is granularity}


def test_a_journal_cut_at_any_byte_holds_every_record_before_the_cut(
    kept: Path, tmp_path: Path
) -> None:
    """Only the record that is cut is lost, without a word: it was never acknowledged."""
    journal = (kept / "bars.journal").read_bytes()
    states = prefixes(IN_THE_JOURNAL)
    ends = _record_ends(journal)
    for size in {*range(ends[0], len(journal), 3), *(e + off for e in ends[1:] for off in (-1, 0))}:
        folder = tmp_path / str(size)
        shutil.copytree(kept, folder)
        (folder / "bars.journal").write_bytes(journal[:size])
        whole = sum(end <= size for end in ends[1:])
        with ParquetBarStore(folder) as store:
            assert content_of(store.load()) == states[whole]
            assert list(store.problems()) == []
            store.merge([an_update([9])])  # what is cut off does not come back
            assert a_key() in store.load()
        assert content_of(BarReader(folder).load()).keys() >= {a_key(), DAILY}


@settings(deadline=None, max_examples=40)
@given(merges=st.lists(st.lists(updates(), min_size=1, max_size=3), max_size=4), data=st.data())
def test_a_journal_of_any_merges_cut_anywhere_holds_a_prefix_of_them(
    merges: list[list[SeriesUpdate]], data: st.DataObject
) -> None:
    """The model of any history, cut at any byte behind the journal's first ones."""
    table, states = Table(), [{}]
    with TemporaryDirectory() as name:
        folder = Path(name)
        with ParquetBarStore(folder / "open") as store:
            for merge in merges:
                store.merge(merge)
                table.do(Merge(tuple(merge)))
                states.append(table.content())
            shutil.copytree(folder / "open", folder / "cut")
        journal = (folder / "cut" / "bars.journal").read_bytes()
        ends = _record_ends(journal)
        size = data.draw(st.integers(ends[0], len(journal)))
        (folder / "cut" / "bars.journal").write_bytes(journal[:size])
        with ParquetBarStore(folder / "cut") as again:
            assert content_of(again.load()) == states[sum(end <= size for end in ends[1:])]


@settings(deadline=None, max_examples=100)
@given(data=st.data())
def test_a_flipped_byte_is_told_and_never_read_as_a_bar(kept: Path, data: st.DataObject) -> None:
    """Whatever is loaded was stored; what is missing of it is told, and can be stored again."""
    name = data.draw(st.sampled_from(FILES))
    content = bytearray((kept / name).read_bytes())
    at = data.draw(st.integers(0, len(content) - 1))
    content[at] ^= data.draw(st.integers(1, 255))
    states = prefixes(IN_THE_JOURNAL)
    with TemporaryDirectory() as temporary:
        folder = Path(temporary) / "cache"
        shutil.copytree(kept, folder)
        (folder / name).write_bytes(content)
        try:
            store = ParquetBarStore(folder)
        except StorageError as error:
            assume("upgrade sellcli" not in str(error))  # the version's own digit was hit
            raise
        with store:
            found = content_of(store.load())
            if found != states[-1]:
                (line,) = store.problems()
                assert line.startswith(f"set aside {folder / name} as {name}.damaged-1: it ")
                assert line.endswith("; its bars are fetched anew")
                assert (folder / f"{name}.damaged-1").read_bytes() == content
            for granularity in Granularity:
                assert of(found, granularity) in [{}, *(of(s, granularity) for s in states)]
            store.merge([an_update([1], replaces_all=True)])
        with ParquetBarStore(folder) as again:
            assert len(again.load()[a_key()].bars) == 1
            assert list(again.problems()) == []


@pytest.mark.parametrize("name", FILES[:2])
@pytest.mark.parametrize(
    "damage",
    [
        lambda content: b"",
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1],
        lambda content: content + b"PAR1",
        lambda content: b"PAR1" + bytes(1000) + b"PAR1",
        lambda content: bytes(len(content)),
        lambda content: b"con_id,ticker,start\n1,NYSE:A,7\n",
    ],
    ids=["empty", "half", "one byte short", "longer", "hollow", "zeros", "text"],
)
def test_a_damaged_base_file_is_set_aside_with_its_journal_s_part(
    kept: Path, tmp_path: Path, name: str, damage
) -> None:
    """The other granularity stays; updates that built on the lost bars go with them."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    (folder / name).write_bytes(damage((kept / name).read_bytes()))
    lost, other = Granularity.HALF_HOUR, Granularity.DAY
    if name == "bars-1d.parquet":
        lost, other = other, lost

    with ParquetBarStore(folder) as store:
        found = content_of(store.load())
        (line,) = store.problems()

    assert line.startswith(f"set aside {folder / name} as {name}.damaged-1: ")
    assert of(found, lost) == {}
    assert of(found, other) == of(prefixes(IN_THE_JOURNAL)[-1], other)


def test_a_series_fetched_in_whole_since_outlives_its_base_file(tmp_path: Path) -> None:
    """What the journal replaced in whole does not build on the lost bars."""
    with ParquetBarStore(tmp_path / "open") as store:
        store.merge([an_update([1, 2]), an_update([1], key=a_key(2)), an_update([1], key=a_key(3))])
        store.compact()
        store.merge([an_update([5], replaces_all=True), an_update([2], key=a_key(2))])
        store.merge([an_update([6])])
        store.discard([a_key(3)])
        store.merge([an_update([8], key=a_key(3))])
        shutil.copytree(tmp_path / "open", tmp_path / "cache")
    (tmp_path / "cache" / "bars-30m.parquet").write_bytes(b"")

    with ParquetBarStore(tmp_path / "cache") as again:
        found = again.load()
        assert len(again.problems()) == 1

    assert {key.con_id: (series.bars.start // 1800).tolist() for key, series in found.items()} == {
        1: [5, 6],
        3: [8],
    }


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file_is_told(kept: Path, tmp_path: Path, name: str) -> None:
    """Never silently empty: a file that must be there and is not is a line too."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    (folder / name).unlink()

    with ParquetBarStore(folder) as store:
        assert list(store.problems()) == [f"{folder / name} is missing; its bars are fetched anew"]
    with ParquetBarStore(folder) as again:
        assert list(again.problems()) == []


def test_a_reader_tells_of_damage_and_changes_nothing(kept: Path, tmp_path: Path) -> None:
    """Setting aside is the writer's business."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    (folder / FILES[0]).write_bytes(b"PAR1")
    before = _everything(folder)

    reader = BarReader(folder)
    found = content_of(reader.load())

    assert found == of(prefixes(IN_THE_JOURNAL)[-1], Granularity.DAY)
    (line,) = reader.problems()
    assert FILES[0] in line
    assert _everything(folder) == before


def test_a_layout_of_another_pyarrow_is_read_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where it cuts columns into pages they are not plain; then pyarrow itself reads them."""
    bars = an_update(range(5000), close=1.25)
    with ParquetBarStore(tmp_path) as store:
        monkeypatch.setattr("adapters.parquet.arrow._ONE_PAGE", {"data_page_size": 64})
        store.merge([bars, an_update([1], key=DAILY)])
        store.compact()
        assert b'"close":           null' in (tmp_path / FILES[0]).read_bytes()
        assert content_of(store.load())[a_key()][1] == rows_of(bars.bars)


def test_a_foreign_parquet_file_is_set_aside(kept: Path, tmp_path: Path) -> None:
    """Even one with our columns: only a sealed file is ours."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    pq.write_table(pq.read_table(kept / FILES[0]).replace_schema_metadata(None), folder / FILES[0])

    with ParquetBarStore(folder) as store:
        assert of(content_of(store.load()), Granularity.HALF_HOUR) == {}
        assert len(store.problems()) == 1


def test_swapped_base_files_are_set_aside(kept: Path, tmp_path: Path) -> None:
    """Daily bars are never read as half hours."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    shutil.copy(kept / FILES[0], folder / FILES[1])
    shutil.copy(kept / FILES[1], folder / FILES[0])

    with ParquetBarStore(folder) as store:
        assert dict(store.load()) == {}
        assert len(store.problems()) == 2


def test_a_base_file_from_an_old_backup_is_set_aside(kept: Path, tmp_path: Path) -> None:
    """The journal does not continue it, so nobody knows what is missing in between."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    old = (folder / FILES[0]).read_bytes()
    with ParquetBarStore(folder) as store:
        store.compact()
    (folder / FILES[0]).write_bytes(old)

    with ParquetBarStore(folder) as again:
        assert of(content_of(again.load()), Granularity.HALF_HOUR) == {}
        assert "is older than its journal" in again.problems()[0]


@pytest.mark.parametrize("sealed", [True, False])
def test_a_base_file_of_a_later_program_is_left_alone(
    kept: Path, tmp_path: Path, sealed: bool
) -> None:
    """The error names the way out, whether or not the later program seals as we do."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    _with_schema_version(folder / FILES[0], b"2", sealed=sealed)
    before = _everything(folder)

    with pytest.raises(StorageError, match=r"schema version 2, this sellcli knows 1; upgrade"):
        ParquetBarStore(folder)
    with pytest.raises(StorageError, match="upgrade"):
        BarReader(folder).load()
    assert _everything(folder) == before
    with pytest.raises(StorageError, match="upgrade"):  # the lock was given back
        ParquetBarStore(folder)


def test_a_base_file_of_an_earlier_program_is_set_aside(kept: Path, tmp_path: Path) -> None:
    """It is kept for whoever wants it; its bars are fetched anew."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    _with_schema_version(folder / FILES[0], b"0", sealed=True)

    with ParquetBarStore(folder) as store:
        assert "too old" in store.problems()[0]


def test_a_journal_of_a_later_program_is_left_alone(kept: Path, tmp_path: Path) -> None:
    """As for the base files."""
    folder = tmp_path / "cache"
    shutil.copytree(kept, folder)
    head = struct.pack("<8sIQ", b"SELLBARS", 2, 1)
    (folder / FILES[2]).write_bytes(head + struct.pack("<I", zlib.crc32(head)) + b"who knows")
    before = _everything(folder)

    with pytest.raises(StorageError, match=r"bars\.journal has schema version 2.*upgrade"):
        ParquetBarStore(folder)
    assert _everything(folder) == before


def test_damage_found_while_the_store_is_open_is_told_too(tmp_path: Path) -> None:
    """A later load reads the disk again, not what it once held."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([1]), an_update([1], key=DAILY)])
        store.compact()
        store.load()
        (tmp_path / FILES[0]).write_bytes(b"gone")
        store.merge([an_update([2], key=DAILY)])

        assert set(store.load()) == {DAILY}
        assert len(store.problems()) == 1


@pytest.mark.parametrize("name", [FILES[0], FILES[2]])
@pytest.mark.parametrize("notice", ["load", "compact"])
def test_a_series_lost_in_use_is_absent_until_it_is_stored_in_whole(
    tmp_path: Path, name: str, notice: str
) -> None:
    """A program that still has its bars in memory sends updates that build on them."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([1, 2]), an_update([1, 2], key=DAILY), an_update([1], key=a_key(3))])
        store.compact()
        store.merge([an_update([3])])
        content = bytearray((tmp_path / name).read_bytes())
        content[-1] ^= 1
        (tmp_path / name).write_bytes(content)
        store.load() if notice == "load" else store.compact()
        assert len(store.problems()) == 1

        store.merge([an_update([4]), an_update([3], key=DAILY)])
        found = store.load()
        assert a_key() not in found
        assert len(found[DAILY].bars) == 3
        assert (a_key(3) in found) == (name == FILES[2])

        store.merge([an_update([1, 2, 3, 4, 5], replaces_all=True)])
        store.merge([an_update([6])])
        assert len(store.load()[a_key()].bars) == 6
    with ParquetBarStore(tmp_path) as again:
        assert len(again.load()[a_key()].bars) == 6
        assert len(again.load()[DAILY].bars) == 3


def test_a_journal_cut_short_in_use_is_damage(tmp_path: Path) -> None:
    """What was acknowledged and is gone is told, wherever the cut lies."""
    with ParquetBarStore(tmp_path) as store:
        store.merge([an_update([1, 2]), an_update([1], key=DAILY)])
        store.compact()
        store.merge([an_update([3])])
        store.merge([an_update([4])])
        ends = _record_ends((tmp_path / FILES[2]).read_bytes())
        with (tmp_path / FILES[2]).open("r+b") as file:
            file.truncate(ends[1])

        assert set(store.load()) == {DAILY}
        (line,) = store.problems()
        assert "was cut short" in line


def _record_ends(journal: bytes) -> list[int]:
    """Return where the journal's first bytes end, and each of its records."""
    ends = [24]
    while ends[-1] < len(journal):
        (length,) = struct.unpack_from("<I", journal, ends[-1] + 4)
        ends.append(ends[-1] + 24 + length)
    return ends


def _with_schema_version(path: Path, version: bytes, *, sealed: bool) -> None:
    """Write the file again as a program of another schema version would."""
    table = pq.read_table(path)
    texts = dict(table.schema.metadata)
    texts[b"schema_version"] = version
    old = b'{"schema_version":1,'
    texts[b"seal"] = texts[b"seal"].replace(old, old.replace(b"1", version)) if sealed else b"else"
    sink = pa.BufferOutputStream()
    pq.write_table(table.replace_schema_metadata(texts), sink)
    path.write_bytes(_sealed_again(sink.getvalue().to_pybytes()) if sealed else sink.getvalue())


def _sealed_again(content: bytes) -> bytes:
    mark = "sellcli-crc32§".encode()
    at = content.rfind(mark) + len(mark)
    blank = content[:at] + b"00000000" + content[at + 8 :]
    return content[:at] + b"%08x" % zlib.crc32(blank) + content[at + 8 :]


def _everything(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir() if path.name != ".lock"}


@pytest.mark.parametrize(("counted", "at"), [("intervals", 24), ("bars", 28), ("ticker", 32)])
def test_a_record_whose_parts_do_not_add_up_is_damaged(counted: str, at: int) -> None:
    """A count too small would give the rest to the next series, or a ticker without its end."""
    payload = encode([an_update([1, 2])])
    (count,) = struct.unpack_from("<I", payload, at)
    wrong = payload[:at] + struct.pack("<I", count - 1) + payload[at + 4 :]

    assert list(squash([payload])) == [a_key()]
    with pytest.raises(Damaged, match=f"holds a record whose {counted} do not add up"):
        squash([wrong])
