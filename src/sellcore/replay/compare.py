"""One record against what the cache holds now."""

import re
from collections.abc import Mapping
from datetime import datetime
from math import isclose

from sellcore.bar_reading import Unreadable
from sellcore.evaluation import Evaluation
from sellcore.instant import iso
from sellcore.outcome import Outcome
from sellcore.plan import LOGGED_LATE
from sellcore.record import DecisionRecord, rule_of
from sellcore.replay.contradiction import PROVISIONAL, by_bars_alone, contradiction
from sellcore.replay.decide_again import (
    Again,
    History,
    NoSuchBar,
    decide_again,
    is_covered,
    out_of_time,
)
from sellcore.replay.difference import SAME, difference, grounds
from sellcore.replay.finding import Cause, Finding, Verdict, bar_of
from sellcore.rule import MovingAverageRule

_FOR_WANT_OF_BARS = re.compile(
    r"needs \d+ closed bars, has \d+"
    r"|^no bars of it are stored"
    r"|^no bar that ends \S+ has come"
    r"|^the bar that ends \S+ (is not final yet|was last read before)"
    r"|^not all of the bar that ends"
)
"""What an abstention says that bars which came later would have decided."""


_NEVER_SOLD = ("only stocks are ever sold", "is never touched")
"""What an abstention says that no bar can change: of the position, not of its bars."""


def compare(record: DecisionRecord, history: History, logged: Mapping[datetime, float]) -> Finding:
    """
    Decide the bar of a record again, and say whether both come to the same.

    Args:
        record: A decision, not what became of its order.
        history: What is known now of the holding.
        logged: The closes that the log holds of this holding at this timeframe,
            by the end of the bar.
    """
    if record.bar is None and record.decision is Outcome.ABSTAIN:
        return _untold(record, "the record names no bar")
    if denied := contradiction(record):
        return _differs(record, Cause.CONTRADICTION, denied)
    rule = rule_of(record)
    if rule is None or record.bar is None:
        return _untold(record, "the record names no rule")
    if not history.series:
        return _untold(record, "the cache holds no bars of it")
    if not history.sessions:
        return _untold(record, "no sessions of its exchange are known")
    any_time = record.decision is Outcome.MISSED or LOGGED_LATE in record.reason
    if not any_time and out_of_time(history, rule.timeframe, record.bar.end, record.timestamp):
        late = f"decided at {iso(record.timestamp)}, long after its time had run out"
        return _differs(record, Cause.CONTRADICTION, late)
    again = decide_again(history, rule, record.bar.end, record.bars_used)
    if record.decision in (Outcome.ABSTAIN, Outcome.MISSED):
        return _undecided(record, again)
    if isinstance(again, Unreadable):
        return _unreadable(record, again, is_covered(history, rule.timeframe, record.bar.end))
    return _decided(record, rule, again, logged)


def _undecided(record: DecisionRecord, again: Again | Unreadable) -> Finding:
    """Compare a bar that was not decided: only where bars were wanting is there a difference."""
    then = f"{record.decision} then: {record.reason}"
    abstains = record.decision is Outcome.ABSTAIN
    if abstains and record.reason.endswith(_NEVER_SOLD):
        return _agrees(record, f"no bar decides it: {record.reason}", None)
    wanting = abstains and _FOR_WANT_OF_BARS.search(record.reason)
    if isinstance(again, Unreadable):
        if wanting:
            return _agrees(record, f"abstains now as well: {again.reason}", None)
        return _untold(record, f"{then}; it cannot be read now: {again.reason}")
    now = again.evaluation
    if wanting and now.evidence is None:
        return _agrees(record, f"abstains now as well: {now.reason}", now)
    if wanting:
        return _differs(
            record, Cause.BAR_MISSING, f"{then}; now a {now.outcome}: {now.reason}", now
        )
    return _untold(record, f"{then}; its bars alone make it a {now.outcome}: {now.reason}", now)


def _unreadable(record: DecisionRecord, now: Unreadable, covered: bool) -> Finding:
    if isinstance(now, NoSuchBar):
        return _differs(record, Cause.NO_SUCH_BAR, now.reason)
    if covered:
        return _differs(record, Cause.BAR_GONE, now.reason)
    return _untold(record, f"its bars are not in the cache any more: {now.reason}")


def _decided(
    record: DecisionRecord,
    rule: MovingAverageRule,
    again: Again,
    logged: Mapping[datetime, float],
) -> Finding:
    now, then = again.evaluation, grounds(record)
    evidence = now.evidence
    if then is None or evidence is None or len(again.used) < then.used:
        used = 0 if then is None else then.used
        text = f"it rested on {used} bars, the cache holds {len(again.used)} of them"
        return _untold(record, text, now)
    alike = now.outcome is by_bars_alone(record)
    if PROVISIONAL in record.reason:
        # A forming bar leaves no trace: only outcomes can be held against each other.
        text = f"provisional {record.decision} then, the final bar is a {now.outcome}: {now.reason}"
        return _agrees(record, text, now) if alike else _untold(record, text, now)
    same = isclose(evidence.average, then.average, rel_tol=SAME) and evidence.close == then.close
    if alike and same:
        return _agrees(record, now.reason, now)
    cause, text = difference(then, evidence, rule, again, logged)
    text = text if alike else f"{record.decision} then, {now.outcome} now: {text}"
    return _differs(record, cause, text, now)


def _agrees(record: DecisionRecord, text: str, now: Evaluation | None) -> Finding:
    return Finding(bar_of(record), Verdict.AGREES, text, None, record, now)


def _differs(
    record: DecisionRecord, cause: Cause, text: str, now: Evaluation | None = None
) -> Finding:
    return Finding(bar_of(record), Verdict.DIFFERS, text, cause, record, now)


def _untold(record: DecisionRecord, text: str, now: Evaluation | None = None) -> Finding:
    return Finding(bar_of(record), Verdict.UNTOLD, text, None, record, now)
