"""Live and history decide alike: the cycle of every bar's end, and the same bars at once."""

from datetime import date, timedelta

import numpy as np
import pytest
from tests.builders import Tape, a_tape, nasdaq
from tests.plan_builders import a_holding, decided

from sellcore import BarSeries, aggregate
from sellcore.backtest.decisions import decide
from sellcore.instant import from_epoch
from sellcore.outcome import Outcome
from sellcore.rule import parse_rule
from sellcore.timeframe import Granularity, Timeframe

SESSIONS = nasdaq(date(2022, 4, 1), date(2022, 6, 1))
SETTLED = timedelta(seconds=60)


def a_walk(granularity: Granularity) -> Tape:
    """Let prices walk by whole dimes, so that closes often equal their average."""
    steps = np.cumsum(np.random.default_rng(3).integers(-3, 4, 2_000))
    return a_tape(SESSIONS, granularity, lambda n: (1_000 + int(steps[n])) / 10)


HALF_HOURS, DAYS = a_walk(Granularity.HALF_HOUR), a_walk(Granularity.DAY)


def bars_of(timeframe: Timeframe) -> BarSeries:
    if timeframe is Timeframe.DAY:
        return DAYS.whole
    return aggregate(HALF_HOURS.whole, SESSIONS)


@pytest.mark.parametrize("text", ["SMA,5,1H", "SMA,20,1H", "EMA,10,1H", "SMA,5,D", "EMA,5,D"])
def test_a_live_day_decides_every_bar_as_the_history_does(text: str) -> None:
    """Outcome, evidence and reason are the same, each bar decided when it had just ended."""
    wanted = parse_rule(text)
    history = decide("NASDAQ:MSFT", bars_of(wanted.timeframe), wanted)
    seen = set()
    for row in range(len(history.bars) - 40, len(history.bars)):
        end = from_epoch(int(history.bars.end[row]))
        if end > SESSIONS[-2].close:
            break
        holding = a_holding(
            end + SETTLED,
            half_hours=HALF_HOURS,
            daily=DAYS,
            wanted=text,
            sessions=SESSIONS,
            watched_from=end - timedelta(seconds=1),
        )

        live = decided(end + SETTLED, holding)

        told = history.evaluation(row)
        assert (live.bar_end, live.outcome, live.reason) == (end, told.outcome, told.reason)
        assert live.evidence == told.evidence
        assert live.outcome is history.outcomes[row]
        seen.add(live.outcome)
    assert seen >= {Outcome.SIGNAL, Outcome.HOLD}
