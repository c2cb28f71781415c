"""Ticks against the decimals that repr prints."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.exact_builders import prices

from sellcore.errors import InvalidValue
from sellcore.ticks import ticks


@given(st.lists(prices, max_size=20))
def test_ticks_are_the_shortest_decimals_of_the_prices(closes):
    """Ticks over their unit are the decimals that repr prints, in no finer unit than needed."""
    whole, decimals = ticks(closes)
    quoted = [Fraction(Decimal(repr(close))) for close in closes]

    assert [Fraction(int(tick), 10**decimals) for tick in whole] == quoted
    assert decimals == 0 or any((price * 10 ** (decimals - 1)).denominator > 1 for price in quoted)


@given(st.integers(2**50, 2**54), st.integers(0, 22))
def test_ticks_are_right_where_scaling_reaches_the_precision_of_floats(whole, decimals):
    """Around 2 ** 52 ticks the shortcut and the text agree."""
    close = whole / 10**decimals
    found, places = ticks([close])

    assert Fraction(int(found[0]), 10**places) == Fraction(Decimal(repr(close)))


def test_ticks_of_two_series_at_once_are_refused():
    """Each has a unit of its own."""
    with pytest.raises(InvalidValue) as refusal:
        ticks([[1.0, 2.0, 3.0]])

    assert str(refusal.value) == "closes have shape (1, 3), expected (n,)"


@pytest.mark.parametrize("close", [4.139644425538337, 0.036475859654707926, 112114379.63940243])
def test_price_of_more_digits_than_a_float_scales_is_read_by_its_digits(close):
    """Scaled up and down again it would read back as well, but as another decimal."""
    whole, decimals = ticks([close])

    assert Fraction(int(whole[0]), 10**decimals) == Fraction(Decimal(repr(close)))


@pytest.mark.parametrize(
    ("closes", "whole", "kind"),
    [
        ([4e18, 5e18], [4 * 10**18, 5 * 10**18], "int64"),
        ([9e18, -9e18], [9 * 10**18, -9 * 10**18], "int64"),
        ([1e19], [10**19], "object"),
        ([1e19, 1.0], [10**19, 1], "object"),
        ([-1e19], [-(10**19)], "object"),
    ],
)
def test_large_prices_are_whole_numbers_of_any_size(closes, whole, kind):
    """In 64 bits, with their sign, where they fit; no fraction of a tick, and no larger one."""
    found, decimals = ticks(closes)

    assert (found.tolist(), decimals, found.dtype) == (whole, 0, np.dtype(kind))
