"""What the safety checks say, with all reasons."""

import json
from collections.abc import Sequence

from attrs import asdict, frozen


@frozen
class Check:
    """
    The answer of one check.

    Attributes:
        name: Of the check.
        passed: Whether it allows the sale.
        found: What it looked at, for people.
        remedy: What to do where it did not pass.
        for_now: It may pass later, without anybody's doing.
    """

    name: str
    passed: bool
    found: str
    remedy: str = ""
    for_now: bool = False

    def __str__(self) -> str:
        return self.found if self.passed else f"{self.found}; {self.remedy}"


@frozen
class Verdict:
    """All answers of all checks on one intent."""

    checks: tuple[Check, ...]

    @property
    def allowed(self) -> bool:
        """Whether every check passed."""
        return not self.failed

    @property
    def failed(self) -> tuple[Check, ...]:
        """Those that did not pass, in the order of the table."""
        return tuple(check for check in self.checks if not check.passed)

    @property
    def final(self) -> bool:
        """Whether waiting would not help."""
        return any(not check.for_now for check in self.failed)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Every reason against it, one line each."""
        return tuple(str(check) for check in self.failed)

    def to_json(self) -> str:
        """Return all answers as a JSON object, for the journal."""
        return json.dumps({"checks": [asdict(check) for check in self.checks]})


def from_json(text: str) -> Sequence[Check]:
    """Return the answers that ``to_json`` wrote; none where the text holds none."""
    rows = json.loads(text).get("checks", ())
    return tuple(Check(**row) for row in rows)
