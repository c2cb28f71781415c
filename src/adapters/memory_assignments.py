"""Assignments that last as long as the process."""

from collections.abc import Mapping

from sellcore.assignment import Assignment, Assignments
from sellcore.rule import MovingAverageRule


class MemoryAssignments:
    """The assignment store port in memory."""

    def __init__(self, rules: Mapping[str, MovingAverageRule] | None = None) -> None:
        self._rules: dict[str, MovingAverageRule] = {}
        self.assign_all(rules or {})

    def load(self) -> Assignments:
        """Return what was assigned so far; there are never problems."""
        return Assignments(self._rules)

    def assign(self, ticker: str, rule: MovingAverageRule) -> None:
        """Give ``ticker`` this rule."""
        self.assign_all({ticker: rule})

    def assign_all(self, rules: Mapping[str, MovingAverageRule]) -> None:
        """Give all these tickers their rules."""
        named = [Assignment(ticker, rule) for ticker, rule in rules.items()]
        self._rules.update((each.ticker, each.rule) for each in named)
