"""The rule applied to one closed bar, against fractions of the decimals quoted."""

from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import reduce
from operator import add

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.builders import bars_at, days, exact_average, known, nasdaq, rule, slots, spans

from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.evaluation import Evidence, evaluate, known_tail, with_gap
from sellcore.instant import from_epoch, iso, to_epoch
from sellcore.outcome import Outcome
from sellcore.rule import MovingAverageRule
from sellcore.timeframe import Granularity

SESSIONS = nasdaq(date(2022, 5, 2), date(2022, 6, 10))
DAYS = spans(nasdaq(date(2019, 1, 2), date(2022, 6, 10)), Granularity.DAY)
rules = st.sampled_from([rule(text) for text in ("SMA,5,D", "SMA,10,1H", "EMA,5,D", "EMA,10,1H")])
cents = st.integers(9_900, 10_100).map(lambda count: count / 100)
subpennies = st.integers(1, 30_000).map(lambda count: count / 10_000)
big = st.integers(60_000_000, 60_000_300).map(lambda count: count / 100)


def series(closes: list[float]) -> BarSeries:
    return bars_at(DAYS[: len(closes)], closes)


@settings(max_examples=300)
@given(rules, st.sampled_from([cents, subpennies, big]), st.data())
def test_outcome_equals_fractions_over_the_decimals(
    wanted: MovingAverageRule, prices: st.SearchStrategy[float], data: st.DataObject
) -> None:
    """Strictly below is a signal; equal, to the last digit, is a hold."""
    needed = wanted.required_bars
    closes = data.draw(st.lists(prices, min_size=needed, max_size=needed + 10))

    evaluation = evaluate(series(closes), wanted)

    close, average = Fraction(Decimal(repr(closes[-1]))), exact_average(closes, wanted)
    assert evaluation.outcome is (Outcome.SIGNAL if close < average else Outcome.HOLD)
    assert evaluation.evidence is not None
    assert evaluation.evidence.average == pytest.approx(float(average), rel=1e-14)


@pytest.mark.parametrize("text", ["SMA,5,1H", "SMA,200,D", "EMA,5,1H", "EMA,200,D"])
@pytest.mark.parametrize("price", [0.1, 33.33, 0.0001, 628_930.5])
def test_flat_prices_are_a_hold(text: str, price: float) -> None:
    """Close equals average exactly, however floats would round."""
    wanted = rule(text)

    evaluation = evaluate(series([price] * (wanted.required_bars + 3)), wanted)

    assert evaluation.outcome is Outcome.HOLD
    assert " equals " in evaluation.reason


def test_tie_that_floats_get_wrong_is_a_hold() -> None:
    """The mean of these five is 0.3 exactly; added up as floats it comes out above."""
    closes = [0.1, 0.1, 0.4, 0.6, 0.3]
    assert reduce(add, closes) / 5 > closes[-1]  # sum() compensates, from Python 3.12 on

    evaluation = evaluate(series(closes), rule("SMA,5,D"))

    assert evaluation.outcome is Outcome.HOLD


@pytest.mark.parametrize(
    ("last", "outcome", "reason"),
    [
        (10.0, Outcome.HOLD, "close 10.00 equals SMA(5) 10.0000"),
        (9.99, Outcome.SIGNAL, "close 9.99 is below SMA(5) 9.9980"),
        (10.01, Outcome.HOLD, "close 10.01 is above SMA(5) 10.0020"),
    ],
)
def test_reason_tells_both_numbers(last: float, outcome: Outcome, reason: str) -> None:
    """A person can check it."""
    evaluation = evaluate(series([10.0] * 4 + [last]), rule("SMA,5,1H"))

    assert (evaluation.outcome, evaluation.reason) == (outcome, reason)


def test_evidence_of_an_sma_is_its_window() -> None:
    """Bars before the window do not count."""
    closes = [99.0, 1.0, 2.0, 3.0, 4.0, 5.0]

    evidence = evaluate(series(closes), rule("SMA,5,D")).evidence

    assert evidence == Evidence(DAYS[5][1], close=5.0, average=3.0, bars_used=5)
    assert evidence.distance_pct == pytest.approx(200 / 3)


def test_evidence_of_an_ema_is_all_its_bars() -> None:
    """It has no window: the seed weighs something still."""
    wanted = rule("EMA,5,D")
    closes = [float(n % 7 + 1) for n in range(wanted.required_bars + 4)]

    evidence = evaluate(series(closes), wanted).evidence

    assert evidence is not None
    assert evidence.bars_used == len(closes)


@pytest.mark.parametrize(
    ("text", "has", "reason"),
    [
        ("EMA,200,D", 252, "EMA(200) D needs 661 closed bars, has 252"),
        ("EMA,200,D", 660, "EMA(200) D needs 661 closed bars, has 660"),
        ("SMA,5,1H", 4, "SMA(5) 1H needs 5 closed bars, has 4"),
        ("SMA,5,1H", 0, "SMA(5) 1H needs 5 closed bars, has 0"),
    ],
)
def test_too_few_bars_abstain_and_say_how_many(text: str, has: int, reason: str) -> None:
    """Never a guess, never a zero."""
    evaluation = evaluate(series([10.0] * has), rule(text))

    assert (evaluation.outcome, evaluation.reason) == (Outcome.ABSTAIN, reason)
    assert evaluation.evidence is None


def test_with_just_enough_bars_it_decides() -> None:
    """661 days are enough for EMA(200)."""
    assert evaluate(series([10.0] * 661), rule("EMA,200,D")).outcome is Outcome.HOLD


def test_without_a_gap_all_bars_are_used() -> None:
    """Nights, weekends and a holiday (30 May) are no gaps."""
    closed = known(bars_at(spans(SESSIONS, Granularity.HALF_HOUR), [1.0] * 13 * len(SESSIONS)))

    assert known_tail(closed.bars, closed.coverage, SESSIONS) == (closed.bars, None)


@pytest.mark.parametrize("unknown", [0, 29])
def test_gap_in_the_last_bar_leaves_nothing_to_decide_on(unknown: int) -> None:
    """Its close is not known, however much of it was fetched."""
    whole = known(bars_at(slots(SESSIONS[0]), [1.0] * 13))
    closes = to_epoch(SESSIONS[0].close)
    rest = Coverage(((closes - (30 - unknown) * 60, closes),))

    bars, gap = known_tail(whole.bars, whole.coverage - rest, SESSIONS)

    assert (len(bars), gap) == (0, SESSIONS[0].close)


def test_no_bars_are_without_a_gap() -> None:
    """Whatever was fetched: what a new stock lacks lies before its first bar."""
    fetched = Coverage(((to_epoch(SESSIONS[0].open), to_epoch(SESSIONS[1].close)),))

    _, gap = known_tail(BarSeries.empty(), fetched, SESSIONS)

    assert gap is None


def test_coverage_of_sessions_alone_is_without_a_gap() -> None:
    """What lies between sessions need not be known."""
    bars = bars_at(days(SESSIONS), [1.0] * len(SESSIONS))
    coverage = Coverage(tuple((to_epoch(s.open), to_epoch(s.close)) for s in SESSIONS))

    assert known_tail(bars, coverage, SESSIONS) == (bars, None)


@given(st.data())
def test_only_bars_behind_the_last_gap_count(data: st.DataObject) -> None:
    """Wherever something is not known inside a session, what came before is not used."""
    spans_of = [slot for session in SESSIONS[:3] for slot in slots(session)]
    holes = data.draw(st.sets(st.sampled_from(range(1, len(spans_of) - 1)), max_size=4))
    whole = known(bars_at(spans_of, [1.0] * len(spans_of)))
    unknown = Coverage(tuple((to_epoch(a), to_epoch(b)) for a, b in (spans_of[n] for n in holes)))
    at_hand = whole.bars[[n for n in range(len(spans_of)) if n not in holes]]

    bars, gap = known_tail(at_hand, whole.coverage - unknown, SESSIONS)

    last = max(holes, default=None)
    assert gap == (None if last is None else spans_of[last][1])
    assert [bar.end for bar in bars] == [
        end for _, end in spans_of[0 if last is None else last + 1 :]
    ]


def test_no_bars_have_no_gap() -> None:
    """Nothing in, nothing out."""
    bars, gap = known_tail(BarSeries.empty(), Coverage(), SESSIONS)

    assert (len(bars), gap) == (0, None)


def test_abstention_names_the_gap() -> None:
    """Why there are too few bars though there were more."""
    gap = from_epoch(1653058800)
    abstains = evaluate(series([10.0] * 4), rule("SMA,5,D"))

    assert with_gap(abstains, gap).reason == (
        f"SMA(5) D needs 5 closed bars, has 4 since the gap in its bars that ends {iso(gap)}"
    )
    assert with_gap(abstains, None) == abstains


def test_decision_does_not_mention_a_gap_before_its_window() -> None:
    """Enough bars came after it."""
    decides = evaluate(series([10.0] * 5), rule("SMA,5,D"))

    assert with_gap(decides, from_epoch(0)) == decides
