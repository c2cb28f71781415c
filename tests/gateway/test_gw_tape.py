"""The tape: bars cut as IB cuts them, forming bars, and never a look ahead."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.gateway.gateway_stand import NEW_YORK, START, Weekdays, a_scenario

from adapters.clocks import FrozenClock
from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.columns import Columns
from adapters.gateway.faults import Fault, FaultKind
from adapters.gateway.listings import Listing
from adapters.gateway.world import World
from sellcore.instant import from_epoch, to_epoch

ALL = 0
AFTER_CLOSE = datetime(2022, 5, 20, 21, 0, tzinfo=UTC)


def a_world(**changes: object) -> World:
    return World.of(a_scenario(**changes), FrozenClock(START), Weekdays())


@pytest.fixture(scope="module")
def world() -> World:
    return a_world()


def msft(world: World) -> Listing:
    found = world.listings.by_con_id(272093)
    assert found is not None
    return found


def cut(
    world: World, size: BarSize, now: datetime, *, days: int = 10, regular: bool = True
) -> Columns:
    first = to_epoch(now - timedelta(days=days))
    return world.tape.bars(msft(world), size, first, to_epoch(now), regular=regular)


def clock(seconds: int) -> str:
    return f"{from_epoch(seconds).astimezone(NEW_YORK):%H:%M}"


def edges(bars: Columns, day: date) -> list[str]:
    return [
        f"{clock(start)}-{clock(end)}"
        for start, end in zip(bars.start.tolist(), bars.end.tolist(), strict=True)
        if from_epoch(start).astimezone(NEW_YORK).date() == day
    ]


HOURS = ["09:30-10:00", *(f"{h}:00-{h + 1}:00" for h in range(10, 16))]


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        (BarSize.HOUR, HOURS),
        (BarSize.HOURS_2, ["09:30-10:00", "10:00-12:00", "12:00-14:00", "14:00-16:00"]),
        (BarSize.HOURS_3, ["09:30-12:00", "12:00-15:00", "15:00-16:00"]),
        (BarSize.HOURS_4, ["09:30-12:00", "12:00-16:00"]),
        (BarSize.HOURS_8, ["09:30-16:00"]),
        (BarSize.DAY, ["09:30-16:00"]),
    ],
)
@pytest.mark.parametrize("day", [date(2022, 5, 19), date(2022, 3, 14), date(2022, 11, 7)])
def test_bars_are_cut_at_the_exchange_clock(
    world: World, size: BarSize, expected: list[str], day: date
) -> None:
    """Summer and winter, the weeks after both clock changes included."""
    now = datetime(day.year, day.month, day.day, 22, 0, tzinfo=UTC)

    assert edges(cut(world, size, now), day) == expected


def test_half_day_ends_at_thirteen(world: World) -> None:
    """The last hour of the day after Thanksgiving is 12:00 to 13:00."""
    bars = cut(world, BarSize.HOUR, datetime(2022, 11, 28, 12, 0, tzinfo=UTC))

    assert edges(bars, date(2022, 11, 25)) == HOURS[:4]
    assert edges(bars, date(2022, 11, 24)) == []


@pytest.mark.parametrize("size", [s for s in BarSize if s.seconds >= 60])
def test_every_size_is_made_of_the_same_minutes(world: World, size: BarSize) -> None:
    """Volume is conserved, extremes are extremes, the ends meet, whatever the size."""
    minutes = cut(world, BarSize.MINUTE, AFTER_CLOSE, days=3)
    bars = cut(world, size, AFTER_CLOSE, days=3)

    assert sum(bars.volume.tolist()) == sum(minutes.volume.tolist())
    rows = list(zip(minutes.start.tolist(), range(len(minutes)), strict=True))
    for i in range(len(bars)):
        inside = [r for start, r in rows if bars.start[i] <= start < bars.end[i]]
        assert bars.open[i] == minutes.open[inside[0]]
        assert bars.close[i] == minutes.close[inside[-1]]
        assert bars.high[i] == max(minutes.high[inside])
        assert bars.low[i] == min(minutes.low[inside])
        assert bars.low[i] <= bars.wap[i] <= bars.high[i]


@pytest.mark.parametrize("size", [s for s in BarSize if 0 < s.seconds < 60])
def test_small_bars_add_up_to_minutes(world: World, size: BarSize) -> None:
    """Grouped by minute they have its four prices and its volume."""
    minutes = cut(world, BarSize.MINUTE, AFTER_CLOSE, days=1)
    small = cut(world, size, AFTER_CLOSE, days=1)
    minute = small.start // 60 * 60

    assert set((small.end - small.start).tolist()) == {size.seconds}
    for i, start in enumerate(minutes.start.tolist()):
        inside = small[minute == start]
        assert inside.open[0] == minutes.open[i]
        assert inside.close[-1] == minutes.close[i]
        assert max(inside.high.tolist()) == minutes.high[i]
        assert min(inside.low.tolist()) == minutes.low[i]
        assert sum(inside.volume.tolist()) == minutes.volume[i]


def test_weeks_and_months_are_made_of_days(world: World) -> None:
    """A week's close is its last day's, a month's volume is that of its days."""
    days = cut(world, BarSize.DAY, AFTER_CLOSE, days=200)
    weeks = cut(world, BarSize.WEEK, AFTER_CLOSE, days=60)
    months = cut(world, BarSize.MONTH, AFTER_CLOSE, days=60)
    dates = [from_epoch(end).date() for end in days.end.tolist()]
    last_week = [i for i, day in enumerate(dates) if day >= date(2022, 5, 16)]
    may = [i for i, day in enumerate(dates) if day >= date(2022, 5, 1)]

    assert weeks.close[-1] == days.close[last_week[-1]]
    assert weeks.high[-1] == max(days.high[last_week])
    assert months.volume[-1] == sum(days.volume[may].tolist())


moments = st.integers(to_epoch(START) - 2 * 86_400, to_epoch(START) + 2 * 86_400)


@given(moments, st.sampled_from([s for s in BarSize if s.seconds >= 60 or not s.seconds]))
def test_closed_bars_never_change_and_the_forming_one_stays_within_what_it_becomes(
    moment: int, size: BarSize
) -> None:
    """What is read at any instant agrees with what is read a week later."""
    world = _WORLD
    later = moment + 7 * 86_400
    first = moment - 3 * 86_400
    early = world.tape.bars(msft(world), size, first, moment, regular=True)
    final = world.tape.bars(msft(world), size, first, later, regular=True)
    by_start = {start: i for i, start in enumerate(final.start.tolist())}

    for i, start in enumerate(early.start.tolist()):
        j = by_start[start]
        assert early.open[i] == final.open[j]
        if early.end[i] <= moment and size not in (BarSize.WEEK, BarSize.MONTH):
            assert (early.close[i], early.volume[i]) == (final.close[j], final.volume[j])
        assert final.low[j] <= early.low[i] <= early.close[i] <= early.high[i] <= final.high[j]
        assert early.volume[i] <= final.volume[j]
        assert start <= moment


@given(moments)
def test_price_is_the_close_of_the_forming_minute(moment: int) -> None:
    """Orders, quotes and bars all see one price."""
    world = _WORLD
    bars = world.tape.bars(msft(world), BarSize.MINUTE, moment - 5 * 86_400, moment, regular=True)

    assert world.tape.price(msft(world), from_epoch(moment)) == bars.close[-1]


@given(moments, st.integers(1, 4000), st.integers(1, 4000))
def test_trades_of_two_spans_are_those_of_both(moment: int, first: int, second: int) -> None:
    """No step is lost or told twice where one span ends and the next begins."""
    tape, listing = _WORLD.tape, msft(_WORLD)
    a, b, c = (from_epoch(moment + n) for n in (0, first, first + second))

    together = list(tape.trades(listing, a, c))

    assert [*tape.trades(listing, a, b), *tape.trades(listing, b, c)] == together
    assert all(a < trade.at <= c for trade in together)
    assert all(trade.low <= trade.price <= trade.high for trade in together)


def test_a_day_of_trades_reaches_its_high_and_its_low() -> None:
    """A stop at the day's low is reached, one a cent below is not."""
    day = cut(_WORLD, BarSize.DAY, AFTER_CLOSE)
    start, end = (datetime(2022, 5, 20, hour, tzinfo=UTC) for hour in (13, 21))
    trades = list(_WORLD.tape.trades(msft(_WORLD), start, end))

    assert min(trade.low for trade in trades) == day.low[-1]
    assert max(trade.high for trade in trades) == day.high[-1]


def test_after_a_split_all_history_reads_as_if_it_had_always_been() -> None:
    """4:1 quarters every price and multiplies every volume by four, from its instant on."""
    world = a_world()
    before = cut(world, BarSize.MINUTES_30, START)
    world.tape.split(
        Fault(FaultKind.SPLIT, START, ticker="NASDAQ:MSFT", parameters={"ratio": "4:1"})
    )
    after = cut(world, BarSize.MINUTES_30, START)

    assert [Decimal(repr(p)) * 4 for p in after.close.tolist()] == [
        Decimal(repr(p)) for p in before.close.tolist()
    ]
    assert after.volume.tolist() == [4 * v for v in before.volume.tolist()]
    assert world.tape.price(msft(world), START) == after.close[-1]


CSV_HEAD = "ts,open,high,low,close,volume\n"


def moment(day: int, hour: int, minutes: int) -> str:
    return (datetime(2022, 5, day, hour, tzinfo=UTC) + timedelta(minutes=minutes)).isoformat()


def write_folder(folder: Path) -> None:
    """Two days of daily bars, then two of half hours, the last of them of five minutes too."""
    daily = "".join(f"2022-05-{d},{d},{d},{d},{d},10\n" for d in (16, 17, 18))
    (folder / "NASDAQ_MSFT_1d.csv").write_text(CSV_HEAD + daily)
    halves = "".join(
        f"{moment(d, 13, 30 + 30 * n)},{d}.5,{d}.5,{d}.5,{d}.5,1\n"
        for d in (18, 19)
        for n in range(13)
    )
    (folder / "NASDAQ_MSFT_30m.csv").write_text(CSV_HEAD + halves)
    fives = "".join(
        f"{moment(19, 12, 5 * n)},{100 + n},{100 + n},{100 + n},{100 + n},1\n"
        for n in range(18 + 78 + 6)
    )
    (folder / "NASDAQ_MSFT_5m.csv").write_text(CSV_HEAD + fives)


@pytest.fixture
def folder_world(tmp_path: Path) -> World:
    write_folder(tmp_path)
    return a_world(data=tmp_path)


def test_each_day_comes_from_the_finest_file_that_has_it(folder_world: World) -> None:
    """Daily bars before the intraday files begin, cut from those where they reach."""
    days = cut(folder_world, BarSize.DAY, START)

    assert days.close.tolist() == [16, 17, 18.5, 100 + 18 + 77]
    assert days.volume.tolist() == [10, 10, 13, 78]


def test_size_finer_than_the_data_has_no_bars(folder_world: World) -> None:
    """Half hours are not made of days, nor five minutes of half hours."""
    halves = cut(folder_world, BarSize.MINUTES_30, START)
    fives = cut(folder_world, BarSize.MINUTES_5, START)
    minutes = cut(folder_world, BarSize.MINUTE, START)

    assert len(halves) == 26
    assert len(fives) == 78
    assert len(minutes) == 0


def test_extended_hours_are_there_only_when_asked_for(folder_world: World) -> None:
    """Bars before the open and after the close count with useRTH 0."""
    day = date(2022, 5, 19)

    assert len(edges(cut(folder_world, BarSize.MINUTES_5, START, regular=False), day)) == 102
    assert edges(cut(folder_world, BarSize.HOUR, START, regular=False), day)[0] == "08:00-09:00"
    assert cut(folder_world, BarSize.DAY, START, regular=False).volume[-1] == 102


def test_forming_daily_bar_is_cut_from_the_finest_file(folder_world: World) -> None:
    """At eleven o'clock the day so far is that of its five-minute bars so far."""
    now = datetime(2022, 5, 19, 15, 0, tzinfo=UTC)
    day = cut(folder_world, BarSize.DAY, now)

    assert day.open[-1] == 118
    assert day.close[-1] == 100 + 36  # the bar of 11:00 has just opened
    assert from_epoch(int(day.end[-1])) == datetime(2022, 5, 19, 20, 0, tzinfo=UTC)


def test_exchange_without_a_calendar_has_new_york_hours(tmp_path: Path) -> None:
    """Data of an exchange that nobody knows is still served."""
    rows = "".join(
        f"2022-05-19T{h:02d}:{m},5,5,5,5,1\n" for h in range(13, 21) for m in ("00", "30")
    )
    (tmp_path / "NOWHERE_X_30m.csv").write_text(CSV_HEAD + rows)
    world = a_world(data=tmp_path, positions=())
    (listing,) = world.listings
    bars = world.tape.bars(listing, BarSize.HOUR, ALL, to_epoch(START), regular=True)

    assert edges(bars, date(2022, 5, 19)) == HOURS


_WORLD = a_world()
