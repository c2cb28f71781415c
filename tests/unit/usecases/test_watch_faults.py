"""A day on which the line, the data or a disk fails."""

from collections.abc import Callable, Sequence
from datetime import datetime

import numpy as np
import pytest
from attrs import evolve
from tests.builders import MSFT
from tests.desk import FRIDAY, HOUR, MINUTE, SECOND, Desk, all_of

from sellcore.event import Connected, Retrying
from sellcore.ports.market_data import Answer
from sellcore.request import BarRequest, Cause, FetchedBars
from sellcore.series import StoredSeries
from sellcore.timeframe import Granularity

EARLY = FRIDAY.open - 10 * MINUTE
EVENING = FRIDAY.close + 5 * MINUTE
ELEVEN = FRIDAY.open + 90 * MINUTE


def except_eleven(outcome: str) -> list[tuple[str, str]]:
    return list((dict(all_of("hold")) | {"11:00": outcome}).items())


def drop(desk: Desk) -> None:
    desk.broker.drop()
    desk.broker.refuse_logins("nothing listens at 127.0.0.1:4001")


def lift(desk: Desk) -> None:
    desk.broker.refuse_logins(None)


def lose_servers(desk: Desk) -> None:
    desk.broker.lose_servers()
    desk.broker.refuse_logins("the gateway has no line to the broker")


def restore_servers(desk: Desk) -> None:
    desk.broker.refuse_logins(None)
    desk.broker.restore_servers(data_lost=True)


def test_bar_that_cannot_be_used_is_told_of_once() -> None:
    """Minute after minute it comes with a price that no share has."""
    desk = Desk(EARLY)
    honest = desk.feed.fetch

    def fetch(
        requests: Sequence[BarRequest], on_answer: Callable[[Answer], None]
    ) -> Sequence[Answer]:
        def spoil(answer: Answer) -> None:
            assert isinstance(answer, FetchedBars)
            on_answer(evolve(answer, low=np.r_[np.nan, answer.low[1:]]))

        return honest(requests, spoil)

    desk.feed.fetch = fetch  # type: ignore[method-assign]
    desk.watch(EARLY + 5 * MINUTE)

    said = "1 bars have a price that no share can have and are left out"
    assert sorted(desk.alerts) == [f"NASDAQ:MSFT:{name}: {said}" for name in ("1d", "30m")]


def test_wait_begins_anew_once_everything_could_be_read() -> None:
    """The second outage of a day is tried again as soon as the first one was."""
    desk = Desk(EARLY)
    for hour in (2, 4):
        desk.clock.at(FRIDAY.open + hour * HOUR + 10 * SECOND, lambda: drop(desk))
        desk.clock.at(FRIDAY.open + hour * HOUR + 5 * MINUTE, lambda: lift(desk))

    desk.watch(EVENING)

    tried = [event for event in desk.events if isinstance(event, Retrying)]
    waits = [(event.again_at - event.time) / SECOND for event in tried]
    assert waits[:2] == [20, 40]
    assert waits == 2 * waits[: len(waits) // 2]


def silence(desk: Desk) -> None:
    desk.broker.fall_silent()


def speak(desk: Desk) -> None:
    desk.broker.fall_silent(False)


def lose_data(desk: Desk) -> None:
    for _ in range(500):
        desk.feed.told.fail(MSFT, Granularity.HALF_HOUR, Cause.TIMEOUT, "no answer within 60 s")


def find_data(desk: Desk) -> None:
    desk.feed.told._failures.clear()


def fill_log(desk: Desk) -> None:
    desk.log.full = True


def clear_log(desk: Desk) -> None:
    desk.log.full = False


def fill_store(desk: Desk) -> None:
    desk.store.full = True


def clear_store(desk: Desk) -> None:
    desk.store.full = False


Act = Callable[[Desk], None]
OUTAGES = [
    pytest.param(drop, lift, id="line"),
    pytest.param(lose_servers, restore_servers, id="servers"),
    pytest.param(silence, speak, id="silence"),
    pytest.param(lose_data, find_data, id="data"),
    pytest.param(fill_log, clear_log, id="log"),
]


def a_day_with(fails: Act, heals: Act, since: datetime, until: datetime) -> Desk:
    desk = Desk(EARLY)
    desk.clock.at(since, lambda: fails(desk))
    desk.clock.at(until, lambda: heals(desk))
    desk.watch(EVENING)
    return desk


@pytest.mark.parametrize(("fails", "heals"), OUTAGES)
def test_outage_that_ends_within_the_window_costs_no_hour(fails: Act, heals: Act) -> None:
    """The hour is decided, once, as soon as it can be."""
    desk = a_day_with(fails, heals, ELEVEN - 5 * MINUTE, ELEVEN + 5 * MINUTE)

    assert desk.outcomes()[1:] == all_of("hold")


@pytest.mark.parametrize(("fails", "heals"), OUTAGES[:-1])
def test_outage_over_the_window_abstains_and_the_next_hour_is_decided(
    fails: Act, heals: Act
) -> None:
    """The record says why, and nothing is decided twice."""
    desk = a_day_with(fails, heals, ELEVEN - 5 * MINUTE, ELEVEN + 20 * MINUTE)

    assert desk.outcomes()[1:] == except_eleven("abstain")
    (abstained,) = [d for d in desk.decisions if d.outcome.value == "abstain"]
    assert abstained.reason
    assert abstained.intent is None


def test_log_that_cannot_be_written_decides_nothing_until_it_can() -> None:
    """The hour is on record as missed afterwards: a decision without a record is none."""
    desk = a_day_with(fill_log, clear_log, ELEVEN - 5 * MINUTE, ELEVEN + 20 * MINUTE)

    assert desk.outcomes()[1:] == except_eleven("missed")
    told = [decision.bar_end for decision in desk.decisions]
    assert len(told) == len(set(told)) == 8


@pytest.mark.parametrize(
    ("fails", "heals", "word"),
    [
        (lose_data, find_data, "no answer in time"),
        (fill_log, clear_log, "no space left"),
        (
            lambda desk: setattr(desk.store, "full", True),
            lambda desk: setattr(desk.store, "full", False),
            "no space left",
        ),
    ],
    ids=["data", "log", "store"],
)
def test_trouble_is_told_once_and_again_when_it_comes_back(
    fails: Act, heals: Act, word: str
) -> None:
    """Not each minute."""
    desk = Desk(EARLY)
    for hour in (1, 3):
        start = FRIDAY.open + hour * HOUR + 25 * MINUTE
        desk.clock.at(start, lambda: fails(desk))
        desk.clock.at(start + 30 * MINUTE, lambda: heals(desk))

    desk.watch(EVENING)

    assert len([alert for alert in desk.alerts if word in alert]) == 2


def test_lost_line_is_told_with_each_attempt_and_its_return() -> None:
    """Each wait is longer, and says until when."""
    desk = a_day_with(drop, lift, ELEVEN - 5 * MINUTE, ELEVEN + 5 * MINUTE)

    attempts = [event for event in desk.events if isinstance(event, Retrying)]
    waits = [event.again_at - event.time for event in attempts]
    assert waits == [20 * n * SECOND for n in range(1, len(waits) + 1)]
    assert len([event for event in desk.events if isinstance(event, Connected)]) == 2


def held(desk: Desk) -> dict[Granularity, StoredSeries]:
    return {key.granularity: series for key, series in desk.store.load().items()}


def test_store_that_cannot_be_written_loses_nothing_in_the_end() -> None:
    """The day goes on in memory; once the disk has room, all of it is stored."""
    desk = a_day_with(
        fill_store,
        clear_store,
        ELEVEN - 5 * MINUTE,
        ELEVEN + 2 * HOUR,
    )
    untroubled = Desk(EARLY)
    untroubled.watch(EVENING)

    assert desk.outcomes()[1:] == all_of("hold")
    for granularity, series in held(desk).items():
        assert series.coverage == held(untroubled)[granularity].coverage
        assert series.closed.same(held(untroubled)[granularity].closed)


def test_store_that_fails_until_the_end_claims_nothing_it_lacks() -> None:
    """A restart fetches what could not be stored, and takes none of it for no trade."""
    desk = Desk(EARLY)
    desk.clock.at(ELEVEN, lambda: fill_store(desk))
    desk.clock.at(EVENING - HOUR, lambda: clear_store(desk))
    desk.clock.at(EVENING - HOUR + 2 * MINUTE, lambda: fill_store(desk))
    desk.watch(EVENING)

    for granularity, series in held(desk).items():
        tape = desk.feed.tapes[MSFT, granularity]
        ends = {bar.end for bar in series.closed}
        first = min(ends)
        for end in tape.closes:
            stamp = int(end.timestamp())
            if end >= first and series.coverage.contains(stamp - 60, stamp):
                assert end in ends


def test_bar_that_never_comes_abstains_and_the_day_goes_on() -> None:
    """Its hour only; the next one is made of its own half hours."""
    desk = Desk(EARLY)
    desk.feed.lose(MSFT, Granularity.HALF_HOUR, ELEVEN)

    desk.watch(EVENING)

    assert desk.outcomes()[1:] == except_eleven("abstain")
