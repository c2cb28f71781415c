"""What the broker's executions add up to."""

from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.journal_builders import an_execution, later

from sellcore.errors import InvalidValue
from sellcore.selling.execution import average_price, corrected, traded


def numbered(trade, revision, **changes):
    return an_execution(f"0000e0d5.{trade}.{revision:02}", **changes)


SHARES = st.integers(1, 10**6).map(lambda thousandths: str(Decimal(thousandths) / 1000))
PRICES = st.integers(1, 10**6).map(lambda cents: cents / 100)
HISTORIES = st.dictionaries(
    st.integers(0, 9),
    st.lists(st.tuples(SHARES, PRICES, st.integers(0, 5)), min_size=1, max_size=12),
    max_size=5,
)
"""By trade, what was told of it: first as it was reported, then each correction."""


@st.composite
def told(draw):
    """Return histories, and all of their executions in any order, some of them twice."""
    histories = draw(HISTORIES)
    executions = [
        numbered(trade, revision, shares=shares, price=price, time=later(hour))
        for trade, history in histories.items()
        for revision, (shares, price, hour) in enumerate(history, 1)
    ]
    if executions:
        executions += draw(st.lists(st.sampled_from(executions), max_size=5))
    return histories, draw(st.permutations(executions))


class TestTime:
    def test_time_of_a_trade_is_kept_in_utc(self):
        """Wherever it was told."""
        new_york = timezone(timedelta(hours=-4))
        told = an_execution(time=datetime(2022, 5, 20, 10, tzinfo=new_york))

        assert (told.time, told.time.tzinfo) == (later(0), UTC)

    def test_time_without_a_zone_is_refused(self):
        """Ten o'clock where?"""
        with pytest.raises(InvalidValue, match="no time zone"):
            an_execution(time=datetime(2022, 5, 20, 10))


class TestCorrected:
    @given(told())
    def test_each_trade_counts_once_as_it_was_told_last(self, drawn):
        """Whatever the order they came in, and however often."""
        histories, executions = drawn
        last = {trade: history[-1] for trade, history in histories.items()}

        found = corrected(executions)
        assert {(e.exec_id.split(".")[1], str(e.shares), e.price, e.time) for e in found} == {
            (str(trade), shares, price, later(hour))
            for trade, (shares, price, hour) in last.items()
        }
        assert len(found) == len(last)
        assert [e.time for e in found] == sorted(e.time for e in found)

    @given(told())
    def test_doing_it_twice_changes_nothing(self, drawn):
        """What is corrected needs no correction."""
        once = corrected(drawn[1])

        assert corrected(once) == once

    @pytest.mark.parametrize(
        ("ids", "kept"),
        [
            (["a.b.01", "a.b.02"], ["a.b.02"]),
            (["a.b.9", "a.b.10"], ["a.b.10"]),
            (["a.b.01", "a.c.01"], ["a.b.01", "a.c.01"]),
            (["a.b.01", "a.01"], ["a.01", "a.b.01"]),
            (["whole", "other"], ["other", "whole"]),
            (["a.b.x", "a.b.01"], ["a.b.01"]),
            (["a.b.²", "a.b.01"], ["a.b.01"]),
            (["a.b.x", "a.b.y"], ["a.b.y"]),
            ([".1", "1"], [".1", "1"]),
        ],
    )
    def test_what_follows_the_last_dot_numbers_the_correction(self, ids, kept):
        """By its number, not by its letters; without a dot there is nothing to correct."""
        for order in (ids, ids[::-1]):
            assert [e.exec_id for e in corrected(map(an_execution, order))] == kept

    def test_what_was_told_twice_counts_as_it_was_told_last(self):
        """Under one id: what is on record first, then what the broker says now."""
        stored, told = an_execution("a.b.01", shares="30"), an_execution("a.b.01", shares="40")

        assert corrected([stored, told]) == (told,)


class TestSums:
    @given(told())
    def test_shares_are_those_of_the_last_word_on_each_trade(self, drawn):
        """To the last digit of a fraction."""
        histories, executions = drawn

        wanted = sum((Decimal(history[-1][0]) for history in histories.values()), Decimal(0))
        assert traded(executions) == wanted

    @given(told())
    def test_price_is_weighed_by_shares(self, drawn):
        """The money that came in, over the shares that went out."""
        histories, executions = drawn
        last = [
            (Fraction(shares), Fraction(price))
            for shares, price, _ in (history[-1] for history in histories.values())
        ]
        shares = sum(n for n, _ in last)
        found = average_price(executions)
        if not last:
            assert found is None
            return

        assert found == pytest.approx(float(sum(n * price for n, price in last) / shares))
        assert min(p for _, p in last) * Fraction(999_999, 10**6) <= Fraction(found)
        assert Fraction(found) <= max(p for _, p in last) * Fraction(1_000_001, 10**6)

    def test_nothing_traded_has_no_price(self):
        """No trade, no shares, no price."""
        assert traded([]) == 0
        assert average_price([]) is None
