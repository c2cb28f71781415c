"""Nothing can be decided for long: a person is told who is not looking at the screen."""

from collections.abc import Callable

import pytest
from tests.desk import MINUTE, SECOND
from tests.selling_desk import ELEVEN, SellingDesk

from sellcore.errors import BrokerUnavailable

Act = Callable[[SellingDesk], None]

CAUSE = "disconnected"


def drop(desk: SellingDesk) -> None:
    desk.broker.drop("the gateway went")
    desk.broker.refuse_logins("nothing listens at 127.0.0.1:4001")


def answer_again(desk: SellingDesk) -> None:
    desk.broker.refuse_logins(None)
    desk.broker.restore_servers()
    desk.broker.fall_silent(False)
    desk.clock.ahead = 0 * SECOND


def lose_servers(desk: SellingDesk) -> None:
    desk.broker.lose_servers()


def fall_silent(desk: SellingDesk) -> None:
    desk.broker.fall_silent()


def garble(desk: SellingDesk) -> None:
    def refuse() -> None:
        raise BrokerUnavailable("positions: the answer cannot be read")

    desk.stage.before("broker.positions", *[refuse] * 200)


def put_the_clock_ahead(desk: SellingDesk) -> None:
    desk.clock.ahead = 90 * SECOND


@pytest.mark.parametrize(
    ("fails", "says"),
    [
        (drop, "the broker has been out of reach since 2022-05-20T15:1"),
        (lose_servers, "the broker has been out of reach since 2022-05-20T15:1"),
        (fall_silent, "the broker has been out of reach since 2022-05-20T15:1"),
        (garble, "nothing could be decided since 2022-05-20T15:1"),
        (put_the_clock_ahead, "nothing could be decided since 2022-05-20T15:1"),
    ],
)
def test_long_outage_is_told_once(fails: Act, says: str) -> None:
    """With no line, with one that brings no answers, and by a clock that is wrong."""
    desk = SellingDesk()
    desk.clock.at(ELEVEN + 15 * MINUTE + SECOND, lambda: fails(desk))

    desk.run(24)
    assert desk.telling(CAUSE) == []

    desk = SellingDesk()
    desk.clock.at(ELEVEN + 15 * MINUTE + SECOND, lambda: fails(desk))
    desk.run(60)

    (told,) = desk.telling(CAUSE)
    assert told.startswith(says)


def test_each_outage_is_told_by_itself() -> None:
    """One that is over counts no more."""
    desk = SellingDesk()
    for minutes in (15, 45):
        desk.clock.at(ELEVEN + minutes * MINUTE + SECOND, lambda: fall_silent(desk))
        desk.clock.at(ELEVEN + (minutes + 15) * MINUTE + SECOND, lambda: answer_again(desk))
    desk.clock.at(ELEVEN + 75 * MINUTE + SECOND, lambda: fall_silent(desk))
    desk.clock.at(ELEVEN + 80 * MINUTE + SECOND, lambda: answer_again(desk))

    desk.run(95)

    assert len(desk.telling(CAUSE)) == 2
