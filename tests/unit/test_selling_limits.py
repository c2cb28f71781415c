"""The limits on selling."""

from math import nan

import pytest

from sellcore.errors import InvalidValue
from sellcore.selling.limits import SellingPolicy


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
    with pytest.raises(InvalidValue, match=f"{name} {value} is not above zero"):
        SellingPolicy(**{name: value})
