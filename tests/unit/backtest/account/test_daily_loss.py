"""The kill switch stops at exactly the loss it was given, whatever floats make of the sums."""

from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.backtest_builders import daily, hourly
from tests.builders import rule

from sellcore.backtest import FREE, Assumptions, Backtest, Costs, backtest
from sellcore.backtest.account.orders import OrderState

SMA5 = rule("SMA,5,D")


def after_a_loss(shares: int, price: int, percent: Decimal, *, spared: int) -> Backtest:
    """
    Hold shares bought at a price in cents that lose percent of it in a day, but for some cents.

    The account has as much cash as they cost.
    """
    fallen = price * (100 - percent) / 100 + spared
    closes = [price / 100] * 6 + [float(fallen / 100)] * 2
    capital = float(Decimal(shares * price) / 100)
    assumed = Assumptions(
        costs=FREE, capital=capital, max_daily_loss_pct=float(percent), allow_jumps=True
    )
    return backtest({"X": daily(closes)}, SMA5, assumed)


@given(
    st.integers(1, 5_000),
    st.integers(2, 3_000),
    st.sampled_from([Decimal(text) for text in ("2", "2.5", "7", "13", "15", "29.5", "33")]),
)
@example(1, 1_000, Decimal(7))
@example(3, 1_100, Decimal(29))
def test_a_loss_of_exactly_the_limit_stops_and_a_cent_less_does_not(
    shares: int, price: int, percent: Decimal
) -> None:
    """Prices in cents: the account loses what the limit says to the cent, or a cent less."""
    whole = price * 200  # of which every percent and half of one are whole cents

    exactly, less = (after_a_loss(shares, whole, percent, spared=cents) for cents in (0, 1))

    assert [found.orders[1].state for found in (exactly, less)] == [
        OrderState.DENIED,
        OrderState.FILLED,
    ]


def test_what_was_paid_and_earned_before_counts_to_the_cent() -> None:
    """A tenth of a dollar an order and a tenth a share: 1,000.70 less ten percent is 900.63."""
    closes = [10.0] * 7 + [10.0] * 6 + [8.9993]
    costs = Costs(fixed=0.1, per_share=0.1, minimum=0, maximum_pct=None, slippage_bps=0)
    # 100 shares: 1,000.00 and 10.10 for them; 0.70 of 1,010.80 is left.
    assumed = Assumptions(costs=costs, capital=1_010.8, max_daily_loss_pct=10)

    found = backtest({"X": hourly([*closes, 8.9993])}, rule("SMA,5,1H"), assumed)
    kept = backtest({"X": hourly([*closes[:-1], 8.9994, 8.9994])}, rule("SMA,5,1H"), assumed)

    assert found.orders[1].denied == (
        "kill switch: the account lost 10.0000 % since the day before, the limit is 10 %",
    )
    assert kept.orders[1].state is not OrderState.DENIED


@pytest.mark.parametrize("percent", [10, 9.999_999_999])
def test_a_limit_is_the_decimal_that_was_given(percent: float) -> None:
    """A loss of 9.9999999995 % is between the two."""
    closes = [100.0] * 6 + [90.000_000_000_5, 90]
    assumed = Assumptions(costs=FREE, capital=1_000.0, max_daily_loss_pct=percent)

    found = backtest({"X": daily(closes)}, SMA5, assumed)

    stopped = found.orders[1].state is OrderState.DENIED
    assert stopped is (percent < 10)


@pytest.mark.parametrize(("close", "stops"), [(8.1, True), (8.100_000_1, False)])
def test_what_was_sold_today_was_still_held_the_day_before(close: float, stops: bool) -> None:
    """Y's sale at the open brings 450 of the 950 that there were; X takes the account to 855."""
    falls = daily([10.0] * 7 + [close, close])
    sold = daily([10.0] * 6 + [9.0, 9.0, 9.0])
    assumed = Assumptions(costs=FREE, capital=1_000.0, max_daily_loss_pct=10, allow_jumps=True)

    found = backtest({"X": falls, "Y": sold}, SMA5, assumed)

    decided = int(falls.end[7])
    (order,) = [order for order in found.orders if order.decided_at == decided]
    assert (order.ticker, order.state is OrderState.DENIED) == ("X", stops)
