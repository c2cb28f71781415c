"""The rule applied to one closed bar."""

from collections.abc import Sequence
from datetime import datetime

import numpy as np
from attrs import frozen

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.exact import compare_to_average
from sellcore.instant import from_epoch, iso
from sellcore.outcome import Outcome
from sellcore.quoting import quoted, rounded
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.session import Session
from sellcore.trading_days import TradingDays


@frozen
class Evidence:
    """
    What an evaluation rests on.

    Attributes:
        bar_end: End of the bar that was evaluated, UTC.
        close: Its close, in the instrument's currency.
        average: The moving average at that bar, for people; the decision is exact.
        bars_used: How many bars the average is made of: its window for an SMA,
            all bars since the seed began for an EMA.
    """

    bar_end: datetime
    close: float
    average: float
    bars_used: int

    @property
    def distance_pct(self) -> float:
        """How far the close lies above (below: negative) the average, in % of it."""
        return (self.close - self.average) / self.average * 100


@frozen
class Evaluation:
    """
    Signal, hold or abstain, and why.

    Attributes:
        outcome: Never MISSED.
        reason: One line for people.
        evidence: None where there was too little to compute with.
    """

    outcome: Outcome
    reason: str
    evidence: Evidence | None


def evaluate(bars: BarSeries, rule: MovingAverageRule) -> Evaluation:
    """
    Decide the last bar of ``bars``.

    Args:
        bars: Closed bars of the rule's timeframe, oldest first, without gaps in
            what is known. An EMA is seeded with the first ``rule.length`` closes.
        rule: The rule to apply.

    Returns:
        A signal where close < average, strictly and exactly; a hold otherwise;
        abstain where the average needs more bars.
    Source:
        ``close < average`` in integers, decision 0003.
    """
    if len(bars) < rule.required_bars:
        return Evaluation(
            Outcome.ABSTAIN,
            f"{rule} needs {rule.required_bars} closed bars, has {len(bars)}",
            None,
        )
    used = rule.length if rule.kind is AverageKind.SMA else len(bars)
    closes = bars.close[-used:]
    found = compare_to_average(closes, rule.kind, rule.length)
    evidence = Evidence(
        bar_end=from_epoch(int(bars.end[-1])),
        close=float(closes[-1]),
        average=found.average,
        bars_used=used,
    )
    if found.side < 0:
        outcome, relation = Outcome.SIGNAL, "is below"
    else:
        outcome, relation = Outcome.HOLD, "equals" if found.side == 0 else "is above"
    reason = f"close {quoted(evidence.close)} {relation} {rule.average} {rounded(evidence.average)}"
    return Evaluation(outcome, reason, evidence)


def known_tail(
    bars: BarSeries, coverage: Coverage, sessions: Sequence[Session]
) -> tuple[BarSeries, datetime | None]:
    """
    Return the bars behind the last gap in what is known, and where that gap ends.

    Args:
        bars: Closed bars, oldest first.
        coverage: Intervals that were fetched.
        sessions: The exchange's sessions; only time inside them can be a gap.

    Returns:
        The bars after the gap, and its end; all bars and None where there is none.
    """
    gap = gaps(bars, coverage, sessions).until
    if gap is None:
        return bars, None
    return bars[int(bars.start.searchsorted(gap)) :], from_epoch(gap)


def gaps(bars: BarSeries, coverage: Coverage, sessions: Sequence[Session]) -> Coverage:
    """
    Return the parts of sessions between the first bar and the last that are not known.

    Args:
        bars: Closed bars, oldest first.
        coverage: Intervals that were fetched.
        sessions: The exchange's sessions; only time inside them can be a gap.
    """
    if not len(bars):
        return Coverage()
    first, last = int(bars.start[0]), int(bars.end[-1])
    if coverage.contains(first, last):
        return Coverage()
    days = TradingDays.of(sessions)
    opens, closes = np.maximum(days.opens, first), np.minimum(days.closes, last)
    inside = opens < closes
    trading = zip(opens[inside].tolist(), closes[inside].tolist(), strict=True)
    return Coverage(tuple(trading)) - coverage


def with_gap(evaluation: Evaluation, gap: datetime | None) -> Evaluation:
    """Add to an abstention that the bars before ``gap`` do not count."""
    if gap is None or evaluation.outcome is not Outcome.ABSTAIN:
        return evaluation
    reason = f"{evaluation.reason} since the gap in its bars that ends {iso(gap)}"
    return Evaluation(evaluation.outcome, reason, evaluation.evidence)
