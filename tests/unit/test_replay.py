"""Deciding recorded bars again: agreement with the live plan, and each difference by its name."""

from datetime import date, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest
from attrs import evolve
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import ACCOUNT, MSFT, Tape, a_tape, at, known, new_york, rule
from tests.plan_builders import FRIDAY, SECOND, SESSIONS, a_holding, decided

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.instant import iso, to_epoch
from sellcore.order import Mode
from sellcore.outcome import Outcome
from sellcore.plan import LOGGED_LATE, Decision
from sellcore.policy import Policy
from sellcore.quoting import quoted, rounded
from sellcore.record import DecisionRecord
from sellcore.replay.decide_again import History
from sellcore.replay.finding import Cause, Finding, Verdict
from sellcore.series import StoredSeries
from sellcore.timeframe import Granularity, Timeframe
from sellcore.trading_days import TradingDays
from sellcore.usecases.replay import decisions, replay

DAY = FRIDAY.day
ENDS = [at(f"2022-05-20 {hour}:00") for hour in range(14, 21)]
"""The hours of that Friday."""


def waves(n: int) -> float:
    """Cross the average now and then."""
    return round(100 + 3 * np.sin(n / 5) + (n * 7919 % 13) / 100, 2)


TAPE = a_tape(SESSIONS, Granularity.HALF_HOUR, waves)


def record_of(decision: Decision, now: datetime) -> DecisionRecord:
    """Write a decision down as a watch does."""
    evidence, intent = decision.evidence, decision.intent
    return DecisionRecord(
        timestamp=now,
        run_id="run",
        mode=Mode.DRY_RUN,
        account=ACCOUNT,
        ticker=MSFT.ticker,
        con_id=MSFT.con_id,
        timeframe=decision.rule.timeframe,
        bar_end=decision.bar_end,
        close=evidence and evidence.close,
        ma_type=decision.rule.average,
        ma_value=evidence and evidence.average,
        bars_used=evidence and evidence.bars_used,
        distance_pct=evidence and evidence.distance_pct,
        decision=decision.outcome,
        reason=decision.reason,
        action_prepared=intent and str(intent),
        intent_id=intent and intent.intent_id,
    )


def a_day(tape: Tape = TAPE, wanted: str = "SMA,5,1H", **changes: object) -> list[DecisionRecord]:
    """Let the live plan decide each hour of the Friday, each as soon as it is final."""
    records = []
    for end in ENDS:
        now = end + (60 if end == FRIDAY.close else 30) * SECOND
        holding = a_holding(
            now, half_hours=tape, wanted=wanted, watched_from=end - SECOND, **changes
        )
        records.append(record_of(decided(now, holding), now))
    return records


def history(bars: BarSeries = TAPE.whole, coverage: Coverage | None = None) -> History:
    """Return what the cache holds weeks later."""
    stored = known(bars) if coverage is None else StoredSeries(bars, coverage)
    return History({Granularity.HALF_HOUR: stored}, TradingDays(SESSIONS))


def replayed(records: list[DecisionRecord], now: History | None = None) -> tuple[Finding, ...]:
    return replay(records, DAY, {MSFT.con_id: now or history()})


def with_close(end: datetime, close: float, bars: BarSeries = TAPE.whole) -> BarSeries:
    """Return the bars with another close of the half hour that ends then."""
    closes = bars.close.copy()
    closes[bars.end == to_epoch(end)] = close
    return BarSeries(bars.start, bars.end, bars.open, bars.high, bars.low, closes, bars.volume)


def without(end: datetime, bars: BarSeries = TAPE.whole) -> BarSeries:
    """Return the bars without the half hours of the hour that ends then."""
    last = to_epoch(end)
    return bars[(bars.end <= last - 3600) | (bars.end > last)]


def differing(found: tuple[Finding, ...]) -> dict[datetime | None, Cause | None]:
    return {f.bar.end: f.cause for f in found if f.verdict is Verdict.DIFFERS}


@settings(max_examples=15, deadline=None)
@given(
    cents=st.lists(st.integers(9_500, 10_500), min_size=160, max_size=160),
    wanted=st.sampled_from(["SMA,5,1H", "SMA,20,1H", "EMA,5,1H", "EMA,10,1H"]),
)
def test_what_the_live_plan_decided_is_decided_again(cents: list[int], wanted: str) -> None:
    """On the bars that a day was decided on, each decision of the live plan is found again."""
    tape = a_tape(SESSIONS, Granularity.HALF_HOUR, lambda n: cents[n % len(cents)] / 100)
    found = replayed(a_day(tape, wanted), history(tape.whole))

    assert [finding.verdict for finding in found] == [Verdict.AGREES] * len(ENDS)
    assert [finding.bar.end for finding in found] == ENDS


def test_bars_behind_the_one_decided_are_not_looked_at() -> None:
    """Whatever came later, the finding is the same, word for word."""
    first = a_day()[:3]
    tail = TAPE.whole.end > to_epoch(ENDS[2])
    other = TAPE.whole.close + np.where(tail, 7.5, 0.0)
    columns = [other if name == "close" else getattr(TAPE.whole, name) for name in _COLUMNS]

    assert replayed(first) == replayed(first, history(BarSeries(*columns)))


_COLUMNS = ("start", "end", "open", "high", "low", "close", "volume")


def test_an_ema_is_compared_over_the_bars_it_was_made_of() -> None:
    """A cache that reaches further back has another seed; that is no difference."""
    later = new_york(date(2022, 5, 13))
    tape = a_tape((later, *SESSIONS), Granularity.HALF_HOUR, waves)
    since = TAPE.whole.start[0]
    shorter = Tape(
        tape.sessions,
        tape.granularity,
        {end: close for end, close in tape.closes.items() if to_epoch(end) > since},
    )
    records = a_day(shorter, "EMA,5,1H")
    whole = History({Granularity.HALF_HOUR: known(tape.whole)}, TradingDays((later, *SESSIONS)))

    assert {finding.verdict for finding in replayed(records, whole)} == {Verdict.AGREES}


def test_a_revised_close_is_named_at_its_bar_and_behind_it() -> None:
    """The bar itself says so, and so does each later one whose average holds it."""
    found = replayed(a_day(), history(with_close(ENDS[1], 101.23)))

    assert differing(found) == {
        ENDS[1]: Cause.CLOSE_REVISED,
        **dict.fromkeys(ENDS[2:6], Cause.EARLIER_REVISED),
    }
    told = {f.bar.end: f.text for f in found}
    was = quoted(TAPE.closes[ENDS[1]])
    assert f"close {was} then, 101.23 now" in told[ENDS[1]]
    assert f"2022-05-20T15:00:00Z was {was}, is 101.23" in told[ENDS[3]]


def test_restated_prices_are_taken_for_a_split() -> None:
    """Close and average moved by one factor: all of history did."""
    halved = [getattr(TAPE.whole, name) / (2 if name in _COLUMNS[2:6] else 1) for name in _COLUMNS]
    found = replayed(a_day(), history(BarSeries(*halved)))

    assert set(differing(found).values()) == {Cause.RESTATED}
    assert len(differing(found)) == len(ENDS)


def test_a_bar_that_is_gone_now_is_named() -> None:
    """Its own record has no bar any more; those behind it miss it in their average."""
    found = replayed(a_day(), history(without(ENDS[2]), known(TAPE.whole).coverage))

    assert differing(found) == dict.fromkeys(ENDS[2:7], Cause.BAR_GONE)


def test_a_bar_that_was_missing_then_is_named() -> None:
    """The log was written without an hour of the day before that the cache has now."""
    early = at("2022-05-19 18:00")
    closes = {
        end: close
        for end, close in TAPE.closes.items()
        if not early - timedelta(hours=1) < end <= early
    }
    records = a_day(Tape(TAPE.sessions, TAPE.granularity, closes))

    found = replayed(records)

    assert differing(found) == dict.fromkeys(ENDS[:2], Cause.BAR_MISSING)
    assert all("2022-05-19T18:00:00Z" in f.text for f in found if f.cause)


def test_another_rule_than_the_one_named_is_found_out() -> None:
    """Numbers of one average under another's name tell whose they are."""
    records = a_day(wanted="SMA,10,1H")
    forged = [
        evolve(
            r,
            ma_type="SMA(5)",
            bars_used=5,
            reason=r.reason.replace("SMA(10)", "SMA(5)"),
            decision=Outcome.HOLD if r.decision is Outcome.SIGNAL else r.decision,
            intent_id=None,
            action_prepared=None,
        )
        for r in records
        if r.decision is Outcome.HOLD
    ]
    assert forged

    found = replayed(forged)

    assert {f.cause for f in found if f.verdict is Verdict.DIFFERS} == {Cause.ANOTHER_RULE}
    assert all("SMA(10) 1H" in f.text for f in found if f.cause)


def test_bars_that_left_the_cache_cannot_be_told() -> None:
    """No bars, or none so far back: that is no agreement and no difference."""
    nothing = replayed(a_day(), History())
    later = TAPE.whole[TAPE.whole.start >= to_epoch(at("2022-05-23 00:00"))]
    young = replayed(a_day(), history(later))

    for found in (nothing, young):
        assert [finding.verdict for finding in found] == [Verdict.UNTOLD] * len(ENDS)


def test_an_average_of_more_bars_than_there_are_cannot_be_told() -> None:
    """Where the first of its bars are gone, what it was made of is not known."""
    cut = TAPE.whole[TAPE.whole.start >= to_epoch(FRIDAY.open)]
    found = replayed(a_day(), history(cut))

    assert [f.verdict for f in found] == [Verdict.UNTOLD] * 4 + [Verdict.AGREES] * 3
    assert found[0].text == "it rested on 5 bars, the cache holds 1 of them"


def test_an_abstention_behind_a_gap_says_where_the_gap_ends() -> None:
    """Then as now, the bars before the gap do not count, and a person sees which gap that is."""
    start, end = (to_epoch(ENDS[1]) - 1_800, to_epoch(ENDS[1]))
    reason = "SMA(5) 1H needs 5 closed bars, has 2 since the gap in its bars that ends "
    nothing = dict.fromkeys(("close", "ma_value", "bars_used", "distance_pct", "intent_id"))
    record = evolve(
        a_day()[3],
        **nothing,
        decision=Outcome.ABSTAIN,
        reason=f"{reason}{iso(ENDS[1])}",
        action_prepared=None,
    )
    known_around = known(TAPE.whole).coverage - Coverage(((start, end),))

    (found,) = replayed([record], history(coverage=known_around))

    assert found.verdict is Verdict.AGREES
    assert found.text == f"abstains now as well: {reason}2022-05-20T15:00:00Z"


def test_each_finding_names_the_bar_of_its_record() -> None:
    """Whoever reads it finds the line of the log by every name that the line has."""
    records = a_day()

    for record, finding in zip(records, replayed(records), strict=True):
        bar = finding.bar
        assert (bar.mode, bar.account, bar.con_id, bar.ticker, bar.timeframe, bar.end) == (
            *(Mode.DRY_RUN, ACCOUNT, MSFT.con_id, "NASDAQ:MSFT", Timeframe.HOUR),
            record.bar_end,
        )
        assert finding.now is not None
        assert finding.now.outcome is record.decision


def test_findings_are_told_by_bar_and_then_by_ticker() -> None:
    """In whatever mode each of two holdings was decided."""
    records = a_day()[:2]
    other = [evolve(r, ticker="AMEX:A", con_id=9, mode=Mode.PAPER, intent_id=None) for r in records]

    found = replayed([*records, *other])

    assert [(finding.bar.end, finding.bar.ticker) for finding in found] == [
        (end, ticker) for end in ENDS[:2] for ticker in ("AMEX:A", "NASDAQ:MSFT")
    ]


def test_of_a_bar_that_two_runs_saw_the_first_close_is_the_witness() -> None:
    """A run began again behind the revision; the averages of the first were made before it."""
    bars = with_close(ENDS[1], 101.23)
    tape = a_tape(
        SESSIONS, Granularity.HALF_HOUR, lambda n: float(bars.close[n]) if n < len(bars) else 0.0
    )
    again = evolve(a_day(tape)[1], run_id="another", timestamp=ENDS[1] + 5 * SECOND)

    found = replayed([*a_day(), again], history(bars))

    assert differing(found)[ENDS[2]] is Cause.EARLIER_REVISED


def test_the_last_bar_of_what_is_known_is_missed_where_it_is_gone() -> None:
    """The cache claims to know the session up to its very close."""
    whole = TAPE.whole
    known_until = Coverage(((int(whole.start[0]), to_epoch(FRIDAY.close)),))

    found = replayed(a_day(), history(without(FRIDAY.close), known_until))

    assert differing(found) == {FRIDAY.close: Cause.BAR_GONE}


def test_the_last_bar_of_a_session_may_be_decided_behind_the_next_open() -> None:
    """Friday's close, decided on Monday morning: that is in time, and an hour later is not."""
    monday = SESSIONS[SESSIONS.index(FRIDAY) + 1]
    record = a_day()[-1]

    def told(moment: datetime) -> Verdict:
        late = evolve(record, timestamp=moment)
        (found,) = replay([late], monday.day, {MSFT.con_id: history()})
        return found.verdict

    assert told(monday.open + timedelta(minutes=5)) is Verdict.AGREES
    assert told(monday.open + timedelta(minutes=61)) is Verdict.DIFFERS


def test_a_bar_without_a_record_is_found() -> None:
    """Between two decisions on a holding none may be missing."""
    records = a_day()
    found = replayed([*records[:3], *records[4:]])

    (gap,) = [finding for finding in found if finding.record is None]
    assert (gap.verdict, gap.bar.end, gap.bar.ticker) == (
        Verdict.NO_RECORD,
        ENDS[3],
        MSFT.ticker,
    )


def test_a_bar_that_another_run_decided_on_another_day_is_no_gap() -> None:
    """What stands in the log of a day before is on record."""
    records = a_day()
    moved = [evolve(r, timestamp=r.timestamp - timedelta(days=1)) for r in records[2:4]]
    found = replayed([*moved, *records[:2], *records[4:]])

    assert Verdict.NO_RECORD not in {finding.verdict for finding in found}


def test_a_bar_decided_twice_by_one_run_is_found() -> None:
    """Each bar is decided once; a second run of a demonstration is another matter."""
    records = a_day()
    twice = replayed([*records, records[2]])
    anew = replayed([*records, evolve(records[2], run_id="another")])

    elsewhere = {"account": "U7654321", "intent_id": None}
    other = replayed([*records, evolve(records[2], **elsewhere)])

    assert list(differing(twice).values()) == [Cause.CONTRADICTION]
    assert differing(anew) == {}
    assert not any("had decided this bar before" in found.text for found in other)


FORGERIES = {
    "close": lambda r: {"close": r.close + 0.01},
    "average": lambda r: {"ma_value": r.ma_value * 1.0001},
    "distance": lambda r: {"distance_pct": r.distance_pct + 0.01},
    "bars used": lambda r: {"bars_used": 6},
    "reason": lambda r: {"reason": r.reason.replace("close ", "close 1")},
    "no numbers": lambda r: {"close": None, "ma_value": None},
    "other rule": lambda r: {"ma_type": "SMA(20)"},
    "no rule at all": lambda r: {"ma_type": "TEMA(5)"},
    "before its end": lambda r: {"timestamp": r.bar_end - SECOND},
    "long after": lambda r: {"timestamp": r.bar_end + timedelta(hours=3)},
    "turned around": lambda r: {
        "decision": Outcome.HOLD if r.decision is Outcome.SIGNAL else Outcome.SIGNAL
    },
    "abstains with numbers": lambda r: {"decision": Outcome.ABSTAIN},
    "missed with numbers": lambda r: {"decision": Outcome.MISSED},
    "abstains with an order": lambda r: {
        **dict.fromkeys(("close", "ma_value", "distance_pct", "bars_used")),
        "decision": Outcome.ABSTAIN,
        "action_prepared": "SELL 100",
    },
    "of no bar": lambda r: {"bar_end": None},
    "of no timeframe": lambda r: {"timeframe": None},
    "sent in a dry run": lambda r: {"action_executed": "SELL 100"},
}


@pytest.mark.parametrize("outcome", [Outcome.SIGNAL, Outcome.HOLD])
@pytest.mark.parametrize("name", FORGERIES)
def test_a_line_that_contradicts_itself_is_found(name: str, outcome: Outcome) -> None:
    """Whoever changes one field of a decision has not changed the others."""
    record = next(r for r in a_day() if r.decision is outcome)
    forged = evolve(record, **FORGERIES[name](record))

    found = replay([forged], forged.timestamp.date(), {MSFT.con_id: history()})

    assert [(f.verdict, f.cause) for f in found] == [(Verdict.DIFFERS, Cause.CONTRADICTION)]


def test_a_signal_that_was_logged_late_agrees() -> None:
    """Its process ended before it could; the next one logged it from the journal."""
    signal = next(r for r in a_day() if r.decision is Outcome.SIGNAL)
    late = evolve(
        signal,
        timestamp=signal.timestamp + timedelta(hours=3),
        reason=f"{signal.reason}; {LOGGED_LATE}",
    )

    (found,) = replay([late], DAY, {MSFT.con_id: history()})

    assert found.verdict is Verdict.AGREES


def test_a_line_that_gives_a_contract_another_name_is_found() -> None:
    """All other lines of that day call it as before."""
    records = a_day()
    records[2] = evolve(records[2], ticker="NASDAQ:AAPL")

    assert differing(replayed(records)) == {ENDS[2]: Cause.CONTRADICTION}


@pytest.mark.parametrize(
    "change",
    [
        {"account": "DU0000002"},
        {"con_id": 7},
        {"mode": Mode.PAPER},
        {"bar_end": ENDS[0] - timedelta(hours=1)},
        {"intent_id": None},
        {"action_prepared": None},
    ],
)
def test_a_signal_is_bound_to_its_order(change: dict[str, object]) -> None:
    """The intent's name tells account, contract, rule and bar; another one is found out."""
    signal = next(r for r in a_day() if r.decision is Outcome.SIGNAL)
    forged = evolve(signal, **change)

    (found,) = replay([forged], DAY, dict.fromkeys((MSFT.con_id, 7), history()))

    assert (found.verdict, found.cause) == (Verdict.DIFFERS, Cause.CONTRADICTION)


def test_a_bar_that_no_session_has_is_found() -> None:
    """A hold of a bar that ends at half past is a hold of nothing."""
    hold = next(r for r in a_day() if r.decision is Outcome.HOLD)
    assert hold.bar_end is not None
    forged = evolve(hold, bar_end=hold.bar_end - timedelta(minutes=7))

    assert list(differing(replayed([forged])).values()) == [Cause.NO_SUCH_BAR]


def test_an_abstention_for_want_of_bars_is_compared() -> None:
    """It agrees while the bars are wanting still, and differs once they have come."""
    young = TAPE.whole[TAPE.whole.start >= to_epoch(FRIDAY.open)]
    closes = {e: c for e, c in TAPE.closes.items() if e > FRIDAY.open}
    records = a_day(Tape(TAPE.sessions, TAPE.granularity, closes))
    assert {r.decision for r in records[:4]} == {Outcome.ABSTAIN}

    still = replayed(records, history(young))
    come = replayed(records)

    assert {finding.verdict for finding in still} == {Verdict.AGREES}
    assert differing(come) == dict.fromkeys(ENDS[:4], Cause.BAR_MISSING)


def test_a_bar_that_came_too_late_then_is_named() -> None:
    """The watch waited to the end of its window and abstained; the cache has the bar now."""
    end = ENDS[2]
    closes = {e: c for e, c in TAPE.closes.items() if e != end}
    now = end + timedelta(minutes=9, seconds=30)
    late = a_holding(
        now, half_hours=Tape(TAPE.sessions, TAPE.granularity, closes), watched_from=end - SECOND
    )
    record = record_of(decided(now, late), now)
    assert record.decision is Outcome.ABSTAIN

    assert differing(replayed([record])) == {end: Cause.BAR_MISSING}


@pytest.mark.parametrize(
    ("changes", "verdict"),
    [
        ({"quantity": "-5"}, Verdict.AGREES),
        ({"obstacle": "the line to the broker was lost"}, Verdict.UNTOLD),
    ],
)
def test_what_no_bar_decides_is_no_difference(changes: dict[str, object], verdict: Verdict) -> None:
    """Shorts are never touched; what stood in the way elsewhere is not in the cache."""
    end = ENDS[2]
    now = end + timedelta(minutes=9, seconds=30)
    record = record_of(decided(now, a_holding(now, watched_from=end - SECOND, **changes)), now)
    assert record.decision is Outcome.ABSTAIN

    (found,) = replayed([record])

    assert found.verdict is verdict


def test_a_missed_bar_says_what_it_would_have_been() -> None:
    """Nothing was decided, so nothing differs; the cache tells what was missed."""
    end = ENDS[2]
    now = end + timedelta(hours=2)
    holding = a_holding(
        now,
        half_hours=TAPE,
        watched_from=end - SECOND,
        decided=frozenset((rule().timeframe, other) for other in ENDS if other != end),
    )
    record = record_of(decided(now, holding), now)
    assert record.decision is Outcome.MISSED

    (found,) = replayed([record])

    closes = [Decimal(str(TAPE.closes[e])) for e in _hours_until(end)][-5:]
    below = closes[-1] * 5 < sum(closes)
    assert found.verdict is Verdict.UNTOLD
    assert f"make it a {'signal' if below else 'hold'}" in found.text


def _hours_until(end: datetime) -> list[datetime]:
    """Return the ends of all hours up to one: full hours, and 16:00 in New York."""
    return sorted(e for e in TAPE.closes if e <= end and e.minute == 0)


def test_a_provisional_decision_is_held_against_the_final_outcome_only() -> None:
    """Its close was that of a forming bar: it agrees or cannot be told, it never differs."""
    record = a_day()[-1]
    assert record.close is not None
    forming, average = record.close + 0.01, record.ma_value
    side = "is below" if record.decision is Outcome.SIGNAL else "is above"
    early = evolve(
        record,
        timestamp=FRIDAY.close - timedelta(seconds=60),
        close=forming,
        distance_pct=(forming - average) / average * 100,
        reason=f"close {quoted(forming)} {side} SMA(5) {rounded(average)}"
        "; provisional: decided before the bar's end (at_close is pre_close)",
    )
    crossed = 150.0 if record.decision is Outcome.SIGNAL else 50.0
    (same,) = replayed([early])
    (other,) = replayed([early], history(with_close(FRIDAY.close, crossed)))

    assert same.verdict is Verdict.AGREES
    assert other.verdict is Verdict.UNTOLD


def test_a_sale_held_back_below_its_cost_agrees() -> None:
    """The filter is the trader's choice; by its bars alone the hold is a signal."""
    end = next(r.bar_end for r in a_day() if r.decision is Outcome.SIGNAL)
    assert end is not None
    now = end + 30 * SECOND
    holding = a_holding(now, half_hours=TAPE, watched_from=end - SECOND)
    costly = evolve(holding, position=evolve(holding.position, average_cost=500.0))
    record = record_of(decided(now, costly, Policy(only_above_break_even=True)), now)
    assert record.decision is Outcome.HOLD

    assert [finding.verdict for finding in replayed([record])] == [Verdict.AGREES]


def test_what_became_of_an_order_is_no_decision() -> None:
    """The log tells of a signal's order on lines of its own; they are left out."""
    signal = next(r for r in a_day() if r.decision is Outcome.SIGNAL)
    told = evolve(signal, reason="filled: 100 sold", action_executed="SELL 100, 100 sold")

    assert list(decisions([signal, told])) == [signal]


def test_an_average_that_is_a_hair_off_differs() -> None:
    """Too little for its distance to tell, too much for another way to add the same closes up."""
    records = a_day()
    value = records[3].ma_value
    assert value is not None
    records[3] = evolve(records[3], ma_value=value * (1 + 1e-10))

    assert differing(replayed(records)) == {ENDS[3]: Cause.OTHER_BARS}


def test_a_close_that_is_another_differs_though_the_average_is_the_same() -> None:
    """The last close a little higher, the one before as much lower: no mean shows it."""
    records = a_day(wanted="SMA,5,1H")
    before, last = ENDS[2], ENDS[3]
    closes = {end: float(TAPE.whole.close[TAPE.whole.end == to_epoch(end)][0]) for end in ENDS[:4]}
    moved = with_close(last, round(closes[last] + 0.01, 2))
    moved = with_close(before, round(closes[before] - 0.01, 2), moved)

    found = {f.bar.end: f for f in replayed(records, history(moved))}

    assert found[last].now is not None
    assert found[last].now.outcome is records[3].decision
    assert found[last].cause is Cause.CLOSE_REVISED


def test_the_bar_just_before_that_was_missing_then_is_named() -> None:
    """Wherever in the window it is: here right in front of the first bar of the day."""
    gone = at("2022-05-19 20:00")
    closes = {
        end: close
        for end, close in TAPE.closes.items()
        if not gone - timedelta(hours=1) < end <= gone
    }
    first = a_day(Tape(TAPE.sessions, TAPE.granularity, closes))[0]

    (found,) = replayed([first])

    assert found.cause is Cause.BAR_MISSING
    assert iso(gone) in found.text


def test_an_outcome_that_floats_cannot_tell_is_told_exactly() -> None:
    """A cent below an average of ten million: the numbers are the same, the outcome is not."""
    tape = a_tape(SESSIONS, Granularity.HALF_HOUR, lambda n: 1e7)
    last = with_close(ENDS[3], 9_999_999.99, tape.whole)
    closes = dict(tape.closes) | {ENDS[3]: 9_999_999.99}
    records = a_day(Tape(tape.sessions, tape.granularity, closes))
    signal = records[3]
    assert signal.decision is Outcome.SIGNAL
    hold = evolve(
        signal,
        decision=Outcome.HOLD,
        reason=signal.reason.replace("is below", "equals"),
        action_prepared=None,
        intent_id=None,
    )

    (found,) = replayed([hold], history(last))

    assert found.verdict is Verdict.DIFFERS
    assert found.text.startswith("hold then, signal now: ")


def test_a_revision_that_does_not_explain_an_average_is_not_its_cause() -> None:
    """A close before it is another in the log, and yet the logged average comes of neither."""
    records = a_day()
    close, value = records[2].close, records[3].ma_value
    assert close is not None
    assert value is not None
    records[2] = evolve(records[2], close=round(close + 0.01, 2))
    records[3] = evolve(records[3], ma_value=value * (1 + 1e-10))

    assert differing(replayed(records))[ENDS[3]] is Cause.OTHER_BARS


def test_a_rule_is_never_explained_by_itself() -> None:
    """An EMA of more bars than its record says is still that EMA, and no other rule."""
    records = a_day(wanted="EMA,5,1H")
    used = records[3].bars_used
    assert used is not None
    records[3] = evolve(records[3], bars_used=used - 3)

    assert differing(replayed(records)) == {ENDS[3]: Cause.OTHER_BARS}


@pytest.mark.parametrize("epoch", [1, 7])
def test_a_position_that_was_flat_before_names_its_intents_otherwise(epoch: int) -> None:
    """Sold, bought again and sold: the log does not tell how often, and each is bound as well."""
    for end in ENDS:
        now = end + (60 if end == FRIDAY.close else 30) * SECOND
        watched = a_holding(now, half_hours=TAPE, wanted="SMA,5,1H", watched_from=end - SECOND)
        decision = decided(now, watched)
        if decision.intent is not None:
            again = evolve(decision.intent, epoch=epoch)
            record = evolve(record_of(decision, now), intent_id=again.intent_id)
            assert differing(replayed([record])) == {}
            return
    pytest.fail("no hour of the day was a signal")


def test_a_sale_above_its_cost_agrees() -> None:
    """The filter was on and let it pass: a signal with its order, as without."""
    end = next(r.bar_end for r in a_day() if r.decision is Outcome.SIGNAL)
    assert end is not None
    now = end + 30 * SECOND
    holding = a_holding(now, half_hours=TAPE, watched_from=end - SECOND)
    cheap = evolve(holding, position=evolve(holding.position, average_cost=1.0))
    record = record_of(decided(now, cheap, Policy(only_above_break_even=True)), now)
    assert record.decision is Outcome.SIGNAL
    assert "break-even 1.0000: both above" in record.reason

    assert [finding.verdict for finding in replayed([record])] == [Verdict.AGREES]
