"""How a bar was decided."""

from enum import Enum


class Outcome(Enum):
    """
    What came of one bar of one holding.

    SIGNAL: it closed below its average. HOLD: it did not. ABSTAIN: we could not
    tell, and never sell on that. MISSED: its decision window had passed.
    """

    SIGNAL = "signal"
    HOLD = "hold"
    ABSTAIN = "abstain"
    MISSED = "missed"

    def __str__(self) -> str:
        return self.value
