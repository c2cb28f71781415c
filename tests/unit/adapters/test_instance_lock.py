"""One process per mode and account."""

import os
import signal
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import filelock
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.instance_lock import InstanceLock, folder_of_gateway, state_folder
from sellcore.errors import InvalidValue, StorageError
from sellcore.order import Mode

NOON = datetime(2022, 5, 20, 12, tzinfo=UTC)
STATE = Path("state")

HOLD = """
import sys
from datetime import UTC, datetime
from pathlib import Path
from adapters.instance_lock import InstanceLock
from sellcore.order import Mode
lock = InstanceLock(Path(sys.argv[1]), Mode.PAPER, "DU0000001", datetime(2022, 5, 20, tzinfo=UTC))
print("held", flush=True)
sys.stdin.read()
"""


def lock(folder, mode=Mode.PAPER, account="DU0000001"):
    return InstanceLock(folder, mode, account, NOON)


def test_second_one_is_refused_and_told_who_has_it(tmp_path):
    """One line: who, since when, and what to do."""
    with lock(tmp_path), pytest.raises(StorageError) as refusal:
        lock(tmp_path)

    assert str(refusal.value) == (
        "another sellcli runs for account 'DU0000001' in mode paper (process "
        f"{os.getpid()}, since 2022-05-20T12:00:00Z); end that one first, two would sell twice"
    )


def test_other_modes_and_accounts_are_free(tmp_path):
    """Nobody else is kept out."""
    with lock(tmp_path), lock(tmp_path, Mode.LIVE), lock(tmp_path, account="DU0000002"):
        assert sorted(path.name for path in tmp_path.iterdir()) == [
            "live-DU0000001",
            "paper-DU0000001",
            "paper-DU0000002",
        ]


def test_released_it_can_be_taken_again(tmp_path):
    """Also after an error within."""
    with pytest.raises(ZeroDivisionError), lock(tmp_path):
        raise ZeroDivisionError
    lock(tmp_path).release()
    lock(tmp_path).release()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"[]", b"{}", b"\xff", b"[" * 900, None),
        b'{"pid": 1, "since": "x"}',
        b'{"pid": "1\\n", "since": "2022-05-20T12:00:00+00:00"}',
    ],
)
def test_unreadable_holder_is_left_out(tmp_path, content):
    """The lock is what counts; the note beside it is for people."""
    with lock(tmp_path) as held:
        note = held.folder / "holder.json"
        if content is None:
            note.unlink()
        else:
            note.write_bytes(content)
        with pytest.raises(StorageError, match="in mode paper; end that one first"):
            lock(tmp_path)


def test_process_that_is_killed_holds_nothing(tmp_path):
    """The system takes the lock back; nobody has to delete a file."""
    process = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(tmp_path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    with process:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(StorageError, match=f"process {process.pid}, since 2022-05-20T00:00"):
            lock(tmp_path)
        process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        process.wait(10)
        process.stdin.close()
        with lock(tmp_path):
            pass


def test_folder_that_cannot_be_written_is_an_error(tmp_path):
    """Without a lock nothing is sold."""
    (tmp_path / "state").write_text("")

    with pytest.raises(StorageError, match=r"cannot write .*lock: "):
        lock(tmp_path / "state")


def test_drive_without_locks_is_an_error(tmp_path, monkeypatch):
    """Some network drives only pretend."""

    def fails(self, *_, **__):
        raise NotImplementedError

    monkeypatch.setattr(filelock.FileLock, "acquire", fails)
    with pytest.raises(StorageError, match="has no locks; set state_dir to a local folder"):
        lock(tmp_path)


def test_note_that_cannot_be_written_gives_the_lock_back(tmp_path):
    """A full disc must not leave a lock that nobody holds."""
    blocked = tmp_path / "paper-DU0000001" / "holder.json"
    blocked.mkdir(parents=True)
    with pytest.raises(StorageError):
        lock(tmp_path)
    blocked.rmdir()

    lock(tmp_path).release()


IDS = st.text("DUdu12-_é. ", min_size=1)


class TestStateFolder:
    def test_account_of_the_usual_shape_keeps_its_name(self):
        """People look into it."""
        assert state_folder(STATE, Mode.LIVE, "U7654321") == STATE / "live-U7654321"
        assert state_folder(STATE, Mode.DRY_RUN, "DU1") == STATE / "dry-run-DU1"

    def test_account_without_an_id_has_none(self):
        """An empty name would be everybody's."""
        with pytest.raises(InvalidValue, match="name the account"):
            state_folder(STATE, Mode.LIVE, "")

    @given(st.text(min_size=1), st.sampled_from(Mode))
    @example("..", Mode.LIVE)
    @example("../../etc", Mode.LIVE)
    @example("/etc", Mode.LIVE)
    @example("a\0b", Mode.LIVE)
    @example("\ud800", Mode.LIVE)
    @example("CON", Mode.LIVE)
    @example("x" * 5000, Mode.LIVE)
    def test_hostile_ids_stay_one_folder_below(self, account, mode):
        """A name that every file system takes, and nothing above it."""
        folder = state_folder(STATE, mode, account)

        assert folder.parent == STATE
        assert folder.name.isascii()
        assert all(letter.isalnum() or letter in "-_" for letter in folder.name)
        assert len(folder.name) < 80

    @given(IDS, IDS, st.sampled_from(Mode))
    @example("DU1", "du1", Mode.LIVE)
    @example("A B", "A_B", Mode.LIVE)
    @example("\u00e9", "e\u0301", Mode.LIVE)
    def test_two_accounts_never_share_one(self, one, other, mode):
        """Not even where the file system does not tell small letters from capitals."""
        names = {state_folder(STATE, mode, account).name.lower() for account in (one, other)}

        assert len(names) == len({one, other})


@pytest.mark.parametrize(
    ("gateway", "name"),
    [
        ("127.0.0.1:4001", "127.0.0.1-4001"),
        ("localhost:4001", "127.0.0.1-4001"),
        ("LocalHost:4001", "127.0.0.1-4001"),
        ("::1:4001", "127.0.0.1-4001"),
        ("localhost.example.com:4001", "localhost.example.com-4001"),
        ("../../x:7497", "..-..-x-7497"),
    ],
)
def test_gateway_is_the_same_by_any_name_of_this_machine(gateway, name, monkeypatch):
    """Two that call it differently meet all the same, and no name leads out of the folder."""
    monkeypatch.setenv("XDG_STATE_HOME", "/kept")

    assert folder_of_gateway(gateway) == Path("/kept/sellcli") / name


def test_gateways_are_kept_in_the_home_of_a_person(monkeypatch):
    """Wherever they work; without a home it is said what to do."""
    monkeypatch.delenv("XDG_STATE_HOME")
    monkeypatch.setattr(Path, "home", lambda: Path("/home/larry"))
    expected = Path("/home/larry/.local/state/sellcli/127.0.0.1-4001")
    assert folder_of_gateway("127.0.0.1:4001") == expected

    def homeless():
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", homeless)
    with pytest.raises(StorageError, match="set XDG_STATE_HOME to a local folder"):
        folder_of_gateway("127.0.0.1:4001")
