"""The seeded generator: the same for every run, consistent with itself, quoted in ticks."""

from datetime import date
from decimal import Decimal

import pytest
from attrs import evolve
from tests.gateway.gateway_stand import HOLIDAYS, Weekdays

from adapters.gateway.generator import Generator, Recipe
from adapters.gateway.hours import Hours, SessionColumns

FIRST, LAST = date(2022, 11, 1), date(2022, 12, 30)
HALF_DAY = date(2022, 11, 25)
RECIPE = Recipe(
    seed=7,
    con_id=272093,
    price=253.14,
    anchor=date(2022, 12, 1).toordinal(),
    first_day=FIRST,
    drift=0.1,
    volatility=0.3,
)


def the_sessions(first: date = FIRST) -> SessionColumns:
    return Hours("NASDAQ", Weekdays()).columns(first, LAST)


def a_generator(recipe: Recipe = RECIPE) -> Generator:
    return Generator(recipe, the_sessions(recipe.first_day))


def test_the_same_recipe_makes_the_same_minutes_in_any_order() -> None:
    """A day does not depend on which days were asked for before."""
    forwards, backwards = a_generator(), a_generator()
    late = backwards.minutes(20, 21)
    everything = forwards.minutes(0, 25)

    assert everything.between(int(late.start[0]), int(late.end[-1])).close.tolist() == (
        late.close.tolist()
    )
    assert backwards.minutes(0, 25).low.tolist() == everything.low.tolist()


@pytest.mark.parametrize("change", [{"seed": 8}, {"con_id": 272094}])
def test_another_seed_or_contract_makes_other_minutes(change: dict[str, int]) -> None:
    """Listings do not move in step."""
    other = a_generator(evolve(RECIPE, **change))

    assert other.minutes(0, 1).close.tolist() != a_generator().minutes(0, 1).close.tolist()


def test_a_young_listing_moves_as_an_old_one_does() -> None:
    """The first day cuts history off and changes nothing else."""
    later = date(2022, 11, 28)
    young, old = a_generator(evolve(RECIPE, first_day=later)), a_generator()
    rows = len(the_sessions().day) - len(the_sessions(later).day)

    assert young.minutes(0, 5).close.tolist() == old.minutes(rows, rows + 5).close.tolist()


def test_days_are_cut_from_their_minutes() -> None:
    """Open, high, low, close and volume of a day are those of its minutes."""
    generator, sessions = a_generator(), the_sessions()
    days = generator.daily(0, len(sessions.day))

    for row in range(len(sessions.day)):
        minutes = generator.minutes(row, row + 1)
        assert days.open[row] == minutes.open[0]
        assert days.close[row] == minutes.close[-1]
        assert days.high[row] == max(minutes.high.tolist())
        assert days.low[row] == min(minutes.low.tolist())
        assert days.volume[row] == sum(minutes.volume.tolist())


def test_minutes_fill_the_session_and_a_half_day_is_shorter() -> None:
    """390 minutes a day, 210 on the day after Thanksgiving, none on a holiday."""
    sessions, generator = the_sessions(), a_generator()
    days = [date.fromordinal(day) for day in sessions.day.tolist()]
    counts = {day: len(generator.minutes(row, row + 1)) for row, day in enumerate(days)}

    assert counts.pop(HALF_DAY) == 210
    assert set(counts.values()) == {390}
    assert not HOLIDAYS & set(days)


def test_prices_are_quoted_in_cents_and_bound_each_other() -> None:
    """Every price is a whole number of cents above zero; high and low hold the others."""
    bars = a_generator().minutes(0, 30)

    for name in ("open", "high", "low", "close"):
        for price in getattr(bars, name).tolist():
            assert Decimal(repr(price)) % Decimal("0.01") == 0
            assert price > 0
    assert (bars.high >= bars.open).all()
    assert (bars.high >= bars.close).all()
    assert (bars.low <= bars.open).all()
    assert (bars.low <= bars.close).all()


def test_the_close_before_the_start_is_the_price_asked_for() -> None:
    """A scenario's price is where its day begins."""
    sessions = the_sessions()
    before = sessions.day.tolist().index(RECIPE.anchor) - 1

    assert a_generator().daily(before, before + 1).close.tolist() == [253.14]


def test_daily_moves_are_as_wide_as_the_volatility_says() -> None:
    """A fifth of a year within a factor of two of the yearly figure: not flat, not wild."""
    import numpy as np

    closes = a_generator().daily(0, 40).close
    yearly = float(np.std(np.diff(np.log(closes))) * np.sqrt(252))

    assert 0.15 < yearly < 0.6
