"""Trades that a position cannot show, since it is told as before them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from attrs import evolve
from tests.journal_builders import TEN
from tests.selling_builders import ended, told, trade

from sellcore.order import Side
from sellcore.selling.testimony import AHEAD, BEHIND

SOON, LATER = TEN + BEHIND, TEN + BEHIND + timedelta(microseconds=1)


def unshown(*trades, since=TEN, con_id=1):
    known = {} if since is None else {1: since}
    return evolve(told(executions=trades), told_since=known).unshown(con_id)


def test_clock_of_the_broker_may_be_ten_seconds_off_and_tells_whole_ones():
    """A trade so little younger may be what the position was first told so for."""
    assert timedelta(seconds=11) == BEHIND
    assert unshown(trade(at=SOON)) == 0
    assert unshown(trade(at=LATER)) == 100


def test_sales_add_up_and_purchases_take_off():
    """What they leave as it was is no secret, and neither is what was only bought."""
    sold = trade("e1.01", at=LATER), trade("e2.01", at=LATER, shares=Decimal("0.5"))
    bought = trade("e3.01", at=LATER, side=Side.BUY)

    assert unshown(*sold) == Decimal("100.5")
    assert unshown(*sold, bought) == Decimal("0.5")
    assert unshown(sold[0], bought) == unshown(bought) == 0


def test_correction_takes_the_place_of_its_trade():
    """A trade that was busted has sold nothing."""
    sold = trade("e1.01", at=LATER)

    assert unshown(sold, evolve(sold, exec_id="e1.02", shares=Decimal(60))) == 60
    assert unshown(sold, evolve(sold, exec_id="e1.02", shares=Decimal(0))) == 0


def test_order_that_has_filled_counts_where_its_trades_are_not_told():
    """Whose they are may be kept from us; what is told counts once."""
    stop = ended(status="Filled", filled=Decimal(100), perm_id=9, ended_at=LATER)
    testimony = evolve(told(completed=(stop,)), told_since={1: TEN})

    assert testimony.unshown(1) == 100
    assert testimony.unshown(2) == 0
    same = trade(at=LATER, perm_id=9, shares=Decimal(100))
    assert evolve(testimony, executions=(same,)).unshown(1) == 100
    other = evolve(same, exec_id="e9.01", perm_id=8)
    assert evolve(testimony, executions=(other,)).unshown(1) == 200
    back = evolve(stop, side=Side.BUY, perm_id=10)
    assert evolve(testimony, completed=(stop, back)).unshown(1) == 0


@pytest.mark.parametrize(
    "changes",
    [
        {"ended_at": None},
        {"ended_at": SOON},
        {"status": "Cancelled"},
        {"con_id": 2},
    ],
)
def test_order_that_ended_otherwise_or_earlier_counts_for_nothing(changes):
    """When one that was cancelled has sold a part of it is not known."""
    stop = evolve(ended(status="Filled", filled=Decimal(100), perm_id=9, ended_at=LATER), **changes)

    assert evolve(told(completed=(stop,)), told_since={1: TEN}).unshown(1) == 0


@pytest.mark.parametrize("since", [None, LATER])
def test_position_that_is_told_so_since_later_hides_nothing(since):
    """Nor does one of which nobody knows since when."""
    assert unshown(trade(at=LATER), since=since) == 0


def test_trade_that_is_dated_ahead_says_nothing():
    """By the clock of another zone; in earnest none is younger than its telling."""
    read_at = told().read_at
    ahead = read_at + AHEAD + timedelta(microseconds=1)

    assert timedelta(minutes=14) == AHEAD
    assert unshown(trade(at=read_at + AHEAD)) == 100
    assert unshown(trade(at=ahead)) == 0
    stop = ended(status="Filled", filled=Decimal(100), perm_id=9, ended_at=ahead)
    assert evolve(told(completed=(stop,)), told_since={1: TEN}).unshown(1) == 0


def test_trades_of_other_contracts_change_nothing():
    """Each position by itself."""
    assert unshown(trade(at=LATER, con_id=2)) == 0
    assert unshown(trade(at=LATER), con_id=2) == 0


def test_position_hides_what_is_younger_than_its_own_telling():
    """Since when another one is told as it is says nothing of it."""
    testimony = evolve(told(executions=(trade(at=LATER),)), told_since={1: TEN, 2: LATER})

    assert testimony.unshown(1) == 100
    earlier = {1: LATER, 2: TEN}
    assert evolve(testimony, told_since=earlier).unshown(1) == 0
