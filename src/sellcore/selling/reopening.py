"""Whether a sale that waited for the open is still one."""

from sellcore.quoting import rounded
from sellcore.rule import MovingAverageRule


def not_below_any_more(price: float, average: float, rule: MovingAverageRule) -> str | None:
    """
    Return why a sale that waited for the open lapses, or None where it does not.

    Args:
        price: Of the first look since the open: the bid, else the last trade.
        average: That the close lay below when the sale was decided.
        rule: That decided it.
    """
    if price < average:
        return None
    return (
        f"at {rounded(price)} after the open, not below {rule.average} {rounded(average)} any more"
    )
