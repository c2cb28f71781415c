import csv
import errno
import os
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.assignment_sheet import assign, assignments, parse_sheet
from adapters.csv_assignments import CsvAssignments
from sellcore.errors import ConfigError, StorageError
from sellcore.rule import parse_rule

HOURLY = parse_rule("SMA,50,1H")
DAILY = parse_rule("EMA,200,D")


@pytest.fixture
def path(tmp_path):
    return tmp_path / "assigned_ma.csv"


def write(path, *lines, end="\n"):
    path.write_bytes("".join(line + end for line in lines).encode())


def load(path):
    return CsvAssignments(path).load()


def test_first_assignment_makes_the_file(tmp_path):
    """A fresh machine needs no file and no folder."""
    path = tmp_path / "config" / "assigned_ma.csv"
    CsvAssignments(path).assign("nasdaq:aapl", HOURLY)

    assert path.read_text() == "ticker,type,length,timeframe\nNASDAQ:AAPL,SMA,50,1H\n"


def test_header_without_timeframe_is_hourly(path):
    """The older format is understood as it was meant."""
    write(path, "ticker,type,length", "NASDAQ:AAPL,SMA,50", "NYSE:IBM,EMA,20")

    assert load(path).rules == {"NASDAQ:AAPL": HOURLY, "NYSE:IBM": parse_rule("EMA,20,1H")}


@pytest.mark.parametrize(
    "lines",
    [
        ["TICKER,Type,length,TimeFrame", "NASDAQ:AAPL,SMA,50,1H"],
        [" length , timeframe,type,ticker", " 50 , 1h ,sma, nasdaq:aapl "],
        ["ticker,type,length,timeframe,note", "NASDAQ:AAPL,SMA,50,60m,core holding"],
        ["ticker,type,length,timeframe,note", "NASDAQ:AAPL,SMA,50,H"],
        ["ticker,type,length,timeframe,,", "NASDAQ:AAPL,SMA,50,1H,,"],
        ["# mine", "", "ticker,type,length,timeframe", "", "  # tech", "NASDAQ:AAPL,SMA,50,1H"],
        ['"ticker","type","length","timeframe"', '"NASDAQ:AAPL", "SMA",50,1H'],
        ["\ufeffticker,type,length,timeframe", "NASDAQ:AAPL,SMA,50,1H", ",,,"],
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_as_people_and_spreadsheets_write_them(path, lines, end):
    """Order, case, spaces, quotes, marks and line ends do not matter."""
    write(path, *lines, end=end)

    assert load(path).rules == {"NASDAQ:AAPL": HOURLY}
    assert load(path).problems == ()


def test_last_line_may_lack_its_end(path):
    """An editor that ends no last line does not cost its row."""
    path.write_text("ticker,type,length,timeframe\nNASDAQ:AAPL,SMA,50,1H")
    CsvAssignments(path).assign("NYSE:IBM", DAILY)

    assert load(path).rules == {"NASDAQ:AAPL": HOURLY, "NYSE:IBM": DAILY}


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("NASDAQ:AAPL,SMA,50,2H", "timeframe '2H' is not one of 1H, D"),
        ("NASDAQ:AAPL,SMA,50,", "timeframe '' is not one of 1H, D"),
        ("NASDAQ:AAPL,SMA,50", "timeframe '' is not one of 1H, D"),
        ("NASDAQ:AAPL,SMA,55,1H", "length 55 is not one of 5, 10, 20, 50, 100, 150, 200"),
        ("NASDAQ:AAPL,SMA,-50,1H", "length '-50' is not one of 5, 10, 20, 50, 100, 150, 200"),
        ("NASDAQ:AAPL,SMA,50.0,1H", "length '50.0' is not one of 5, 10, 20, 50, 100, 150, 200"),
        ("NASDAQ:AAPL,WMA,50,1H", "type 'WMA' is not one of SMA, EMA"),
        ("AAPL,SMA,50,1H", "ticker 'AAPL' is not EXCHANGE:SYMBOL, e.g. NASDAQ:AAPL"),
        ("NASDAQ:AAPL,SMA,50,1H,9", "5 cells, the header has 4"),
        ('"NASDAQ:AAPL,SMA,50,1H', "its quotes do not match"),
        (
            "NASDAQ:AAPL,WMA,50,2H",
            "type 'WMA' is not one of SMA, EMA; timeframe '2H' is not one of 1H, D",
        ),
    ],
)
def test_malformed_row_is_reported_by_its_line_and_kept_out(path, row, problem):
    """One line says where and what; the good rows around it count."""
    write(
        path,
        "# mine",
        "ticker,type,length,timeframe",
        "NYSE:IBM,EMA,200,D",
        row,
        "NYSE:T,SMA,50,1H",
    )
    found = load(path)

    assert found.rules == {"NYSE:IBM": DAILY, "NYSE:T": HOURLY}
    assert found.problems == (f"assigned_ma.csv line 4: {problem}",)


def test_open_quote_does_not_swallow_the_rows_below(path):
    """Each line is read by itself."""
    write(
        path, "ticker,type,length,timeframe", 'NYSE:"IBM,SMA,50,1H', '"NYSE:X', "NYSE:T,SMA,50,1H"
    )

    assert load(path).rules["NYSE:T"] == HOURLY


def test_no_cell_makes_a_message_long(path):
    """A file may hold anything; what is said about it stays readable."""
    write(path, "ticker,type,length,timeframe", f"NYSE:T,{'x' * 5000},{'9' * 5000},{'y' * 5000}")
    (problem,) = load(path).problems

    assert len(problem) < 300


def test_ticker_assigned_twice_follows_neither(path):
    """Where the file contradicts itself nothing is sold on either row."""
    write(
        path,
        "ticker,type,length,timeframe",
        "NASDAQ:AAPL,SMA,50,1H",
        "NYSE:IBM,EMA,200,D",
        "nasdaq:aapl,EMA,200,D",
    )
    found = load(path)

    assert found.rules == {"NYSE:IBM": DAILY}
    assert found.problems == (
        "assigned_ma.csv line 4: NASDAQ:AAPL is also on line 2; keep one of them, neither is used",
    )


def test_assigning_a_ticker_that_is_there_twice_settles_it(path):
    """The way out of a contradiction is one command, and the other row can still be read."""
    write(
        path,
        "ticker,type,length,timeframe",
        "NASDAQ:AAPL,SMA,50,1H",
        "NYSE:IBM,EMA,200,D",
        "NASDAQ:AAPL,EMA,20,D",
    )
    CsvAssignments(path).assign("NASDAQ:AAPL", DAILY)

    assert path.read_text().splitlines() == [
        "ticker,type,length,timeframe",
        "NASDAQ:AAPL,EMA,200,D",
        "NYSE:IBM,EMA,200,D",
        "# NASDAQ:AAPL,EMA,20,D",
    ]
    assert load(path).problems == ()


def test_assigning_a_malformed_row_mends_it_in_place(path):
    """The row that a problem named is the row that the command corrects."""
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,SMA,55,1H", "NYSE:IBM,EMA,200,D")
    CsvAssignments(path).assign("NASDAQ:AAPL", HOURLY)

    assert path.read_text().splitlines()[1:] == ["NASDAQ:AAPL,SMA,50,1H", "NYSE:IBM,EMA,200,D"]


def test_rewrite_drops_nothing(path):
    """Comments, blank lines, malformed rows and further columns outlive every assignment."""
    write(
        path,
        "# my rules",
        "note,length,type,ticker",
        "core,50,sma,nasdaq:aapl",
        "",
        "# to be checked",
        "gone,55,SMA,NYSE:GE",
        "odd,1,2,3,4",
        ',"50,SMA,NYSE:F',
    )
    before = load(path)
    CsvAssignments(path).assign("NYSE:IBM", DAILY)

    assert path.read_text().splitlines() == [
        "# my rules",
        "ticker,type,length,timeframe,note",
        "NASDAQ:AAPL,SMA,50,1H,core",
        "",
        "# to be checked",
        "NYSE:GE,SMA,55,1H,gone",
        "3,2,1,1H,odd,4",
        ',"50,SMA,NYSE:F',
        "NYSE:IBM,EMA,200,D",
    ]
    assert load(path).rules == {**before.rules, "NYSE:IBM": DAILY}
    assert len(load(path).problems) == len(before.problems) == 3


@pytest.mark.parametrize("row", ["NASDAQ:AAPL,SMA,50,1H,core", "NASDAQ:AAPL,SMA,1,1H,core"])
def test_note_stays_with_its_row(path, row):
    """A new rule does not cost what the owner wrote beside the old one, usable or not."""
    write(path, "ticker,type,length,timeframe,note", row)
    CsvAssignments(path).assign("NASDAQ:AAPL", DAILY)

    assert path.read_text().splitlines()[1] == "NASDAQ:AAPL,EMA,200,D,core"


def test_windows_line_ends_stay(path):
    """A file keeps the line ends its owner's editor writes."""
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,SMA,50,1H", end="\r\n")
    CsvAssignments(path).assign("NYSE:IBM", DAILY)

    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") == 3


cells = st.sampled_from(
    ["NYSE:A", "nyse:a", "NYSE:B", "SMA", "ema", "50", "7", "1H", "d", "", '"', "#", " x ", "é"]
)
lines = st.one_of(
    st.lists(cells, max_size=6).map(",".join), st.text(st.characters(exclude_categories=["Cs"]))
)
headers = st.permutations(["ticker", "type", "length"]).flatmap(
    lambda names: st.sampled_from([names, [*names, "timeframe"], ["note", *names]])
)


@given(headers, st.lists(lines, max_size=8))
def test_assigning_one_ticker_changes_no_other(header, body):
    """Whatever a file holds: other rules stay, malformed rows stay reported and out."""
    sheet = parse_sheet("\n".join([",".join(header), *body]), "f")
    before = assignments(sheet, "f")
    written = parse_sheet(assign(sheet, "NYSE:B", DAILY).text(), "f")
    after = assignments(written, "f")

    assert {**before.rules, "NYSE:B": DAILY} == after.rules
    about = [line for line in sheet.body if line.problem and line.ticker != "NYSE:B"]
    assert len([line for line in written.body if line.problem]) == len(about)


@given(headers, st.lists(lines, max_size=8))
def test_written_file_is_plain_csv_of_four_columns(header, body):
    """Any other program that reads CSV finds the columns the manual names."""
    sheet = assign(parse_sheet("\n".join([",".join(header), *body]), "f"), "NYSE:B", DAILY)
    first = next(csv.reader([sheet.text().split("\n")[len(sheet.preface)]]))

    assert first[:4] == ["ticker", "type", "length", "timeframe"]


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "has no header; make its first line ticker,type,length,timeframe"),
        (b"# only remarks\n\n", "has no header"),
        (b"NASDAQ:AAPL,SMA,50,1H\n", "line 1: header .* lacks ticker, type, length; it must be"),
        (b"#\nticker;type;length\n", "line 2: header .* lacks ticker, type, length"),
        (b"ticker,type,timeframe\n", "lacks length"),
        (b"ticker,type,length,ticker\n", "has ticker twice"),
        ("ticker,type,length\n".encode("utf-16"), "is not UTF-8 text; save it as CSV in UTF-8"),
        (b"ticker,type,length\nNYSE:\xff,SMA,50\n", "is not UTF-8 text"),
    ],
)
def test_file_that_is_no_assignment_file_is_refused_and_left_alone(path, content, complaint):
    """The whole file in doubt: nothing is read from it, nothing is written over it."""
    path.write_bytes(content)
    for act in (load, lambda path: CsvAssignments(path).assign("NYSE:IBM", DAILY)):
        with pytest.raises(ConfigError, match=complaint) as refusal:
            act(path)
        assert "\n" not in str(refusal.value)

    assert path.read_bytes() == content


def test_folder_in_place_of_the_file_is_one_clear_line(path):
    """What cannot be read at all is said with its cause."""
    path.mkdir()

    with pytest.raises(ConfigError, match=r"cannot read .*assigned_ma.csv: is a directory"):
        load(path)


class EditedMeanwhile(CsvAssignments):
    """Stands for an editor that saves between our reading and our writing."""

    edits = iter(())

    def _read(self):
        reading = super()._read()
        for edit in self.edits:
            with self._path.open("a") as file:
                file.write(edit)
            break
        return reading


def test_edit_in_between_is_not_lost(path):
    """Somebody saves the file while we write it: both changes are there."""
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,SMA,50,1H")
    store = EditedMeanwhile(path)
    store.edits = iter(["NYSE:T,SMA,50,1H\n", "NYSE:F,SMA,50,1H\n"])
    store.assign("NYSE:IBM", DAILY)

    assert set(load(path).rules) == {"NASDAQ:AAPL", "NYSE:T", "NYSE:F", "NYSE:IBM"}


def test_file_that_never_rests_is_left_to_its_writer(path):
    """We give up, and say so, rather than overwrite somebody."""
    write(path, "ticker,type,length,timeframe")
    store = EditedMeanwhile(path)
    store.edits = iter(lambda: "# busy\n", None)

    with pytest.raises(StorageError, match="keeps changing; close what writes it"):
        store.assign("NYSE:IBM", DAILY)
    assert load(path).rules == {}


def test_edit_since_an_earlier_load_is_not_lost(path):
    """A long run that read the file in the morning does not write the morning's rows back."""
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,SMA,50,1H")
    store = CsvAssignments(path)
    store.load()
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,EMA,200,D")
    store.assign("NYSE:IBM", DAILY)

    assert load(path).rules == {"NASDAQ:AAPL": DAILY, "NYSE:IBM": DAILY}


def test_processes_that_assign_at_once_all_count(path):
    """Two terminals do not overwrite each other."""
    code = (
        "import sys; from pathlib import Path\n"
        "from adapters.csv_assignments import CsvAssignments\n"
        "from sellcore.rule import parse_rule\n"
        "for n in range(10): CsvAssignments(Path(sys.argv[1])).assign("
        "f'NYSE:{sys.argv[2]}{n}', parse_rule('SMA,50,1H'))"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, path, name]) for name in "ABCD"]

    assert [process.wait() for process in running] == [0] * 4
    assert set(load(path).rules) == {f"NYSE:{name}{n}" for name in "ABCD" for n in range(10)}


def failing(number):
    def fail(*_):
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize("call", ["fsync", "replace"])
@pytest.mark.parametrize(
    ("number", "way_out"), [(errno.ENOSPC, "free some space"), (errno.EROFS, "allow writing there")]
)
def test_failed_write_leaves_the_file_as_it_was(path, monkeypatch, call, number, way_out):
    """Full disk, read-only disk: one line, the old file whole, no draft beside it."""
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,SMA,50,1H")
    before = path.read_bytes()
    monkeypatch.setattr(os, call, failing(number))

    with pytest.raises(StorageError, match=rf"cannot write .*assigned_ma.csv: .*; {way_out}"):
        CsvAssignments(path).assign("NYSE:IBM", DAILY)
    assert path.read_bytes() == before
    assert list(path.parent.iterdir()) == [path]


def test_interrupt_leaves_the_file_as_it_was(path, monkeypatch):
    """Ctrl-C in the middle of a write leaves the old file, and no draft beside it."""
    write(path, "ticker,type,length,timeframe", "NASDAQ:AAPL,SMA,50,1H")

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        CsvAssignments(path).assign("NYSE:IBM", DAILY)

    assert load(path).rules == {"NASDAQ:AAPL": HOURLY}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.skipif(sys.platform == "win32", reason="permissions and links of POSIX")
def test_link_and_permissions_stay(tmp_path):
    """A file that lives elsewhere stays there, as private as it was."""
    real = tmp_path / "dotfiles" / "rules.csv"
    real.parent.mkdir()
    write(real, "ticker,type,length,timeframe")
    real.chmod(0o600)
    link = tmp_path / "assigned_ma.csv"
    link.symlink_to(real)
    CsvAssignments(link).assign("NYSE:IBM", DAILY)

    assert link.is_symlink()
    assert stat.S_IMODE(real.stat().st_mode) == 0o600
    assert load(real).rules == {"NYSE:IBM": DAILY}


def test_write_protected_file_is_respected(path, monkeypatch):
    """Renaming a new file over it would get past the owner's wish."""
    write(path, "ticker,type,length,timeframe")
    # Tests may run as root, whom no permission stops; the question is asked all the same.
    monkeypatch.setattr(os, "access", lambda *_: False)

    with pytest.raises(StorageError, match="permission denied; allow writing there"):
        CsvAssignments(path).assign("NYSE:IBM", DAILY)


def test_assigning_imports_nothing_heavy(path):
    """`sellcli assign` is to start within 80 ms of a bare interpreter."""
    code = (
        "import sys; from pathlib import Path\n"
        "from adapters.csv_assignments import CsvAssignments\n"
        "from sellcore.rule import parse_rule\n"
        "CsvAssignments(Path(sys.argv[1])).assign('NYSE:IBM', parse_rule('SMA,50,1H'))\n"
        "heavy = {'numpy', 'pyarrow', 'pandas', 'asyncio', 'ib_async', 'tempfile', 'cattrs'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, path], capture_output=True, text=True, check=True
    )

    assert done.stdout.strip() == "[]"
    assert Path(path).exists()
