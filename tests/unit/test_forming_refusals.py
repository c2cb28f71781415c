"""Which answers may take the quick way through a minute: each condition by itself."""

from datetime import date, timedelta

import numpy as np
import pytest
from attrs import evolve
from tests.builders import an_answer, new_york

from sellcore.coverage import Coverage
from sellcore.forming import TakenIn, forming_only
from sellcore.intake import HIGHEST, LOWEST, take_in
from sellcore.merge import Merged, merge
from sellcore.policy import Policy
from sellcore.request import FetchedBars
from sellcore.series import StoredSeries, apply
from sellcore.timeframe import Granularity

DAY = new_york(date(2022, 5, 20))
HALF_HOUR, MINUTE = timedelta(minutes=30), timedelta(minutes=1)
NOW = DAY.open + 100 * MINUTE
STARTS = [DAY.open + n * HALF_HOUR for n in range(4)]
FIRST = an_answer(NOW, [(start, 10.0 + n / 10) for n, start in enumerate(STARTS)])
PRICES = ("open", "high", "low", "close")


def reading(answer: FetchedBars) -> TakenIn:
    """Take an answer in and merge it into nothing."""
    result = merge(answer.request.key, None, take_in(answer, [DAY], Policy()).series)
    assert isinstance(result, Merged)
    assert result.update is not None
    return TakenIn(answer, apply(None, result.update))


BEFORE = reading(FIRST)


def later(**columns: list[float]) -> FetchedBars:
    """Return the same answer a minute later, but for these columns."""
    changed = {name: np.array(values) for name, values in columns.items()}
    return evolve(FIRST, asked_at=NOW + MINUTE, **changed)


@pytest.mark.parametrize("column", [*PRICES, "volume"])
def test_bar_that_forms_may_move_in_each_column(column: str) -> None:
    """The other three stay, and the update is that one bar."""
    quick = forming_only(BEFORE, later(**{column: [*getattr(FIRST, column)[:3], 11.0]}))

    assert quick is not None
    assert quick.update is not None
    assert quick.stored.bars[:-1].same(BEFORE.stored.bars[:-1])
    assert getattr(quick.stored.bars, column).tolist()[3:] == [11.0]
    assert quick.update.bars.same(quick.stored.bars[3:])
    assert quick.update.coverage == BEFORE.stored.coverage
    assert not quick.update.replaces_all


def test_answer_that_brings_nothing_new_is_no_update() -> None:
    """What is stored stays the very same."""
    quick = forming_only(BEFORE, later())

    assert quick is not None
    assert quick.update is None
    assert quick.stored is BEFORE.stored


@pytest.mark.parametrize("column", [*PRICES, "volume"])
@pytest.mark.parametrize("row", range(3))
def test_closed_bar_that_was_corrected_takes_the_long_way(column: str, row: int) -> None:
    """It may be a split."""
    values = getattr(FIRST, column).tolist()
    values[row] += 0.01

    assert forming_only(BEFORE, later(**{column: values})) is None


def test_bars_of_other_times_take_the_long_way() -> None:
    """Though they have the same prices: the oldest has gone, and a new one has begun."""
    moved = evolve(later(), stamp=FIRST.stamp + 1800)

    assert forming_only(BEFORE, moved) is None


def test_bar_before_the_forming_one_that_is_not_final_takes_the_long_way() -> None:
    """The answer may be the one that makes it final."""
    early = evolve(FIRST, asked_at=STARTS[3] + timedelta(seconds=5))
    before = reading(early)
    assert len(before.stored.closed) == 2

    assert forming_only(before, evolve(early, asked_at=STARTS[3] + MINUTE)) is None


def test_nothing_final_takes_the_long_way() -> None:
    """There is no closed bar to stand on."""
    stored = StoredSeries(BEFORE.stored.bars, Coverage())

    assert forming_only(TakenIn(FIRST, stored), later()) is None


def test_single_bar_takes_the_long_way() -> None:
    """Closed or forming: none comes before it."""
    alone = an_answer(NOW, [(STARTS[0], 10.0)])

    assert forming_only(reading(alone), evolve(alone, asked_at=NOW + MINUTE)) is None


def test_days_take_the_long_way() -> None:
    """They are few, and a day that ended yesterday may be corrected."""
    request = evolve(FIRST.request, granularity=Granularity.DAY)
    before = TakenIn(evolve(FIRST, request=request), BEFORE.stored)

    assert forming_only(before, evolve(later(), request=request)) is None


@pytest.mark.parametrize("volume", [-1.0, -0.5, np.inf, np.nan])
def test_volume_that_was_not_told_takes_the_long_way(volume: float) -> None:
    """It is stored as none there."""
    assert forming_only(BEFORE, later(volume=[100.0, 100.0, 100.0, volume])) is None


@pytest.mark.parametrize("column", PRICES)
@pytest.mark.parametrize("price", [LOWEST / 2, HIGHEST * 2, 0.0, -1.0, np.nan])
def test_price_that_no_share_can_have_takes_the_long_way(column: str, price: float) -> None:
    """In any column."""
    assert forming_only(BEFORE, later(**{column: [10.0, 10.1, 10.2, price]})) is None
