"""Laws of aggregation, over sessions of four zones and both changes of their clocks."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from sellcore.aggregation import aggregate
from sellcore.bar import Bar, BarSeries
from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.series import upsert
from sellcore.session import Session


def a_session(day: date, zone: str, opens: str, closes: str) -> Session:
    start, end = (
        datetime.combine(day, time.fromisoformat(clock), ZoneInfo(zone))
        for clock in (opens, closes)
    )
    return Session(day, start, end, zone)


def new_york(day: date, closes: str = "16:00") -> Session:
    return a_session(day, "America/New_York", "09:30", closes)


DAYS = (
    *(new_york(date(2022, 3, day)) for day in (10, 11, 14, 15)),
    *(new_york(date(2022, 11, day)) for day in (4, 7)),
    new_york(date(2022, 11, 25), "13:00"),
)
EXCHANGES = st.sampled_from(
    [
        DAYS,
        tuple(
            a_session(date(2022, month, day), "Europe/London", "08:00", "16:30")
            for month, day in ((3, 14), (3, 25), (3, 28), (10, 28), (10, 31))
        ),
        tuple(a_session(date(2022, 5, day), "Asia/Kolkata", "09:15", "15:30") for day in (19, 20)),
        tuple(
            a_session(date(2022, 4, day), "Australia/Adelaide", "10:00", "16:00") for day in (1, 4)
        ),
    ]
)
PRICES = st.integers(1, 100_000).map(lambda ticks: ticks / 100)


def half_hours_of(session: Session) -> list[tuple[datetime, datetime]]:
    """Return the half hours of a session between the clock's half hours, by the clock."""
    zone = ZoneInfo(session.zone)
    marks = [session.open]
    while marks[-1] < session.close:
        local = marks[-1].astimezone(zone)
        marks.append(min(marks[-1] + timedelta(minutes=30 - local.minute % 30), session.close))
    return list(pairwise(marks))


@st.composite
def histories(draw: st.DrawFn) -> tuple[tuple[Session, ...], BarSeries]:
    """Sessions of one exchange, and bars for some of their half hours."""
    sessions = draw(EXCHANGES)
    bars = []
    for session in sessions:
        for start, end in half_hours_of(session):
            if draw(st.integers(0, 3)):
                low, a, b, high = sorted(draw(st.lists(PRICES, min_size=4, max_size=4)))
                first, last = draw(st.permutations([a, b]))
                volume = float(draw(st.integers(0, 10**9)))
                bars.append(Bar(start, end, first, high, low, last, volume))
    return sessions, BarSeries.of(bars)


def everything(sessions: tuple[Session, ...]) -> Coverage:
    return Coverage(((to_epoch(sessions[0].open), to_epoch(sessions[-1].close)),))


def by_hand(bars: BarSeries, sessions: tuple[Session, ...]) -> dict[tuple[date, int], list[Bar]]:
    """Group bars by session date and the hour their start shows on the exchange's clock."""
    hours: dict[tuple[date, int], list[Bar]] = {}
    for bar in bars:
        for session in sessions:
            if session.contains(bar.start):
                hour = bar.start.astimezone(ZoneInfo(session.zone)).hour
                hours.setdefault((session.day, hour), []).append(bar)
    return hours


def named(hours: BarSeries, zone: str) -> dict[tuple[date, int], Bar]:
    local = ZoneInfo(zone)
    return {
        (bar.start.astimezone(local).date(), bar.start.astimezone(local).hour): bar for bar in hours
    }


@settings(deadline=None, max_examples=60)
@given(histories())
def test_every_hour_is_its_half_hours_folded(
    history: tuple[tuple[Session, ...], BarSeries],
) -> None:
    """First open, highest high, lowest low, last close, all volume; nothing lost or added."""
    sessions, bars = history
    parts = by_hand(bars, sessions)

    found = named(aggregate(bars, sessions, everything(sessions)), sessions[0].zone)

    assert found.keys() == parts.keys()
    for name, hour in found.items():
        assert hour.open == parts[name][0].open
        assert hour.high == max(part.high for part in parts[name])
        assert hour.low == min(part.low for part in parts[name])
        assert hour.close == parts[name][-1].close
        assert hour.volume == sum(part.volume for part in parts[name])
    assert sum(hour.volume for hour in found.values()) == sum(bar.volume for bar in bars)


@settings(deadline=None, max_examples=60)
@given(histories(), st.data())
def test_later_half_hours_never_change_an_hour(
    history: tuple[tuple[Session, ...], BarSeries], data: st.DataObject
) -> None:
    """The hours of any beginning are the beginning of the hours, coverage known or not."""
    sessions, bars = history
    known = data.draw(st.integers(0, len(bars)))
    whole = aggregate(bars, sessions)

    early = aggregate(bars[:known], sessions)

    assert early.same(whole[: len(early)])
    if known:
        until = Coverage(((to_epoch(sessions[0].open), int(bars.end[known - 1])),))
        assert early.same(aggregate(bars, sessions, until))


@settings(deadline=None, max_examples=40)
@given(histories(), st.data())
def test_half_hours_delivered_again_change_nothing(
    history: tuple[tuple[Session, ...], BarSeries], data: st.DataObject
) -> None:
    """A piece of the history that arrives twice leaves every hour as it was."""
    sessions, bars = history
    low, high = sorted(data.draw(st.tuples(*[st.integers(0, len(bars))] * 2)))

    again = upsert(bars, bars[low:high])

    assert aggregate(again, sessions).same(aggregate(bars, sessions))


@settings(deadline=None, max_examples=40)
@given(histories())
def test_hours_made_of_hours_are_the_same_hours(
    history: tuple[tuple[Session, ...], BarSeries],
) -> None:
    """Folding what is folded already changes nothing."""
    sessions, bars = history
    hours = aggregate(bars, sessions)

    assert aggregate(hours, sessions).same(hours)


@settings(deadline=None, max_examples=40)
@given(histories())
def test_sessions_apart_make_the_hours_they_make_together(
    history: tuple[tuple[Session, ...], BarSeries],
) -> None:
    """No hour depends on which other days were asked for."""
    sessions, bars = history
    known = everything(sessions)

    apart = [bar for session in sessions for bar in aggregate(bars, [session], known)]

    assert apart == list(aggregate(bars, sessions, known))
