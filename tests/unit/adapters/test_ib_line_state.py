"""Whether the broker can be relied on, notice by notice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.line_state import LineState, connected, lost, told

UP = connected(LineState())


def test_a_line_that_was_never_up_has_a_fault() -> None:
    """Before the first login nothing can be relied on."""
    assert LineState().fault is not None
    assert LineState(fault=None, generation=0) == UP


@pytest.mark.parametrize("code", [1100, 1300, 2110])
def test_losing_the_servers_is_a_fault_and_a_new_generation(code: int) -> None:
    """The socket stays, but what was read before has to be read again."""
    down = told(UP, code, "gone")
    assert down.generation == 1
    assert down.fault == f"the gateway lost the broker's servers ({code}: gone)"


def test_repeated_report_of_one_loss_counts_once() -> None:
    """A gateway repeats 1100 every few seconds."""
    assert told(told(UP, 1100, "gone"), 1100, "gone").generation == 1


def test_what_was_lost_last_is_what_is_told() -> None:
    """Whoever waits for the servers while the line itself is gone waits in vain."""
    assert lost(told(UP, 1100, "gone"), "the socket was closed").fault == "the socket was closed"


def test_restored_with_data_keeps_the_generation_of_the_loss() -> None:
    """1102 ends the fault; the loss has been counted."""
    assert told(told(UP, 1100, "gone"), 1102, "back") == LineState(None, 1)


def test_restored_without_data_is_a_loss_of_its_own() -> None:
    """1101 counts even where no 1100 was seen."""
    assert told(UP, 1101, "back") == LineState(None, 1)
    assert told(told(UP, 1100, "gone"), 1101, "back").generation > told(UP, 1100, "gone").generation


@pytest.mark.parametrize("code", [2103, 2104, 2105, 2106, 2107, 2108, 2157, 2158, 162, 200, 399])
def test_other_notices_change_nothing(code: int) -> None:
    """Data farms come and go without touching orders and positions."""
    assert told(UP, code, "x") == UP


@given(st.lists(st.sampled_from([1100, 1101, 1102, 2110, 2104, "drop", "login"]), max_size=20))
def test_generation_never_falls_and_every_loss_raises_it(story: list[int | str]) -> None:
    """In any order of events, what was read before a loss has an older number."""
    state = UP
    for event in story:
        before = state
        if event == "drop":
            state = lost(state, "gone")
        elif event == "login":
            state = connected(state)
        else:
            state = told(state, int(event), "text")
        assert state.generation >= before.generation
        if before.fault is None and state.fault is not None:
            assert state.generation > before.generation
