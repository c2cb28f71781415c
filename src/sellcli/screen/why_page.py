"""One page that explains a decision and what came of it, for a person or for a program."""

import json
from collections.abc import Iterator, Sequence
from contextlib import suppress

from sellcli.screen.json_forms import Json, record_form
from sellcli.story import Story
from sellcore.bar import BarSeries
from sellcore.bar_reading import Unreadable
from sellcore.errors import InvalidValue
from sellcore.instant import from_epoch, iso
from sellcore.outcome import Outcome
from sellcore.quoting import quoted, rounded
from sellcore.record import DecisionRecord, rule_of, to_json
from sellcore.replay.decide_again import Again
from sellcore.selling.intent_record import IntentRecord
from sellcore.selling.otherwise import seed_weight, turning_close
from sellcore.usecases.sell import CHECKED
from sellcore.usecases.tell_order import WAY_OUT

_WIDTH = 11

_SHOWN = 8
"""Closes that are shown of the bars used: the newest."""


def page(story: Story) -> Iterator[str]:
    """Yield the lines of the page."""
    decision = story.decision
    bar = "no bar" if decision.bar_end is None else f"bar that ended {iso(decision.bar_end)}"
    yield (
        f"{decision.ticker}, {bar}, decided {iso(decision.timestamp)} "
        f"({decision.mode}, account {decision.account})"
    )
    yield ""
    yield from _part("decision", [f"{decision.decision}: {decision.reason}"])
    yield from _part("rule", _rule(decision))
    if decision.bar_end is not None:
        yield from _part("bars", _bars(decision, story.bars))
    yield from _part("otherwise", _otherwise(story))
    if decision.action_prepared:
        yield from _part("prepared", [decision.action_prepared])
    if story.record is not None:
        yield from _intent(story, story.record)
    elif decision.intent_id and not story.results:
        yield from _part("sent", [f"nothing: {decision.mode}"])
    for result in story.results:
        yield from _part("log", [f"{iso(result.timestamp)} {result.reason}"])


def _part(name: str, lines: Sequence[str]) -> Iterator[str]:
    for number, line in enumerate(lines):
        yield f"{name if number == 0 else '':<{_WIDTH}}{line}"


def _rule(decision: DecisionRecord) -> list[str]:
    try:
        rule = rule_of(decision)
    except InvalidValue as refused:
        return [str(refused)]
    if rule is None:
        return ["none: watched, never sold"]
    if decision.close is None or decision.ma_value is None or decision.bars_used is None:
        return [f"{rule}, which needs {rule.required_bars} closed bars"]
    seed = seed_weight(rule, decision.bars_used)
    weight = "" if seed is None else f"; its seed weighs {seed:.2%} of it"
    return [
        f"{rule}: {rounded(decision.ma_value)} over {decision.bars_used} closed bars, "
        f"needs {rule.required_bars}{weight}",
        f"close {rounded(decision.close)}, {decision.distance_pct:+.2f} % from it",
    ]


def _bars(decision: DecisionRecord, again: Again | Unreadable) -> list[str]:
    """Show the bars that were used, and whether they are still what they were."""
    if isinstance(again, Unreadable):
        return [f"not shown: {again.reason}"]
    used = _used(decision, again)
    closes = " ".join(quoted(close) for close in used.close[-_SHOWN:].tolist())
    first, last = (iso(from_epoch(int(end))) for end in used.end[[0, -1]])
    lines = [
        f"{len(used)} that ended from {first} to {last}",
        f"the last closes: {closes}",
    ]
    evidence = again.evaluation.evidence
    told = decision.close, decision.ma_value
    if evidence is not None and None not in told and told != (evidence.close, evidence.average):
        lines.append("they have been revised since; sellcli replay compares them")
    return lines


def _used(decision: DecisionRecord, again: Again) -> BarSeries:
    """Return the bars that the average is made of; all there were where it needs more."""
    count = decision.bars_used or len(again.used)
    return again.used[-count:]


def _otherwise(story: Story) -> list[str]:
    """Say what would have changed the outcome."""
    decision, rule = story.decision, None
    with suppress(InvalidValue):  # the page has said so above
        rule = rule_of(decision)
    lines = []
    if rule is not None and decision.close is not None and decision.ma_value is not None:
        turn = turning_close(rule, decision.close, decision.ma_value)
        if turn is not None and decision.decision is Outcome.SIGNAL:
            lines.append(f"a close of {rounded(turn)} or more would have been a hold")
        elif turn is not None and decision.decision is Outcome.HOLD:
            lines.append(f"a close below {rounded(turn)} would have been a signal")
    failed = [check.name for check in story.checks if not check.passed]
    if failed:
        lines.append(f"without what these checks met it would have been sent: {', '.join(failed)}")
    return lines or ["nothing but other bars"]


def _intent(story: Story, record: IntentRecord) -> Iterator[str]:
    yield from _part("intent", [record.intent_id])
    checks = [
        f"{'ok' if check.passed else 'NO':<3}{check.name:<17}{check}" for check in story.checks
    ]
    yield from _part("checks", checks or ["none have run yet"])
    course = [f"{iso(e.at)} {e.what:<14} {e.words}".rstrip() for e in story.entries]
    yield from _part("course", [line for line in course if CHECKED not in line])
    price = "" if record.average_price is None else f" at {rounded(record.average_price)} a share"
    end = f"{record.state}: {record.words}; {record.filled.normalize():f} sold{price}"
    yield from _part("now", [end, *([WAY_OUT[record.state]] if record.state in WAY_OUT else [])])


def form(story: Story) -> dict[str, Json]:
    """Return the same as a document."""
    checks: list[Json] = [
        {"name": c.name, "passed": c.passed, "found": c.found, "remedy": c.remedy}
        for c in story.checks
    ]
    return {
        "decision": _plain(story.decision),
        "bars": _bars_form(story.decision, story.bars),
        "otherwise": list(_otherwise(story)),
        "intent": None if story.record is None else record_form(story.record),
        "checks": checks,
        "course": [
            {"time": iso(e.at), "what": e.what, "words": e.words, "details": json.loads(e.details)}
            for e in story.entries
        ],
        "results": [_plain(result) for result in story.results],
    }


def _bars_form(decision: DecisionRecord, again: Again | Unreadable) -> Json:
    if isinstance(again, Unreadable):
        return {"missing": again.reason}
    used = _used(decision, again)
    ends: list[Json] = [iso(from_epoch(int(end))) for end in used.end.tolist()]
    return {"ends": ends, "closes": list(used.close.tolist())}


def _plain(record: DecisionRecord) -> dict[str, Json]:
    return {name: list(v) if isinstance(v, list) else v for name, v in to_json(record).items()}
