"""The price increments that are being asked for, and the answers as they come."""

from collections.abc import Iterable

from adapters.ib.pending import Frame, Pending, Refusal
from sellcore.errors import BrokerUnavailable


class MarketRules:
    """
    The market rules that are waited for.

    An answer names its rule, so a late one does no harm. A refusal names none:
    the rules that are still missing have been refused once there are as many
    refusals as rules.
    """

    def __init__(self) -> None:
        self._asked: dict[int, Pending[Frame]] = {}
        self._refusals: list[Refusal] = []

    @property
    def waiting(self) -> list[Pending[Frame]]:
        """The rules that nothing has been said about."""
        return [pending for pending in self._asked.values() if not pending.done.done()]

    def expect(self, rule_ids: Iterable[int]) -> dict[int, Pending[Frame]]:
        """Wait for these rules from now on, and for no others."""
        self._asked = {rule_id: Pending[Frame]() for rule_id in rule_ids}
        self._refusals = []
        return self._asked

    def told(self, fields: Frame) -> None:
        """Take message 93."""
        if (pending := self._asked.get(int(fields[1]))) is not None:
            pending.rows.append(fields)
            pending.finish()
            self._settle()

    def refused(self, refusal: Refusal) -> None:
        """Take a refusal of one of them, whichever it is."""
        self._refusals.append(refusal)
        self._settle()

    def fail(self, why: str) -> None:
        """End the wait: the gateway cannot be asked any more."""
        for pending in self.waiting:
            pending.fail(BrokerUnavailable(why))

    def _settle(self) -> None:
        waiting = self.waiting
        if len(waiting) <= len(self._refusals):
            for pending, refusal in zip(waiting, self._refusals, strict=False):
                pending.fail(refusal)
