"""Orders that turn up behind a sale and would sell what is not held any more."""

from decimal import Decimal

from attrs import evolve
from tests.builders import AAPL, MSFT, a_position, rule
from tests.desk import MINUTE
from tests.selling_desk import ELEVEN, SellingDesk

from sellcore.order import Side

LEFT = (
    "NASDAQ:MSFT was sold, 0 shares are held, and these orders would sell more: "
    "SELL 100 STP @ 240.00 GTC; cancel them in TWS, they would leave you short"
)


def test_stop_that_turns_up_behind_the_sale_is_told() -> None:
    """No list held it before; once, within two comparisons."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest())

    desk.run(40)

    assert (desk.ends, desk.held(MSFT)) == (["filled"], 0)
    assert desk.telling("unknown") == [LEFT]
    told = next(notice for notice in desk.told.sent if notice.text == LEFT)
    assert told.at <= ELEVEN + 14 * MINUTE


def test_stop_that_has_filled_between_two_lists_is_not_told_of() -> None:
    """One comparison shows it, the next one does not."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest())
    desk.clock.at(ELEVEN + 7 * MINUTE, lambda: desk.broker.finish(1001))

    desk.run(40)

    assert desk.telling("unknown") == []


def test_stop_on_what_was_bought_back_is_left_alone() -> None:
    """It protects the new position; one for more than that is told."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.broker.hold(a_position(60)))
    desk.clock.at(
        ELEVEN + 3 * MINUTE,
        lambda: desk.rest(quantity=Decimal(60), remaining=Decimal(60)),
    )
    desk.clock.at(
        ELEVEN + 20 * MINUTE,
        lambda: desk.broker.work(evolve(desk.broker.working()[0], perm_id=1002, order_id=9)),
    )

    desk.run(18)
    assert desk.telling("unknown") == []

    desk.run(50)
    (text,) = desk.telling("unknown")
    assert "60 shares are held, and these orders would sell more: SELL 60 STP" in text


def test_order_that_buys_is_not_among_those_that_would_sell_more() -> None:
    """To cancel it would not help, and it is meant."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest())
    desk.clock.at(
        ELEVEN + 3 * MINUTE,
        lambda: desk.rest(perm_id=1002, side=Side.BUY, order_type="LMT", stop_price=None),
    )

    desk.run(40)

    assert desk.telling("unknown") == [LEFT]


def test_orders_on_what_was_never_sold_here_are_not_ours_to_judge() -> None:
    """A person may sell short as they like."""
    desk = SellingDesk(rules={"NYSE:IBM": rule()})
    desk.rest(quantity=Decimal(500), remaining=Decimal(500))

    desk.run(30)

    assert desk.told.sent == []


def test_stops_behind_two_sales_are_told_once_each() -> None:
    """Each of its own position, however often the two are compared."""
    desk = SellingDesk(rules={"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL, 40)
    desk.falls(AAPL)
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest())
    desk.clock.at(ELEVEN + 3 * MINUTE, lambda: desk.rest(perm_id=1002, instrument=AAPL))

    desk.run(60)

    assert desk.ends == ["filled", "filled"]
    told = desk.telling("unknown")
    assert sorted(text.split()[0] for text in told) == ["NASDAQ:AAPL", "NASDAQ:MSFT"]
