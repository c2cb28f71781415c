"""Laws of intake, over true sessions with half days and both changes of the clocks."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import MSFT, nasdaq, spans

from sellcore.instant import from_epoch, to_epoch
from sellcore.intake import take_in
from sellcore.policy import Policy
from sellcore.request import BarRequest, Duration, FetchedBars, Unit
from sellcore.session import Session
from sellcore.timeframe import Granularity

POLICY = Policy(settle=timedelta(seconds=10), closing_settle=timedelta(seconds=60))
MARCH = nasdaq(date(2022, 3, 10), date(2022, 3, 16))
NOVEMBER = nasdaq(date(2022, 11, 3), date(2022, 11, 9))
THANKSGIVING = nasdaq(date(2022, 11, 22), date(2022, 11, 28))
weeks = st.sampled_from([MARCH, NOVEMBER, THANKSGIVING])
prices = st.floats(-1.0, 1000.0) | st.sampled_from([np.nan, np.inf, 0.0])


@st.composite
def answers(draw: st.DrawFn) -> tuple[tuple[Session, ...], FetchedBars]:
    """Draw sessions of a week, and an answer with anything in it."""
    sessions = draw(weeks)
    granularity = draw(st.sampled_from(Granularity))
    if granularity is Granularity.DAY:
        first = sessions[0].day - timedelta(days=2)
        dates = [first + timedelta(days=n) for n in range(10)]
        likely = [to_epoch(datetime(d.year, d.month, d.day, tzinfo=UTC)) for d in dates]
    else:
        likely = [to_epoch(start) for start, _ in spans(sessions, granularity)]
    low, high = to_epoch(sessions[0].open) - 9000, to_epoch(sessions[-1].close) + 9000
    half_hours = st.integers(low // 1800, high // 1800).map(lambda count: count * 1800)
    stamps = st.sampled_from(likely) | half_hours
    if draw(st.integers(0, 3)) == 0:
        stamps |= st.integers(low, high)
    rows = draw(st.lists(st.tuples(stamps, prices, prices), max_size=40))
    asked_at = from_epoch(draw(st.integers(low, high)))
    columns = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 2)
    return sessions, FetchedBars(
        BarRequest(MSFT, granularity, Duration(1, Unit.DAYS)),
        asked_at,
        np.array([row[0] for row in rows], dtype=np.int64),
        open=columns[:, 0],
        high=columns[:, 0],
        low=columns[:, 0],
        close=columns[:, 1],
        volume=np.ones(len(rows)),
    )


def settled(end: datetime, sessions: tuple[Session, ...]) -> datetime:
    """Return when a bar that ends then is final, told from the design."""
    closing = any(session.close == end for session in sessions)
    return end + timedelta(seconds=60 if closing else 10)


@given(answers())
def test_forming_bar_is_never_closed(given_answer: tuple[tuple[Session, ...], FetchedBars]) -> None:
    """Every closed bar was read its settle time after its end."""
    sessions, fetched = given_answer

    series = take_in(fetched, sessions, POLICY).series

    assert all(settled(bar.end, sessions) <= fetched.asked_at for bar in series.closed)


@given(answers())
def test_every_bar_is_one_that_its_sessions_bring(
    given_answer: tuple[tuple[Session, ...], FetchedBars],
) -> None:
    """Whatever stamps an answer holds, no bar leaves its session or overlaps another."""
    sessions, fetched = given_answer

    bars = take_in(fetched, sessions, POLICY).series.bars

    brought = spans(sessions, fetched.request.granularity)
    assert {(bar.start, bar.end) for bar in bars} <= set(brought)


@given(answers())
def test_nothing_is_known_that_the_answer_does_not_bound(
    given_answer: tuple[tuple[Session, ...], FetchedBars],
) -> None:
    """Coverage runs from the first bar to the end of a bar that is final, no further."""
    sessions, fetched = given_answer

    series = take_in(fetched, sessions, POLICY).series

    final = [b.end for b in series.bars if settled(b.end, sessions) <= fetched.asked_at]
    for start, end in series.coverage.intervals:
        assert series.bars.start[0] <= start
        assert from_epoch(end) <= final[-1]


@given(answers(), st.randoms(use_true_random=False))
def test_order_of_the_rows_does_not_matter_where_no_bar_is_told_twice(
    given_answer: tuple[tuple[Session, ...], FetchedBars], random: object
) -> None:
    """An answer is a set of bars."""
    sessions, fetched = given_answer
    _, first = np.unique(fetched.stamp, return_index=True)
    rows = [int(row) for row in first]
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]

    one, other = (take_in(_rows(fetched, order), sessions, POLICY) for order in (rows, shuffled))

    assert one.series.bars.same(other.series.bars)
    assert one.series.coverage == other.series.coverage
    assert one.dropped == other.dropped


def _rows(fetched: FetchedBars, rows: list[int]) -> FetchedBars:
    names = ("stamp", "open", "high", "low", "close", "volume")
    return FetchedBars(
        fetched.request, fetched.asked_at, *(getattr(fetched, name)[rows] for name in names)
    )


@given(weeks, st.sampled_from(Granularity), st.data())
def test_good_answer_is_taken_in_as_it_is(
    sessions: tuple[Session, ...], granularity: Granularity, data: st.DataObject
) -> None:
    """Every bar that has begun is there, closed ones as closed, on both changes of the clocks."""
    brought = spans(sessions, granularity)
    now = from_epoch(
        data.draw(st.integers(to_epoch(sessions[0].open), to_epoch(sessions[-1].close) + 3600))
    )
    begun = [(start, end) for start, end in brought if start <= now]
    stamps = [
        to_epoch(start)
        if granularity is Granularity.HALF_HOUR
        else to_epoch(start.replace(hour=0, minute=0))
        for start, _ in begun
    ]
    closes = np.arange(1.0, len(begun) + 1)
    fetched = FetchedBars(
        BarRequest(MSFT, granularity, Duration(7, Unit.DAYS)),
        now,
        np.array(stamps, dtype=np.int64),
        *[closes] * 5,
    )

    intake = take_in(fetched, sessions, POLICY)

    assert intake.dropped == ()
    assert [(bar.start, bar.end) for bar in intake.series.bars] == begun
    assert len(intake.series.closed) == sum(settled(end, sessions) <= now for _, end in begun)
