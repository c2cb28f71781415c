"""Figures of a curve against numbers worked out by hand, and where there are none."""

import math
import statistics
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.backtest_builders import DAY, OPENS, SHARED, daily, hourly, real_hours
from tests.builders import rule

from sellcore.backtest import FREE, Assumptions, Entry, backtest, metrics
from sellcore.backtest.curve import Curve
from sellcore.backtest.dates import trading_dates
from sellcore.backtest.drawdown import drawdown

TIMES = OPENS + DAY * np.arange(1, 8)


def test_growth_is_compounded_over_bars_per_year() -> None:
    """Double in half a year is four times in one."""
    assert metrics.cagr(100.0, 200.0, 126 / 252) == pytest.approx(3.0)
    assert metrics.cagr(100.0, 50.0, 2.0) == pytest.approx(math.sqrt(0.5) - 1)
    assert metrics.cagr(100.0, 100.0, 1 / 252) == 0.0


def test_growth_has_bounds() -> None:
    """All lost is minus one; what no float can hold is None."""
    assert metrics.cagr(100.0, 0.0, 1.0) == -1.0
    assert metrics.cagr(1.0, 1e9, 1 / 1764) is None


def test_ratios_are_those_of_the_textbook() -> None:
    """Over five returns, worked out with ``statistics``."""
    returns = [0.01, -0.02, 0.03, 0.0, -0.01]
    mean, spread = statistics.fmean(returns), statistics.stdev(returns)
    downside = math.sqrt((0.02**2 + 0.01**2) / 5)
    given_ = np.array(returns)

    assert metrics.volatility(given_, 252) == pytest.approx(spread * math.sqrt(252))
    assert metrics.sharpe(given_, 252) == pytest.approx(mean / spread * math.sqrt(252))
    assert metrics.sortino(given_, 252) == pytest.approx(mean / downside * math.sqrt(252))


@pytest.mark.parametrize("returns", [[], [0.01], [0.0, 0.0, 0.0], [0.01] * 50])
def test_a_curve_without_spread_has_no_ratio(returns: list[float]) -> None:
    """None, never NaN and never a number without end."""
    given_ = np.array(returns)

    assert metrics.sharpe(given_, 252) is None
    assert metrics.sortino(given_, 252) is None
    assert metrics.volatility(given_, 252) == (pytest.approx(0) if len(returns) > 1 else None)


def test_gains_alone_have_no_sortino() -> None:
    """There is no loss to divide by."""
    assert metrics.sortino(np.array([0.01, 0.02, 0.0]), 252) is None


def test_returns_begin_with_the_capital_and_end_with_the_loss_of_all() -> None:
    """Once all is lost nothing more is."""
    returns = metrics.returns_of(np.array([110.0, 55.0, 0.0, 0.0]), 100.0)

    assert returns.tolist() == pytest.approx([0.1, -0.5, -1.0, 0.0])
    in_debt = metrics.returns_of(np.array([50.0, -25.0, -50.0, -10.0]), 100.0)
    assert in_debt.tolist() == pytest.approx([-0.5, -1.5, 0.0, 0.0])


def test_drawdown_tells_depth_dates_and_length() -> None:
    """From 120 to 90 and back: 25 %, five bars."""
    equity = np.array([110.0, 120.0, 100.0, 90.0, 95.0, 119.0, 120.0])

    found = drawdown(equity, TIMES, capital=100.0, began=OPENS)

    assert found.depth == pytest.approx(0.25)
    assert (found.peak, found.trough, found.recovery) == (TIMES[1], TIMES[3], TIMES[6])
    assert (found.bars, found.days) == (5, 5.0)


def test_a_drawdown_that_is_not_over_has_no_recovery() -> None:
    """Its length is counted to the last close; the capital can be the peak."""
    equity = np.array([90.0, 80.0, 85.0, 84.0, 99.0, 98.0, 97.0])

    found = drawdown(equity, TIMES, capital=100.0, began=OPENS)

    assert (found.depth, found.peak, found.trough) == (pytest.approx(0.2), OPENS, TIMES[1])
    assert (found.recovery, found.bars, found.days) == (None, 7, 7.0)


def test_what_never_falls_has_no_drawdown() -> None:
    """Flat counts as not fallen."""
    found = drawdown(np.full(7, 100.0), TIMES, capital=100.0, began=OPENS)

    assert (found.depth, found.peak, found.trough, found.bars) == (0.0, None, None, 0)


@given(st.lists(st.integers(1, 50), min_size=1, max_size=7))
def test_drawdown_is_the_deepest_of_all_pairs(values: list[int]) -> None:
    """No peak and later trough lie further apart."""
    curve = [20, *values]
    deepest = max(
        (curve[early] - curve[late]) / curve[early]
        for late in range(len(curve))
        for early in range(late + 1)
    )

    found = drawdown(np.array(values, float), TIMES[: len(values)], capital=20.0, began=OPENS)

    assert found.depth == pytest.approx(max(deepest, 0.0), abs=1e-15)


def test_a_year_has_as_many_bars_as_the_data_show() -> None:
    """252 days; seven hours a day; a half day does not move it."""
    days, hours = daily([10.0] * 9), hourly([10.0] * 70)

    def counted(bars: object) -> float:
        return metrics.periods_per_year(trading_dates(bars.start, bars.end))

    assert counted(days) == 252
    assert counted(hours) == 7 * 252
    assert counted(hours[:-3]) == 7 * 252
    assert counted(hourly([10.0] * 60, a_day=6)) == 6 * 252


@pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")
def test_one_day_that_is_longer_or_shorter_makes_no_other_year() -> None:
    """A day of nine bars among days of six, or of one: six a day is what there is."""
    for odd in (9, 1):
        counts = [6, 6, odd, 6, 6]
        dates = np.repeat(np.arange(5), counts)

        assert metrics.periods_per_year(dates) == 6 * 252


def test_real_hours_are_seven_a_day() -> None:
    """Half days and days whose first hours are missing are the fewer."""
    bars = real_hours()

    assert metrics.periods_per_year(trading_dates(bars.start, bars.end)) == 1764


@pytest.mark.parametrize(
    ("opens", "hours", "dates"),
    [
        ("2020-01-05T23:00", 6, [6, 7, 8]),  # Sydney passes midnight UTC: Monday's session
        ("2020-01-06T00:00", 6, [6, 7, 8]),  # Tokyo
        ("2020-01-06T14:30", 7, [6, 7, 8]),  # New York
    ],
)
def test_a_session_has_one_date_wherever_it_trades(
    opens: str, hours: int, dates: list[int]
) -> None:
    """The exchange's own, though it is told in UTC."""
    first = int(np.datetime64(opens, "s").astype(np.int64))
    start = np.concatenate([first + DAY * day + 3_600 * np.arange(hours) for day in range(3)])
    january = int(np.datetime64("2020-01-01", "D").astype(np.int64))

    found = trading_dates(start, start + 3_600) - january + 1

    assert found.tolist() == [date for date in dates for _ in range(hours)]


def test_days_from_midnight_to_midnight_keep_their_dates_when_clocks_change() -> None:
    """New York's midnight is an hour earlier by UTC in summer; one day has 23 hours, one 25."""
    days = [date(2020, 1, 1) + timedelta(days=number) for number in range(367)]
    zone = ZoneInfo("America/New_York")
    midnights = [int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp()) for d in days]

    found = trading_dates(np.array(midnights[:-1]), np.array(midnights[1:]))

    assert found.tolist() == [(day - date(1970, 1, 1)).days for day in days[:-1]]


def test_an_account_is_measured_by_its_trades() -> None:
    """One win and one loss: bought at 10 and sold at 12.50, bought at 12 and sold at 9."""
    closes = [10.0] * 5 + [12, 14, 16, 12.5, 11, 10, 10, 12, 12, 9, 9]
    costs_less = Assumptions(costs=FREE, capital=1_000.0, entry=Entry.RECLAIM)

    found = backtest({"X": daily(closes)}, rule("SMA,5,D"), costs_less)

    pnls = [(trade.exit_price - trade.entry_price) * trade.shares for trade in found.trades]
    measured = found.metrics
    assert pnls == [250.0, -312.0]
    assert len(pnls) == measured.trades == 2
    assert measured.hit_rate == 0.5
    assert measured.average_win == pytest.approx(max(pnls))
    assert measured.average_loss == pytest.approx(min(pnls))
    assert 1_000 + sum(pnls) == pytest.approx(measured.final_equity)
    assert measured.time_in_market == pytest.approx(
        sum(found.curve.exposure > 0) / len(found.equity)
    )
    traded = sum(fill.shares * fill.price for fill in found.fills)
    years = len(found.equity) / 252
    assert measured.turnover == pytest.approx(traded / 2 / found.equity.mean() / years)
    assert measured.calmar == pytest.approx(measured.cagr / measured.drawdown.depth)
    assert measured.exposure == pytest.approx(np.mean(found.curve.exposure / found.equity))


def test_a_trade_that_earns_nothing_is_no_hit() -> None:
    """Bought at 10 and sold at 10, without costs."""
    closes = [10.0, 10, 10, 10, 10, 11, 10, 9]

    found = backtest({"X": daily(closes)}, rule("SMA,5,D"), Assumptions(costs=FREE))

    assert [trade.pnl for trade in found.trades] == [0.0]
    assert (found.metrics.hit_rate, found.metrics.average_win) == (0.0, None)
    assert found.metrics.average_loss == 0.0


def test_costs_are_told_by_what_was_paid() -> None:
    """Commission by the price list; slippage by what the same shares cost at the bars' prices."""
    closes = [10.0, 10, 10, 10, 10, 11, 9, 8, 8]

    found = backtest({"X": daily(closes)}, rule("SMA,5,D"))

    bought, sold = found.fills
    assert found.metrics.commission == pytest.approx(0.005 * (bought.shares + sold.shares))
    assert found.metrics.slippage == pytest.approx(bought.shares * (10 + 9) * 0.0002)
    assert found.metrics.costs == found.metrics.commission + found.metrics.slippage


def test_one_bar_without_a_trade_has_the_figures_it_can_have() -> None:
    """No spread, no trade, no ratio: None for each, and nothing fails."""
    found = backtest({"X": daily([10.0] * 5)}, rule("SMA,5,D"), Assumptions(costs=FREE))

    measured = found.metrics
    assert (measured.bars, measured.trades, measured.total_return) == (1, 0, 0.0)
    assert measured.volatility is measured.sharpe is measured.sortino is measured.calmar is None
    assert measured.hit_rate is measured.average_win is measured.average_loss is None
    assert (measured.cagr, measured.drawdown.depth, measured.exposure) == (0.0, 0.0, 1.0)


def test_a_drawdown_begins_at_the_first_of_equal_peaks() -> None:
    """120, a dip, 120 again and a deeper fall: it has been below 120 since the first one."""
    equity = np.array([110.0, 120.0, 115.0, 120.0, 90.0, 95.0, 100.0])

    found = drawdown(equity, TIMES, capital=100.0, began=OPENS)

    assert (found.peak, found.bars) == (TIMES[1], 5)


def test_rounding_is_no_drawdown() -> None:
    """What the last bit alone has lost never fell."""
    equity = np.array([100.0, 100.0 - 1.5e-14, 100.0, 100.0, 100.0, 100.0, 100.0])

    found = drawdown(equity, TIMES, capital=100.0, began=OPENS)

    assert (found.depth, found.peak, found.trough, found.bars) == (0.0, None, None, 0)


def test_what_is_held_is_no_part_of_an_account_in_debt() -> None:
    """A commission beyond all there was: no part, and none below zero, is held from then on."""
    line = Curve(
        time=np.array([1, 2, 3]) * DAY,
        equity=np.array([100.0, 50.0, -20.0]),
        cash=np.array([50.0, 0.0, -30.0]),
        exposure=np.array([50.0, 50.0, 10.0]),
        tickers={},
    )

    found = metrics.measure(line, (), (), began=0, capital=100.0, periods=252.0)

    assert found.exposure == pytest.approx((0.5 + 1.0 + 0.0) / 3)
    assert found.time_in_market == 1.0
    assert found.cagr == -1.0


@pytest.mark.parametrize("length", [300, 1_800, 3_600, 86_400])
def test_what_trades_around_the_clock_has_days_of_utc(length: int) -> None:
    """No time of the day is quieter than another: a date changes at midnight."""
    start = 1_704_067_200 + length * np.arange(3 * 86_400 // length + 5)

    found = trading_dates(start, start + length)

    assert np.array_equal(found, start // 86_400)
