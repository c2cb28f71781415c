"""What a backtest takes for granted: costs, limits, and all of it in words."""

import math

import pytest

from sellcore.backtest import FREE, IB_FIXED, Adjustment, Assumptions, Costs, Entry, Fill
from sellcore.backtest.assumptions import describe
from sellcore.errors import InvalidValue
from sellcore.order_type import OrderType
from sellcore.selling.limits import SellingPolicy


@pytest.mark.parametrize(
    ("shares", "price", "expected"),
    [
        (1_000, 25.0, 5.00),  # 0.005 a share
        (100, 25.0, 1.00),  # the minimum
        (10, 0.20, 0.02),  # one percent of the value goes before the minimum
        (0, 25.0, 0.0),
    ],
)
def test_commission_is_that_of_ibs_fixed_scheme(
    shares: float, price: float, expected: float
) -> None:
    """The examples of IB's own price list."""
    assert IB_FIXED.commission(shares, price) == pytest.approx(expected, abs=1e-12)


def test_slippage_worsens_both_sides() -> None:
    """A sale gets less and a purchase pays more than the bar says."""
    costs = Costs(slippage_bps=25)

    assert costs.sold_at(80.0) == pytest.approx(79.8)
    assert costs.bought_at(80.0) == pytest.approx(80.2)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("capital", 0.0),
        ("capital", math.nan),
        ("capital", math.inf),
        ("volume_cap", 0.0),
        ("volume_cap", 1.5),
        ("max_symbol_exposure", 2.0),
        ("max_symbol_exposure", 0.0),
        ("max_gross_exposure", 0.0),
        ("max_gross_exposure", -0.1),
        ("max_daily_loss_pct", 0.0),
        ("limit_offset_pct", 100.0),
    ],
)
def test_assumptions_that_mean_nothing_are_refused(name: str, value: float) -> None:
    """One line names the assumption and the value met."""
    with pytest.raises(InvalidValue, match=rf"^{name} \S+ is not a number"):
        Assumptions(**{name: value})


@pytest.mark.parametrize("name", ["fixed", "per_share", "percent", "minimum", "slippage_bps"])
def test_costs_below_zero_are_refused(name: str) -> None:
    """A cost that pays is a mistake of the typist."""
    with pytest.raises(InvalidValue, match=rf"^{name} -0\.1 is not a number at least 0"):
        Costs(**{name: -0.1})


@pytest.mark.parametrize("name", ["fill", "entry", "order_type", "adjustment"])
def test_a_word_is_no_member_of_a_closed_set(name: str) -> None:
    """It would be passed over in silence, and the default assumed."""
    with pytest.raises(InvalidValue, match=rf"^{name} 'limit' is not one of \w+\.\w+, \w+\.\w+$"):
        Assumptions(**{name: "limit"})


def test_every_assumption_that_matters_is_told_in_words() -> None:
    """Whatever is assumed can be read beside the result."""
    plain = "\n".join(describe(Assumptions()))
    told = "\n".join(
        describe(
            Assumptions(
                fill=Fill.SAME_CLOSE,
                entry=Entry.RECLAIM,
                costs=FREE,
                order_type=OrderType.LIMIT,
                limit_offset_pct=0.25,
                volume_cap=0.1,
                max_daily_loss_pct=3,
                whole_shares=False,
                adjustment=Adjustment.TOTAL_RETURN,
                limits=SellingPolicy(),
                allow_jumps=True,
            )
        )
    )

    for words in (
        "entry held",
        "next open",
        "0.005 a share, at least 1.00, at most 1 %",
        "2 basis",
    ):
        assert words in plain
    for words in (
        "reclaim",
        "which nobody can do",
        "no commission",
        "no slippage",
        "limit orders 0.25 %",
        "10.00% of a bar's volume",
        "3 % since",
        "fractions of shares",
        "total return",
        "at most 10,000 shares",
        "taken for real",
    ):
        assert words in told
