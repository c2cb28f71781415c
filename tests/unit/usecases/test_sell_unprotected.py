"""Stops that were asked to go for a sale that cannot come about, while nobody can be asked."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial

import pytest
from tests.builders import MSFT
from tests.desk import MINUTE
from tests.selling_desk import ELEVEN, SellingDesk

GONE = (
    "NASDAQ:MSFT: not sold, and these orders on it are or may be gone: SELL 100 STP @ 240.00 GTC; "
    "place them again if you want their protection"
)


def lose_the_line(desk: SellingDesk) -> None:
    desk.broker.refuse_logins("no route to host")
    desk.broker.drop()


def fill_the_disk(desk: SellingDesk) -> None:
    desk.journal.full = True


@pytest.mark.parametrize("trouble", [lose_the_line, fill_the_disk])
def test_position_without_its_stop_is_told_of_as_soon_as_it_cannot_be_sold(
    trouble: Callable[[SellingDesk], None],
) -> None:
    """Not when the line or the disk comes back: hours may pass without protection till then."""
    desk = SellingDesk()
    desk.rest()
    desk.stage.behind("entry.cancel", lambda: trouble(desk))

    desk.run(60)

    assert (desk.ends, desk.held(MSFT)) == (["cancelling"], 100)
    (notice,) = [n for n in desk.told.sent if str(n.cause) == "protection gone"]
    assert notice.text == GONE
    assert ELEVEN + 10 * MINUTE < notice.at <= ELEVEN + 12 * MINUTE


def test_it_is_told_once_though_the_sale_is_denied_later() -> None:
    """When the line is back."""
    desk = SellingDesk()
    desk.rest()
    desk.stage.behind("entry.cancel", lambda: lose_the_line(desk))
    desk.clock.at(ELEVEN + timedelta(minutes=40), lambda: desk.broker.refuse_logins(None))

    desk.run(60)

    assert desk.ends == ["denied"]
    assert desk.telling("protection gone") == [GONE]


def test_time_that_has_passed_by_a_wrong_clock_alone_ends_no_sale() -> None:
    """It may come about yet: nobody is told to place a stop beside it."""
    desk = SellingDesk()
    desk.rest()
    desk.stage.behind("entry.cancel", lambda: fill_the_disk(desk))
    for minute, ahead in ((2, 30 * MINUTE), (5, 0 * MINUTE)):
        desk.clock.at(ELEVEN + minute * MINUTE, partial(setattr, desk.clock, "ahead", ahead))

    desk.run(60)

    assert desk.ends == ["cancelling"]
    (notice,) = [n for n in desk.told.sent if str(n.cause) == "protection gone"]
    assert ELEVEN + 10 * MINUTE < notice.at <= ELEVEN + 12 * MINUTE
