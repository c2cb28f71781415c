"""Bars of two scales are told from a fall, by what the account has shown."""

from datetime import date, datetime, timedelta
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_position, bars_at, new_york, slots, spans

from sellcore.bar import Bar, BarSeries
from sellcore.split_guard import Sighting, split_between, unrestated
from sellcore.timeframe import Granularity
from sellcore.trading_days import TradingDays

SESSIONS = TradingDays(new_york(date(2022, 5, day)) for day in (12, 13, 16, 17, 18, 19, 20, 23))
TODAY = SESSIONS[6]
SLOTS = spans(SESSIONS[:7], Granularity.HALF_HOUR)
A_DAY = 13
"""Half hours of a session."""

OPENING = 6 * A_DAY
"""The row that begins today."""

SECOND, MINUTE = timedelta(seconds=1), timedelta(minutes=1)
TEN = TODAY.open + 30 * MINUTE
LATECOMER = Sighting(since=TODAY.open + SECOND)
FOUR_FOR_ONE = Sighting(since=SESSIONS[0].open, split=4.0)


def fallen(row: int, becomes: float, count: int = len(SLOTS)) -> BarSeries:
    """Return half hours that trade at 100 before ``row``, and at ``becomes`` from it on."""
    return bars_at(SLOTS[:count], [100.0 if n < row else becomes for n in range(count)])


def doubted(bars: BarSeries, sighting: Sighting, end: datetime = TODAY.close) -> bool:
    return unrestated(bars, SESSIONS, end, sighting) is not None


@pytest.mark.parametrize(
    ("becomes", "doubts"),
    [(25.0, True), (66.67, True), (70.0, True), (70.01, False), (100.0, False), (400.0, False)],
)
def test_fall_of_three_tenths_at_an_open_that_was_not_seen_is_doubted(
    becomes: float, doubts: bool
) -> None:
    """A split of three for two is among them; a rise is no danger."""
    assert doubted(fallen(OPENING, becomes), LATECOMER) is doubts


@pytest.mark.parametrize(
    ("since", "doubts"),
    [
        (None, False),
        (SESSIONS[5].close, False),
        (TODAY.open, False),
        (TODAY.open + SECOND, True),
        (TODAY.close, True),
    ],
)
def test_fall_is_doubted_only_where_the_account_was_first_seen_behind_the_open(
    since: datetime | None, doubts: bool
) -> None:
    """Who saw as many shares before the open as after it knows that the price fell."""
    assert doubted(fallen(OPENING, 40.0), Sighting(since)) is doubts


@pytest.mark.parametrize("row", [OPENING - A_DAY, OPENING - 1, OPENING + 1, OPENING + 5])
def test_fall_at_another_time_than_todays_open_is_a_fall(row: int) -> None:
    """A split takes effect at an open, and one of yesterday is in the history by now."""
    assert not doubted(fallen(row, 40.0), LATECOMER)


def test_fall_is_measured_from_the_close_before_to_the_open() -> None:
    """What the opening bar does after its first trade is a market that moves."""
    first = SLOTS[OPENING]
    before = bars_at(SLOTS[:OPENING], [100.0] * OPENING)
    crashes = BarSeries.of([*before, Bar(*first, 71.0, 71.0, 40.0, 40.0, 1.0)])
    recovers = BarSeries.of([*before, Bar(*first, 50.0, 90.0, 50.0, 90.0, 1.0)])

    assert not doubted(crashes, LATECOMER, TEN)
    assert doubted(recovers, LATECOMER, TEN)


def test_doubt_begins_with_the_first_bar_that_is_decided() -> None:
    """The bar that ends then counts; before it there is nothing to doubt yet."""
    assert doubted(fallen(OPENING, 40.0, OPENING + 1), LATECOMER, TEN)
    assert not doubted(fallen(OPENING, 40.0, OPENING + 1), LATECOMER, TEN - SECOND)


def test_first_bar_of_all_has_nothing_to_fall_from() -> None:
    """A stock on its first day."""
    newcomer = bars_at(slots(TODAY), [100.0, *[40.0] * 12])

    assert not doubted(newcomer, LATECOMER)
    assert not doubted(newcomer[:1], FOUR_FOR_ONE)


def test_last_bar_is_not_taken_for_the_one_before_the_first() -> None:
    """A newcomer that climbs fourfold on its first day."""
    climbs = bars_at(slots(TODAY), [25.0 * 4 ** (n / 12) for n in range(13)])

    assert not doubted(climbs, LATECOMER)
    assert not doubted(climbs, FOUR_FOR_ONE)


def test_one_bar_before_the_open_is_enough_to_fall_from() -> None:
    """The close of yesterday."""
    assert doubted(fallen(OPENING, 40.0)[OPENING - 1 :], LATECOMER)


def test_bar_behind_every_known_session_is_not_doubted() -> None:
    """The calendar ends: which session the bar belongs to is not known."""
    after = SESSIONS[-1].close + MINUTE

    assert unrestated(fallen(OPENING, 25.0), SESSIONS, after, LATECOMER) is None
    assert unrestated(fallen(OPENING, 25.0), SESSIONS, after, FOUR_FOR_ONE) is None


@pytest.mark.parametrize(
    ("row", "doubts"),
    [
        (A_DAY - 1, False),
        (A_DAY, True),
        (3 * A_DAY + 4, True),
        (OPENING, True),
        (len(SLOTS) - 1, True),
    ],
)
def test_split_of_the_account_is_looked_for_in_five_sessions_and_today(
    row: int, doubts: bool
) -> None:
    """Up to the bar that is decided; what is older was restated, or was no split."""
    assert doubted(fallen(row, 25.0), FOUR_FOR_ONE) is doubts


def test_bar_behind_the_one_that_is_decided_is_not_looked_at() -> None:
    """It forms still; its turn comes."""
    later = fallen(OPENING + 1, 25.0)

    assert not doubted(later, FOUR_FOR_ONE, TEN)
    assert doubted(later, FOUR_FOR_ONE, TEN + 30 * MINUTE)


def test_calendar_that_begins_late_is_looked_at_from_its_first_session() -> None:
    """Where no five sessions are known before today."""
    short = TradingDays(SESSIONS[4:])

    assert unrestated(fallen(4 * A_DAY, 25.0), short, TODAY.close, FOUR_FOR_ONE) is not None
    assert unrestated(fallen(4 * A_DAY - 1, 25.0), short, TODAY.close, FOUR_FOR_ONE) is None


def test_history_shorter_than_five_sessions_is_looked_at_from_its_second_bar() -> None:
    """Nothing comes before the first."""
    assert doubted(fallen(OPENING + 1, 25.0)[OPENING:], FOUR_FOR_ONE)
    assert not doubted(fallen(OPENING, 25.0)[OPENING:], FOUR_FOR_ONE)


@given(
    st.sampled_from([(4, 1), (3, 2), (5, 4), (2, 1), (1, 10), (2, 3)]),
    st.lists(st.integers(10, 1000), min_size=len(SLOTS), max_size=len(SLOTS)),
)
def test_step_that_is_nearer_to_the_split_than_to_none_is_doubted(
    split: tuple[int, int], prices: list[int]
) -> None:
    """Squares tell it without a logarithm: halfway lies at the root of the split."""
    ratio = Fraction(*split)
    steps = [Fraction(b, a) ** 2 * ratio for a, b in pairwise(prices)]
    nearer = [step < 1 if ratio > 1 else step > 1 for step in steps]
    sighting = Sighting(split=float(ratio))
    bars = bars_at(SLOTS, [float(price) for price in prices])

    found = unrestated(bars, SESSIONS, TODAY.close, sighting)

    if 1 not in steps:  # halfway, either word is right
        assert (found is not None) is any(nearer[A_DAY - 1 :])


def test_step_is_measured_from_the_close_before_to_the_open() -> None:
    """What a bar does between its first trade and its last is a market that moves."""
    first = SLOTS[OPENING]
    before = bars_at(SLOTS[:OPENING], [100.0] * OPENING)
    crashes = BarSeries.of([*before, Bar(*first, 71.0, 71.0, 25.0, 25.0, 1.0)])
    recovers = BarSeries.of([*before, Bar(*first, 25.0, 90.0, 25.0, 90.0, 1.0)])

    assert not doubted(crashes, FOUR_FOR_ONE, TEN)
    assert doubted(recovers, FOUR_FOR_ONE, TEN)


def test_doubt_names_the_last_step_and_what_the_account_shows() -> None:
    """One line to look it up by."""
    twice = [100.0 if n < OPENING - 20 else 24.5 if n < OPENING else 5.5 for n in range(len(SLOTS))]
    twice[OPENING - 2] = 25.1

    assert unrestated(bars_at(SLOTS, twice), SESSIONS, TODAY.close, FOUR_FOR_ONE) == (
        "from 24.50 to 5.50 at 2022-05-20T13:30:00Z: "
        "the account shows a split of 4 for 1 that its bars do not"
    )


def test_doubt_about_an_open_that_was_not_seen_says_so() -> None:
    """Which of the two it is, a person can find out."""
    assert unrestated(fallen(OPENING, 40.0), SESSIONS, TEN, LATECOMER) == (
        "from 100.00 to 40.00 at 2022-05-20T13:30:00Z: a split that is not in the history yet, "
        "or a crash; the account was not seen before it"
    )


@pytest.mark.parametrize(
    ("before", "after", "split"),
    [
        (("100", 50.0), ("400", 12.5), 4.0),
        (("400", 12.5), ("40", 125.0), 0.1),
        (("0.5", 50.0), ("1", 25.0), 2.0),
        (("100", 50.0), ("100", 50.0), None),
        (("100", 50.0), ("200", 55.0), None),
        (("100", 50.0), ("-100", 50.0), None),
        (("100", 0.0), ("400", 0.0), None),
        (("100", float("nan")), ("400", float("nan")), None),
        (("100", 50.0), ("101", 49.5), None),
        (("100", 50.0), ("105", 50 / 1.05), 1.05),
        (("100", 50.0), ("95", 50 / 0.95), 0.95),
        (("100", 50.0), ("104", 50 / 1.04), None),
        (("100", 50.0), ("96", 50 / 0.96), None),
        (("100", 50.0), ("200", 25.249), 2.0),
        (("100", 50.0), ("200", 24.751), 2.0),
        (("100", 50.0), ("200", 25.251), None),
        (("100", 50.0), ("200", 24.749), None),
        (("-100", 50.0), ("-200", 25.0), 2.0),
        (("0", 50.0), ("200", 25.0), None),
        (("100", 50.0), ("0", 0.0), None),
        (("100", 50.0), ("200", 0.0), None),
        (("100", 50.0), ("200", float("inf")), None),
    ],
)
def test_split_changes_the_shares_and_keeps_what_they_cost_together(
    before: tuple[str, float], after: tuple[str, float], split: float | None
) -> None:
    """A twentieth of the shares is the least, a hundredth of the cost is rounding."""
    one, other = (a_position(quantity, average_cost=cost) for quantity, cost in (before, after))

    found = split_between(one, other)

    assert found == (None if split is None else pytest.approx(split))
