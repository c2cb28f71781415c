"""The day that is shown when nothing is given: worth watching, and always the same."""

from datetime import UTC, datetime
from fractions import Fraction

import pytest

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock
from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.scenario import default_scenario
from adapters.gateway.world import World
from sellcore.instant import to_epoch

CLOSE = datetime(2022, 5, 20, 20, 0, tzinfo=UTC)
MONTHS = 60 * 86_400
DAY_BEFORE = to_epoch(datetime(2022, 5, 20, tzinfo=UTC))


@pytest.fixture(scope="module")
def world() -> World:
    return World.of(default_scenario(), FrozenClock(CLOSE), SessionTable())


def below_on_the_day(world: World, ticker: str, length: int) -> list[bool]:
    """Say for each of the day's hours whether it closed below the mean of so many hours."""
    listing = next(each for each in world.listings if each.ticker == ticker)
    now = to_epoch(CLOSE)
    bars = world.tape.bars(listing, BarSize.HOUR, now - MONTHS, now, regular=True)
    closes = [Fraction(repr(close)) for close in bars.close.tolist()]
    return [
        closes[i] < sum(closes[i + 1 - length : i + 1]) / length
        for i, start in enumerate(bars.start.tolist())
        if start > DAY_BEFORE
    ]


def test_msft_falls_below_its_average_and_recovers(world: World) -> None:
    """The holding with the resting stop signals more than once, and holds in between."""
    below = below_on_the_day(world, "NASDAQ:MSFT", 50)

    assert len(below) == 7
    assert below[0]
    assert not all(below)


def test_ko_holds_for_most_of_the_day(world: World) -> None:
    """A quiet holding stays above its average until the afternoon."""
    assert below_on_the_day(world, "NYSE:KO", 10) == [False] * 5 + [True] * 2


def test_the_young_listing_has_too_few_hours_for_a_long_average(world: World) -> None:
    """Nine sessions of seven hours and no more."""
    arm = next(each for each in world.listings if each.symbol == "BLCO")
    hours = world.tape.bars(arm, BarSize.HOUR, 0, to_epoch(CLOSE), regular=True)

    assert len(hours) == 9 * 7


def test_old_listings_have_bars_for_the_longest_average(world: World) -> None:
    """An EMA over 200 days needs 661 of them."""
    msft = next(each for each in world.listings if each.symbol == "MSFT")
    days = world.tape.bars(msft, BarSize.DAY, 0, to_epoch(CLOSE), regular=True)

    assert len(days) >= 661


def test_the_stop_rests_below_all_that_trades(world: World) -> None:
    """It is there to be seen among the open orders, not to be filled."""
    (stop,) = default_scenario().open_orders
    msft = next(each for each in world.listings if each.symbol == "MSFT")
    day = world.tape.bars(msft, BarSize.DAY, DAY_BEFORE, to_epoch(CLOSE), regular=True)

    assert stop.price is not None
    assert stop.price < min(day.low.tolist())
