"""The account beside a plain loop over the same bars, to the ninth digit."""

from itertools import product

import pytest
from tests.backtest_builders import (
    SHARED,
    Counted,
    commission,
    daily,
    hourly,
    plain_loop,
    random_walk,
    real_days,
    real_hours,
    stored,
)
from tests.builders import rule

from sellcore import BarSeries, MovingAverageRule
from sellcore.backtest import FREE, IB_FIXED, Assumptions, Backtest, Costs, Entry, Fill, backtest

SPREAD = Costs(fixed=2.5, per_share=0.0, percent=0.1, minimum=0, maximum_pct=None, slippage_bps=7.5)
WAYS = list(product(Fill, Entry, (FREE, IB_FIXED, SPREAD), (True, False)))

real = pytest.mark.skipif(not SHARED.is_dir(), reason="shared real bars are not here")


def agree(bars: BarSeries, wanted: MovingAverageRule) -> None:
    """Hold the engine against the loop under every assumption that both know."""
    for fill, entry, costs, whole in WAYS:
        assumptions = Assumptions(fill=fill, entry=entry, costs=costs, whole_shares=whole)
        expected = plain_loop(
            bars,
            wanted,
            costs=costs,
            reclaim=entry is Entry.RECLAIM,
            same_close=fill is Fill.SAME_CLOSE,
            whole=whole,
        )

        found = backtest({"NASDAQ:X": bars}, wanted, assumptions)

        same(found, expected, costs)


def same(found: Backtest, expected: Counted, costs: Costs) -> None:
    assert found.equity.tolist() == pytest.approx(expected.equity, rel=1e-9)
    assert found.curve.cash.tolist() == pytest.approx(expected.cash, rel=1e-9, abs=1e-6)
    fills = [(each.row, str(each.side), each.shares, each.price) for each in found.fills]
    assert [each[:2] for each in fills] == [each[:2] for each in expected.fills]
    for ours, theirs in zip(fills, expected.fills, strict=True):
        assert ours[2:] == pytest.approx(theirs[2:], rel=1e-9)
    paid = sum(commission(each[2], each[3], costs) for each in expected.fills)
    assert found.metrics.commission == pytest.approx(paid, rel=1e-9)


@pytest.mark.parametrize("text", ["SMA,5,D", "SMA,50,D", "EMA,20,D"])
@pytest.mark.parametrize("seed", [1, 2])
def test_made_up_days_come_out_as_a_plain_loop_counts(text: str, seed: int) -> None:
    """Every way to fill, enter and pay, over a random walk with gaps."""
    opens, closes = random_walk(400, seed)

    agree(daily(closes, opens), rule(text))


@pytest.mark.parametrize("text", ["SMA,10,1H", "EMA,10,1H"])
def test_made_up_hours_come_out_as_a_plain_loop_counts(text: str) -> None:
    """Hours on which close and average are often equal."""
    closes = [100 + (n * n % 11) * 0.25 + n % 5 for n in range(500)]

    agree(hourly(closes), rule(text))


@real
@pytest.mark.parametrize("text", ["SMA,50,D", "SMA,200,D", "EMA,20,D"])
def test_real_days_come_out_as_a_plain_loop_counts(text: str) -> None:
    """Thirteen years of AAPL, its two splits taken out by the test itself."""
    days = stored("daily/aapl_2000_2013_raw.parquet")["ts"]
    old = (days < 961_545_600) * 2.0 + (days >= 961_545_600)  # 2000-06-21
    scale = old * ((days < 1_109_548_800) * 2.0 + (days >= 1_109_548_800))  # 2005-02-28

    agree(real_days("daily/aapl_2000_2013_raw.parquet", scale=scale), rule(text))


@real
@pytest.mark.parametrize("text", ["SMA,20,1H", "EMA,50,1H"])
def test_real_hours_come_out_as_a_plain_loop_counts(text: str) -> None:
    """Hourly bars of SPY, half days and unrecorded hours among them."""
    agree(real_hours(), rule(text))


@real
def test_buy_and_hold_is_entered_as_the_rule_is() -> None:
    """The same bar, price and costs; what differs afterwards is the rule."""
    bars = real_days("daily/spy_2008_2017_splitadj.parquet")
    wanted = rule("SMA,200,D")

    found = backtest({"ARCA:SPY": bars}, wanted, Assumptions(entry=Entry.RECLAIM))

    assert found.hold_fills[0] == found.fills[0]
    assert found.fills[0].time == int(bars.start[199])
    entry = found.fills[0]
    left = 100_000 - entry.shares * entry.price - commission(entry.shares, entry.price, IB_FIXED)
    expected = [left + entry.shares * close for close in bars.close[199:].tolist()]
    assert found.hold.equity.tolist() == pytest.approx(expected, rel=1e-12)
    assert found.warm_up == {"ARCA:SPY": 199}
