"""Waits between attempts to connect: within the limit, and drawn from all of it."""

from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.ib.backoff import delays


@pytest.mark.parametrize(
    ("attempt", "longest"), [(1, 1), (2, 2), (3, 4), (6, 32), (7, 60), (8, 60), (10_000, 60)]
)
def test_wait_doubles_up_to_a_minute(attempt: int, longest: float) -> None:
    """The longest wait doubles with each attempt, and is never above a minute."""
    delay = delays(Random(1))
    waits = [delay(attempt) for _ in range(400)]
    assert 0.99 * longest < max(waits) <= longest
    assert 0 <= min(waits) < 0.1 * longest


@given(attempt=st.integers(-5, 10**9), seed=st.integers())
def test_every_wait_lies_between_nothing_and_a_minute(attempt: int, seed: int) -> None:
    """No attempt, however late, waits below zero or above a minute."""
    assert 0 <= delays(Random(seed))(attempt) <= 60


def test_same_seed_waits_the_same() -> None:
    """A seeded run can be repeated."""
    first, second = delays(Random(7)), delays(Random(7))
    assert [first(n) for n in range(1, 9)] == [second(n) for n in range(1, 9)]
