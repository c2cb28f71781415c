"""How fresh bars meet stored ones, case by case."""

from datetime import date, timedelta

import pytest
from tests.builders import bars_at, key, known, new_york, slots

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.merge import Merged, Mismatch, merge
from sellcore.series import StoredSeries, apply

THURSDAY, FRIDAY, MONDAY = (new_york(date(2022, 5, day)) for day in (19, 20, 23))
SLOTS = [*slots(THURSDAY), *slots(FRIDAY)]
CLOSES = [100.0 + n for n in range(len(SLOTS))]
HISTORY = bars_at(SLOTS, CLOSES)


def read_with(bars: BarSeries, forming: int = 1) -> StoredSeries:
    """Return bars as they are read while the last ones still form."""
    return StoredSeries(bars, known(bars[: len(bars) - forming]).coverage)


def merged(stored: StoredSeries | None, fresh: StoredSeries) -> StoredSeries:
    """Return what a store holds after a merge that must be possible."""
    result = merge(key(), stored, fresh)
    assert isinstance(result, Merged), result
    if result.update is None:
        assert stored is not None
        return stored
    return apply(stored, result.update)


def with_close(bars: BarSeries, row: int, close: float) -> BarSeries:
    closes = bars.close.tolist()
    closes[row] = close
    return BarSeries(bars.start, bars.end, bars.open, bars.high, bars.low, closes, bars.volume)


def test_first_bars_are_stored_as_they_came() -> None:
    """Nothing stored, nothing to compare."""
    fresh = read_with(HISTORY)

    result = merge(key(), None, fresh)

    assert isinstance(result, Merged)
    assert result.update is not None
    assert result.update.replaces_all
    assert result.update.bars.same(HISTORY)
    assert result.update.coverage == fresh.coverage


def test_empty_answer_changes_nothing() -> None:
    """No bars are no news."""
    nothing = StoredSeries(BarSeries.empty(), Coverage())

    assert merge(key(), known(HISTORY), nothing) == Merged(None)
    assert merge(key(), None, nothing) == Merged(None)


def test_bars_that_never_closed_are_replaced_in_whole() -> None:
    """With no closed bar stored there is nothing that could contradict."""
    stored = StoredSeries(HISTORY[3:4], Coverage())

    assert merged(stored, known(HISTORY[:3])).bars.same(HISTORY[:3])


def test_only_what_is_new_is_stored() -> None:
    """An update is as small as it can be."""
    result = merge(key(), known(HISTORY[:10]), known(HISTORY[8:12]))

    assert isinstance(result, Merged)
    assert result.update is not None
    assert result.update.bars.same(HISTORY[10:12])
    assert not result.update.replaces_all
    assert result.update.coverage == known(HISTORY[:12]).coverage


def test_same_bars_again_are_no_update() -> None:
    """What is stored exactly so already is not written again."""
    assert merge(key(), known(HISTORY), known(HISTORY[5:9])) == Merged(None)


def test_forming_bar_is_followed_by_its_final_reading() -> None:
    """The later value wins, and only then is the bar closed."""
    stored = read_with(with_close(HISTORY[:5], 4, 999.0))

    after = merged(stored, read_with(HISTORY[:6]))

    assert len(stored.closed) == 4
    assert after.closed.same(HISTORY[:5])


def test_forming_bar_that_ends_as_it_was_read_is_closed_then() -> None:
    """Nothing of the bar is new, but that it is final is."""
    after = merged(read_with(HISTORY[:5]), known(HISTORY[2:5]))

    assert after.closed.same(HISTORY[:5])


def test_forming_bar_that_ended_as_it_was_read_is_kept_beside_new_ones() -> None:
    """It is not among the bars that differ, and yet it has been told again."""
    result = merge(key(), read_with(HISTORY[:5]), known(HISTORY[2:6]))

    assert isinstance(result, Merged)
    assert result.update is not None
    assert result.update.bars.same(HISTORY[5:6])
    assert apply(read_with(HISTORY[:5]), result.update).closed.same(HISTORY[:6])


def test_late_bar_inside_a_covered_interval_is_taken_over() -> None:
    """What was taken for no trade was a bar that came late."""
    gapped = HISTORY[[0, 1, 2, 4, 5]]
    stored = StoredSeries(gapped, known(HISTORY[:6]).coverage)

    assert merged(stored, known(HISTORY[2:7])).closed.same(HISTORY[:7])


def test_small_correction_of_one_bar_is_taken_over_and_told() -> None:
    """A print that was corrected is no split."""
    fresh = known(with_close(HISTORY[:8], 6, 106.05))

    result = merge(key(), known(HISTORY[:8]), fresh)

    assert isinstance(result, Merged)
    assert [str(revision) for revision in result.revisions] == [
        "close of 2022-05-19T17:00:00Z corrected from 106.00 to 106.05"
    ]
    assert merged(known(HISTORY[:8]), fresh).bars.close[6] == 106.05


def test_one_agreeing_bar_before_a_small_correction_is_enough() -> None:
    """The two have one scale."""
    fresh = known(with_close(HISTORY[:8], 6, 106.05)[5:])

    assert merged(known(HISTORY[:8]), fresh).bars.close[5:].tolist() == [105.0, 106.05, 107.0]


@pytest.mark.parametrize("close", [106.2, 105.8, 53.0, 212.0])
def test_big_correction_of_one_bar_is_a_contradiction(close: float) -> None:
    """More than a thousandth of the close is no mere correction."""
    result = merge(key(), known(HISTORY[:8]), known(with_close(HISTORY[:8], 6, close)))

    assert isinstance(result, Mismatch)


def test_two_corrections_are_a_contradiction() -> None:
    """However small they are."""
    fresh = with_close(with_close(HISTORY[:8], 6, 106.01), 7, 107.01)

    assert isinstance(merge(key(), known(HISTORY[:8]), known(fresh)), Mismatch)


@pytest.mark.parametrize("first", [6, 7])
def test_correction_without_an_agreeing_bar_before_it_is_a_contradiction(first: int) -> None:
    """A split changes every bar before it: only one that agrees tells it from a correction."""
    fresh = known(with_close(HISTORY[:8], first, CLOSES[first] + 0.01)[first:])

    assert isinstance(merge(key(), known(HISTORY[:8]), fresh), Mismatch)


def test_contradiction_says_what_was_met() -> None:
    """One line with the bar, both closes and their factor."""
    halved = bars_at(SLOTS, [close / 2 for close in CLOSES])

    result = merge(key(), known(HISTORY), known(halved[5:]))

    assert result == Mismatch(
        "21 stored closes differ from those fetched now, the first at 2022-05-19T16:30:00Z: "
        "105.00 stored, 52.50 fetched (factor 0.5); a split, or a restated history"
    )


def test_bars_that_do_not_meet_the_stored_ones_are_a_contradiction() -> None:
    """Without a bar in common, nothing shows that both have the same scale."""
    result = merge(key(), known(HISTORY[:5]), known(HISTORY[5:9]))

    assert result == Mismatch("the bars fetched do not reach back to the bars stored")


def test_forming_bar_alone_is_a_contradiction_too() -> None:
    """A bar at a new scale must not be decided on beside a history at the old one."""
    fresh = StoredSeries(HISTORY[20:21], Coverage())

    assert isinstance(merge(key(), known(HISTORY[:13]), fresh), Mismatch)


def test_bar_that_was_still_forming_shows_no_scale() -> None:
    """It is stored and told again, but what it closes at was open then: it proves nothing."""
    stored, fresh = read_with(HISTORY[:14]), known(with_close(HISTORY, 13, 28.25)[13:15])

    assert isinstance(merge(key(), stored, fresh), Mismatch)


def test_older_reading_does_not_undo_a_final_one() -> None:
    """A bar that is known as closed is not replaced by what it was while it formed."""
    older = read_with(with_close(HISTORY[:5], 4, 999.0))

    assert merged(known(HISTORY[:6]), older).closed.same(HISTORY[:6])


def test_answer_that_holds_only_older_readings_says_nothing() -> None:
    """The clock was set back a little: nothing contradicts, nothing is new."""
    older = StoredSeries(with_close(HISTORY[4:5], 0, 999.0), Coverage())

    assert merge(key(), known(HISTORY[:5]), older) == Merged(None)


def test_forming_bar_that_later_answers_lack_is_never_closed() -> None:
    """A stale reading is not promoted by coverage that comes from the bars behind it."""
    stored = read_with(with_close(HISTORY[:5], 4, 999.0))
    lacking = HISTORY[[2, 3, 5]]
    fresh = StoredSeries(lacking, known(HISTORY[2:6]).coverage)

    after = merged(stored, fresh)

    assert after.closed.same(HISTORY[[0, 1, 2, 3, 5]])
    assert after.bars.same(after.closed)


def test_forming_bar_that_is_still_the_last_stays() -> None:
    """An answer that does not reach it says nothing about it."""
    stored = read_with(HISTORY[:5])

    assert merged(stored, known(HISTORY[1:4])).bars.same(HISTORY[:5])


@pytest.mark.parametrize("row", range(5))
def test_bars_cut_at_other_hours_are_a_contradiction(row: int) -> None:
    """The session's hours were corrected: the old bars and the new ones cannot stand together."""
    late = timedelta(minutes=15)
    start, end = SLOTS[row]
    moved = bars_at([*SLOTS[:row], (start + late, end), *SLOTS[row + 1 : 5]], CLOSES[:5])

    result = merge(key(), known(HISTORY[:5]), known(moved))

    assert result == Mismatch("the bars fetched begin at other hours than the bars stored")


def test_longer_bar_than_those_stored_is_a_contradiction() -> None:
    """An hour stands for two half hours, though it begins with the first of them."""
    hour = bars_at([(SLOTS[0][0], SLOTS[1][1]), *SLOTS[2:5]], [CLOSES[0], *CLOSES[2:5]])

    result = merge(key(), known(HISTORY[:5]), known(hour))

    assert result == Mismatch("the bars fetched begin at other hours than the bars stored")


def test_closed_bar_that_an_answer_lacks_is_kept() -> None:
    """What was seen final stays seen."""
    fresh = StoredSeries(HISTORY[[2, 4]], known(HISTORY[2:5]).coverage)

    assert merged(known(HISTORY[:5]), fresh).closed.same(HISTORY[:5])


def test_early_close_told_afterwards_ends_the_bar_there() -> None:
    """A bar of the same start is replaced, its end included."""
    stored = known(bars_at([(THURSDAY.open, THURSDAY.close), (FRIDAY.open, FRIDAY.close)], [1, 2]))
    early = new_york(FRIDAY.day, "13:00")
    fresh = known(bars_at([(THURSDAY.open, THURSDAY.close), (early.open, early.close)], [1, 2]))

    assert merged(stored, fresh).bars.end.tolist() == [
        to_epoch(THURSDAY.close),
        to_epoch(early.close),
    ]
