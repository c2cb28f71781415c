"""One look at the line, and one at the two clocks."""

from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import ACCOUNT
from tests.desk import FRIDAY, MINUTE, SECOND, Desk

from adapters.fake_broker import FakeBroker
from sellcore.errors import ConfigError
from sellcore.event import Connected, Retrying
from sellcore.order import Mode
from sellcore.ports.connection import Login
from sellcore.usecases.connect import compare_clocks, connected, hold_line, try_later
from sellcore.usecases.watch_state import Ports, Terms, WatchState

NOW = FRIDAY.open
REFUSED = "nothing listens at 127.0.0.1:4001"


class Line(FakeBroker):
    """A broker that counts how often it was called up."""

    calls = 0

    def connect(self) -> Login:
        self.calls += 1
        return super().connect()


def a_line(account: str = "") -> tuple[Desk, Line, WatchState]:
    """Return a desk before it has called anybody up."""
    desk = Desk(NOW)
    line = Line(desk.true, (ACCOUNT,))
    desk.broker = line
    return desk, line, WatchState(account, NOW)


def look(desk: Desk, state: WatchState) -> bool:
    return hold_line(desk.ports(), state, desk.terms(FRIDAY.close))


def test_first_look_connects_and_says_to_whom() -> None:
    """The server, the account and the mode."""
    desk, line, state = a_line()
    state.line.retry_at = NOW

    assert look(desk, state) is True
    assert desk.events == [Connected(NOW, "fake broker", ACCOUNT, Mode.DRY_RUN)]
    assert (state.account, state.line.retry_at, line.calls) == (ACCOUNT, None, 1)


def test_line_that_stands_is_left_alone() -> None:
    """Nobody is called up again, and an attempt that was planned is none any more."""
    desk, line, state = a_line()
    look(desk, state)
    state.line.retry_at = NOW + MINUTE

    assert look(desk, state) is True
    assert (state.line.retry_at, line.calls, len(desk.events)) == (None, 1, 1)


def test_gateway_without_its_servers_is_waited_for_and_told_once() -> None:
    """It says by itself when they are back; to call it up brings nothing."""
    desk, line, state = a_line()
    look(desk, state)
    line.lose_servers()
    state.line.retry_at = NOW + MINUTE

    assert look(desk, state) is False
    assert look(desk, state) is False

    assert desk.alerts == ["the gateway lost the broker's servers"]
    assert state.obstacle == "the gateway lost the broker's servers"
    assert (state.line.retry_at, line.calls) == (None, 1)


@pytest.mark.parametrize("jump", [1, -1])
def test_gateway_that_never_says_it_is_back_is_called_up_again(jump: int) -> None:
    """After a quarter of an hour, by whatever way the clock got there, and then as late again."""
    desk, line, state = a_line()
    look(desk, state)

    for calls in (2, 3):
        line.lose_servers()
        began = desk.true.moment
        assert look(desk, state) is False
        desk.true.moment = began + jump * (15 * MINUTE - SECOND)
        assert look(desk, state) is False
        assert line.calls == calls - 1
        desk.true.moment = began + jump * 15 * MINUTE

        assert look(desk, state) is True
        assert (line.calls, state.line.servers_lost_at, line.fault()) == (calls, None, None)


def test_servers_that_come_back_and_go_again_are_waited_for_anew() -> None:
    """The time counts from the newest loss."""
    desk, line, state = a_line()
    look(desk, state)
    line.lose_servers()
    look(desk, state)
    line.restore_servers()
    assert look(desk, state) is True
    desk.true.moment = NOW + 20 * MINUTE
    line.lose_servers()

    assert look(desk, state) is False
    assert (line.calls, state.line.servers_lost_at) == (1, NOW + 20 * MINUTE)


def test_gateway_that_cannot_be_called_up_again_is_tried_like_any_other() -> None:
    """The line is gone by then, and each attempt is told."""
    desk, line, state = a_line()
    look(desk, state)
    line.lose_servers()
    look(desk, state)
    line.refuse_logins(REFUSED)
    desk.true.moment = NOW + 15 * MINUTE

    assert look(desk, state) is False
    assert state.line.retry_at == desk.true.moment + 20 * SECOND
    assert desk.events[-1] == Retrying(desk.true.moment, REFUSED, state.line.retry_at)


def test_line_that_cannot_be_had_is_tried_again_later_each_time() -> None:
    """The wait grows with the attempts, and each is told with its reason."""
    desk, line, state = a_line()
    line.refuse_logins(REFUSED)

    assert look(desk, state) is False
    assert (state.obstacle, state.line.retry_at) == (REFUSED, NOW + 20 * SECOND)
    desk.true.moment = NOW + 20 * SECOND
    assert look(desk, state) is False

    assert desk.events == [
        Retrying(NOW, REFUSED, NOW + 20 * SECOND),
        Retrying(NOW + 20 * SECOND, REFUSED, NOW + 60 * SECOND),
    ]
    assert (state.line.attempts, line.calls) == (2, 2)


@pytest.mark.parametrize(
    ("wait", "calls"),
    [
        (-SECOND, 1),
        (0 * SECOND, 1),
        (SECOND, 0),
        (15 * MINUTE, 0),
        (15 * MINUTE + SECOND, 1),
        (timedelta(hours=5), 1),
    ],
)
def test_attempt_waits_for_its_time_and_never_longer_than_a_quarter_of_an_hour(
    wait: timedelta, calls: int
) -> None:
    """A time that lies further ahead is of a clock that was set back since."""
    desk, line, state = a_line()
    state.line.retry_at = NOW + wait

    assert look(desk, state) is bool(calls)
    assert line.calls == calls


def test_login_to_another_account_is_no_line() -> None:
    """It is hung up, told, and tried again."""
    desk, line, state = a_line("DU0000009")

    assert look(desk, state) is False

    assert not line.is_open()
    assert line.fault() is not None
    assert state.obstacle is not None
    assert state.obstacle.startswith("account DU0000009 is not one of this login's")
    assert state.line.retry_at == NOW + 20 * SECOND


def test_account_that_is_watched_counts_more_than_the_one_of_the_terms() -> None:
    """Once and for all."""
    desk, _, state = a_line(ACCOUNT)
    terms = evolve(desk.terms(FRIDAY.close), account="DU0000009")
    logins = Login(("DU0000009", ACCOUNT), "here")

    connected(desk.ports(), state, terms, logins)
    assert state.account == ACCOUNT

    fresh = WatchState("", NOW)
    connected(desk.ports(), fresh, terms, logins)
    assert fresh.account == "DU0000009"
    with pytest.raises(ConfigError):
        connected(desk.ports(), WatchState("", NOW), desk.terms(NOW), logins)


def test_failure_to_read_is_put_off_like_one_to_connect() -> None:
    """The third in a row waits longest."""
    desk, _, state = a_line()
    state.line.attempts = 2

    try_later(desk.ports(), state, desk.terms(NOW), "positions: no complete answer")

    assert (state.line.attempts, state.line.retry_at) == (3, NOW + 60 * SECOND)
    assert state.obstacle == "positions: no complete answer"


# The two clocks.

WRONG = "; nothing is decided until they agree: synchronise it (NTP)"
DRIFTS = "; synchronise it (NTP)"


def clocks(ahead: float) -> tuple[Ports, Terms, WatchState, Desk]:
    desk, line, state = a_line()
    line.connect()
    desk.clock.ahead = timedelta(seconds=ahead)
    return desk.ports(), desk.terms(NOW), state, desk


@pytest.mark.parametrize(
    ("ahead", "told", "blocks"),
    [
        (0.0, None, False),
        (1.9, None, False),
        (2.9, None, False),
        (-2.9, None, False),
        (3.0, "3 s ahead of the broker's" + DRIFTS, False),
        (-3.0, "3 s behind the broker's" + DRIFTS, False),
        (10.0, "10 s ahead of the broker's" + DRIFTS, False),
        (-10.0, "10 s behind the broker's" + DRIFTS, False),
        (10.1, "10 s ahead of the broker's" + WRONG, True),
        (-10.1, "10 s behind the broker's" + WRONG, True),
        (7200.0, "7200 s ahead of the broker's" + WRONG, True),
    ],
)
def test_clock_is_warned_of_from_three_seconds_and_blocks_behind_ten(
    ahead: float, told: str | None, blocks: bool
) -> None:
    """Two seconds count, and one for the broker, who tells whole ones."""
    ports, _, state, desk = clocks(ahead)

    found = compare_clocks(ports, state)

    assert desk.alerts == ([] if told is None else [f"this clock is {told}"])
    assert found == (f"this clock is {told}" if blocks else None)


@pytest.mark.parametrize(
    ("readings", "count"),
    [
        ([4.0, 5.0, 6.0], 1),
        ([4.0, 2.5, 4.0], 1),
        ([4.0, 2.0, 4.0], 1),
        ([4.0, 1.9, 4.0], 2),
        ([4.0, -1.9, -4.0], 2),
        ([4.0, 11.0, 12.0, 4.0], 3),
    ],
)
def test_clock_that_is_off_is_told_once_until_the_two_agree(
    readings: list[float], count: int
) -> None:
    """Within two seconds; and again where it gets worse, or better but not well."""
    ports, _, state, desk = clocks(0)
    for ahead in readings:
        desk.clock.ahead = timedelta(seconds=ahead)
        compare_clocks(ports, state)

    assert len(desk.alerts) == count
