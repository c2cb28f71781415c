"""The budget of messages: what goes first, and never more than the broker takes."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from adapters.ib.message_budget import Lane, MessageBudget
from sellcore.errors import InvalidValue

RATES = st.floats(0.2, 100)
LANES = st.sampled_from(Lane)


def whole(rate: float) -> tuple[int, float]:
    """Return how many messages fit into how many seconds: at least one of each lane."""
    return max(3, int(rate)), max(1.0, 3 / rate)


def test_no_message_limit_never_waits() -> None:
    """A rate of 0 means unlimited."""
    budget = MessageBudget(0)
    assert {budget.book(lane, 0.0) for _ in range(1000) for lane in Lane} == {0.0}
    assert budget.slowest_order == 0.0


@example(rate=0.5, story=[(Lane.BULK, 0.0)] * 4)
@given(rate=RATES, story=st.lists(st.tuples(LANES, st.floats(0, 0.5)), max_size=300))
@example(rate=1.0, story=[(Lane.ORDER, 0.0)] * 9)
@example(rate=0.2, story=[(Lane.ORDER, 0.0)] * 9)
def test_all_lanes_together_keep_to_the_budget(
    rate: float, story: list[tuple[Lane, float]]
) -> None:
    """Within any window, whatever is sent in whichever lane, never more than the whole."""
    budget = MessageBudget(rate)
    now, sent = 0.0, []
    for lane, gap in story:
        now += gap
        sent.append(now + budget.book(lane, now))
    sent.sort()
    total, window = whole(rate)
    for first, beyond in zip(sent, sent[total:], strict=False):
        assert beyond - first >= window - 1e-9


@given(
    rate=RATES,
    below=st.lists(st.sampled_from([Lane.BULK, Lane.QUESTION]), max_size=500),
    orders=st.integers(1, 20),
)
def test_orders_wait_for_orders_only(rate: float, below: list[Lane], orders: int) -> None:
    """However long the other queues are, the first order leaves at once, others soon."""
    budget = MessageBudget(rate)
    for lane in below:
        budget.book(lane, 0.0)
    waits = [budget.book(Lane.ORDER, 0.0) for _ in range(orders)]
    assert waits[0] == 0.0
    assert max(waits) <= orders * budget.slowest_order


@given(rate=RATES, bulk=st.integers(0, 500))
def test_a_question_never_waits_for_bulk(rate: float, bulk: int) -> None:
    """However many bars are asked for, the next question leaves at once."""
    budget = MessageBudget(rate)
    for _ in range(bulk):
        budget.book(Lane.BULK, 0.0)
    assert budget.book(Lane.QUESTION, 0.0) == 0.0


def test_all_that_one_sale_asks_fits_beside_bulk() -> None:
    """At the broker's rate, thirteen questions and five orders leave while bars queue."""
    budget = MessageBudget(45)
    for _ in range(500):
        budget.book(Lane.BULK, 0.0)
    assert [budget.book(Lane.QUESTION, 0.0) for _ in range(13)] == [0.0] * 13
    assert budget.book(Lane.QUESTION, 0.0) == 1.0
    assert [budget.book(Lane.ORDER, 0.0) for _ in range(5)] == [0.0] * 5


@pytest.mark.parametrize(("lane", "most"), [(Lane.ORDER, 45), (Lane.QUESTION, 40), (Lane.BULK, 27)])
def test_a_lane_may_use_what_less_urgent_ones_leave(lane: Lane, most: int) -> None:
    """Where nobody else sends, an order has the whole second, and bulk its own part only."""
    budget = MessageBudget(45)
    assert [budget.book(lane, 0.0) for _ in range(most + 1)] == [0.0] * most + [1.0]


@pytest.mark.parametrize("rate", [-1.0, float("inf"), float("nan")])
def test_impossible_rates_are_refused(rate: float) -> None:
    """A rate is a number of 0 or more."""
    with pytest.raises(InvalidValue) as refusal:
        MessageBudget(rate)

    assert str(refusal.value) == (
        f"messages_per_second {rate:g} is not a rate; use 45, or 0 for no limit"
    )
