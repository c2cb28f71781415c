"""When orders trade, at what price, how much of them, and what stands against them."""

import numpy as np
import pytest
from tests.backtest_builders import daily, hourly
from tests.builders import rule

from sellcore import BarSeries
from sellcore.backtest import FREE, Assumptions, Backtest, Costs, Entry, Fill, backtest
from sellcore.backtest.account.orders import OrderState
from sellcore.order import Side
from sellcore.order_type import OrderType
from sellcore.selling.limits import SellingPolicy

SMA5 = rule("SMA,5,D")
PRICED = ("open", "high", "low", "close", "volume")
RISE_THEN_FALL = [10.0, 10, 10, 10, 10.5, 11, 9, 8, 8, 8, 8, 8]
"""The average of five is there from bar 4 on; bar 6 is the first that closes below it."""


def run(bars: BarSeries, **assumed: object) -> Backtest:
    return backtest({"X": bars}, SMA5, Assumptions(**{"costs": FREE, "capital": 1_050.0} | assumed))


def sales(found: Backtest) -> list[tuple[int, float, float]]:
    """Return row, shares and price of each sale."""
    return [(each.row, each.shares, each.price) for each in found.fills if each.side is Side.SELL]


def test_fill_never_precedes_the_next_open() -> None:
    """Decided on bar 6, sold at the open of bar 7, and the live rule says why."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.75, 8, 8, 8, 8]

    found = run(daily(RISE_THEN_FALL, opens))

    assert sales(found) == [(7, 100.0, 8.75)]
    bars = found.decisions["X"].bars
    assert found.fills[1].time == int(bars.start[7])
    assert found.orders[1].decided_at == int(bars.end[6])
    assert found.orders[1].reason == "close 9.00 is below SMA(5) 10.1000"
    assert found.equity.tolist() == [1_050, 1_100, 900, 875, 875, 875, 875, 875]


def test_the_close_itself_is_filled_only_where_asked_for() -> None:
    """The same decision, at the price nobody can have."""
    found = run(daily(RISE_THEN_FALL), fill=Fill.SAME_CLOSE)

    assert sales(found) == [(6, 105.0, 9.0)]
    assert found.fills[1].time == int(found.decisions["X"].bars.end[6])


def test_a_decision_on_the_last_bar_is_not_filled() -> None:
    """No bar follows; the position stands at the last close."""
    found = run(daily(RISE_THEN_FALL[:7]))

    assert sales(found) == []
    assert [order.state for order in found.orders] == [OrderState.FILLED, OrderState.NO_BAR]
    assert found.final_equity == 945.0
    assert found.trades == ()


def test_reclaim_buys_back_after_a_close_above() -> None:
    """Sold at the open of bar 7, below; a close above on bar 9 buys at the open of bar 10."""
    closes = [10.0, 10, 10, 10, 10, 10, 8, 8, 8, 12, 12, 12]

    found = run(daily(closes), entry=Entry.RECLAIM)

    assert [(each.row, str(each.side), each.price) for each in found.fills] == [
        (4, "BUY", 10.0),
        (7, "SELL", 8.0),
        (10, "BUY", 12.0),
    ]


def test_held_is_sold_once() -> None:
    """After the sale nothing happens, whatever the closes."""
    closes = [10.0, 10, 10, 10, 10, 10, 8, 8, 8, 12, 12, 12]

    assert len(run(daily(closes)).fills) == 2


def test_a_limit_is_met_at_a_better_open() -> None:
    """The market opens above the limit of 8.91: the sale gets the open."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.95, 8, 8, 8, 8]

    found = run(daily(RISE_THEN_FALL, opens), order_type=OrderType.LIMIT, limit_offset_pct=1)

    assert sales(found) == [(7, 100.0, 8.95)]
    assert found.orders[1].limit == pytest.approx(8.91)


def test_a_limit_is_met_within_the_bar_at_the_limit() -> None:
    """It opens below the limit and trades through it later: the limit, no better, no worse."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.5, 8, 8, 8, 8]
    highs = [10.0, 10, 10, 10, 10.5, 11, 11, 9.2, 8, 8, 8, 8]
    bars = daily(RISE_THEN_FALL, opens, highs=highs)

    found = run(
        bars, order_type=OrderType.LIMIT, limit_offset_pct=1, costs=Costs(per_share=0, minimum=0)
    )

    (sale,) = sales(found)
    assert sale[0] == 7
    assert sale[2] == pytest.approx(8.91, rel=1e-15)
    assert found.fills[1].time == int(bars.end[7])
    assert found.fills[1].slippage == 0


def test_a_limit_that_is_not_met_lapses_and_the_next_bar_decides_anew() -> None:
    """Bar 7 trades below the limit of bar 6 all day; bar 7 closes below and sets another."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.5, 8, 8, 8, 8]

    found = run(daily(RISE_THEN_FALL, opens), order_type=OrderType.LIMIT, limit_offset_pct=1)

    assert [order.state for order in found.orders[1:]] == [OrderState.LAPSED, OrderState.FILLED]
    assert sales(found) == [(8, 100.0, 8.0)]
    assert found.orders[2].limit == pytest.approx(7.92)


def test_a_limit_works_until_the_end_of_its_day() -> None:
    """The third hour of a day meets what was decided in its first; the next day would not."""
    closes = [10.0] * 7 + [9.0, 8.5, 9.0] + [8.0] * 4
    bars = hourly(closes)
    assumed = Assumptions(
        costs=FREE, capital=1_000.0, order_type=OrderType.LIMIT, limit_offset_pct=0.5
    )
    opens = bars.open.copy()
    opens[8] = 8.5
    bars = BarSeries(bars.start, bars.end, opens, bars.close, bars.low, bars.close, bars.volume)

    found = backtest({"X": bars}, rule("SMA,5,1H"), assumed)

    assert [order.state for order in found.orders] == [OrderState.FILLED] * 2
    assert [(each.row, each.price) for each in found.fills] == [(4, 10.0), (9, 8.955)]


def test_a_limit_of_the_last_bar_lapses_with_its_day() -> None:
    """A day is over with its bar: nothing works behind it, and nothing was sold."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.5]

    found = run(daily(RISE_THEN_FALL[:8], opens), order_type=OrderType.LIMIT, limit_offset_pct=1)

    assert [order.state for order in found.orders] == [OrderState.FILLED, OrderState.LAPSED]
    assert sales(found) == []


def test_a_limit_of_the_last_hour_works_unless_a_later_day_is_known() -> None:
    """Whether a day of hours went on, the bars of that ticker alone do not tell."""
    ends_early = hourly([10.0] * 7 + [9.0, 8.5])
    opens = ends_early.open.copy()
    opens[8] = 8.5
    ends_early = BarSeries(
        ends_early.start, ends_early.end, opens, opens, opens, ends_early.close, ends_early.volume
    )
    assumed = Assumptions(
        costs=FREE, capital=1_000.0, order_type=OrderType.LIMIT, limit_offset_pct=0.5
    )

    def state_beside(others: int) -> OrderState:
        bars = {"X": ends_early, "Y": hourly([10.0] * others)}
        found = backtest(bars, rule("SMA,5,1H"), assumed)
        (sale,) = (order for order in found.orders if order.side is Side.SELL)
        return sale.state

    assert state_beside(14) is OrderState.WORKING
    assert state_beside(15) is OrderState.LAPSED


def test_slippage_never_goes_beyond_a_limit() -> None:
    """A limit of 8.91 at an open of 8.92 with 50 basis points sells at 8.91."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.92, 8, 8, 8, 8]
    costs = Costs(per_share=0, minimum=0, slippage_bps=50)

    found = run(
        daily(RISE_THEN_FALL, opens), order_type=OrderType.LIMIT, limit_offset_pct=1, costs=costs
    )

    assert sales(found)[0][2] == pytest.approx(8.91, rel=1e-15)


def test_what_a_bar_cannot_take_is_carried_to_the_next() -> None:
    """A tenth of 400 shares a bar: 40, 40 and the last 20, each at its own open."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 9, 8, 7, 8, 8]

    found = run(daily(RISE_THEN_FALL, opens, volume=400), volume_cap=0.1)

    assert sales(found) == [(7, 40.0, 9.0), (8, 40.0, 8.0), (9, 20.0, 7.0)]
    assert found.orders[1].state is OrderState.FILLED
    (trade,) = found.trades
    assert trade.exit_price == pytest.approx((40 * 9 + 40 * 8 + 20 * 7) / 100)
    assert trade.pnl == pytest.approx(820 - 1_050)
    assert trade.bars == 5


def test_each_partial_fill_pays_its_own_minimum() -> None:
    """Three fills, three times 1.00."""
    bars = daily(RISE_THEN_FALL, volume=400)

    found = run(bars, volume_cap=0.1, costs=Costs(slippage_bps=0), capital=1_052.0)

    assert [each.commission for each in found.fills] == [1.0] * 4


def test_a_bar_without_volume_fills_nothing() -> None:
    """The order works on."""
    bars = daily(RISE_THEN_FALL, volume=0)

    found = run(bars, volume_cap=0.5)

    assert sales(found) == []
    assert found.orders[1].state is OrderState.WORKING


def test_a_purchase_that_still_works_is_cancelled_by_a_close_below() -> None:
    """Bought back 10 shares a bar, until a bar closes below: the rest is cancelled, those sold."""
    closes = [10.0, 10, 10, 10, 10, 8, 8, 8, 12, 12, 12, 6, 6, 6, 6, 6, 6, 6, 6, 6]
    volumes = np.full(len(closes), 1e9)
    volumes[9:12] = 100
    flat = daily(closes)
    bars = BarSeries(flat.start, flat.end, flat.open, flat.high, flat.low, flat.close, volumes)

    found = run(bars, entry=Entry.RECLAIM, volume_cap=0.1, allow_jumps=True)

    bought_back, sold = found.orders[2], found.orders[3]
    assert (bought_back.state, bought_back.filled) == (OrderState.CANCELLED, 30.0)
    assert (sold.side, sold.shares) == (Side.SELL, 30.0)


def test_a_cancelled_purchase_of_nothing_is_made_again_on_the_next_close_above() -> None:
    """No volume on bar 10, and a close below: cancelled empty; bar 12 closes above again."""
    closes = [10.0, 10, 10, 10, 10, 8, 8, 8, 8, 11, 8, 8, 12, 12, 12]
    volumes = np.full(len(closes), 1e9)
    volumes[10] = 0
    flat = daily(closes)
    bars = BarSeries(flat.start, flat.end, flat.open, flat.high, flat.low, flat.close, volumes)

    found = run(bars, entry=Entry.RECLAIM, volume_cap=0.1, allow_jumps=True)

    assert (found.orders[2].state, found.orders[2].filled) == (OrderState.CANCELLED, 0.0)
    assert bought_back(found) == [(13, 70.0, 12.0)]


def test_tickers_share_the_account_in_equal_parts() -> None:
    """Two tickers, half of the equity each, cash for both from one purse."""
    bars = {"X": daily([10.0] * 8), "Y": daily([20.0] * 8)}

    found = backtest(bars, SMA5, Assumptions(costs=FREE, capital=1_000.0))

    assert {each.ticker: each.shares for each in found.fills} == {"X": 50.0, "Y": 25.0}
    assert found.curve.cash.tolist() == [0.0] * 4


@pytest.mark.parametrize(
    ("assumed", "expected"),
    [
        ({"max_symbol_exposure": 0.3}, {"X": 30.0, "Y": 15.0}),
        ({"max_gross_exposure": 0.6}, {"X": 50.0, "Y": 5.0}),
    ],
)
def test_purchases_keep_within_the_caps(assumed: dict, expected: dict) -> None:
    """One ticker's part, and the part of all together."""
    bars = {"X": daily([10.0] * 8), "Y": daily([20.0] * 8)}

    found = backtest(bars, SMA5, Assumptions(costs=FREE, capital=1_000.0, **assumed))

    assert {each.ticker: each.shares for each in found.fills} == expected


def test_sales_come_before_purchases_at_one_moment() -> None:
    """What Y's sale brings pays X's purchase at the same open."""
    back = [10.0, 10, 10, 10, 10, 8, 8, 8, 12, 12, 12]
    fall = [20.0, 20, 20, 20, 20, 20, 20, 20, 16, 16, 16]
    assumed = Assumptions(costs=FREE, capital=1_000.0, entry=Entry.RECLAIM)

    found = backtest({"X": daily(back), "Y": daily(fall)}, SMA5, assumed)

    together = [(each.ticker, str(each.side)) for each in found.fills if each.row == 9]
    assert together == [("Y", "SELL"), ("X", "BUY")]


def test_what_cannot_be_afforded_is_denied_and_told() -> None:
    """A share costs more than there is."""
    found = run(daily(RISE_THEN_FALL), capital=5.0)

    assert found.orders[0].state is OrderState.DENIED
    assert found.orders[0].denied == ("what may be spent buys nothing at 10.0000",)
    assert found.equity.tolist() == [5.0] * 8


def test_a_daily_loss_stops_orders_until_the_next_day() -> None:
    """Bar 6 loses 18 %, so its sale is not ordered; bar 7's is, as it lost only 11 %."""
    found = run(daily(RISE_THEN_FALL), max_daily_loss_pct=15)

    denied, sold = found.orders[1:]
    assert denied.denied == (
        "kill switch: the account lost 18.1818 % since the day before, the limit is 15 %",
    )
    assert (sold.state, sales(found)) == (OrderState.FILLED, [(8, 105.0, 8.0)])


def test_a_loss_within_the_day_stops_the_rest_of_it() -> None:
    """The third hour lost too much; the next ones have recovered, and still order nothing."""
    closes = [10.0] * 7 + [10.0, 10.0, 8.0, 9.2, 9.2, 9.2, 9.1] + [9.0] * 7
    assumed = Assumptions(costs=FREE, capital=1_000.0, max_daily_loss_pct=10)

    found = backtest({"X": hourly(closes)}, rule("SMA,5,1H"), assumed)

    assert [order.state for order in found.orders[1:-1]] == [OrderState.DENIED] * 3
    assert found.orders[-1].state is OrderState.FILLED
    assert found.orders[-1].decided_at == int(found.decisions["X"].bars.end[14])


def test_live_limits_deny_as_live_does() -> None:
    """The reason is the line that a live run would log; a larger sale is denied, never cut."""
    limits = SellingPolicy(max_shares_per_order=99)

    found = run(daily(RISE_THEN_FALL), limits=limits)

    assert sales(found) == []
    assert found.orders[1].denied == (
        "105 shares worth 945.0000, at most 99 worth 50000.0000; raise max_shares_per_order or "
        "max_value_per_order under [live], or sell it by hand",
    )


def test_a_sale_that_waited_lapses_where_the_open_is_not_below_any_more() -> None:
    """Bar 7 opens above the average of bar 6: as live, nothing is sold; bar 7 decides anew."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 10.2, 8, 8, 8, 8]
    bars = daily(RISE_THEN_FALL, opens)

    live, plain = run(bars, limits=SellingPolicy()), run(bars)

    assert live.orders[1].state is OrderState.LAPSED
    assert live.orders[1].denied == (
        "at 10.2000 after the open, not below SMA(5) 10.1000 any more",
    )
    assert (sales(live), sales(plain)) == ([(8, 100.0, 8.0)], [(7, 100.0, 10.2)])
    assert sales(run(bars, limits=SellingPolicy(recheck_at_open=False))) == sales(plain)


def test_a_sale_within_the_day_does_not_lapse() -> None:
    """It goes out at once; only a sale that waited for the open is looked at again."""
    bars = hourly([10.0] * 8 + [9.0, 11.0, 11.0, 11.0])
    opens = bars.open.copy()
    opens[9] = 10.5
    moved = BarSeries(bars.start, bars.end, opens, bars.high, bars.low, bars.close, bars.volume)
    assumed = Assumptions(costs=FREE, capital=1_000.0, limits=SellingPolicy())

    found = backtest({"X": moved}, rule("SMA,5,1H"), assumed)

    assert sales(found) == [(9, 100.0, 10.5)]


def test_live_limits_count_the_day() -> None:
    """One order a day: the second ticker is sold a day later."""
    bars = {each: daily(RISE_THEN_FALL) for each in "XY"}
    limits = SellingPolicy(max_orders_per_day=1)

    found = backtest(bars, SMA5, Assumptions(costs=FREE, limits=limits))

    assert [(each.ticker, each.row) for each in found.fills[2:]] == [("X", 7), ("Y", 8)]


def test_tickers_begin_where_they_can_be_decided() -> None:
    """The younger one enters later; the account starts with the older one."""
    old, young = daily([10.0] * 20), daily([10.0] * 10, first=int(daily([1.0] * 11).start[10]))

    found = backtest({"OLD": old, "YOUNG": young}, SMA5, Assumptions(costs=FREE, capital=1_000.0))

    assert [(each.ticker, each.time) for each in found.fills] == [
        ("OLD", int(old.start[4])),
        ("YOUNG", int(young.start[4])),
    ]
    assert found.warm_up == {"OLD": 4, "YOUNG": 4}
    assert len(found.equity) == 16


def test_a_ticker_too_short_for_its_rule_takes_no_part() -> None:
    """It is told, and its part of the capital goes to the others."""
    bars = {"LONG": daily([10.0] * 8), "SHORT": daily([10.0] * 4)}

    found = backtest(bars, SMA5, Assumptions(costs=FREE, capital=1_000.0))

    assert found.too_short == {"SHORT": "SHORT: SMA(5) D needs 5 closed bars, has 4"}
    assert [each.shares for each in found.fills] == [100.0]
    assert "left out: SHORT: SMA(5) D needs 5 closed bars, has 4" in found.assumptions_in_words


def test_each_ticker_follows_its_own_rule() -> None:
    """The shorter average is below a bar earlier."""
    closes = [10.0] * 10 + [11.0] * 6 + [10.9, 10.4, 10.0, 9.0, 9.0]
    rules = {"X": rule("SMA,5,D"), "Y": rule("SMA,10,D")}

    found = backtest({each: daily(closes) for each in "XY"}, rules, Assumptions(costs=FREE))

    assert {each.ticker: each.row for each in found.fills[2:]} == {"X": 17, "Y": 18}


FALL_AND_BACK = [10.0, 10, 10, 10, 10, 10, 8, 8, 8, 12, 12, 12, 12, 12]
"""Sold at the open of bar 7, at 8; a close above on bar 9 buys back from bar 10 on."""


def bought_back(found: Backtest) -> list[tuple[int, float, float]]:
    """Return row, shares and price of each purchase after the entry."""
    bought = [(each.row, each.shares, each.price) for each in found.fills if each.side is Side.BUY]
    return bought[1:]


@pytest.mark.parametrize(
    ("opened", "low", "expected"),
    [
        (12.05, 12.0, (10, 69.0, 12.05)),  # below the limit of 12.12 at once
        (12.5, 12.1, (10, 69.0, 12.12)),  # comes down to it within the bar
        (12.5, 12.2, (11, 70.0, 12.0)),  # never does; the next bar decides anew
    ],
)
def test_a_limit_of_a_purchase_lies_above_the_close(
    opened: float, low: float, expected: tuple[int, float, float]
) -> None:
    """One percent above 12, and met from above."""
    flat = daily(FALL_AND_BACK)
    opens, lows, highs = flat.open.copy(), flat.low.copy(), flat.high.copy()
    opens[10], lows[10], highs[10] = opened, low, 13.0
    bars = BarSeries(flat.start, flat.end, opens, highs, lows, flat.close, flat.volume)

    found = run(
        bars,
        entry=Entry.RECLAIM,
        order_type=OrderType.LIMIT,
        limit_offset_pct=1,
        allow_jumps=True,
    )

    ((row, shares, price),) = bought_back(found)
    assert (row, shares, pytest.approx(price)) == expected


def test_a_purchase_is_cut_to_the_live_limits() -> None:
    """Live makes none, so there is none to deny: 1,100 are there, 1,000 may be spent."""
    bars = daily([700.0] * 6 + [600.0] + [100.0] * 6 + [120.0] * 3)
    assumed = {"entry": Entry.RECLAIM, "capital": 1_200.0, "allow_jumps": True}
    limits = SellingPolicy(max_value_per_order=1_000.0)

    assert bought_back(run(bars, **assumed)) == [(14, 9.0, 120.0)]
    assert bought_back(run(bars, **assumed, limits=limits)) == [(14, 8.0, 120.0)]


def test_a_day_is_worth_no_more_than_the_live_limit() -> None:
    """50 shares at 9.00 each: two tickers are 900 a day, the third waits for the next."""
    bars = {each: daily(RISE_THEN_FALL) for each in "XYZ"}
    limits = SellingPolicy(max_value_per_day=900.0, recheck_at_open=False)

    found = backtest(bars, SMA5, Assumptions(costs=FREE, capital=1_500.0, limits=limits))

    assert [each.shares for each in found.fills[:3]] == [50.0] * 3
    assert [(each.ticker, each.row) for each in found.fills[3:]] == [("X", 7), ("Y", 7), ("Z", 8)]


def test_the_close_itself_fills_the_rest_at_the_next_closes() -> None:
    """40 shares at each close from the one decided on."""
    found = run(daily(RISE_THEN_FALL, volume=400), fill=Fill.SAME_CLOSE, volume_cap=0.1)

    assert sales(found) == [(6, 40.0, 9.0), (7, 40.0, 8.0), (8, 25.0, 8.0)]


def test_a_kill_switch_counts_a_loss_that_is_just_too_much() -> None:
    """A loss of ten percent, no less, where ten are too many."""
    closes = [10.0] * 6 + [9.0, 9.0, 9.0]

    stopped, let = (
        run(daily(closes), max_daily_loss_pct=most, capital=1_000.0) for most in (10.0, 10.01)
    )

    assert stopped.orders[1].state is OrderState.DENIED
    assert let.orders[1].state is OrderState.FILLED


def test_a_kill_switch_stops_purchases_too() -> None:
    """X lost too much on the day that Y closes above its average: Y is not bought."""
    fall = [10.0] * 9 + [7.0, 7.0, 7.0, 7.0]
    back = [10.0] * 5 + [8.0, 8.0, 8.0, 8.0, 12.0, 12.0, 12.0, 12.0]
    assumed = Assumptions(
        costs=FREE, capital=1_000.0, entry=Entry.RECLAIM, max_daily_loss_pct=5, allow_jumps=True
    )

    found = backtest({"X": daily(fall), "Y": daily(back)}, SMA5, assumed)

    purchases = [
        order for order in found.orders[2:] if order.ticker == "Y" and order.side is Side.BUY
    ]
    assert [order.state for order in purchases[:2]] == [OrderState.DENIED, OrderState.FILLED]


def test_a_sale_in_parts_realises_its_part_of_the_average_cost() -> None:
    """100 shares cost 1,050: after 40 sold at 9.00, 420 of it are realised and 630 are left."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 9, 8, 7, 8, 8]

    found = run(daily(RISE_THEN_FALL, opens, volume=400), volume_cap=0.1)

    part = found.curve.tickers["X"]
    assert part.realised.tolist()[2:6] == pytest.approx([0.0, -60.0, -160.0, -230.0])
    assert part.unrealised.tolist()[2:6] == pytest.approx([-150.0, -150.0, -50.0, 0.0])


def test_a_round_trip_is_told_with_all_it_paid_and_why_it_ended() -> None:
    """Both commissions are in it, and the reason of the sale, not that of the purchase."""
    found = run(daily(RISE_THEN_FALL), costs=Costs(slippage_bps=0), capital=1_051.0)

    (trade,) = found.trades
    assert trade.commission == 2.0
    assert trade.pnl == pytest.approx(105 * (9.0 - 10.0) - 2.0)
    assert trade.reason == found.orders[1].reason == "close 9.00 is below SMA(5) 10.1000"


def test_a_limit_that_the_bar_just_touches_is_met() -> None:
    """The high of bar 7 is the limit itself."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 8.5, 8, 8, 8, 8]
    highs = [11.0] * 7 + [9.0] + [8.0] * 4

    touched = run(
        daily(RISE_THEN_FALL, opens, highs=highs), order_type=OrderType.LIMIT, limit_offset_pct=0.0
    )

    assert sales(touched) == [(7, 100.0, 9.0)]


def test_slippage_of_a_purchase_never_goes_beyond_its_limit() -> None:
    """A limit 0.5 % above a close of 12.00 is 12.06; one percent worse than the open is not."""
    closes = [10.0, 10, 10, 10, 10, 9, 9, 12, 12, 12]
    opens = [10.0, 10, 10, 10, 10, 10, 9, 9, 12, 12]

    found = run(
        daily(closes, opens),
        entry=Entry.RECLAIM,
        order_type=OrderType.LIMIT,
        limit_offset_pct=0.5,
        costs=Costs(per_share=0, minimum=0, maximum_pct=None, slippage_bps=100),
        whole_shares=False,
    )

    bought = [fill.price for fill in found.fills if fill.side is Side.BUY]
    assert bought[1] == pytest.approx(12.06)


def test_a_part_of_a_share_is_no_whole_one() -> None:
    """A tenth of 405 shares a bar is 40 of them."""
    found = run(daily(RISE_THEN_FALL, volume=405), volume_cap=0.1)

    assert [shares for _, shares, _ in sales(found)] == [40.0, 40.0, 25.0]


def test_a_sale_that_has_begun_does_not_lapse_at_a_later_open() -> None:
    """Only what waited since the decision is looked at again, not the rest of a sale."""
    opens = [10.0, 10, 10, 10, 10.5, 10.5, 11, 9, 10.2, 10.2, 8, 8]

    found = run(daily(RISE_THEN_FALL, opens, volume=400), volume_cap=0.1, limits=SellingPolicy())

    assert [row for row, _, _ in sales(found)] == [7, 8, 9]


def test_an_order_counts_to_the_day_it_is_sent_on() -> None:
    """Decided at a close, sent at the next open: two days' orders are two days' orders."""
    early = daily([10.0, 10, 10, 10, 10.5, 9, 9, 9, 9, 9])
    within = hourly([10.0] * 13 + [9.0, 8.0, 8.0])
    limits = SellingPolicy(max_orders_per_day=1)
    two = hourly([10.0] * 14 + [9.0, 8.0])

    found = backtest({"X": within, "Y": two}, rule("SMA,5,1H"), Assumptions(limits=limits))

    # X is decided on the last hour of one day, and sent with the first order of the next.
    assert [(order.ticker, str(order.state)) for order in found.orders[2:4]] == [
        ("X", "filled"),
        ("Y", "denied"),
    ]
    assert [each.row for each in run(early, limits=limits).fills] == [4, 6]


def test_a_purchase_uses_up_no_sale_of_the_day() -> None:
    """Live makes none: one order a day is one sale, though another ticker is bought back first."""
    bought = daily([10.0, 10, 10, 10, 10, 9, 9, 9, 12, 12, 12])
    sold = daily([10.0, 10, 10, 10, 10, 10, 10, 10, 9, 9, 9])
    limits = SellingPolicy(max_orders_per_day=1, recheck_at_open=False)
    assumed = Assumptions(costs=FREE, entry=Entry.RECLAIM, limits=limits)

    found = backtest({"A": bought, "B": sold}, SMA5, assumed)

    told = [(order.ticker, order.side.name, str(order.state)) for order in found.orders[3:5]]
    assert sorted(told) == [("A", "BUY", "filled"), ("B", "SELL", "filled")]


def test_a_day_is_counted_though_another_exchange_sends_to_the_next() -> None:
    """London closes and sends to tomorrow while New York still trades: today is not forgotten."""
    plain = hourly([10.0] * 8 + [9.0] + [8.0] * 12)  # signals on its second hour of the second day
    late = hourly([10.0] * 10 + [9.0] + [8.0] * 10)  # on the fourth
    london = hourly([10.0] * 13 + [9.0] + [8.0] * 7)  # on the last one, three hours earlier
    early = BarSeries(
        london.start - 4 * 3_600, london.end - 4 * 3_600, *(getattr(london, n) for n in PRICED)
    )
    limits = SellingPolicy(max_orders_per_day=1, max_value_per_order=1e9, max_value_per_day=1e9)

    found = backtest(
        {"L": early, "N": plain, "O": late},
        rule("SMA,5,1H"),
        Assumptions(costs=FREE, capital=3_000.0, limits=limits, allow_jumps=True),
    )

    day = int(plain.start[7])
    sold = [
        fill.ticker for fill in found.fills if fill.side is Side.SELL and fill.time < day + 86_400
    ]
    assert [ticker for ticker in sold if ticker in "NO"] == ["N"]
    denied = [order for order in found.orders if order.ticker == "O" and order.denied]
    assert denied[0].denied[0].startswith("order 2 of the day")


def test_a_sale_that_no_bar_follows_uses_up_no_order() -> None:
    """X ends today and is never sent; Y, decided at the same close, goes out tomorrow."""
    limits = SellingPolicy(max_orders_per_day=1)
    ends = hourly([10.0] * 9 + [9.0])
    goes_on = hourly([10.0] * 10 + [9.0, 8.0, 8.0])
    assumed = Assumptions(costs=FREE, limits=limits)

    found = backtest({"X": ends, "Y": goes_on}, rule("SMA,5,1H"), assumed)

    told = [(order.ticker, str(order.state)) for order in found.orders[2:4]]
    assert told == [("X", "no bar follows"), ("Y", "filled")]


def test_a_cancelled_purchase_is_sold_in_its_turn() -> None:
    """X holds a part of what it was buying, and closes below with Y: X comes first."""
    bought = [10.0, 10, 10, 10, 10, 9, 9, 9, 12, 12, 12, 8, 8, 8]
    held = [10.0, 10, 10, 10, 10, 10, 10, 10, 10, 10, 10, 9, 9, 9]
    limits = SellingPolicy(max_orders_per_day=1, recheck_at_open=False)
    assumed = Assumptions(
        costs=FREE,
        entry=Entry.RECLAIM,
        limits=limits,
        capital=2_000.0,
        volume_cap=0.1,
        allow_jumps=True,
    )
    bars = {"X": daily(bought, volume=200), "Y": daily(held, volume=1e9)}

    found = backtest(bars, SMA5, assumed)

    last = found.decisions["X"].bars.end[11]
    told = [(order.ticker, str(order.state)) for order in found.orders if order.decided_at == last]
    assert told == [("X", "filled"), ("Y", "denied")]


def test_a_ticker_has_no_price_before_its_first_close() -> None:
    """The account begins with the older one; what the younger will be worth nobody knows yet."""
    old, young = daily([10.0] * 20), daily([7.0] * 10, first=int(daily([1.0] * 11).start[10]))

    found = backtest({"OLD": old, "YOUNG": young}, SMA5, Assumptions(costs=FREE))

    price = found.curve.tickers["YOUNG"].price
    assert np.isnan(price[:6]).all()
    assert price[6:].tolist() == [7.0] * 10


@pytest.mark.parametrize("capital", [5.0, 7.0, 11.0, 13.0, 17.0, 19.0, 23.0])
def test_a_purchase_in_parts_leaves_no_dust_to_buy(capital: float) -> None:
    """A tenth of a share a bar until it is whole: what floats leave over is no order."""
    closes = [10.0, 10, 10, 10, 10, 10, 8, 8, 8, 12] + [12.0] * 30
    volumes = np.full(len(closes), 1e9)
    volumes[10:] = 1
    flat = daily(closes)
    bars = BarSeries(flat.start, flat.end, flat.open, flat.high, flat.low, flat.close, volumes)

    found = run(
        bars,
        entry=Entry.RECLAIM,
        capital=capital,
        volume_cap=0.1,
        whole_shares=False,
        allow_jumps=True,
    )

    parts = [fill.shares for fill in found.fills[2:]]
    assert len(parts) == int(np.ceil(round(capital * 0.8 / 12 / 0.1, 9)))
    assert found.orders[2].state is OrderState.FILLED
