"""Days of real SPY bars, decided again by fractions over the same prices."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from tests.integration.cli import DAY as WATCH
from tests.integration.cli import events, records, run, when
from tests.integration.independent_day import NEW_YORK, Row, session
from tests.integration.made_up_market import Market, assign, lay_out, repeated, told, wrong

SPY = (
    Path(__file__).parents[2].parent
    / "shared"
    / "data"
    / "intraday"
    / "spy_5min_2018_2020h1.parquet"
)

pytestmark = pytest.mark.skipif(not SPY.is_file(), reason="shared real bars are not here")

RULES = {
    "ARCA:SPY": ("SMA", 5, "1H"),
    "ARCA:SPYE": ("EMA", 20, "1H"),
    "ARCA:SPYL": ("SMA", 50, "1H"),
    "ARCA:SPYD": ("SMA", 10, "D"),
}
"""One ETF under four names, so that four rules decide each bar."""

EARLY = {date(2018, 7, 3): time(13)}


@dataclass(frozen=True)
class Case:
    """
    A day to watch.

    Attributes:
        first: First day of the bars.
        day: The last, which is watched.
        hours: How many hourly bars end in it.
        untraded: Ends of the bars, UTC, that the recording lacks.
    """

    first: date
    day: date
    hours: int
    untraded: tuple[str, ...] = ()


CASES = {
    "an ordinary day": Case(date(2019, 4, 1), date(2019, 6, 12), 7),
    "a half day": Case(date(2018, 4, 23), date(2018, 7, 3), 4),
    "days whose first hour was not recorded": Case(
        date(2019, 1, 7), date(2019, 3, 20), 7, untraded=("2019-03-20T14:00:00Z",)
    ),
}


def real_rows(first: date, last: date) -> list[Row]:
    """Return the five-minute bars of [first, last], prices as they were quoted."""
    table = pq.read_table(SPY)
    stamps = pc.field("ts")
    low, high = (datetime.combine(day, time(), UTC) for day in (first, last + timedelta(days=1)))
    table = table.filter((stamps >= low) & (stamps < high))
    rows = []
    for at, *prices, volume in zip(
        *(table[name].to_pylist() for name in ("ts", "open", "high", "low", "close", "volume")),
        strict=True,
    ):
        quoted = [Decimal(repr(price)) for price in prices]
        rows.append((at.astimezone(UTC), *quoted, int(volume)))
    return rows


def real_market(case: Case) -> Market:
    """Return the bars under four names, and the sessions they fall into."""
    rows = real_rows(case.first, case.day)
    days = sorted({row[0].astimezone(NEW_YORK).date() for row in rows})
    sessions = [session(day, EARLY.get(day, time(16))) for day in days]
    return Market(dict.fromkeys(RULES, rows), sessions)


@pytest.mark.parametrize("name", CASES)
def test_every_real_bar_is_decided_as_fractions_decide_it(name: str, tmp_path: Path) -> None:
    """A folder of bars is all it takes; each bar of its last day has its exact outcome."""
    case = CASES[name]
    traded = real_market(case)
    lay_out(tmp_path / "bars", traded)
    assign(tmp_path, RULES)

    done = run(tmp_path, *WATCH, "--json", "--data", "bars")

    assert (done.returncode, done.stderr) == (0, "")
    found = records(tmp_path)
    assert (wrong(found, traded), repeated(found)) == ([], [])
    opened, closed = traded.sessions[-1]
    today = [record for record in found if opened < when(record) <= closed]
    hourly = [ticker for ticker, rule in RULES.items() if rule[2] == "1H"]
    for ticker in hourly:
        assert sum(record["ticker"] == ticker for record in today) == case.hours
    assert [when(r) for r in today if r["ticker"] == "ARCA:SPYD"] == [closed]
    silent = {record["bar_end"] for record in today if record["decision"] == "abstain"}
    assert silent == set(case.untraded)
    assert {record["decision"] for record in found} >= {"signal", "hold"}


def test_a_folder_of_bars_and_a_default_rule_are_enough(tmp_path: Path) -> None:
    """No scenario, no assignments: 100 shares of each, the last session, the default rule."""
    traded = real_market(CASES["a half day"])
    names = ("ARCA:SPY", "ARCA:SPYE")
    traded = Market({ticker: traded.bars[ticker] for ticker in names}, traded.sessions)
    lay_out(tmp_path / "bars", traded)

    done = run(tmp_path, *WATCH, "--json", "--data", "bars", "--default-rule", "SMA,5,1H")

    assert (done.returncode, done.stderr) == (0, "")
    found = records(tmp_path)
    assert (wrong(found, traded), repeated(found)) == ([], [])
    assert len(told(found)) == len(names) * 5
    assert {record["ma_type"] for record in found} == {"SMA(5)"}
    sold = {event["quantity"] for event in events(done.stdout) if event["event"] == "order"}
    assert sold == {100}
