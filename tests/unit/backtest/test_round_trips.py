"""A round trip is one of many fills: averages over all of them, times of the first and last."""

import pytest

from sellcore.backtest.execution import Execution
from sellcore.backtest.trades import round_trips
from sellcore.order import Side


def fill(order: int, side: Side, row: int, shares: float, price: float) -> Execution:
    """Return an execution that cost 1.50 in commission."""
    return Execution(order, "T", side, row, 1_000 * row, shares, price, 1.5, 0.0)


FILLS = [
    fill(1, Side.BUY, 10, 100, 10.0),
    fill(1, Side.BUY, 11, 50, 16.0),
    fill(2, Side.SELL, 20, 60, 12.0),
    fill(2, Side.SELL, 23, 90, 14.0),
]


def test_prices_are_averages_over_all_fills() -> None:
    """100 at 10 and 50 at 16 are 150 at 12; 60 at 12 and 90 at 14 are 150 at 13.20."""
    (trade,) = round_trips(FILLS, {1: "in", 2: "out"})

    assert (trade.shares, trade.entry_price, trade.exit_price) == (150, 12.0, 13.2)
    assert (trade.commission, trade.pnl) == (6.0, pytest.approx(1_980 - 1_800 - 6))


def test_it_lasts_from_its_first_fill_to_its_last() -> None:
    """A sale that goes on for days ends with its last share."""
    (trade,) = round_trips(FILLS, {1: "in", 2: "out"})

    assert (trade.entry_time, trade.exit_time, trade.bars) == (10_000, 23_000, 13)
    assert trade.reason == "out"


def test_what_is_still_held_is_no_round_trip() -> None:
    """Nor is what was sold of it."""
    assert round_trips(FILLS[:3], {1: "in", 2: "out"}) == ()


def test_the_reason_is_that_of_the_last_sale() -> None:
    """A first order sold a part and lapsed; the one that ended the position says why it ended."""
    fills = [FILLS[0], fill(2, Side.SELL, 20, 60, 12.0), fill(3, Side.SELL, 23, 40, 14.0)]

    (trade,) = round_trips(fills, {1: "in", 2: "at first", 3: "at last"})

    assert trade.reason == "at last"
