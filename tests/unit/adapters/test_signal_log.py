import errno
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import attrs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from adapters import atomic_file
from adapters.signal_log import SignalLog
from sellcore.errors import StorageError
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.record import DecisionRecord

NOON = datetime(2022, 5, 20, 12, tzinfo=UTC)
TODAY = "signals.log"


def a_record(at=NOON, **changes):
    record = DecisionRecord(
        timestamp=at,
        run_id="3f1c",
        mode=Mode.DRY_RUN,
        account="DU0000001",
        ticker="NASDAQ:MSFT",
        con_id=272093,
        timeframe=None,
        bar_end=None,
        close=None,
        ma_type=None,
        ma_value=None,
        bars_used=None,
        distance_pct=None,
        decision=Outcome.ABSTAIN,
        reason="no bars",
    )
    return attrs.evolve(record, **changes)


def on_day(day, hour=12, **changes):
    return a_record(datetime(2022, 5, day, hour, tzinfo=UTC), **changes)


def files(folder):
    """Return the timestamps' days in each file, by its name."""
    return {
        path.name: [json.loads(line)["timestamp"][8:10] for line in path.read_text().splitlines()]
        for path in sorted(folder.iterdir())
    }


def test_record_is_one_line_of_json(tmp_path):
    """Any program that reads JSON lines reads the log."""
    SignalLog(tmp_path).append([a_record(reason="a\nb\u2028é")])
    (line,) = (tmp_path / TODAY).read_bytes().split(b"\n")[:-1]

    assert json.loads(line)["reason"] == "a\nb\u2028é"
    assert json.loads(line)["timestamp"] == "2022-05-20T12:00:00Z"


def test_log_folder_is_made_when_it_is_needed(tmp_path):
    """Reading makes nothing; the first record makes the folder."""
    log = SignalLog(tmp_path / "a" / "logs")
    assert list(log.read()) == []
    assert not (tmp_path / "a").exists()
    log.append([a_record()])

    assert files(tmp_path / "a" / "logs") == {TODAY: ["20"]}


def test_first_record_of_another_day_rotates(tmp_path):
    """Each file holds one UTC date, by the records' time and no other clock's."""
    log = SignalLog(tmp_path)
    for day, hour in ((18, 0), (18, 23), (19, 0), (20, 13)):
        log.append([on_day(day, hour)])

    assert files(tmp_path) == {
        TODAY: ["20"],
        f"{TODAY}.2022-05-18": ["18", "18"],
        f"{TODAY}.2022-05-19": ["19"],
    }


def test_restart_on_the_same_day_goes_on_in_the_same_file(tmp_path):
    """A process that starts looks at what is there, not at when it started."""
    SignalLog(tmp_path).append([on_day(18)])
    SignalLog(tmp_path).append([on_day(18)])
    SignalLog(tmp_path).append([on_day(19)])

    assert files(tmp_path) == {TODAY: ["19"], f"{TODAY}.2022-05-18": ["18", "18"]}


def test_batch_over_midnight_stays_together(tmp_path):
    """One cycle is one write, in the file of its latest record."""
    log = SignalLog(tmp_path)
    log.append([on_day(18)])
    log.append([on_day(18, 23), on_day(19, 0)])

    assert files(tmp_path) == {TODAY: ["18", "19"], f"{TODAY}.2022-05-18": ["18"]}
    assert list(log.read(since=on_day(18, 23).timestamp)) == [on_day(18, 23), on_day(19, 0)]


def test_day_of_a_file_is_that_of_its_latest_record(tmp_path):
    """After a batch over midnight and a restart, the new day's records stay findable."""
    SignalLog(tmp_path).append([on_day(18, 23), on_day(19, 0)])
    log = SignalLog(tmp_path)
    log.append([on_day(19, 1)])
    log.append([on_day(20)])

    assert files(tmp_path) == {TODAY: ["20"], f"{TODAY}.2022-05-19": ["18", "19", "19"]}
    assert len(list(log.read(since=on_day(19, 0).timestamp))) == 3


def test_rotation_never_overwrites(tmp_path):
    """A simulated day between two real ones costs no record of either."""
    log = SignalLog(tmp_path)
    for day in (18, 2, 18, 2, 18):
        log.append([on_day(day)])

    assert files(tmp_path) == {
        TODAY: ["18"],
        f"{TODAY}.2022-05-02": ["02"],
        f"{TODAY}.2022-05-02.2": ["02"],
        f"{TODAY}.2022-05-18": ["18"],
        f"{TODAY}.2022-05-18.2": ["18"],
    }


def test_rotated_files_are_read_by_day_and_number(tmp_path):
    """The tenth file of a day comes after its ninth."""
    line = json.dumps({})
    for name in ("2022-05-18.10", "2022-05-18.2", "2022-05-18", "2022-05-17", "bak", "2022-5-1"):
        (tmp_path / f"{TODAY}.{name}").write_text(line)
    log = SignalLog(tmp_path)
    assert list(log.read()) == []

    assert [problem.split()[0].removeprefix(f"{TODAY}.") for problem in log.problems()] == [
        "2022-05-17",
        "2022-05-18",
        "2022-05-18.2",
        "2022-05-18.10",
    ]


def test_reading_is_lazy(tmp_path):
    """A long history costs what is read of it."""
    log = SignalLog(tmp_path)
    log.append([on_day(18)])
    log.append([on_day(19)])
    (tmp_path / TODAY).write_text("not json\n")
    reading = log.read()

    assert next(reading) == on_day(18)
    assert log.problems() == ()


def test_days_before_the_first_asked_for_stay_closed(tmp_path):
    """A restart looks at a day or two, not at years."""
    (tmp_path / f"{TODAY}.2022-05-18").write_text("not json\n")
    log = SignalLog(tmp_path)

    assert list(log.read(since=on_day(19, 0).timestamp)) == []
    assert log.problems() == ()


def test_rotation_while_somebody_reads_loses_nothing(tmp_path):
    """A reader that takes its time finds what was today's file under its new name."""
    log = SignalLog(tmp_path)
    log.append([on_day(17)])
    log.append([on_day(18)])
    reading = log.read()
    found = [next(reading)]
    log.append([on_day(19)])

    assert [*found, *reading] == [on_day(17), on_day(18), on_day(19)]


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"hello", "no JSON that could be read"),
        (b"\xff\xfe\xfa", "no JSON that could be read"),
        (b"[" * 100_000, "no JSON that could be read"),
        (b'{"con_id": ' + b"9" * 5000 + b"}", "no JSON that could be read"),
        (b"[1]", "no JSON object"),
        (b"null", "no JSON object"),
        (b"{}", "field 'timestamp' is missing"),
    ],
)
def test_unreadable_line_is_named_and_passed_over(tmp_path, line, problem):
    """One bad line costs itself, never the log."""
    log = SignalLog(tmp_path)
    log.append([a_record()])
    with (tmp_path / TODAY).open("ab") as file:
        file.write(b"\n" + line + b"\n")
    log.append([a_record(run_id="next")])

    assert [record.run_id for record in log.read()] == ["3f1c", "next"]
    assert list(log.problems()) == [f"signals.log line 3: {problem}; it is left out"]


def test_problem_is_told_once(tmp_path):
    """Reading twice does not complain twice."""
    (tmp_path / TODAY).write_text("hello\n")
    log = SignalLog(tmp_path)

    assert [list(log.read()), list(log.read()), len(log.problems())] == [[], [], 1]


def test_file_without_a_readable_record_has_no_day(tmp_path):
    """It is not moved under a name that would be a guess."""
    (tmp_path / TODAY).write_text("hello\n")
    SignalLog(tmp_path).append([on_day(18)])
    SignalLog(tmp_path).append([on_day(19)])

    assert (tmp_path / f"{TODAY}.2022-05-18").read_text().startswith("hello\n{")
    assert len((tmp_path / TODAY).read_text().splitlines()) == 1


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(data=st.data())
def test_log_cut_at_any_byte_is_mended_by_the_next_record(tmp_path, data):
    """A crash at any byte costs at most the records that were not yet whole."""
    path = tmp_path / TODAY
    path.unlink(missing_ok=True)
    SignalLog(tmp_path).append([a_record(run_id=str(n)) for n in range(3)])
    content = path.read_bytes()
    cut = data.draw(st.integers(0, len(content)))
    path.write_bytes(content[:cut])
    whole = (content[:cut] + b"\n").count(b"}\n")  # a record is whole with or without its line end
    log = SignalLog(tmp_path)
    log.append([a_record(run_id="next")])
    lines = path.read_text().splitlines()

    assert [json.loads(line)["run_id"] for line in lines] == [*map(str, range(whole)), "next"]
    assert list(log.read()) == [a_record(run_id=run) for run in [*map(str, range(whole)), "next"]]
    torn = cut > 0 and content[cut - 1 : cut] != b"\n"
    assert len(log.problems()) == torn


def test_record_that_lacks_its_line_end_only_is_kept(tmp_path):
    """The crash came between the last byte of the record and the end of its line."""
    path = tmp_path / TODAY
    SignalLog(tmp_path).append([a_record(run_id="a")])
    path.write_bytes(path.read_bytes()[:-1])
    log = SignalLog(tmp_path)

    log.append([a_record(run_id="b")])

    assert [record.run_id for record in log.read()] == ["a", "b"]
    assert list(log.problems()) == ["signals.log line 1: ended a record that lacked its line end"]


def test_day_that_another_program_began_goes_on(tmp_path):
    """What this one knows of the file is of the file as it was."""
    ours, theirs = SignalLog(tmp_path), SignalLog(tmp_path)
    ours.append([on_day(18)])
    theirs.append([on_day(19, 9)])
    ours.append([on_day(19, 10)])

    assert files(tmp_path) == {TODAY: ["19", "19"], f"{TODAY}.2022-05-18": ["18"]}


def test_repair_is_reported(tmp_path):
    """What was cut off, and where, is told."""
    (tmp_path / TODAY).write_bytes(b'\n\n{"timest')
    log = SignalLog(tmp_path)
    log.append([a_record()])

    assert list(log.problems()) == ["signals.log line 3: cut off 8 bytes of an unfinished record"]


def test_torn_line_is_mended_before_its_file_is_rotated(tmp_path):
    """No half record goes into the archive."""
    SignalLog(tmp_path).append([on_day(18), on_day(18)])
    path = tmp_path / TODAY
    path.write_bytes(path.read_bytes()[:-20])
    SignalLog(tmp_path).append([on_day(19)])

    assert files(tmp_path) == {TODAY: ["19"], f"{TODAY}.2022-05-18": ["18"]}


def test_reading_mends_nothing(tmp_path):
    """A reading command leaves the file as it is, though its last line is torn."""
    (tmp_path / TODAY).write_bytes(b'{"timest')
    log = SignalLog(tmp_path)

    assert list(log.read()) == []
    assert (tmp_path / TODAY).read_bytes() == b'{"timest'
    assert list(log.problems()) == [
        "signals.log line 1: no JSON that could be read; it is left out"
    ]


def test_failed_sync_leaves_no_trace_of_the_batch(tmp_path, monkeypatch):
    """What may not be on disk is not in the log: it can be appended again."""
    log = SignalLog(tmp_path)
    log.append([a_record(run_id="first")])
    before = (tmp_path / TODAY).read_bytes()
    with monkeypatch.context() as broken:

        def fail(_):
            raise OSError(errno.EIO, os.strerror(errno.EIO))

        broken.setattr(os, "fsync", fail)
        with pytest.raises(StorageError, match=r"cannot write .*signals.log: input/output error"):
            log.append([a_record(run_id="second"), a_record(run_id="third")])
    assert (tmp_path / TODAY).read_bytes() == before
    log.append([a_record(run_id="second")])

    assert [record.run_id for record in log.read()] == ["first", "second"]


def test_name_of_a_new_log_is_stored_as_well(tmp_path, monkeypatch):
    """Its folder is synced behind the first record, and behind a rotation."""
    synced, fsync = [], os.fsync

    def note(handle):
        synced.append(os.fstat(handle).st_ino)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", note)
    folder, log = tmp_path.stat().st_ino, SignalLog(tmp_path)

    log.append([a_record()])
    file = (tmp_path / TODAY).stat().st_ino
    assert synced == [file, folder]

    log.append([a_record()])
    assert synced == [file, folder, file]
    synced.clear()

    log.append([a_record(timestamp=datetime(2030, 1, 1, tzinfo=UTC))])
    assert synced == [folder, (tmp_path / TODAY).stat().st_ino, folder]


def test_interrupt_leaves_no_half_batch(tmp_path, monkeypatch):
    """Ctrl-C while a batch is written leaves the log as it was before it."""
    log = SignalLog(tmp_path)
    log.append([a_record(run_id="first")])

    def interrupt(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupt)
    with pytest.raises(KeyboardInterrupt):
        log.append([a_record(run_id="second")])

    assert [record.run_id for record in SignalLog(tmp_path).read()] == ["first"]


@pytest.mark.skipif(sys.platform == "win32", reason="limits of POSIX")
def test_full_disk_leaves_no_half_record(tmp_path):
    """The batch that does not fit is refused in one line, and the log goes on before it."""
    code = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.signal_log import SignalLog
from sellcore.errors import StorageError
log = SignalLog(Path(sys.argv[1]))
(record,) = log.read()
resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
try:
    log.append([record] * 5)
except StorageError as error:
    print(error)
"""
    log = SignalLog(tmp_path)
    log.append([a_record()])
    before = (tmp_path / TODAY).read_bytes()
    done = subprocess.run(
        [sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=True
    )

    assert len(before) < 1000 < 6 * len(before)  # a part of the batch would fit, and not all
    assert done.stdout.endswith("file too large; free some space and try again\n")
    assert (tmp_path / TODAY).read_bytes() == before


def test_file_in_place_of_the_folder_is_one_clear_line(tmp_path):
    """A log folder that cannot be one is said with its cause."""
    (tmp_path / "logs").write_text("")
    log = SignalLog(tmp_path / "logs")

    with pytest.raises(StorageError, match=r"cannot write .*signals.log: file exists"):
        log.append([a_record()])
    with pytest.raises(StorageError, match=r"cannot read .*logs: not a directory"):
        list(log.read())


def test_folder_in_place_of_the_file_is_one_clear_line(tmp_path):
    """Neither reading nor writing passes over it."""
    (tmp_path / TODAY).mkdir()
    log = SignalLog(tmp_path)

    with pytest.raises(StorageError, match="is a directory"):
        log.append([a_record()])
    with pytest.raises(StorageError, match="is a directory"):
        list(log.read())


def test_processes_that_append_at_once_all_count(tmp_path):
    """Two accounts may share a log: every line whole, no record lost, none twice."""
    code = """
import sys
from datetime import timedelta
from pathlib import Path
import attrs
from adapters.signal_log import SignalLog
log = SignalLog(Path(sys.argv[1]))
record = next(log.read())
for n in range(15):
    later = record.timestamp + timedelta(hours=6 * n)
    log.append([attrs.evolve(record, run_id=f"{sys.argv[2]}{n}", timestamp=later)])
"""
    SignalLog(tmp_path).append([a_record()])
    running = [subprocess.Popen([sys.executable, "-c", code, tmp_path, name]) for name in "ABC"]
    assert [process.wait() for process in running] == [0] * 3
    log = SignalLog(tmp_path)
    runs = sorted(record.run_id for record in log.read())

    assert runs == sorted(["3f1c", *(f"{name}{n}" for name in "ABC" for n in range(15))])
    assert log.problems() == ()


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_nobody_else_writes_while_a_batch_is_written(tmp_path):
    """Mending, rotating and writing are one step to every other process."""
    import fcntl

    class Watched(SignalLog):
        def _write(self, data):
            handle = os.open(tmp_path, os.O_RDONLY)
            try:
                with pytest.raises(BlockingIOError):
                    fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            finally:
                os.close(handle)
            super()._write(data)

    log = Watched(tmp_path)
    log.append([a_record()])

    assert list(log.read()) == [a_record()]


@pytest.mark.skipif(sys.platform == "win32", reason="locks of POSIX")
def test_folder_that_another_program_keeps_is_not_waited_for_for_ever(tmp_path, monkeypatch):
    """One that Ctrl-Z has stopped keeps it; what is told is told, and the watch goes on."""
    import fcntl

    monkeypatch.setattr(atomic_file, "PATIENCE", 0.05)
    log = SignalLog(tmp_path)
    stopped = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(stopped, fcntl.LOCK_EX)

    with pytest.raises(StorageError) as met:
        log.append([a_record()])

    assert str(met.value) == (
        f"cannot write {tmp_path / TODAY}: another program keeps its folder locked; wait for that "
        "one or end it and try again"
    )
    assert list(log.read()) == []
    os.close(stopped)
    log.append([a_record()])
    assert list(log.read()) == [a_record()]


def test_wall_clock_is_never_asked(tmp_path):
    """A simulated day is filed under its own date, decades away from today."""
    log = SignalLog(tmp_path)
    log.append([a_record(NOON + timedelta(days=20_000))])
    log.append([a_record(NOON + timedelta(days=20_001))])

    assert sorted(path.name for path in tmp_path.iterdir()) == [TODAY, f"{TODAY}.2077-02-20"]
