"""The price of a marketable limit."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sellcore.errors import InvalidValue
from sellcore.selling.limit_price import PriceStep, marketable


def steps(*pairs):
    return tuple(PriceStep(Decimal(above), Decimal(step)) for above, step in pairs)


CENTS = steps(("0", "0.01"))
US = steps(("0", "0.0001"), ("1", "0.01"))
SWISS = steps(("0", "0.0001"), ("0.5", "0.0005"), ("10", "0.01"), ("100", "0.05"))


@pytest.mark.parametrize(
    ("price", "offset", "grid", "limit"),
    [
        (100.0, 0.5, CENTS, 99.5),
        (99.99, 0.5, CENTS, 99.49),
        (100.0, 0.0, CENTS, 100.0),
        (0.1, 0.0, CENTS, 0.1),
        (0.019, 0.0, CENTS, 0.01),
        (1.005, 0.0, US, 1.0),
        (1.0, 0.5, US, 0.995),
        (0.12345, 0.0, US, 0.1234),
        (100.04, 0.0, SWISS, 100.0),
        (100.3, 0.5, SWISS, 99.79),
        (10.0, 0.0, SWISS, 10.0),
        (10.0, 1.0, SWISS, 9.9),
        (0.51234, 0.0, SWISS, 0.512),
        (50.0, 99.0, CENTS, 0.5),
        (100.0, 33.333, CENTS, 66.66),
        (10.02, 0.0, steps(("0", "0.01"), ("10", "0.03")), 10.02),
        (10.01, 0.0, steps(("0", "0.01"), ("10", "0.03")), 10.0),
        (7.0, 0.0, steps(("7", "5")), 7.0),
        (9.99, 0.0, steps(("7", "5")), 7.0),
    ],
)
def test_limit_lies_below_the_price_and_on_the_grid(price, offset, grid, limit):
    """Rounded down, by the increment that holds there; exactly, as decimals are."""
    assert marketable(price, offset, grid) == limit


@pytest.mark.parametrize(
    ("price", "offset", "grid", "words"),
    [
        (100.0, 0.5, (), "no price increment is known for 99.5"),
        (0.4, 0.0, steps(("0.5", "0.01")), "no price increment is known for 0.4"),
        (0.009, 0.0, CENTS, "a limit 0 % below 0.009 is no price above zero"),
        (100.0, 100.0, CENTS, "a limit 100 % below 100.0 is no price above zero"),
        (0.0, 0.5, CENTS, "a limit 0.5 % below 0.0 is no price above zero"),
        (-1.0, 0.5, CENTS, "no price increment is known for -0.995"),
    ],
)
def test_limit_that_would_be_none_is_refused(price, offset, grid, words):
    """It says at which price."""
    with pytest.raises(InvalidValue) as refused:
        marketable(price, offset, grid)

    assert str(refused.value) == words


@given(
    cents=st.integers(200, 10**7),
    offset=st.integers(0, 900).map(lambda tenths: tenths / 10),
    grid=st.sampled_from([CENTS, US, SWISS]),
)
def test_limit_is_never_above_what_was_wanted_nor_a_step_below(cents, offset, grid):
    """In fractions."""
    price = cents / 100
    wanted = Fraction(Decimal(repr(price))) * (1 - Fraction(Decimal(repr(offset))) / 100)
    if wanted < 1:
        return

    limit = Fraction(Decimal(repr(marketable(price, offset, grid))))

    increment = next(
        Fraction(step.increment) for step in reversed(grid) if Fraction(step.above) <= wanted
    )
    assert limit <= wanted < limit + increment
    assert limit % increment == 0
