"""Laws of merging answers that are views of one truth, read at different times."""

from datetime import date, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st
from tests.builders import bars_at, key, new_york, slots

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.merge import Merged, Mismatch, merge
from sellcore.series import StoredSeries, apply

DAYS = tuple(new_york(date(2022, 5, day)) for day in (18, 19, 20, 23))
SLOTS = [slot for day in DAYS for slot in slots(day)]
TICKS = st.integers(1, 100_000).map(lambda ticks: ticks / 100)

Truth = dict[datetime, float]
"""The close of each half hour that traded, by its start."""


@st.composite
def truths(draw: st.DrawFn) -> Truth:
    """Draw closes for some of the half hours, the first and the last among them."""
    traded = draw(st.lists(st.integers(0, 3).map(bool), min_size=len(SLOTS), max_size=len(SLOTS)))
    traded[0] = traded[-1] = True
    closes = draw(st.lists(TICKS, min_size=len(SLOTS), max_size=len(SLOTS)))
    return {
        start: close for (start, _), close, has in zip(SLOTS, closes, traded, strict=True) if has
    }


def answer(truth: Truth, first: int, read_at: datetime) -> StoredSeries:
    """Return what the broker shows from slot ``first`` on to one who reads at ``read_at``."""
    shown = [slot for slot in SLOTS[first:] if slot[0] in truth and slot[0] < read_at]
    closes = [
        truth[start] if end <= read_at else truth[start] + (end - read_at) / timedelta(hours=1)
        for start, end in shown
    ]
    final = [end for _, end in shown if end <= read_at]
    covered = ((to_epoch(shown[0][0]), to_epoch(final[-1])),) if final else ()
    return StoredSeries(bars_at(shown, closes), Coverage(covered))


readings = st.tuples(
    st.integers(0, len(SLOTS) - 1),
    st.integers(0, 30 * len(SLOTS)),
).map(lambda pair: (pair[0], _minute(pair[1])))


def _minute(count: int) -> datetime:
    """Return an instant inside a session: ``count`` minutes of trading after the first open."""
    slot, minutes = divmod(count, 30)
    start = SLOTS[slot][0] if slot < len(SLOTS) else SLOTS[-1][1]
    return start + timedelta(minutes=minutes)


def together(*answers: StoredSeries) -> StoredSeries | Mismatch | None:
    stored: StoredSeries | None = None
    for fresh in answers:
        result = merge(key(), stored, fresh)
        if isinstance(result, Mismatch):
            return result
        if result.update is not None:
            stored = apply(stored, result.update)
    return stored


def closed_bars(stored: StoredSeries | Mismatch | None) -> tuple[BarSeries, Coverage]:
    assert isinstance(stored, StoredSeries), stored
    return stored.closed, stored.coverage


@given(truths(), readings, readings)
def test_order_of_two_answers_does_not_matter(
    truth: Truth, one: tuple[int, datetime], other: tuple[int, datetime]
) -> None:
    """Either way the same bars are closed over the same coverage, or both ways are refused."""
    first, second = (answer(truth, *reading) for reading in (one, other))

    forth, back = together(first, second), together(second, first)

    if len(first.closed) and len(second.closed):
        assert isinstance(forth, Mismatch) == isinstance(back, Mismatch)
    if isinstance(forth, StoredSeries) and isinstance(back, StoredSeries):
        assert forth.coverage == back.coverage
        assert forth.closed.same(back.closed)


@given(truths(), st.lists(st.integers(0, 30 * len(SLOTS)), min_size=1, max_size=6))
def test_order_of_many_overlapping_answers_does_not_matter(
    truth: Truth, moments: list[int]
) -> None:
    """However they arrive, what is closed is what the latest of them knows."""
    answers = [answer(truth, 0, _minute(moment)) for moment in moments]

    bars, coverage = closed_bars(together(*answers) or answers[0])

    expected = answer(truth, 0, _minute(max(moments)))
    assert coverage == expected.coverage
    assert bars.same(expected.closed)


@given(truths(), readings)
def test_merging_again_changes_nothing(truth: Truth, reading: tuple[int, datetime]) -> None:
    """The second time, nothing is new."""
    fresh = answer(truth, *reading)
    stored = together(fresh)

    assert len(fresh.closed) == 0 or merge(key(), stored, fresh) == Merged(None)


@given(truths(), st.lists(st.integers(0, 30 * len(SLOTS)), min_size=2, max_size=8))
def test_bar_still_forming_is_never_closed(truth: Truth, moments: list[int]) -> None:
    """Whatever was read while a bar formed, only its final close is ever in the closed bars."""
    stored = together(*(answer(truth, 0, _minute(moment)) for moment in moments))

    if isinstance(stored, StoredSeries):
        assert stored.closed.close.tolist() == [truth[bar.start] for bar in stored.closed]


@given(truths(), st.data())
def test_bar_read_while_it_formed_and_lost_is_never_closed(
    truth: Truth, data: st.DataObject
) -> None:
    """The same where the broker loses bars between two readings."""
    early, late = sorted(data.draw(st.tuples(*[st.integers(1, 30 * len(SLOTS))] * 2)))
    lost = data.draw(st.sets(st.sampled_from(SLOTS[1:]).map(lambda slot: slot[0])))
    lacking = {start: close for start, close in truth.items() if start not in lost}

    stored = together(answer(truth, 0, _minute(early)), answer(lacking, 0, _minute(late)))

    if isinstance(stored, StoredSeries):
        assert stored.closed.close.tolist() == [truth[bar.start] for bar in stored.closed]
