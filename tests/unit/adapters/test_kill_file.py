"""The kill switch as a file: in doubt it is thrown."""

import os
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.kill_file import NO_REASON, KillFile
from sellcore.errors import StorageError
from sellcore.ports.kill_switch import KillSwitch


@pytest.fixture
def state(tmp_path):
    return tmp_path / "state"


@pytest.fixture
def switch(state):
    return KillFile(state)


def test_it_is_not_thrown_by_itself(switch, state):
    """A first start sells, and looking makes no folder."""
    port: KillSwitch = switch

    assert port.thrown() is None
    assert not state.exists()


def test_thrown_and_released(switch, state):
    """The file is all there is to it: another process sees the same."""
    switch.throw("earnings tonight")

    assert KillFile(state).thrown() == "earnings tonight"
    assert (state / "halt").read_text() == "earnings tonight\n"
    switch.release()
    assert KillFile(state).thrown() is None
    assert list(state.iterdir()) == []


def test_both_can_be_done_twice(switch):
    """The last reason counts; releasing what is not thrown does nothing."""
    switch.release()
    switch.throw("one")
    switch.throw("two")

    assert switch.thrown() == "two"
    switch.release()
    switch.release()
    assert switch.thrown() is None


@pytest.mark.parametrize("content", [b"", b"\n", b" \t\r\n", b"\x00\x1b"])
def test_file_without_a_reason_is_a_halt(switch, state, content):
    """``touch state/halt`` is enough."""
    state.mkdir()
    (state / "halt").write_bytes(content)

    assert switch.thrown() == NO_REASON


@given(st.binary())
def test_whatever_the_file_holds_is_one_clean_line(tmp_path_factory, content):
    """People and other programs write it, too."""
    state = tmp_path_factory.mktemp("state")
    (state / "halt").write_bytes(content)
    reason = KillFile(state).thrown()

    assert reason
    assert reason.isprintable()
    assert len(reason) <= 200


def test_endless_reason_is_cut(switch):
    """It stands in every line that says why nothing is sold."""
    switch.throw("x" * 10**6 + "\n\x1b[2J")

    assert switch.thrown() == "x" * 200


def test_reason_without_end_is_not_read_to_its_end(switch, state):
    """It is looked at before every order: a file of any size takes no time and no room."""
    state.mkdir()
    with (state / "halt").open("wb") as file:
        file.write(b"no more of this")
        file.truncate(2**25)
    tracemalloc.start()
    try:
        reason = switch.thrown()
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()

    assert reason == "no more of this"
    assert most < 2**20


def a_folder(path: Path):
    path.mkdir()


def a_pipe(path: Path):
    os.mkfifo(path)


def a_link_to_nowhere(path: Path):
    path.symlink_to(path.parent / "gone")


@pytest.mark.skipif(sys.platform == "win32", reason="has neither pipes nor links by these names")
@pytest.mark.parametrize(
    ("make", "said"),
    [(a_folder, "is no file"), (a_pipe, "is no file"), (a_link_to_nowhere, "leads nowhere")],
)
def test_what_is_no_file_counts_as_thrown(switch, state, make, said):
    """Somebody has put it there; reading it never waits."""
    state.mkdir()
    make(state / "halt")

    assert said in switch.thrown()


def test_link_to_a_file_is_that_file(switch, state):
    """One reason for several directories."""
    state.mkdir()
    state.joinpath("reason").write_text("for all")
    state.joinpath("halt").symlink_to(state / "reason")

    assert switch.thrown() == "for all"


def test_file_that_cannot_be_read_counts_as_thrown(switch, state, monkeypatch):
    """A disc that fails is no leave to sell."""
    switch.throw("x")

    def fails(self, *_, **__):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", fails)
    assert switch.thrown().endswith("halt cannot be read: input/output error")


def test_folder_that_cannot_be_looked_into_counts_as_thrown(switch, monkeypatch):
    """Nobody knows what is in it."""

    def fails(self):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "lstat", fails)
    assert switch.thrown().endswith("halt cannot be read: permission denied")


def test_state_folder_that_is_a_file_counts_as_thrown(switch, state):
    """Nothing in it can be read."""
    state.write_text("")

    assert "cannot be read: not a directory" in switch.thrown()
    with pytest.raises(StorageError):
        switch.throw("x")


def test_halt_that_cannot_be_written_is_an_error(switch, monkeypatch):
    """Whoever throws it must know that it was not thrown."""

    def fails(self, target):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(StorageError, match="no space left on device"):
        switch.throw("x")
    assert switch.thrown() is None


def test_halt_that_cannot_be_removed_is_an_error(switch, state):
    """It stays halted, and says so."""
    a_folder_there = state / "halt"
    a_folder_there.mkdir(parents=True)

    with pytest.raises(StorageError) as refusal:
        switch.release()
    told = str(refusal.value)
    assert told.startswith(f"cannot remove {a_folder_there}: ")
    assert told.endswith("; remove it by hand, selling stays halted")
    assert told.count(str(a_folder_there)) == 1
    assert "[" not in told, "a person is told words, not numbers"
    assert switch.thrown()


@pytest.mark.skipif(sys.platform == "win32", reason="its folders are not synced")
def test_halt_that_is_gone_but_not_for_sure_is_no_halt_that_stays(switch, monkeypatch):
    """Nothing is there to be removed by hand: what failed is the disk."""
    switch.throw("x")

    def fails(handle):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(os, "fsync", fails)
    with pytest.raises(StorageError, match="input/output error") as refused:
        switch.release()
    assert "stays halted" not in str(refused.value)
    assert switch.thrown() is None
