"""The life of an intent: the table of moves, told a second time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.errors import IllegalMove
from sellcore.selling.lifecycle import MOVES, Happening, State, after

TOLD_AGAIN = """
    prepared:   CANCELS_ASKED cancelling, SENDING sending, DENIED denied, LAPSED lapsed
    cancelling: CANCELS_ASKED cancelling, SENDING sending, DENIED denied, LAPSED lapsed
    sending:    HELD_BACK not_sent, SEEN_WORKING working, SEEN_FILLED filled,
                SEEN_CANCELLED cancelled, SEEN_REJECTED rejected, PROVEN_ABSENT not_sent,
                UNCLEAR unknown
    working:    SEEN_WORKING working, SEEN_FILLED filled, SEEN_CANCELLED cancelled,
                UNCLEAR unknown
    unknown:    SEEN_WORKING working, SEEN_FILLED filled, SEEN_CANCELLED cancelled,
                SETTLED settled
"""
"""From the design, by hand: whoever changes the table says so here too."""

TERMINAL = {
    State.FILLED,
    State.CANCELLED,
    State.REJECTED,
    State.DENIED,
    State.LAPSED,
    State.NOT_SENT,
    State.SETTLED,
}
EXPOSED = {State.SENDING, State.WORKING, State.UNKNOWN}
EVIDENCE = {
    Happening.HELD_BACK,
    Happening.SEEN_WORKING,
    Happening.SEEN_FILLED,
    Happening.SEEN_CANCELLED,
    Happening.SEEN_REJECTED,
    Happening.PROVEN_ABSENT,
    Happening.SETTLED,
}
PAIRS = [(state, happening) for state in State for happening in Happening]


def told_again():
    moves, state = {}, None
    for word in TOLD_AGAIN.replace(",", " ").split():
        if word.endswith(":"):
            state = State[word[:-1].upper()]
        elif word in Happening.__members__:
            happening = Happening[word]
        else:
            moves[state, happening] = State[word.upper()]
    return moves


def test_table_is_what_the_design_says():
    """Move by move, nothing more and nothing less."""
    assert told_again() == MOVES


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0]} {pair[1].name}")
def test_move_is_made_only_where_the_table_has_it(pair):
    """Every other one is refused, in words that name both."""
    if pair in told_again():
        assert after(*pair) is told_again()[pair]
        return

    with pytest.raises(IllegalMove) as refused:
        after(*pair)

    assert str(refused.value) == f"an intent that is {pair[0].value} cannot move on: {pair[1]}"
    assert refused.value.__suppress_context__


@pytest.mark.parametrize("state", State, ids=str)
def test_open_and_exposed_are_told_of_each_state(state):
    """A state is terminal, or shuts its position; an order may be out in three of them."""
    assert state.open is (state not in TERMINAL)
    assert state.exposed is (state in EXPOSED)
    assert state.unclear is (state in {State.SENDING, State.UNKNOWN})


def test_terminal_states_have_no_way_out():
    """And every other state has one."""
    assert {state for state, _ in MOVES} == set(State) - TERMINAL


@given(st.lists(st.sampled_from(Happening), max_size=40))
def test_any_happenings_keep_an_intent_within_its_promises(happenings):
    """Sent at most once, and from then on ended by evidence, a halt or a person alone."""
    state, sent = State.PREPARED, 0
    for happening in happenings:
        if (state, happening) not in MOVES:
            continue
        before, state = state, after(state, happening)
        sent += happening is Happening.SENDING
        assert before.open
        assert sent <= 1
        assert state.exposed <= (sent == 1)
        if before.exposed and not state.open:
            assert happening in EVIDENCE
        if before.exposed:
            assert state not in (State.PREPARED, State.CANCELLING, State.DENIED, State.LAPSED)


def test_words_are_those_of_the_journal():
    """They are stored: whoever changes one makes old journals unreadable."""
    assert [state.value for state in State] == [
        *("prepared", "cancelling", "sending", "working", "unknown", "filled"),
        *("cancelled", "rejected", "denied", "lapsed", "not sent", "settled"),
    ]
    assert [str(state) for state in State] == [state.value for state in State]
    assert [str(happening) for happening in Happening] == [
        "the orders on its position are asked to go",
        "a check says no, and its time is up or the no is final",
        "there is no reason to sell any more",
        "it is about to be written to the wire",
        "selling was halted, or its time was over, before it was written to the wire",
        "the broker lists it as an open order",
        "the broker's executions fill it",
        "the broker lists it as ended before it was filled",
        "the broker refused it and lists it nowhere",
        "the broker lists it nowhere and the position has not moved",
        "what the broker says does not settle what became of it",
        "a person has looked and says what became of it",
    ]
