"""The averages of a ledger are those of the live rule, to the last bit."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.backtest_builders import daily
from tests.builders import rule

from sellcore.backtest.decisions import decide
from sellcore.backtest.live_averages import live_averages
from sellcore.evaluation import evaluate

CENTS = st.lists(st.integers(1, 10**7), min_size=25, max_size=60)


@settings(max_examples=60, deadline=None)
@given(cents=CENTS, digits=st.integers(0, 15))
def test_an_sma_is_the_float_nearest_to_its_fraction(cents: list[int], digits: int) -> None:
    """However many decimals the prices have, the mean is rounded once."""
    closes = [float(Decimal(cent).scaleb(-digits)) for cent in cents]

    found = live_averages(decide("X", daily(closes), rule("SMA,20,D")))

    for row in range(19, len(closes)):
        window = [Fraction(Decimal(repr(close))) for close in closes[row - 19 : row + 1]]
        assert found[row] == float(sum(window) / 20)


@settings(max_examples=60, deadline=None)
@given(ticks=st.lists(st.integers(10**14, 9 * 10**15), min_size=25, max_size=40))
def test_an_sma_of_prices_with_many_digits_is_rounded_once(ticks: list[int]) -> None:
    """Adjusted prices have as many digits as a float holds; their sum has more."""
    closes = [tick / 10**13 for tick in ticks]

    found = live_averages(decide("X", daily(closes), rule("SMA,20,D")))

    for row in range(19, len(closes)):
        window = [Fraction(Decimal(repr(close))) for close in closes[row - 19 : row + 1]]
        assert found[row] == float(sum(window) / 20)


@settings(max_examples=40, deadline=None)
@given(cents=CENTS, text=st.sampled_from(["EMA,5,D", "SMA,5,D", "SMA,20,D"]))
def test_every_average_is_the_one_that_live_records(cents: list[int], text: str) -> None:
    """Bar by bar what the live rule has in evidence; nothing where it abstains."""
    bars = daily([cent / 100 for cent in cents])

    found = live_averages(decide("X", bars, rule(text)))

    for row, average in enumerate(found):
        evidence = evaluate(bars[: row + 1], rule(text)).evidence
        assert np.isnan(average) if evidence is None else average == evidence.average
