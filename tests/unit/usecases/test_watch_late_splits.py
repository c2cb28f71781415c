"""A split that the broker's history does not show yet is no crash; a crash is none the less one."""

from datetime import datetime

import pytest
from tests.builders import MSFT, a_position, at
from tests.desk import FRIDAY, HOUR, MINUTE, MONDAY, SESSIONS, Desk, all_of

FRIDAYS = 13 * sum(session.day < MONDAY.day for session in SESSIONS)
"""How many half hours there are before Monday."""


def fall_on_monday(factor: float, begins: datetime) -> Desk:
    """Hold 100 MSFT that trade at 100 until Friday, and at ``factor`` of it from Monday on."""
    desk = Desk(begins)
    half_hours = {n: 100.0 if n < FRIDAYS else 100.0 * factor for n in range(2000)}
    desk.hold(MSFT, price=half_hours.__getitem__)
    return desk


def become(desk: Desk, quantity: str, cost: float) -> None:
    desk.broker.hold(a_position(quantity, MSFT, cost))


@pytest.mark.parametrize(
    ("factor", "quantity", "cost"),
    [(0.25, "400", 12.5), (0.8, "125", 40.0), (2 / 3, "150", 100 / 3)],
)
def test_split_that_only_the_account_shows_is_not_decided_on(
    factor: float, quantity: str, cost: float
) -> None:
    """Four for one, five for four, three for two: nothing is sold on bars of two scales."""
    desk = fall_on_monday(factor, MONDAY.open - HOUR)
    desk.clock.at(MONDAY.open - 30 * MINUTE, lambda: become(desk, quantity, cost))

    desk.watch(MONDAY.close - MINUTE)

    assert desk.outcomes()[1:] == all_of("abstain")[:-1]
    assert all("the account shows a split" in d.reason for d in desk.decisions[1:])


def test_split_is_decided_on_again_once_the_history_shows_it() -> None:
    """The bars are fetched anew as soon as they differ, and the day goes on."""
    desk = fall_on_monday(0.25, MONDAY.open - HOUR)
    desk.clock.at(MONDAY.open - 30 * MINUTE, lambda: become(desk, "400", 12.5))
    restated = dict.fromkeys(range(2000), 25.0)
    desk.clock.at(
        MONDAY.open + 65 * MINUTE,
        lambda: desk.hold(MSFT, price=restated.__getitem__) or become(desk, "400", 12.5),
    )

    desk.watch(MONDAY.close - MINUTE)

    assert desk.outcomes()[1:] == [*all_of("abstain")[:1], *all_of("hold")[1:-1]]


def test_crash_of_a_holding_that_was_seen_before_it_is_a_signal() -> None:
    """The account shows as many shares as before the open: the price has fallen."""
    desk = fall_on_monday(0.4, MONDAY.open - HOUR)

    desk.watch(MONDAY.close - MINUTE)

    assert desk.outcomes()[1:][:4] == all_of("signal")[:4]


def test_fall_at_an_open_that_nobody_saw_is_not_decided_on() -> None:
    """Whether the shares were fewer before it cannot be told any more."""
    desk = fall_on_monday(0.5, MONDAY.open + 40 * MINUTE)

    desk.watch(MONDAY.close - MINUTE)

    assert {outcome for _, outcome in desk.outcomes()} == {"abstain"}
    assert "from 100.00 to 50.00 at 2022-05-23T13:30:00Z" in desk.decisions[0].reason


def test_ordinary_fall_at_an_open_that_nobody_saw_is_decided_on() -> None:
    """A quarter overnight is bad news, and no split that happens."""
    desk = fall_on_monday(0.75, MONDAY.open + 40 * MINUTE)

    desk.watch(MONDAY.open + 3 * HOUR)

    assert desk.outcomes() == all_of("signal")[:3]


def test_trade_by_hand_is_no_split() -> None:
    """Shares that were bought cost something."""
    desk = fall_on_monday(0.4, MONDAY.open - HOUR)
    desk.clock.at(MONDAY.open - 30 * MINUTE, lambda: become(desk, "200", 50.0))

    desk.watch(MONDAY.open + 3 * HOUR)

    assert desk.outcomes()[1:] == all_of("signal")[:3]


def test_first_reading_of_a_friday_counts_for_the_monday() -> None:
    """A watch that runs over the weekend has seen the account before the open."""
    desk = fall_on_monday(0.4, FRIDAY.close - 6 * MINUTE)

    desk.watch(MONDAY.open + 3 * HOUR)

    assert desk.outcomes()[-3:] == all_of("signal")[:3]
    assert at("2022-05-23 14:00") in {d.bar_end for d in desk.decisions}
