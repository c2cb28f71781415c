"""The price of a marketable limit order: on the grid, and never above the market."""

from decimal import Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from sellcore.errors import InvalidValue
from sellcore.selling.limit_price import PriceStep, marketable


def ladder(*told: tuple[str, str]) -> tuple[PriceStep, ...]:
    return tuple(PriceStep(Decimal(above), Decimal(increment)) for above, increment in told)


CENT = ladder(("0", "0.01"))
US = ladder(("0", "0.0001"), ("1", "0.01"))
HONG_KONG = ladder(
    *(("0", "0.001"), ("0.25", "0.005"), ("0.5", "0.01"), ("10", "0.02"), ("20", "0.05")),
    *(("100", "0.1"), ("200", "0.2"), ("500", "0.5"), ("1000", "1"), ("2000", "2"), ("5000", "5")),
)
TOKYO = ladder(("0", "1"), ("3000", "5"), ("5000", "10"), ("30000", "50"))
LONDON = ladder(("0", "0.0005"), ("0.05", "0.001"), ("1", "0.01"), ("50", "0.05"))
LADDERS = {"cent": CENT, "us": US, "hong kong": HONG_KONG, "tokyo": TOKYO, "london": LONDON}

offsets = st.one_of(st.sampled_from([0.0, 0.1, 0.5, 1.0, 99.0]), st.floats(0, 50))
prices = st.one_of(
    st.floats(1e-4, 1e6),
    st.decimals("0.0001", "99999", places=4).map(float),
    st.sampled_from([float(s.above) for steps in LADDERS.values() for s in steps[1:]]),
)


@st.composite
def ladders(draw: st.DrawFn) -> tuple[PriceStep, ...]:
    """Draw a ladder as exchanges have them: each edge is a multiple of what holds on both sides."""
    increment, above = Decimal(draw(st.sampled_from(["0.0001", "0.001", "0.01", "1"]))), Decimal(0)
    found = [PriceStep(above, increment)]
    for _ in range(draw(st.integers(0, 5))):
        increment *= draw(st.sampled_from([2, 5, 10]))
        above = max(above, increment) * draw(st.sampled_from([2, 5, 10]))
        above = -(-above // increment) * increment
        found.append(PriceStep(above, increment))
    return tuple(found)


def limit(price: float, offset: float, steps: tuple[PriceStep, ...]) -> Decimal:
    """Return the limit as it goes over the wire; skip what has no price above zero."""
    try:
        return Decimal(repr(marketable(price, offset, steps)))
    except InvalidValue:
        wanted = Decimal(repr(price)) * (1 - Decimal(repr(offset)) / 100)
        assert wanted < steps[0].increment
        assume(False)
        raise


def step_at(price: Decimal, steps: tuple[PriceStep, ...]) -> PriceStep:
    return [step for step in steps if step.above <= price][-1]


any_ladder = st.one_of(st.sampled_from(list(LADDERS.values())), ladders())


@given(prices, offsets, any_ladder)
def test_limit_lies_on_the_grid(price: float, offset: float, steps: tuple[PriceStep, ...]) -> None:
    """Off it the order would be refused."""
    found = limit(price, offset, steps)
    assert found % step_at(found, steps).increment == 0
    assert found > 0


@given(prices, offsets, any_ladder)
def test_limit_is_never_above_the_price(
    price: float, offset: float, steps: tuple[PriceStep, ...]
) -> None:
    """Nor above the offset below it: it would rest, and not be marketable."""
    found = limit(price, offset, steps)
    assert found <= Decimal(repr(price))
    assert found <= Decimal(repr(price)) * (1 - Decimal(repr(offset)) / 100)


@given(prices, offsets, any_ladder)
def test_limit_gives_away_no_more_than_the_offset_and_a_step(
    price: float, offset: float, steps: tuple[PriceStep, ...]
) -> None:
    """The trader's offset is what a sale may cost."""
    wanted = Decimal(repr(price)) * (1 - Decimal(repr(offset)) / 100)
    assert wanted - limit(price, offset, steps) < step_at(wanted, steps).increment


@given(prices, any_ladder)
def test_limit_without_an_offset_of_a_price_on_the_grid_is_that_price(
    price: float, steps: tuple[PriceStep, ...]
) -> None:
    """No rounding moves what need not be moved."""
    on_grid = float(limit(price, 0.0, steps))
    assert marketable(on_grid, 0.0, steps) == on_grid


@given(prices, prices, offsets, any_ladder)
def test_higher_price_has_no_lower_limit(
    one: float, other: float, offset: float, steps: tuple[PriceStep, ...]
) -> None:
    """Nowhere on the ladder, edges included."""
    low, high = sorted((one, other))
    assert limit(low, offset, steps) <= limit(high, offset, steps)


@pytest.mark.parametrize(
    ("price", "offset", "name", "expected"),
    [
        (189.98, 0.5, "cent", 189.03),
        (189.98, 0.0, "cent", 189.98),
        (100.0, 1.0, "cent", 99.0),
        (0.29, 0.0, "cent", 0.29),
        (0.1 + 0.2, 0.0, "cent", 0.3),
        (1.005, 0.0, "us", 1.0),
        (1.0, 0.0, "us", 1.0),
        (1.0, 0.5, "us", 0.995),
        (0.9999, 0.0, "us", 0.9999),
        (0.12345, 0.0, "us", 0.1234),
        (0.0123, 0.5, "us", 0.0122),
        (0.0001, 0.0, "us", 0.0001),
        (10.0, 0.0, "hong kong", 10.0),
        (10.03, 0.0, "hong kong", 10.02),
        (10.02, 0.5, "hong kong", 9.96),
        (9.999, 0.0, "hong kong", 9.99),
        (0.253, 0.0, "hong kong", 0.25),
        (0.25, 0.5, "hong kong", 0.248),
        (333.3, 0.5, "hong kong", 331.6),
        (500.0, 0.1, "hong kong", 499.4),
        (5003.0, 0.0, "hong kong", 5000.0),
        (3003.0, 0.0, "tokyo", 3000.0),
        (3003.0, 0.5, "tokyo", 2987.0),
        (0.0512, 0.0, "london", 0.051),
    ],
)
def test_known_values(price: float, offset: float, name: str, expected: float) -> None:
    """Worked out by hand, sub-penny prices and ladders of other countries among them."""
    assert marketable(price, offset, LADDERS[name]) == expected


def test_edge_that_is_no_multiple_is_kept_to() -> None:
    """Rounded down from above it, a price would fall where another increment holds."""
    odd = ladder(("0", "0.01"), ("0.25", "0.1"))
    assert marketable(0.28, 0.0, odd) == 0.25


@pytest.mark.parametrize(
    ("price", "offset", "steps"),
    [
        (0.004, 0.0, CENT),
        (0.01, 0.5, CENT),
        (0.00005, 0.0, US),
        (0.5, 0.0, TOKYO),
        (0.05, 99.9, HONG_KONG),
    ],
)
def test_price_below_the_smallest_step_has_no_limit(
    price: float, offset: float, steps: tuple[PriceStep, ...]
) -> None:
    """A limit of zero would be no limit at all."""
    words = f"^a limit {offset:g} % below {price} is no price above zero$"
    with pytest.raises(InvalidValue, match=words):
        marketable(price, offset, steps)


@pytest.mark.parametrize("steps", [(), ladder(("5", "0.01"))])
def test_without_an_increment_there_is_no_limit(steps: tuple[PriceStep, ...]) -> None:
    """It is not guessed."""
    with pytest.raises(InvalidValue, match="no price increment is known for 1"):
        marketable(1.0, 0.0, steps)
