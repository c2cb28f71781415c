"""A journal whose process is killed, and one that two processes share."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from tests.builders import ACCOUNT
from tests.journal_builders import MODE, a_record, later
from tests.unit.adapters.journal_writer import POSITIONS

from adapters.sqlite.journal import SqliteJournal
from sellcore.selling.lifecycle import State

ROOT = Path(__file__).parents[3]
ORDER = ("prepared", "sending", "filled")

pytestmark = pytest.mark.skipif(os.name == "nt", reason="kills like a Unix")


def started(what, path):
    return subprocess.Popen(
        [sys.executable, "-m", "tests.unit.adapters.journal_writer", what, str(path)],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def killed(process, lines, seconds):
    """Read so many lines, wait, kill, and return all that was said; the last may be torn."""
    with process:
        said = [process.stdout.readline() for _ in range(lines)]
        time.sleep(seconds)
        process.kill()
        said += process.stdout.readlines()
    return [line.split(maxsplit=1) for line in said if line.endswith("\n") and line != "ready\n"]


@pytest.mark.slow
def test_killed_at_any_instant_it_keeps_what_it_said_and_no_half_of_anything(tmp_path):
    """Twenty kills amid writes: whatever a call returned from is there, batches are whole."""
    path = tmp_path / "journal.db"
    drawn = Random(7)
    promised = (0, -1)
    for _ in range(20):
        process = started("write_for_ever", path)
        said = killed(process, drawn.randint(1, 12), drawn.uniform(0, 0.005))
        if said:
            number, state = said[-1]
            promised = max(promised, (int(number), ORDER.index(state.strip())))

        with closing(SqliteJournal(path, MODE, ACCOUNT)) as journal:
            records = journal.intents()
            reached = (len(records) // len(POSITIONS) - 1, -1)
            for number in range(reached[0] + 1):
                batch = records[number * len(POSITIONS) : (number + 1) * len(POSITIONS)]
                (state,) = {record.state for record in batch}
                assert [record.con_id for record in batch] == list(POSITIONS)
                assert {record.decided_at for record in batch} == {later(number)}
                reached = (number, ORDER.index(state.value))
                assert number == len(records) // len(POSITIONS) - 1 or state is State.FILLED
                told = [entry.what for entry in journal.entries(batch[-1].intent_id)]
                assert told == ["PREPARED", "SENDING", "SEEN_FILLED"][: reached[1] + 1]
            was_sent = sum(record.state is not State.PREPARED for record in records)
            assert journal.sent_since(later(-1)).orders == was_sent
        assert reached >= promised
    assert promised[0] > 10


@pytest.mark.slow
def test_killed_while_it_is_made_it_is_whole_or_not_there(tmp_path):
    """The next start never meets an unfinished file."""
    drawn = Random(11)
    for number in range(12):
        path = tmp_path / str(number) / "journal.db"
        killed(started("write_for_ever", path), 1, drawn.uniform(0, 0.012))

        with closing(SqliteJournal(path, MODE, ACCOUNT)) as journal:
            assert len(journal.intents()) % len(POSITIONS) == 0


def test_two_processes_never_both_take_one_intent(tmp_path):
    """They take turns in writing; each intent is sent by one of them."""
    path = tmp_path / "journal.db"
    con_ids = list(range(60))
    with closing(SqliteJournal(path, MODE, ACCOUNT)) as journal:
        journal.prepare([a_record(con_id) for con_id in con_ids])
    rivals = [started("contend", path) for _ in range(2)]
    for rival in rivals:
        assert rival.stdout.readline() == "ready\n"
    for rival in rivals:
        rival.stdin.write("go\n")
        rival.stdin.flush()
    taken = [[int(line) for line in rival.communicate()[0].split()] for rival in rivals]

    assert [rival.returncode for rival in rivals] == [0, 0]
    assert sorted(taken[0] + taken[1]) == con_ids
    with closing(SqliteJournal(path, MODE, ACCOUNT)) as journal:
        assert journal.sent_since(later(-1)).orders == len(con_ids)
