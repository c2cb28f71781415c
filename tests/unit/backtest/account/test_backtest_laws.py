"""What holds of every backtest, whatever the bars."""

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import daily
from tests.builders import rule

from sellcore import BarSeries
from sellcore.backtest import (
    FREE,
    Action,
    ActionKind,
    Adjustment,
    Assumptions,
    Backtest,
    Costs,
    Entry,
    Fill,
    backtest,
)
from sellcore.instant import from_epoch
from sellcore.order import Side
from sellcore.order_type import OrderType

BARS = 40
prices = st.integers(9_000, 11_000).map(lambda cents: cents / 100)
columns = st.lists(prices, min_size=BARS, max_size=BARS)
rules = st.sampled_from([rule("SMA,5,D"), rule("SMA,10,D"), rule("EMA,5,D")])
anything = st.builds(
    Assumptions,
    fill=st.sampled_from(Fill),
    entry=st.sampled_from(Entry),
    costs=st.sampled_from([FREE, Costs(), Costs(percent=0.3, slippage_bps=20)]),
    order_type=st.sampled_from(OrderType),
    volume_cap=st.none() | st.just(0.01),
    max_symbol_exposure=st.sampled_from([1.0, 0.4]),
    max_gross_exposure=st.sampled_from([1.0, 0.7]),
    max_daily_loss_pct=st.none() | st.just(1.0),
    whole_shares=st.booleans(),
)


@st.composite
def series(draw: st.DrawFn) -> BarSeries:
    opens, closes = draw(columns), draw(columns)
    highs = [max(pair) + 0.5 for pair in zip(opens, closes, strict=True)]
    lows = [min(pair) - 0.5 for pair in zip(opens, closes, strict=True)]
    return daily(closes, opens, highs=highs, lows=lows, volume=20_000)


def with_other_future(bars: BarSeries, known: int, by: float) -> BarSeries:
    """Move all prices and volumes behind row ``known``."""
    behind = np.where(np.arange(len(bars)) > known, by, 1.0)
    moved = [getattr(bars, each) * behind for each in ("open", "high", "low", "close", "volume")]
    return BarSeries(bars.start, bars.end, *moved)


def past(found: Backtest, known: int) -> tuple[object, ...]:
    """Return all that was decided and filled up to the close of a row."""
    end = int(found.decisions["X"].bars.end[known])
    decided = [
        (order.number, order.side, order.reason, order.limit)
        for order in found.orders
        if order.decided_at <= end
    ]
    fills = [fill for fill in found.fills if fill.row <= known]
    equity = found.equity[found.times <= end].tolist()
    return found.decisions["X"].side[: known + 1].tolist(), decided, fills, equity


@settings(max_examples=80)
@given(series(), rules, anything, st.integers(9, BARS - 2), st.sampled_from([0.93, 1.0001, 1.07]))
def test_another_future_never_changes_the_past(
    bars: BarSeries, wanted: object, assumptions: Assumptions, known: int, by: float
) -> None:
    """Decisions, orders, fills and equity up to a bar do not know what comes behind it."""
    other = with_other_future(bars, known, by)

    first, second = (backtest({"X": each}, wanted, assumptions) for each in (bars, other))

    assert past(first, known) == past(second, known)


@settings(max_examples=80)
@given(series(), series(), rules, anything)
def test_equity_is_cash_and_what_is_held(
    one: BarSeries, other: BarSeries, wanted: object, assumptions: Assumptions
) -> None:
    """At every close, for all tickers, and again from the fills, which the test adds up."""
    bars = {"X": one, "Y": other[7:]}

    found = backtest(bars, wanted, assumptions)

    for place, (time, equity) in enumerate(zip(found.times.tolist(), found.equity, strict=True)):
        cash, value = assumptions.capital, 0.0
        for fill in found.fills:
            if fill.time < time or (fill.time == time and not opens_then(fill, found)):
                sign = 1 if fill.side is Side.BUY else -1
                cash -= sign * fill.shares * fill.price + fill.commission
        for ticker, curve in found.curve.tickers.items():
            series_, shares = found.decisions[ticker].bars, float(curve.shares[place])
            closed = series_.close[series_.end <= time]
            value += shares * float(closed[-1]) if shares else 0.0
        assert equity == pytest.approx(cash + value, rel=1e-12)
        assert found.curve.cash[place] == pytest.approx(cash, abs=1e-6)
    earned = sum(each.realised + each.unrealised for each in found.curve.tickers.values())
    assert (assumptions.capital + earned).tolist() == pytest.approx(
        found.equity.tolist(), rel=1e-12
    )


def opens_then(fill: object, found: Backtest) -> bool:
    bars = found.decisions[fill.ticker].bars
    return int(bars.start[fill.row]) == fill.time


@settings(max_examples=80)
@given(series(), series(), rules, anything)
def test_nothing_is_sold_short_or_bought_on_credit(
    one: BarSeries, other: BarSeries, wanted: object, assumptions: Assumptions
) -> None:
    """Shares and cash stay at zero or above; whole shares stay whole; fills fit the cap."""
    found = backtest({"X": one, "Y": other}, wanted, assumptions)

    assert min(found.curve.cash) >= -1e-6
    for curve in found.curve.tickers.values():
        assert min(curve.shares) >= 0
        if assumptions.whole_shares:
            assert np.array_equal(curve.shares, np.rint(curve.shares))
    if assumptions.volume_cap is not None:
        assert all(fill.shares <= 200 for fill in found.fills[2:])


@settings(max_examples=60)
@given(series(), rules, st.sampled_from(Fill), st.sampled_from([0.2, 0.5]))
def test_no_purchase_brings_a_ticker_above_its_part(
    bars: BarSeries, wanted: object, fill: Fill, part: float
) -> None:
    """Nor do the fills that are carried to later bars, at prices that have moved meanwhile."""
    assumed = Assumptions(
        fill=fill, entry=Entry.RECLAIM, costs=FREE, max_symbol_exposure=part, volume_cap=0.003
    )

    found = backtest({"X": bars}, wanted, assumed)

    cash, shares = assumed.capital, 0.0
    for each in found.fills:
        sign = 1 if each.side is Side.BUY else -1
        cash -= sign * each.shares * each.price
        shares += sign * each.shares
        held = shares * each.price
        assert each.side is Side.SELL or held <= part * (cash + held) * (1 + 1e-9)


@settings(max_examples=60)
@given(series(), rules, st.sampled_from(Fill), st.sampled_from(Entry), st.data())
def test_costs_never_help(
    bars: BarSeries, wanted: object, fill: Fill, entry: Entry, data: st.DataObject
) -> None:
    """Whatever is fully invested ends with less where trading costs more."""
    costs = data.draw(st.builds(Costs, per_share=st.floats(0, 0.02), slippage_bps=st.floats(0, 30)))
    dearer = evolve(costs, per_share=costs.per_share + 0.01, slippage_bps=costs.slippage_bps + 5)
    given_ = Assumptions(fill=fill, entry=entry, whole_shares=False)

    free, some, more = (
        backtest({"X": bars}, wanted, evolve(given_, costs=each)).final_equity
        for each in (FREE, costs, dearer)
    )

    assert more < some <= free


@settings(max_examples=60)
@given(series(), rules, anything, st.integers(1, BARS - 1), st.sampled_from([2, 4, 8, 0.5]))
def test_a_split_that_is_told_changes_nothing(
    bars: BarSeries, wanted: object, assumptions: Assumptions, row: int, ratio: float
) -> None:
    """Prices before it at the old level, volumes alike, and the action: the same account."""
    before = np.where(np.arange(BARS) < row, ratio, 1.0)
    raw = [getattr(bars, each) * before for each in ("open", "high", "low", "close")]
    unsplit = BarSeries(bars.start, bars.end, *raw, bars.volume / before)
    day = from_epoch(int(bars.start[row])).date()
    split = Action("X", day, ActionKind.SPLIT, ratio)

    told = backtest({"X": unsplit}, wanted, assumptions, [split])

    assert told.equity.tolist() == pytest.approx(
        backtest({"X": bars}, wanted, assumptions).equity.tolist(), rel=1e-12
    )


@settings(max_examples=30)
@given(series(), series(), rules, anything)
def test_the_same_input_gives_the_same_bytes(
    one: BarSeries, other: BarSeries, wanted: object, assumptions: Assumptions
) -> None:
    """Whatever order the tickers are given in."""
    first = backtest({"X": one, "Y": other}, wanted, assumptions)
    second = backtest({"Y": other, "X": one}, wanted, assumptions)

    assert first.config_hash == second.config_hash
    assert first.equity.tobytes() == second.equity.tobytes()
    assert first.hold.equity.tobytes() == second.hold.equity.tobytes()
    assert repr((first.orders, first.fills, first.trades, first.metrics)) == repr(
        (second.orders, second.fills, second.trades, second.metrics)
    )


@given(series(), st.integers(0, BARS - 1), st.sampled_from(["open", "close", "volume"]))
def test_any_other_input_has_another_hash(bars: BarSeries, row: int, name: str) -> None:
    """A price, a volume, a rule, an assumption, an action: each is part of the hash."""
    wanted, given_ = rule("SMA,5,D"), Assumptions()
    columns_ = {each: getattr(bars, each).copy() for each in ("open", "high", "low", "close")}
    columns_["volume"] = bars.volume.copy()
    columns_[name][row] *= 1.0001
    changed = BarSeries(bars.start, bars.end, *columns_.values())
    dividend = Action("X", from_epoch(int(bars.start[5])).date(), ActionKind.DIVIDEND, 0.5)

    hashes = {
        backtest(*each).config_hash
        for each in (
            ({"X": bars}, wanted, given_),
            ({"X": changed}, wanted, given_),
            ({"Z": bars}, wanted, given_),
            ({"X": bars}, rule("SMA,10,D"), given_),
            ({"X": bars}, wanted, evolve(given_, costs=FREE)),
            ({"X": bars}, wanted, evolve(given_, adjustment=Adjustment.TOTAL_RETURN)),
            ({"X": bars}, wanted, given_, [dividend]),
        )
    }

    assert len(hashes) == 7


def test_what_an_action_is_worth_is_part_of_the_hash() -> None:
    """Two dividends on one day are two inputs."""
    bars = daily([100.0] * BARS)
    day = from_epoch(int(bars.start[5])).date()

    hashes = {
        backtest(
            {"X": bars}, rule("SMA,5,D"), actions=[Action("X", day, ActionKind.DIVIDEND, worth)]
        ).config_hash
        for worth in (0.5, 0.25)
    }

    assert len(hashes) == 2


def test_a_result_is_told_in_a_line() -> None:
    """A notebook shows it: not the numbers of every bar."""
    found = backtest({"X": daily([100.0] * BARS)}, rule("SMA,5,D"), Assumptions(costs=FREE))

    assert repr(found) == ("Backtest(SMA(5) D on X: 100,000.00 became 100,000.00, held 100,000.00)")
    assert repr(found.decisions["X"]) == "Decisions(SMA(5) D on X, 40 bars, 4 of them warm-up)"
    assert repr(found.curve) == "Curve(36 closes, X)"
