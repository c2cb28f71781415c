"""The limits on selling."""

from datetime import timedelta
from math import nan

import pytest

from sellcore.errors import InvalidValue
from sellcore.order_type import OrderType
from sellcore.selling.limits import OtherOrders, SellingPolicy


def test_limits_that_nobody_sets_are_those_of_the_manual():
    """Who names none relies on these."""
    assert SellingPolicy() == SellingPolicy(
        order_type=OrderType.MARKET,
        limit_offset_pct=0.5,
        max_shares_per_order=10_000,
        max_value_per_order=50_000.0,
        max_orders_per_day=20,
        max_value_per_day=200_000.0,
        other_orders=OtherOrders.CANCEL,
        reject_limit=3,
        recheck_at_open=True,
        open_buffer=timedelta(seconds=5),
        close_buffer=timedelta(seconds=5),
        reconcile=timedelta(minutes=5),
    )


def test_what_is_done_about_other_orders_is_told_as_in_the_settings():
    """One spelling for both."""
    assert [str(choice) for choice in OtherOrders] == ["cancel", "deny"]


@pytest.mark.parametrize(
    "name",
    [
        "limit_offset_pct",
        "max_shares_per_order",
        "max_value_per_order",
        "max_orders_per_day",
        "max_value_per_day",
        "reject_limit",
    ],
)
@pytest.mark.parametrize("value", [0, -1, nan])
def test_limit_that_would_let_everything_or_nothing_pass_is_refused(name, value):
    """No comparison with a number that is none ever says no."""
    with pytest.raises(
        InvalidValue, match=f"{name} {value} is not above zero; it would mean nothing$"
    ):
        SellingPolicy(**{name: value})
