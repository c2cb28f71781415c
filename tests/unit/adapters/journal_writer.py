"""Processes of their own that write a journal, to be killed or to meet another one."""

import sys
from collections.abc import Sequence
from itertools import count
from pathlib import Path

from tests.builders import ACCOUNT
from tests.journal_builders import MODE, a_record, sent, steps

from adapters.sqlite.journal import SqliteJournal
from sellcore.errors import IllegalMove
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.lifecycle import Happening, State

POSITIONS = range(1, 6)
NEXT = {State.PREPARED: Happening.SENDING, State.SENDING: Happening.SEEN_FILLED}


def say(*words: object) -> None:
    """Tell whoever started this process, at once."""
    print(*words, flush=True)


def write_for_ever(path: Path) -> None:
    """Sell five positions over and over; say each step once it has returned."""
    say("ready")
    journal = SqliteJournal(path, MODE, ACCOUNT)
    done = len(journal.intents()) // len(POSITIONS) - bool(journal.open_intents())
    for number in count(done):
        batch = [a_record(con_id, number) for con_id in POSITIONS]
        standing: Sequence[IntentRecord] = journal.prepare(batch)
        say(number, standing[0].state)
        while happening := NEXT.get(standing[0].state):
            moves = [steps(record, happening)[0] for record in standing]
            journal.record(moves)
            standing = [move.record for move in moves]
            say(number, standing[0].state)


def contend(path: Path) -> None:
    """Send what nobody else has sent yet; say which ones these were."""
    journal = SqliteJournal(path, MODE, ACCOUNT)
    say("ready")
    sys.stdin.readline()
    for record in journal.open_intents():
        try:
            journal.record([sent(record)])
        except IllegalMove:
            continue
        say(record.con_id)
    journal.close()


if __name__ == "__main__":
    {"write_for_ever": write_for_ever, "contend": contend}[sys.argv[1]](Path(sys.argv[2]))
