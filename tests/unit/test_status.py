"""The state of a holding, for a table."""

from datetime import date, timedelta

import pytest
from attrs import evolve
from tests.builders import MSFT, a_position, bars_at, days, exact_average, known, nasdaq, rule
from tests.plan_builders import ELEVEN, HALF_HOURS, NOW, a_holding

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.outcome import Outcome
from sellcore.plan import Decision
from sellcore.rule import LENGTHS, AverageKind
from sellcore.series import StoredSeries
from sellcore.status import Levels, Quote, StatusRow, Undecided, levels, quote
from sellcore.timeframe import Granularity, Timeframe

DAYS = days(nasdaq(date(2019, 1, 2), date(2022, 6, 10)))
CLOSES = [100.0 + n * 37 % 11 / 10 for n in range(661)]
LEVEL = (AverageKind.SMA, 5, Timeframe.HOUR)


def some_levels(average: float, bars: int = 7) -> Levels:
    return Levels(NOW, 100.0, bars, {(AverageKind.SMA, 5): average})


def a_row(**changes: object) -> StatusRow:
    row = StatusRow(
        holding=a_holding(NOW),
        quote=Quote(100.0, NOW, forming=True),
        levels={Timeframe.HOUR: some_levels(110.0)},
        decision=None,
        waiting=None,
    )
    return evolve(row, **changes)


def test_levels_are_all_averages_that_have_enough_bars() -> None:
    """Seven lengths of both families at the last bar, each equal to its fraction."""
    found = levels([bars_at(DAYS[:661], CLOSES)])[0]

    assert found is not None
    assert (found.bar_end, found.close, found.bars) == (DAYS[660][1], CLOSES[-1], 661)
    assert set(found.values) == {(kind, length) for kind in AverageKind for length in LENGTHS}
    for (kind, length), value in found.values.items():
        expected = exact_average(CLOSES, rule(f"{kind},{length},D"))
        assert value == pytest.approx(float(expected), rel=1e-14)


def test_average_without_enough_bars_is_left_out() -> None:
    """Never a guess: with 660 bars EMA(200) is not converged."""
    found = levels([bars_at(DAYS[:660], CLOSES[:660])])[0]

    assert found is not None
    assert (AverageKind.EMA, 200) not in found.values
    assert (AverageKind.SMA, 200) in found.values


def test_no_bars_have_no_levels() -> None:
    """Nothing, and not zero."""
    assert levels([BarSeries.empty()])[0] is None


def test_quote_is_the_newest_half_hour_even_while_it_forms() -> None:
    """And says that it forms."""
    stored = HALF_HOURS.stored(NOW)
    series = {Granularity.HALF_HOUR: stored, Granularity.DAY: known(bars_at(DAYS[:2], [1.0, 2.0]))}

    assert quote(series) == Quote(
        price=float(HALF_HOURS.shown(NOW).close[-1]),
        bar_end=ELEVEN + timedelta(minutes=30),
        forming=True,
    )


def test_quote_of_a_closed_bar_is_not_forming() -> None:
    """Where there are no half hours, the day's bar serves."""
    daily = known(bars_at(DAYS[:2], [1.0, 2.0]))

    assert quote({Granularity.DAY: daily}) == Quote(2.0, DAYS[1][1], forming=False)
    empty = StoredSeries(BarSeries.empty(), Coverage())
    assert quote({Granularity.HALF_HOUR: empty}) is None
    assert quote({}) is None


def test_distance_is_how_far_the_price_must_move() -> None:
    """From 100 to 110 it must rise by 10 %; to 90 it must fall by 10 %."""
    assert a_row().to_cross_pct() == pytest.approx(10.0)
    assert a_row(levels={Timeframe.HOUR: some_levels(90.0)}).to_cross_pct() == pytest.approx(-10.0)
    assert a_row().to_cross_pct(LEVEL) == a_row().to_cross_pct()


def test_what_is_not_known_has_no_distance() -> None:
    """No quote, no average, no rule: nothing, and not zero."""
    assert a_row(quote=None).to_cross_pct() is None
    assert a_row(levels={}).to_cross_pct() is None
    assert a_row(levels={}).average is None
    assert a_row(holding=a_holding(NOW, wanted=None)).to_cross_pct() is None
    assert a_row().to_cross_pct((AverageKind.EMA, 200, Timeframe.HOUR)) is None
    assert a_row().to_cross_pct((AverageKind.SMA, 5, Timeframe.DAY)) is None


DECISION = Decision(MSFT, rule(), NOW, Outcome.HOLD, "close 1 is above")


@pytest.mark.parametrize(
    ("row", "standing"),
    [
        (a_row(waiting="not final yet", decision=DECISION), ("waiting", "not final yet")),
        (a_row(decision=DECISION), ("hold", "close 1 is above")),
        (
            a_row(holding=a_holding(NOW, quantity="-3")),
            ("left alone", "a short position is never touched"),
        ),
        (
            a_row(holding=a_holding(NOW, wanted=None)),
            ("unassigned", "no rule: watched, never sold"),
        ),
        (a_row(), ("watching", "no bar has ended yet")),
        (
            a_row(levels={Timeframe.HOUR: some_levels(1.0, bars=4)}),
            ("watching", "SMA(5) 1H needs 5 closed bars, has 4"),
        ),
        (a_row(levels={}), ("watching", "SMA(5) 1H needs 5 closed bars, has 0")),
    ],
)
def test_standing_is_the_last_decision_or_why_there_is_none(
    row: StatusRow, standing: tuple[str, str]
) -> None:
    """A word and a reason; what a bar waits for comes first."""
    assert (str(row.standing.word), row.standing.reason) == standing


def test_holding_without_any_bars_still_has_a_row() -> None:
    """Nothing raises where nothing is known."""
    row = StatusRow(a_holding(NOW, series={}), None, {}, None, None)

    assert row.average is None
    assert row.standing.word is Undecided.WATCHING
    assert row.holding.position == a_position()
