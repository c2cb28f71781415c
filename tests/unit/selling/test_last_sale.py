"""The last sale of a position, and whether what is told of the position shows it."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from tests.journal_builders import TEN
from tests.selling_builders import exposed, trade

from sellcore.order import Side
from sellcore.selling.last_sale import LATELY, hides, last_sales
from sellcore.selling.lifecycle import State

SOLD = exposed(State.FILLED, filled=Decimal(100))
"""100 of 100.7 shares, at ten."""

LATER = TEN + timedelta(hours=1)


def of_epoch(epoch):
    return evolve(SOLD, intent=evolve(SOLD.intent, epoch=epoch))


def test_last_sale_is_the_newest_that_was_sent_lately_and_sold_something():
    """By contract; one that was never sent, or sold nothing, is no sale."""
    newer = evolve(SOLD, words="newer")
    never, nothing = evolve(SOLD, sent_at=None), evolve(SOLD, filled=Decimal(0))

    assert last_sales([SOLD, newer, never, nothing], LATER) == {1: newer}
    assert last_sales([never, nothing], LATER) == last_sales([], LATER) == {}
    assert timedelta(days=1) == LATELY
    assert last_sales([SOLD], TEN + LATELY - timedelta(microseconds=1)) == {1: SOLD}
    assert last_sales([SOLD], TEN + LATELY) == {}


def test_sale_in_part_is_one():
    """The position is smaller by it, however it ended."""
    part = evolve(SOLD, state=State.CANCELLED, filled=Decimal(1))

    assert last_sales([part], LATER) == {1: part}


def test_position_that_is_as_before_hides_the_sale():
    """To the fraction."""
    assert hides(Decimal("100.7"), 0, SOLD, ()) is SOLD
    assert hides(Decimal("100.70"), 0, SOLD, ()) is SOLD


@pytest.mark.parametrize("held", ["0", "0.7", "100.69", "100.8", "200.7", "-100.7"])
def test_position_that_is_any_other_hides_nothing(held):
    """It was sold from, or bought into: the broker has told something new."""
    assert hides(Decimal(held), 0, SOLD, ()) is None


def test_position_that_went_flat_since_is_another():
    """The same shares again, bought back."""
    assert hides(Decimal("100.7"), 1, of_epoch(0), ()) is None
    assert hides(Decimal("100.7"), 1, of_epoch(1), ()) is not None
    assert hides(Decimal("100.7"), 0, None, ()) is None


@pytest.mark.parametrize(
    ("trades", "hidden"),
    [
        ((trade(side=Side.BUY, at=TEN),), False),
        ((trade(side=Side.SELL), trade(side=Side.BUY, at=LATER)), False),
        ((trade(side=Side.SELL, at=LATER),), True),
        ((trade(side=Side.BUY, at=TEN - timedelta(microseconds=1)),), True),
        ((trade(side=Side.BUY, at=LATER, con_id=2),), True),
    ],
)
def test_purchase_since_explains_the_position(trades, hidden):
    """One of this contract, behind the sale."""
    assert (hides(Decimal("100.7"), 0, SOLD, iter(trades)) is SOLD) is hidden
