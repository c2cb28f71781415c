"""Numbers in words keep their value, and times their zone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.report.wording import (
    amount,
    cents,
    moment,
    percent,
    price,
    ratio,
    shares,
    signed_cents,
    signed_percent,
)

numbers = st.floats(min_value=-1e12, max_value=1e12)


def read(text):
    """Return the number that a reader takes from a text."""
    return float(text.replace("\N{MINUS SIGN}", "-").replace(",", "").removesuffix("\xa0%"))


@given(numbers)
def test_no_number_is_told_wrong(value):
    """Whoever reads a number back has it, to the digits that are shown."""
    assert read(cents(value)) == pytest.approx(value, abs=0.00501, rel=1e-15)
    assert read(amount(value)) == pytest.approx(value, abs=0.501)
    assert read(percent(value)) / 100 == pytest.approx(value, abs=0.000501, rel=1e-14)


@given(numbers)
def test_a_sign_is_never_before_nothing(value):
    """Neither minus nor plus stands before what is rounded to zero."""
    for text in (amount(value), cents(value), signed_cents(value), signed_percent(value)):
        if read(text) == 0:
            assert text[0] == "0"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (amount(1234567.4), "1,234,567"),
        (amount(-1234.6), "\N{MINUS SIGN}1,235"),
        (amount(None), "\N{EN DASH}"),
        (ratio(None), "\N{EN DASH}"),
        (percent(None), "\N{EN DASH}"),
        (percent(0.1234), "12.3\xa0%"),
        (signed_percent(0.05), "+5.0\xa0%"),
        (signed_cents(-0.001), "0.00"),
        (price(102.6505), "102.6505"),
        (price(0.04251234), "0.042512"),
        (shares(1200.0), "1,200"),
        (shares(0.5), "0.5"),
        (moment(1_583_159_400), "2020-03-02 14:30"),
    ],
)
def test_numbers_and_times_as_people_write_them(text, expected):
    """Thousands are grouped, a minus is a minus, and what is not known is a dash."""
    assert text == expected
