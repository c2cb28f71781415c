"""How many shares go out, and what they are worth."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.journal_builders import TEN, a_record
from tests.selling_builders import ARMED, FRIDAY, SECOND, known

from sellcore.order import SendAt

HOUR = timedelta(hours=1)
SHARES = st.decimals(min_value=-1000, max_value=1000, places=2, allow_nan=False)


def decided(quantity, **changes):
    record = a_record(**changes)
    return evolve(record, intent=evolve(record.intent, quantity=quantity))


@pytest.mark.parametrize(
    ("held", "selling", "meant", "quantity"),
    [
        ("10.7", "0", 10, 10),
        ("10", "0", 10, 10),
        ("0.4", "0", 10, 0),
        ("0", "0", 10, 0),
        ("-30", "0", 10, 0),
        ("-0.5", "0", 10, 0),
        ("100", "0", 10, 10),
        ("7.9", "0", 10, 7),
        ("10", "4", 10, 6),
        ("10.7", "4", 10, 6),
        ("10", "9.5", 10, 0),
        ("10", "10", 10, 0),
        ("10", "25", 10, 0),
        ("1", "0", 10, 1),
    ],
)
def test_quantity_is_whole_and_never_more_than_is_free(held, selling, meant, quantity):
    """Nor more than was decided on; never below none."""
    facts = known(record=decided(meant), held=Decimal(held), selling=Decimal(selling))

    assert facts.quantity == quantity
    assert isinstance(facts.quantity, int)


@given(held=SHARES, selling=SHARES.map(abs), meant=st.integers(1, 1000))
def test_quantity_never_makes_the_position_short(held, selling, meant):
    """With all that other orders sell, what is left is none at least; and none is wasted."""
    facts = known(record=decided(meant), held=held, selling=selling)

    assert 0 <= facts.quantity <= meant
    assert facts.quantity == 0 or held - selling - facts.quantity >= 0
    assert facts.quantity == meant or held - selling - facts.quantity < 1


@pytest.mark.parametrize(
    ("price", "value"),
    [(101.0, 10_100.0), (99.0, 9950.0), (None, 9950.0), (0.0, 9950.0), (0.25, 9950.0)],
)
def test_value_is_told_by_the_newest_price_or_the_close_whichever_is_more(price, value):
    """100 shares; the close was 99.5."""
    assert known(price=price).value == value


@pytest.mark.parametrize(
    ("send_at", "latest"),
    [
        (SendAt.NOW, FRIDAY.close - 5 * SECOND),
        (SendAt.NEXT_OPEN, FRIDAY.close - 5 * SECOND),
        (SendAt.ANY_TIME, FRIDAY.close + HOUR),
    ],
)
def test_session_bounds_what_needs_it_to_be_open(send_at, latest):
    """Five seconds before its close; the deadline and the arming may end before that."""
    ends = FRIDAY.close + HOUR
    facts = known(record=a_record(send_at=send_at, deadline=ends))

    assert facts.latest == latest
    assert evolve(facts, session=None).latest == ends
    for until, first in ((TEN + HOUR, TEN + HOUR), (ends + HOUR, latest)):
        assert evolve(facts, arming=evolve(ARMED, until=until)).latest == first
    assert evolve(facts, record=a_record(send_at=send_at, deadline=TEN)).latest == TEN


@pytest.mark.parametrize(
    ("skew", "wrong"),
    [(None, True), (0, False), (10, False), (-10, False), (10.001, True), (-10.001, True)],
)
def test_clock_is_wrong_where_it_is_ten_seconds_off_either_way(skew, wrong):
    """Nor is one that could not be compared taken for right."""
    ahead = None if skew is None else timedelta(seconds=skew)

    assert known(skew=ahead).clock_is_wrong is wrong
