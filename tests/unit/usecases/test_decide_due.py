"""One look at what is due, in a dry run: decided, recorded, told, in this order."""

from collections.abc import Sequence
from datetime import timedelta

import pytest
from attrs import evolve
from tests.builders import AAPL, ACCOUNT, MSFT, MSFT_CALL, a_position, an_order, key, rule
from tests.desk import BrittleLog, Desk
from tests.plan_builders import ELEVEN, FRIDAY, HALF_HOURS, MINUTE, NOW, SECOND, a_holding

from adapters.alerts.memory_alerts import MemoryAlerts
from sellcore.errors import StorageError
from sellcore.event import Alert, Decided, Prepared
from sellcore.instrument import Instrument
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.ports.alerts import Cause, Notice
from sellcore.record import DecisionRecord
from sellcore.rule import MovingAverageRule
from sellcore.snapshot import Holding
from sellcore.split_guard import Sighting
from sellcore.timeframe import Granularity, Timeframe
from sellcore.trading_days import TradingDays
from sellcore.usecases.decide import decide_due, holdings
from sellcore.usecases.watch_state import WatchState

LATE = ELEVEN + 10 * MINUTE + SECOND
FULL = "logs/signals.log: no space left on device"


class Look:
    """A desk whose state is looked at once and again."""

    def __init__(self) -> None:
        self.desk = Desk(NOW)
        self.alerts = MemoryAlerts()
        self.state = WatchState(ACCOUNT, ELEVEN - MINUTE)
        self.state.contracts.sessions[MSFT] = TradingDays([FRIDAY])

    def decide(self, *held: Holding) -> int:
        ports = evolve(self.desk.ports(), alerts=self.alerts)
        return decide_due(ports, self.state, self.desk.terms(FRIDAY.close), held)

    @property
    def records(self) -> list[DecisionRecord]:
        return list(self.desk.log.read())


def test_signal_is_on_record_with_its_grounds_and_the_order_that_was_meant() -> None:
    """The mean of the five hours is 497.47 / 5, and nothing was sent."""
    look = Look()

    assert look.decide(a_holding(NOW, orders=(an_order(),))) == 1

    (record,) = look.records
    assert record.distance_pct == pytest.approx(-3.4 / 99.494)
    assert evolve(record, distance_pct=None) == DecisionRecord(
        timestamp=NOW,
        run_id="test",
        mode=Mode.DRY_RUN,
        account=ACCOUNT,
        ticker="NASDAQ:MSFT",
        con_id=MSFT.con_id,
        timeframe=Timeframe.HOUR,
        bar_end=ELEVEN,
        close=99.46,
        ma_type="SMA(5)",
        ma_value=99.494,
        bars_used=5,
        distance_pct=None,
        decision=Outcome.SIGNAL,
        reason="close 99.46 is below SMA(5) 99.4940",
        action_prepared="SELL 100 MKT DAY, after cancelling SELL 100 STP @ 240.00 GTC",
        intent_id=record.intent_id,
    )
    assert record.intent_id


def test_decision_without_grounds_has_none_on_record() -> None:
    """A short is never touched: no close, no average, no order."""
    look = Look()

    look.decide(a_holding(NOW, quantity="-100"))

    (record,) = look.records
    assert (record.close, record.ma_value, record.bars_used, record.distance_pct) == (None,) * 4
    assert (record.action_prepared, record.intent_id, record.errors) == (None, None, ())


def test_signal_is_told_with_its_order_and_remembered() -> None:
    """The bar is not due again; orders of others are named, since they stand in the way."""
    look = Look()
    ours, by_hand = an_order(client_id=1), evolve(an_order(client_id=0), perm_id=8)

    look.decide(a_holding(NOW, orders=(ours, by_hand)))

    decided, prepared = look.desk.events
    assert isinstance(decided, Decided)
    assert isinstance(prepared, Prepared)
    assert (decided.time, decided.zone) == (NOW, "America/New_York")
    assert (prepared.time, prepared.foreign) == (NOW, (by_hand,))
    assert prepared.intent is decided.decision.intent
    assert look.state.decisions.decided == {MSFT: frozenset({(Timeframe.HOUR, ELEVEN)})}
    assert look.state.decisions.latest == {MSFT: decided.decision}
    assert look.state.decisions.outcomes == {Outcome.SIGNAL: 1}
    assert look.state.decisions.prepared == [prepared.intent]


def test_bars_that_were_decided_before_stay_so() -> None:
    """One more is added to them."""
    look = Look()
    day = (Timeframe.DAY, FRIDAY.close)
    look.state.decisions.decided[MSFT] = frozenset({day})

    look.decide(a_holding(NOW))

    assert look.state.decisions.decided[MSFT] == {day, (Timeframe.HOUR, ELEVEN)}


def test_each_bar_is_told_in_the_zone_of_its_own_exchange() -> None:
    """Whichever was decided first."""
    look = Look()
    london = TradingDays([evolve(FRIDAY, zone="Europe/London")])
    look.state.contracts.sessions[AAPL] = london
    second = evolve(a_holding(NOW), position=a_position("100", AAPL))

    look.decide(a_holding(NOW), second)

    zones = {e.decision.instrument: e.zone for e in look.desk.events if isinstance(e, Decided)}
    assert zones == {MSFT: "America/New_York", AAPL: "Europe/London"}


def test_exchange_whose_sessions_are_not_known_is_told_in_utc() -> None:
    """There is no other zone to tell it in."""
    look = Look()
    look.state.contracts.sessions.clear()

    look.decide(a_holding(NOW))

    assert [event.zone for event in look.desk.events if isinstance(event, Decided)] == ["UTC"]


def test_several_bars_are_counted_and_recorded_in_turn() -> None:
    """Each holding has its own."""
    look = Look()
    other = a_holding(NOW, position=a_position(5, AAPL))

    assert look.decide(a_holding(NOW), other) == 2
    assert [record.con_id for record in look.records] == [MSFT.con_id, AAPL.con_id]
    assert look.state.decisions.outcomes == {Outcome.SIGNAL: 2}


def test_nothing_due_leaves_no_trace() -> None:
    """No record, no event."""
    look = Look()
    look.desk.true.moment = ELEVEN

    assert look.decide(a_holding(NOW)) == 0
    assert (look.records, look.desk.events, look.state.decisions.waiting) == ([], [], {})


def test_bar_that_waits_is_shown_with_its_reason_until_it_can_be_decided() -> None:
    """What it waited for the last time is forgotten then."""
    look = Look()

    assert look.decide(a_holding(NOW, series={})) == 0
    assert look.state.decisions.waiting == {MSFT: "no bars of it are stored"}
    assert look.decide(a_holding(NOW)) == 1
    assert look.state.decisions.waiting == {}


def test_obstacle_of_everything_is_waited_for() -> None:
    """The broker is away."""
    look = Look()
    look.state.obstacle = "no line"

    assert look.decide(a_holding(NOW)) == 0
    assert look.state.decisions.waiting == {MSFT: "no line"}


def test_bar_that_ran_out_during_an_obstacle_says_which() -> None:
    """It is over at this look, and was there at the one before."""
    look = Look()
    look.state.obstacle = "no line"
    look.decide(a_holding(NOW))
    look.state.obstacle = None
    look.desk.true.moment = LATE

    look.decide(a_holding(LATE))

    (record,) = look.records
    assert record.reason == "its time to be decided ran out at 2022-05-20T15:10:00Z: no line"


def test_wrong_clock_decides_nothing_and_misses_nothing() -> None:
    """Neither by its time nor by what waited before; an obstacle is kept in mind."""
    look = Look()
    look.state.clock_fault = "this clock is 90 s ahead"
    look.state.obstacle = "this clock is 90 s ahead"
    look.state.decisions.waiting = {MSFT: "no bars of it are stored"}
    look.desk.true.moment = LATE

    assert look.decide(a_holding(LATE)) == 0

    assert (look.records, look.desk.events, look.state.decisions.waiting) == ([], [], {})
    assert look.state.decisions.obstacle_before == "this clock is 90 s ahead"


def test_decision_that_cannot_be_recorded_has_not_been_made() -> None:
    """It waits, is told once, and is made as soon as the disk has room."""
    look = Look()
    look.desk.log.full = True
    for _ in range(2):
        assert look.decide(a_holding(NOW)) == 0

    assert look.desk.events == [
        Alert(NOW, f"{FULL}; nothing is decided until it can be recorded"),
    ]
    assert look.state.decisions.waiting == {
        MSFT: f"the bar that ends 2022-05-20T15:00:00Z cannot be recorded: {FULL}"
    }
    assert (look.state.decisions.decided, look.state.decisions.prepared) == ({}, [])
    assert not look.state.decisions.outcomes
    assert [(str(told.cause), told.text) for told in look.alerts.sent] == [
        ("denied", f"{FULL}; nothing is decided until it can be recorded")
    ]

    look.desk.log.full = False
    assert look.decide(a_holding(NOW)) == 1
    assert len(look.records) == 1


def test_full_disk_is_told_again_when_it_comes_back() -> None:
    """It was well in between."""
    look = Look()
    for full in (True, False, True):
        look.desk.log.full = full
        look.decide(a_holding(NOW))

    assert len(look.desk.alerts) == 2


def test_signal_is_told_elsewhere_with_its_facts() -> None:
    """A person may not be looking at the screen."""
    look = Look()

    look.decide(a_holding(NOW))

    assert look.alerts.sent == [
        Notice(
            NOW,
            Cause.SIGNAL,
            ACCOUNT,
            "NASDAQ:MSFT, bar that ended 2022-05-20T15:00:00Z: signal: "
            "close 99.46 is below SMA(5) 99.4940",
            {"ticker": "NASDAQ:MSFT", "bar_end": "2022-05-20T15:00:00Z", "rule": "SMA(5) 1H"},
        )
    ]


@pytest.mark.parametrize(
    ("began", "told"), [(-MINUTE, 1), (timedelta(0), 1), (SECOND, 0), (MINUTE, 0)]
)
def test_missed_bar_is_told_elsewhere_if_it_ended_during_this_watch(
    began: timedelta, told: int
) -> None:
    """What was missed before anybody watched is on record, and no news."""
    look = Look()
    look.state.began = ELEVEN + began
    look.desk.true.moment = LATE

    assert look.decide(a_holding(LATE)) == 1
    assert [notice.cause for notice in look.alerts.sent] == [Cause.MISSED] * told
    assert [record.decision for record in look.records] == [Outcome.MISSED]


def test_hold_and_abstention_are_told_on_the_screen_only() -> None:
    """Nobody is woken by them."""
    look = Look()

    look.decide(a_holding(NOW, quantity="-100"))

    assert look.alerts.sent == []
    assert len(look.desk.events) == 1


# What is known of every position.


def known(*instruments: Instrument) -> WatchState:
    state = WatchState(ACCOUNT, NOW)
    state.positions = tuple(a_position(100, instrument) for instrument in instruments)
    for instrument in instruments:
        state.decisions.watched_from[instrument] = NOW
        state.sightings[instrument] = Sighting(NOW)
    return state


def test_holding_that_nothing_is_known_of_has_no_rule_and_no_bars() -> None:
    """It is looked at all the same."""
    (found,) = holdings(known(MSFT))

    assert found == Holding(a_position(), None, (), {}, (), NOW, sighting=Sighting(NOW))


def test_all_that_is_known_of_a_holding_is_its_own() -> None:
    """Bars, answers, orders and decisions of others are not mixed in."""
    state = known(MSFT, AAPL)
    half_hours, days = key(), key(Granularity.DAY)
    stored = HALF_HOURS.stored(NOW)
    state.rules = {"NASDAQ:MSFT": rule()}
    state.contracts.sessions = {MSFT: TradingDays([FRIDAY])}
    state.feed.series = {half_hours: stored}
    state.feed.asked_at = {half_hours: NOW, days: ELEVEN}
    state.feed.unanswered = {days: "no answer in time"}
    state.orders = (an_order(), an_order(AAPL))
    state.decisions.decided = {MSFT: frozenset({(Timeframe.HOUR, ELEVEN)})}
    state.sightings[MSFT] = Sighting(ELEVEN, 2.0)
    state.decisions.watched_from[MSFT] = ELEVEN
    wanted: MovingAverageRule = rule()

    ours, other = holdings(state)

    assert ours == Holding(
        position=a_position(),
        rule=wanted,
        sessions=TradingDays([FRIDAY]),
        series={Granularity.HALF_HOUR: stored},
        orders=(an_order(),),
        watched_from=ELEVEN,
        decided=frozenset({(Timeframe.HOUR, ELEVEN)}),
        read_at={Granularity.HALF_HOUR: NOW, Granularity.DAY: ELEVEN},
        sighting=Sighting(ELEVEN, 2.0),
        unanswered={Granularity.DAY: "no answer in time"},
    )
    assert (other.rule, other.series, other.decided) == (None, {}, frozenset())
    assert other.orders == (an_order(AAPL),)


def test_what_stands_in_a_holdings_way_is_named() -> None:
    """Bars that contradict each other, an assignment that is unclear, a ticker of two stocks."""
    two = Instrument(5, "MSFT", "NASDAQ", "CAD")
    state = known(MSFT, MSFT_CALL, AAPL)
    state.quarantine = {AAPL: "21 closes differ"}
    state.unclear = {"NASDAQ:MSFT": "line 3: SMA,x"}
    assert [each.obstacle for each in holdings(state)] == [
        "line 3: SMA,x",
        "line 3: SMA,x",
        "21 closes differ",
    ]

    state.positions += (a_position(1, two),)
    state.decisions.watched_from[two], state.sightings[two] = NOW, Sighting(NOW)

    ambiguous = "NASDAQ:MSFT names more than one holding; which is meant is not known"
    assert [each.obstacle for each in holdings(state)] == [
        ambiguous,
        ambiguous,
        "21 closes differ",
        ambiguous,
    ]


class OneWrite(BrittleLog):
    """A log whose disk takes one write and no other."""

    written = False

    def append(self, records: Sequence[DecisionRecord]) -> None:
        if self.written:
            raise StorageError(FULL)
        super().append(records)
        self.written = True


def test_what_one_look_decides_is_on_record_in_one_write() -> None:
    """All of it or none: half of a look would be decided again, and stand there twice."""
    look = Look()
    look.desk.log = OneWrite()

    assert look.decide(a_holding(NOW), a_holding(NOW, position=a_position(5, AAPL))) == 2

    assert [record.ticker for record in look.records] == ["NASDAQ:MSFT", "NASDAQ:AAPL"]
