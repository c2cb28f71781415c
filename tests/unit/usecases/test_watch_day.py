"""A whole day watched minute by minute, and the ways in which it can begin."""

from datetime import date, timedelta

import pytest
from tests.builders import (
    MSFT,
    a_tape,
    an_order,
    at,
    exact_average,
    nasdaq,
    rule,
    spans,
)
from tests.desk import FRIDAY, HOUR, MINUTE, MONDAY, SECOND, SESSIONS, Desk, all_of

from sellcore.event import Decided, Progress, Table
from sellcore.instant import to_epoch
from sellcore.outcome import Outcome
from sellcore.policy import AtClose, Policy
from sellcore.request import Cause
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.timeframe import Granularity, Timeframe
from sellcore.usecases.watch import begin, run

EARLY = FRIDAY.open - 10 * MINUTE
EVENING = FRIDAY.close + 5 * MINUTE


def zigzag(n: int) -> float:
    return 100.0 + (n * 37 % 11) / 10


def test_every_hour_of_a_day_is_decided_exactly_once() -> None:
    """At its end, in order, and on record."""
    desk = Desk(EARLY)

    desk.watch(EVENING)

    assert desk.outcomes() == [("16:00", "hold"), *all_of("hold")]
    assert [d.bar_end for d in desk.decisions[1:]] == [
        FRIDAY.open + 30 * MINUTE + n * HOUR for n in range(7)
    ]


def test_hour_is_decided_half_a_minute_after_its_end() -> None:
    """And the last one a minute after the close."""
    desk = Desk(EARLY)

    desk.watch(EVENING)

    times = {e.decision.bar_end: e.time for e in desk.events if isinstance(e, Decided)}
    delays = [times[end] - end for end in sorted(times)][1:]
    assert delays == [30 * SECOND] * 6 + [60 * SECOND]


def test_averages_of_the_last_bar_are_stored_in_the_end() -> None:
    """For whoever looks at them tomorrow."""
    desk = Desk(EARLY)
    ports, terms = desk.ports(), desk.terms(EVENING)

    run(ports, begin(ports, terms, None), terms)

    for timeframe in Timeframe:
        table = ports.averages.read(timeframe)
        assert table is not None
        assert int(table.end[-1]) == to_epoch(FRIDAY.close)


def test_decisions_of_a_day_equal_a_recomputation_in_fractions() -> None:
    """Forming bars, which show other prices, are never decided on."""
    wanted = rule("SMA,5,1H")
    desk = Desk(EARLY)
    desk.hold(MSFT, price=zigzag)

    desk.watch(EVENING)

    closings = {session.close for session in SESSIONS}
    tape = desk.feed.tapes[MSFT, Granularity.HALF_HOUR]
    hours = [
        (end, tape.closes[end])
        for _, end in spans(SESSIONS, Granularity.HALF_HOUR)
        if end.minute == 0 or end in closings
    ]
    assert len(desk.decisions) == 8
    for decision in desk.decisions:
        closes = [close for end, close in hours if end <= decision.bar_end]
        below = closes[-1] < exact_average(closes, wanted)
        assert decision.outcome is (Outcome.SIGNAL if below else Outcome.HOLD)
    assert {decision.outcome for decision in desk.decisions} == {Outcome.SIGNAL, Outcome.HOLD}
    assert len(desk.prepared) == sum(d.outcome is Outcome.SIGNAL for d in desk.decisions)


@pytest.mark.parametrize("timeframe", Timeframe)
def test_record_of_a_signal_is_complete(timeframe: Timeframe) -> None:
    """Its grounds, and the order that was meant; nothing was sent."""
    desk = Desk(EARLY, {"NASDAQ:MSFT": MovingAverageRule(AverageKind.SMA, 5, timeframe)})
    desk.hold(MSFT, price=lambda n: 500.0 - n / 8)
    desk.broker.work(an_order())

    desk.watch(EVENING)

    *_, record = desk.log.read()
    assert record.timestamp == FRIDAY.close + MINUTE
    assert (record.mode.value, record.run_id) == ("dry-run", "test")
    assert (record.ticker, record.con_id) == ("NASDAQ:MSFT", MSFT.con_id)
    assert (record.timeframe, record.bar_end) == (timeframe, FRIDAY.close)
    assert (record.ma_type, record.bars_used) == ("SMA(5)", 5)
    assert record.close is not None
    assert record.ma_value is not None
    step = 0.25 if timeframe is Timeframe.HOUR else 0.125
    assert record.ma_value - record.close == pytest.approx(2 * step, abs=0.06)
    assert record.decision is Outcome.SIGNAL
    assert record.action_prepared == (
        "SELL 100 MKT DAY, after cancelling SELL 100 STP @ 240.00 GTC, at the next open"
    )
    assert record.action_executed is None
    assert record.intent_id is not None


def test_order_waits_for_mondays_open_and_is_prepared_once() -> None:
    """Friday's last bar is decided on Friday; Monday does not decide it again."""
    desk = Desk(FRIDAY.close - 5 * MINUTE)
    desk.hold(MSFT, price=lambda n: 500.0 - n / 8)

    desk.watch(MONDAY.open + 15 * MINUTE)

    assert [d.bar_end for d in desk.decisions].count(FRIDAY.close) == 1
    assert [p.intent.bar_end for p in desk.prepared].count(FRIDAY.close) == 1


def test_average_that_is_shown_is_that_of_the_last_closed_hour() -> None:
    """It moves on with each hour, from when that hour is final."""
    desk = Desk(EARLY)
    desk.hold(MSFT, price=lambda n: 100.0 + n)

    desk.watch(FRIDAY.open + 155 * MINUTE)

    closes = desk.feed.tapes[MSFT, Granularity.HALF_HOUR].closes
    thursday = SESSIONS[SESSIONS.index(FRIDAY) - 1].close
    ends = [thursday - n * HOUR for n in (3, 2, 1, 0)]
    ends += [FRIDAY.open + 30 * MINUTE + n * HOUR for n in range(3)]
    shown = {e.time: e.status.rows[0].average for e in desk.events if isinstance(e, Table)}
    for last, end in list(enumerate(ends))[4:]:
        average = sum(closes[hour] for hour in ends[last - 4 : last + 1]) / 5
        assert shown[end + MINUTE] == shown[end + 5 * MINUTE] == pytest.approx(average, rel=1e-12)


def test_look_that_decides_nothing_between_two_minutes_shows_nothing() -> None:
    """The hour is looked at half a minute behind its end; the holding has no rule."""
    desk = Desk(FRIDAY.open + 85 * MINUTE, {})

    desk.watch(FRIDAY.open + 95 * MINUTE)

    shown = [event.time for event in desk.events if isinstance(event, Table)]
    assert shown == [FRIDAY.open + minutes * MINUTE for minutes in range(85, 96)]


def test_table_is_shown_every_minute_with_its_averages() -> None:
    """At full minutes, and after each decision."""
    desk = Desk(FRIDAY.open + 5 * MINUTE)

    desk.watch(FRIDAY.open + 20 * MINUTE)

    tables = [event for event in desk.events if isinstance(event, Table)]
    assert len(tables) == 16
    (row,) = tables[-1].status.rows
    assert row.average == 100.0
    assert row.quote is not None
    assert row.quote.forming


def test_history_is_loaded_with_progress_told() -> None:
    """Two series, each counted."""
    desk = Desk(EARLY)

    desk.watch(EARLY + MINUTE)

    told = [(e.done, e.total) for e in desk.events if isinstance(e, Progress)]
    assert told == [(1, 2), (2, 2)]


def test_minute_asks_for_no_more_than_a_day_of_half_hours() -> None:
    """After the first fill, and once the first bar of the day has closed."""
    desk = Desk(FRIDAY.open + 35 * MINUTE)

    desk.watch(FRIDAY.open + 65 * MINUTE)

    durations = {(r.granularity, str(r.duration)) for r in desk.feed.asked[2:]}
    assert durations == {(Granularity.HALF_HOUR, "1 D")}


@pytest.mark.parametrize("text", ["SMA,5,1H", "SMA,5,D"])
def test_pre_close_decides_the_last_bar_on_the_price_of_that_minute(text: str) -> None:
    """Not on what the day showed in the morning."""
    desk = Desk(FRIDAY.open + 5 * MINUTE, {"NASDAQ:MSFT": rule(text)})
    desk.policy = Policy(at_close=AtClose.PRE_CLOSE, pre_close=2 * MINUTE)
    moment = FRIDAY.close - 2 * MINUTE

    desk.watch(EVENING)

    (last,) = [d for d in desk.decisions if d.bar_end == FRIDAY.close]
    assert last.evidence is not None
    assert last.evidence.close == pytest.approx(100.0 + 2 / 60)
    assert "provisional" in last.reason
    times = {e.decision.bar_end: e.time for e in desk.events if isinstance(e, Decided)}
    assert times[FRIDAY.close] == moment


@pytest.mark.parametrize("granularity", Granularity)
def test_pre_close_without_a_reading_in_time_is_missed(granularity: Granularity) -> None:
    """The line to the data was down in the last minute: what was read before must not decide."""
    text = "SMA,5,D" if granularity is Granularity.DAY else "SMA,5,1H"
    desk = Desk(FRIDAY.close - 30 * MINUTE, {"NASDAQ:MSFT": rule(text)})
    desk.policy = Policy(at_close=AtClose.PRE_CLOSE)

    def fail() -> None:
        for _ in range(9):
            desk.feed.told.fail(MSFT, granularity, Cause.TIMEOUT)

    desk.clock.at(FRIDAY.close - 90 * SECOND, fail)
    desk.watch(EVENING)

    assert desk.outcomes()[-1] == ("16:00", "missed")


def test_half_day_ends_at_one() -> None:
    """The day after Thanksgiving has four hours in New York."""
    sessions = nasdaq(date(2022, 9, 1), date(2022, 11, 30))
    friday = next(s for s in sessions if s.day == date(2022, 11, 25))
    desk = Desk(friday.open - MINUTE)
    desk.feed.trade(
        MSFT, a_tape(sessions, Granularity.HALF_HOUR), a_tape(sessions, Granularity.DAY)
    )

    desk.watch(friday.close + 4 * HOUR)

    ends = [d.bar_end for d in desk.decisions][1:]
    assert ends == [at(f"2022-11-25 {hour}:00") for hour in (15, 16, 17, 18)]
    assert timedelta(hours=3, minutes=30) == friday.close - friday.open


@pytest.mark.parametrize(
    ("friday", "monday", "first"),
    [
        (date(2022, 3, 11), date(2022, 3, 14), "14:00"),
        (date(2022, 11, 4), date(2022, 11, 7), "15:00"),
    ],
)
def test_days_around_a_change_of_the_clocks_have_seven_hours_each(
    friday: date, monday: date, first: str
) -> None:
    """The exchange's clock hours, whatever they are in UTC."""
    sessions = nasdaq(friday - timedelta(days=90), friday + timedelta(days=20))
    days = [session for session in sessions if session.day in (friday, monday)]
    desk = Desk(days[0].open - MINUTE)
    desk.feed.trade(MSFT, *(a_tape(sessions, each, zigzag) for each in Granularity))

    for session in days:
        desk.true.moment = session.open - MINUTE
        desk.watch(session.close + 2 * MINUTE)

    ends = [decision.bar_end for decision in desk.decisions][1:]
    assert ends == [s.open + 30 * MINUTE + n * HOUR for s in days for n in range(7)]
    assert ends[7] == at(f"{monday} {first}")
    assert "missed" not in {decision.outcome.value for decision in desk.decisions}
