"""What would have decided a bar the other way."""

from sellcore.rule import AverageKind, MovingAverageRule


def turning_close(rule: MovingAverageRule, close: float, average: float) -> float | None:
    """
    Return the close at which the bar would have equalled its average.

    A lower close is a signal, this one or a higher one a hold; all other bars
    being what they were.

    Args:
        rule: The rule that decided.
        close: The bar's close, in the instrument's currency.
        average: The average with that bar included.

    Returns:
        None where no close could have changed it: an average over one bar.
    """
    weight = 1 / rule.length if rule.kind is AverageKind.SMA else 2 / (rule.length + 1)
    if weight >= 1:
        return None
    return (average - weight * close) / (1 - weight)


def seed_weight(rule: MovingAverageRule, bars: int) -> float | None:
    """Return which part of an EMA over so many bars is still its seed; None for an SMA."""
    if rule.kind is AverageKind.SMA:
        return None
    kept: float = (1 - 2 / (rule.length + 1)) ** max(0, bars - rule.length)
    return kept
