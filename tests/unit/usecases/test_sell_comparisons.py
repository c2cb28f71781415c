"""Journal and broker are compared at start, after each connect, and every few minutes."""

from datetime import datetime, timedelta

import pytest
from attrs import evolve
from tests.builders import MSFT
from tests.desk import MINUTE, SECOND
from tests.journal_builders import a_record
from tests.selling_desk import DECIDED, ELEVEN, SellingDesk

from adapters.fake_order_desk import Fate
from sellcore.errors import BrokerUnavailable, StorageError
from sellcore.selling import testimony
from sellcore.selling.intent_record import moved
from sellcore.selling.lifecycle import Happening, State
from sellcore.selling.limits import SellingPolicy
from sellcore.usecases.reconcile import Reconciliation, compare_with_journal, reconcile

START = ELEVEN - MINUTE


class ComparingDesk(SellingDesk):
    """A desk that sells nothing, so that whoever asks for ended orders compares."""

    def __init__(self) -> None:
        super().__init__(START, quantity="-30")
        self.times: list[datetime] = []

    def compared(self, minutes: float) -> list[timedelta]:
        """Return when the two were compared, from the start on, to the minute."""
        asked = self.stage.see

        def see(call: str) -> None:
            asked(call)
            if call == "witness.completed_orders":
                self.times.append(self.true.moment)

        self.stage.see = see  # type: ignore[method-assign]
        self.run(minutes)
        return [(moment - START) // MINUTE * MINUTE for moment in self.times]


def test_compared_at_the_start_and_every_few_minutes() -> None:
    """And not at every look: that would be four questions a minute for nothing."""
    desk = ComparingDesk()
    desk.selling_policy = SellingPolicy(reconcile=timedelta(minutes=3))

    assert desk.compared(9) == [0 * MINUTE, 3 * MINUTE, 6 * MINUTE, 9 * MINUTE]


def test_compared_at_once_behind_each_connect() -> None:
    """What was done while nobody listened is known before anything is sold."""
    desk = ComparingDesk()
    for minute in (1, 2):
        desk.clock.at(ELEVEN + minute * MINUTE, lambda: desk.broker.drop("the line was lost"))

    times = desk.compared(3.5)

    assert times[0] == 0 * MINUTE
    assert len(times) == 3
    assert desk.state is not None
    assert desk.state.selling.reconciled_generation == desk.broker.generation()


def test_compared_anew_once_the_clock_was_set_back() -> None:
    """A comparison from the future says nothing."""
    desk = ComparingDesk()
    desk.clock.ahead = 3 * MINUTE
    desk.clock.at(START + SECOND, lambda: setattr(desk.clock, "ahead", 0 * SECOND))

    assert desk.compared(5)[:2] == [0 * MINUTE, 1 * MINUTE]


def test_comparison_that_cannot_be_stored_leaves_the_two_not_compared() -> None:
    """It is told, and made again at the next look; until then nothing may be sent."""
    desk = ComparingDesk()
    desk.selling_policy = SellingPolicy(reconcile=timedelta(minutes=3))

    def fill_the_disk() -> None:
        desk.journal.full = True
        desk.hold_quietly("-40")  # something to write

    desk.clock.at(START + 2.5 * MINUTE, fill_the_disk)
    desk.clock.at(START + 5.5 * MINUTE, lambda: setattr(desk.journal, "full", False))

    times = desk.compared(4.2)
    assert times == [minutes * MINUTE for minutes in (0, 3, 4, 5)]
    assert desk.state is not None
    assert desk.state.selling.reconciled_generation is None
    (told,) = desk.telling("denied")
    assert told.endswith("; nothing is sent until the journal can be written")
    desk.times.clear()

    desk.run(8)

    assert desk.state.selling.reconciled_generation == desk.broker.generation()


@pytest.mark.parametrize("fate", [Fate.WORKS, Fate.FILLS])
def test_intent_that_a_person_settles_just_then_ends_no_watch(fate: Fate) -> None:
    """Their word stands, the two are compared again, and what lives on is told of."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.stage.behind("entry.place", lambda: desk.hold_quietly("30"))
    desk.run(3)
    assert desk.ends == ["unknown"]

    def settle_by_hand() -> None:
        (record,) = desk.journal.open_intents()
        word = moved(record, Happening.SETTLED, desk.true.moment, "settled by hand: gone")
        desk.journal.record([word])

    desk.hold_quietly("130")
    desk.entry._accept(desk.entry.sent[0], fate)
    desk.broker.drop("the line was lost")
    desk.stage.before("journal.record", settle_by_hand)

    desk.run(10)

    assert desk.ends == ["settled"]
    assert desk.state is not None
    assert desk.state.selling.reconciled_generation == desk.broker.generation()
    told = "no open intent explains it" if fate is Fate.WORKS else "on record as settled"
    assert any(told in text for text in desk.telling("unknown"))


def test_line_that_goes_behind_the_reading_is_compared_anew() -> None:
    """What was read over the old one says nothing of the new one, though all was stored."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.run(1)
    assert desk.ends == ["working"]

    def fill_and_lose_the_line() -> None:
        desk.entry.fill(desk.entry.order(1))

        def lost_and_found() -> None:
            desk.broker.lose_servers()
            desk.broker.restore_servers(data_lost=True)

        desk.stage.before("journal.record", lost_and_found)

    desk.broker.drop("the line was lost")
    fill_and_lose_the_line()
    desk.run(1.1)

    assert desk.ends == ["filled"]
    assert desk.state is not None
    assert desk.state.selling.reconciled_generation != desk.broker.generation()


def test_line_that_goes_in_the_middle_of_a_sale_is_compared_anew() -> None:
    """What has come to the account meanwhile is found before anything is sent over the next."""
    desk = SellingDesk()

    def lose_the_line() -> None:
        desk.stage.before("broker.open_orders", desk.broker.drop)

    desk.stage.behind("journal.prepare", lose_the_line)
    nobodys = {"client_id": 9, "order_ref": "sellcli:nobody"}
    desk.clock.at(DECIDED + SECOND, lambda: desk.rest(**nobodys))

    desk.run(3)

    assert desk.sent == []
    assert any("no open intent explains it" in text for text in desk.telling("unknown"))


def test_sale_that_fills_while_the_account_is_read_is_not_decided_on_again() -> None:
    """What is held is read behind the comparison: what it found ended is not held any more."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    desk.selling_policy = SellingPolicy(reconcile=20 * SECOND)

    def fill() -> None:
        desk.entry.fill(desk.entry.order(1))

    noon = ELEVEN + 60 * MINUTE
    desk.clock.at(noon + 29 * SECOND, lambda: desk.stage.behind("broker.positions", fill))

    desk.run(70)

    assert (desk.ends, desk.held()) == (["filled"], 0)
    assert desk.telling("denied") == []


def test_clock_that_jumps_ahead_makes_nothing_missing() -> None:
    """Two seconds behind the order, five minutes by our clock: it may be on its way still."""
    desk = SellingDesk()
    desk.entry.fate = Fate.LOST
    desk.clock.at(DECIDED + 2 * SECOND, lambda: setattr(desk.clock, "ahead", 5 * MINUTE))

    desk.run(6.5)
    assert desk.true.moment < ELEVEN + 2 * MINUTE
    assert desk.ends == ["sending"]

    desk.clock.ahead = 0 * SECOND
    desk.run(9)
    assert desk.ends == ["not sent"]


def test_two_looks_of_one_instant_compare_once() -> None:
    """What was read at that very instant is not read again."""
    desk = ComparingDesk()
    state = desk.run(0).state
    assert state is not None
    state.selling.reconciled_at = desk.true.moment
    asked = len(desk.stage.calls)

    compare_with_journal(desk.ports(), state)

    assert desk.stage.calls[asked:] == []


def test_journal_that_stays_full_is_told_once_whoever_meets_it() -> None:
    """The comparison does, and the sale that waits does: it is one trouble."""
    desk = SellingDesk(START)
    desk.switch.why = "wait"  # the intent is on record, and stays there

    def fill_the_disk() -> None:
        desk.journal.full = True
        desk.hold_quietly("101")
        desk.broker.drop("the line was lost")

    desk.clock.at(ELEVEN + 2.5 * MINUTE, fill_the_disk)

    desk.run(6)

    assert desk.ends == ["prepared"]
    (told,) = [text for text in desk.telling("denied") if "journal" in text]
    assert told.endswith("; nothing is sent until the journal can be written")


def test_comparison_that_has_nothing_to_write_does_not_end_the_trouble_of_a_sale() -> None:
    """The disk is as full as before, whatever could be read meanwhile."""
    desk = SellingDesk(START)
    desk.selling_policy = SellingPolicy(reconcile=MINUTE)
    desk.switch.why = "wait"

    def fill_the_disk() -> None:
        desk.journal.full = True
        desk.switch.why = "wait on"  # which is to be put on record

    desk.clock.at(ELEVEN + 2.5 * MINUTE, fill_the_disk)

    desk.run(6)

    assert desk.ends == ["prepared"]
    assert len([text for text in desk.telling("denied") if "journal" in text]) == 1


def test_journal_that_fails_anew_is_told_anew() -> None:
    """A comparison that could be stored ends the trouble before, though nothing is for sale."""
    desk = ComparingDesk()
    desk.selling_policy = SellingPolicy(reconcile=timedelta(minutes=1))

    def fill(quantity: str) -> None:
        desk.journal.full = True
        desk.hold_quietly(quantity)

    desk.clock.at(START + 2.5 * MINUTE, lambda: fill("-40"))
    desk.clock.at(START + 4.5 * MINUTE, lambda: setattr(desk.journal, "full", False))
    desk.clock.at(START + 6.5 * MINUTE, lambda: fill("-50"))

    desk.run(8)

    assert len(desk.telling("denied")) == 2


def test_position_that_one_reading_leaves_out_has_not_gone_flat() -> None:
    """Nor has one that another reading leaves out later; it has when two in turn do."""
    desk = ComparingDesk()
    desk.selling_policy = SellingPolicy(reconcile=MINUTE)
    for minute in (2, 5, 8):
        gone = START + (minute - 0.5) * MINUTE
        desk.clock.at(gone, lambda: desk.hold_quietly("0"))
        back = gone + (3 if minute == 8 else 1) * MINUTE
        desk.clock.at(back, lambda: desk.hold_quietly("-30"))

    desk.run(6)
    assert dict(desk.journal.epochs()) == {}
    desk.run(14)

    assert dict(desk.journal.epochs()) == {MSFT.con_id: 1}


@pytest.mark.parametrize("silent", ["open_orders", "completed_orders", "trades", "positions"])
def test_comparison_that_is_cut_short_counts_for_nothing(silent: str) -> None:
    """Half an account proves nothing: it is raised, and the two are not compared."""
    desk = ComparingDesk()
    state = desk.run(0).state
    assert state is not None
    desk.broker.drop("the line was lost")
    desk.broker.connect()
    before = state.selling.reconciled_generation, state.selling.reconciled_at
    port = "witness" if silent in ("completed_orders", "trades") else "broker"

    def refuse() -> None:
        raise BrokerUnavailable("no complete answer")

    desk.stage.before(f"{port}.{silent}", refuse)
    with pytest.raises(BrokerUnavailable):
        compare_with_journal(desk.ports(), state)

    assert before == (state.selling.reconciled_generation, state.selling.reconciled_at)
    assert before[0] != desk.broker.generation()
    compare_with_journal(desk.ports(), state)
    assert state.selling.reconciled_generation == desk.broker.generation()


def test_comparison_whose_findings_cannot_be_stored_counts_for_nothing() -> None:
    """Whoever made it, and whatever it had found out."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS
    state = desk.run(1).state
    assert state is not None
    desk.broker.drop("the line was lost")
    desk.broker.connect()
    desk.entry.fill(desk.entry.order(1))
    desk.stage.before("journal.record", lambda: setattr(desk.journal, "full", True))
    ports = desk.ports()
    assert ports.selling is not None

    with pytest.raises(StorageError):
        reconcile(ports, ports.selling, state)

    assert state.selling.reconciled_generation != desk.broker.generation()
    assert desk.ends == ["working"]


@pytest.mark.parametrize(
    ("findings", "early"),
    [
        ([], False),
        ([(State.SENDING, None)], True),
        ([(State.WORKING, None)], True),
        ([(State.UNKNOWN, None)], False),
        ([(State.SENDING, Happening.PROVEN_ABSENT)], False),
        ([(State.UNKNOWN, None), (State.SENDING, None)], True),
    ],
)
def test_comparison_knows_whether_it_came_too_early(
    findings: list[tuple[State, Happening | None]], early: bool
) -> None:
    """An order may still appear; of one that is unknown no further look says more."""
    told = testimony.Testimony(ELEVEN, (), (), (), ())
    found = tuple(
        (evolve(a_record(), state=state), testimony.Finding(happening, "so it is"))
        for state, happening in findings
    )

    assert Reconciliation(told, found, ()).early is early
