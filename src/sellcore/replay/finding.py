"""What comes of deciding a recorded bar again."""

from datetime import datetime
from enum import Enum

from attrs import frozen

from sellcore.evaluation import Evaluation
from sellcore.order import Mode
from sellcore.record import DecisionRecord
from sellcore.timeframe import Timeframe


class Verdict(Enum):
    """
    Whether a record and the cache agree.

    UNTOLD: one of the two does not say enough to compare them. NO_RECORD: a bar
    that should have been decided is not on record.
    """

    AGREES = "agrees"
    DIFFERS = "differs"
    UNTOLD = "cannot be told"
    NO_RECORD = "no record"

    def __str__(self) -> str:
        return self.value


class Cause(Enum):
    """Why a record and the cache differ, as far as the two of them show."""

    CLOSE_REVISED = "close revised"
    EARLIER_REVISED = "an earlier close revised"
    BAR_MISSING = "a bar was missing then"
    BAR_GONE = "a bar is missing now"
    NO_SUCH_BAR = "there is no such bar"
    RESTATED = "a split, or a restated history"
    ANOTHER_RULE = "another rule"
    CONTRADICTION = "the record contradicts itself"
    OTHER_BARS = "decided on other bars"

    def __str__(self) -> str:
        return self.value


@frozen
class LoggedBar:
    """
    Names a bar of a holding, as the audit log does.

    Attributes:
        mode: Dry-run, paper or live.
        account: The account that holds the position.
        con_id: The broker's contract id.
        ticker: ``EXCHANGE:SYMBOL``.
        timeframe: None where the record names none; ``end`` alike.
        end: End of the bar, UTC.
    """

    mode: Mode
    account: str
    con_id: int
    ticker: str
    timeframe: Timeframe | None
    end: datetime | None


@frozen
class Finding:
    """
    One bar, decided again.

    Attributes:
        bar: Which one.
        verdict: Whether record and cache agree.
        text: What was met, one line.
        cause: Why they differ; only ever beside DIFFERS.
        record: What was logged; None for a bar without a record.
        now: What the same bars come to now, where they can be decided.
    """

    bar: LoggedBar
    verdict: Verdict
    text: str
    cause: Cause | None = None
    record: DecisionRecord | None = None
    now: Evaluation | None = None


def bar_of(record: DecisionRecord) -> LoggedBar:
    """Return the bar that a record is about."""
    return LoggedBar(
        record.mode,
        record.account,
        record.con_id,
        record.ticker,
        record.timeframe,
        record.bar_end,
    )
