"""The rule a holding follows: which average, over how many bars, of which timeframe."""

import operator
from enum import Enum
from functools import cache

from attrs import field, frozen

from sellcore.errors import InvalidValue
from sellcore.kinds import member_of
from sellcore.timeframe import Timeframe, parse_timeframe

LENGTHS = (5, 10, 20, 50, 100, 150, 200)
"""The lengths, in bars, that a rule may have."""

_MOST_DIGITS = 9
"""Nobody means a length of more digits, and int() refuses thousands of them."""

SEED_WEIGHT = (1, 100)
"""An EMA is converged once its seed weighs at most this fraction."""


class AverageKind(Enum):
    """The two families of moving average."""

    SMA = "SMA"
    EMA = "EMA"

    def __str__(self) -> str:
        return self.value


AverageName = tuple[AverageKind, int]
"""Names an average: its kind, and its length in bars."""


def _whole(length: object) -> int:
    """Return Python's own whole number: numpy's prints otherwise."""
    try:
        return operator.index(length)  # type: ignore[arg-type]  # anything: that is the question
    except TypeError:
        raise InvalidValue(_unknown(length)) from None


def _unknown(length: object) -> str:
    return f"length {length!r} is not one of {', '.join(map(str, LENGTHS))}"


def _known_length(_: object, __: object, length: int) -> None:
    if length not in LENGTHS:
        raise InvalidValue(_unknown(length))


@frozen(order=True)
class MovingAverageRule:
    """
    Sell when a closed bar of ``timeframe`` closes below this average.

    Attributes:
        kind: SMA or EMA.
        length: Window in bars, one of LENGTHS.
        timeframe: Hourly or daily bars.
    """

    kind: AverageKind = field(order=lambda kind: kind.value, validator=member_of(AverageKind))
    length: int = field(converter=_whole, validator=_known_length)
    timeframe: Timeframe = field(
        order=lambda timeframe: timeframe.value, validator=member_of(Timeframe)
    )

    def __str__(self) -> str:
        return f"{self.average} {self.timeframe}"

    @property
    def average(self) -> str:
        """The average without its timeframe: ``SMA(50)``."""
        return f"{self.kind}({self.length})"

    @property
    def required_bars(self) -> int:
        """How many closed bars the average needs before it may decide."""
        return required_bars(self.kind, self.length)


@cache
def required_bars(kind: AverageKind, length: int) -> int:
    """
    Return how many closed bars an average needs before it may decide.

    An SMA needs its window. An EMA needs its seed and then as many bars as it
    takes until the seed weighs at most SEED_WEIGHT, settled in integers.
    """
    if kind is AverageKind.SMA:
        return length
    kept, whole, after = 1, 1, 0
    while kept * SEED_WEIGHT[1] > whole * SEED_WEIGHT[0]:
        kept, whole, after = kept * (length - 1), whole * (length + 1), after + 1
    return length + after


def parse_kind(text: str) -> AverageKind:
    """Read SMA or EMA in any case."""
    try:
        return AverageKind(text.strip().upper())
    except ValueError:
        raise InvalidValue(f"type {text.strip()!r} is not one of SMA, EMA") from None


def parse_length(text: str) -> int:
    """Read a length; anything but one of LENGTHS raises InvalidValue."""
    digits = text.strip()
    if not (digits.isascii() and digits.isdigit() and len(digits) <= _MOST_DIGITS):
        raise InvalidValue(_unknown(digits[:20]))
    length = int(digits)
    _known_length(None, None, length)
    return length


def parse_rule(text: str) -> MovingAverageRule:
    """Read ``SMA,50,1H`` (the form of ``--default-rule``)."""
    parts = text.split(",")
    if len(parts) != 3:
        raise InvalidValue(f"rule {text[:40]!r} is not TYPE,LENGTH,TIMEFRAME, e.g. SMA,50,1H")
    try:
        return MovingAverageRule(
            parse_kind(parts[0]), parse_length(parts[1]), parse_timeframe(parts[2])
        )
    except InvalidValue as error:
        raise InvalidValue(f"rule {text[:40]!r}: {error}; write e.g. SMA,50,1H") from None
