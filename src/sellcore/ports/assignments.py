"""The assignment store port."""

from collections.abc import Mapping
from typing import Protocol

from sellcore.assignment import Assignments
from sellcore.rule import MovingAverageRule


class AssignmentStore(Protocol):
    """
    Keeps which ticker follows which rule, for as long as the user wants it.

    An entry leaves only by the user's own hand: not because its position is
    gone, and not because it cannot be read.
    """

    def load(self) -> Assignments:
        """
        Return what is stored now; nothing stored yet is no assignments.

        Raises:
            ConfigError: the store as a whole cannot be read; it is left as it is.
        """
        ...

    def assign(self, ticker: str, rule: MovingAverageRule) -> None:
        """
        Give ``ticker`` this rule instead of any other; durable on return.

        Raises:
            InvalidValue: ``ticker`` is not EXCHANGE:SYMBOL.
            ConfigError: the store as a whole cannot be read; it is left as it is.
            StorageError: it could not be written; it is left as it was.
        """
        ...

    def assign_all(self, rules: Mapping[str, MovingAverageRule]) -> None:
        """
        Do what ``assign`` does for all of ``rules``, or for none of them.

        Tickers that are not named keep what they have.
        """
        ...
