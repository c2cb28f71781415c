"""What an intent was decided on, held against what is known of its holding now."""

from datetime import timedelta

from attrs import evolve
from tests.builders import MSFT, rule
from tests.journal_builders import a_record
from tests.plan_builders import ELEVEN, FRIDAY, HALF_HOURS, MINUTE, NOW, a_holding

from sellcore.coverage import Coverage
from sellcore.instant import to_epoch
from sellcore.selling.overtaken import overtaken
from sellcore.timeframe import Granularity

CLOSE = float(HALF_HOURS.closes[ELEVEN])
RECORD = evolve(
    a_record(instrument=MSFT, rule="SMA,5,1H", close=CLOSE),
    decided_at=NOW,
)
RECORD = evolve(RECORD, intent=evolve(RECORD.intent, bar_end=ELEVEN))


def test_what_stands_as_it_was_is_meant():
    """The same rule, bar and position."""
    assert overtaken(a_holding(NOW), RECORD) is None


def test_what_stands_in_the_way_says_nothing_of_what_was_meant():
    """An assignment that cannot be read is no other one: it is waited for."""
    holding = a_holding(NOW, wanted=None, obstacle="line 3 cannot be read")

    assert overtaken(holding, RECORD) is None
    assert overtaken(evolve(holding, obstacle=None), RECORD) is not None


def test_rule_is_the_same_by_its_value():
    """One that was assigned anew, as it was."""
    assert overtaken(a_holding(NOW, rule=rule("SMA,5,1H")), RECORD) is None
    assert overtaken(a_holding(NOW, rule=rule("SMA,10,1H")), RECORD) == (
        "it follows SMA(10) 1H now, not SMA(5) 1H any more"
    )


def test_bar_that_is_not_stored_any_more_corrects_nothing():
    """The cache was deleted, and the history is on its way."""
    holding = a_holding(NOW)

    assert overtaken(evolve(holding, series={}), evolve(RECORD, close=99.0)) is None
    earlier = a_holding(ELEVEN - timedelta(hours=1))
    assert overtaken(earlier, evolve(RECORD, close=99.0)) is None
    between = evolve(RECORD.intent, bar_end=ELEVEN - timedelta(minutes=10))
    assert overtaken(holding, evolve(RECORD, close=99.0, intent=between)) is None


def test_corrected_bar_that_cannot_be_decided_sells_nothing():
    """Half of its hour is not known: what the average is now, nobody can say."""
    holding = a_holding(NOW)
    stored = holding.series[Granularity.HALF_HOUR]
    hole = Coverage(((to_epoch(ELEVEN) - 3600, to_epoch(ELEVEN) - 1800),))
    torn = evolve(stored, coverage=stored.coverage - hole)
    series = {**holding.series, Granularity.HALF_HOUR: torn}
    record = evolve(RECORD, close=CLOSE * 1.0005)

    text = overtaken(evolve(holding, series=series), record)

    assert text is not None
    assert text.endswith(": not all of the bar that ends 2022-05-20T15:00:00Z is known")
    assert overtaken(holding, record) is None


def test_bar_that_still_formed_when_it_was_decided_is_not_corrected():
    """Decided shortly before its end, as at_close may have it: it closes otherwise."""
    early = evolve(RECORD, close=99.0, decided_at=ELEVEN - timedelta(minutes=1))

    assert overtaken(a_holding(NOW), early) is None
    assert overtaken(a_holding(NOW), evolve(early, decided_at=NOW)) is not None


def test_close_of_another_scale_is_no_correction():
    """Twice as much: whatever the bar says now, it is not what was decided on."""
    text = overtaken(a_holding(NOW), evolve(RECORD, close=CLOSE / 2))

    assert text is not None
    assert text.startswith("the close of 2022-05-20T15:00:00Z was corrected from ")
    assert text.endswith(": a split, or a restated history")


def test_close_of_a_day_is_that_of_its_daily_bar():
    """The last half hour may close elsewhere: the auction prints in the day's bar."""
    end, now = FRIDAY.close, FRIDAY.close + 5 * MINUTE
    holding = a_holding(now, wanted="SMA,5,D")
    half_hours = holding.series[Granularity.HALF_HOUR].bars
    close = float(holding.series[Granularity.DAY].bars.close[-1])
    assert half_hours.end[-1] == to_epoch(end)
    assert float(half_hours.close[-1]) != close
    record = a_record(instrument=MSFT, rule="SMA,5,D", close=close)
    record = evolve(record, decided_at=now, intent=evolve(record.intent, bar_end=end))

    assert overtaken(holding, record) is None
