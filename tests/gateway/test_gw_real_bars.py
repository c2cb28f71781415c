"""Recorded SPY bars through the tape: larger bars cut from five minutes as IB cut them."""

from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pyarrow.parquet as pq
import pytest
from tests.gateway.gateway_stand import a_scenario

from adapters.calendar import SessionTable
from adapters.clocks import FrozenClock
from adapters.gateway.bar_sizes import BarSize
from adapters.gateway.columns import Columns
from adapters.gateway.world import World
from sellcore.instant import from_epoch, to_epoch

SHARED = Path(__file__).parents[2].parent / "shared" / "data" / "intraday"
FIVE, HALF = SHARED / "spy_5min_2018_2020h1.parquet", SHARED / "spy_30min_2018_2020h1.parquet"
END = datetime(2020, 7, 1, tzinfo=UTC)
NEW_YORK = ZoneInfo("America/New_York")

Row = tuple[float, float, float, float, float]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    if not FIVE.exists():
        pytest.skip("the recorded bars are not here")
    folder = tmp_path_factory.mktemp("bars")
    (folder / "ARCA_SPY_5m.parquet").symlink_to(FIVE)
    return World.of(a_scenario(data=folder, positions=()), FrozenClock(END), SessionTable())


def cut(world: World, size: BarSize) -> Columns:
    (listing,) = world.listings
    return world.tape.bars(listing, size, 0, to_epoch(END), regular=True)


def rows(bars: Columns) -> dict[int, Row]:
    columns = (bars.open, bars.high, bars.low, bars.close, bars.volume)
    values = zip(*(column.tolist() for column in columns), strict=True)
    return dict(zip(bars.start.tolist(), values, strict=True))


def recorded(path: Path) -> dict[int, Row]:
    names = ("open", "high", "low", "close", "volume")
    return {
        int(row["ts"].timestamp()): tuple(float(row[name]) for name in names)
        for row in pq.read_table(path).to_pylist()
    }


def merged(parts: list[Row]) -> Row:
    opens, highs, lows, closes, volumes = zip(*parts, strict=True)
    return opens[0], max(highs), min(lows), closes[-1], sum(volumes)


def test_half_hours_are_the_recorded_ones(world: World) -> None:
    """Every half hour of complete sessions is cut as it was recorded."""
    ours = rows(cut(world, BarSize.MINUTES_30))
    theirs = recorded(HALF)

    assert len(theirs) > 7000
    assert {start: ours[start] for start in theirs} == theirs


def test_hours_and_days_are_the_sums_of_their_parts(world: World) -> None:
    """Grouped one by one in plain Python, by clock hour and by date in New York."""
    fives = sorted(recorded(FIVE).items())
    for size, name in ((BarSize.HOUR, "%Y%m%d %H"), (BarSize.DAY, "%Y%m%d")):
        groups: dict[str, list[Row]] = {}
        for start, row in fives:
            groups.setdefault(f"{from_epoch(start).astimezone(NEW_YORK):{name}}", []).append(row)

        assert list(rows(cut(world, size)).values()) == [merged(g) for g in groups.values()]
