"""What trades do to positions, cash and profit: laws, and figures worked out by hand."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.gateway.test_orders_messages import a_listing

from adapters.gateway.account_values import account_values, summary
from adapters.gateway.holdings import Holding, Holdings, Totals, after_trade, commission_for

SHARES = st.integers(-500, 500).filter(bool).map(Decimal)
PRICES = st.decimals(min_value="0.01", max_value=5000, places=2)
TRADES = st.lists(st.tuples(SHARES, PRICES), min_size=1, max_size=12)


@pytest.mark.parametrize(
    ("shares", "price", "expected"),
    [
        (100, "250", "1.0000"),  # the minimum
        (1000, "250", "5.0000"),  # half a cent a share
        (10, "5", "0.5000"),  # at most 1 % of the value
    ],
)
def test_commission_is_the_fixed_tariff(shares: int, price: str, expected: str) -> None:
    """Half a cent a share, at least a dollar, at most a hundredth of the value."""
    assert Decimal(expected) == commission_for(Decimal(shares), Decimal(price))


@pytest.mark.parametrize(
    ("held", "cost", "traded", "price", "quantity", "average", "profit"),
    [
        (0, "0", 100, "10", 100, "10.01", None),  # opens; the commission is part of the cost
        (100, "10", 100, "20", 200, "15.005", None),  # adds
        (100, "10", -40, "12", 60, "10", "79"),  # takes profit: 40 x 2 - 1
        (100, "10", -100, "9", 0, "0", "-101"),  # closes at a loss
        (100, "10", -200, "11", -100, "10.995", "99.5"),  # through zero: half the commission each
        (-50, "20", 50, "15", 0, "0", "249"),  # buys a short back
        (-50, "20", -50, "30", -100, "24.99", None),  # adds to a short
    ],
)
def test_a_trade_changes_a_position_as_a_statement_shows_it(
    held: int, cost: str, traded: int, price: str, quantity: int, average: str, profit: str | None
) -> None:
    """Quantity, average cost and realized profit, worked out by hand for a commission of 1."""
    before = Holding(a_listing(), Decimal(held), Decimal(cost))
    after, realized = after_trade(before, Decimal(traded), Decimal(price), Decimal(1))
    assert (after.quantity, after.average_cost) == (Decimal(quantity), Decimal(average))
    assert realized == (None if profit is None else Decimal(profit))


@settings(deadline=None)
@given(TRADES, PRICES)
def test_money_is_conserved(trades: list[tuple[Decimal, Decimal]], last: Decimal) -> None:
    """Cash and value change by exactly the profit, taken and not taken."""
    holdings = Holdings(Decimal(100_000))
    holdings.start_day(lambda listing: None)
    for shares, price in trades:
        holdings.trade(a_listing(), shares, price, commission_for(abs(shares), price))
    totals = holdings.totals(lambda listing: last)
    gained = totals.net_liquidation - 100_000
    assert gained == pytest.approx(totals.unrealized + totals.realized, abs=Decimal("1E-9"))
    assert gained == pytest.approx(totals.daily, abs=Decimal("1E-9"))
    assert holdings.quantity(265598) == sum(shares for shares, _ in trades)


@settings(deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), SHARES, PRICES, PRICES)
def test_a_split_changes_neither_value_nor_profit(
    new: int, old: int, shares: Decimal, cost: Decimal, price: Decimal
) -> None:
    """After a split, at prices after the split, everything is worth what it was."""
    holdings = Holdings(Decimal(0))
    holdings.replace(a_listing(), shares, cost)
    before = holdings.totals(lambda listing: price)
    holdings.split(265598, new, old)
    after = holdings.totals(lambda listing: price * old / new)
    assert before.stock_value == pytest.approx(after.stock_value, abs=Decimal("1E-9"))
    assert before.unrealized == pytest.approx(after.unrealized, abs=Decimal("1E-9"))


def test_daily_profit_counts_from_midnight() -> None:
    """What was gained before the day began is no part of the day's profit."""
    holdings = Holdings(Decimal(0))
    holdings.replace(a_listing(), Decimal(10), Decimal(50))
    holdings.start_day(lambda listing: Decimal(70))
    holdings.trade(a_listing(), Decimal(-10), Decimal(75), Decimal(1))
    totals = holdings.totals(lambda listing: Decimal(80))
    assert (totals.realized, totals.daily) == (Decimal(249), Decimal(49))


def _totals() -> Totals:
    zero = Decimal(0)
    return Totals(Decimal(1000), Decimal(3000), Decimal(3000), zero, zero, zero)


def test_account_values_agree_with_each_other() -> None:
    """Equity is cash and stock; margins and what is free of them add up to it."""
    values = {v.key: v.value for v in account_values("DU1", _totals(), "USD") if v.key != "BASE"}
    assert values["NetLiquidation"] == "4000.00"
    assert (values["InitMarginReq"], values["AvailableFunds"]) == ("1500.00", "2500.00")
    assert (values["MaintMarginReq"], values["ExcessLiquidity"]) == ("750.00", "3250.00")


@pytest.mark.parametrize(
    ("tags", "expected"),
    [
        ("NetLiquidation,Nonsense", {("NetLiquidation", "USD")}),
        ("$LEDGER:USD", "USD"),
        ("$LEDGER", "BASE"),
    ],
)
def test_a_summary_has_the_tags_that_were_asked_for(tags: str, expected: object) -> None:
    """Unknown tags are passed over; a ledger tag brings the ledger of its currency."""
    chosen = summary(account_values("DU1", _totals(), "USD"), tags)
    if isinstance(expected, str):
        assert {value.currency for value in chosen} == {expected}
        assert ("CashBalance", "1000.00") in {(v.key, v.value) for v in chosen}
    else:
        assert {(value.key, value.currency) for value in chosen} == expected
