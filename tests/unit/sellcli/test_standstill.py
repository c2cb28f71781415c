"""Who hears of a watch that stands still, and by which clock it goes."""

from datetime import datetime, timedelta
from pathlib import Path
from threading import Event as Signal

import pytest
from attrs import evolve
from tests.builders import ACCOUNT
from tests.desk import FRIDAY, MINUTE, Desk

from adapters.alerts import heartbeat
from adapters.alerts.memory_alerts import MemoryAlerts
from adapters.ib.connection import IBConnection
from sellcli.commands import start
from sellcli.compose.alerts import looked_after
from sellcli.compose.watch import Wiring
from sellcore.event import Event
from sellcore.ports.alerts import Notice
from sellcore.ports.clock import Clock

NOON = FRIDAY.open + 150 * MINUTE


class Person(MemoryAlerts):
    """Somebody who hears of what is told elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.heard = Signal()

    def send(self, notice: Notice) -> None:
        super().send(notice)
        self.heard.set()


class Screen:
    """A screen that nobody looks at."""

    def __call__(self, event: Event) -> None:
        return

    def close(self) -> None:
        return


def a_wiring(desk: Desk, person: Person | None, *, simulated: bool = False) -> Wiring:
    """Return a watch of five minutes, looked after every 20 ms, and given up after a second."""
    terms = evolve(desk.terms(NOON + 5 * MINUTE), outage=timedelta(seconds=1))
    connection = IBConnection("127.0.0.1", 1, 1, desk.clock)
    ports = evolve(desk.ports(), alerts=person)
    return Wiring(ports, terms, connection, 1, None, simulated, Path())


@pytest.fixture(autouse=True)
def _looks_often(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(heartbeat, "LOOK", timedelta(milliseconds=20))


def clock_of(wiring: Wiring) -> Clock:
    with looked_after(wiring, ACCOUNT) as clock:
        return clock


def test_watch_that_hangs_is_told_of_with_when_it_was_last_heard_of() -> None:
    """The command looks after it by the clock that the watch itself goes by."""
    desk, person = Desk(NOON), Person()
    moments: list[datetime] = []

    def hang() -> None:
        assert person.heard.wait(60)
        moments.append(desk.true.moment)

    desk.clock.at(NOON + 2 * MINUTE, hang)

    final = start._watch(a_wiring(desk, person), Screen(), None, once=False)

    (notice,) = person.sent
    assert final.time == NOON + 5 * MINUTE
    assert (str(notice.cause), notice.account) == ("stuck", ACCOUNT)
    assert f"since {NOON + 1 * MINUTE:%Y-%m-%dT%H:%M}" in notice.text
    assert moments == [NOON + 2 * MINUTE]


def test_nobody_looks_after_a_simulated_day_nor_where_nobody_would_hear() -> None:
    """It may take any time; and to look at it for nobody is for nothing."""
    desk = Desk(NOON)

    assert clock_of(a_wiring(desk, Person(), simulated=True)) is desk.clock
    assert clock_of(a_wiring(desk, None)) is desk.clock
    assert clock_of(a_wiring(desk, Person())) is not desk.clock
