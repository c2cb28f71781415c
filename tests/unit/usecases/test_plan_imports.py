"""Files of other sources, put together: which bars win, whose sessions cut them, what is new."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import numpy as np
import pytest
from attrs import evolve
from tests.builders import at

from adapters.calendar import SessionTable
from sellcore.errors import ConfigError
from sellcore.foreign_bars import ForeignBars
from sellcore.instant import to_epoch
from sellcore.usecases.import_bars import Import, plan_import

LATER = at("2023-01-01 00:00")
OPEN, CLOSE = at("2022-05-19 13:30"), at("2022-05-19 20:00")


def a_file(
    starts: Sequence[datetime],
    prices: Sequence[float],
    *,
    ticker: str = "NASDAQ:MSFT",
    minutes: int = 0,
    source: str = "one.csv",
) -> ForeignBars:
    """Let bars of one price each, without a volume, come from a file."""
    closes = np.array(prices, dtype=np.float64)
    return ForeignBars(
        ticker,
        source,
        minutes * 60,
        np.array([to_epoch(start) for start in starts], dtype=np.int64),
        *(closes, closes, closes, closes, np.zeros(len(closes))),
        np.arange(2, 2 + len(closes)),
    )


def planned(*files: ForeignBars, before: Sequence[Import] = ()) -> tuple[Import, ...]:
    stored = {each.taken.key: each.taken.stored for each in before}
    return plan_import(files, SessionTable(), stored, LATER, replace=True)


DAYS = [at("2022-05-18 00:00"), at("2022-05-19 00:00"), at("2022-05-20 00:00")]


@pytest.mark.parametrize("name", ["open", "high", "low", "close", "volume"])
@pytest.mark.parametrize("change", [-1.0, 1.0])
def test_files_that_contradict_each_other_are_refused(name: str, change: float) -> None:
    """Whichever of the two says more, and of whatever column."""
    one = a_file(DAYS, [10.0, 11.0, 12.0])
    other = a_file(DAYS[1:], [11.0, 12.0], source="two.csv")
    changed = evolve(other, **{name: getattr(other, name) + np.array([0.0, change])})

    with pytest.raises(ConfigError, match=rf"one\.csv and two\.csv tell another {name} of"):
        planned(one, changed)
    (whole,) = planned(one, other)
    assert whole.taken.stored.bars.close.tolist() == [10.0, 11.0, 12.0]
    assert whole.sources == ("one.csv", "two.csv")


def test_each_exchange_cuts_its_own_bars() -> None:
    """London and New York in one call: the same dates, other opens and closes."""
    files = [a_file(DAYS, [10.0, 11.0, 12.0], ticker=ticker) for ticker in ("LSE:VOD", "NYSE:KO")]

    london, new_york = (each.taken.stored.bars for each in planned(*files))

    for bars, opens, closes in ((london, 7, 15.5), (new_york, 13.5, 20)):
        midnight = to_epoch(datetime.combine(date(2022, 5, 18), datetime.min.time(), OPEN.tzinfo))
        assert (int(bars.start[0]), int(bars.end[0])) == (
            midnight + int(opens * 3_600),
            midnight + int(closes * 3_600),
        )


def test_what_is_known_by_now_is_new() -> None:
    """The bars are the same, and the last half hour of them is over in the second file."""
    minutes = [OPEN + timedelta(minutes=5 * n) for n in range(78)]
    early = a_file(minutes[:-2], [10.0] * 76, minutes=5)
    whole = a_file(minutes, [10.0] * 78, minutes=5)

    first = planned(early)
    (second,) = planned(whole, before=first)
    (again,) = planned(whole, before=[second])

    assert first[0].taken.stored.bars.same(second.taken.stored.bars)
    assert (first[0].is_new, second.is_new, again.is_new) == (True, True, False)
    assert second.taken.stored.coverage.contains(to_epoch(OPEN), to_epoch(CLOSE))
