"""Two journals side by side, whatever is done to them."""

from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from tests.builders import ACCOUNT, an_order
from tests.journal_builders import (
    MODE,
    WAYS,
    a_commission,
    a_record,
    an_execution,
    later,
    steps,
    stock,
)

from adapters.memory_journal import MemoryJournal
from adapters.sqlite.journal import SqliteJournal
from sellcore.errors import IllegalMove, StorageError
from sellcore.order import Mode
from sellcore.ports.journal import Entry
from sellcore.selling.intent_record import Move
from sellcore.selling.lifecycle import MOVES, Happening, State

CON_IDS = st.integers(1, 3)
HOURS = st.integers(0, 4)
QUANTITIES = st.sampled_from(["0", "0.5", "1", "1.0", "100", "-30"]).map(Decimal)

RECORDS = st.builds(
    lambda con_id, hour, **known: a_record(con_id, hour, **known),
    CON_IDS,
    HOURS,
    account=st.sampled_from([ACCOUNT] * 60 + ["U1"]),
    mode=st.sampled_from([MODE] * 60 + [Mode.LIVE]),
    state=st.sampled_from([State.PREPARED] * 60 + [State.SENDING]),
    cancels=st.sampled_from([(), (an_order(stock(1)),)]),
    words=st.text(st.characters(exclude_categories=["Cs"]), max_size=5),
    held=QUANTITIES,
)

KNOWN = st.fixed_dictionaries(
    {},
    optional={
        "words": st.sampled_from(["", "so", "\x00"]),
        "client_id": st.sampled_from([7, 8, None]),
        "order_id": st.integers(-1, 5),
        "quantity": st.integers(1, 3),
        "limit_price": st.sampled_from([None, 0.1, 1 / 3]),
        "sent_at": HOURS.map(later),
        "position_before": QUANTITIES,
        "perm_id": st.integers(0, 2**40),
        "filled": QUANTITIES,
        "average_price": st.floats(0, 1e6),
        "asked_to_go": st.lists(st.integers(0, 9), max_size=2).map(tuple),
        "deadline": HOURS.map(later),
    },
)
NUMBERS = {"client_id": 7, "order_id": 3, "quantity": 2, "sent_at": later(1)}
TROUBLES = st.sampled_from(
    ["none"] * 8 + ["stale"] * 3 + ["state", "happening", "intent", "number"]
)


MOMENTS = HOURS.map(later)
NAMES = st.builds(lambda con_id, hour: a_record(con_id, hour).intent_id, CON_IDS, HOURS)
EXECUTIONS = st.builds(
    lambda name, shares, time: an_execution(name, shares=str(shares), time=time),
    st.sampled_from(["a.1", "a.2", "b.1", "c"]),
    QUANTITIES,
    MOMENTS,
)
COMMISSIONS = st.builds(a_commission, st.sampled_from(["a.1", "a.2", "d"]), st.floats(0, 9))
ASIDES = st.one_of(
    st.tuples(
        st.just("note"),
        st.lists(st.builds(Entry, MOMENTS, NAMES | st.just(""), st.just("note"), st.text("ab"))),
    ),
    st.tuples(
        st.just("add_trades"), st.lists(EXECUTIONS, max_size=3), st.lists(COMMISSIONS, max_size=3)
    ),
    st.tuples(st.just("seen"), st.dictionaries(CON_IDS, QUANTITIES), MOMENTS),
    st.tuples(st.just("intents"), MOMENTS),
    st.tuples(st.just("intents"), MOMENTS, CON_IDS.map(lambda con_id: stock(con_id).ticker)),
    st.tuples(st.just("sent_since"), MOMENTS),
    st.tuples(st.just("trades"), MOMENTS),
)


@st.composite
def choices(draw):
    """Choose one step; which records there are is known only when it is made."""
    return {
        "pick": draw(st.integers(0, 10**6)),
        "way": draw(st.integers(0, 10**6)),
        "known": draw(KNOWN),
        "happening": draw(st.sampled_from(Happening)),
        "state": draw(st.sampled_from(State)),
        "at": later(draw(HOURS)),
    }


class TwoJournals(RuleBasedStateMachine):
    """Does the same to both; they must answer, refuse and hold the same."""

    def __init__(self):
        super().__init__()
        self.folder = TemporaryDirectory()
        self.path = Path(self.folder.name) / "journal.db"
        self.memory = MemoryJournal(MODE, ACCOUNT)
        self.sqlite = SqliteJournal(self.path, MODE, ACCOUNT)
        self.met = []

    def teardown(self):
        self.sqlite.close()
        self.folder.cleanup()

    def both(self, ask):
        """Return what both answer, or the error that both raise."""
        answers = []
        for journal in (self.memory, self.sqlite):
            try:
                answers.append(ask(journal))
            except (IllegalMove, StorageError) as error:
                answers.append((type(error), str(error)))
        assert answers[0] == answers[1]
        return answers[0]

    @rule(records=st.lists(RECORDS, min_size=1, max_size=4))
    def prepare(self, records):
        self.both(lambda journal: journal.prepare(records))
        self.met += records

    @precondition(lambda self: self.met)
    @rule(chosen=st.lists(choices(), min_size=1, max_size=6), trouble=TROUBLES)
    def record(self, chosen, trouble):
        moves = []
        for number, choice in enumerate(chosen, 1):
            ahead = {move.record.intent_id: move.record for move in moves}
            moves.append(self.a_move(choice, ahead, trouble if number == len(chosen) else "none"))
        self.met += [move.record for move in moves]
        self.both(lambda journal: journal.record(moves))

    def a_move(self, choice, ahead, trouble):
        """Make the step that was chosen of what is there, or what trouble makes of it."""
        standing = [ahead.get(r.intent_id, r) for r in self.memory.open_intents()]
        if trouble == "stale" or not standing:
            standing = self.met
        before = standing[choice["pick"] % len(standing)]
        ways = [h for state, h in MOVES if state is before.state] or [choice["happening"]]
        happening = ways[choice["way"] % len(ways)]
        if trouble == "happening":
            happening = choice["happening"]
        state = MOVES.get((before.state, happening), before.state)
        if trouble == "state":
            state = choice["state"]
        numbers = NUMBERS if happening is Happening.SENDING else {}
        record = attrs.evolve(before, **{**numbers, **choice["known"], "state": state})
        if trouble == "number":
            record = attrs.evolve(record, order_id=None)
        if trouble == "intent":
            record = attrs.evolve(record, intent=attrs.evolve(record.intent, quantity=1))
        return Move(before, happening, record, choice["at"])

    @rule(con_id=CON_IDS, hour=HOURS, epoch=st.integers(0, 9), state=st.sampled_from(State))
    def live(self, con_id, hour, epoch, state):
        """Take an intent on its whole way, where it is a new one."""
        record = a_record(con_id, hour, epoch=epoch)
        if self.both(lambda journal: journal.prepare([record])) == (record,):
            moves = steps(record, *WAYS[state], at=later(hour))
            self.both(lambda journal: journal.record(moves))

    @rule(aside=ASIDES)
    def do_aside(self, aside):
        self.both(lambda journal: getattr(journal, aside[0])(*aside[1:]))

    @rule()
    def restart(self):
        self.sqlite.close()
        self.sqlite = SqliteJournal(self.path, MODE, ACCOUNT)

    @invariant()
    def hold_the_same(self):
        for ask in (
            lambda journal: journal.intents(),
            lambda journal: journal.open_intents(),
            lambda journal: journal.entries(""),
            lambda journal: [journal.failed_sends(n) for n in range(1, 4)],
            lambda journal: [journal.highest_order_id(n) for n in (7, 8)],
            lambda journal: journal.epochs(),
            lambda journal: journal.told_since(),
            lambda journal: journal.trades(),
        ):
            self.both(ask)
        for record in self.memory.intents():
            self.both(lambda journal, name=record.intent_id: journal.entries(name))

    @invariant()
    def one_open_intent_for_a_position(self):
        con_ids = [record.con_id for record in self.sqlite.open_intents()]
        assert len(con_ids) == len(set(con_ids))


TestTwoJournals = TwoJournals.TestCase
TestTwoJournals.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
