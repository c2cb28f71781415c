"""What every journal promises."""

import json
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal

import attrs
import pytest
from attrs import evolve, frozen
from tests.builders import ACCOUNT
from tests.journal_builders import (
    MODE,
    TEN,
    WAYS,
    a_commission,
    a_record,
    an_elaborate_record,
    an_execution,
    later,
    sent,
    steps,
    stock,
)

from adapters.memory_journal import MemoryJournal
from adapters.sqlite.journal import SqliteJournal
from sellcore.errors import IllegalMove, InvalidValue, StorageError
from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.order_type import OrderType
from sellcore.ports.journal import Entry, Journal, Sent
from sellcore.selling.intent_record import Move, moved
from sellcore.selling.lifecycle import MOVES, Happening, State

H, S = Happening, State
ENDED = [S.FILLED, S.CANCELLED, S.REJECTED, S.DENIED, S.LAPSED, S.NOT_SENT, S.SETTLED]
OPEN = [S.PREPARED, S.CANCELLING, S.SENDING, S.WORKING, S.UNKNOWN]


@frozen
class Opened:
    """A new journal, how the next process opens the same one, and how its disk fills up."""

    journal: Journal
    reopen: Callable[[], Journal]
    fill: Callable[[], object]


@pytest.fixture
def in_memory():
    journal = MemoryJournal(MODE, ACCOUNT)
    return Opened(journal, lambda: journal, lambda: setattr(journal, "full", True))


@pytest.fixture
def in_sqlite(tmp_path):
    opened = []

    def open_it():
        opened.append(SqliteJournal(tmp_path / "state" / "journal.db", MODE, ACCOUNT))
        return opened[-1]

    def fill():
        opened[0]._database._db.execute("PRAGMA max_page_count = 1")

    yield Opened(open_it(), open_it, fill)
    for journal in opened:
        journal.close()


@pytest.fixture(params=["in_memory", "in_sqlite"])
def opened(request):
    return request.getfixturevalue(request.param)


@pytest.fixture
def journal(opened):
    return opened.journal


def contents(journal):
    """Return everything a journal can be asked."""
    return (
        journal.intents(),
        journal.open_intents(),
        {record.intent_id: journal.entries(record.intent_id) for record in journal.intents()},
        journal.entries(""),
        journal.sent_since(later(-1000)),
        [journal.failed_sends(con_id) for con_id in range(10)],
        journal.highest_order_id(7),
        journal.trades(),
        journal.epochs(),
    )


def driven(journal, record, *happenings, at=TEN):
    """Put a record in the journal, let it happen, and return what became of it."""
    (record,) = journal.prepare([record])
    moves = steps(record, *happenings, at=at)
    journal.record(moves)
    return moves[-1].record if moves else record


class TestPrepare:
    def test_a_new_journal_holds_nothing(self, journal):
        """A first start has nothing to answer for."""
        nothing = ((), (), {}, (), Sent(), [0] * 10, 0, ((), ()), {})

        assert contents(journal) == nothing

    def test_new_intents_are_on_record_when_it_returns(self, opened):
        """The next process finds what this one meant."""
        records = (a_record(1), a_record(2))

        assert opened.journal.prepare(records) == records
        assert opened.reopen().open_intents() == records

    def test_every_field_is_found_again(self, opened):
        """What comes back is equal to what went in, to the last digit."""
        record = an_elaborate_record()

        opened.journal.prepare([record])

        (found,) = opened.reopen().intents()
        assert attrs.asdict(found) == attrs.asdict(record)
        assert str(found.intent.residual) == "1E-8"

    def test_what_is_on_record_stays_as_it_is(self, opened):
        """Meaning the same thing again answers with how far it has got."""
        filled = driven(opened.journal, a_record(), *WAYS[S.FILLED])

        assert opened.reopen().prepare([a_record(words="again")]) == (filled,)
        assert opened.reopen().intents() == (filled,)

    @pytest.mark.parametrize("state", OPEN)
    def test_open_intent_shuts_its_position(self, journal, state):
        """No second sale is on record while the first may still happen."""
        first = driven(journal, a_record(1), *WAYS[state])

        assert journal.prepare([a_record(1, 1), a_record(2, 1)]) == (a_record(2, 1),)
        assert journal.intents() == (first, a_record(2, 1))

    @pytest.mark.parametrize(
        "same",
        [
            a_record(1, 1, rule="SMA,50,D"),
            a_record(1, 1, rule="EMA,20,1H"),
            a_record(1, 1, instrument=Instrument(1, "S1", "NYSE", "USD")),
            a_record(1, 1, epoch=3),
        ],
        ids=["another timeframe", "another average", "another name", "another epoch"],
    )
    def test_position_is_its_contract_whatever_else_differs(self, journal, same):
        """A rule that was changed meanwhile, or a listing that moved, sells nothing twice."""
        first = driven(journal, a_record(1), Happening.SENDING)

        assert journal.prepare([same]) == ()
        assert journal.open_intents() == (first,)

    def test_contracts_of_one_name_are_two_positions(self, journal):
        """The same symbol in two currencies: one of them sold keeps nothing from the other."""
        twins = [Instrument(n, "RY", "TSE", currency) for n, currency in ((1, "CAD"), (2, "USD"))]
        records = tuple(a_record(instrument=twin) for twin in twins)

        assert journal.prepare(records) == records
        assert journal.open_intents() == records

    @pytest.mark.parametrize("state", ENDED)
    def test_ended_intent_frees_its_position(self, journal, state):
        """Once one has ended the next bar may sell."""
        driven(journal, a_record(1), *WAYS[state])

        assert journal.prepare([a_record(1, 1)]) == (a_record(1, 1),)

    def test_of_two_for_one_position_the_first_is_taken(self, journal):
        """One call cannot open a position twice either."""
        assert journal.prepare([a_record(1), a_record(1, 1)]) == (a_record(1),)
        assert journal.open_intents() == (a_record(1),)

    def test_an_intent_is_answered_once(self, journal):
        """Whoever goes through the answer meets no intent twice."""
        assert journal.prepare([a_record(), a_record()]) == (a_record(),)
        assert journal.prepare([a_record(), a_record()]) == (a_record(),)

    def test_answer_has_the_order_of_the_question(self, journal):
        """Known and new ones lie where they were asked for."""
        journal.prepare([a_record(2)])
        asked = (a_record(3), a_record(2), a_record(1))

        assert journal.prepare(asked) == asked

    @pytest.mark.parametrize("other", [{"mode": Mode.LIVE}, {"account": "U7654321"}])
    def test_intent_of_another_ledger_is_refused(self, journal, other):
        """Nothing of another account or mode gets in, nor what came along with it."""
        with pytest.raises(StorageError, match="does not take it"):
            journal.prepare([a_record(1), a_record(2, **other)])

        assert journal.intents() == ()

    @pytest.mark.parametrize("state", [state for state in State if state is not S.PREPARED])
    def test_every_life_begins_prepared(self, journal, state):
        """An intent cannot come on record as sent."""
        with pytest.raises(IllegalMove, match="goes on record as prepared"):
            journal.prepare([a_record(1), a_record(2, state=state)])

        assert journal.intents() == ()

    def test_preparing_nothing_is_no_event(self, journal):
        """A cycle without signals leaves no trace."""
        assert journal.prepare([]) == ()


class TestRecord:
    @pytest.mark.parametrize("state", State)
    def test_every_way_is_recorded(self, opened, state):
        """Whatever state an intent reaches is what the next process finds."""
        reached = driven(opened.journal, a_record(), *WAYS[state])

        assert reached.state is state
        assert opened.reopen().intents() == (reached,)
        assert opened.reopen().open_intents() == ((reached,) if state in OPEN else ())

    def test_what_is_known_is_stored_with_the_step(self, opened):
        """Numbers, fills and words are found again as they were told."""
        (record,) = opened.journal.prepare([a_record()])
        sending = sent(record, later(0.5), limit_price=99.41, position_before=Decimal("100.70"))
        seen = moved(
            sending.record,
            H.SEEN_WORKING,
            later(0.6),
            words="Submitted",
            perm_id=5001,
            filled=Decimal("40.7"),
            average_price=99.43,
        )
        opened.journal.record([sending])
        opened.journal.record([seen])

        (found,) = opened.reopen().open_intents()
        assert attrs.asdict(found) == attrs.asdict(seen.record)

    def test_several_steps_of_one_intent_in_one_call(self, journal):
        """They are taken in turn."""
        filled = driven(journal, a_record(), *WAYS[S.FILLED])

        assert journal.intents() == (filled,)

    @pytest.mark.parametrize(
        ("state", "happening"),
        [(s, h) for s in State for h in Happening if (s, h) not in MOVES],
        ids=lambda part: part.name,
    )
    def test_step_outside_the_table_is_refused(self, journal, state, happening):
        """However it is dressed up, and nothing is stored."""
        record = driven(journal, a_record(), *WAYS[state])
        before = contents(journal)

        with pytest.raises(IllegalMove, match="cannot move on"):
            journal.record([Move(record, happening, attrs.evolve(record, words="no"), TEN)])

        assert contents(journal) == before

    def test_step_to_another_state_than_the_tables_is_refused(self, journal):
        """A sale that was refused is not filled because somebody says so."""
        record = driven(journal, a_record(), H.SENDING)
        wrong = Move(record, H.SEEN_REJECTED, attrs.evolve(record, state=S.FILLED), TEN)

        with pytest.raises(IllegalMove, match="becomes rejected"):
            journal.record([wrong])

        assert journal.intents() == (record,)

    def test_step_that_changes_what_is_meant_is_refused(self, journal):
        """A record never slips from one intent to another."""
        (record,) = journal.prepare([a_record()])
        step = sent(record)
        larger = attrs.evolve(step.record.intent, quantity=200)

        with pytest.raises(IllegalMove, match="changes what is meant"):
            journal.record([attrs.evolve(step, record=attrs.evolve(step.record, intent=larger))])

        assert journal.intents() == (record,)

    @pytest.mark.parametrize("lacking", ["client_id", "order_id", "quantity", "sent_at"])
    def test_nothing_is_about_to_be_sent_that_could_not_be_found_again(self, journal, lacking):
        """Numbers, quantity and time are on record before the wire is written."""
        (record,) = journal.prepare([a_record()])

        with pytest.raises(IllegalMove, match="cannot be sent before"):
            journal.record([sent(record, **{lacking: None})])

        assert journal.intents() == (record,)

    def test_step_from_an_older_record_is_refused(self, opened):
        """Two that found the same intent cannot both send it."""
        (record,) = opened.journal.prepare([a_record()])
        other = opened.reopen()
        other.record([sent(record, order_id=1)])
        before = contents(other)

        with pytest.raises(IllegalMove, match="is sending and no longer as it was found"):
            opened.journal.record([sent(record, order_id=2)])

        assert contents(opened.journal) == before

    def test_step_from_the_same_state_with_other_knowledge_is_refused(self, journal):
        """Not the state alone counts: a fill that was not known yet is not forgotten."""
        old = driven(journal, a_record(), H.SENDING, H.SEEN_WORKING)
        journal.record([moved(old, H.SEEN_WORKING, TEN, filled=Decimal(60))])

        with pytest.raises(IllegalMove, match="no longer as it was found"):
            journal.record([moved(old, H.SEEN_CANCELLED, TEN)])

        assert [record.filled for record in journal.open_intents()] == [Decimal(60)]

    def test_step_from_another_intent_of_the_same_name_is_refused(self, journal):
        """What the name does not say counts too."""
        (record,) = journal.prepare([a_record()])
        larger = attrs.evolve(record.intent, quantity=200)

        with pytest.raises(IllegalMove, match="no longer as it was found"):
            journal.record([sent(attrs.evolve(record, intent=larger))])

        assert journal.intents() == (record,)

    def test_equal_records_are_the_same_however_they_are_spelled(self, journal):
        """100 shares are 100.0 shares."""
        journal.prepare([a_record(held=Decimal(100), residual="0")])

        journal.record([sent(a_record(held=Decimal("100.0"), residual="0.00"))])

        assert [record.state for record in journal.intents()] == [S.SENDING]

    def test_intent_that_was_never_prepared_is_refused(self, journal):
        """What is not on record cannot move."""
        with pytest.raises(IllegalMove, match="is not on record"):
            journal.record([sent(a_record())])

        assert journal.sent_since(later(-1)) == Sent()

    @pytest.mark.parametrize("spoiler", ["illegal", "stale", "unknown"])
    def test_all_steps_or_none(self, journal, spoiler):
        """One that is refused takes those before it along."""
        first, second = journal.prepare([a_record(1), a_record(2)])
        spoilers = {
            "illegal": Move(second, H.SEEN_FILLED, second, TEN),
            "stale": sent(attrs.evolve(second, words="other")),
            "unknown": sent(a_record(3)),
        }
        before = contents(journal)

        with pytest.raises(IllegalMove):
            journal.record([sent(first), spoilers[spoiler]])

        assert contents(journal) == before

    def test_recording_nothing_is_no_event(self, journal):
        """No steps, no trace."""
        journal.record([])

        assert journal.intents() == ()


class TestFullDisk:
    def test_nothing_of_a_failed_write_is_stored(self, opened):
        """Whatever was to follow must not happen, and nothing says that it did."""
        journal = opened.journal
        (record,) = journal.prepare([a_record()])
        journal.seen({1: Decimal(100)}, TEN)
        before = contents(journal)
        opened.fill()
        long = "x" * 100_000  # does not fit into room that is left in the file

        for write in (
            lambda: journal.prepare([a_record(n, words=long) for n in range(2, 9)]),
            lambda: journal.record([moved(record, H.CANCELS_ASKED, TEN, words=long)]),
            lambda: journal.note([Entry(TEN, "", "note", long)]),
            lambda: journal.add_trades([an_execution(long)], []),
            lambda: journal.seen({n: Decimal(1) for n in range(5000)}, TEN),
        ):
            with pytest.raises(StorageError, match="full"):
                write()

        assert contents(journal) == before
        assert contents(opened.reopen()) == before


class TestEvents:
    def test_a_life_is_told_in_order(self, opened):
        """Every step leaves its name, its time and its words; the first is when it was decided."""
        (record,) = opened.journal.prepare([a_record(hour=0.5, decided_at=later(1))])
        sending = sent(record, later(2))
        seen = moved(sending.record, H.SEEN_FILLED, later(1.5), words="filled")
        opened.journal.record([sending])
        opened.journal.record([seen])

        told = opened.reopen().entries(record.intent_id)
        assert [(e.at, e.intent_id, e.what, e.words) for e in told] == [
            (later(1), record.intent_id, "PREPARED", "close 99.50 is below SMA(50) 100.2500"),
            (later(2), record.intent_id, "SENDING", ""),
            (later(1.5), record.intent_id, "SEEN_FILLED", "filled"),
        ]

    def test_details_hold_what_a_step_changed(self, journal):
        """The record as it was can be told from the events."""
        record = driven(journal, a_record(), H.SENDING)
        seen = moved(
            record, H.SEEN_FILLED, TEN, perm_id=9, filled=Decimal("100.0"), average_price=99.4
        )
        journal.record([seen])

        details = [json.loads(entry.details) for entry in journal.entries(record.intent_id)]
        assert details == [
            {
                "to": "prepared",
                "order": "SELL 100 MKT DAY, leaving 0.7",
                "rule": "SMA(50) 1H",
                "bar_end": "2022-05-20T14:00:00Z",
                "held": "100.7",
                "close": 99.5,
                "average": 100.25,
            },
            {
                "from": "prepared",
                "to": "sending",
                "client_id": 7,
                "order_id": 11,
                "quantity": 100,
                "sent_at": "2022-05-20T14:00:00Z",
            },
            {
                "from": "sending",
                "to": "filled",
                "perm_id": 9,
                "filled": "100.0",
                "average_price": 99.4,
            },
        ]

    def test_notes_lie_between_the_steps(self, opened):
        """A note is found with the intent it is about, whether that is on record or not."""
        early = Entry(later(3), a_record().intent_id, "gate", "halted", '{"halted": true}')
        late = Entry(later(1), a_record().intent_id, "gate", "no longer halted")
        opened.journal.note([early])
        opened.journal.prepare([a_record()])
        opened.journal.note([late])

        told = opened.reopen().entries(a_record().intent_id)
        assert [told[0], told[2]] == [early, late]
        assert [entry.what for entry in told] == ["gate", "PREPARED", "gate"]

    def test_notes_about_no_intent_are_found_under_no_name(self, opened):
        """They are nobody else's."""
        note = Entry(TEN, "", "armed", "until 21:00")
        opened.journal.note([note])
        opened.journal.note([])

        assert opened.reopen().entries("") == (note,)
        assert opened.reopen().entries("other") == ()


class TestIntents:
    def test_oldest_come_first(self, journal):
        """In order of the decision, and of arrival where that is the same."""
        hours = {4: 2, 2: 1, 9: 1, 1: 0}
        for con_id, hour in hours.items():
            journal.prepare([a_record(con_id, hour)])

        for asked in (journal.intents(), journal.open_intents()):
            assert [record.con_id for record in asked] == [1, 2, 9, 4]

    def test_asking_can_start_at_an_instant(self, journal):
        """The instant itself counts, to the microsecond."""
        moments = [TEN, TEN.replace(microsecond=1), later(1)]
        records = [a_record(n, decided_at=at) for n, at in enumerate(moments)]
        journal.prepare(records)

        for position, moment in enumerate(moments):
            assert journal.intents(since=moment) == tuple(records[position:])
        assert journal.intents(since=later(1.1)) == ()

    def test_asking_can_be_for_one_ticker(self, journal):
        """A ticker is found in any case, together with a time or not."""
        named = Instrument(5, "Brk b", "Nyse", "USD")
        record = a_record(instrument=named)
        journal.prepare([a_record(1), record])

        assert journal.intents(ticker=" nyse:BRK b ") == (record,)
        assert journal.intents(since=TEN, ticker="NYSE:BRK B") == (record,)
        assert journal.intents(since=later(1), ticker="NYSE:BRK B") == ()

    def test_time_without_a_zone_is_refused(self, journal):
        """Nobody guesses which noon was meant."""
        noon = datetime(2022, 5, 20, 12)
        for ask in (journal.intents, journal.sent_since, journal.trades):
            with pytest.raises(InvalidValue, match="time zone"):
                ask(noon)


@pytest.mark.parametrize("kind", OrderType)
def test_order_that_was_meant_is_kept(opened, kind):
    """What is told of it later says what it was to be."""
    record = a_record()
    record = evolve(record, intent=evolve(record.intent, order_type=kind))
    opened.journal.prepare([record])

    (kept,) = opened.reopen().open_intents()
    assert kept.intent.order_type is kind


class TestSent:
    @pytest.mark.parametrize("state", State)
    def test_an_order_counts_once_it_was_about_to_be_sent(self, opened, state):
        """Whatever became of it: it may have been worth its value."""
        driven(opened.journal, a_record(), *WAYS[state])

        counts = Happening.SENDING in WAYS[state]
        wanted = Sent(1, {"USD": 9950.0}) if counts else Sent()
        assert opened.reopen().sent_since(TEN) == wanted

    def test_order_that_was_held_back_was_never_sent(self, opened):
        """A halt, or the time, kept it: the day has room for it, and no broker refused it."""
        journal = opened.journal
        for hour in range(3):
            driven(journal, a_record(1, hour), H.SENDING, H.HELD_BACK)
        driven(journal, a_record(1, 3), *WAYS[S.REJECTED])

        reopened = opened.reopen()
        assert reopened.sent_since(TEN).orders == 1
        assert reopened.failed_sends(1) == 1

    def test_order_counts_once_however_many_intents_its_position_has_had(self, journal):
        """Those before it were denied, and the one behind it waits."""
        driven(journal, a_record(1), Happening.DENIED)
        driven(journal, a_record(1, 1), *WAYS[State.REJECTED])
        driven(journal, a_record(1, 2))

        assert journal.sent_since(TEN) == Sent(1, {"USD": 9950.0})

    def test_limit_prices_value_before_the_close(self, journal):
        """An order is worth what it was at least to bring; else what the signal saw."""
        first, second = journal.prepare([a_record(1, close=30.0), a_record(2, close=40.0)])
        journal.record([sent(first, limit_price=29.5, quantity=3), sent(second, quantity=2)])

        assert journal.sent_since(TEN) == Sent(2, {"USD": 3 * 29.5 + 2 * 40.0})

    def test_each_currency_is_counted_by_itself(self, opened):
        """A sale in yen takes nothing of the room that the day has for dollars."""
        yen = Instrument(2, "7203", "TSEJ", "JPY")
        first, second = opened.journal.prepare(
            [a_record(1, close=30.0), a_record(2, close=4000.0, instrument=yen)]
        )
        opened.journal.record([sent(first, quantity=3), sent(second, quantity=100)])

        found = opened.reopen().sent_since(TEN)
        assert found == Sent(2, {"USD": 90.0, "JPY": 400_000.0})
        assert (found.value_in("USD"), found.value_in("EUR")) == (90.0, 0.0)

    def test_only_what_was_sent_since_then_counts(self, journal):
        """By the time on the order, the instant included."""
        records = journal.prepare([a_record(n) for n in (1, 2, 3)])
        journal.record([sent(record, later(n)) for n, record in enumerate(records)])

        counts = [journal.sent_since(later(hour)).orders for hour in (0, 1, 1.5, 2, 2.5)]
        assert counts == [3, 2, 1, 1, 0]

    def test_highest_number_is_of_its_client(self, opened):
        """Numbers are counted for each client id apart, and never go back."""
        journal = opened.journal
        for con_id, client_id, order_id in ((1, 7, 40), (2, 7, 30), (3, 8, 900)):
            (record,) = journal.prepare([a_record(con_id)])
            step = sent(record, client_id=client_id, order_id=order_id)
            journal.record([step, moved(step.record, H.PROVEN_ABSENT, TEN)])

        reopened = opened.reopen()
        assert [reopened.highest_order_id(client_id) for client_id in (7, 8, 9)] == [40, 900, 0]


R, F, W, C, N, D, L, X, T, G = (
    S.REJECTED,
    S.FILLED,
    S.WORKING,
    S.CANCELLED,
    S.NOT_SENT,
    S.DENIED,
    S.LAPSED,
    S.UNKNOWN,
    S.SETTLED,
    S.SENDING,
)


class TestFailedSends:
    @pytest.mark.parametrize(
        ("lives", "count"),
        [
            ([], 0),
            ([R], 1),
            ([R, R, R], 3),
            ([R, F], 0),
            ([R, R, W], 0),
            ([R, C, R], 1),
            ([R, N, R], 3),
            ([N, N], 2),
            ([N, C, N], 1),
            ([R, D, L, R, D], 2),
            ([F, R, R, G], 2),
            ([R, R, X], 2),
            ([R, T, R], 2),
        ],
        ids=lambda value: " ".join(map(str, value)) if isinstance(value, list) else str(value),
    )
    def test_failed_sends_in_a_row_are_counted(self, opened, lives, count):
        """A sale that got through ends the row, one that was never written to the wire does not."""
        for hour, state in enumerate(lives):
            # Time on the records runs backwards: the order they were sent in counts.
            driven(opened.journal, a_record(1, -hour), *WAYS[state], at=later(-hour))

        assert opened.reopen().failed_sends(1) == count

    def test_positions_are_counted_apart(self, journal):
        """One stock's trouble is not another's."""
        driven(journal, a_record(1), *WAYS[R])
        driven(journal, a_record(2), *WAYS[F])

        assert (journal.failed_sends(1), journal.failed_sends(2), journal.failed_sends(3)) == (
            1,
            0,
            0,
        )

    def test_position_that_went_flat_begins_anew(self, opened):
        """Sold by hand, as the advice goes, and bought again: the old row is over."""
        journal = opened.journal
        journal.seen({1: Decimal(100), 2: Decimal(5)}, TEN)
        for con_id, hour in ((1, 0), (1, 1), (2, 0)):
            driven(journal, a_record(con_id, hour), *WAYS[R])
        journal.seen({2: Decimal(5)}, TEN)
        assert (journal.failed_sends(1), journal.failed_sends(2)) == (0, 1)

        journal.seen({1: Decimal(100), 2: Decimal(5)}, TEN)
        driven(journal, a_record(1, 2, epoch=1), *WAYS[R])

        assert (opened.reopen().failed_sends(1), opened.reopen().failed_sends(2)) == (1, 1)


class TestTrades:
    def test_trades_are_found_again(self, opened):
        """Shares, prices and times as the broker told them."""
        odd = an_execution("0000e0d5.01.01", shares="0.1234567890123", price=0.1 + 0.2)
        costs = [a_commission("0000e0d5.01.01", 0.35, "CHF", -12.5), a_commission("e2.01")]
        opened.journal.add_trades([odd], costs)

        executions, commissions = opened.reopen().trades()
        assert [attrs.asdict(e) for e in executions] == [attrs.asdict(odd)]
        assert list(commissions) == costs

    def test_what_is_known_stays_once(self, journal):
        """The broker tells a day's trades again at each question."""
        first, again = an_execution("e1.01"), an_execution("e1.01", price=1.0)
        journal.add_trades([first, again], [a_commission("e1.01", 1.0)])
        journal.add_trades([again, first], [a_commission("e1.01", 2.0)])

        assert journal.trades() == ((first,), (a_commission("e1.01", 1.0),))

    def test_cost_that_comes_behind_its_trade_is_stored(self, opened):
        """The broker tells some late, and by then has no new trade to tell."""
        trade, cost = an_execution("e1.01"), a_commission("e1.01")
        opened.journal.add_trades([trade], [])
        opened.journal.add_trades([], [cost])

        assert opened.reopen().trades() == ((trade,), (cost,))

    def test_corrections_stand_beside_what_they_correct(self, journal):
        """Nothing the broker said is thrown away."""
        trades = (an_execution("e1.01"), an_execution("e1.02", shares="90"))
        journal.add_trades(trades, [])

        assert journal.trades() == (trades, ())

    def test_trades_come_by_time(self, journal):
        """And of the same time in order of arrival."""
        times = {"c.1": 2, "b.1": 1, "a.1": 1, "d.1": 0}
        for exec_id, hour in times.items():
            journal.add_trades([an_execution(exec_id, time=later(hour))], [])

        assert [e.exec_id for e in journal.trades()[0]] == ["d.1", "b.1", "a.1", "c.1"]

    def test_asking_can_start_at_an_instant(self, journal):
        """Costs come with their trades; those of unknown trades only when all are asked for."""
        early, late = an_execution("e1.01"), an_execution("e2.01", time=later(1))
        costs = [a_commission(exec_id) for exec_id in ("e1.01", "e2.01", "e3.01")]
        journal.add_trades([early, late], costs)

        assert journal.trades(later(1)) == ((late,), (costs[1],))
        assert journal.trades(TEN) == ((early, late), tuple(costs[:2]))
        assert journal.trades() == ((early, late), tuple(costs))

    def test_adding_nothing_is_no_event(self, journal):
        """No trades, no trace."""
        journal.add_trades([], [])

        assert journal.trades() == ((), ())


class TestEpochs:
    @pytest.mark.parametrize(
        ("readings", "epoch"),
        [
            ([], 0),
            (["100"], 0),
            (["100", "40"], 0),
            (["100", None], 1),
            (["100", "0"], 1),
            (["100", "0", None], 1),
            ([None, "100"], 0),
            (["0", "100"], 0),
            (["100", None, "50", "0.5", None], 2),
            (["100", "-30"], 1),
            (["-30", None], 1),
            (["-30", "100", "0"], 2),
        ],
    )
    def test_epoch_rises_when_a_position_goes_flat(self, opened, readings, epoch):
        """Missing, none, and the other side of none are flat; fewer shares are not."""
        for reading in readings:
            held = {} if reading is None else {1: Decimal(reading)}
            opened.journal.seen({2: Decimal(5)} | held, TEN)

        reopened = opened.reopen()
        assert {con_id: n for con_id, n in reopened.epochs().items() if n} == (
            {1: epoch} if epoch else {}
        )


class TestToldSince:
    def test_position_is_told_so_since_it_last_changed(self, opened):
        """Not since it was read again, nor since another one changed; going flat is a change."""
        readings = ({1: "100", 2: "5"}, {1: "100.0", 2: "7"}, {1: "40", 2: "7"}, {1: "40"}, {})
        for hour, reading in enumerate(readings):
            held = {con_id: Decimal(quantity) for con_id, quantity in reading.items()}
            opened.journal.seen(held, later(hour))

            since = opened.reopen().told_since()
            expected = [{1: 0, 2: 0}, {1: 0, 2: 1}, {1: 2, 2: 1}, {1: 2, 2: 3}, {1: 4, 2: 3}]
            assert since == {con_id: later(n) for con_id, n in expected[hour].items()}

    def test_what_was_never_seen_is_told_since_no_time(self, opened):
        """A position that is short has a time as well."""
        assert opened.journal.told_since() == {}

        opened.journal.seen({1: Decimal(-30)}, TEN)

        assert opened.reopen().told_since() == {1: TEN}


def test_the_instruments_text_is_kept(opened):
    """Two instruments are equal by their id, so their text is looked at apart."""
    london = evolve(stock(4), price_magnifier=100)
    opened.journal.prepare([a_record(instrument=london)])

    (found,) = opened.reopen().intents()
    assert attrs.astuple(found.intent.instrument) == attrs.astuple(london)


def test_what_was_sent_is_worth_its_value_in_the_currency(opened):
    """Prices in pence count as pounds, or the day would seem a hundred times as large."""
    london = evolve(stock(4), price_magnifier=100)
    record = a_record(instrument=london)
    opened.journal.prepare([record])
    opened.journal.record([sent(record)])

    assert opened.reopen().sent_since(TEN).value_in(london.currency) == pytest.approx(99.5)
