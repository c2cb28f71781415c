"""A broker that goes on telling a position as it was before it was sold."""

from decimal import Decimal

import pytest
from attrs import evolve
from tests.builders import MSFT
from tests.desk import HOUR, MINUTE, SECOND
from tests.journal_builders import a_record, moved, sent
from tests.selling_desk import DECIDED, ELEVEN, OURS, SellingDesk

from sellcore.order import Side
from sellcore.selling.lifecycle import Happening


def frozen(desk: SellingDesk) -> None:
    """Let the broker tell today's positions as they are now, whatever is sold of them."""
    told = desk.broker.positions()
    desk.broker.positions = lambda: told  # type: ignore[method-assign]


def test_position_that_does_not_show_its_sale_is_not_sold_again() -> None:
    """The hour behind is below as well, and the broker still tells 100 shares."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + MINUTE / 4, lambda: frozen(desk))

    desk.run(75)

    assert desk.held() == 0
    assert desk.sent == ["SELL 100 MKT DAY"]
    assert desk.ends == ["filled", "denied"]
    assert (
        "100 shares held, as before 100 of them were sold; the broker does not show that sale yet"
        in desk.records[1].words
    )


def test_position_that_shows_its_sale_and_is_bought_back_is_sold_anew() -> None:
    """It went flat in between: another position, of as many shares."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + HOUR / 2, lambda: desk.hold_quietly("100"))

    desk.run(75)

    assert desk.ends == ["filled", "filled"]
    assert desk.held() == 0


def test_position_that_does_not_show_what_a_stop_sold_is_not_sold() -> None:
    """The stop filled at the exchange, its trade is told, and the position comes late."""
    desk = SellingDesk()
    stop = desk.rest()
    desk.clock.at(DECIDED - 20 * SECOND, lambda: frozen(desk))
    desk.clock.at(DECIDED - 15 * SECOND, lambda: desk.entry.fill(stop))

    desk.run()

    assert (desk.sent, desk.held(), desk.ends) == ([], 0, ["denied"])
    assert "100 shares held, as before trades sold 100 of them; the broker does" in (
        desk.record.words
    )


def test_position_that_does_not_show_an_order_of_others_is_not_sold() -> None:
    """Its trades are kept from us, as a gateway may; that it has filled is told to all."""
    desk = SellingDesk()
    stop = desk.rest(client_id=9)
    desk.entry.witness.traded = lambda execution: None  # type: ignore[method-assign]
    desk.clock.at(DECIDED - 20 * SECOND, lambda: frozen(desk))
    desk.clock.at(DECIDED - 15 * SECOND, lambda: desk.entry.fill(stop))

    desk.run()

    assert (desk.sent, desk.held(), desk.ends) == ([], 0, ["denied"])
    assert "as before trades sold 100 of them" in desk.record.words


@pytest.mark.parametrize("client_id", [0, 9])
def test_position_that_does_not_show_what_others_sold_in_part_is_not_sold(client_id: int) -> None:
    """Forty are gone, whoever sold them: a hundred would be more than is held."""
    desk = SellingDesk()
    order = desk.rest(client_id=client_id)
    desk.clock.at(DECIDED - 40 * SECOND, lambda: frozen(desk))
    desk.clock.at(DECIDED - 35 * SECOND, lambda: desk.entry.fill(order, 40))
    desk.clock.at(DECIDED - 34 * SECOND, lambda: desk.broker.finish(order.perm_id))

    desk.run()

    assert (desk.sent, desk.ends) == ([], ["denied"])
    assert "as before trades sold 40 of them" in desk.record.words


def test_position_that_shows_a_trade_late_is_sold_then() -> None:
    """As soon as it does, the bar is decided on what is left by the next one."""
    desk = SellingDesk()
    stop = desk.rest()
    answer = desk.broker.positions

    def thaw() -> None:
        desk.broker.positions = answer  # type: ignore[method-assign]

    desk.clock.at(DECIDED - 40 * SECOND, lambda: frozen(desk))
    desk.clock.at(DECIDED - 35 * SECOND, lambda: desk.entry.fill(stop, 40))
    desk.clock.at(ELEVEN + 3 * MINUTE, thaw)

    desk.run(75)

    assert desk.sent == ["SELL 60 MKT DAY"]
    assert (desk.ends, desk.held()) == (["denied", "filled"], 0)


def test_trade_that_the_life_before_did_not_see_is_missed_in_the_position() -> None:
    """The stop filled while nobody watched; the position is told as the life before knew it."""
    desk = SellingDesk(ELEVEN - 10 * MINUTE)
    stop = desk.rest()
    desk.run(-5)
    frozen(desk)
    desk.broker.drop("the process died")
    desk.true.moment = ELEVEN - MINUTE
    desk.entry.fill(stop)

    desk.run()

    assert (desk.sent, desk.held(), desk.ends) == ([], 0, ["denied"])


def test_trades_that_leave_a_position_as_it_was_are_no_secret() -> None:
    """Forty sold and bought back, before the hour ends."""
    desk = SellingDesk(ELEVEN - 5 * MINUTE)
    stop = desk.rest(1002, client_id=9)

    def there_and_back() -> None:
        desk.entry.fill(stop, 40)
        trade = desk.entry.witness.trades()[0][-1]
        desk.entry.witness.traded(
            evolve(trade, exec_id="b.01", side=Side.BUY, time=desk.true.moment)
        )
        desk.hold_quietly("100")
        desk.broker.finish(stop.perm_id)

    desk.clock.at(ELEVEN - 2.5 * MINUTE, there_and_back)

    desk.run()

    assert (desk.ends, desk.held()) == (["filled"], 0)


def test_sale_of_the_day_before_is_looked_for_in_the_position_too() -> None:
    """Whenever it was decided: one that waits for the open is sent days behind its bar."""
    desk = SellingDesk()
    yesterday = ELEVEN - 20 * HOUR
    days_before = dict.fromkeys(("decided_at", "not_before"), ELEVEN - 72 * HOUR)
    record = a_record(instrument=MSFT, held=Decimal(100), deadline=yesterday, **days_before)
    going = sent(record, yesterday, client_id=OURS, order_id=41, position_before=record.held)
    sold = moved(going.record, Happening.SEEN_FILLED, yesterday, filled=Decimal(100))
    desk.journal.prepare([record])
    desk.journal.record([going, sold])

    desk.run()

    assert desk.sent == []
    assert sorted(desk.ends) == ["denied", "filled"]
