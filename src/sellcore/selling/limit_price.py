"""The price of a marketable limit order, on the grid that the exchange takes."""

from collections.abc import Sequence
from decimal import ROUND_FLOOR, Decimal

from attrs import frozen

from sellcore.errors import InvalidValue


@frozen
class PriceStep:
    """
    From which price on which increment holds.

    Attributes:
        above: The lowest price it holds for.
        increment: Prices there are whole multiples of it, above zero.
    """

    above: Decimal
    increment: Decimal


def marketable(price: float, offset_pct: float, steps: Sequence[PriceStep]) -> float:
    """
    Return the limit of a sale that trades at once unless the market falls by the offset.

    It lies the offset below the price, rounded down to the grid, since rounding
    up could leave it above the market.

    Args:
        price: The newest bid or price, above zero.
        offset_pct: In percent of it, from 0 to below 100.
        steps: In order of price, the first from 0 on.

    Raises:
        InvalidValue: no price is left above zero, or there are no steps.
    """
    wanted = Decimal(repr(price)) * (1 - Decimal(repr(offset_pct)) / 100)
    fitting = [step for step in steps if step.above <= wanted]
    if not fitting:
        raise InvalidValue(f"no price increment is known for {wanted.normalize():f}")
    step = fitting[-1]
    rounded = (wanted / step.increment).to_integral_value(ROUND_FLOOR) * step.increment
    if rounded <= 0:
        raise InvalidValue(f"a limit {offset_pct:g} % below {price} is no price above zero")
    return float(max(rounded, step.above))
