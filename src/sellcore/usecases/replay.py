"""Deciding a recorded day again, and comparing it with the audit log, bar by bar."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime

from attrs import frozen

from sellcore.due import bars_of
from sellcore.instant import iso, to_epoch
from sellcore.policy import Policy
from sellcore.record import DecidedBar, DecisionRecord
from sellcore.replay.compare import compare
from sellcore.replay.decide_again import History
from sellcore.replay.finding import Cause, Finding, LoggedBar, Verdict, bar_of
from sellcore.selling.lifecycle import State
from sellcore.timeframe import Timeframe

_TELLS_OF_ORDER = tuple(f"{state}: " for state in State)
"""How the reason of a record begins that says what became of a signal's order."""

_NAMES_ANOTHER_BAR = (Cause.CONTRADICTION, Cause.NO_SUCH_BAR)
"""Where a record is wrong in itself, so may be the bar that it names."""

_NOTHING = History()


@frozen
class _Series:
    """What one holding was decided on at one timeframe."""

    account: str
    mode: str
    con_id: int
    timeframe: Timeframe


def decisions(records: Iterable[DecisionRecord]) -> Iterator[DecisionRecord]:
    """Leave out the records that say what became of an order: they decide nothing."""
    return (
        record
        for record in records
        if record.intent_id is None or not record.reason.startswith(_TELLS_OF_ORDER)
    )


def replay(
    records: Sequence[DecisionRecord], day: date, histories: Mapping[int, History]
) -> tuple[Finding, ...]:
    """
    Decide each bar that was decided on a day again, and say where that differs.

    Args:
        records: Decisions of that day and of days around it, which bear witness.
        day: UTC date on which the decisions were made, as the log counts days.
        histories: What is known now of each holding, by contract id.

    Returns:
        One finding for each decision of the day, and one for each bar between two
        of a holding that has no record; by bar, then by ticker.
    """
    today = [record for record in records if record.timestamp.date() == day]
    logged = _closes(records)
    doubts = _repeated(today) | _misnamed(today)
    found = []
    for record in today:
        if doubt := doubts.get(id(record)):
            bar = bar_of(record)
            found.append(Finding(bar, Verdict.DIFFERS, doubt, Cause.CONTRADICTION, record))
            continue
        history = histories.get(record.con_id, _NOTHING)
        closes = logged.get((record.con_id, record.timeframe), {})
        found.append(compare(record, history, closes))
    sound = [finding.record for finding in found if finding.cause not in _NAMES_ANOTHER_BAR]
    found += _unrecorded(records, [record for record in sound if record], histories)
    return tuple(sorted(found, key=_by_bar))


def _by_bar(finding: Finding) -> tuple[int, str, str, str]:
    bar = finding.bar
    end = 0 if bar.end is None else to_epoch(bar.end)
    return end, bar.ticker, str(bar.mode), bar.account


def _closes(
    records: Iterable[DecisionRecord],
) -> Mapping[tuple[int, Timeframe | None], Mapping[datetime, float]]:
    """Return the closes that the log holds; of a bar that is there twice, the first."""
    found: dict[tuple[int, Timeframe | None], dict[datetime, float]] = defaultdict(dict)
    for record in records:
        if record.bar_end is not None and record.close is not None:
            closes = found[record.con_id, record.timeframe]
            closes.setdefault(record.bar_end, record.close)
    return found


def _repeated(records: Iterable[DecisionRecord]) -> dict[int, str]:
    """Return what is wrong with records of a bar that their own run had decided before."""
    seen: set[tuple[str, str, str, DecidedBar]] = set()
    again: dict[int, str] = {}
    for record in records:
        if record.bar is not None:
            name = (record.run_id, str(record.mode), record.account, record.bar)
            if name in seen:
                again[id(record)] = f"run {record.run_id} had decided this bar before"
            seen.add(name)
    return again


def _misnamed(records: Sequence[DecisionRecord]) -> dict[int, str]:
    """Return what is wrong with records whose ticker is not that of the others of a contract."""
    names: dict[int, Counter[str]] = defaultdict(Counter)
    for record in records:
        names[record.con_id][record.ticker] += 1
    usual = {con_id: counts.most_common(1)[0][0] for con_id, counts in names.items()}
    return {
        id(record): f"contract {record.con_id} is {usual[record.con_id]} on other lines"
        for record in records
        if record.ticker != usual[record.con_id]
    }


def _unrecorded(
    records: Iterable[DecisionRecord],
    today: Iterable[DecisionRecord],
    histories: Mapping[int, History],
) -> Iterator[Finding]:
    """
    Yield the bars between two of the day's decisions on a holding that have no record.

    A watch that was away records what it has missed, so that there are none.
    """
    known: dict[_Series, set[datetime]] = defaultdict(set)
    for record in records:
        if record.bar is not None:
            known[_series(record, record.bar)].add(record.bar.end)
    decided: dict[_Series, list[DecisionRecord]] = defaultdict(list)
    for record in today:
        if record.bar is not None:
            decided[_series(record, record.bar)].append(record)
    for series, of_day in decided.items():
        ends = sorted(record.bar_end for record in of_day if record.bar_end is not None)
        sessions = histories.get(series.con_id, _NOTHING).sessions
        near = sessions[sessions.ended(ends[0]) : sessions.begun(ends[-1])]
        for bar in bars_of(near, series.timeframe, Policy()):
            if ends[0] < bar.end < ends[-1] and bar.end not in known[series]:
                first = of_day[0]
                name = LoggedBar(
                    first.mode,
                    first.account,
                    series.con_id,
                    first.ticker,
                    series.timeframe,
                    bar.end,
                )
                text = f"decided at {iso(ends[0])} and at {iso(ends[-1])}, not here"
                yield Finding(name, Verdict.NO_RECORD, text)


def _series(record: DecisionRecord, bar: DecidedBar) -> _Series:
    return _Series(record.account, str(record.mode), bar.con_id, bar.timeframe)
