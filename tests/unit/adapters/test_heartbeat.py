"""A watch that stands still, and the person who hears of it."""

from datetime import UTC, datetime, timedelta
from threading import Event

import pytest

from adapters.alerts import heartbeat
from adapters.alerts.heartbeat import LOOK, HeartbeatClock
from adapters.alerts.memory_alerts import MemoryAlerts
from adapters.clocks import FrozenClock
from sellcore.ports.alerts import Notice

NOON = datetime(2022, 5, 20, 16, 0, tzinfo=UTC)


def a_heartbeat(after: timedelta = 4 * LOOK) -> tuple[HeartbeatClock, MemoryAlerts, FrozenClock]:
    told, clock = MemoryAlerts(), FrozenClock(NOON)
    return HeartbeatClock(clock, told, "DU0000001", after), told, clock


def looks(beating: HeartbeatClock, count: int) -> None:
    for _ in range(count):
        beating.look()


def test_watch_that_stands_still_is_told_of_once() -> None:
    """With the instant it was last heard of, and what to do."""
    beating, told, clock = a_heartbeat()
    beating.now()
    clock.set(NOON + timedelta(hours=1))

    looks(beating, 20)

    (notice,) = told.sent
    assert (str(notice.cause), notice.account, notice.at) == ("stuck", "DU0000001", clock.now())
    assert notice.text == (
        "the watch stands still since 2022-05-20T16:00:00Z: nothing is decided or sold; a paused "
        "terminal goes on with Ctrl-Q or Escape, else look at disk and memory of its machine, "
        "end it and start it again"
    )


@pytest.mark.parametrize("beat", ["now", "sleep"])
def test_watch_that_goes_on_is_left_alone(beat: str) -> None:
    """Whether it asks for the time or waits for it."""
    beating, told, _ = a_heartbeat()

    for _ in range(50):
        looks(beating, 3)
        _ = beating.now() if beat == "now" else beating.sleep_until(NOON)

    assert told.sent == []


def test_each_standstill_is_told_of() -> None:
    """It went on in between."""
    beating, told, _ = a_heartbeat()

    looks(beating, 6)
    beating.now()
    looks(beating, 4)
    assert len(told.sent) == 1
    beating.look()

    assert len(told.sent) == 2


def test_machine_that_slept_is_no_standstill() -> None:
    """One look behind hours of sleep says nothing, however short the patience."""
    beating, told, clock = a_heartbeat(timedelta(0))
    beating.now()
    beating.look()
    clock.set(NOON + timedelta(hours=9))

    beating.look()
    beating.now()
    beating.look()

    assert told.sent == []


def test_clock_that_is_looked_after_tells_the_same_time() -> None:
    """And waits as long."""
    beating, _, clock = a_heartbeat()

    beating.sleep_until(NOON + timedelta(minutes=1))

    assert beating.now() == clock.now() == NOON + timedelta(minutes=1)


def test_it_is_looked_after_from_a_thread_of_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """That of the watch hangs."""
    heard = Event()

    class Listening(MemoryAlerts):
        def send(self, notice: Notice) -> None:
            super().send(notice)
            heard.set()

    monkeypatch.setattr(heartbeat, "LOOK", timedelta(milliseconds=1))
    told = Listening()
    with heartbeat.heartbeat(FrozenClock(NOON), told, "DU0000001", timedelta(0)) as clock:
        assert heard.wait(60)
        assert clock.now() == NOON

    assert "stands still since 2022-05-20T16:00:00Z" in told.sent[0].text
