"""The count of order numbers: whatever happens, no number comes twice."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.order_numbers import FIRST_REQUEST, OrderNumbers
from sellcore.errors import BrokerUnavailable, InvalidValue

NUMBERS = st.integers(-10, 1000)
STORY = st.lists(
    st.one_of(
        st.tuples(st.just("told"), NUMBERS),
        st.tuples(st.just("seen"), NUMBERS),
        st.tuples(st.just("draw"), st.integers(0, 5), NUMBERS),
    ),
    max_size=40,
)


@given(STORY)
def test_draws_are_new_and_above_all_that_is_known(story: list[tuple[object, ...]]) -> None:
    """Told, seen, drawn or on record: the next number lies above it."""
    numbers = OrderNumbers()
    numbers.told(1)
    known = 0
    for what, *values in story:
        if what == "told":
            numbers.told(values[0])
            known = max(known, values[0] - 1)
        elif what == "seen":
            numbers.seen(values[0])
            known = max(known, values[0])
        else:
            drawn = numbers.draw(*values)
            known = max(known, values[1]) if drawn else known
            assert all(number > known for number in drawn)
            assert list(drawn) == sorted(set(drawn))
            known = max(known, *drawn) if drawn else known


@pytest.mark.parametrize("above", [0, 40])
def test_without_the_gateways_word_there_are_none(above: int) -> None:
    """A count that begins at 1, or behind our own record, could change an order of yesterday."""
    numbers = OrderNumbers()
    numbers.seen(5)
    with pytest.raises(
        BrokerUnavailable, match=r"^the gateway has not said which order number is free$"
    ):
        numbers.draw(1, above)


def test_unset_numbers_do_not_count() -> None:
    """A gateway writes the highest integer where it has none."""
    numbers = OrderNumbers()
    numbers.told(1)
    for number in (FIRST_REQUEST, 2**31 - 1):
        numbers.seen(number)
    assert numbers.draw(1, 0) == (1,)


@pytest.mark.parametrize("told", [FIRST_REQUEST + 1, 2**31 - 8, 2**31 - 1])
def test_gateway_whose_count_is_at_its_end_is_told_so(told: int) -> None:
    """To begin at 1 again would draw a refusal for each order; the way out is named."""
    numbers = OrderNumbers()
    numbers.told(told)

    with pytest.raises(InvalidValue, match="Reset API order ID sequence"):
        numbers.draw(1, 0)


def test_numbers_begin_at_one() -> None:
    """Whatever the gateway says, and whatever is on record."""
    numbers = OrderNumbers()
    numbers.told(-3)
    assert numbers.draw(2, -10) == (1, 2)


def test_last_number_lies_right_below_those_of_requests() -> None:
    """Behind it nothing is drawn, and the way out is told."""
    numbers = OrderNumbers()
    numbers.told(FIRST_REQUEST - 2)

    assert numbers.draw(2, 0) == (FIRST_REQUEST - 2, FIRST_REQUEST - 1)
    with pytest.raises(InvalidValue) as refused:
        numbers.draw(1, 0)
    assert str(refused.value) == (
        "order number 2000000000 is too high; choose another --client-id, or "
        "'Reset API order ID sequence' in the API settings of TWS or IB Gateway"
    )


def test_number_is_checked_before_it_is_sent() -> None:
    """Drawn here, not spent, and not in use elsewhere."""
    numbers = OrderNumbers()
    numbers.told(10)
    first, second = numbers.draw(2, 0)
    numbers.check(first)
    numbers.spend(first)
    with pytest.raises(InvalidValue, match=r"^an order was sent with number 10 before$"):
        numbers.check(first)
    with pytest.raises(InvalidValue, match=r"^order number 99 was not drawn by this run$"):
        numbers.check(99)
    numbers.seen(second)
    with pytest.raises(
        BrokerUnavailable, match=r"^order number 11 is in use by now; nothing sent$"
    ):
        numbers.check(second)
