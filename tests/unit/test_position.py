"""What of a position can be sold."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.builders import a_position

quantities = st.decimals(-10_000, 10_000, places=4)


@pytest.mark.parametrize(
    ("quantity", "whole", "residual"),
    [
        ("100", 100, "0"),
        ("10.7", 10, "0.7"),
        ("0.4", 0, "0.4"),
        ("0", 0, "0"),
        ("-0.4", 0, "0"),
        ("-30", 0, "0"),
        ("-30.5", 0, "0"),
        ("0.99999999999999999999", 0, "0.99999999999999999999"),
    ],
)
def test_whole_shares_of_a_long_position_are_sold(quantity: str, whole: int, residual: str) -> None:
    """Fractions stay, and nothing of a short is ever sold."""
    position = a_position(quantity)

    assert position.whole_shares == whole
    assert position.residual == Decimal(residual)


@given(quantities)
def test_never_more_than_is_held(quantity: Decimal) -> None:
    """What is sold and what stays make up a long position, exactly; less than a share stays."""
    position = a_position(str(quantity))

    assert position.whole_shares + position.residual == max(quantity, Decimal(0))
    assert 0 <= position.residual < 1
