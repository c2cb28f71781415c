"""An intent on record, and the steps it may take."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from tests.journal_builders import MODE, TEN, WAYS, a_record, sent, stock

from sellcore.errors import IllegalMove, InvalidValue
from sellcore.order import Mode
from sellcore.selling.intent_record import (
    Move,
    SentOrder,
    check,
    check_new,
    moved,
    sent_order,
)
from sellcore.selling.lifecycle import MOVES, Happening, State, after

LATER = TEN + timedelta(minutes=1)
NUMBERS = {"client_id": 7, "order_id": 11, "quantity": 100, "sent_at": LATER}


def test_record_is_named_for_its_intent():
    """By the intent's id, and the contract it is about."""
    record = a_record(3)

    assert record.intent_id == record.intent.intent_id
    assert record.con_id == 3


def test_times_are_utc():
    """A local one is refused."""
    for name in ("decided_at", "not_before", "deadline", "sent_at"):
        with pytest.raises(InvalidValue, match="has no time zone"):
            a_record(**{name: TEN.replace(tzinfo=None)})
    with pytest.raises(InvalidValue, match="has no time zone"):
        sent(a_record(), TEN.replace(tzinfo=None), sent_at=TEN)


@pytest.mark.parametrize(("state", "happening"), MOVES)
def test_step_changes_state_words_and_what_is_known(state, happening):
    """And leaves the record it was made from as it was."""
    before = a_record(state=state, **NUMBERS)

    move = moved(before, happening, LATER, "why", filled=Decimal(3))

    assert move == Move(
        before,
        happening,
        evolve(before, state=after(state, happening), words="why", filled=Decimal(3)),
        LATER,
    )
    check(move)


@pytest.mark.parametrize("state", State, ids=str)
@pytest.mark.parametrize("happening", Happening, ids=lambda happening: happening.name)
def test_step_that_the_table_has_not_is_refused(state, happening):
    """When it is made, and again when it is to be stored."""
    if (state, happening) in MOVES:
        return
    record = a_record(state=state, **NUMBERS)

    with pytest.raises(IllegalMove):
        moved(record, happening, LATER)
    with pytest.raises(IllegalMove):
        check(Move(record, happening, record, LATER))


def test_step_to_another_state_than_the_tables_is_refused():
    """In words that say what it should be."""
    record = a_record()
    move = evolve(sent(record), record=evolve(sent(record).record, state=State.WORKING))

    with pytest.raises(IllegalMove) as refused:
        check(move)

    assert str(refused.value) == (
        "an intent that is prepared becomes sending when it is about to be written to the wire,"
        " not working"
    )


@pytest.mark.parametrize(
    "changes", [{"quantity": 101}, {"account": "U1"}, {"mode": Mode.LIVE}, {"cancels": (1,)}]
)
def test_step_that_changes_what_is_meant_is_refused(changes):
    """Another quantity, account or mode is another intent."""
    move = sent(a_record())
    other = evolve(move.record, intent=evolve(move.record.intent, **changes))

    with pytest.raises(IllegalMove) as refused:
        check(evolve(move, record=other))

    assert str(refused.value) == (
        f"a step of intent {move.before.intent_id} changes what is meant; make another intent"
    )


def test_step_with_an_equal_intent_is_taken():
    """As one that was read from a file is."""
    move = sent(a_record())
    copy = evolve(move.record, intent=evolve(move.record.intent))

    assert copy.intent is not move.record.intent
    check(evolve(move, record=copy))


@pytest.mark.parametrize("missing", NUMBERS)
def test_nothing_is_sent_that_could_not_be_found_again(missing):
    """Client, number, quantity and time are on record before."""
    move = moved(a_record(), Happening.SENDING, LATER, **{**NUMBERS, missing: None})

    for refuses in (lambda: check(move), lambda: sent_order(move.record)):
        with pytest.raises(IllegalMove) as refused:
            refuses()
        assert str(refused.value) == (
            f"intent {move.record.intent_id} cannot be sent before its client id, order number,"
            " quantity and time are on record"
        )


def test_numbers_that_are_zero_are_numbers():
    """Client 0 sends too."""
    record = a_record(**NUMBERS | {"client_id": 0, "order_id": 0, "quantity": 0})

    assert sent_order(record) == SentOrder(0, 0, LATER, 0.0)


@pytest.mark.parametrize(("limit", "value"), [(None, 9950.0), (99.0, 9900.0), (0.0, 0.0)])
def test_sent_order_is_worth_its_limit_or_else_the_close(limit, value):
    """100 shares; the close was 99.5."""
    assert sent_order(a_record(**NUMBERS, limit_price=limit)) == SentOrder(7, 11, LATER, value)


@pytest.mark.parametrize("state", WAYS, ids=str)
def test_new_record_begins_where_every_life_does(state):
    """Anything else never went through the table."""
    record = a_record(instrument=stock(5), state=state)
    if state is State.PREPARED:
        check_new(record)
        return

    with pytest.raises(IllegalMove) as refused:
        check_new(record)

    assert str(refused.value) == (
        f"intent {record.intent_id} goes on record as prepared, not as {state.value}"
    )
    assert record.intent.mode is MODE
