"""Bars of other sources: fitted into sessions, folded into half hours, known as far as shown."""

import hashlib
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import at, nasdaq

from sellcore.coverage import Coverage
from sellcore.errors import InvalidValue
from sellcore.foreign_bars import ForeignBars, TakenOver, imported_id, take_over
from sellcore.instant import to_epoch
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays

WEEK = TradingDays(nasdaq(date(2022, 11, 21), date(2022, 11, 28)))
"""Thanksgiving: Thursday closed, Friday until 13:00 in New York."""

MONDAY, TUESDAY, WEDNESDAY, FRIDAY, NEXT = WEEK
LATER = at("2023-01-01 00:00")


def foreign(
    starts: Sequence[datetime], minutes: int = 30, prices: Sequence[float] | None = None
) -> ForeignBars:
    """Let bars of one price each come from a file."""
    closes = np.array(prices if prices is not None else [100.0] * len(starts))
    stamp = np.array([to_epoch(start) for start in starts], dtype=np.int64)
    line = np.arange(2, 2 + len(starts))
    volume = np.ones(len(starts))
    return ForeignBars(
        "NASDAQ:MSFT", "msft.csv", minutes * 60, stamp, closes, closes, closes, closes, volume, line
    )


def daily(*days: date) -> ForeignBars:
    return foreign([at(f"{day} 00:00") for day in days], minutes=0)


def every(minutes: int, first: datetime, last: datetime) -> list[datetime]:
    """Return the starts of bars from one instant up to another."""
    count = int((last - first) / timedelta(minutes=minutes))
    return [first + n * timedelta(minutes=minutes) for n in range(count)]


def taken(bars: ForeignBars, now: datetime = LATER) -> TakenOver:
    return take_over(bars, WEEK, now)


def known(*spans: tuple[datetime, datetime]) -> Coverage:
    return Coverage(tuple((to_epoch(start), to_epoch(end)) for start, end in spans))


def test_a_daily_bar_is_its_session() -> None:
    """A date becomes the open and the close of that day, early closes included."""
    found = taken(daily(WEDNESDAY.day, FRIDAY.day)).stored

    assert [(bar.start, bar.end) for bar in found.bars] == [
        (WEDNESDAY.open, WEDNESDAY.close),
        (FRIDAY.open, at("2022-11-25 18:00")),
    ]
    assert found.coverage == known((WEDNESDAY.open, FRIDAY.close))


def test_a_day_without_a_bar_is_not_known() -> None:
    """Sessions that follow each other are one stretch; one that has no bar parts it."""
    found = taken(daily(MONDAY.day, WEDNESDAY.day, FRIDAY.day))

    assert found.stored.coverage == known(
        (MONDAY.open, MONDAY.close), (WEDNESDAY.open, FRIDAY.close)
    )
    assert found.notes == ("1 of 4 sessions have no bar, the first of them on 2022-11-22",)


def test_bars_outside_the_sessions_are_left_out_and_counted() -> None:
    """Holidays, weekends and hours before the open bring no bar."""
    holiday = taken(daily(WEDNESDAY.day, date(2022, 11, 24), date(2022, 11, 26)))
    early = taken(foreign([MONDAY.open - timedelta(minutes=30), MONDAY.open]))

    assert len(holiday.stored.bars) == len(early.stored.bars) == 1
    assert "2 of 3 bars lie outside the sessions and are left out" in holiday.notes
    assert "1 of 2 bars lie outside the sessions and are left out" in early.notes


def test_a_bar_that_has_not_ended_is_left_out() -> None:
    """A file that was saved during a session ends with what is no close yet."""
    noon = at("2022-11-22 17:10")
    days = taken(daily(MONDAY.day, TUESDAY.day), noon)
    hours = taken(foreign(every(30, TUESDAY.open, TUESDAY.close)), noon)

    assert [bar.end for bar in days.stored.bars] == [MONDAY.close]
    assert days.notes == ("1 bars have not ended yet and are left out",)
    assert max(bar.end for bar in hours.stored.bars) == at("2022-11-22 17:00")


def test_a_bar_that_ends_now_has_ended() -> None:
    """At the close the day is over, and a second before it is not."""
    both = daily(MONDAY.day, TUESDAY.day)

    assert len(taken(both, TUESDAY.close).stored.bars) == 2
    assert len(taken(both, TUESDAY.close - timedelta(seconds=1)).stored.bars) == 1


@pytest.mark.parametrize("bars", [daily(date(2022, 11, 24)), foreign([at("2022-11-24 15:00")])])
def test_a_file_of_which_nothing_is_left_is_refused(bars: ForeignBars) -> None:
    """Most likely its zone or its exchange is another."""
    with pytest.raises(InvalidValue, match=r"msft\.csv: no bar of NASDAQ:MSFT lies in a past"):
        taken(bars)


def test_bars_that_begin_at_odd_times_are_refused_with_their_line() -> None:
    """Half hours that begin at quarter past are bars of another length."""
    starts = [MONDAY.open, MONDAY.open + timedelta(minutes=45)]

    with pytest.raises(InvalidValue, match=r"line 3: a bar of 30 minutes begins at 2022-11-21T15"):
        taken(foreign(starts))


def test_within_a_session_only_what_bars_enclose_is_known() -> None:
    """A late first bar and an early last one leave the rest of the session unknown."""
    starts = [
        *every(30, at("2022-11-21 15:30"), MONDAY.close),
        *every(30, TUESDAY.open, at("2022-11-22 20:30")),
        *every(30, WEDNESDAY.open, WEDNESDAY.close),
    ]
    del starts[3]
    found = taken(foreign(starts))

    assert found.stored.coverage == known(
        (at("2022-11-21 15:30"), at("2022-11-22 20:30")),
        (WEDNESDAY.open, WEDNESDAY.close),
    )
    assert found.notes == ("2 sessions begin late or end early, the first of them on 2022-11-21",)


def test_the_last_half_hour_of_a_file_is_known_only_when_a_bar_ends_it() -> None:
    """What it came to may stand in the next file."""
    cut = foreign(every(5, MONDAY.open, at("2022-11-21 16:10")), minutes=5)
    whole = foreign(every(5, MONDAY.open, at("2022-11-21 16:30")), minutes=5)

    assert taken(cut).stored.coverage == known((MONDAY.open, at("2022-11-21 16:00")))
    assert taken(whole).stored.coverage == known((MONDAY.open, at("2022-11-21 16:30")))


minutes_of_day = st.lists(
    st.tuples(st.integers(0, 389), st.integers(1, 10_000), st.integers(0, 900)),
    min_size=1,
    max_size=80,
    unique_by=lambda row: row[0],
)


@settings(max_examples=60, deadline=None)
@given(rows=minutes_of_day, minutes=st.sampled_from([1, 2, 3, 5, 10, 15]))
def test_half_hours_are_what_their_minutes_were(
    rows: list[tuple[int, int, int]], minutes: int
) -> None:
    """First open, highest, lowest, last close, volumes added, whatever minutes are absent."""
    slots = {minute // minutes: (cents, shares) for minute, cents, shares in sorted(rows)}
    starts = [MONDAY.open + timedelta(minutes=slot * minutes) for slot in slots]
    cents = [Fraction(c, 100) for c, _ in slots.values()]
    bars = foreign(starts, minutes, [float(price) for price in cents])
    volume = np.array([float(shares) for _, shares in slots.values()])
    found = taken(
        ForeignBars(
            *[
                volume if name == "volume" else getattr(bars, name)
                for name in (
                    "ticker",
                    "source",
                    "seconds",
                    "stamp",
                    "open",
                    "high",
                    "low",
                    "close",
                    "volume",
                    "line",
                )
            ]
        )
    ).stored.bars

    expected: dict[datetime, list[tuple[Fraction, int]]] = {}
    for start, price, (_, shares) in zip(starts, cents, slots.values(), strict=True):
        half = start.replace(minute=start.minute // 30 * 30)
        expected.setdefault(half, []).append((price, shares))
    assert [bar.start for bar in found] == list(expected)
    for bar, inside in zip(found, expected.values(), strict=True):
        prices = [price for price, _ in inside]
        told = [Fraction(Decimal(repr(v))) for v in (bar.open, bar.high, bar.low, bar.close)]
        assert told == [prices[0], max(prices), min(prices), prices[-1]]
        assert bar.volume == sum(shares for _, shares in inside)
        assert bar.end == bar.start + timedelta(minutes=30)


@settings(max_examples=60, deadline=None)
@given(rows=st.sets(st.integers(0, 51)), cut=st.integers(0, 60))
def test_what_is_left_out_of_a_file_never_counts_as_known(rows: set[int], cut: int) -> None:
    """Every bar lies in coverage, and no session without a bar does."""
    slots = [
        s for day in (MONDAY, TUESDAY, WEDNESDAY, NEXT) for s in every(30, day.open, day.close)
    ]
    starts = [slots[row] for row in sorted(rows) if row < cut]
    if not starts:
        return
    stored = taken(foreign(starts)).stored

    assert len(stored.closed) == len(starts)
    for day in WEEK:
        inside = [start for start in starts if day.open <= start < day.close]
        whole = stored.coverage.contains(to_epoch(day.open), to_epoch(day.close))
        assert whole <= bool(inside)
        if inside and inside[0] > day.open:
            assert not whole
    assert taken(foreign(starts)).key.granularity is Granularity.HALF_HOUR


def test_bars_beyond_their_own_range_are_kept_and_counted() -> None:
    """Real sources have them; the close decides, and it stays what was written."""
    bars = daily(MONDAY.day, TUESDAY.day)
    low = np.array([101.0, 99.0])
    odd = ForeignBars(
        bars.ticker,
        bars.source,
        0,
        bars.stamp,
        bars.open,
        bars.high,
        low,
        bars.close,
        bars.volume,
        bars.line,
    )

    found = taken(odd)

    assert len(found.stored.bars) == 2
    assert "1 bars open or close beyond their own high or low; they are kept as they are" in (
        found.notes
    )


@given(ticker=st.text(min_size=3, max_size=12))
def test_an_imported_series_never_has_a_number_of_the_brokers(ticker: str) -> None:
    """Contract ids are above zero; these are below, and follow from the ticker alone."""
    digits = hashlib.sha256(ticker.encode()).hexdigest()[:12]

    assert imported_id(ticker) == -1 - int(digits, 16)
    assert -(2**53) < imported_id(ticker) < 0


@pytest.mark.parametrize("minutes", [30, 5])
def test_a_bar_that_begins_at_the_close_is_of_no_session(minutes: int) -> None:
    """What trades after hours is left out, from its very first bar on."""
    inside = every(minutes, MONDAY.open, MONDAY.close)

    found = taken(foreign([*inside, MONDAY.close], minutes))

    assert found.stored.bars.end[-1] == to_epoch(MONDAY.close)
    assert any(note.startswith(f"1 of {len(inside) + 1} bars lie outside") for note in found.notes)
