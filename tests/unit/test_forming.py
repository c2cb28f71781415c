"""The quick way through a minute comes to what the long way comes to."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st

from sellcore.forming import TakenIn, forming_only
from sellcore.instant import to_epoch
from sellcore.instrument import Instrument
from sellcore.intake import take_in
from sellcore.merge import Merged, merge
from sellcore.policy import Policy
from sellcore.request import BarRequest, Duration, FetchedBars, Unit
from sellcore.series import StoredSeries, apply
from sellcore.session import Session
from sellcore.timeframe import Granularity

NEW_YORK = ZoneInfo("America/New_York")
DAYS = tuple(
    Session(
        day,
        datetime.combine(day, time(9, 30), NEW_YORK),
        datetime.combine(day, time(16), NEW_YORK),
        "America/New_York",
    )
    for day in (date(2022, 5, 19), date(2022, 5, 20))
)
REQUEST = BarRequest(
    Instrument(1, "AAA", "NASDAQ", "USD"), Granularity.HALF_HOUR, Duration(2, Unit.DAYS)
)
OPEN = to_epoch(DAYS[1].open)
COLUMNS = ("open", "high", "low", "close", "volume")

cents = st.integers(500, 2000).map(lambda value: value / 100)


@st.composite
def answers(draw: st.DrawFn) -> list[FetchedBars]:
    """Draw a few readings of one session, minutes apart, in which things may happen."""
    seconds = draw(st.integers(1, 9000))
    steps = draw(st.lists(st.integers(1, 2400), min_size=1, max_size=4))
    found = [_answer(draw, seconds, {})]
    seen = dict(zip(found[0].stamp.tolist(), zip(*_values(found[0]), strict=True), strict=True))
    for step in steps:
        seconds += step
        known = {} if draw(st.integers(0, 9)) == 0 else seen
        found.append(_answer(draw, seconds, known))
        seen |= dict(
            zip(found[-1].stamp.tolist(), zip(*_values(found[-1]), strict=True), strict=True)
        )
    return found


def _values(answer: FetchedBars) -> list[list[float]]:
    return [getattr(answer, name).tolist() for name in COLUMNS]


def _answer(draw: st.DrawFn, seconds: int, known: dict[int, tuple[float, ...]]) -> FetchedBars:
    """Return the bars begun ``seconds`` into the session, those of ``known`` as they were."""
    stamps = list(range(OPEN - 63_000, OPEN - 63_000 + 3 * 1800, 1800))
    stamps += list(range(OPEN, OPEN + seconds, 1800))
    rows = []
    for stamp in stamps:
        fresh = stamp == stamps[-1] and draw(st.booleans())
        if stamp in known and not fresh:
            rows.append(known[stamp])
        else:
            price = draw(cents)
            rows.append((price, price + 1, price - 1, price, float(draw(st.integers(0, 99)))))
    columns = (np.array(column) for column in zip(*rows, strict=True))
    asked_at = datetime.fromtimestamp(OPEN + seconds, UTC)
    return FetchedBars(REQUEST, asked_at, np.array(stamps), *columns)


def long_way(stored: StoredSeries | None, answer: FetchedBars) -> Merged | None:
    """Take in and merge; None where the bars contradict each other."""
    result = merge(REQUEST.key, stored, take_in(answer, DAYS, Policy()).series)
    return result if isinstance(result, Merged) else None


def after(stored: StoredSeries | None, merged: Merged) -> StoredSeries | None:
    """Return what is stored then."""
    return stored if merged.update is None else apply(stored, merged.update)


@settings(max_examples=300)
@given(answers())
def test_quick_way_stores_what_the_long_way_stores(readings: list[FetchedBars]) -> None:
    """Whatever happens between two readings, both ways lead to the same bars and coverage."""
    stored: StoredSeries | None = None
    before: FetchedBars | None = None
    for answer in readings:
        slow = long_way(stored, answer)
        if before is not None and stored is not None:
            quick = forming_only(TakenIn(before, stored), answer)
            if quick is not None:
                assert slow is not None
                one, other = after(stored, slow), quick.stored
                assert (quick.update is None) == (slow.update is None)
                assert one is not None
                assert one.bars.same(other.bars)
                assert one.closed.same(other.closed)
                assert slow.update is None or apply(stored, quick.update).bars.same(other.bars)
                assert one.coverage == other.coverage
        if slow is None:
            return
        stored, before = after(stored, slow), answer


def test_quick_way_is_taken_when_only_the_forming_price_moves() -> None:
    """The case it is for is not left to the long way."""
    stamps = np.array([OPEN, OPEN + 1800])
    price = np.array([10.0, 11.0])
    first = FetchedBars(
        REQUEST,
        DAYS[1].open + timedelta(minutes=40),
        stamps,
        *(price, price + 1, price - 1, price, price * 0),
    )
    stored = after(None, long_way(None, first) or Merged(None))
    moved = evolve(
        first,
        asked_at=first.asked_at + timedelta(minutes=1),
        close=np.array([10.0, 11.5]),
    )

    assert stored is not None
    quick = forming_only(TakenIn(first, stored), moved)

    assert quick is not None
    assert quick.update is not None
    assert quick.update.bars.close.tolist() == [11.5]


def test_bar_that_has_ended_by_the_reading_is_not_forming() -> None:
    """It may be final now: the long way finds that out."""
    stamps = np.array([OPEN, OPEN + 1800])
    price = np.array([10.0, 11.0])
    first = FetchedBars(
        REQUEST,
        DAYS[1].open + timedelta(minutes=59, seconds=59),
        stamps,
        *(price, price + 1, price - 1, price, price * 0),
    )
    stored = after(None, long_way(None, first) or Merged(None))
    assert stored is not None

    for seconds, forms in ((0, True), (1, False), (61, False)):
        again = evolve(first, asked_at=first.asked_at + timedelta(seconds=seconds))
        assert (forming_only(TakenIn(first, stored), again) is not None) is forms


def test_price_that_no_share_can_have_is_not_taken_the_quick_way() -> None:
    """The long way leaves such a bar out: the broker writes 1.8e308 for none."""
    stamps = np.array([OPEN, OPEN + 1800])
    price = np.array([10.0, 11.0])
    first = FetchedBars(
        REQUEST,
        DAYS[1].open + timedelta(minutes=40),
        stamps,
        *(price, price + 1, price - 1, price, price * 0),
    )
    stored = after(None, long_way(None, first) or Merged(None))
    assert stored is not None

    for none in (1.7976931348623157e308, 1e-320, 0.0, np.nan):
        again = evolve(first, close=np.array([10.0, none]))
        assert forming_only(TakenIn(first, stored), again) is None


def test_answer_that_was_not_taken_in_whole_is_no_ground_for_the_quick_way() -> None:
    """A row that was left out the last time is looked at anew, not assumed."""
    stamps = np.array([OPEN, OPEN + 1800, OPEN + 3600])
    price = np.array([10.0, np.nan, 11.0])
    first = FetchedBars(
        REQUEST,
        DAYS[1].open + timedelta(minutes=70),
        stamps,
        *(price, price + 1, price - 1, price, np.zeros(3)),
    )
    stored = after(None, long_way(None, first) or Merged(None))
    again = evolve(first, asked_at=first.asked_at + timedelta(minutes=1))

    assert stored is not None
    assert forming_only(TakenIn(first, stored), again) is None
