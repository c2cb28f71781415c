"""The bars of a data folder, of several files of a ticker the finest; and a way out without."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from attrs import evolve
from tests.builders import at
from tests.integration.research import HEADER, lay_out_days

from adapters.calendar import SessionTable
from adapters.parquet.bar_store import ParquetBarStore
from sellcli.compose.bars import Origin, folder_bars, only_elsewhere, stored_bars
from sellcli.compose.research_bars import closed_bars, research_bars
from sellcli.settings import Settings
from sellcore.bar import BarSeries
from sellcore.coverage import Coverage
from sellcore.errors import ConfigError
from sellcore.instant import to_epoch
from sellcore.series import SeriesKey, SeriesUpdate
from sellcore.timeframe import SOURCE, Granularity, Timeframe

OPEN = at("2022-05-19 13:30")


def write_intraday(folder: Path, name: str, minutes: int, price: float) -> None:
    """Write a session of bars of one price."""
    folder.mkdir(exist_ok=True)
    starts = [OPEN + timedelta(minutes=minutes * n) for n in range(390 // minutes)]
    rows = [f"{start:%Y-%m-%dT%H:%M:%SZ},{','.join([str(price)] * 4)},10" for start in starts]
    (folder / name).write_text(HEADER + "\n".join(rows) + "\n")


@pytest.mark.parametrize("finer", [1, 5])
def test_half_hours_are_cut_from_the_finest_file(tmp_path: Path, finer: int) -> None:
    """Two files of one ticker: the one that has more bars tells what was traded."""
    write_intraday(tmp_path / "bars", "NASDAQ_AAA_30m.csv", 30, 30.0)
    write_intraday(tmp_path / "bars", f"NASDAQ_AAA_{finer}m.csv", finer, 5.0)

    (found,) = folder_bars(tmp_path / "bars")

    bars = found.series[Granularity.HALF_HOUR].bars
    assert (len(bars), set(bars.close.tolist())) == (13, {5.0})
    assert bars.volume.tolist() == [10 * 30 / finer] * 13
    assert found.origin is Origin.FILES


@pytest.mark.parametrize(("since", "hours"), [(date(2020, 1, 8), None), (date(2020, 1, 9), 11)])
def test_a_gap_is_of_the_exchanges_date(tmp_path: Path, since: date, hours: int | None) -> None:
    """Sydney's first hour of 9 January begins on the 8th by UTC: a gap there is behind the 8th."""
    sessions = SessionTable().sessions("ASX", date(2020, 1, 7), date(2020, 1, 10))
    starts = [each.open + timedelta(minutes=30 * n) for each in sessions for n in range(12)]
    rows = [f"{start:%Y-%m-%dT%H:%M:%SZ},1,1,1,1,10" for start in starts]
    (tmp_path / "ASX_BHP_30m.csv").write_text(HEADER + "\n".join(rows[:24] + rows[26:]) + "\n")
    (found,) = folder_bars(tmp_path)

    if hours is None:
        with pytest.raises(
            ConfigError, match="missing from 2020-01-08T23:00:00Z to 2020-01-09T00:"
        ):
            closed_bars(found, Timeframe.HOUR, allow_gaps=False, since=since)
    else:
        assert len(closed_bars(found, Timeframe.HOUR, allow_gaps=False, since=since)) == hours


def test_days_of_their_own_stay_beside_finer_bars(tmp_path: Path) -> None:
    """Longer histories may be daily only."""
    lay_out_days(tmp_path / "bars", ["AAA"], count=30)
    write_intraday(tmp_path / "bars", "NASDAQ_AAA_5m.csv", 5, 5.0)

    (found,) = folder_bars(tmp_path / "bars", ["nasdaq:aaa", "NASDAQ:AAA"])

    assert {size: len(stored.bars) for size, stored in found.series.items()} == {
        Granularity.DAY: 30,
        Granularity.HALF_HOUR: 13,
    }


def test_a_ticker_that_is_not_there_is_told_with_one_that_is(tmp_path: Path) -> None:
    """It may be misspelt."""
    lay_out_days(tmp_path / "bars", ["AAA"], count=30)

    with pytest.raises(ConfigError, match="holds no bars of NASDAQ:AAB; it has NASDAQ:AAA"):
        folder_bars(tmp_path / "bars", ["NASDAQ:AAB"])


def test_a_series_without_a_bar_is_nothing_to_be_sent_to(tmp_path: Path) -> None:
    """Whoever has no bars is not told that the simulated ones have some, when they are none."""
    key = SeriesKey(7, Granularity.DAY, "NASDAQ:AAA")
    moment = to_epoch(OPEN)
    settings = Settings(cache_dir=tmp_path)

    def told(bars: BarSeries) -> str:
        with ParquetBarStore(tmp_path / "simulated") as store:
            store.merge([SeriesUpdate(key, bars, Coverage(((moment, moment + 60),)))])
        return only_elsewhere(settings, None)

    assert told(BarSeries.empty()) == ""
    one = BarSeries([moment], [moment + 60], *([[5.0]] * 5))
    assert told(one) == ", only simulated ones; take those with --origin simulated"


def test_bars_of_another_origin_are_named_by_it(tmp_path: Path) -> None:
    """Whoever asked for imported bars is sent to those that are there, not back to none."""
    key = SeriesKey(7, Granularity.DAY, "NASDAQ:AAA")
    moment = to_epoch(OPEN)
    with ParquetBarStore(tmp_path) as store:
        one = BarSeries([moment], [moment + 60], *([[5.0]] * 5))
        store.merge([SeriesUpdate(key, one, Coverage(((moment, moment + 60),)))])

    told = only_elsewhere(Settings(cache_dir=tmp_path), Origin.IMPORTED)
    assert told == ", only the broker's; take those with --origin broker"


def test_contracts_of_one_name_are_all_told(tmp_path: Path) -> None:
    """Nobody is told of two where there are three, and none is taken for the other."""
    moment = to_epoch(OPEN)
    one = BarSeries([moment], [moment + 60], *([[5.0]] * 5))
    with ParquetBarStore(tmp_path) as store:
        for con_id in (30, 7, 101):
            key = SeriesKey(con_id, Granularity.DAY, "NASDAQ:AAA")
            store.merge([SeriesUpdate(key, one, Coverage(((moment, moment + 60),)))])

    with pytest.raises(ConfigError) as raised:
        stored_bars(Settings(cache_dir=tmp_path), ["NASDAQ:AAA"])
    assert str(raised.value) == (
        "NASDAQ:AAA names the contracts 7, 30, 101 in the cache; import the bars of the one "
        "that is meant under a ticker of its own"
    )


@pytest.mark.parametrize(
    ("timeframe", "told"),
    [
        (Timeframe.HOUR, "has only days, and a rule of 1H needs half hours; bring them"),
        (Timeframe.DAY, "has only half hours, and a rule of D needs days; bring them"),
    ],
    ids=str,
)
def test_bars_of_the_other_size_are_told_with_what_is_needed(
    tmp_path: Path, timeframe: Timeframe, told: str
) -> None:
    """What is there and what is wanted change places with the rule."""
    if timeframe is Timeframe.HOUR:
        lay_out_days(tmp_path, ["AAA"], count=30)
    else:
        write_intraday(tmp_path, "NASDAQ_AAA_30m.csv", 30, 30.0)
    (found,) = folder_bars(tmp_path)
    series = {size: each for size, each in found.series.items() if size is not SOURCE[timeframe]}

    with pytest.raises(ConfigError, match=f"NASDAQ:AAA {told}"):
        closed_bars(evolve(found, series=series), timeframe, allow_gaps=False)


@pytest.mark.parametrize(
    ("origin", "where"), [(None, "cache"), (Origin.IMPORTED, r"cache \(imported\)")], ids=str
)
def test_where_nothing_is_stored_the_origin_that_was_asked_for_is_told(
    tmp_path: Path, origin: Origin | None, where: str
) -> None:
    """Whoever asked for imported bars does not read that the whole cache is empty."""
    settings = Settings(cache_dir=tmp_path / "cache")

    with pytest.raises(ConfigError, match=rf"no bars are stored in \S*{where}; watch with"):
        research_bars(settings, (), data=None, origin=origin)
