"""Sales that fill while the account is read: a list may be older than the one behind it."""

from decimal import Decimal

import pytest
from attrs import evolve
from tests.desk import MINUTE, SECOND
from tests.selling_desk import DECIDED, SellingDesk

from adapters.fake_order_desk import CancelFate, Fate


@pytest.mark.parametrize("pieces", [(60,), (30, 30), (10, 20, 30)])
def test_fill_between_trades_and_positions_is_no_excess(pieces: tuple[int, ...]) -> None:
    """The position has fallen by what the trades do not show yet: our order goes on selling."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def fill_behind_the_trades() -> None:
        fills = [lambda n=n: desk.entry.fill(desk.entry.order(1), n) for n in pieces]
        desk.stage.behind("witness.trades", *fills)

    desk.stage.behind("entry.place", fill_behind_the_trades)
    desk.clock.at(DECIDED + 2 * MINUTE, lambda: desk.entry.fill(desk.entry.order(1)))

    desk.run()

    assert "entry.cancel" not in desk.stage.calls
    assert desk.telling("unknown") == []
    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_stop_that_sells_a_part_on_its_way_out_leaves_the_rest_to_be_sold() -> None:
    """It fills between the readings of trades and positions, and is gone with the next."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.entry.cancel_fate = CancelFate.IGNORED

    def part() -> None:
        desk.entry.fill(stop, 40)
        desk.entry.end(evolve(stop, remaining=Decimal(60)))

    desk.stage.behind("entry.cancel", lambda: desk.stage.behind("witness.trades", part))

    desk.run()

    assert desk.sent == ["SELL 60 MKT DAY"]
    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_order_that_is_made_smaller_by_hand_sells_what_is_left_by_the_next_bar() -> None:
    """Changed in TWS to forty: it fills, and on record is what was sold."""
    desk = SellingDesk()
    desk.entry.expect(Fate.WORKS)

    def make_smaller() -> None:
        forty = Decimal(40)
        desk.broker.work(evolve(desk.entry.order(1), quantity=forty, remaining=forty))

    desk.clock.at(DECIDED + MINUTE, make_smaller)
    desk.clock.at(DECIDED + 2 * MINUTE, lambda: desk.entry.fill(desk.entry.order(1)))

    desk.run(75)

    assert [(str(r.state), r.filled) for r in desk.records] == [("cancelled", 40), ("filled", 60)]
    assert (desk.held(), desk.telling("unknown")) == (0, [])


def test_order_that_is_made_larger_by_hand_is_taken_back() -> None:
    """Two hundred of a hundred would leave the account short."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def make_larger() -> None:
        more = Decimal(200)
        desk.broker.work(evolve(desk.entry.order(1), quantity=more, remaining=more))

    desk.clock.at(DECIDED + MINUTE, make_larger)

    desk.run()

    assert (desk.ends, desk.held()) == (["cancelled"], 100)
    assert len(desk.telling("unknown")) == 1


def test_excess_is_taken_back_though_some_fills_meanwhile() -> None:
    """Sixty are gone by hand; that ten more were ours explains only ten."""
    desk = SellingDesk()
    desk.entry.fate = Fate.WORKS

    def sell_by_hand() -> None:
        desk.hold_quietly("40")
        desk.stage.behind("witness.trades", lambda: desk.entry.fill(desk.entry.order(1), 10))

    desk.clock.at(DECIDED + 90 * SECOND, sell_by_hand)

    desk.run()

    assert desk.telling("unknown") == [
        "NASDAQ:MSFT: 30 shares are held and 90 are being sold; our order is asked to go"
    ]
    assert (desk.ends, desk.held()) == (["cancelled"], 30)
