"""A broker that goes on telling a position as it was before it was sold."""

from decimal import Decimal

from tests.builders import MSFT
from tests.desk import HOUR, MINUTE
from tests.journal_builders import a_record, moved, sent
from tests.selling_desk import ELEVEN, OURS, SellingDesk

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
