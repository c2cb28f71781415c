"""The account beside one that is counted moment by moment, all its orders and caps in play."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import daily, hourly
from tests.builders import rule
from tests.plain_account import plain_account

from sellcore import BarSeries
from sellcore.backtest import FREE, IB_FIXED, Assumptions, Costs, Entry, Fill, backtest
from sellcore.order_type import OrderType
from sellcore.selling.limits import SellingPolicy

DAYS, HOURS = 60, 120
assumed = st.builds(
    Assumptions,
    fill=st.sampled_from(Fill),
    entry=st.sampled_from([Entry.RECLAIM, Entry.RECLAIM, Entry.HELD]),
    costs=st.sampled_from([FREE, IB_FIXED, Costs(fixed=1.5, percent=0.1, slippage_bps=25)]),
    order_type=st.sampled_from(OrderType),
    limit_offset_pct=st.sampled_from([0.0, 0.25, 1.0]),
    volume_cap=st.sampled_from([None, 0.003, 0.05]),
    max_symbol_exposure=st.sampled_from([1.0, 0.3]),
    max_gross_exposure=st.sampled_from([1.0, 0.6]),
    max_daily_loss_pct=st.sampled_from([None, 0.37]),
    whole_shares=st.booleans(),
)


@st.composite
def universe(draw: st.DrawFn) -> dict[str, BarSeries]:
    """One to three tickers that begin on days of their own; ties of close and average abound."""
    hours = draw(st.booleans())
    bars = {}
    for name in ("A", "B", "C")[: draw(st.integers(1, 3))]:
        rng = np.random.default_rng(draw(st.integers(0, 10_000)))
        count, late = (HOURS, 0) if hours else (DAYS, draw(st.integers(0, 5)))
        closes = 100 + 0.25 * np.cumsum(rng.integers(-3, 4, count))
        opens = np.append(closes[0], closes[:-1]) + 0.25 * rng.integers(-2, 3, count)
        plain = hourly(closes.tolist()) if hours else daily(closes.tolist())
        start, end = plain.start + 86_400 * late, plain.end + 86_400 * late
        high = np.maximum(opens, closes) + 0.25 * rng.integers(0, 3, count)
        low = np.minimum(opens, closes) - 0.25 * rng.integers(0, 3, count)
        volume = rng.integers(0, 60_000, count).astype(float)
        bars[name] = BarSeries(start, end, opens, high, low, closes, volume)
    return bars


LEVELS = ((100.0, 0.25), (0.5, 0.0125), (150_000.0, 125.0), (12.34, 0.01))
"""Where prices begin, and their step: dollars, parts of a dollar, six figures, cents."""

LIMITS = st.builds(
    SellingPolicy,
    max_shares_per_order=st.sampled_from([50, 400, 10**7]),
    max_value_per_order=st.sampled_from([5e3, 5e4, 1e9]),
    max_orders_per_day=st.sampled_from([1, 2, 20]),
    max_value_per_day=st.sampled_from([2e4, 1e9]),
    recheck_at_open=st.booleans(),
)


@st.composite
def odd_bars(draw: st.DrawFn, timeframe: str) -> BarSeries:
    """Begun late, ended early, with days and volumes missing, at prices of any size."""
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    base, step = draw(st.sampled_from(LEVELS))
    count = draw(st.integers(8, DAYS if timeframe == "D" else HOURS))
    closes = np.round(np.maximum(base + step * np.cumsum(rng.integers(-3, 4, count)), step), 4)
    moved = np.append(closes[0], closes[:-1]) + step * rng.integers(-2, 3, count)
    opens = np.round(np.maximum(moved, step), 4)
    plain = daily(closes.tolist()) if timeframe == "D" else hourly(closes.tolist())
    late = 86_400 * draw(st.integers(0, 8))
    high = np.maximum(opens, closes) + step * rng.integers(0, 3, count)
    low = np.maximum(np.minimum(opens, closes) - step * rng.integers(0, 3, count), step)
    volume = rng.integers(0, 60_000, count) * (rng.random(count) >= 0.2)
    whole = BarSeries(plain.start + late, plain.end + late, opens, high, low, closes, volume)
    return whole[(rng.random(count) >= draw(st.sampled_from([0.0, 0.1]))) | (np.arange(count) < 6)]


@settings(max_examples=150, deadline=None)
@given(st.data(), assumed, st.none() | LIMITS, st.sampled_from([1e5, 777.7, 2e7]))
def test_hours_and_days_share_an_account_within_the_limits_of_live(
    data: st.DataObject, assumptions: Assumptions, limits: SellingPolicy | None, capital: float
) -> None:
    """Rules of both timeframes, tickers that come and go, whatever they cost, limits or none."""
    bars, rules = {}, {}
    for name in "ABCD"[: data.draw(st.integers(1, 4))]:
        timeframe = data.draw(st.sampled_from(["1H", "D"]))
        bars[name] = data.draw(odd_bars(timeframe))
        rules[name] = rule(f"SMA,5,{timeframe}")
    given = evolve(assumptions, limits=limits, capital=capital, allow_jumps=True)

    found = backtest(bars, rules, given)

    expected = plain_account(bars, rules, given)
    assert found.times.tolist() == list(expected.equity)
    assert found.equity.tolist() == pytest.approx(list(expected.equity.values()), rel=1e-9)
    assert [(fill.time, fill.ticker, fill.side.name) for fill in found.fills] == [
        (time, ticker, "BUY" if side > 0 else "SELL") for time, ticker, side, _, _ in expected.fills
    ]


@settings(max_examples=150, deadline=None)
@given(universe(), assumed, st.sampled_from(["SMA,5", "EMA,5", "SMA,10"]))
def test_an_account_comes_out_as_its_manual_counts_it(
    bars: dict[str, BarSeries], assumptions: Assumptions, words: str
) -> None:
    """Limits, caps, fills in parts, the kill switch and several tickers, all at once."""
    wanted = rule(f"{words},{'D' if len(bars['A']) == DAYS else '1H'}")

    found = backtest(bars, wanted, assumptions)

    expected = plain_account(bars, dict.fromkeys(bars, wanted), assumptions)
    assert found.times.tolist() == list(expected.equity)
    assert found.equity.tolist() == pytest.approx(list(expected.equity.values()), rel=1e-9)
    fills = [(fill.time, fill.ticker) for fill in found.fills]
    assert fills == [fill[:2] for fill in expected.fills]
    for fill, (_, _, side, shares, price) in zip(found.fills, expected.fills, strict=True):
        assert (fill.side.name, fill.shares) == (
            "BUY" if side > 0 else "SELL",
            pytest.approx(shares, rel=1e-9),
        )
        assert fill.price == pytest.approx(price, rel=1e-12)
