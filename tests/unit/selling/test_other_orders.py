"""Other orders on a position: who may cancel them, and what they have sold meanwhile."""

from decimal import Decimal

import pytest
from attrs import evolve
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import an_order
from tests.journal_builders import a_record, stock
from tests.selling_builders import ended, told, trade

from sellcore.order import Side
from sellcore.selling.other_orders import BY_HAND, can_cancel, sold_meanwhile, sorted_out

STOP = evolve(an_order(stock(1), client_id=7), perm_id=1001)


def stop(**changes):
    return evolve(STOP, **changes)


@pytest.mark.parametrize(
    ("order", "client_id", "can"),
    [
        (stop(), 7, True),
        (stop(client_id=9), 7, False),
        (stop(client_id=0), 7, False),
        (stop(client_id=7), 0, False),
        (stop(client_id=0), 0, True),
        (stop(client_id=0, order_id=0), 0, True),
        (stop(client_id=0, order_id=0, perm_id=0), 0, False),
        (stop(client_id=0, order_id=0), 7, False),
        (stop(client_id=0, order_id=-3), 0, True),
        (stop(order_id=0), 7, False),
        (stop(order_ref="sellcli:0123456789abcdef"), 7, False),
        (stop(order_ref="sellcli"), 7, True),
        (stop(order_ref="by me"), 7, True),
        (stop(side=Side.BUY), 7, True),
    ],
)
def test_order_can_be_cancelled_by_who_entered_it(order, client_id, can):
    """It has a number or may be given one, and is no sale of ours that nobody can explain."""
    assert can_cancel(order, client_id) is can


def test_client_of_orders_entered_by_hand_is_none():
    """The broker's own number for it."""
    assert BY_HAND == 0


ORDERS = st.builds(
    stop,
    client_id=st.sampled_from([0, 7, 9]),
    order_id=st.sampled_from([0, 17]),
    perm_id=st.integers(1, 5),
    order_ref=st.sampled_from(["", "sellcli:x"]),
)


@given(st.lists(ORDERS, max_size=6), st.sampled_from([0, 7]))
def test_every_order_is_ours_to_cancel_or_somebody_elses(orders, client_id):
    """In their order, none of them twice and none left out."""
    ours, others = sorted_out(iter(orders), client_id)

    assert ours == tuple(o for o in orders if can_cancel(o, client_id))
    assert others == tuple(o for o in orders if not can_cancel(o, client_id))


def sold(testimony, *orders, asked=(1001,)):
    return sold_meanwhile(a_record(cancels=orders, asked_to_go=asked), testimony)


class TestSoldMeanwhile:
    def test_order_that_has_sold_nothing_has_sold_nothing(self):
        """Gone, or still there."""
        assert sold(told(), STOP) == 0
        assert sold(told(orders=(STOP,)), STOP) == 0
        assert sold(told()) == 0

    def test_fills_are_told_by_the_open_order(self):
        """What remains of it is less."""
        assert sold(told(orders=(stop(remaining=Decimal(60)),)), STOP) == 40

    def test_fills_are_told_by_the_ended_order(self):
        """Its count of shares."""
        testimony = told(completed=(ended(perm_id=1001, filled=Decimal(40)),))

        assert sold(testimony, STOP) == 40

    def test_fills_are_told_by_trades(self):
        """Each of them once, in pieces and corrected."""
        trades = (
            trade("a.01", perm_id=1001, shares=Decimal(30)),
            trade("b.01", perm_id=1001, shares=Decimal(5)),
            trade("b.02", perm_id=1001, shares=Decimal(10)),
        )

        assert sold(told(executions=trades), STOP) == 40

    def test_witness_that_knows_most_is_believed(self):
        """One of them may be late."""
        for parts in ((10, 20, 30), (30, 10, 20), (20, 30, 10)):
            testimony = told(
                orders=(stop(remaining=Decimal(100 - parts[0])),),
                completed=(ended(perm_id=1001, filled=Decimal(parts[1])),),
                executions=(trade(perm_id=1001, shares=Decimal(parts[2])),),
            )
            assert sold(testimony, STOP) == 30

    def test_what_had_been_sold_when_it_was_decided_does_not_count(self):
        """The position was read with it."""
        before = stop(remaining=Decimal(70))
        testimony = told(completed=(ended(perm_id=1001, filled=Decimal(90)),))

        assert sold(testimony, before) == 60
        assert sold(told(), before) == 0
        assert sold(told(), stop(remaining=Decimal("99.5"))) == 0

    def test_more_that_remains_than_was_ordered_is_no_sale(self):
        """A count that is off by a hair had sold nothing then, and nothing since."""
        before = stop(remaining=Decimal("100.000000001"))

        assert sold(told(completed=(ended(perm_id=1001),)), before) == 0
        assert sold(told(orders=(before,)), before) == 0

    def test_order_without_a_permanent_id_has_sold_nothing_that_is_known(self):
        """Trades and orders without one are of anybody."""
        testimony = told(
            orders=(stop(perm_id=0, remaining=Decimal(60)),),
            completed=(ended(perm_id=0, filled=Decimal(40)),),
            executions=(trade(perm_id=0, shares=Decimal(40)),),
        )

        assert sold(testimony, stop(perm_id=0), asked=(0,)) == 0
        assert sold(testimony, stop(perm_id=0), STOP, asked=(0, 1001)) == 0

    def test_orders_of_others_do_not_count(self):
        """Nor purchases, nor what was never asked to go."""
        testimony = told(
            orders=(stop(perm_id=2002, remaining=Decimal(60)),),
            completed=(
                ended(perm_id=1001, filled=Decimal(40)),
                ended(perm_id=3, filled=Decimal(9)),
            ),
            executions=(trade(perm_id=4, shares=Decimal(77)),),
        )

        assert sold(testimony, STOP) == 40
        assert sold(testimony, STOP, asked=()) == 0
        assert sold(told(orders=(stop(side=Side.BUY, remaining=Decimal(60)),)), STOP) == 0
        assert sold(told(completed=(ended(perm_id=1001, side=Side.BUY, filled=Decimal(9)),))) == 0
        assert sold(told(executions=(trade(perm_id=1001, side=Side.BUY),))) == 0
        assert sold(testimony, stop(perm_id=5), asked=(5,)) == 0

    def test_order_placed_since_counts_with_all_that_it_sold(self):
        """It was not there when the bar was decided."""
        testimony = told(completed=(ended(perm_id=5, filled=Decimal(40)),))

        assert sold(testimony, STOP, asked=(5,)) == 40

    def test_orders_add_up(self):
        """Two stops, both filled in part."""
        testimony = told(
            completed=(
                ended(perm_id=1001, filled=Decimal(40)),
                ended(perm_id=2002, filled=Decimal(7)),
            )
        )

        assert sold(testimony, STOP, stop(perm_id=2002), asked=(1001, 2002)) == 47
        assert sold(testimony, STOP, stop(perm_id=2002), asked=(2002,)) == 7
