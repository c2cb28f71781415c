"""What a watch that only watches tells a person who does not look at the screen."""

from attrs import evolve
from tests.builders import ACCOUNT, MSFT, a_tape
from tests.desk import FRIDAY, HOUR, MINUTE, SESSIONS, Desk

from adapters.alerts.memory_alerts import MemoryAlerts
from sellcore.timeframe import Granularity
from sellcore.usecases.watch_state import Ports

ELEVEN = FRIDAY.open + 90 * MINUTE
BAR = "2022-05-20T15:00:00Z"


class AlertingDesk(Desk):
    """A desk with somebody elsewhere."""

    def __init__(self) -> None:
        super().__init__(ELEVEN - 5 * MINUTE)
        self.told = MemoryAlerts()

    def ports(self) -> Ports:
        return evolve(super().ports(), alerts=self.told)

    def falls(self) -> None:
        """Let the hour until eleven, and all behind it, close at 90 instead of 100."""
        for granularity in Granularity:
            tape = a_tape(SESSIONS, granularity)
            closes = {end: 90.0 if end >= ELEVEN else 100.0 for end in tape.closes}
            self.feed.trade(MSFT, evolve(tape, closes=closes))

    @property
    def notices(self) -> list[tuple[str, str]]:
        return [(str(notice.cause), notice.text) for notice in self.told.sent]


def test_signal_of_a_dry_run_is_told_with_its_bar_and_rule() -> None:
    """Nothing is sold, so the word is all there is; each bar by itself."""
    desk = AlertingDesk()
    desk.falls()

    desk.watch(ELEVEN + 5 * MINUTE)

    (notice,) = desk.told.sent
    assert (str(notice.cause), notice.account) == ("signal", ACCOUNT)
    assert notice.text == (
        f"NASDAQ:MSFT, bar that ended {BAR}: signal: close 90.00 is below SMA(5) 98.0000"
    )
    assert notice.facts == {"ticker": "NASDAQ:MSFT", "bar_end": BAR, "rule": "SMA(5) 1H"}


def test_bar_that_is_held_is_told_to_nobody() -> None:
    """It is what happens all day."""
    desk = AlertingDesk()

    desk.watch(ELEVEN + 2 * HOUR)

    assert desk.notices == []
    assert len(desk.decisions) > 1


def test_bar_that_was_missed_while_it_watched_is_told() -> None:
    """And while there is time left, why; the hours before the watch are nobody's alarm."""
    desk = AlertingDesk()
    desk.falls()
    desk.clock.at(ELEVEN - 4 * MINUTE, lambda: setattr(desk.log, "full", True))
    desk.clock.at(ELEVEN + 20 * MINUTE, lambda: setattr(desk.log, "full", False))

    desk.watch(ELEVEN + 25 * MINUTE)

    (why, unlogged), (cause, text) = desk.notices
    assert (why, cause) == ("denied", "missed")
    assert unlogged.endswith("no space left on device; nothing is decided until it can be recorded")
    assert desk.told.sent[0].at < ELEVEN + MINUTE
    assert text.startswith(f"NASDAQ:MSFT, bar that ended {BAR}: missed: ")
    assert desk.told.sent[1].facts == {
        "ticker": "NASDAQ:MSFT",
        "bar_end": BAR,
        "rule": "SMA(5) 1H",
    }
    assert [outcome for _, outcome in desk.outcomes()] == ["missed", "missed"]
