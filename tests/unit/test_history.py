"""Which bars are asked for, and that they suffice."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import MSFT, at, bars_at, known, nasdaq, rule, slots, spans

from adapters.calendar import SessionTable
from sellcore.coverage import Coverage
from sellcore.history import backfill, reaches_back, refresh
from sellcore.instant import to_epoch
from sellcore.policy import AtClose, Policy
from sellcore.request import LONGEST, BarRequest, Unit
from sellcore.rule import LENGTHS, AverageKind, MovingAverageRule
from sellcore.series import StoredSeries
from sellcore.session import Session
from sellcore.timeframe import Granularity, Timeframe

EXCHANGES = ("NASDAQ", "LSE", "IBIS", "SEHK", "TSEJ", "ASX", "TSE", "WSE", "CPH")
rules = st.builds(
    MovingAverageRule,
    st.sampled_from(AverageKind),
    st.sampled_from(LENGTHS),
    st.sampled_from(Timeframe),
)
POLICY = Policy()
SESSIONS = nasdaq(date(2021, 1, 4), date(2022, 6, 3))
FRIDAY = next(session for session in SESSIONS if session.day == date(2022, 5, 20))
BEFORE = SESSIONS[SESSIONS.index(FRIDAY) - 1]


def clock_hours(session: Session) -> int:
    """Count the hours of a session of full or half clock hours that bring a bar."""
    first = session.open.replace(minute=0)
    last = session.close + timedelta(minutes=-session.close.minute % 60)
    midday = session.zone == "Asia/Hong_Kong" and session.close.hour > 4  # noon there
    return (last - first) // timedelta(hours=1) - midday


def asked(requests: tuple[BarRequest, ...]) -> dict[Granularity, str]:
    return {request.granularity: str(request.duration) for request in requests}


@given(
    st.lists(rules, max_size=4),
    st.sampled_from(EXCHANGES),
    st.datetimes(
        datetime(2014, 1, 1), datetime(2026, 6, 30), timezones=st.just(at("2022-01-01").tzinfo)
    ),
)
def test_requests_suffice_for_every_rule(
    wanted: list[MovingAverageRule], exchange: str, now: datetime
) -> None:
    """Closed bars there are enough at once, today's left out, on every real calendar."""
    sessions = SessionTable().sessions(
        exchange, (now - timedelta(days=4 * 366)).date(), (now + timedelta(days=10)).date()
    )

    daily, half_hours = backfill(MSFT, wanted, sessions, now)

    begun = [session for session in sessions if session.open <= now]
    assert daily.duration.unit is Unit.YEARS
    year_ago = now.date() - timedelta(days=365 * daily.duration.count)
    brought = [session for session in begun[:-1] if session.day > year_ago]
    for each in wanted:
        if each.timeframe is Timeframe.DAY:
            assert len(brought) >= each.required_bars
    assert half_hours.duration.unit is Unit.DAYS
    sitting = begun[-half_hours.duration.count :][:-1]
    for each in wanted:
        if each.timeframe is Timeframe.HOUR:
            assert sum(map(clock_hours, sitting)) >= each.required_bars
    assert daily.duration.count >= 1
    assert half_hours.duration.count >= 31
    for request in (daily, half_hours):
        assert request.duration.count <= LONGEST[request.granularity][request.duration.unit]


def test_holding_without_a_rule_gets_the_floor() -> None:
    """A year of days, and 31 days of half hours."""
    assert asked(backfill(MSFT, (), SESSIONS, FRIDAY.open)) == {
        Granularity.DAY: "1 Y",
        Granularity.HALF_HOUR: "31 D",
    }


@pytest.mark.parametrize(
    ("text", "daily", "half_hours"),
    [
        ("SMA,200,D", "1 Y", "31 D"),
        ("EMA,200,D", "3 Y", "31 D"),
        ("SMA,200,1H", "1 Y", "37 D"),
        ("SMA,150,1H", "1 Y", "31 D"),
        ("EMA,200,1H", "1 Y", "120 D"),  # 661 bars and a quarter, 7 a day, and today
    ],
)
def test_rule_that_needs_more_gets_more(text: str, daily: str, half_hours: str) -> None:
    """The longest averages look back for years, or for months of half hours."""
    now = next(session for session in SESSIONS if session.day == date(2022, 6, 3)).open

    assert asked(backfill(MSFT, [rule(text)], SESSIONS, now)) == {
        Granularity.DAY: daily,
        Granularity.HALF_HOUR: half_hours,
    }


def test_calendar_that_knows_few_days_asks_for_the_floor() -> None:
    """Where only the broker's next days are known, there is nothing to count back in."""
    assert asked(backfill(MSFT, [rule("EMA,200,1H")], [FRIDAY], FRIDAY.open)) == {
        Granularity.DAY: "1 Y",
        Granularity.HALF_HOUR: "31 D",
    }


def stored_until(moment: datetime, granularity: Granularity, first: int = -60) -> StoredSeries:
    """Store every bar that was closed by ``moment``, from some sessions back."""
    begun = [session for session in SESSIONS if session.open <= moment]
    closed = [span for span in spans(begun[first:], granularity) if span[1] <= moment]
    return known(bars_at(closed, [100.0] * len(closed)))


def wanted(
    granularity: Granularity,
    stored: StoredSeries,
    now: datetime,
    asked_at: datetime | None,
    policy: Policy = POLICY,
) -> str | None:
    request = refresh(MSFT, granularity, stored, SESSIONS, now, asked_at, policy)
    return None if request is None else str(request.duration)


@given(st.data(), st.sampled_from(Granularity))
def test_refresh_always_meets_a_closed_stored_bar(
    data: st.DataObject, granularity: Granularity
) -> None:
    """However long nobody asked, the answer overlaps what is stored, at most a year of it."""
    first = to_epoch(SESSIONS[80].open)
    stored_at = data.draw(st.integers(first, to_epoch(FRIDAY.close)))
    later = data.draw(st.integers(stored_at, to_epoch(SESSIONS[-1].close)))
    stored = stored_until(at("1970-01-01") + timedelta(seconds=stored_at), granularity)
    now = at("1970-01-01") + timedelta(seconds=later)

    request = refresh(MSFT, granularity, stored, SESSIONS, now, None, POLICY)

    assert request is not None
    assert request.duration.count <= 365
    reached = [session for session in SESSIONS if session.open <= now][-request.duration.count :]
    assert int(stored.closed.end[-1]) > to_epoch(reached[0].open)


def test_nothing_longer_than_the_brokers_maximum_is_asked_for() -> None:
    """After years away the answer will not meet what is stored; the merge will say so."""
    old = known(bars_at(slots(SESSIONS[0]), [1.0] * 13))
    sessions = nasdaq(date(2021, 1, 4), date(2023, 6, 2))

    request = refresh(MSFT, Granularity.HALF_HOUR, old, sessions, sessions[-1].close, None, POLICY)

    assert request is not None
    assert str(request.duration) == "365 D"


def test_half_hours_are_read_every_minute_of_a_session() -> None:
    """One day of them; at the open, and until the first bar has closed, the day before too."""
    now = FRIDAY.open + timedelta(minutes=45)
    minute_ago = now - timedelta(minutes=1)
    today = stored_until(FRIDAY.open + timedelta(minutes=30), Granularity.HALF_HOUR)
    yesterday = stored_until(FRIDAY.open, Granularity.HALF_HOUR)

    assert wanted(Granularity.HALF_HOUR, today, now, minute_ago) == "1 D"
    assert wanted(Granularity.HALF_HOUR, yesterday, now, minute_ago) == "2 D"


def test_days_are_read_at_the_open_and_then_left_alone() -> None:
    """A closed day cannot change during the next one."""
    stored = stored_until(FRIDAY.open, Granularity.DAY)

    assert wanted(Granularity.DAY, stored, FRIDAY.open, BEFORE.close) == "7 D"
    later = FRIDAY.open + timedelta(minutes=1)
    assert wanted(Granularity.DAY, stored, later, FRIDAY.open) is None
    assert wanted(Granularity.DAY, stored, FRIDAY.close - timedelta(minutes=1), FRIDAY.open) is None


def test_yesterdays_bar_that_is_late_is_asked_for_again_after_the_open() -> None:
    """For as long as it can still be decided."""
    lacking = stored_until(BEFORE.open, Granularity.DAY)

    def ask(minutes: int) -> str | None:
        now = FRIDAY.open + timedelta(minutes=minutes)
        return wanted(Granularity.DAY, lacking, now, FRIDAY.open)

    assert [ask(minutes) for minutes in (1, 10, 11)] == ["7 D", "7 D", None]


@pytest.mark.parametrize("granularity", Granularity)
def test_last_bar_of_a_session_is_asked_for_until_it_is_final(granularity: Granularity) -> None:
    """And no longer than the window after the close."""
    lacking = stored_until(FRIDAY.close - timedelta(minutes=1), granularity)
    complete = stored_until(FRIDAY.close, granularity)

    def ask(stored: StoredSeries, minutes: int) -> bool:
        now = FRIDAY.close + timedelta(minutes=minutes)
        return wanted(granularity, stored, now, FRIDAY.close) is not None

    assert [ask(lacking, minutes) for minutes in (0, 1, 10, 11, 600)] == [True] * 3 + [False] * 2
    assert not ask(complete, 1)


@pytest.mark.parametrize("at_close", AtClose)
def test_forming_day_is_read_before_the_close_where_it_is_decided_then(at_close: AtClose) -> None:
    """A provisional decision on a day needs the price of that minute, not of the morning."""
    policy = Policy(at_close=at_close, pre_close=timedelta(seconds=90))
    stored = stored_until(FRIDAY.open, Granularity.DAY)

    def ask(before: int) -> bool:
        now = FRIDAY.close - timedelta(seconds=before)
        return wanted(Granularity.DAY, stored, now, FRIDAY.open, policy) is not None

    assert not ask(91)
    assert ask(90) is ask(1) is (at_close is AtClose.PRE_CLOSE)


@pytest.mark.parametrize("granularity", Granularity)
def test_first_reading_of_a_run_is_made_at_any_hour(granularity: Granularity) -> None:
    """On a Sunday too: what is stored may be old."""
    sunday = at("2022-05-22 12:00")

    assert wanted(granularity, stored_until(FRIDAY.close, granularity), sunday, None) is not None
    assert wanted(granularity, stored_until(FRIDAY.close, granularity), sunday, sunday) is None


def test_bars_stored_from_the_future_are_asked_for_with_the_least() -> None:
    """The clock was set back by days: no request of nothing, and none that raises."""
    ahead = stored_until(FRIDAY.close, Granularity.HALF_HOUR)

    assert wanted(Granularity.HALF_HOUR, ahead, BEFORE.open - timedelta(days=7), None) == "1 D"


def test_before_the_first_known_session_nothing_is_asked_for() -> None:
    """No session has begun."""
    stored = stored_until(FRIDAY.close, Granularity.HALF_HOUR)

    assert wanted(Granularity.HALF_HOUR, stored, SESSIONS[0].open - timedelta(days=1), None) is None


def test_short_history_does_not_reach_back() -> None:
    """What a new rule needs more is fetched in whole."""
    daily, half_hours = backfill(MSFT, (), SESSIONS, FRIDAY.open)
    year = stored_until(FRIDAY.open, Granularity.DAY, -260)
    enough = stored_until(FRIDAY.open, Granularity.HALF_HOUR, -31)
    short = stored_until(FRIDAY.open, Granularity.HALF_HOUR, -30)

    assert reaches_back(year, daily, SESSIONS, FRIDAY.open)
    assert not reaches_back(
        stored_until(FRIDAY.open, Granularity.DAY, -200), daily, SESSIONS, FRIDAY.open
    )
    assert reaches_back(enough, half_hours, SESSIONS, FRIDAY.open)
    assert not reaches_back(short, half_hours, SESSIONS, FRIDAY.open)


def test_history_with_a_gap_does_not_reach_back() -> None:
    """A bar that once had no usable price is asked for again by the next run."""
    daily, _ = backfill(MSFT, (), SESSIONS, FRIDAY.open)
    whole = stored_until(FRIDAY.open, Granularity.DAY, -260)
    hole = Coverage(((int(whole.bars.start[200]), int(whole.bars.end[200])),))

    assert not reaches_back(
        StoredSeries(whole.bars, whole.coverage - hole), daily, SESSIONS, FRIDAY.open
    )
