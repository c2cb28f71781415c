"""What each rule earned from day to day, against backtests of one ticker each."""

import itertools

import numpy as np
import pytest
from attrs import evolve

from adapters.memory_bars import MemoryBars
from sellcore.backtest.account.engine import backtest
from sellcore.backtest.assumptions import Assumptions, Costs, Entry
from sellcore.backtest.universe.daily_returns import rule_returns
from sellcore.bar import BarSeries
from sellcore.errors import InvalidValue
from sellcore.rule import AverageKind, MovingAverageRule
from sellcore.timeframe import Timeframe

DAY, HOUR = 86_400, 3_600
FIRST = 1_577_923_200
RECLAIM = Assumptions(entry=Entry.RECLAIM)
RULES = [
    MovingAverageRule(AverageKind.SMA, 5, Timeframe.DAY),
    MovingAverageRule(AverageKind.EMA, 10, Timeframe.DAY),
    MovingAverageRule(AverageKind.SMA, 20, Timeframe.DAY),
]
HOURLY = [evolve(rule, timeframe=Timeframe.HOUR) for rule in RULES]


def series(seed, start, length):
    rng = np.random.default_rng(seed)
    close = (4_000 + np.cumsum(rng.integers(-40, 41, len(start)))) / 100
    opens = close + rng.integers(-20, 21, len(start)) / 100
    return BarSeries(start, start + length, opens, close, close, close, np.full(len(start), 1e6))


def days(seed, first, count):
    return series(seed, FIRST + DAY * (first + np.arange(count)), DAY)


def hours(seed, first, count):
    begins = FIRST + DAY * (first + np.arange(count))[:, None] + HOUR * np.arange(14, 20)
    return series(seed, begins.reshape(-1), HOUR)


def worth_at_day_ends(bars, rule):
    """Return a backtest's equity by day since 1970, the last of each day."""
    told = backtest({"NYSE:X": bars}, rule, RECLAIM)
    return {
        int(time - 1) // DAY: worth
        for time, worth in zip(told.times.tolist(), told.equity.tolist(), strict=True)
    }


def expected_returns(universe, rules):
    """Return mean returns by day, (rules + holding), one ticker and day after the other."""
    sums = {}
    for by_timeframe in universe:
        worth = [worth_at_day_ends(by_timeframe[rule.timeframe], rule) for rule in rules]
        bars = by_timeframe[rules[-1].timeframe]
        ends = zip(bars.end.tolist(), bars.close.tolist(), strict=True)
        worth.append({(end - 1) // DAY: close for end, close in ends})
        common = sorted(set.intersection(*map(set, worth)))
        for before, day in itertools.pairwise(common):
            own = [values[day] / values[before] - 1 for values in worth]
            total, count = sums.get(day, ([0.0] * len(own), 0))
            sums[day] = ([a + b for a, b in zip(total, own, strict=True)], count + 1)
    return {day: [value / count for value in total] for day, (total, count) in sums.items()}


def assert_returns(source, universe, rules):
    found = rule_returns(source, rules, RECLAIM, chunk=2)
    expected = expected_returns(universe, rules)

    assert found.days.tolist() == sorted(expected)
    for place, day in enumerate(found.days.tolist()):
        own = [*found.returns[:, place], found.hold[place]]

        assert own == pytest.approx(expected[day], rel=1e-9, abs=1e-12)


def test_returns_are_the_mean_of_backtests():
    """Tickers that begin later join in later, each on days that all rules can decide."""
    universe = {f"NYSE:{name}": days(n, 30 * n, 200 - 20 * n) for n, name in enumerate("ABC")}
    source = MemoryBars({Timeframe.DAY: universe})

    assert_returns(source, [{Timeframe.DAY: bars} for bars in universe.values()], RULES)


def test_hours_and_days_are_compared_day_by_day():
    """An hourly account is looked at where a day ends."""
    daily, hourly = days(1, 0, 120), hours(2, 30, 60)
    source = MemoryBars({Timeframe.DAY: {"NYSE:X": daily}, Timeframe.HOUR: {"NYSE:X": hourly}})

    assert_returns(
        source, [{Timeframe.DAY: daily, Timeframe.HOUR: hourly}], [*HOURLY[:2], RULES[0]]
    )


def test_short_histories_are_named_and_left_out():
    """A ticker on which a rule cannot decide would be compared on other days."""
    source = MemoryBars({Timeframe.DAY: {"NYSE:LONG": days(1, 0, 90), "NYSE:NEW": days(2, 70, 21)}})
    found = rule_returns(source, RULES, RECLAIM)

    assert (found.tickers, found.too_short) == (("NYSE:LONG",), ("NYSE:NEW",))


def test_a_ticker_without_bars_of_every_timeframe_is_named_and_left_out():
    """Its hours have no part where its days are wanting."""
    both = {Timeframe.DAY: days(1, 0, 60), Timeframe.HOUR: hours(2, 0, 60)}
    source = MemoryBars(
        {
            Timeframe.DAY: {"NYSE:BOTH": both[Timeframe.DAY]},
            Timeframe.HOUR: {"NYSE:BOTH": both[Timeframe.HOUR], "NYSE:HOURS": hours(3, 0, 60)},
        }
    )
    rules = [RULES[0], HOURLY[0]]

    found = rule_returns(source, rules, RECLAIM)
    alone = rule_returns(source, rules, RECLAIM, tickers=["NYSE:BOTH"])

    assert (found.tickers, found.too_short) == (("NYSE:BOTH",), ("NYSE:HOURS",))
    assert np.array_equal(found.returns, alone.returns)


def test_no_history_long_enough_is_refused():
    """In one line."""
    source = MemoryBars({Timeframe.DAY: {"NYSE:NEW": days(2, 0, 20)}})

    with pytest.raises(InvalidValue, match="no ticker of 1 has two days"):
        rule_returns(source, RULES, RECLAIM)


def test_an_account_in_debt_earns_and_loses_nothing_more():
    """A commission of more than the sale brings: from then on its returns are 0, not -1."""
    bars = series(3, FIRST + DAY * np.arange(80), DAY)
    dear = evolve(RECLAIM, costs=Costs(fixed=60_000.0, maximum_pct=None))
    rule = RULES[0]

    found = rule_returns(MemoryBars({Timeframe.DAY: {"NYSE:X": bars}}), [rule], dear)

    told = backtest({"NYSE:X": bars}, rule, dear)
    sold = told.fills[1].row
    assert told.final_equity < 0
    later = found.returns[0][found.days >= int(bars.start[sold + 1]) // DAY]
    assert len(later) > 20
    assert not later.any()
