"""How many shares a budget buys: never more than it pays for, never one too few."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.backtest import FREE, Assumptions, Costs
from sellcore.backtest.account.safety import budget
from sellcore.backtest.account.sizing import affordable

amounts = st.floats(0, 50).map(lambda value: round(value, 3))
schemes = st.builds(
    Costs,
    fixed=amounts,
    per_share=st.floats(0, 0.05).map(lambda value: round(value, 4)),
    percent=st.floats(0, 2),
    minimum=amounts,
    maximum_pct=st.none() | st.floats(0.1, 5),
)
prices = st.integers(1, 5_000_00).map(lambda cents: cents / 100)


@given(st.floats(0, 1e6), prices, schemes)
def test_no_budget_is_overspent_and_no_whole_share_is_left(
    budget: float, price: float, costs: Costs
) -> None:
    """What is bought fits with its commission; one share more would not."""
    shares = affordable(budget, price, costs, whole=True)

    assert shares == int(shares)
    assert shares * price + costs.commission(shares, price) <= budget
    more = shares + 1
    assert more * price + costs.commission(more, price) > budget - 1e-6 * (1 + price)


@given(st.floats(1, 1e6), prices, schemes)
def test_fractions_spend_the_whole_budget(budget: float, price: float, costs: Costs) -> None:
    """Where fractions are bought nothing is left, unless the budget is less than an order costs."""
    shares = affordable(budget, price, costs, whole=False)

    spent = shares * price + costs.commission(shares, price)
    if shares:
        assert spent == pytest.approx(budget, rel=1e-9)
    else:
        assert budget <= max(costs.fixed, costs.minimum) + 1e-9


def test_a_budget_below_the_costs_buys_nothing() -> None:
    """The commission alone is more than there is."""
    costs = Costs(fixed=5.0, maximum_pct=None)

    assert affordable(4.0, 0.01, costs, whole=True) == 0
    assert affordable(4.0, 0.01, costs, whole=False) == 0
    assert affordable(-4.0, 0.01, FREE, whole=False) == 0


def test_whole_shares_are_counted_as_people_count() -> None:
    """Seven shares at 0.70 cost 4.90, however floats divide."""
    for cents in range(1, 2_000):
        budget = float(Fraction(cents * 7, 100))

        assert affordable(budget, cents / 100, FREE, whole=True) in (6.0, 7.0)
        assert affordable(budget + 0.001, cents / 100, FREE, whole=True) == 7.0


def test_what_adding_up_has_left_is_no_money() -> None:
    """At its cap a ticker may be brought to no more, though floats leave a billionth of a cent."""
    held = {"X": 0.6 * 0.5 * 100_000.0, "Y": 0.3 * 100_000.0 - 1e-8}

    caps = Assumptions(max_symbol_exposure=0.3, max_gross_exposure=0.6)

    assert budget(caps, 40_000.0, held, "Y", tickers=2) == 0.0
    assert budget(caps, 40_000.0, {"X": 30_000.0}, "Y", tickers=2) == pytest.approx(12_000.0)


@given(st.integers(1, 20_000), prices, schemes)
def test_the_last_share_that_fits_is_not_lost_to_a_float(
    count: int, price: float, costs: Costs
) -> None:
    """With just the money for so many shares and their commission, so many are bought."""
    budget = count * price + costs.commission(count, price)

    bought = affordable(budget, price, costs, whole=True)

    assert bought >= count
    assert bought * price + costs.commission(bought, price) <= budget


@pytest.mark.parametrize("price", [1e-12, 3e-18, 7e-297])
def test_any_price_is_sized_in_the_end(price: float) -> None:
    """Of shares without number, one less is the same number: that must not go on for ever."""
    shares = affordable(100_000.0, price, Costs(), whole=True)

    spent = shares * price + Costs().commission(shares, price)
    assert spent <= 100_000.0
    assert spent == pytest.approx(100_000.0, rel=1e-9)
