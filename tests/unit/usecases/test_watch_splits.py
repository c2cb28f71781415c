"""A split between the stored bars and the fresh ones never looks like a crash."""

from datetime import datetime, timedelta
from functools import partial

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import AAPL, MSFT, a_tape, rule
from tests.desk import FRIDAY, HOUR, MINUTE, MONDAY, SECOND, SESSIONS, Desk, all_of

from sellcore.event import Table
from sellcore.ports.market_data import Answer
from sellcore.request import NoBars
from sellcore.timeframe import Granularity

ratios = st.tuples(st.integers(1, 1001), st.integers(1, 1001)).filter(
    lambda ratio: ratio[0] != ratio[1]
) | st.sampled_from([(2, 1), (7, 1), (1, 10), (3, 2), (1001, 1000), (1000, 1001), (10_000, 9_999)])


def prices(new: int, seed: int) -> dict[int, float]:
    """Return closes in multiples of ``new`` cents, so that each is exact after the split."""
    return {n: new * (1000 + (n * 37 + seed * n * n) % 23) / 100 for n in range(2000)}


def two_days(price: dict[int, float], text: str, split: tuple[datetime, int, int] | None) -> Desk:
    """Watch Friday's end and Monday's morning, with a split at an instant between."""
    desk = Desk(FRIDAY.close - 6 * MINUTE, {"NASDAQ:MSFT": rule(text)})
    desk.hold(MSFT, price=lambda n: price[n])
    if split is not None:
        moment, new, old = split
        desk.clock.at(moment, lambda: desk.feed.split(MSFT, new, old))
    desk.watch(FRIDAY.close - MINUTE)
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.watch(MONDAY.open + 160 * MINUTE)
    return desk


@settings(max_examples=15)
@given(
    ratios,
    st.integers(0, 22),
    st.integers(-10, 160).map(lambda minutes: MONDAY.open + minutes * MINUTE),
    st.sampled_from(["SMA,5,1H", "EMA,5,1H", "SMA,5,D"]),
)
def test_any_split_at_any_time_decides_as_if_there_were_none(
    ratio: tuple[int, int], seed: int, moment: datetime, text: str
) -> None:
    """Before the open, between any two bars, in the middle of one: the same outcomes."""
    new, old = ratio
    price = prices(new, seed)

    split = two_days(price, text, (moment, new, old))

    assert split.outcomes() == two_days(price, text, None).outcomes()


@settings(max_examples=15)
@given(
    ratios,
    st.integers(0, 22),
    st.integers(-10, 160).map(lambda minutes: MONDAY.open + minutes * MINUTE),
    st.integers(0, 150),
)
def test_split_whose_history_cannot_be_had_never_signals_falsely(
    ratio: tuple[int, int], seed: int, moment: datetime, minutes: int
) -> None:
    """While it is quarantined nothing is decided; what is decided is as if there were none."""
    new, old = ratio
    price = prices(new, seed)
    desk = Desk(FRIDAY.close - 6 * MINUTE)
    desk.hold(MSFT, price=lambda n: price[n])
    desk.watch(FRIDAY.close - MINUTE)
    desk.true.moment = MONDAY.open - 5 * MINUTE
    desk.feed.withholds_history = True
    desk.clock.at(moment, lambda: desk.feed.split(MSFT, new, old))
    desk.clock.at(moment + minutes * MINUTE, lambda: setattr(desk.feed, "withholds_history", False))

    desk.watch(MONDAY.open + 160 * MINUTE)

    expected = two_days(price, "SMA,5,1H", None).outcomes()
    assert [hour for hour, _ in desk.outcomes()] == [hour for hour, _ in expected]
    for (_, outcome), (_, truth) in zip(desk.outcomes(), expected, strict=True):
        assert outcome in (truth, "abstain")


def test_split_is_told_once_and_heals_at_once() -> None:
    """One line that says what was met; the history is fetched anew in the same minute."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: desk.feed.split(MSFT, 4, 1))

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert desk.outcomes()[1:] == all_of("hold")
    (alert,) = [text for text in desk.alerts if "split" in text]
    assert alert == (
        "NASDAQ:MSFT:30m: 2 stored closes differ from those fetched now, the first at "
        "2022-05-20T14:00:00Z: 100.00 stored, 25.00 fetched (factor 0.25); "
        "a split, or a restated history; fetching it anew"
    )
    long = [r for r in desk.feed.asked if r.duration.count == 31]
    assert len(long) == 2


@pytest.mark.parametrize("due", [FRIDAY.open + 30 * MINUTE, FRIDAY.open + 90 * MINUTE])
def test_bar_is_decided_by_the_very_reading_that_meets_a_split(due: datetime) -> None:
    """The history was had anew: an hour is not lost to what was in doubt a moment ago."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    desk.clock.at(due + 30 * SECOND, lambda: desk.feed.split(MSFT, 4, 1))

    desk.watch(due + 45 * SECOND)

    assert [text for text in desk.alerts if "split" in text]
    assert {outcome for _, outcome in desk.outcomes()} == {"hold"}
    assert f"{due - 4 * HOUR:%H:%M}" in dict(desk.outcomes())


def test_quarantine_that_does_not_heal_abstains_and_is_told_once() -> None:
    """Hour after hour, with the reason on record, until the history can be had."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: desk.feed.split(MSFT, 4, 1))
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: setattr(desk.feed, "withholds_history", True))
    heals = FRIDAY.open + 4 * HOUR
    desk.clock.at(heals, lambda: setattr(desk.feed, "withholds_history", False))

    desk.watch(FRIDAY.close + 5 * MINUTE)

    outcomes = dict(all_of("hold")) | dict.fromkeys(("11:00", "12:00", "13:00"), "abstain")
    assert desk.outcomes()[1:] == list(outcomes.items())
    assert len([text for text in desk.alerts if "fetching it anew" in text]) == 1
    reasons = {d.reason for d in desk.decisions if d.outcome.value == "abstain"}
    assert len(reasons) == 1
    assert "a split, or a restated history" in reasons.pop()


def test_two_quarantines_are_told_once_each() -> None:
    """Both are asked for anew minute after minute, for one reason each."""
    desk = Desk(FRIDAY.open - 5 * MINUTE, {"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    for instrument in (AAPL, MSFT):
        desk.clock.at(FRIDAY.open + 65 * MINUTE, partial(desk.feed.split, instrument, 4, 1))
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: setattr(desk.feed, "withholds_history", True))

    desk.watch(FRIDAY.open + 70 * MINUTE)

    told = [text.partition("/")[0] for text in desk.alerts if "fetching it anew" in text]
    assert len(told) == len(set(told)) == 2


def test_bars_that_are_left_out_of_two_series_are_told_once_each() -> None:
    """The broker tells them again with every answer."""
    desk = Desk(FRIDAY.open + 5 * MINUTE, {"NASDAQ:MSFT": rule(), "NASDAQ:AAPL": rule()})
    desk.hold(AAPL)
    as_asked = desk.feed._as_asked

    def spoiled(answer: Answer) -> Answer:
        told = as_asked(answer)
        if isinstance(told, NoBars) or told.request.granularity is Granularity.DAY:
            return told
        return evolve(told, low=np.where(np.arange(len(told.low)) == 0, -1.0, told.low))

    desk.feed._as_asked = spoiled  # type: ignore[method-assign]

    desk.watch(FRIDAY.open + 10 * MINUTE)

    left_out = [text for text in desk.alerts if "no share can have" in text]
    assert len(left_out) == len(set(left_out)) == 2


def test_split_met_at_a_restart_does_not_decide_on_the_old_scale() -> None:
    """The cache is from yesterday; the broker speaks of today."""
    desk = Desk(FRIDAY.open + HOUR)
    desk.watch(FRIDAY.open + HOUR + 5 * MINUTE)
    desk.feed.split(MSFT, 4, 1)
    desk.true.moment = FRIDAY.open + 2 * HOUR

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert {outcome for _, outcome in desk.outcomes()[3:]} == {"hold"}


@pytest.mark.parametrize("granularity", Granularity)
def test_store_holds_one_scale_only_after_a_split(granularity: Granularity) -> None:
    """Nothing of the old scale is left on disk for the next run."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: desk.feed.split(MSFT, 4, 1))

    desk.watch(FRIDAY.open + 75 * MINUTE)

    (kept,) = [s for key, s in desk.store.load().items() if key.granularity is granularity]
    assert set(kept.closed.close.tolist()) == {25.0}


def test_bars_that_contradict_each_other_are_not_kept() -> None:
    """What could be had anew is; of the rest, the next run begins without any."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: desk.feed.split(MSFT, 4, 1))
    desk.clock.at(FRIDAY.open + 65 * MINUTE, lambda: setattr(desk.feed, "withholds_history", True))

    desk.watch(FRIDAY.open + 75 * MINUTE)

    kept = {key.granularity: set(s.closed.close) for key, s in desk.store.load().items()}
    assert kept == {Granularity.DAY: {25.0}}


def test_bars_that_could_not_be_stored_before_a_split_never_are() -> None:
    """The disk was full; by the time it is not, they are of another scale."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    split = FRIDAY.open + 65 * MINUTE
    desk.clock.at(split - 10 * MINUTE, lambda: setattr(desk.store, "full", True))
    desk.clock.at(split, lambda: desk.feed.split(MSFT, 4, 1))
    desk.clock.at(split, lambda: setattr(desk.feed, "withholds_history", True))
    desk.clock.at(split + 5 * MINUTE, lambda: setattr(desk.store, "full", False))

    desk.watch(split + 10 * MINUTE)

    kept = {key.granularity: set(s.closed.close) for key, s in desk.store.load().items()}
    assert kept == {Granularity.DAY: {25.0}}


def test_table_follows_a_split_in_the_same_minute() -> None:
    """No average of the old scale stands beside a price of the new one."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    split = FRIDAY.open + 65 * MINUTE
    desk.clock.at(split, lambda: desk.feed.split(MSFT, 4, 1))

    desk.watch(split + 2 * MINUTE)

    tables = [event for event in desk.events if isinstance(event, Table)]
    shown = {event.time: event.status.rows[0].average for event in tables}
    assert (shown[split - MINUTE], shown[split], shown[split + MINUTE]) == (100.0, 25.0, 25.0)


def test_small_correction_is_told_and_taken_over() -> None:
    """A print that was busted is no split: it changes one bar by little."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    corrected = FRIDAY.open + HOUR

    def correct() -> None:
        tape = desk.feed.tapes[MSFT, Granularity.HALF_HOUR]
        closes = dict(tape.closes) | {corrected: 100.05}
        desk.feed.trade(MSFT, type(tape)(tape.sessions, tape.granularity, closes))

    desk.clock.at(corrected + 5 * MINUTE, correct)

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert [text for text in desk.alerts if "corrected" in text] == [
        "NASDAQ:MSFT:30m: close of 2022-05-20T14:30:00Z corrected from 100.00 to 100.05"
    ]
    assert desk.outcomes()[1:] == all_of("hold")


@pytest.mark.parametrize("late", [False, True], ids=["corrected", "late"])
def test_table_follows_a_closed_bar_that_changes(late: bool) -> None:
    """An average that is shown is that of the bars as they stand now."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    changed = FRIDAY.open + 90 * MINUTE
    final = dict(desk.feed.tapes[MSFT, Granularity.HALF_HOUR].closes) | {changed: 100.05}
    if late:
        desk.feed.lose(MSFT, Granularity.HALF_HOUR, changed)
    tape = desk.feed.tapes[MSFT, Granularity.HALF_HOUR]
    moment = changed + 35 * MINUTE
    desk.clock.at(moment, lambda: desk.feed.trade(MSFT, evolve(tape, closes=final)))

    desk.watch(moment + 2 * MINUTE)

    tables = [event for event in desk.events if isinstance(event, Table)]
    assert tables[-4].status.rows[0].average == 100.0
    assert tables[-1].status.rows[0].average == pytest.approx(100.01)


def test_broker_that_changes_its_mind_every_minute_is_never_believed_falsely() -> None:
    """Answers at two scales in turn: whatever is decided holds at both."""
    desk = Desk(FRIDAY.open - 5 * MINUTE)
    high = {g: a_tape(SESSIONS, g, lambda n: 100.0) for g in Granularity}
    low = {g: a_tape(SESSIONS, g, lambda n: 50.0) for g in Granularity}
    for minute in range(400):
        tapes = (high, low)[minute % 2]
        moment = FRIDAY.open + timedelta(minutes=minute, seconds=5)
        desk.clock.at(moment, lambda tapes=tapes: desk.feed.trade(MSFT, *tapes.values()))

    desk.watch(FRIDAY.close + 5 * MINUTE)

    assert "signal" not in {outcome for _, outcome in desk.outcomes()}
